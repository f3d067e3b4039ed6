#!/usr/bin/env bash
# Tries the sensor on other kernels: each is that of a Debian release, booted with a small system of that release in a virtual machine that is
# emulated, so that it takes no hardware and minutes. A question over TLS, one that is denied, a file and a tool have to be in the trail.
# usage, as root: test-kernels.sh [RELEASE…]; without any: bookworm (6.1), trixie (6.12), sid (the newest)
set -euo pipefail
cd "$(dirname "$0")/.."

die() { echo "test-kernels: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "not root, which it takes to install a system in a folder"
scripts/setup.sh kernels

PACKAGES=linux-image-cloud-amd64,python3,openssl,curl,iproute2,libbpf1
java=$(scripts/java-home.sh)
make -s build
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

try() { # RELEASE
  local release=$1 root=$work/root capstone kernel
  rm -rf "$root"
  case $release in bookworm) capstone=libcapstone4 ;; *) capstone=libcapstone5 ;; esac
  debootstrap --variant=minbase --include="$PACKAGES,$capstone" "$release" "$root" >"$work/debootstrap.log" 2>&1 || { tail -n 5 "$work/debootstrap.log" >&2; die "debootstrap made no $release"; }
  mkdir -p "$root/opt/java" "$root/opt/fourthlog"
  cp -rL "$java"/{bin,conf,lib,release} "$root/opt/java/"
  rm -f "$root/opt/java/lib/src.zip"
  cp -r dist/{bin,lib,java-home.sh} "$root/opt/fourthlog/"
  cp -r scripts/kernel "$root/opt/kernel"
  cp -L "$root/vmlinuz" "$root/initrd.img" "$work/"
  truncate -s 3G "$work/disk"
  mke2fs -q -t ext4 -d "$root" "$work/disk"
  kernel=$(basename "$(readlink "$root/vmlinuz")")
  echo "test-kernels: $release, ${kernel#vmlinuz-}: booting (about three minutes)"
  # One thread for both processors: Java patches code that another processor may run, which one that is emulated can see half done, and crash.
  timeout 1200 qemu-system-x86_64 -accel tcg,thread=single -cpu max -smp 2 -m 3072 -nographic -no-reboot -nic none -monitor none -serial file:"$work/console" \
    -kernel "$work/vmlinuz" -initrd "$work/initrd.img" -append "root=/dev/vda rw console=ttyS0 panic=-1 quiet init=/opt/kernel/init.sh" \
    -drive "file=$work/disk,format=raw,if=virtio,cache=unsafe" </dev/null || echo "test-kernels: the machine ended with $?" >&2
  tr -d '\r' <"$work/console" | sed -n 's/^kernel: //p'
  tr -d '\r' <"$work/console" | grep -qx 'kernel: passed' || { tail -n 60 "$work/console" >&2; die "$release: the sensor does not do there what it says"; }
}

[ $# -gt 0 ] || set -- bookworm trixie sid
for release; do
  try "$release"
done
