#!/usr/bin/env bash
# The tests that need more than one program.
#
# Usage: test.sh restart|forecast|online|closure|plot|keras|long BUILD
#   restart   a run that was stopped goes on bit for bit
#   forecast  forecasts beat persistence; ensembles spread, the same for any number of threads
#   online    a network that learns while the model runs beats the frozen one; stopped, or killed,
#             and restarted it learns the same, bit for bit
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

# The month of the last checkpoint of the run that is killed.
last_month() {
  cat "$out/killed/checkpoint.txt" 2>/dev/null || echo 3
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
    "$build/zebiak_cane_forecast" "$out/forecast.fkb" "$out" --months 180 "${nature[@]}"
    for threads in 1 2; do
      OMP_NUM_THREADS=$threads "$build/zebiak_cane_ensemble" "$out/forecast.fkb" "$out" \
        --history 20 --months 180 --members 4 "${nature[@]}"
      mv "$out/ensemble.csv" "$out/$threads.csv"
    done
    cmp "$out/1.csv" "$out/2.csv"
    mv "$out/1.csv" "$out/ensemble.csv"
    python3 "$here/check_results.py" forecast "$out"
    ;;
  online)
    network forecast
    "$build/zebiak_cane_online" "$out/forecast.fkb" "$out" --months 160 "${nature[@]}"
    python3 "$here/check_results.py" online "$out"
    mkdir "$out/"{whole,begin,end}
    learn() {
      "$build/zebiak_cane_online" "$out/forecast.fkb" "$out/$@" "${nature[@]}" >"$out/log" 2>&1
    }
    learn whole --months 40
    learn begin --months 25
    learn end --months 15 --restart "$out/begin"
    cmp "$out/whole/learned.fkb" "$out/end/learned.fkb"
    cmp "$out/whole/checkpoint_43.nc" "$out/end/checkpoint_43.nc"
    # Killed at any moment, with a checkpoint after every month; the first three are those that the
    # first forecast begins from.
    mkdir "$out/killed"
    reached=3 kills=0
    while [ "$reached" -lt 43 ]; do
      options=(--months $((43 - reached)) --save-every 1)
      [ "$reached" = 3 ] || options+=(--restart "$out/killed")
      "$build/zebiak_cane_online" "$out/forecast.fkb" "$out/killed" "${options[@]}" "${nature[@]}" \
        >"$out/log" 2>&1 &
      while kill -0 $! 2>/dev/null && [ "$(last_month)" = "$reached" ]; do sleep 0.01; done
      if [ $kills -lt 8 ]; then
        sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
        kill -9 $! 2>/dev/null && kills=$((kills + 1))
      fi
      wait $! 2>/dev/null || true
      [ "$(last_month)" -gt "$reached" ] || { cat "$out/log"; exit 1; }
      reached=$(last_month)
    done
    cmp "$out/whole/learned.fkb" "$out/killed/learned.fkb"
    echo "a network that learned was stopped once, and killed $kills times: went on bit for bit"
    head -c 3000 "$out/begin/checkpoint_28.window" >"$out/short"
    mv "$out/short" "$out/begin/checkpoint_28.window"
    ! learn end --months 1 --restart "$out/begin"
    grep -q 'checkpoint_28.window: cannot read it' "$out/log"
    ! learn end --months 1 --restart "$out/nowhere"
    grep -q 'nowhere/checkpoint.txt: cannot read it' "$out/log"
    ;;
  closure)
    network closure --precision double --transforms "$here/closure.toml"
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
    "$build/zebiak_cane_forecast" "$out/forecast.fkb" "$out" --months 1200 --epochs 60 \
      "${nature[@]}"
    printf 'fkb ensemble 1\nmember tuned.fkb\nmember history.fkb\n' >"$out/networks.txt"
    "$build/zebiak_cane_ensemble" "$out/networks.txt" "$out" --months 1200 --members 10 \
      "${nature[@]}"
    python3 "$here/check_results.py" forecast "$out" --full
    "$build/zebiak_cane_online" "$out/forecast.fkb" "$out" --months 1200 "${nature[@]}"
    python3 "$here/check_results.py" online "$out" --full
    network closure --precision double --transforms "$here/closure.toml"
    "$build/zebiak_cane_closure" "$out/closure.fkb" "$out" --months 1200
    python3 "$here/check_results.py" closure "$out" --full
    ;;
  *)
    echo "test.sh: unknown test '$what'" >&2
    exit 2
    ;;
esac
