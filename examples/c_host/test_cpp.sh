#!/usr/bin/env bash
# Convert a model and run the C++ host on it, and on a file that is no model.
#
# Usage: test_cpp.sh PROGRAM     exit status 77 where there is no Python with h5py and numpy
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$1
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
if ! python3 -c 'import h5py, numpy' 2>/dev/null; then
  echo "skipped: converting a model needs Python with h5py and numpy"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
python3 -m fkb convert "$here/../lorenz96/closure.keras" "$work/model.fkb"
"$program" "$work/model.fkb" | tee "$work/output"
grep -q 'the same bits as on one' "$work/output"
if "$program" "$here/CMakeLists.txt" 2>"$work/error"; then
  echo "a file that is no model was taken"
  exit 1
fi
grep -q 'CMakeLists.txt' "$work/error"
