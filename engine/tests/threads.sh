#!/usr/bin/env bash
# Runs threads.cpp under ThreadSanitizer. Needs g++ or the compiler in CXX.
set -euo pipefail
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
here=$(dirname "$0")
"$here/build.sh" "$out/threads" tests/threads.cpp -O1 -g -Wno-attributes -fsanitize=thread -pthread
# Address-space randomisation wider than the sanitizer's map ends it at once on some kernels.
if command -v setarch >/dev/null; then setarch -R "$out/threads"; else "$out/threads"; fi
