#!/usr/bin/env bash
# Compiles the eBPF programs into one object without debugging information but its BTF: build.sh OUT.o [OPTION...]
set -euo pipefail
cd "$(dirname "$0")"
out=$1
shift
for program in clang llvm-strip; do
  command -v $program >/dev/null || { echo "bpf: $program is missing, which compiles the eBPF programs: run 'make setup' (packages clang and llvm)" >&2; exit 1; }
done
[ -e /usr/include/bpf/bpf_helpers.h ] || { echo "bpf: libbpf's headers are missing: run 'make setup' (package libbpf-dev)" >&2; exit 1; }
mkdir -p "$(dirname "$out")"
# v3: the atomic operations that return a value. The target's own headers are not used.
clang -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Werror \
  -fdebug-prefix-map="$PWD"=. "$@" -c sensor.bpf.c -o "$out"
llvm-strip -g "$out"
