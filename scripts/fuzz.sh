#!/usr/bin/env bash
# Looks for new inputs that break a reader of untrusted bytes, one @FuzzTest after the other, and then changes and cuts logs at random for long.
# It begins with the samples in the module's test resources (…FuzzTestInputs), which every build runs as well; what breaks a reader stays there, as a test.
# What it learns besides stays in MODULE/.cifuzz-corpus of this machine, and the next run goes on from there.
# usage: fuzz.sh [DURATION OF EACH [NAME]]; for example fuzz.sh 10m ReaderFuzzTest
set -euo pipefail
cd "$(dirname "$0")/.."

duration=${1:-5m}
only=${2:-}
failed=()
unlimited=(-Dtest.timeout.mode=disabled -Dsurefire.timeout=0)

# shellcheck disable=SC2016 # the dollar sign is for awk
while IFS=: read -r file method; do
  module=${file%%/*}
  class=$(basename "$file" .java)
  [[ $class#$method == *"$only"* ]] || continue
  echo "fuzz: $class#$method, $duration"
  JAZZER_FUZZ=1 scripts/mvn.sh -q -pl "$module" -am test -Dtest="$class#$method" \
    -Dsurefire.failIfNoSpecifiedTests=false -Djazzer.max_duration="$duration" "${unlimited[@]}" || failed+=("$class#$method")
done < <(git ls-files '*FuzzTest.java' | xargs awk '/@FuzzTest$/ { getline; sub(/\(.*/, ""); print FILENAME ":" $NF }')

if [ -z "$only" ]; then
  scripts/mvn.sh -q -pl action-log -am test -Dtest='MutationTest,CrashTest' -Dsurefire.failIfNoSpecifiedTests=false \
    -Dfourthlog.mutations=1000000 -Dfourthlog.mutations.seed="$RANDOM" -Dfourthlog.crash.points=200000 -Dfourthlog.crash.seed="$RANDOM" "${unlimited[@]}" ||
    failed+=(MutationTest/CrashTest)
fi
[ ${#failed[@]} -eq 0 ] || { echo "fuzz: broken: ${failed[*]}" >&2; exit 1; }
