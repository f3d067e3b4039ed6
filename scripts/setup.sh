#!/usr/bin/env bash
# Installs what is missing, and skips what is there: Debian packages by name, then Kubernetes from its Go modules.
# usage: setup.sh packages | kubernetes | all
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/versions.sh

# For: the eBPF object; the node; the images and certificates of the demo.
PACKAGES=(clang llvm libbpf-dev libbpf1 containerd runc containernetworking-plugins nftables iproute2 openssl curl gcc libc6-dev)
PARTS=(etcd kube-apiserver kubectl kube-controller-manager kube-scheduler kubelet kube-proxy coredns helm)

packages() {
  local missing=() package log
  for package in "${PACKAGES[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || { echo "setup: this system has no apt-get; install the equivalents of: ${missing[*]}" >&2; exit 1; }
  [ "$(id -u)" = 0 ] || { echo "setup: not root; run as root: apt-get install ${missing[*]}" >&2; exit 1; }
  echo "setup: installing ${missing[*]} (about a minute)"
  log=$(mktemp)
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2; exit 1
  fi
  rm -f "$log"
}

build() { # PART: builds into the current folder
  local stamp=k8s.io/component-base/version minor ld
  minor=$(cut -d. -f2 <<<"$KUBERNETES")
  ld="-s -w -X $stamp.gitVersion=v$KUBERNETES -X $stamp.gitMajor=${KUBERNETES%%.*} -X $stamp.gitMinor=$minor -X $stamp.gitTreeState=clean"
  case $1 in
    etcd) go build -C "$root/e2e/cluster/etcd" -trimpath -ldflags "-s -w" -o "$PWD/etcd" go.etcd.io/etcd/server/v3 ;;
    coredns) GOBIN=$PWD go install -trimpath -ldflags "-s -w" "github.com/coredns/coredns@v$COREDNS" ;;
    helm) GOBIN=$PWD go install -trimpath -ldflags "-s -w" "helm.sh/helm/v3/cmd/helm@v$HELM" ;;
    *) go build -C "$root/e2e/cluster/kubernetes" -trimpath -ldflags "$ld" -o "$PWD/$1" "k8s.io/kubernetes/cmd/$1" ;;
  esac
}

kubernetes() {
  local part started log missing=()
  mkdir -p "$KUBE_BIN_DIR"
  # One builder at a time; a second one waits, and then finds everything there.
  exec 9>"$KUBE_BIN_DIR/.lock"
  flock 9
  for part in "${PARTS[@]}"; do
    [ -x "$KUBE_BIN_DIR/$part" ] || missing+=("$part")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v go >/dev/null || { echo "setup: Go is missing, which builds Kubernetes $KUBERNETES: install golang 1.26 or newer" >&2; exit 1; }
  echo "setup: building ${missing[*]} into $KUBE_BIN_DIR (about 10 minutes on two cores, once)"
  work=$(mktemp -d "$KUBE_BIN_DIR/.build-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  log=$work/log
  export CGO_ENABLED=0
  for part in "${missing[@]}"; do
    started=$SECONDS
    (cd "$work" && build "$part") >"$log" 2>&1 || { cat "$log" >&2; echo "setup: could not build $part" >&2; exit 1; }
    mv "$work/$part" "$KUBE_BIN_DIR/$part"
    echo "setup:   $part $((SECONDS - started)) s"
  done
}

case ${1:-all} in
  packages) packages ;;
  kubernetes) kubernetes ;;
  all) packages; kubernetes ;;
  *) sed -n '3p' "$0" >&2; exit 2 ;;
esac
