#!/usr/bin/env bash
# The study at its smallest: data, training and forecasts in Fortran and in Keras agree, the network
# learns, pictures are drawn. Usage: test.sh BUILD
# Exit status 77 where scikit-learn, matplotlib or Keras is not there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$1
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH} OMP_NUM_THREADS=1
python3 -c 'import keras, matplotlib, sklearn, tensorflow' 2>/dev/null || exit 77
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

python3 "$here/moving_digits.py" "$out/digits" --size 16 --train 48
names=fc,conv1
[ "${FKB_TEST_LONG:-}" != 1 ] || names=fc,conv1,conv2,conv3
python3 "$here/networks.py" "$out/digits" --size 16 --names $names
python3 "$here/against_keras.py" "$out/digits" "$out/digits" "$out/keras" --build "$build" \
  --names $names --steps 3
cd "$out/digits"
for model in conv1_taught conv1_encoder conv1_step; do
  python3 -m fkb convert $model.keras $model.fkb >/dev/null
done
"$build/nowcasting_train" conv1_taught.fkb . conv1.fkb --learn taught --epochs 12 --batch 4 --patience 12
for set in test three; do
  for threads in 1 2; do
    OMP_NUM_THREADS=$threads "$build/nowcasting_forecast" conv1.fkb conv1_step.fkb $set.frames \
      conv1.$set --encoder conv1_encoder.fkb --batch 3 --table conv1.$set.csv >log_$threads
    mv conv1.$set said_$threads
  done
  cmp said_1 said_2
  mv said_2 conv1.$set
done
# The next frame is better than the last one repeated.
awk -F, 'NR == 2 { exit !($2 < $4) }' conv1.test.csv || { echo "nothing was learned"; exit 1; }

# Rain is kept where it changes, and read.
python3 "$here/radar.py" "$out/radar" --size 21 --train 12
python3 "$here/networks.py" "$out/radar" --size 21 --past 10 --ahead 5 --names conv1
for model in conv1_free conv1_encoder conv1_step; do
  python3 -m fkb convert "$out/radar/$model.keras" "$out/radar/$model.fkb" >/dev/null
done
"$build/nowcasting_train" "$out/radar/conv1_free.fkb" "$out/radar" "$out/radar/conv1.fkb" \
  --learn free --past 10 --epochs 1 --batch 4
"$build/nowcasting_forecast" "$out/radar/conv1.fkb" "$out/radar/conv1_step.fkb" \
  "$out/radar/test.frames" "$out/radar/conv1.test" --encoder "$out/radar/conv1_encoder.fkb" --past 10

# What is wrong is said.
refused() {
  local message=$1
  shift
  if "$@" >"$out/message" 2>&1; then
    echo "went unnoticed: $message"
    exit 1
  fi
  grep -q "$message" "$out/message" || { cat "$out/message"; exit 1; }
}
head -c 1000 test.frames >short.frames
refused 'short.frames: no image sequences there, or the file is cut off' \
  "$build/nowcasting_forecast" conv1.fkb conv1_step.fkb short.frames said \
  --encoder conv1_encoder.fkb
refused 'takes states: name the model' \
  "$build/nowcasting_forecast" conv1.fkb conv1_step.fkb test.frames said
refused 'nothing after the known frames' \
  "$build/nowcasting_forecast" conv1.fkb conv1_step.fkb test.frames said \
  --encoder conv1_encoder.fkb --past 14
refused 'must be taught, free or next' \
  "$build/nowcasting_train" conv1_taught.fkb . x.fkb --learn much
