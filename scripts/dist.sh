#!/usr/bin/env bash
# Lays out dist/: one folder of jars for each program, and a launcher for each in dist/bin.
set -euo pipefail
cd "$(dirname "$0")/.."

program() { # NAME MODULE MAIN_CLASS JVM_OPTIONS
  local name=$1 module=$2 main=$3 options=$4
  rm -rf "dist/lib/$module"
  mkdir -p "dist/lib/$module" dist/bin
  cp "$module"/target/lib/*.jar "$module"/target/"$module"-*.jar "dist/lib/$module/"
  sed -e "s|@MODULE@|$module|" -e "s|@MAIN@|$main|" -e "s|@OPTIONS@|$options|" scripts/launcher.sh >"dist/bin/$name"
  chmod +x "dist/bin/$name"
}

mkdir -p dist
cp scripts/java-home.sh dist/
lean="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto"
program fourthlog trail io.fourthlog.trail.command.Fourthlog "$lean"
program fourthlog-trail trail io.fourthlog.trail.collector.TrailMain "-XX:+UseSerialGC"
program fourthlog-operator operator io.fourthlog.operator.OperatorMain "-XX:+UseSerialGC"
program fourthlog-sensor sensor-daemon io.fourthlog.sensor.SensorMain "-XX:+UseSerialGC -Xmx96m --enable-native-access=ALL-UNNAMED"
