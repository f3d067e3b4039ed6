#!/usr/bin/env bash
# Runs AgentSight 1.0.35 from crates.io, as root: agentsight.sh [ARGUMENT...]; without any it only sees to it that it is there. Its own eBPF
# loader wants glibc 2.38, so it runs in a Debian trixie, which sees this machine's /proc, /sys and /dev,
# BENCH_CACHE and the folder that it is called in.
set -euo pipefail
version=1.0.35
peer=$BENCH_CACHE/agentsight-$version
root=$peer/trixie

if [ ! -x "$peer/bin/agentsight" ]; then
  # Its lock names versions that an index may not have any more.
  cargo install -q --locked agentsight --version "$version" --root "$peer" >&2 || cargo install -q agentsight --version "$version" --root "$peer" >&2
fi
if [ ! -e "$root/var/lib/dpkg/info/libssl3t64:amd64.list" ]; then
  command -v debootstrap >/dev/null || { echo "bench: AgentSight needs a Debian trixie to run in: apt-get install debootstrap" >&2; exit 1; }
  rm -rf "$root"
  debootstrap --variant=minbase --include=libelf1t64,zlib1g,libssl3t64 trixie "$root" >"$peer/debootstrap.log" 2>&1 || { tail -3 "$peer/debootstrap.log" >&2; exit 1; }
fi
[ $# -gt 0 ] || exit 0

mkdir -p "$root$BENCH_CACHE" "$root$PWD"
# The mounts are in a namespace of its own and end with it.
# shellcheck disable=SC2016 # the inner shell has its own
exec unshare --mount sh -eu -c '
  root=$1 cache=$2
  shift 2
  for folder in /proc /sys /dev "$cache" "$PWD"; do mount --rbind "$folder" "$root$folder"; done
  exec chroot "$root" "$@"' sh "$root" "$BENCH_CACHE" "$peer/bin/agentsight" "$@"
