#!/usr/bin/env bash
# Runs Maven on a JDK 25 of this machine, whatever its default java is.
set -euo pipefail
cd "$(dirname "$0")/.."
JAVA_HOME=$(scripts/java-home.sh)
MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}" # Maven's own Guava
export JAVA_HOME MAVEN_OPTS
exec mvn -B -ntp -Dstyle.color=never "$@"
