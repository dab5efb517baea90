#!/usr/bin/env bash
# Build a user's project against an installed FKB, hold its layers and its loss against the contract,
# and compare it with Keras where there is one.
#
# Usage: run.sh PREFIX
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
prefix=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
skipped=0

# The number before a word, such as 3 of `3 passed`, in the last line that has it; 0 without one.
number() {
  local found
  found=$(grep -oE "[0-9]+ $1" <<<"$2" | tail -n 1 | cut -d ' ' -f 1)
  echo "${found:-0}"
}

# Run a command under a name. It counts as what it says it has passed and failed, or as one.
try() {
  local name=$1 output status
  shift
  output=$("$@" 2>&1)
  status=$?
  local ok bad
  ok=$(number passed "$output")
  bad=$(number failed "$output")
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  if [ "$status" -eq 0 ] && [ "$ok" -eq 0 ] && ! grep -q skipped <<<"$output"; then ok=1; fi
  passed=$((passed + ok))
  failed=$((failed + bad))
  skipped=$((skipped + $(number skipped "$output")))
  if [ "$status" -ne 0 ]; then printf 'FAIL %s\n%s\n' "$name" "$output"; fi
}

# A layer has arguments that it does not use.
flags="-std=f2018;-Werror"
if [[ ${FC:-gfortran} == *gfortran* ]]; then
  flags="$flags;-Wall;-Wextra;-Wimplicit-interface;-pedantic;-Wno-unused-dummy-argument"
fi
try "find_package" cmake -S "$here" -B "$work" -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_Fortran_COMPILER="${FC:-gfortran}" -DMY_PKG_FLAGS="$flags" -DCMAKE_BUILD_TYPE=Release
try "build" cmake --build "$work"
try "contract in real32" "$work/check_sp"
try "contract in real64" "$work/check_dp"
# pytest ends with 5 where nothing was collected, as without Keras.
keras() {
  FKB_EXTENSION_BUILD=$work FKB_LIBRARY=$(find "$prefix" -name libfkb.so) \
    PYTHONPATH=$root/python python3 -m pytest -q --tb=short \
    -p no:cacheprovider -c "$root/pyproject.toml" "$here" || [ $? -eq 5 ]
}
try "Keras" keras

words="$passed passed"
if [ "$failed" -gt 0 ]; then words="$words, $failed failed"; fi
if [ "$skipped" -gt 0 ]; then words="$words, $skipped skipped"; fi
echo "$words"
[ "$failed" -eq 0 ]
