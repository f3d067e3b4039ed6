#!/usr/bin/env bash
# Appending, verifying and proving in logs of a thousand to ten million events, on a heap of 64 MiB, beside the naive design and sha256sum.
# The largest takes about 10 GB of disk; FOURTHLOG_BENCH_EVENTS="1000 100000" has it smaller.
set -euo pipefail
work=$1
read -ra sizes <<<"${FOURTHLOG_BENCH_EVENTS:-1000 100000 1000000 10000000}"
"$BENCH_JAVA" -Xmx64m -XX:+UseSerialGC -cp "$BENCH_CLASSPATH" io.fourthlog.bench.actionlog.LogFigures "$work" "${sizes[@]}"
