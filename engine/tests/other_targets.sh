#!/bin/bash
# other_targets.sh: compile the engine for systems that are not here: by Clang with their headers, which the package
# ziglang brings. Nothing is linked or run. PYTHON: an interpreter that has ziglang; if it has nanobind too, the bindings
# are compiled but for Windows, whose Python has other headers. TARGETS: those wanted, of Clang. Every source that does
# not compile is named; the exit status is 1 if there is one.
set -u
cd "$(dirname "$0")/.."
compile() { # compile TARGET SOURCE [flags]: one object, thrown away
  "${PYTHON:-python3}" -m ziglang c++ -target "$1" -c "$2" -o /dev/null -std=c++20 -O1 -I. -ffp-contract=off \
    -fno-math-errno -fno-trapping-math -Wno-unknown-warning-option "${@:3}" || failed="$failed $2"
}
# sizes of types in Python's headers are those of all systems with 64 bits but Windows
headers=$("${PYTHON:-python3}" -c 'import nanobind as n, sysconfig as s
print("-I" + n.include_dir(), "-I" + s.get_path("include"), "-fno-strict-aliasing")' 2>/dev/null)
status=0
for target in ${TARGETS:-x86_64-linux-musl aarch64-linux-musl x86_64-macos aarch64-macos x86_64-windows-gnu}; do
  failed=""
  for source in *.cpp coding/*.cpp dct/*.cpp graphics/*.cpp images/*.cpp jpeg/*.cpp training/*.cpp wave/*.cpp isa/dispatch.cpp; do
    case $source in
      */bindings.cpp | module.cpp)
        # shellcheck disable=SC2086
        case $target in *windows*) ;; *) [ -z "$headers" ] || compile "$target" "$source" $headers ;; esac
        ;;
      *) compile "$target" "$source" ;;
    esac
  done
  for list in isa/*/flags.txt; do
    grep -qE "^processor (any|${target%%-*})$" "$list" || continue
    for source in "${list%/*}"/*.cpp; do
      name=$(basename "$source" .cpp)
      # zig's compiler takes architectures of ARM for names of processors
      # shellcheck disable=SC2046
      compile "$target" "$source" $(sed -n "s/^$name //p" "$list" | sed 's/-march=armv8.2-a+/-mcpu=generic+/')
    done
  done
  if [ -n "$failed" ]; then
    echo "$target: not compiled:$failed"
    status=1
  else
    echo "$target: compiled"
  fi
done
exit $status
