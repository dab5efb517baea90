#!/usr/bin/env bash
# Run the whole path: Keras file -> Fortran model that trains it -> Keras file, and draw a picture.
#
# Usage: run.sh [-b BUILD] [-o FOLDER] [options of the program lorenz96, such as --units 200]
#   BUILD   where FKB or this example was built (default: build/gfortran of the repository)
#   FOLDER  where results go (default: output, beside this script)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$root/build/gfortran
out=$here/output
while [ $# -gt 1 ]; do
  case "$1" in
    -b) build=$2 ;;
    -o) out=$2 ;;
    *) break ;;
  esac
  shift 2
done

program=$build/examples/lorenz96/lorenz96
[ -x "$program" ] || program=$build/lorenz96
if [ ! -x "$program" ]; then
  echo "run.sh: there is no lorenz96 in $build: build it first (make build)" >&2
  exit 1
fi
if ! command -v fkb >/dev/null; then
  fkb() { PYTHONPATH=$root/python python3 -m fkb "$@"; }
fi
# The network is small: threads would wait for each other longer than they work.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

mkdir -p "$out"
fkb convert "$here/closure.keras" "$out/closure.fkb"
"$program" "$out/closure.fkb" "$out" "$@"
echo
fkb export "$out/learned.fkb" "$out/learned.keras"
python3 "$here/plot.py" "$out"
