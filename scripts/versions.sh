# What the set-up builds from Go modules, and where to: the cluster, and other people's tools that check our logs. Kubernetes and etcd are pinned by the modules in e2e/cluster.
# shellcheck shell=bash disable=SC2034 # read by the scripts that source this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
KUBERNETES=$(sed -n 's/^require k8s.io\/kubernetes v//p' "$root/e2e/cluster/kubernetes/go.mod")
ETCD=$(sed -n 's/^require go.etcd.io\/etcd\/server\/v3 v//p' "$root/e2e/cluster/etcd/go.mod")
COREDNS=1.13.1
HELM=3.21.4
TESSERA=1.0.4
TORCHWOOD=0.9.0
KUBE_BIN_DIR=${KUBE_BIN_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/fourthlog/kube-$KUBERNETES/bin}
LOG_TOOLS_DIR=${LOG_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/fourthlog/log-tools/bin}
