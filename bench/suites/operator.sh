#!/usr/bin/env bash
# The operator with 1,000 namespaces of 5 policies each, on a real API server; nodes and pods are kwok's, and the sensors' Leases are written by the benchmark.
# FOURTHLOG_BENCH_NAMESPACES=100 has it smaller; KEEP=1 leaves cluster and logs in $BENCH_CACHE/operator.
set -euo pipefail
work=$1
# shellcheck source-path=SCRIPTDIR source=../../scripts/versions.sh
. scripts/versions.sh
kwok=0.7.0
cluster=$BENCH_CACHE/operator

scripts/setup.sh kubernetes
PATH=$KUBE_BIN_DIR:$PATH
if ! { [ -x "$BENCH_CACHE/kwok" ] && go version -m "$BENCH_CACHE/kwok" | grep -q "sigs.k8s.io/kwok.v$kwok"; }; then
  echo "bench: building kwok (a minute, once)"
  CGO_ENABLED=0 GOBIN=$BENCH_CACHE go install -trimpath -ldflags "-s -w" "sigs.k8s.io/kwok/cmd/kwok@v$kwok"
fi

# Only what the operator asks is in the audit log.
cat >"$work/audit.yaml" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, users: ["system:serviceaccount:fourthlog-system:fourthlog-operator"]}
- {level: None}
YAML
stop() {
  if [ -n "${simulator:-}" ] && kill "$simulator"; then # else it has ended before, and kill says so
    wait "$simulator" || echo "bench: kwok ended with $?" >&2
  fi
  [ -n "${KEEP:-}" ] || e2e/cluster/cluster.sh down "$cluster"
}
trap stop EXIT
export KUBE_APISERVER_OPTIONS="--audit-policy-file=$work/audit.yaml --audit-log-path=$cluster/log/audit.json"
export KUBE_CLIENT_OPTIONS="--kube-api-qps=500 --kube-api-burst=1000"
e2e/cluster/cluster.sh up control "$cluster"
export KUBECONFIG=$cluster/admin.kubeconfig
"$BENCH_CACHE/kwok" --manage-all-nodes=false --manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake --node-lease-duration-seconds=40 >"$cluster/log/kwok.log" 2>&1 &
simulator=$!

# Fourthlog as it is installed. The pods of its Deployments are kwok's too: the operator that is measured is a process here, with the same rights.
helm install fourthlog charts/fourthlog --namespace fourthlog-system --create-namespace \
  --set sensor.namespaceNodeSelectors=true,trail.persistence.enabled=false >"$work/helm.log"
token=$(kubectl create token fourthlog-operator --namespace fourthlog-system --duration 24h)
(
  umask 077
  kubectl config view --raw --minify -o json | python3 -c '
import json, sys
config = json.load(sys.stdin)
config["users"][0]["user"] = {"token": sys.argv[1]}
json.dump(config, sys.stdout)' "$token" >"$work/operator.kubeconfig"
)
bench/operator/measure.py "$cluster" "$work"
[ -z "${KEEP:-}" ] || cp -r "$work" "$cluster/work"
