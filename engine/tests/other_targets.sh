#!/bin/bash
# other_targets.sh: compile the engine, without Python's bindings, for systems that are not here: by Clang with their
# headers, which the package ziglang brings. Nothing is linked or run. PYTHON: an interpreter that has ziglang.
set -eu
cd "$(dirname "$0")/.."
compile() { # compile TARGET SOURCE [flags]: one object, thrown away
  "${PYTHON:-python3}" -m ziglang c++ -target "$1" -c "$2" -o /dev/null -std=c++20 -O1 -I. -ffp-contract=off \
    -fno-math-errno -fno-trapping-math "${@:3}"
}
for target in ${TARGETS:-x86_64-linux-musl aarch64-linux-musl x86_64-macos aarch64-macos x86_64-windows-gnu}; do
  for source in *.cpp coding/*.cpp dct/*.cpp jpeg/*.cpp training/*.cpp wave/*.cpp isa/dispatch.cpp; do
    case $source in */bindings.cpp | module.cpp) continue ;; esac
    compile "$target" "$source"
  done
  for list in isa/*/flags.txt; do
    grep -qE "^processor (any|${target%%-*})$" "$list" || continue
    for source in "${list%/*}"/*.cpp; do
      name=$(basename "$source" .cpp)
      # shellcheck disable=SC2046
      compile "$target" "$source" $(sed -n "s/^$name //p" "$list")
    done
  done
  echo "$target: compiled"
done
