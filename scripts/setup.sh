#!/usr/bin/env bash
# Installs what is missing, and skips what is there: Debian packages by name, then Kubernetes and tools for logs from Go modules.
# usage: setup.sh packages|kubernetes|log-tools|all
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/versions.sh

# The eBPF object; the node; the certificates, images and checks of the demo; the second verifier; the agent of litewitness.
PACKAGES=(clang llvm libbpf-dev libbpf1 libcapstone4 containerd runc containernetworking-plugins nftables iproute2 openssl curl wget gcc libc6-dev python3-cryptography openssh-client)
PARTS=(etcd kube-apiserver kubectl kube-controller-manager kube-scheduler kubelet kube-proxy coredns helm)
LOG_TOOLS=(fsck litewitness) # Tessera's checker of logs, and a witness

die() { echo "setup: $*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is missing, which $2: install the package $3"; }

packages() {
  local missing=() package log started=$SECONDS
  scripts/java-home.sh >/dev/null
  need mvn "builds Fourthlog" maven
  if ! command -v dpkg-query >/dev/null; then
    need clang "compiles the eBPF object" clang
    return
  fi
  for package in "${PACKAGES[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || die "not root; run as root: apt-get install ${missing[*]}"
  echo "setup: installing ${missing[*]} (about a minute)"
  log=$(mktemp)
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    die "apt-get could not install them; the whole of what it said is in $log"
  fi
  rm -f "$log"
  echo "setup: packages installed in $((SECONDS - started)) s"
}

module() { # PART: its Go module and version
  case $1 in
    etcd) echo "go.etcd.io/etcd/server/v3 v$ETCD" ;;
    coredns) echo "github.com/coredns/coredns v$COREDNS" ;;
    helm) echo "helm.sh/helm/v3 v$HELM" ;;
    fsck) echo "github.com/transparency-dev/tessera v$TESSERA" ;;
    litewitness) echo "filippo.io/torchwood v$TORCHWOOD" ;;
    *) echo "k8s.io/kubernetes v$KUBERNETES" ;;
  esac
}

present() { # FOLDER PART: built from that module and version; without Go to ask, that it is there
  [ -x "$1/$2" ] || return 1
  command -v go >/dev/null || return 0
  local module version
  read -r module version < <(module "$2")
  go version -m "$1/$2" | grep -q $'^\tmod\t'"$module"$'\t'"$version"$'\t'
}

compile() { # PART FOLDER
  local stamp=k8s.io/component-base/version minor=${KUBERNETES#*.} flags="-s -w"
  case $1 in
    etcd) go build -C "$root/e2e/cluster/etcd" -trimpath -ldflags "$flags" -o "$2/etcd" go.etcd.io/etcd/server/v3 ;;
    coredns) GOBIN=$2 go install -trimpath -ldflags "$flags" "github.com/coredns/coredns@v$COREDNS" ;;
    helm) GOBIN=$2 go install -trimpath -ldflags "$flags" "helm.sh/helm/v3/cmd/helm@v$HELM" ;;
    fsck) GOBIN=$2 go install -trimpath -ldflags "$flags" "github.com/transparency-dev/tessera/cmd/fsck@v$TESSERA" ;;
    litewitness) GOBIN=$2 go install -trimpath -ldflags "$flags" "filippo.io/torchwood/cmd/litewitness@v$TORCHWOOD" ;;
    *)
      flags+=" -X $stamp.gitVersion=v$KUBERNETES -X $stamp.gitMajor=${KUBERNETES%%.*} -X $stamp.gitMinor=${minor%%.*} -X $stamp.gitTreeState=clean"
      go build -C "$root/e2e/cluster/kubernetes" -trimpath -ldflags "$flags" -o "$2/$1" "k8s.io/kubernetes/cmd/$1"
      ;;
  esac
}

build() { # FOLDER WHAT PART...: those that are missing
  local folder=$1 what=$2 part started missing=()
  shift 2
  mkdir -p "$folder"
  exec 9>"$folder/.lock"
  flock 9 # one builder at a time: a second one waits, and then finds everything there
  for part in "$@"; do
    present "$folder" "$part" || missing+=("$part")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  need go "builds $what from published modules" "golang (1.26 or newer)"
  echo "setup: building ${#missing[@]} of $# parts of $what into $folder"
  work=$(mktemp -d "$folder/.build-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  export CGO_ENABLED=0
  for part in "${missing[@]}"; do
    started=$SECONDS
    compile "$part" "$work" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; die "could not build $part"; }
    mv "$work/$part" "$folder/$part"
    echo "setup:   $part, $((SECONDS - started)) s"
  done
  rm -rf "$work"
}

kubernetes() { build "$KUBE_BIN_DIR" "Kubernetes $KUBERNETES (about 10 minutes for all on two cores, once)" "${PARTS[@]}"; }
log_tools() { build "$LOG_TOOLS_DIR" "the tools for logs" "${LOG_TOOLS[@]}"; }

case ${1:-all} in
  packages) packages ;;
  kubernetes) kubernetes ;;
  log-tools) log_tools ;;
  all) packages; kubernetes; log_tools ;;
  *) sed -n '3p' "$0" >&2; exit 2 ;;
esac
