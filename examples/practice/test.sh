#!/usr/bin/env bash
# The course at reduced length: data, one training of each subject in both worlds, pictures.
#
# Usage: test.sh short|long BUILD
#   short   two epochs of a run of each subject
#   long    what run.sh does: some minutes; exit status 77 without FKB_TEST_LONG=1
# Exit status 77 where scikit-learn, matplotlib or Keras is not there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
what=$1
build=$2
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH} OMP_NUM_THREADS=1
python3 -c 'import keras, matplotlib, sklearn' 2>/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 "$here/data.py" "$folder/data"
course=(python3 "$here/course.py" --build "$build" --data "$folder/data" --out "$folder")
if [ "$what" = long ]; then
  [ "${FKB_TEST_LONG:-0}" = 1 ] || exit 77
  "${course[@]}"
  exit 0
fi

# The program alone learns, without Keras.
"$build/practice_sp" "$folder/data/digits" "$folder/curve.csv" --epochs 8 | tee "$folder/log"
awk '/test accuracy/ { exit !($3 > 0.9) }' "$folder/log"

"${course[@]}" --short --processes 1
test -s "$folder/valley.png"
test -s "$folder/summary.md"

# Curves that are apart are noticed: another number, another length, another column.
PYTHONPATH=$here:$PYTHONPATH python3 - <<'EOF'
import numpy as np
from course import apart_by_epoch as apart

keras = {"loss": np.array([2.0, 1.0])}
assert apart({"Fortran": keras, "Keras": keras}).max() == 0
assert apart({"Fortran": {"loss": np.array([2.0, 1.002])}, "Keras": keras}).max() > 9e-4
assert np.isinf(apart({"Fortran": {"loss": np.array([2.0])}, "Keras": keras}).max())
assert np.isinf(apart({"Fortran": {"dead": keras["loss"]}, "Keras": keras}).max())
nan = {"loss": np.array([2.0, np.nan])}
assert not apart({"Fortran": nan, "Keras": keras}).max() <= 1e-6
EOF

# What cannot be done is refused.
refuses() {
  local message=$1
  shift
  if "$build/practice_sp" "$@" >"$folder/message" 2>&1; then
    echo "went unnoticed: $message"
    exit 1
  fi
  grep -q "$message" "$folder/message"
}
refuses 'no samples there' "$folder/nowhere" "$folder/curve.csv"
refuses 'is none of' "$folder/data/digits" "$folder/curve.csv" --network deep
refuses 'digits only are moved' "$folder/data/cells" "$folder/curve.csv" --augment 1
