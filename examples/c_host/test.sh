#!/usr/bin/env bash
# Convert a model, run the C host on it, and export what it trained.
#
# Usage: test.sh PROGRAM     exit status 77 where there is no Python with h5py and numpy
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$1
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH}
# The network is small: threads of the library would wait for each other longer than they work.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
if ! python3 -c 'import h5py, numpy' 2>/dev/null; then
  echo "skipped: converting a model needs Python with h5py and numpy"
  exit 77
fi

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
python3 -m fkb convert "$here/../lorenz96/closure.keras" "$work/model.fkb"
"$program" "$work/model.fkb" "$work/trained.fkb" | tee "$work/output"
grep -q 'code 2: .*no such file.fkb' "$work/output"
python3 -m fkb export "$work/trained.fkb" "$work/trained.keras"
# What came back is what C trained: other weights, and Adam's 400 steps.
python3 - "$work" <<'PYTHON'
import pathlib
import sys

import fkb
import numpy as np

work = pathlib.Path(sys.argv[1])
before, after = (fkb.load_graph(work / name) for name in ("model.fkb", "trained.keras"))
assert int(np.asarray(after.compile.variables[0].value)) == 400
weights = [[w.value for _, layer in g.model.walk() for w in layer.weights] for g in (before, after)]
assert all(not np.array_equal(a, b) for a, b in zip(*weights))
PYTHON
if "$program" "$here/CMakeLists.txt" "$work/never.fkb" 2>"$work/error"; then
  echo "a file that is no model was taken"
  exit 1
fi
cat "$work/error"
grep -q 'CMakeLists.txt' "$work/error"
