#!/usr/bin/env bash
# Checks the format of the Java code, and the scripts where shellcheck is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/mvn.sh -q spotless:check
if command -v shellcheck >/dev/null; then
  git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck --external-sources
else
  echo "lint: shellcheck is not installed; the scripts are unchecked"
fi
