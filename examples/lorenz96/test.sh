#!/usr/bin/env bash
# The tests that need the fkb command.
#
# Usage: test.sh learns|restart|keras PROGRAM
#   learns  three runs of the program reach what they should
#   restart a run that was stopped, and one that was killed at any moment, go on bit for bit
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

# The step of the last checkpoint of the run that is killed.
last_step() {
  cat "$out/killed/checkpoint.txt" 2>/dev/null || echo 0
}

case "$what" in
  learns)
    for seed in 6 7 8; do
      mkdir "$out/$seed"
      "$program" "$out/closure.fkb" "$out/$seed" --seed "$seed" >"$out/$seed/log"
    done
    cat "$out/8/log"
    python3 "$here/check_results.py" "$out"/[678]
    ;;
  restart)
    learn() {
      mkdir -p "$out/$1"
      "$program" "$out/closure.fkb" "$out/$@" --statistics 1 >"$out/log" 2>&1
    }
    learn whole --units 4
    learn begin --units 1.5
    learn end --units 2.5 --restart "$out/begin"
    cmp "$out/whole/learned.fkb" "$out/end/learned.fkb"
    # Killed at any moment, with a checkpoint after every step.
    mkdir "$out/killed"
    steps=400 reached=0 kills=0
    while [ "$reached" -lt $steps ]; do
      rest=$(printf '%d.%02d' $(((steps - reached) / 100)) $(((steps - reached) % 100)))
      options=(--units "$rest" --statistics 1 --save-every 0.01)
      [ "$reached" = 0 ] || options+=(--restart "$out/killed")
      "$program" "$out/closure.fkb" "$out/killed" "${options[@]}" >"$out/log" 2>&1 &
      while kill -0 $! 2>/dev/null && [ "$(last_step)" = "$reached" ]; do sleep 0.01; done
      if [ $kills -lt 20 ]; then
        sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
        kill -9 $! 2>/dev/null && kills=$((kills + 1))
      fi
      wait $! 2>/dev/null || true
      [ "$(last_step)" -gt "$reached" ] || { cat "$out/log"; exit 1; }
      reached=$(last_step)
    done
    cmp "$out/whole/learned.fkb" "$out/killed/learned.fkb"
    echo "stopped once, and killed $kills times: went on bit for bit"
    # Files that are not there, or not whole, are named.
    echo 7 >"$out/begin/checkpoint.txt"
    ! learn end --restart "$out/begin"
    grep -q 'checkpoint_7.online' "$out/log"
    ! learn end --restart "$out/nowhere"
    grep -q 'nowhere/checkpoint.txt: cannot read it' "$out/log"
    ;;
  keras)
    if ! python3 -c 'import keras, tensorflow' 2>/dev/null; then
      echo "skipped: there is no Keras with TensorFlow"
      exit 77
    fi
    python3 "$here/verify_keras.py" "$program" "$out/closure.fkb" "$here/closure.keras"
    ;;
  *)
    echo "test.sh: unknown test '$what', expected learns, restart or keras" >&2
    exit 2
    ;;
esac
