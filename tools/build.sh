#!/usr/bin/env bash
# Configure and build FKB in build/NAME.
#
# Usage: [FKB_TARGET=TARGET] tools/build.sh NAME [CMake options]
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
shift
folder=build/$name
log=build/$name.log
mkdir -p build

# What CMake remembers under a name.
remembered() { sed -n "s/^$1:[A-Z]*=//p" "$folder/CMakeCache.txt"; }

# A folder that another CMake or another compiler began is begun again: CMake cannot go on there.
if [ -e "$folder/CMakeCache.txt" ]; then
  compiler=$(command -v "${FC:-gfortran}" || true)
  for option in "$@"; do
    case "$option" in
      -DCMAKE_Fortran_COMPILER=*) compiler=$(command -v "${option#*=}" || true) ;;
    esac
  done
  cached=$(remembered CMAKE_Fortran_COMPILER)
  version=$(remembered CMAKE_CACHE_MAJOR_VERSION).$(remembered CMAKE_CACHE_MINOR_VERSION)
  if ! cmake --version | grep -qF " $version." ||
    [ "$(readlink -f "$cached")" != "$(readlink -f "$compiler")" ]; then
    echo "build: $folder was made with another CMake or compiler, beginning again"
    rm -rf "$folder"
  fi
fi

if ! cmake -S . -B "$folder" -G Ninja "$@" >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
sed -n 's/^-- fkb: /build: /p' "$log"
# A terminal shows one moving line; elsewhere only what is worth reading is kept.
compile() {
  cmake --build "$folder" --parallel "${FKB_JOBS:-$(getconf _NPROCESSORS_ONLN)}" \
    ${FKB_TARGET:+--target "$FKB_TARGET"}
}
if [ -t 1 ]; then
  compile
else
  compile | { grep -Ev '^\[[0-9]+/[0-9]+\] (Building|Generating|Linking|Creating|Re-checking) ' || true; }
fi
