#!/usr/bin/env bash
# Prints config/default/fourthlog.yaml: what the chart renders, but for what differs in each installation (Secrets) and what has a
# folder of its own (config/crd, config/classes), and without Helm's labels.
# usage: scripts/kustomize.sh >config/default/fourthlog.yaml
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/versions.sh
PATH=$KUBE_BIN_DIR:$PATH
echo "# Written by scripts/kustomize.sh from charts/fourthlog; edit that."
helm template fourthlog charts/fourthlog --namespace fourthlog-system --kube-version "$KUBERNETES" \
  --set crds.install=false,classes.install=false,secrets.create=false |
  sed -e '/^ *helm.sh\//d' -e '/^ *app.kubernetes.io\/managed-by: Helm$/d' -e '/^# Source: /d'
