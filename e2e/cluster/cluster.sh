#!/usr/bin/env bash
# A real Kubernetes on this machine, as root, without a container engine or a virtual machine.
# usage: cluster.sh up api|node STATE_DIR [IMAGES.tar ...]     cluster.sh down STATE_DIR
#   api    etcd and kube-apiserver on loopback (about 3 s)
#   node   and controller manager, scheduler, containerd, a bridge network, kubelet, kube-proxy, CoreDNS (about 10 s)
# The administrator's kubeconfig is STATE_DIR/admin.kubeconfig. Everything that runs is recorded in STATE_DIR/pid; `up` first
# takes down what an earlier run that was killed left there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../../scripts/versions.sh
. "$here/../../scripts/versions.sh"

NODE=node1 NODE_IP=10.99.0.1 DNS_IP=10.96.0.10 SERVICE_CIDR=10.96.0.0/16 POD_CIDR=10.244.0.0/24
BRIDGE=fourthlog0 CGROUP=fourthlog CGROUPS_V1="cpu cpuacct cpuset memory devices freezer blkio pids systemd"

die() { echo "cluster: $*" >&2; exit 1; }

spawn() { # NAME COMMAND...: in a session of its own, its pid recorded, its output in a log
  local name=$1; shift
  setsid nohup "$@" >>"$STATE/log/$name.log" 2>&1 </dev/null &
  echo $! >"$STATE/pid/$name"
}

stop() { # NAME: by the recorded pid, if it is still ours. All state is deleted next, so there is nothing to end gracefully.
  local file=$STATE/pid/$1 pid
  [ -s "$file" ] || return 0
  pid=$(cat "$file")
  if grep -qa -- "$STATE\|$KUBE_BIN_DIR\|infinity" "/proc/$pid/cmdline" 2>/dev/null; then
    kill -9 "$pid"
    wait_for 10 gone "$pid" || echo "cluster: $1 ($pid) does not end" >&2
  fi
  rm -f "$file"
}

gone() { ! [ -s "/proc/$1/cmdline" ]; } # a zombie that nobody reaps has ended as well

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
  local ip=$1 port=$2 reconciler=$3 etcd=http://127.0.0.1:$ETCD_PORT peer=http://127.0.0.1:$((ETCD_PORT + 1)) user
  API=$ip:$port
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$pki/ca.key" -out "$pki/ca.crt" -days 30 -subj /CN=fourthlog-test-ca 2>/dev/null
  certificate apiserver /CN=kube-apiserver "IP:127.0.0.1,IP:$NODE_IP,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
  certificate admin /O=system:masters/CN=admin
  kubeconfig admin "$STATE/admin.kubeconfig"
  openssl genrsa -out "$pki/sa.key" 2048 2>/dev/null
  openssl rsa -in "$pki/sa.key" -pubout -out "$pki/sa.pub" 2>/dev/null
  spawn etcd "$KUBE_BIN_DIR/etcd" --data-dir "$STATE/etcd" --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" --unsafe-no-fsync
  spawn kube-apiserver "$KUBE_BIN_DIR/kube-apiserver" --etcd-servers "$etcd" --bind-address "$ip" --secure-port "$port" \
    --advertise-address "$ip" --endpoint-reconciler-type "$reconciler" --authorization-mode Node,RBAC --allow-privileged \
    --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" --client-ca-file "$pki/ca.crt" \
    --service-account-issuer https://kubernetes.default.svc --service-account-signing-key-file "$pki/sa.key" \
    --service-account-key-file "$pki/sa.pub" --service-cluster-ip-range "$SERVICE_CIDR" \
    --kubelet-client-certificate "$pki/admin.crt" --kubelet-client-key "$pki/admin.key" \
    --kubelet-certificate-authority "$pki/ca.crt" --kubelet-preferred-address-types InternalIP,Hostname
  ready 60 kube-apiserver kubectl get --raw /readyz
}

