#!/usr/bin/env bash
# Starts @MAIN@ on the JDK 25 of this machine. JAVA_OPTS adds options.
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
dist=$(cd "$(dirname "$self")/.." && pwd)
java=$("$dist/java-home.sh")/bin/java
module=@MODULE@
main=@MAIN@
# What opens plaintext is no part of what reads the trail: `fourthlog redact` is a program of its own.
[ "${self##*/} $*" != "fourthlog help redact" ] || set -- redact --help
if [ "${self##*/} ${1:-}" = "fourthlog redact" ]; then
  module=sensor-daemon # has the redaction-engine and what it needs
  main=io.fourthlog.redaction.RedactCommand
  shift
fi
classes="$dist/lib/$module/*"
[ "$module" != sensor-daemon ] || classes+=":$dist/lib/minilm/*" # the sentence model for classes of prompts, where it is wanted
# shellcheck disable=SC2086 # options are words
exec "$java" @OPTIONS@ ${JAVA_OPTS:-} -cp "$classes" "$main" "$@"
