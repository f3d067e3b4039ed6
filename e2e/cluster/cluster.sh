#!/usr/bin/env bash
# A real Kubernetes on this machine, without a container engine or a virtual machine.
# usage: cluster.sh up api|control|node STATE_DIR [IMAGES.tar ...]     cluster.sh status|down STATE_DIR
#   api      etcd and kube-apiserver on free ports of loopback (about 3 s)
#   control  and the controller manager and the scheduler
#   node     and containerd, a bridge network, kubelet, kube-proxy, CoreDNS (about 10 s; as root)
# The administrator's kubeconfig is STATE_DIR/admin.kubeconfig, logs are in STATE_DIR/log. Everything that runs is recorded in
# STATE_DIR/pid; `up` first takes down what an earlier run that was killed left there. What pods and the kubelet write to
# /var/lib, /var/log and /run of the node is in STATE_DIR/host, and goes with it.
# KUBE_APISERVER_OPTIONS, and KUBE_CLIENT_OPTIONS for the controller manager and the scheduler, are more options for those.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../../scripts/versions.sh
. "$here/../../scripts/versions.sh"

NODE=node1 NODE_IP=10.99.0.1 DNS_IP=10.96.0.10 SERVICE_CIDR=10.96.0.0/16 POD_CIDR=10.244.0.0/24
BRIDGE=fourthlog0 CGROUP=fourthlog CGROUPS_V1="cpu cpuacct cpuset memory devices freezer blkio pids systemd"
NODE_FOLDERS="/var/lib/kubelet /var/lib/cni /var/lib/fourthlog /var/log/pods /var/log/containers /run/containerd /run/netns"
PROGRAMS="coredns kube-proxy kubelet containerd kube-scheduler kube-controller-manager kube-apiserver etcd mount-namespace"
SYSCTLS="net/ipv4/ip_forward vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes"
CLAIM=/run/fourthlog-node # which state folder has the node of this machine: there can be one

usage() { sed -n '3,6p' "$0" >&2; exit 2; }
die() { echo "cluster: $*" >&2; exit 1; }

spawn() { # NAME COMMAND...: in a session of its own, its pid recorded, its output in a log
  local name=$1; shift
  setsid nohup "$@" >>"$STATE/log/$name.log" 2>&1 </dev/null &
  echo $! >"$STATE/pid/$name"
}

running() { # NAME: whether the recorded pid is still the program that was recorded; $pid is set
  [ -s "$STATE/pid/$1" ] || return 1
  pid=$(<"$STATE/pid/$1")
  grep -qa -- "$STATE\|mount-namespace" "/proc/$pid/cmdline" 2>/dev/null
}

stop() { # NAME: all that it knows is deleted next, so there is nothing to end gracefully
  local pid
  if running "$1"; then
    kill -9 "$pid"
    wait_for 10 gone "$pid" || echo "cluster: $1 (pid $pid) does not end" >&2
  fi
  rm -f "$STATE/pid/$1"
}

gone() { ! grep -qs . "/proc/$1/cmdline"; } # a zombie that nobody reaps has ended as well

wait_for() { # SECONDS COMMAND...: polls ten times a second
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    read -rt 0.1 <> <(:) || true
  done
}

ready() { # SECONDS LOG COMMAND...: or the end of the log and the exit
  local seconds=$1 log=$2; shift 2
  wait_for "$seconds" "$@" || { tail -n 20 "$STATE/log/$log.log" >&2; die "gave up after $seconds s on: $*"; }
}

free_port() { # below the range that the kernel gives to outgoing connections
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo $port
}

render() { # TEMPLATE: its @NAME@ filled in
  sed -e "s|@STATE@|$STATE|g" -e "s|@NODE@|$NODE|g" -e "s|@NODE_IP@|$NODE_IP|g" -e "s|@DNS_IP@|$DNS_IP|g" \
    -e "s|@POD_CIDR@|$POD_CIDR|g" -e "s|@BRIDGE@|$BRIDGE|g" -e "s|@CGROUP@|$CGROUP|g" "$here/node/$1"
}

