#!/usr/bin/env bash
# Installs what is missing, and skips what is there: Debian packages by name, Kubernetes from its Go modules, and for the tests what
# they give our alerts, manifests and logs to: Prometheus, Alertmanager and Lua from Debian's packages, Flux's controller, the kinds of
# the Prometheus operator and of OpenReports, Tessera's checker of logs and a witness from their modules.
# usage: setup.sh packages|kubernetes|tests|kernels|all
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/versions.sh

# The eBPF object; the node; the certificates, images and checks of the demo; the second verifier; the agent of litewitness.
PACKAGES=(clang llvm libbpf-dev libbpf1 libcapstone-dev containerd runc containernetworking-plugins nftables iproute2 openssl curl wget gcc libc6-dev libssl-dev python3-cryptography openssh-client)
EMULATION=(qemu-system-x86 debootstrap e2fsprogs) # the kernels of Debian's releases
PARTS=(etcd kube-apiserver kubectl kube-controller-manager kube-scheduler kubelet kube-proxy coredns helm)
LOG_TOOLS=(fsck litewitness) # Tessera's checker of logs, and a witness
PROGRAMS=(prometheus/prometheus prometheus/promtool prometheus-alertmanager/prometheus-alertmanager lua5.4/lua5.4) # PACKAGE/PROGRAM

die() { echo "setup: $*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is missing, which $2: install the package $3"; }

packages() {
  scripts/java-home.sh >/dev/null
  need mvn "builds Fourthlog" maven
  if command -v dpkg-query >/dev/null; then
    install "${PACKAGES[@]}"
  else
    need clang "compiles the eBPF object" clang
  fi
}

kernels() {
  command -v dpkg-query >/dev/null || die "not a Debian, whose releases the kernels are of"
  install "${EMULATION[@]}"
}

install() { # PACKAGE...: those of Debian that are missing
  local missing=() package log started=$SECONDS
  for package; do
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

TEMPLATES=/usr/share/prometheus/alertmanager # which Debian's Alertmanager opens there and nowhere else

runs() { # PROGRAM: it is here, with what it needs
  [ -x "$KUBE_BIN_DIR/$1" ] || command -v "$1" >/dev/null || return 1
  [ "$1" != prometheus-alertmanager ] || [ -e "$TEMPLATES" ] || [ ! -w /usr/share ]
}

# Prometheus and Alertmanager are services of Debian, started at once and at each boot when they are installed. The tests only want
# the programs, so that is all that is taken out of the packages.
programs() {
  local each missing=() work
  for each in "${PROGRAMS[@]}"; do
    runs "${each#*/}" || missing+=("$each")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  need apt-get "brings ${missing[*]#*/}" "those of your system, without starting any"
  mkdir -p "$KUBE_BIN_DIR"
  work=$(mktemp -d "$KUBE_BIN_DIR/.programs-XXXXXX")
  for each in "${missing[@]}"; do
    compgen -G "$work/${each%/*}_*.deb" >/dev/null && continue
    (cd "$work" && { apt-get download -qq "${each%/*}" || { apt-get update -qq && apt-get download -qq "${each%/*}"; }; }) >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; die "apt-get could not download ${each%/*}"; }
    dpkg-deb -x "$work/${each%/*}"_*.deb "$work/root"
  done
  for each in "${missing[@]}"; do
    mv "$work/root/usr/bin/${each#*/}" "$KUBE_BIN_DIR/"
  done
  if [ -d "$work/root$TEMPLATES" ] && [ ! -e "$TEMPLATES" ] && [ -w /usr/share ]; then
    mkdir -p "$TEMPLATES" && cp -r "$work/root$TEMPLATES/." "$TEMPLATES/"
  fi
  rm -rf "$work"
  echo "setup: ${missing[*]#*/} are in $KUBE_BIN_DIR"
}

module() { # PART: its Go module and version
  case $1 in
    etcd) echo "go.etcd.io/etcd/server/v3 v$ETCD" ;;
    coredns) echo "github.com/coredns/coredns v$COREDNS" ;;
    helm) echo "helm.sh/helm/v3 v$HELM" ;;
    fsck) echo "github.com/transparency-dev/tessera v$TESSERA" ;;
    litewitness) echo "filippo.io/torchwood v$TORCHWOOD" ;;
    kustomize-controller) echo "github.com/fluxcd/kustomize-controller v$FLUX" ;;
    *) echo "k8s.io/kubernetes v$KUBERNETES" ;;
  esac
}

