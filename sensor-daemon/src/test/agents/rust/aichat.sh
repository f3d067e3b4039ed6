#!/bin/sh
# Runs aichat against an endpoint: aichat.sh BASE FOLDER PROGRAM WORD...; its configuration and tools are in FOLDER.
set -eu
base=$1 folder=$2 program=$3
shift 3
sed "s,BASE,$base," rust/config.yaml >"$folder/config.yaml"
AICHAT_CONFIG_DIR=$folder exec "$program" "$@" </dev/null # it would wait for the end of a pipe