kubectl() { "$KUBE_BIN_DIR/kubectl" --kubeconfig "$STATE/admin.kubeconfig" "$@"; }
containers() { timeout 20 ctr -a "$STATE/containerd.sock" -n k8s.io "$@"; }

certificate() { # NAME SUBJECT [ALTERNATIVE_NAMES]
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$pki/$1.key" -out "$pki/$1.csr" -subj "$2" 2>/dev/null
  printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth\n%s\n' \
    "${3:+subjectAltName=$3}" >"$pki/$1.ext"
  openssl x509 -req -in "$pki/$1.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -out "$pki/$1.crt" -days 30 \
    -extfile "$pki/$1.ext" 2>/dev/null
}

kubeconfig() { # USER FILE
  cat >"$2" <<Y
apiVersion: v1
kind: Config
clusters: [{name: fourthlog, cluster: {server: "https://$API", certificate-authority: $pki/ca.crt}}]
users: [{name: $1, user: {client-certificate: $pki/$1.crt, client-key: $pki/$1.key}}]
contexts: [{name: fourthlog, context: {cluster: fourthlog, user: $1}}]
current-context: fourthlog
Y
}

up_api() { # IP PORT ENDPOINT_RECONCILER
  local ip=$1 port=$2 reconciler=$3 etcd peer
  etcd=http://127.0.0.1:$(free_port) peer=http://127.0.0.1:$(free_port)
  API=$ip:$port
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$pki/ca.key" -out "$pki/ca.crt" -days 30 -subj /CN=fourthlog-test-ca 2>/dev/null
  certificate apiserver /CN=kube-apiserver "IP:127.0.0.1,IP:$NODE_IP,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
  certificate admin /O=system:masters/CN=admin
  kubeconfig admin "$STATE/admin.kubeconfig"
  openssl genrsa -out "$pki/sa.key" 2048 2>/dev/null
  openssl rsa -in "$pki/sa.key" -pubout -out "$pki/sa.pub" 2>/dev/null
  spawn etcd "$KUBE_BIN_DIR/etcd" --data-dir "$STATE/etcd" --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" --unsafe-no-fsync
  # shellcheck disable=SC2086 # options are words
  spawn kube-apiserver "$KUBE_BIN_DIR/kube-apiserver" ${KUBE_APISERVER_OPTIONS:-} --etcd-servers "$etcd" --bind-address "$ip" --secure-port "$port" \
    --advertise-address "$ip" --endpoint-reconciler-type "$reconciler" --authorization-mode Node,RBAC --allow-privileged \
    --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" --client-ca-file "$pki/ca.crt" \
    --service-account-issuer https://kubernetes.default.svc --service-account-signing-key-file "$pki/sa.key" \
    --service-account-key-file "$pki/sa.pub" --service-cluster-ip-range "$SERVICE_CIDR" \
    --kubelet-client-certificate "$pki/admin.crt" --kubelet-client-key "$pki/admin.key" \
    --kubelet-certificate-authority "$pki/ca.crt" --kubelet-preferred-address-types InternalIP,Hostname
  ready 60 kube-apiserver kubectl get --raw /readyz
}

up_controllers() {
  local user common=(--secure-port 0 --leader-elect=false)
  # shellcheck disable=SC2206 # options are words
  common+=(${KUBE_CLIENT_OPTIONS:-})
  certificate controller-manager /CN=system:kube-controller-manager
  certificate scheduler /CN=system:kube-scheduler
  for user in controller-manager scheduler; do kubeconfig $user "$pki/$user.kubeconfig"; done
  spawn kube-controller-manager "$KUBE_BIN_DIR/kube-controller-manager" "${common[@]}" --use-service-account-credentials \
    --kubeconfig "$pki/controller-manager.kubeconfig" --authentication-kubeconfig "$pki/controller-manager.kubeconfig" \
    --authorization-kubeconfig "$pki/controller-manager.kubeconfig" --service-account-private-key-file "$pki/sa.key" \
    --root-ca-file "$pki/ca.crt" --allocate-node-cidrs=false
  spawn kube-scheduler "$KUBE_BIN_DIR/kube-scheduler" "${common[@]}" --kubeconfig "$pki/scheduler.kubeconfig" \
    --authentication-kubeconfig "$pki/scheduler.kubeconfig" --authorization-kubeconfig "$pki/scheduler.kubeconfig"
}

