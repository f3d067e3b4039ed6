# What the set-up builds from Go modules, and where to. Kubernetes, etcd and Flux's controller are pinned by the modules in e2e/cluster.
# shellcheck shell=bash disable=SC2034 # read by the scripts that source this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
KUBERNETES=$(sed -n 's/^require k8s.io\/kubernetes v//p' "$root/e2e/cluster/kubernetes/go.mod")
ETCD=$(sed -n 's/^require go.etcd.io\/etcd\/server\/v3 v//p' "$root/e2e/cluster/etcd/go.mod")
FLUX=$(sed -n 's/^require github.com\/fluxcd\/kustomize-controller v//p' "$root/e2e/cluster/flux/go.mod")
COREDNS=1.13.1
HELM=3.21.4
KUBE_BIN_DIR=${KUBE_BIN_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/fourthlog/kube-$KUBERNETES/bin}
