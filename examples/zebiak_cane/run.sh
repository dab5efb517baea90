#!/usr/bin/env bash
# Run everything: the model, its forecasts, ensembles of them, learning while it runs, the closure;
# draw the pictures.
#
# Usage: run.sh [-b BUILD] [-o FOLDER] [MONTHS]
#   BUILD   where FKB or this example was built (default: build/gfortran of the repository)
#   FOLDER  where results go (default: output, beside this script)
#   MONTHS  length of the runs (default: 1200; a quarter of an hour)
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
months=${1:-1200}

programs=$build/examples/zebiak_cane
[ -x "$programs/zebiak_cane" ] || programs=$build
if [ ! -x "$programs/zebiak_cane" ]; then
  echo "run.sh: there is no zebiak_cane in $build: build it first (make build), with netcdf-fortran" >&2
  exit 1
fi
if ! command -v fkb >/dev/null; then
  fkb() { PYTHONPATH=$root/python python3 -m fkb "$@"; }
fi
# The networks are small: threads would wait for each other longer than they work.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

mkdir -p "$out"
fkb convert "$here/forecast.keras" "$out/forecast.fkb"
fkb convert "$here/closure.keras" "$out/closure.fkb" --precision double \
  --transforms "$here/closure.toml"
nature=(--mu 1.05 --epsilon 0.22 --gamma 0.7 --noise 4 --seed 5)
"$programs/zebiak_cane" "$out" --months "$months"
"$programs/zebiak_cane_forecast" "$out/forecast.fkb" "$out" --months "$months" --epochs 60 \
  "${nature[@]}"
printf 'fkb ensemble 1\nmember tuned.fkb\nmember history.fkb\n' >"$out/networks.txt"
"$programs/zebiak_cane_ensemble" "$out/networks.txt" "$out" --months "$months" --members 10 \
  "${nature[@]}"
"$programs/zebiak_cane_online" "$out/forecast.fkb" "$out" --months "$months" "${nature[@]}"
"$programs/zebiak_cane_closure" "$out/closure.fkb" "$out" --months "$months"
fkb export "$out/learned.fkb" "$out/learned.keras"
python3 "$here/plot.py" "$out"
