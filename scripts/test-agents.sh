#!/usr/bin/env bash
# Tries the sensor on all agents that it is tested with, and installs them first.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh packages
FOURTHLOG_AGENTS=$(scripts/agents.sh)
export FOURTHLOG_AGENTS
scripts/mvn.sh test -pl sensor-daemon -am -Dtest='Live*Test,JsseTest,LinkedInTlsTest,StrippedTlsTest' -Dsurefire.failIfNoSpecifiedTests=false
