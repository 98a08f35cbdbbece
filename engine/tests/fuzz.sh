#!/usr/bin/env bash
# fuzz.sh [MINUTES] [FOLDER]: libFuzzer on the engine, under the address and undefined-behaviour sanitizers, for so many minutes
# (20). FOLDER keeps its corpus, and what fails, from run to run. PORTABLE=1: portable C++ alone, which is built in a third of the
# time. Needs clang and its runtime (Debian: apt-get install clang, with what it recommends).
set -euo pipefail
command -v clang++ >/dev/null || { echo "fuzz.sh needs clang++ (Debian: apt-get install clang)"; exit 1; }
echo "int main() {}" | clang++ -x c++ -fsanitize=address - -o /dev/null ||
    { echo "fuzz.sh needs clang's runtime (Debian: apt-get install libclang-rt-NN-dev, NN its version)"; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
folder=${2:-$out/corpus}
mkdir -p "$folder"
CXX=clang++ "$here/build.sh" "$out/fuzz" tests/fuzz.cpp -O1 -gline-tables-only -Wno-unknown-attributes -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=all
cd "$folder"
"$out/fuzz" -max_total_time=$((60 * ${1:-20})) -max_len=4096 -len_control=0 -timeout=60 -rss_limit_mb=2048 -print_final_stats=1 .
