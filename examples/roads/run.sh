#!/usr/bin/env bash
# Make the data, train all networks with all strategies in Fortran, compare with Keras, find the
# roads of a large picture, draw the pictures.
#
# Usage: run.sh [-b BUILD] [-o FOLDER] [-s SEEDS] [-j JOBS] [--full]
#   BUILD   where FKB or this example was built (default: build/gfortran of the repository)
#   FOLDER  where results go (default: output, beside this script)
#   SEEDS   trainings of each kind (default: 1)
#   JOBS    trainings at a time (default: 2)
#   --full  the size of the paper: tiles of 128x128, full width, 150 epochs (37 hours on two cores)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$root/build/gfortran
out=$here/output
seeds=1
jobs=2
data=(--edge 32 --tiles 64 --tests 128 --map 512)
epochs=60 batch=4 width=8 every=5
repeated=(--networks vgg10 --epochs "$epochs")
while [ $# -gt 0 ]; do
  case "$1" in
    -b) build=$2; shift ;;
    -o) out=$2; shift ;;
    -s) seeds=$2; shift ;;
    -j) jobs=$2; shift ;;
    --full)
      data=(--edge 128 --tiles 200 --tests 200 --map 2048)
      epochs=150 batch=16 width=64
      repeated=(--epochs 0) # Keras predicts with what Fortran trained, and trains for some steps
      ;;
    *)
      echo "run.sh: unknown option $1" >&2
      exit 2
      ;;
  esac
  shift
done
programs=$build/examples/roads
[ -x "$programs/roads_map" ] || programs=$build
if [ ! -x "$programs/roads_map" ]; then
  echo "run.sh: there is no roads_map in $build: build it first (make build)" >&2
  exit 1
fi
export PYTHONPATH=$root/python${PYTHONPATH:+:$PYTHONPATH}
if [ -z "${FKB_LIBRARY:-}" ] && [ -e "$build/fortran/libfkb.so" ]; then
  export FKB_LIBRARY=$build/fortran/libfkb.so
fi

python3 "$here/data.py" "$out/data" "${data[@]}"
python3 "$here/study.py" --build "$build" --data "$out/data" --out "$out/fortran" \
  --seeds "$seeds" --jobs "$jobs" -- --epochs "$epochs" --batch "$batch" --width "$width" \
  --every "$every" --initializer he_uniform
for network in vgg10 vgg12 vgg16; do
  for initializer in glorot_uniform he_uniform; do
    echo "$network, $initializer:"
    "$programs/roads_slopes" "$out/data" "$out/slopes_${network}_$initializer.csv" \
      --network "$network" --initializer "$initializer" --width "$width"
  done
done
for seams in crop blend; do
  "$programs/roads_map" "$out/fortran/best.fkb" "$out/data/map.ppm" "$out/map_$seams.pgm" \
    --seams "$seams" --truth "$out/data/map.pgm"
done
"$programs/roads_map" "$out/fortran/best.fkb" "$out/data/map.ppm" "$out/map_apart.pgm" \
  --overlap 0 --truth "$out/data/map.pgm"
python3 "$here/plot.py" "$out"
python3 "$here/against_keras.py" --build "$build" --data "$out/data" --fortran "$out/fortran" \
  --out "$out/keras" --batch "$batch" --width "$width" "${repeated[@]}"
