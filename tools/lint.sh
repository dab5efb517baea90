#!/usr/bin/env bash
# Run every linter; each prints only what it finds. The last line counts them.
set -uo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tools/env.sh
. tools/env.sh

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

# Fortran written by hand, and one precision of the generated sources.
mapfile -t fortran < <(find fortran/src tests examples benchmarks fortran/mpi fortran/compat \
  -name '*.[fF]90' -not -path '*/generated/sp/*' -not -path '*/build/*' 2>/dev/null | sort)
mapfile -t python < <(find python tools tests examples benchmarks -name '*.py' \
  -not -path '*/build/*' 2>/dev/null | sort)

# findent must leave a file as it is: three spaces, `case` under `select`, continuation lines free.
# Names after `end` are fortitude's business (findent -Rr breaks `end interface operator(==)`).
indentation() {
  local file status=0
  for file in "$@"; do
    if ! diff -q <(findent -i3 -c3 -k- --openmp=0 <"$file") "$file" >/dev/null; then
      echo "$file: findent -i3 -c3 -k- would change it"
      diff <(findent -i3 -c3 -k- --openmp=0 <"$file") "$file" | head -n 6
      status=1
    fi
  done
  return $status
}

try "fortitude" fortitude check --output-format concise "${fortran[@]}"
try "findent" indentation "${fortran[@]}"
try "ruff" ruff check --quiet "${python[@]}"
try "ruff format" ruff format --quiet --check "${python[@]}"
try "mypy" mypy -p fkb
try "mypy tools" mypy tools
try "mypy benchmarks" env MYPYPATH=python:tests/python:benchmarks mypy benchmarks/*.py
try "generated sources" python tools/generate.py --check
try "test program" python tools/collect_tests.py --check
try "sources" python tools/check_sources.py

if [ "$failed" -gt 0 ]; then
  echo "$passed passed, $failed failed"
  exit 1
fi
echo "$passed passed"
