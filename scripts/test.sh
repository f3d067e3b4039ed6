#!/usr/bin/env bash
# Runs every test. Kubernetes is built, where it is missing, beside the Maven build; the tests that need it come last.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/versions.sh
JAVA_HOME=$(scripts/java-home.sh)
export JAVA_HOME KUBE_BIN_DIR
scripts/setup.sh packages
scripts/setup.sh kubernetes &
kubernetes=$!
mvn=(mvn -B -ntp)
"${mvn[@]}" -q spotless:check
"${mvn[@]}" verify -pl '!e2e,!operator' || { wait $kubernetes; exit 1; }
wait $kubernetes
scripts/dist.sh
images/build.py
"${mvn[@]}" verify
