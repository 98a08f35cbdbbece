#!/usr/bin/env bash
# Train RGB Shared, RGB and L3C, or the wave networks, in MINUTES of one GPU, on a machine without network.
#
#   scripts/train_on_gpu.sh MINUTES DATA OUT [PREVIOUS]
#
# MINUTES   from the start of this script to its end, building and compiling included
# DATA      a folder with train/ (pictures as they are), valid/, and perhaps scaled/ (reduced by 0.25 to 0.6)
# OUT       an empty folder: gets at most 8 files of at most 16 MiB, 60 MB together
# PREVIOUS  a folder with the files of an earlier call; L3C goes on from there, baselines are not trained again
#
# From the environment:
#   PYTHON    the interpreter that has PyTorch (python3)
#   WORK      packed pictures, checkpoints, the built package (/tmp/l3c-work); on the same machine a later call uses it,
#             and WORK/results, of the wave networks WORK/results-wave, is its PREVIOUS
#   WHEELS    a folder of wheels that are installed for the build, where the machine's tools are too old (.whl)
#   BUILD=no  train from the sources, without the engine, which training does not need
#   NETWORKS  published (RGB Shared, RGB and L3C), or wave: the largest wave network for longer, then a wider one
#   OPTIONS   settings of all trainings, such as "-p batch=64 -p compile_mode=max-autotune-no-cudagraphs"
#
# Where data travel in parts of limited size, divide them first, and let a call for each part gather them there:
#   l3c prepare parts train=PHOTOGRAPHS scaled=JPEG_FILES valid=OTHERS -o gpu-data --size 40M
#   there, for each:  mkdir -p /tmp/l3c-data && cp -r gpu-data-1/. /tmp/l3c-data/
#   there, at last:   scripts/train_on_gpu.sh 9 /tmp/l3c-data OUT
# An earlier call's files travel like that too: l3c prepare parts previous=RESULTS -o gpu-before --size 40M
set -euo pipefail
BEGAN=$(date +%s)
[ $# = 3 ] || [ $# = 4 ] || { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
MINUTES=$1 DATA=$2 OUT=$3 PREVIOUS=${4:-}
HERE=$(cd "$(dirname "$0")/.." && pwd)
PYTHON=${PYTHON:-python3} WORK=${WORK:-/tmp/l3c-work} WHEELS=${WHEELS:-$HERE/.whl} BUILD=${BUILD:-yes}
NETWORKS=${NETWORKS:-published}
case "$NETWORKS" in published | wave) ;; *)
  echo "train_on_gpu.sh: NETWORKS is published or wave, not $NETWORKS" >&2; exit 2 ;;
esac
read -r -a MORE <<< "${OPTIONS:-}"
mkdir -p "$WORK" "$OUT"
WORK=$(cd "$WORK" && pwd) OUT=$(cd "$OUT" && pwd) DATA=$(cd "$DATA" && pwd)
[ -z "$PREVIOUS" ] || PREVIOUS=$(cd "$PREVIOUS" && pwd)
export PYTHONUNBUFFERED=1
# Tools that lie beside the interpreter, such as CMake and Ninja of its environment, go first.
PATH="$("$PYTHON" -c 'import os, sys; print(os.path.dirname(sys.executable))'):$PATH"

install() { "$PYTHON" -m pip install -q --no-deps --no-compile --disable-pip-version-check --upgrade "$@"; }

if [ "$BUILD" != no ] && [ -d "$WHEELS" ]; then
  install --no-index --target "$WORK/tools" "$WHEELS"/*.whl
  export PYTHONPATH="$WORK/tools${PYTHONPATH:+:$PYTHONPATH}" PATH="$WORK/tools/bin:$PATH"
fi
# The sources' own check runs before anything is built.
NEEDS=(); [ "$BUILD" = no ] && NEEDS=(--train)
PYTHONPATH="$HERE/src${PYTHONPATH:+:$PYTHONPATH}" "$PYTHON" -m l3c.training.versions ${NEEDS[@]+"${NEEDS[@]}"} || {
  echo "train_on_gpu.sh: wheels of newer tools may lie in $WHEELS; BUILD=no trains without building the package" >&2
  exit 1
}

if [ "$BUILD" = no ]; then
  SITE="$HERE/src"
else
  SITE="$WORK/site"
  # What a package is built of tells whether the one of an earlier call is still right.
  STATE=$(cd "$HERE" && find CMakeLists.txt pyproject.toml engine src -type f ! -name '*.so' ! -path '*/__pycache__/*' -print0 |
    sort -z | xargs -0 sha256sum | sha256sum)
  if [ "$(cat "$WORK/built" 2>/dev/null)" != "$STATE" ]; then
    rm -rf "$SITE" "$WORK/built"
    if install --no-build-isolation --target "$SITE" "$HERE"; then
      echo "$STATE" > "$WORK/built"
    else
      echo "train_on_gpu.sh: the package could not be built; training goes on from its sources, without the engine" >&2
      SITE="$HERE/src"
    fi
  fi
  echo "package in $SITE: $(($(date +%s) - BEGAN)) s"
fi
export PYTHONPATH="$SITE${PYTHONPATH:+:$PYTHONPATH}"
cd "$WORK"  # so that no source folder is taken for the package
exec "$PYTHON" -m "l3c.training.$NETWORKS.gpu_job" "$MINUTES" "$DATA" "$OUT" --work "$WORK" --began "$BEGAN" \
  ${PREVIOUS:+--previous "$PREVIOUS"} ${MORE[@]+"${MORE[@]}"}
