#!/usr/bin/env bash
# Make the training data: the truth for a hundred days, and thirty days each from colder and warmer
# states, so that a network sees how the truth comes back to its climate.
#
# Usage: make_data.sh PROGRAM FOLDER [HISTORY.nc]
set -euo pipefail
program=$1
out=$2
mkdir -p "$out"
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
"$program" truth "$out" --days 100 --samples "$out/samples.npy" --save "$out/day100.restart" \
  ${3:+--history "$3"}
mkdir -p "$out/other"
for warmer in -6 -3 3 6; do
  "$program" truth "$out/other" --days 30 --spin-up 0 --every 5 --seed 2 --warmer "$warmer" \
    --samples "$out/samples_$warmer.npy" >/dev/null
done