# A node that is up under another folder is somebody's; what is left of one that was killed is taken down.
claim_node() {
  local other name
  if other=$(readlink "$CLAIM"); then
    [[ $("$0" status "$other") != *"kubelet: pid"* ]] || die "this machine's node is up in $other: take it down first with: $0 down $other"
    "$0" down "$other"
  fi
  ! nft list table ip kube-proxy >/dev/null 2>&1 || die "this machine is a node of some cluster already: kube-proxy's nftables are there"
  ln -sfn "$STATE" "$CLAIM"
  for name in $SYSCTLS; do echo "/proc/sys/$name $(<"/proc/sys/$name")"; done >"$STATE/sysctl"
}

# A mount namespace of its own, in which the folders that the node's programs have by convention are folders of the state:
# pods' mounts never show on the host, and all vanishes with it.
up_mount_namespace() {
  local folder
  for folder in $NODE_FOLDERS; do
    mkdir -p "$STATE/host$folder"
    [ -d "$folder" ] || { mkdir -p "$folder"; echo "$folder" >>"$STATE/made"; }
  done
  # shellcheck disable=SC2016 # expanded by the inner shell
  spawn mount-namespace unshare -m --propagation private bash -euc '
    mount --make-rshared /
    for folder in $2; do mount --bind "$1/host$folder" "$folder"; done
    : >"$1/mounted"
    exec -a "mount-namespace of $1" sleep infinity' -- "$STATE" "$NODE_FOLDERS"
  ready 10 mount-namespace test -e "$STATE/mounted"
}

up_cgroups() {
  local controller file
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p "/sys/fs/cgroup/$CGROUP"
    return
  fi
  # Hybrid hierarchy: the kubelet manages version 1, and runc puts each container into version 2 too, the one that eBPF sees.
  for controller in $CGROUPS_V1; do mkdir -p "/sys/fs/cgroup/$controller/$CGROUP"; done
  for file in cpus mems; do cat "/sys/fs/cgroup/cpuset/cpuset.$file" >"/sys/fs/cgroup/cpuset/$CGROUP/cpuset.$file"; done
}

up_node() { # IMAGES.tar...
  local user file tar inside
  certificate kubelet "/O=system:nodes/CN=system:node:$NODE" "IP:127.0.0.1,IP:$NODE_IP,DNS:$NODE"
  certificate kube-proxy /CN=system:kube-proxy
  certificate coredns /CN=coredns
  for user in kubelet kube-proxy coredns; do kubeconfig $user "$pki/$user.kubeconfig"; done
  mkdir -p "$STATE/cni"
  render bridge.conflist >"$STATE/cni/10-bridge.conflist"
  for file in containerd.toml kubelet.yaml kube-proxy.yaml Corefile; do render $file >"$STATE/$file"; done
  up_cgroups
  up_mount_namespace
  inside=(nsenter -t "$(<"$STATE/pid/mount-namespace")" -m --)
  spawn containerd "${inside[@]}" containerd -c "$STATE/containerd.toml"
  ready 30 containerd containers version
  for tar in "$@"; do containers images import "$tar" >>"$STATE/log/import.log" 2>&1 || die "could not import $tar: see $STATE/log/import.log"; done
  spawn kubelet "${inside[@]}" "$KUBE_BIN_DIR/kubelet" --config "$STATE/kubelet.yaml" --kubeconfig "$pki/kubelet.kubeconfig" \
    --root-dir "$STATE/kubelet" --hostname-override "$NODE" --node-ip "$NODE_IP"
  render kube-dns.yaml | kubectl apply -f - >/dev/null
  spawn kube-proxy "$KUBE_BIN_DIR/kube-proxy" --config "$STATE/kube-proxy.yaml"
  spawn coredns "$KUBE_BIN_DIR/coredns" -conf "$STATE/Corefile"
  ready 120 kubelet kubectl wait --for=condition=Ready "node/$NODE" --timeout=1s
  ready 30 kube-proxy curl -sf http://127.0.0.1:10256/healthz
  ready 60 kube-controller-manager kubectl get serviceaccount default
}

