#!/usr/bin/env bash
# Runs cross_check natively, for 64-bit ARM under qemu, and with AVX-512 in software (SIMDe).
# Needs g++-aarch64-linux-gnu, qemu-user and libsimde-dev (Debian's names).
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
flags=(-std=c++20 -O2 -Wno-psabi -fno-math-errno -ffp-contract=off -I.)
common=(rans.cpp workspace.cpp dispatch.cpp training/wave_gradient.cpp training/gradient_portable.cpp tests/cross_check.cpp)

aarch64-linux-gnu-g++ "${flags[@]}" -march=armv8.2-a+dotprod -c kernels/wave_neondot.cpp -o "$out/neondot.o"
aarch64-linux-gnu-g++ "${flags[@]}" -static "${common[@]}" kernels/wave_portable.cpp "$out/neondot.o" -o "$out/arm"
qemu-aarch64 -cpu max "$out/arm" neondot

g++ "${flags[@]}" -mavx2 -mfma -DL3C_SIMDE -c kernels/wave_avx512vnni.cpp -o "$out/vnni.o"
g++ "${flags[@]}" -mavx2 -mfma -c kernels/wave_avx2.cpp -o "$out/avx2.o"
g++ "${flags[@]}" -mavx2 -mfma -c training/gradient_avx2.cpp -o "$out/gradient2.o"
g++ "${flags[@]}" -mavx512f -mavx512dq -mfma -c training/gradient_avx512.cpp -o "$out/gradient5.o"
g++ "${flags[@]}" -DL3C_SIMDE "${common[@]}" kernels/wave_portable.cpp "$out"/{vnni,avx2,gradient2,gradient5}.o -o "$out/x86"
"$out/x86" avx512vnni
