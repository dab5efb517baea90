#!/usr/bin/env bash
# The tests that need more than one program.
#
# Usage: test.sh restart|forecast|online|closure|plot|keras|long BUILD
#   restart   a run that was stopped goes on bit for bit
#   forecast  forecasts beat persistence, ensembles spread
#   online    a network that learns while the model runs beats the frozen one; stopped and
#             restarted it learns the same, bit for bit
#   closure   a network keeps the climate in the place of a formula, and learns a changed one
#   plot      the pictures are drawn; exit status 77 where there is no matplotlib
#   keras     the networks say what Keras says; exit status 77 where there is no Keras
#   long      the table of the README and its numbers of forecasts, at full length: some minutes;
#             exit status 77 without FKB_TEST_LONG=1
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what=$1
build=$2
# The networks are small: threads would wait for each other longer than they work.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH}

out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
# Another nature than the one that the network was trained on.
nature=(--mu 1.05 --epsilon 0.22 --gamma 0.7 --noise 4 --seed 5)

# A model run: run NAME OPTIONS...
run() {
  mkdir -p "$out/$1"
  "$build/zebiak_cane" "$out/$@" >"$out/$1/log"
}

# Convert a network of this folder: network NAME OPTIONS...
network() {
  python3 -m fkb convert "$here/$1.keras" "$out/$1.fkb" "${@:2}"
}

case "$what" in
  restart)
    run whole --months 30 --noise 2
    run begin --months 11 --noise 2
    run end --months 19 --noise 2 --restart "$out/begin/restart.nc"
    python3 "$here/check_restart.py" "$out/whole" "$out/end"
    head -c 3000 "$out/begin/restart.nc" >"$out/damaged.nc"
    for file in damaged.nc missing.nc; do
      if "$build/zebiak_cane" "$out/end" --months 1 --restart "$out/$file" 2>"$out/message"; then
        echo "a run began from $file"
        exit 1
      fi
      grep -q "$file: cannot open it" "$out/message"
    done
    ;;
  forecast)
    network forecast
    "$build/zebiak_cane_forecast" "$out/forecast.fkb" "$out" --months 180 --members 4 "${nature[@]}"
    python3 "$here/check_results.py" forecast "$out"
    ;;
  online)
    network forecast
    "$build/zebiak_cane_online" "$out/forecast.fkb" "$out" --months 160 "${nature[@]}"
    python3 "$here/check_results.py" online "$out"
    mkdir "$out/"{whole,begin,end}
    learn() {
      "$build/zebiak_cane_online" "$out/forecast.fkb" "$out/$@" "${nature[@]}" >"$out/log"
    }
    learn whole --months 40
    learn begin --months 25
    learn end --months 15 --restart "$out/begin"
    cmp "$out/whole/learned.fkb" "$out/end/learned.fkb"
    echo "a network that learned went on bit for bit"
    ;;
  closure)
    network closure --precision double
    "$build/zebiak_cane_closure" "$out/closure.fkb" "$out" --months 480
    python3 "$here/check_results.py" closure "$out"
    ;;
  plot)
    python3 -c 'import matplotlib' 2>/dev/null || exit 77
    run model --months 360
    python3 "$here/plot.py" "$out/model"
    test -s "$out/model/zebiak_cane.png"
    ;;
  keras)
    python3 -c 'import keras, tensorflow' 2>/dev/null || exit 77
    python3 -m fkb verify "$here/closure.keras"
    run model --months 240
    (cd "$out" && python3 "$here/verify_keras.py" "$out/model/months.nc" "$here/forecast.keras")
    ;;
  long)
    [ "${FKB_TEST_LONG:-}" = 1 ] || exit 77
    "$build/test_zebiak_cane" long
    network forecast
    "$build/zebiak_cane_forecast" "$out/forecast.fkb" "$out" --months 1200 --epochs 40 \
      --fresh-epochs 60 --members 10 "${nature[@]}"
    python3 "$here/check_results.py" forecast "$out" --full
    "$build/zebiak_cane_online" "$out/forecast.fkb" "$out" --months 1200 "${nature[@]}"
    python3 "$here/check_results.py" online "$out" --full
    ;;
  *)
    echo "test.sh: unknown test '$what'" >&2
    exit 2
    ;;
esac
