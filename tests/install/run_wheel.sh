#!/usr/bin/env bash
# Install FKB with pip into a fresh virtual environment and use what it brings: the command, the
# flags for a host, the engine.
#
# Usage: run_wheel.sh
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
unset FKB_LIBRARY VIRTUAL_ENV

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

# Compile and run the smallest host with the flags that the command prints.
build_host() {
  cd "$work" || return
  # The flags are words.
  # shellcheck disable=SC2046
  "${FC:-gfortran}" $(fkb flags --compile) "$here/user.f90" $(fkb flags --link) -o user &&
    ./user | tee /dev/stderr | grep -q 'no such file.fkb'
}

# The host with CMake, against the package inside the wheel.
build_host_with_cmake() {
  cmake -S "$here" -B "$work/cmake" "$(fkb flags --cmake)" \
    -DCMAKE_Fortran_COMPILER="${FC:-gfortran}" &&
    cmake --build "$work/cmake" && "$work/cmake/user" | grep -q 'no such file.fkb'
}

try "virtual environment" python3 -m venv "$work/venv"
try "pip install" "$work/venv/bin/python" -m pip install -q --disable-pip-version-check "$root"
PATH="$work/venv/bin:$PATH"
cd "$work" || exit 1
try "fkb --help" fkb --help
try "import" python -c 'import fkb, pathlib; assert "site-packages" in fkb.__file__, fkb.__file__'
try "the engine loads" python -c \
  'from fkb import engine, library; engine.version(); assert "site-packages" in str(library.find_library())'
try "flags for a host" build_host
try "flags for CMake" build_host_with_cmake

if [ "$failed" -gt 0 ]; then
  echo "$passed passed, $failed failed"
  exit 1
fi
echo "$passed passed"
