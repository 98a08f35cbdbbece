#!/usr/bin/env bash
# build.sh OUT MAIN [FLAGS...]: compiles the engine with these flags for every instruction set that the compiler knows of this
# processor's family, together with MAIN. CXX: the compiler (g++). JOBS: how many sources at a time (2). PORTABLE: if not empty,
# portable C++ alone. WIDE: other flags for AVX-512's tiles.
set -euo pipefail
out=$1 main=$2
shift 2
cd "$(dirname "$0")/.."
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
base=(-std=c++20 ${PORTABLE:+-DL3C_PORTABLE} -Wno-psabi -ffp-contract=off -fno-math-errno -I. -Itests)
x86=(-mavx2 -mfma) wide=(-mavx2 -mfma -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni)

# source and its own flags, a line each
sources() {
    for source in workspace.cpp coding/rans.cpp coding/symbols.cpp jpeg/scan.cpp training/gradient.cpp isa/dispatch.cpp \
        isa/portable/tiles.cpp isa/portable/symbols.cpp isa/portable/gradient.cpp "$main"; do
        echo "$source"
    done
    [ -z "${PORTABLE:-}" ] || return 0
    case $(${CXX:-g++} -dumpmachine) in
        x86_64*)
            echo "isa/avx2/tiles.cpp ${x86[*]}"
            echo "isa/avx2/symbols.cpp ${x86[*]}"
            echo "isa/avx2/gradient.cpp ${x86[*]}"
            echo "isa/avx512vnni/tiles.cpp ${WIDE:-${wide[*]}}"
            echo "isa/avx512vnni/gradient.cpp ${wide[*]}"
            ;;
        aarch64*) echo "isa/neondot/tiles.cpp -march=armv8.2-a+dotprod" ;;
    esac
}
compile() {
    local source=$1
    shift
    ${CXX:-g++} "${base[@]}" "$@" -c "$source" -o "$parts/${source//\//-}.o"
}
running=0
while read -r -a line; do
    compile "${line[@]:0:1}" "$@" "${line[@]:1}" &
    if ((++running >= ${JOBS:-2})); then
        wait -n
        ((running--))
    fi
done < <(sources)
while ((running-- > 0)); do wait -n; done
${CXX:-g++} "$@" "$parts"/*.o -o "$out"
