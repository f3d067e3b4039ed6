#!/usr/bin/env bash
# Compiles the agent for JVMs into one jar, whose classes any JDK from 8 on loads: build.sh JAVA_HOME OUT.jar
set -euo pipefail
cd "$(dirname "$0")"
java=$1 out=$2
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
"$java/bin/javac" --release 8 -Xlint:all,-options -Werror -g:none -d "$classes" io/fourthlog/jsse/*.java
mkdir -p "$(dirname "$out")"
# The classes are called from JSSE, so that they belong where it looks for others: Boot-Class-Path. The date makes equal jars of equal sources.
"$java/bin/jar" --create --file "$out" --manifest manifest --date 2026-01-01T00:00:00Z -C "$classes" .
