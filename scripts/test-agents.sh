#!/usr/bin/env bash
# Tries the sensor on all agents that it is tested with, and installs them first.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh packages
scripts/agents.sh | tee /dev/stderr | tail -n 1 | {
  read -r FOURTHLOG_AGENTS
  export FOURTHLOG_AGENTS
  scripts/mvn.sh test -pl sensor-daemon -am -Dtest='Live*Test' -Dsurefire.failIfNoSpecifiedTests=false
}
