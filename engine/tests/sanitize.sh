#!/usr/bin/env bash
# sanitize.sh [COUNT] [portable]: cross_check, with COUNT random architectures (100), under the address and undefined-behaviour
# sanitizers, on every instruction set or on portable C++ alone. Needs g++ or the compiler in CXX.
set -euo pipefail
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
here=$(dirname "$0")
level=-O1
[ -z "${2:-}" ] || level=-O0  # builds in a tenth of the time
PORTABLE=${2:-} "$here/build.sh" "$out/check" tests/cross_check.cpp $level -g -Wno-attributes -fsanitize=address,undefined \
    -fno-sanitize-recover=all
"$out/check" "${1:-100}"
