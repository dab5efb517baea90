#!/usr/bin/env bash
# Build hosts against an installed FKB with CMake and with make, and run them.
#
# Usage: run.sh PREFIX
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# Run a command under a name and count it.
try() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAIL %s\n%s\n' "$name" "$output"
  fi
}

# Run a host: it must say which file is missing.
names_the_file() { "$1" | tee /dev/stderr | grep -q 'no such file.fkb'; }

# A library with an executable stack is refused by hardened systems; an internal procedure that is
# passed as an argument makes one.
no_executable_stack() {
  readelf --program-headers --wide "$(find "$prefix" -name libfkb.so)" | grep GNU_STACK |
    grep -vq RWE
}

# An example with the compiler of its language and pkg-config alone: compile SOURCE PROGRAM COMPILER
compile() {
  local flags
  read -ra flags <<<"$(pkg-config --cflags --libs fkb)"
  "$3" "$here/../../examples/c_host/$1" "${flags[@]}" -lm -pthread \
    -Wl,-rpath,"$(pkg-config --variable=libdir fkb)" -o "$work/$2"
}

# The test of an example. Without a Python that converts a model it cannot run, which is no failure:
# the program must at least say which file is missing.
host() {
  local status=0
  "$here/../../examples/c_host/$1" "$work/$2" || status=$?
  if [ "$status" -ne 77 ]; then return "$status"; fi
  { "$work/$2" "no such file.fkb" never.fkb 2>&1 || true; } | grep -q 'no such file.fkb'
}

try "no executable stack" no_executable_stack
try "find_package" cmake -S "$here" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_Fortran_COMPILER="${FC:-gfortran}"
try "CMake build" cmake --build "$work/cmake"
try "static with CMake" names_the_file "$work/cmake/user"
try "shared with CMake" names_the_file "$work/cmake/user_shared"

cp "$here/user.f90" "$here/Makefile" "$here/Makefile.fkb" "$work"
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name fkb.pc)")
export PKG_CONFIG_PATH
try "make build" make -C "$work" all
try "shared with make" names_the_file "$work/user_dynamic"
try "static with make" names_the_file "$work/user_static"
try "make build with fkb.mk" make -C "$work" -f Makefile.fkb \
  FKB_MK="$(find "$prefix" -name fkb.mk)"
try "static with fkb.mk" names_the_file "$work/user_included"
try "C with pkg-config" compile c_host.c c_host cc
try "C host" host test.sh c_host
if command -v c++ >/dev/null; then
  try "C++ with pkg-config" compile cpp_host.cpp cpp_host c++
  try "C++ host" host test_cpp.sh cpp_host
fi

if [ "$failed" -gt 0 ]; then
  echo "$passed passed, $failed failed"
  exit 1
fi
echo "$passed passed"
