#!/usr/bin/env bash
# The example at reduced length: data, agreement with Keras, one picture. Usage: test.sh BUILD
# Exit status 77 where scikit-learn, matplotlib or Keras is not there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH} OMP_NUM_THREADS=1
python3 -c 'import keras, matplotlib, sklearn' 2>/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 "$here/data.py" "$folder/data"
"$1/digits_sp" "$folder/data" "$folder/curve.csv" --epochs 8 | tee "$folder/log"
awk '/test accuracy/ { exit !($3 > 0.9) }' "$folder/log"
python3 "$here/against_keras.py" --build "$1" --data "$folder/data" --out "$folder" --steps 2 \
  --epochs 8 --seeds 2 --points 3
python3 "$here/experiments.py" --build "$1" --data "$folder/data" --out "$folder" --epochs 2
test -s "$folder/augmentation.png"
if "$1/digits_sp" "$folder/nowhere" "$folder/curve.csv" >"$folder/message"; then
  echo "missing data went unnoticed"
  exit 1
fi
grep -q 'no digits there' "$folder/message"
