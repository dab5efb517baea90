#!/usr/bin/env bash
# Make the data, train all experiments in Fortran and in Keras, compare and draw: some minutes.
#
# Usage: run.sh [--full] [BUILD]
#   --full   train all three seeds in Keras too, not only the first: three times as long
#   BUILD    where FKB or this example was built (default: build/gfortran)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
keras_seeds=1
if [ "${1:-}" = --full ]; then
  keras_seeds=3
  shift
fi
build=${1:-$here/../../build/gfortran}
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH} OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
python3 "$here/data.py" "$here/output/data"
python3 "$here/course.py" --build "$build" --keras-seeds "$keras_seeds"
cat "$here/output/summary.md"
