#!/usr/bin/env bash
# Prints the home of a JDK 25 or newer: JAVA_HOME if it is one, else the newest of the usual places.
set -euo pipefail

major() { # HOME: the feature release of the JDK there, or 0
  [ -x "$1/bin/javac" ] || { echo 0; return; }
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null | grep . || echo 0
}

best='' best_major=0
for home in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/java/* "$HOME"/.sdkman/candidates/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
  [ -d "$home" ] || continue
  version=$(major "$home")
  [ "$version" -ge 25 ] || continue
  [ "$home" = "${JAVA_HOME:-}" ] && { echo "$home"; exit; }
  [ "$version" -gt "$best_major" ] && best=$home best_major=$version
done
[ -n "$best" ] || {
  echo "fourthlog: no JDK 25 found in JAVA_HOME or /usr/lib/jvm: install the package temurin-25-jdk or openjdk-25-jdk, or set JAVA_HOME" >&2
  exit 1
}
echo "$best"
