#!/usr/bin/env bash
# The study at a few months and epochs.
#
# Usage: test.sh fortran|simulator|keras|long BUILD
#   fortran    ten networks learn in threads, the same for any number; TRANS is better than HIS
#   simulator  its own forecasts are perfect where nothing is random; the pictures
#   keras      Keras learns the same from the source; exit status 77 where there is no Keras
#   long       run.sh with a few months, then as its page has it, with all that the page claims and
#              the pictures: some minutes;
#              exit status 77 without FKB_TEST_LONG=1
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what=$1
build=$2
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH}

out=$(mktemp -d)
trap 'rm -r "$out"' EXIT

# Months of the coupled model behind the spin-up, without the winds: model NAME MONTHS OPTIONS...
model() {
  mkdir -p "$out/$1"
  "$build/elnino_model" "$out/$1" --months $((180 + $2)) "${@:3}" >"$out/log"
}

# A program that must fail with a message: refuses TEXT PROGRAM ARGUMENTS...
refuses() {
  if "$build/$2" "${@:3}" >"$out/log" 2>&1; then
    echo "$* went through"
    exit 1
  fi
  grep -q "$1" "$out/log" || { cat "$out/log"; exit 1; }
}

nature=(--mu 1.05 --epsilon 0.22 --gamma 0.7 --noise 4 --seed 5)
observation=$out/observation/months.nc source=$out/source/months.nc
few=(--batch 4 --epochs 3)
case "$what" in
  fortran)
    model observation 143 "${nature[@]}"
    model source 400 --noise 2 --seed 11
    python3 -m fkb convert "$here/small.keras" "$out/first.fkb"
    "$build/elnino_pretrain" "$out/first.fkb" "$source" "$out/free.fkb" --batch 4 --epochs 4
    for threads in 1 2; do
      OMP_NUM_THREADS=$threads "$build/elnino_folds" "$out/first.fkb" "$observation" \
        "$out/his_$threads" "${few[@]}"
    done
    for number in 01 05 10; do
      cmp "$out/his_1_$number.fkb" "$out/his_2_$number.fkb"
    done
    "$build/elnino_folds" "$out/free.fkb" "$observation" "$out/trans" "${few[@]}"
    "$build/elnino_judge" "$out/his_1" "$observation" "$out/his"
    "$build/elnino_judge" "$out/trans" "$observation" "$out/trans"
    # Errors of the next month: column 3.
    paste -d, "$out/his.csv" "$out/trans.csv" |
      awk -F, 'NR > 1 && $11 < $3 { better++ }
        END { print "TRANS below HIS in " better; exit !(better >= 8) }'
    refuses "nowhere.nc: cannot open it" elnino_folds "$out/first.fkb" "$out/nowhere.nc" "$out/x"
    refuses "too few months" elnino_judge persistence "$observation" "$out/x" --months 3
    refuses "need 143 after" elnino_judge persistence "$observation" "$out/x" --months 142
    refuses "unknown option --epoch" elnino_judge persistence "$observation" "$out/x" --epoch 3
    refuses "less than 1" elnino_folds "$out/first.fkb" "$observation" "$out/x" --batch 0
    refuses "not a number" elnino_folds "$out/first.fkb" "$observation" "$out/x" --rate fast
    ;;
  simulator)
    # Without random winds a forecast with the own parameters is the observation itself.
    model observation 143 --mu 1.15
    OMP_NUM_THREADS=2 "$build/elnino_simulator" "$observation" "$out/simulator" --mu 1.15
    "$build/elnino_judge" persistence "$observation" "$out/persistence"
    paste -d, "$out/simulator_own.csv" "$out/simulator_source.csv" "$out/persistence.csv" |
      awk -F, 'NR > 1 && $3 < 1e-6 && $5 > 0.999999 && $8 > 0.999999 { same++ }
        NR > 1 && $11 > 1e-3 && $11 < $19 { between++ }
        END { print same " groups as they came, " between " between that and persistence"
          exit !(same == 10 && between == 10) }'
    refuses "a run with other options" elnino_simulator "$observation" "$out/x" --mu 1.1
    python3 -c 'import matplotlib, h5py' 2>/dev/null || exit 0
    mkdir "$out/fortran"
    for name in free his trans; do
      cp "$out/persistence.csv" "$out/fortran/$name.csv"
      cp "$out/persistence.nc" "$out/fortran/$name.nc"
    done
    python3 "$here/plot.py" "$out"
    test -s "$out/forecasts.png"
    ;;
  keras)
    python3 -c 'import keras, tensorflow, h5py' 2>/dev/null || exit 77
    model observation 143 "${nature[@]}"
    model source 160 --noise 2 --seed 11
    mkdir "$out/"{first,keras,fortran}
    python3 "$here/networks.py" "$out/first/network.keras" --filters 2
    python3 -m fkb convert "$out/first/network.keras" "$out/first/network.fkb"
    short=(--months 160 --batch 8 --seed 1)
    "$build/elnino_pretrain" "$out/first/network.fkb" "$source" "$out/fortran/free.fkb" \
      "${short[@]}" --epochs 2 --rate 0.002
    python3 "$here/keras_study.py" "$out/first/network.keras" "$source" "$observation" "$out/keras" \
      "${short[@]}" --epochs 2 0 0 --rates 0.002 0 0 --free-only
    python3 "$here/check_study.py" parts "$out"
    ;;
  long)
    [ "${FKB_TEST_LONG:-}" = 1 ] || exit 77
    python3 -c 'import keras, tensorflow, h5py, matplotlib' 2>/dev/null || exit 77
    ELNINO_OBSERVATION=143 "$here/run.sh" -b "$build" -o "$out/tiny" --tiny
    python3 "$here/check_study.py" parts "$out/tiny"
    python3 "$here/tables.py" --check --groups 0 "$out/tiny"
    "$here/run.sh" -b "$build" -o "$out/run"
    python3 "$here/tables.py" --check "$out/run"
    test -s "$out/run/elnino.png"
    test -s "$out/run/forecasts.png"
    ;;
  *)
    echo "test.sh: unknown test '$what'" >&2
    exit 2
    ;;
esac
