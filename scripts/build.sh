#!/usr/bin/env bash
# Compiles the programs and lays out dist/: a folder of jars for each, and its launcher in dist/bin. NO_BPF=1 leaves the eBPF
# object out, which needs clang and can only be loaded by root.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -n "${NO_BPF:-}" ] || scripts/setup.sh packages
started=$SECONDS
echo "build: compiling (minutes on a cold machine: Maven fetches its plug-ins first)"
rm -rf {operator,sensor-daemon,trail,prompt-minilm}/target/{lib,bom.json,*.jar} # a version that is no longer used must not stay
scripts/mvn.sh -q package -Dmaven.test.skip ${NO_BPF:+-Dexec.skip} -pl operator,sensor-daemon,trail,prompt-minilm -am

jars() { # MODULE: its jar, those that it needs, and what they are
  mkdir -p "dist/lib/$1" dist/sbom
  cp "$1"/target/lib/*.jar "$1"/target/"$1"-*.jar "dist/lib/$1/"
  cp "$1/target/bom.json" "dist/sbom/$1.cdx.json"
}

program() { # NAME MODULE MAIN_CLASS JVM_OPTION...
  sed -e "s|@MODULE@|$2|" -e "s|@MAIN@|$3|" -e "s|@OPTIONS@|${*:4}|" scripts/launcher.sh >"dist/bin/$1"
  chmod +x "dist/bin/$1"
}

rm -rf dist/bin dist/lib dist/sbom
mkdir -p dist/bin
cp scripts/java-home.sh dist/
for module in operator sensor-daemon trail; do jars "$module"; done
scripts/unsign.py dist/sbom dist/lib/*/bc*.jar
program fourthlog trail io.fourthlog.trail.command.Fourthlog -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --sun-misc-unsafe-memory-access=allow
program fourthlog-trail trail io.fourthlog.trail.collector.TrailMain -XX:+UseSerialGC
# Room for classes and code from the start: it grows by collecting the whole heap.
program fourthlog-operator operator io.fourthlog.operator.OperatorMain -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:MetaspaceSize=128m -XX:ReservedCodeCacheSize=96m --sun-misc-unsafe-memory-access=allow
# shellcheck disable=SC2016 # the launcher expands it
program fourthlog-sensor sensor-daemon io.fourthlog.sensor.SensorMain '"@$dist/lib/sensor-daemon/jvm.options"'
cp sensor-daemon/src/main/jvm.options dist/lib/sensor-daemon/
if [ -z "${NO_BPF:-}" ]; then # not on the sensor's own class path: for JVMs that their owners start with it
  mkdir -p dist/lib/sensor-daemon/jsse
  cp sensor-daemon/target/classes/io/fourthlog/sensor/kernel/fourthlog-jsse.jar dist/lib/sensor-daemon/jsse/
fi
mkdir -p dist/lib/minilm # found by the sensor when a profile asks for it, and read only then
cp prompt-minilm/target/prompt-minilm-*.jar dist/lib/minilm/
cp prompt-minilm/target/bom.json dist/sbom/prompt-minilm.cdx.json
[ -n "${NO_BPF:-}" ] || touch dist/.built
echo "build: dist/ is ready in $((SECONDS - started)) s"
