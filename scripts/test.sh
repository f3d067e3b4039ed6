#!/usr/bin/env bash
# Runs every check and test. Where Kubernetes is missing it is built beside the compiler; the tests start when both are done.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/versions.sh
export KUBE_BIN_DIR LOG_TOOLS_DIR

scripts/setup.sh packages
setsid scripts/setup.sh tests &
kubernetes=$!
trap 'kill -- "-$kubernetes"' EXIT # a failing build does not wait for Go, nor leave it running
scripts/lint.sh
make images
wait "$kubernetes"
trap - EXIT
scripts/mvn.sh verify
