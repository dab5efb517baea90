#!/usr/bin/env bash
# The whole study: source, observation, the simulator's forecasts, the networks in both worlds, the
# tables and the pictures.
#
# Usage: run.sh [-b BUILD] [-o FOLDER] [--seed 1] [--full] [--reading B] [--fortran-only]
#   BUILD           where FKB or this example was built (default: build/gfortran of the repository)
#   FOLDER          where results go (default: output/seed_1 beside this script)
#   --seed          of the winds of the observation, the first weights and the orders
#   --full          the size of the paper: 12,000 months, 32-32 filters, many epochs; some hours on two cores
#   --reading       A, B or C of networks.py
#   --fortran-only  the tables of Fortran alone; Keras only draws the first weights
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$root/build/gfortran
out= seed=1 reading=B keras=yes simulator=yes
filters=8 months=2400 free_epochs=8 his_epochs=12 trans_epochs=6 batch=8
observed=${ELNINO_OBSERVATION:-465} # months, fewer in a test
while [ $# -gt 0 ]; do
  case "$1" in
    -b) build=$2; shift ;;
    -o) out=$2; shift ;;
    --seed) seed=$2; shift ;;
    --reading) reading=$2; shift ;;
    --full) filters=32 months=12000 free_epochs=20 his_epochs=60 trans_epochs=30 ;;
    --fortran-only) keras=no ;;
    --tiny) filters=2 months=160 free_epochs=2 his_epochs=1 trans_epochs=1 simulator=no ;; # test.sh
    *) echo "run.sh: what is $1?" >&2; exit 2 ;;
  esac
  shift
done
out=${out:-$here/output/seed_$seed}
programs=$build/examples/elnino
[ -x "$programs/elnino_folds" ] || programs=$build
if [ ! -x "$programs/elnino_folds" ]; then
  echo "run.sh: there is no elnino_folds in $build: build it first (make build), with netcdf-fortran" >&2
  exit 1
fi
export PYTHONPATH=$root/python${PYTHONPATH:+:$PYTHONPATH}
command -v fkb >/dev/null || fkb() { python3 -m fkb "$@"; }
# Networks as small as these learn side by side, one thread each; Keras has a core of its own.
cores=${OMP_NUM_THREADS:-$(nproc)}
[ $keras = no ] || [ "$cores" = 1 ] || cores=$((cores - 1))
export OMP_NUM_THREADS=$cores

nature=(--mu 1.05 --epsilon 0.22 --gamma 0.7 --noise 4 --seed $((4 + seed)))
options=(--batch $batch --seed "$seed")
free=(--months $months --epochs $free_epochs --rate 0.002 "${options[@]}")
his=(--epochs $his_epochs --rate 0.002 "${options[@]}")
trans=(--epochs $trans_epochs --rate 0.001 "${options[@]}")
mkdir -p "$out"/{source,observation,first,keras,mixed,fortran}
source=$out/source/months.nc observation=$out/observation/months.nc

echo "== source and observation"
"$programs/elnino_model" "$out/source" --months $((180 + months)) --noise 2 --seed 11 \
  >"$out/source/log" &
"$programs/elnino_model" "$out/observation" --months $((180 + observed)) "${nature[@]}" \
  >"$out/observation/log"
wait $!
python3 "$here/networks.py" "$out/first/network.keras" --reading "$reading" --filters $filters \
  --seed "$seed" 2>/dev/null
fkb convert "$out/first/network.keras" "$out/first/network.fkb"

if [ $keras = yes ]; then
  echo "== Keras begins: $out/keras/log"
  python3 "$here/keras_study.py" "$out/first/network.keras" "$source" "$observation" "$out/keras" \
    --months $months --epochs $free_epochs $his_epochs $trans_epochs --rates 0.002 0.002 0.001 \
    "${options[@]}" >"$out/keras/log" 2>&1 &
  study=$!
fi

echo "== persistence, and the simulator itself"
[ $simulator = no ] ||
  "$programs/elnino_simulator" "$observation" "$out/simulator" "${nature[@]}"
"$programs/elnino_judge" persistence "$observation" "$out/persistence"

# FREE, HIS and TRANS: judge WORLD NETWORK...
judge() {
  for name in "${@:2}"; do
    network=$out/$1/$name
    [ "$name" != free ] || network=$network.fkb
    "$programs/elnino_judge" "$network" "$observation" "$out/$1/$name"
  done
}
echo "== Fortran: pre-training on the source; ten networks of history alone; transfer"
"$programs/elnino_pretrain" "$out/first/network.fkb" "$source" "$out/fortran/free.fkb" "${free[@]}"
"$programs/elnino_folds" "$out/first/network.fkb" "$observation" "$out/fortran/his" "${his[@]}"
"$programs/elnino_folds" "$out/fortran/free.fkb" "$observation" "$out/fortran/trans" "${trans[@]}"
judge fortran free his trans

if [ $keras = yes ]; then
  echo "== Keras has done, and what it pre-trained is tuned in Fortran"
  wait $study || { cat "$out/keras/log" >&2; exit 1; }
  grep RMSE "$out/keras/log"
  fkb convert "$out/keras/free.keras" "$out/mixed/free.fkb"
  "$programs/elnino_folds" "$out/mixed/free.fkb" "$observation" "$out/mixed/trans" "${trans[@]}"
  judge mixed free trans
  echo "== what Fortran trained, in Keras"
  fkb export "$out/fortran/trans_01.fkb" "$out/fortran/trans_01.keras"
  python3 "$here/check_study.py" export "$out" 2>/dev/null
fi
python3 "$here/tables.py" "$out" | tee "$out/tables.md"
if [ $simulator = yes ] && python3 -c 'import matplotlib' 2>/dev/null; then
  python3 "$here/plot.py" "$out"
fi
