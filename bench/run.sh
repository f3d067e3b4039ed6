#!/usr/bin/env bash
# Runs the benchmark suites, or the one that is named, prints their tables and leaves bench/results/NAME.json.
# usage: run.sh [NAME]
set -euo pipefail
cd "$(dirname "$0")/.."

suites=()
for file in bench/suites/*.sh; do
  suites+=("$(basename "$file" .sh)")
done
if [ $# -gt 0 ] && [ ! -f "bench/suites/$1.sh" ]; then
  echo "bench: no suite '$1'; there are: ${suites[*]}" >&2
  exit 2
fi

mkdir -p bench/results
make -s --no-print-directory build # what the suites run is in dist/
scripts/mvn.sh -q -pl bench -am package -Dmaven.test.skip
export BENCH_CLASSPATH="bench/target/classes:bench/target/lib/*"
BENCH_JAVA=$(scripts/java-home.sh)/bin/java
export BENCH_JAVA
export BENCH_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/fourthlog/bench
mkdir -p "$BENCH_CACHE"
for suite in "${@:-${suites[@]}}"; do
  echo "== $suite"
  work=$(mktemp -d)
  # A suite is called with a folder for its files and leaves figures.json there: a list of {"id", "value", "unit", "peers", "command"}.
  "bench/suites/$suite.sh" "$work"
  bench/result.py "$work/figures.json" >"bench/results/$suite.json"
  rm -rf "$work"
  echo "== bench/results/$suite.json"
done
