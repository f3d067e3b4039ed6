#!/usr/bin/env bash
# The sensor: the speed of its pipeline on recorded connections with a model, on one core; and, as root, what it costs the processes that
# it observes and what it takes itself, on this machine's kernel.
set -euo pipefail
work=$1
recordings=sensor-daemon/src/test/resources/io/fourthlog/sensor/transcripts

"$BENCH_JAVA" -Xmx1g --sun-misc-unsafe-memory-access=allow -cp "$BENCH_CLASSPATH" \
  io.fourthlog.bench.PipelineThroughput "$recordings" long-0 long-1 | tee "$work/pipeline.txt"

mkdir "$work/measured"
if [ "$(id -u)" = 0 ]; then
  bench/sensor/measure.py "$work/measured"
else
  echo "bench: eBPF programs need root: only the pipeline was measured"
  echo "[]" >"$work/measured/sensor.json"
fi

# The recordings are alike: the slower one is the figure, and both are kept.
python3 - "$work/pipeline.txt" "$work/measured/sensor.json" >"$work/figures.json" <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    rows = [line.split() for line in file][1:]
ids = ("pipeline_mb_s", "pipeline_again_mb_s", "pipeline_session_mb_s", "decode_mb_s")  # the columns behind name and size
figures = []
for column, name in enumerate(ids, start=2):
    speeds = {row[0]: float(row[column]) for row in rows}
    figures.append({"id": f"sensor.{name}", "value": min(speeds.values()), "unit": "MB/s", "recordings": speeds, "command": "bench/run.sh sensor"})
with open(sys.argv[2], encoding="utf-8") as file:
    figures += json.load(file)
json.dump(figures, sys.stdout, indent=1)
PYTHON
