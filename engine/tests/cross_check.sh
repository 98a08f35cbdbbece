#!/usr/bin/env bash
# Runs cross_check for 64-bit ARM under qemu, and with AVX-512 VNNI and AVX-VNNI in software (SIMDe).
# Needs g++-aarch64-linux-gnu, qemu-user and libsimde-dev (Debian's names).
set -euo pipefail
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
here=$(dirname "$0")

CXX=aarch64-linux-gnu-g++ "$here/build.sh" "$out/arm" tests/cross_check.cpp -O2 -static
qemu-aarch64 -cpu max "$out/arm" 20 neondot

WIDE="-mavx2 -mfma" "$here/build.sh" "$out/x86" tests/cross_check.cpp -O2 -DL3C_SIMDE
"$out/x86" 20 avx512vnni avxvnni avx2 sse41
