#!/usr/bin/env bash
# Make the data, compare with Keras, and draw all pictures (some minutes).
#
# Usage: run.sh [BUILD]   BUILD: where FKB or this example was built (default: build/gfortran)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../build/gfortran}
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH} OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
python3 "$here/data.py" "$here/output/data"
python3 "$here/experiments.py" --build "$build"
python3 "$here/against_keras.py" --build "$build"