up_controllers() {
  local user common=(--bind-address 127.0.0.1 --leader-elect=false)
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

up_node() { # IMAGES.tar...
  local user controller file tar inside
  certificate kubelet "/O=system:nodes/CN=system:node:$NODE" "IP:127.0.0.1,IP:$NODE_IP,DNS:$NODE"
  certificate kube-proxy /CN=system:kube-proxy
  certificate coredns /CN=coredns
  for user in kubelet kube-proxy coredns; do kubeconfig $user "$pki/$user.kubeconfig"; done
  mkdir -p "$STATE/cni"
  render bridge.conflist >"$STATE/cni/10-bridge.conflist"
  for file in containerd.toml kubelet.yaml kube-proxy.yaml Corefile; do render $file >"$STATE/$file"; done
  if [ ! -f /sys/fs/cgroup/cgroup.controllers ]; then
    # Hybrid hierarchy: the kubelet manages version 1, and runc puts each container into version 2 too, the one that eBPF sees.
    for controller in $CGROUPS_V1; do mkdir -p "/sys/fs/cgroup/$controller/$CGROUP"; done
    for file in cpus mems; do cat "/sys/fs/cgroup/cpuset/cpuset.$file" >"/sys/fs/cgroup/cpuset/$CGROUP/cpuset.$file"; done
  else
    mkdir -p "/sys/fs/cgroup/$CGROUP"
  fi
  # A mount namespace of its own: pods' mounts never show on the host, and vanish with it.
  spawn mount-namespace unshare -m --propagation shared sleep infinity
  inside=(nsenter -t "$(cat "$STATE/pid/mount-namespace")" -m --)
  ready 10 mount-namespace "${inside[@]}" true
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

down() {
  local id name controller
  [ -d "$STATE" ] || return 0
  stop kubelet
  if [ -s "$STATE/pid/containerd" ] && containers version >/dev/null 2>&1; then
    for id in $(containers tasks ls -q); do containers tasks kill -s KILL "$id" >/dev/null 2>&1 || echo "cluster: $id had ended" >>"$STATE/log/down.log"; done
    wait_for 10 no_running_task || echo "cluster: some task did not stop" >&2
    for id in $(containers tasks ls -q); do containers tasks rm -f "$id" >/dev/null 2>&1 || echo "cluster: $id is gone" >>"$STATE/log/down.log"; done
    for id in $(containers containers ls -q); do containers containers rm "$id" >/dev/null 2>&1 || echo "cluster: $id is gone" >>"$STATE/log/down.log"; done
  fi
  for name in coredns kube-proxy containerd kube-scheduler kube-controller-manager kube-apiserver etcd mount-namespace; do stop $name; done
  if ip link show $BRIDGE >/dev/null 2>&1; then ip link del $BRIDGE; fi
  for name in ip ip6; do if nft list table $name kube-proxy >/dev/null 2>&1; then nft delete table $name kube-proxy; fi; done
  if ip addr show dev lo | grep -q "$NODE_IP/32"; then ip addr del $NODE_IP/32 dev lo; fi
  for controller in '' $CGROUPS_V1 unified; do
    [ -d "/sys/fs/cgroup/$controller/$CGROUP" ] || continue
    wait_for 10 find "/sys/fs/cgroup/$controller/$CGROUP" -depth -type d -exec rmdir {} + || echo "cluster: processes are left in /sys/fs/cgroup/$controller/$CGROUP" >&2
  done
  rm -rf "${STATE:?}"
}

no_running_task() { ! containers tasks ls | grep -q RUNNING; }

[ $# -ge 2 ] || { sed -n '3,5p' "$0" >&2; exit 2; }
case "$1 $2" in
  "up api" | "up node")
    [ $# -ge 3 ] || die "where to? usage: cluster.sh up $2 STATE_DIR"
    [ "$(id -u)" = 0 ] || [ "$2" = api ] || die "a node needs root: containers, cgroups and mounts are made for it"
    [ -x "$KUBE_BIN_DIR/kube-apiserver" ] || die "no Kubernetes in $KUBE_BIN_DIR: run 'make setup'"
    size=$2 STATE=$(realpath -m "$3"); shift 3
    down
    mkdir -p "$STATE"/{pki,log,pid}
    chmod 700 "$STATE" "$STATE/pki"
    pki=$STATE/pki ETCD_PORT=${ETCD_PORT:-12379}
    if [ "$size" = api ]; then
      up_api 127.0.0.1 "${API_PORT:-16443}" none
    else
      # The API server on an address of its own (an alias of lo), to which kube-proxy leads the service address.
      ip addr add $NODE_IP/32 dev lo
      up_api $NODE_IP 6443 lease
      up_controllers
      up_node "$@"
    fi ;;
  down\ *) STATE=$(realpath -m "$2"); down ;;
  *) sed -n '3,5p' "$0" >&2; exit 2 ;;
esac
