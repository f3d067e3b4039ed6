#!/usr/bin/env bash
# The policy evaluator beside CEL's interpreter and hand-written Java.
set -euo pipefail
work=$1
"$BENCH_JAVA" -Xmx2g --sun-misc-unsafe-memory-access=allow -cp "$BENCH_CLASSPATH" io.fourthlog.bench.policy.PolicyFigures "$work/figures.json"