no_shim() { # kills those that it finds: one may have been starting
  local pid found=
  for pid in $(pgrep -f -- "containerd-shim.* -address $STATE/containerd.sock"); do
    gone "$pid" || { kill -9 "$pid"; found=1; }
  done
  [ -z "$found" ]
}

no_cgroup() { # kills what is in them, which is every container
  local controller cgroup found=
  for controller in '' $CGROUPS_V1 unified; do
    cgroup=/sys/fs/cgroup/$controller/$CGROUP
    [ -d "$cgroup" ] || continue
    [ ! -e "$cgroup/cgroup.kill" ] || echo 1 >"$cgroup/cgroup.kill"
    find "$cgroup" -depth -type d -exec rmdir {} + || found=1
  done
  [ -z "$found" ]
}

down_node() {
  local file value name
  stop kubelet
  stop containerd
  wait_for 10 no_shim || echo "cluster: containers' shims do not end" >&2
  wait_for 10 no_cgroup || echo "cluster: processes are left in the cgroup $CGROUP" >&2
  for name in coredns kube-proxy mount-namespace; do stop $name; done
  if ip link show $BRIDGE >/dev/null 2>&1; then ip link del $BRIDGE; fi
  for name in ip ip6; do if nft list table $name kube-proxy >/dev/null 2>&1; then nft delete table $name kube-proxy; fi; done
  if [ -n "$(ip -oneline address show dev lo to $NODE_IP)" ]; then ip address del $NODE_IP/32 dev lo; fi
  while read -r file value; do echo "$value" >"$file"; done <"$STATE/sysctl"
  if [ -e "$STATE/made" ]; then tac "$STATE/made" | xargs rmdir; fi
  rm -f "$CLAIM"
}

down() {
  local name
  [ -d "$STATE/pid" ] || return 0
  set +e # a step that fails says so itself, and keeps no other from being taken
  [ "$(readlink "$CLAIM")" != "$STATE" ] || down_node
  for name in $PROGRAMS; do stop "$name"; done
  rm -rf "${STATE:?}"
  set -e
}

status() {
  local name pid
  [ -d "$STATE/pid" ] || { echo "nothing is up in $STATE"; return 1; }
  for name in $PROGRAMS; do
    [ ! -e "$STATE/pid/$name" ] || if running "$name"; then echo "$name: pid $pid"; else echo "$name: ended; see $STATE/log/$name.log"; fi
  done
  echo "export KUBECONFIG=$STATE/admin.kubeconfig"
}

up() { # SIZE IMAGES.tar...
  local size=$1; shift
  [ "$(id -u)" = 0 ] || [ "$size" != node ] || die "a node needs root: containers, cgroups and mounts are made for it"
  [ -x "$KUBE_BIN_DIR/kube-apiserver" ] || die "no Kubernetes in $KUBE_BIN_DIR: run 'make setup'"
  [ -d "$STATE/pid" ] || [ -z "$(ls -A "$STATE" 2>/dev/null)" ] || die "$STATE is a folder of something else"
  down
  mkdir -p "$STATE"/{pki,log,pid}
  chmod 700 "$STATE/pki"
  pki=$STATE/pki
  if [ "$size" != node ]; then
    up_api 127.0.0.1 "$(free_port)" none
    [ "$size" = api ] || up_controllers
    return
  fi
  claim_node
  # The API server on an address of its own (an alias of lo), to which kube-proxy leads the service address.
  ip address add $NODE_IP/32 dev lo
  up_api $NODE_IP 6443 lease
  up_controllers
  up_node "$@"
}

command=${1:-} size=
if [ "$command" = up ]; then
  size=${2:-}
  shift
fi
[ -n "${2:-}" ] || usage
STATE=$(realpath -m "$2")
case "$command $size" in
  "up api" | "up control" | "up node") shift 2; up "$size" "$@" ;;
  "down ") down ;;
  "status ") status ;;
  *) usage ;;
esac