present() { # FOLDER PART: built from that module and version, or with it; without Go to ask, that it is there
  [ -x "$1/$2" ] || return 1
  [ "$2" != kustomize-controller ] || [ -s "$1/flux-crds.yaml" ] || return 1
  command -v go >/dev/null || return 0
  local module version
  read -r module version < <(module "$2")
  go version -m "$1/$2" | grep -Eq $'^\t(mod|dep)\t'"$module"$'\t'"$version"$'\t'
}

flux_crds() { # of the controller, and of the sources that it watches, at the version of their API that it is compiled with
  local sources
  sources=github.com/fluxcd/source-controller@$(cd "$root/e2e/cluster/flux" && go list -m -f '{{.Version}}' github.com/fluxcd/source-controller/api)
  cat "$(cd "$root/e2e/cluster/flux" && go list -m -f '{{.Dir}}' github.com/fluxcd/kustomize-controller)"/config/crd/bases/*.yaml &&
    cat "$(go mod download -json "$sources" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')"/config/crd/bases/*.yaml
}

kinds() { # NAME MODULE FILE...: kinds that others define, in NAME-crds.yaml
  local crds=$KUBE_BIN_DIR/$1-crds.yaml module=$2 sources
  shift 2
  ! grep -qs "^# $module$" "$crds" || return 0
  need go "fetches the kinds of $module" "golang (1.26 or newer)"
  sources=$(go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  { echo "# $module" && (cd "$sources" && cat "$@"); } >"$crds.new"
  mv "$crds.new" "$crds"
}

compile() { # PART FOLDER
  local stamp=k8s.io/component-base/version minor=${KUBERNETES#*.} flags="-s -w"
  case $1 in
    etcd) go build -C "$root/e2e/cluster/etcd" -trimpath -ldflags "$flags" -o "$2/etcd" go.etcd.io/etcd/server/v3 ;;
    coredns) go build -C "$root/e2e/cluster/kubernetes" -trimpath -ldflags "$flags" -o "$2/coredns" ./coredns ;;
    kustomize-controller)
      nice -n 10 go build -C "$root/e2e/cluster/flux" -trimpath -ldflags "$flags" -o "$2/$1" github.com/fluxcd/kustomize-controller &&
        flux_crds >"$2/flux-crds.yaml" && mv "$2/flux-crds.yaml" "$KUBE_BIN_DIR/"
      ;;
    helm) go build -C "$root/e2e/cluster/flux" -trimpath -ldflags "$flags" -o "$2/helm" helm.sh/helm/v3/cmd/helm ;;
    fsck) GOBIN=$2 go install -trimpath -ldflags "$flags" "github.com/transparency-dev/tessera/cmd/fsck@v$TESSERA" ;;
    litewitness) GOBIN=$2 go install -trimpath -ldflags "$flags" "filippo.io/torchwood/cmd/litewitness@v$TORCHWOOD" ;;
    *)
      flags+=" -X $stamp.gitVersion=v$KUBERNETES -X $stamp.gitMajor=${KUBERNETES%%.*} -X $stamp.gitMinor=${minor%%.*} -X $stamp.gitTreeState=clean"
      go build -C "$root/e2e/cluster/kubernetes" -trimpath -ldflags "$flags" -o "$2/$1" "k8s.io/kubernetes/cmd/$1"
      ;;
  esac
}

build() { # FOLDER PART...: those that are missing
  local folder=$1 part started missing=()
  shift
  mkdir -p "$folder"
  exec 9>"$folder/.lock"
  flock 9 # one builder at a time: a second one waits, and then finds everything there
  for part in "$@"; do
    present "$folder" "$part" || missing+=("$part")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  need go "builds ${missing[*]} from published modules" "golang (1.26 or newer)"
  echo "setup: building ${missing[*]} into $folder (about a minute each on two cores, once)"
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

kubernetes() { build "$KUBE_BIN_DIR" "${PARTS[@]}"; }

tests() {
  programs
  build "$KUBE_BIN_DIR" "${PARTS[@]}" kustomize-controller
  kinds monitoring "github.com/prometheus-operator/prometheus-operator@v$PROMETHEUS_OPERATOR" \
    example/prometheus-operator-crd/monitoring.coreos.com_{podmonitors,prometheusrules}.yaml
  kinds openreports "github.com/openreports/reports-api@v$OPENREPORTS" config/crd/openreports.io_reports.yaml
  build "$LOG_TOOLS_DIR" "${LOG_TOOLS[@]}"
}

case ${1:-all} in
  packages) packages ;;
  kubernetes) kubernetes ;;
  tests) tests ;;
  kernels) kernels ;;
  all) packages; tests ;;
  *) sed -n '5p' "$0" >&2; exit 2 ;;
esac
