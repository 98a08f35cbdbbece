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
    for source in rans.cpp symbols.cpp jpeg_scan.cpp workspace.cpp dispatch.cpp kernels/wave_portable.cpp \
        kernels/symbols_portable.cpp training/wave_gradient.cpp training/gradient_portable.cpp "$main"; do
        echo "$source"
    done
    [ -z "${PORTABLE:-}" ] || return 0
    case $(${CXX:-g++} -dumpmachine) in
        x86_64*)
            echo "kernels/wave_avx2.cpp ${x86[*]}"
            echo "kernels/symbols_avx2.cpp ${x86[*]}"
            echo "training/gradient_avx2.cpp ${x86[*]}"
            echo "kernels/wave_avx512vnni.cpp ${WIDE:-${wide[*]}}"
            echo "training/gradient_avx512.cpp ${wide[*]}"
            ;;
        aarch64*) echo "kernels/wave_neondot.cpp -march=armv8.2-a+dotprod" ;;
    esac
}
compile() {
    local source=$1
    shift
    ${CXX:-g++} "${base[@]}" "$@" -c "$source" -o "$parts/$(basename "$source" .cpp).o"
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
