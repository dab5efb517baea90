#!/usr/bin/env bash
# The tests that need the fkb command.
#
# Usage: test.sh learns|keras PROGRAM
#   learns  three runs of the program reach what they should
#   keras   Keras learns the same from the same batches; exit status 77 where there is no Keras
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what=$1
program=$2
# The network is small: threads would wait for each other longer than they work.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH}

out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
python3 -m fkb convert "$here/closure.keras" "$out/closure.fkb"

case "$what" in
  learns)
    for seed in 6 7 8; do
      mkdir "$out/$seed"
      "$program" "$out/closure.fkb" "$out/$seed" --seed "$seed" >"$out/$seed/log"
    done
    cat "$out/8/log"
    python3 "$here/check_results.py" "$out"/[678]
    ;;
  keras)
    if ! python3 -c 'import keras, tensorflow' 2>/dev/null; then
      echo "skipped: there is no Keras with TensorFlow"
      exit 77
    fi
    python3 "$here/verify_keras.py" "$program" "$out/closure.fkb" "$here/closure.keras"
    ;;
  *)
    echo "test.sh: unknown test '$what', expected learns or keras" >&2
    exit 2
    ;;
esac
