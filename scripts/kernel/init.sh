#!/bin/bash
# The first process of the machine that test-kernels.sh boots: what it prints after "kernel: " is shown there, and the last of it is "passed" or not.
set -uo pipefail
export PATH=/opt/fourthlog/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root JAVA_HOME=/opt/java LANG=C.UTF-8
for each in proc:/proc sysfs:/sys devtmpfs:/dev tmpfs:/run tmpfs:/tmp cgroup2:/sys/fs/cgroup tracefs:/sys/kernel/tracing; do
  mountpoint -q "${each#*:}" || mount -t "${each%%:*}" none "${each#*:}"
done
ip link set lo up
echo "127.0.0.1 localhost" >/etc/hosts
say() { sed 's/^/kernel: /'; }

check() {
  cd /tmp || return
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key -out certificate -subj /CN=localhost 2>/dev/null
  mkdir secret && echo s >secret/key && echo 0123456789 >notes
  python3 /opt/kernel/model.py >model.log 2>&1 &
  until [ -e ready ]; do [ -d /proc/$! ] || return; done
  fourthlog-sensor watch --state state --policy /opt/kernel/policy.yaml -- /opt/kernel/agent.sh >watch.log 2>&1
  local code=$?
  [ $code = 0 ] || { cat watch.log; return 1; }
  fourthlog verify --trail state && fourthlog export --format jsonl --trail state >events && python3 /opt/kernel/expected.py events
}

uname -sr | say
if check 2>&1 | say; then
  echo "kernel: passed"
fi
sync
echo o >/proc/sysrq-trigger
sleep infinity # until it is off
