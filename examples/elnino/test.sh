#!/usr/bin/env bash
# The study at a few months and epochs.
#
# Usage: test.sh fortran|keras|long BUILD
#   fortran  ten networks learn in threads, the same for any number; TRANS is better than HIS
#   keras    the same in Keras, equal scores; exit status 77 where there is no Keras
#   long     the reduced study of run.sh, and all that its page claims: some minutes;
#            exit status 77 without FKB_TEST_LONG=1
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
    OMP_NUM_THREADS=2 "$build/elnino_simulator" "$observation" "$out/simulator" "${nature[@]}"
    # Errors of the next month: column 3.
    paste -d, "$out/his.csv" "$out/trans.csv" "$out/simulator_source.csv" |
      awk -F, 'NR > 1 && $11 < $3 { better++ } NR > 1 && $19 < $11 { ahead++ }
        END { print "TRANS below HIS in " better ", the simulator below TRANS in " ahead;
          exit !(better >= 8 && ahead >= 8) }'
    refuses "a run with other options" elnino_simulator "$observation" "$out/x" --mu 1.1
    refuses "nowhere.nc: cannot open it" elnino_folds "$out/first.fkb" "$out/nowhere.nc" "$out/x"
    refuses "too few months" elnino_judge persistence "$observation" "$out/x" --months 3
    refuses "need 143 after" elnino_judge persistence "$observation" "$out/x" --months 142
    refuses "unknown option --epoch" elnino_judge persistence "$observation" "$out/x" --epoch 3
    refuses "less than 1" elnino_folds "$out/first.fkb" "$observation" "$out/x" --batch 0
    ;;
  keras)
    python3 -c 'import keras, tensorflow, h5py' 2>/dev/null || exit 77
    python3 "$here/check_study.py" parts
    ELNINO_OBSERVATION=143 "$here/run.sh" -b "$build" -o "$out/run" --tiny
    python3 "$here/check_study.py" steps "$out/run"
    python3 "$here/tables.py" --check --groups 0 "$out/run"
    test -s "$out/run/tables.md"
    ;;
  long)
    [ "${FKB_TEST_LONG:-}" = 1 ] || exit 77
    python3 -c 'import keras, tensorflow, h5py, matplotlib' 2>/dev/null || exit 77
    "$here/run.sh" -b "$build" -o "$out/run"
    python3 "$here/tables.py" --check "$out/run"
    ;;
  *)
    echo "test.sh: unknown test '$what'" >&2
    exit 2
    ;;
esac
