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

program() { # NAME MODULE MAIN_CLASS JVM_OPTION...
  local name=$1 module=$2 main=$3
  shift 3
  mkdir -p "dist/lib/$module" dist/sbom
  cp "$module"/target/lib/*.jar "$module"/target/"$module"-*.jar "dist/lib/$module/"
  cp "$module/target/bom.json" "dist/sbom/$module.cdx.json"
  scripts/unsign.py "dist/sbom/$module.cdx.json" "dist/lib/$module"/bc*.jar
  sed -e "s|@MODULE@|$module|" -e "s|@MAIN@|$main|" -e "s|@OPTIONS@|$*|" scripts/launcher.sh >"dist/bin/$name"
  chmod +x "dist/bin/$name"
}

rm -rf dist/bin dist/lib dist/sbom
mkdir -p dist/bin
cp scripts/java-home.sh dist/
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
