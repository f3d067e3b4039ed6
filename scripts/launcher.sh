#!/usr/bin/env bash
# Starts @MAIN@ on the JDK 25 of this machine. JAVA_OPTS adds options.
set -euo pipefail
dist=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
java=$("$dist/java-home.sh")/bin/java
# shellcheck disable=SC2086 # options are words
exec "$java" @OPTIONS@ ${JAVA_OPTS:-} -cp "$dist/lib/@MODULE@/*" @MAIN@ "$@"
