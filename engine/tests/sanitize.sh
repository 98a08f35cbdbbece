#!/usr/bin/env bash
# Runs cross_check under the address and undefined-behaviour sanitizers.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
flags=(-std=c++20 -O1 -g -Wno-psabi -ffp-contract=off -I. -fsanitize=address,undefined -fno-sanitize-recover=all)
common=(rans.cpp workspace.cpp dispatch.cpp training/wave_gradient.cpp training/gradient_portable.cpp tests/cross_check.cpp)
wide=(-mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni -mfma)

g++ "${flags[@]}" -mavx2 -c kernels/wave_avx2.cpp -o "$out/avx2.o"
g++ "${flags[@]}" "${wide[@]}" -c kernels/wave_avx512vnni.cpp -o "$out/vnni.o"
g++ "${flags[@]}" -mavx2 -mfma -c training/gradient_avx2.cpp -o "$out/gradient2.o"
g++ "${flags[@]}" "${wide[@]}" -c training/gradient_avx512.cpp -o "$out/gradient5.o"
g++ "${flags[@]}" "${common[@]}" kernels/wave_portable.cpp "$out"/*.o -o "$out/check"
"$out/check"
