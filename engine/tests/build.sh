#!/usr/bin/env bash
# build.sh OUT MAIN [FLAGS...]: compiles the engine with these flags for every instruction set that the compiler knows of this
# processor's family, together with MAIN. CXX: the compiler (g++). JOBS: how many sources at a time (2). PORTABLE: if not empty,
# portable C++ alone. WIDE: other flags for the tiles of sets with VNNI.
set -euo pipefail
out=$1 main=$2
shift 2
cd "$(dirname "$0")/.."
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
base=(-std=c++20 -pthread ${PORTABLE:+-DL3C_PORTABLE} -Wno-psabi -ffp-contract=off -fno-math-errno -I. -Itests)
processor=$(${CXX:-g++} -dumpmachine)
processor=${processor%%-*}
processor=${processor/arm64/aarch64}

# source and its own flags, a line each: of those in flags.txt the ones that choose instructions
sources() {
    local folder source flags
    for source in team.cpp workspace.cpp coding/rans.cpp coding/status.cpp coding/symbols.cpp dct/model.cpp graphics/tile.cpp \
        images/filters.cpp jpeg/notes.cpp jpeg/entropy_read.cpp jpeg/entropy_write.cpp training/gradient.cpp wave/model.cpp wave/streams.cpp \
        isa/dispatch.cpp "$main"; do
        echo "$source"
    done
    for folder in isa/${PORTABLE:+portable}*/; do
        grep -qE "^processor (any|$processor)$" "$folder/flags.txt" || continue
        for source in "$folder"*.cpp; do
            flags=$(sed -n "s/^$(basename "$source" .cpp) //p" "$folder/flags.txt" | tr ' ' '\n' | grep '^-m' | tr '\n' ' ' || true)
            [[ $source != isa/avx*vnni/tiles.cpp ]] || flags=${WIDE:-$flags}
            echo "$source $flags"
        done
    done
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
${CXX:-g++} -pthread "$@" "$parts"/*.o -o "$out"
