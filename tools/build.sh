#!/usr/bin/env bash
# Configure and build FKB in build/NAME.
#
# Usage: tools/build.sh NAME [CMake options]
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
shift
mkdir -p build
log=build/$name.log
if ! cmake -S . -B "build/$name" -G Ninja "$@" >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
grep -- '^-- fkb:' "$log" | sed 's/^-- fkb: /build: /' || true
cmake --build "build/$name" --parallel "${FKB_JOBS:-$(getconf _NPROCESSORS_ONLN)}"
