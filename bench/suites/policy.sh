#!/usr/bin/env bash
# Measures the policy evaluator beside CEL's interpreter and hand-written Java; figures go to bench/results/policy.json.
set -euo pipefail
cd "$(dirname "$0")/../.."
scripts/mvn.sh -q -pl bench -am -DskipTests package dependency:build-classpath \
    -Dmdep.includeScope=runtime -Dmdep.outputFile=target/classpath
mkdir -p bench/results
"$(scripts/java-home.sh)/bin/java" -Xmx2g --sun-misc-unsafe-memory-access=allow \
    -cp "bench/target/classes:$(cat bench/target/classpath)" \
    io.fourthlog.bench.policy.PolicyFigures bench/results/policy.json
