#!/usr/bin/env bash
# Make the data and the networks, train in Fortran, forecast, compare with Keras, draw.
#
# Usage: run.sh [-b BUILD] [-o FOLDER] [--full]
#   BUILD    where FKB or this example was built (default: build/gfortran of the repository)
#   FOLDER   where results go (default: output, beside this script)
#   --full   images, networks and numbers of sequences of the thesis: weeks on two cores
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$root/build/gfortran
out=$here/output
size=32 radar=51 train=600 rains=240 kernel=3 epochs=${EPOCHS:-6} batch=8 seed=${SEED:-1} full=()
while [ $# -gt 0 ]; do
  case "$1" in
    -b) build=$2; shift ;;
    -o) out=$2; shift ;;
    --full)
      size=64 radar=101 train=10000 rains=5000 kernel=5 epochs=100 batch=16 full=(--full) ;;
    *)
      echo "run.sh: what is $1?" >&2
      exit 2
      ;;
  esac
  shift
done
programs=$build/examples/nowcasting
[ -x "$programs/nowcasting_train" ] || programs=$build
if [ ! -x "$programs/nowcasting_train" ]; then
  echo "run.sh: there is no nowcasting_train in $build: build it first (make build)" >&2
  exit 1
fi
export PYTHONPATH=$root/python${PYTHONPATH:+:$PYTHONPATH}

# Train: train FOLDER MODEL TRAINED OPTIONS...
train() {
  echo "== $2 in $1"
  "$programs/nowcasting_train" "$1/$2.fkb" "$1" "$1/$3.fkb" --past "$past" --batch $batch \
    --seed "$seed" --table "$1/$3.epochs.csv" "${@:4}"
}

# Forecast: forecast FOLDER NAME TRAINED SETS...
forecast() {
  local encoder=() set
  [ ! -e "$1/$2_encoder.fkb" ] || encoder=(--encoder "$1/$2_encoder.fkb")
  for set in "${@:4}"; do
    "$programs/nowcasting_forecast" "$1/$3.fkb" "$1/$2_step.fkb" "$1/$set.frames" "$1/$3.$set" \
      "${encoder[@]}" --past "$past" --table "$1/$3.$set.csv" >"$1/$3.$set.log"
  done
  tail -n 1 "$1/$3.test.log"
}

# Train one encoder and forecaster and forecast: learn FOLDER NAME SETS...
learn() {
  train "$1" "$2_taught" "$2_1" --learn taught --epochs $epochs
  forecast "$1" "$2" "$2_1" "${@:3}"
  train "$1" "$2_free" "$2" --learn free --begin "$1/$2_1.fkb" --epochs $epochs
  forecast "$1" "$2" "$2" "${@:3}"
}

# All networks of a folder as text.
convert_all() {
  local file
  for file in "$1"/*.keras; do
    python3 -m fkb convert "$file" "${file%.keras}.fkb" >/dev/null
  done
}

sets=(train validation test three)
python3 "$here/moving_digits.py" "$out/digits" --size $size --train $train --seed "$seed"
python3 "$here/networks.py" "$out/digits" --size $size --kernel $kernel --seed "$seed" "${full[@]}"
convert_all "$out/digits"
past=7
train "$out/digits" fc_taught fc --learn next --epochs $((4 * epochs))
forecast "$out/digits" fc fc "${sets[@]}"
for name in conv1 conv2 conv3; do
  learn "$out/digits" $name "${sets[@]}"
done
python3 "$here/radar.py" "$out/radar" --size $radar --train $rains --seed "$seed"
python3 "$here/networks.py" "$out/radar" --size $radar --past 10 --ahead 5 --names conv1 --head 16 \
  --seed "$seed" "${full[@]}"
convert_all "$out/radar"
past=10
learn "$out/radar" conv1 test
python3 "$here/against_keras.py" "$out/digits" "$out/digits" "$out/keras" --build "$programs"
python3 "$here/plot.py" "$out" "$out"
python3 "$here/tables.py" "$out"
