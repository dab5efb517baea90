#!/usr/bin/env bash
# The example at reduced length.
#
# Usage: test.sh map|keras|long BUILD
#   map    a network learns; a large picture in tiles, the same for any number of threads; errors
#   keras  the same trainings in Keras; the pictures
#   long   all of run.sh: rotations are better than few data; some minutes, exit status 77 without
#          FKB_TEST_LONG=1
# Exit status 77 where numpy, or Keras or matplotlib, is not there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what=$1
build=$2
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH} OMP_NUM_THREADS=1
python3 -c 'import numpy' 2>/dev/null || exit 77
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
data=$out/data
# A few small pictures.
draw() {
  python3 "$here/data.py" "$data" --edge 32 --tiles 16 --tests 16 --map 128
}

# Train and leave models: study EPOCHS WORDS...
study() {
  python3 "$here/study.py" --build "$build" --data "$data" --out "$out/fortran" --jobs 1 \
    "${@:2}" -- --epochs "$1" --every 5 --batch 4 --width 8 --initializer he_uniform
}

case "$what" in
  map)
    draw
    study 40 --networks vgg10 --strategies rotations | tee "$out/log"
    awk -F, 'NR == 2 { exit !($7 > 0.3) }' "$out/fortran/table.csv"
    for threads in 1 2; do
      OMP_NUM_THREADS=$threads "$build/roads_map" "$out/fortran/best.fkb" "$data/map.ppm" \
        "$out/$threads.pgm" --overlap 16 --truth "$data/map.pgm"
    done
    cmp "$out/1.pgm" "$out/2.pgm"
    "$build/roads_map" "$out/fortran/best.fkb" "$data/map.ppm" "$out/crop.pgm" --seams crop
    "$build/roads_slopes" "$data" "$out/slopes.csv" --network vgg10
    [ "$(wc -l <"$out/slopes.csv")" = 10 ]
    head -c 900 "$data/map.ppm" >"$out/short.ppm"
    for file in short.ppm missing.ppm; do
      if "$build/roads_map" "$out/fortran/best.fkb" "$out/$file" "$out/no.pgm" 2>"$out/message"; then
        echo "roads were found in $file"
        exit 1
      fi
      grep -q "$file: " "$out/message"
    done
    mkdir "$out/mixed"
    cp "$data"/t* "$out/mixed"
    cp "$data/map.pgm" "$out/mixed/train.pgm"
    if "$build/roads_train_sp" "$out/mixed" "$out/no.csv" >"$out/message"; then
      echo "masks of other tiles went unnoticed"
      exit 1
    fi
    grep -q 'not the masks of the tiles' "$out/message"
    if "$build/roads_train_sp" "$data" "$out/no.csv" --network vgg11 >"$out/message"; then
      echo "vgg11 went unnoticed"
      exit 1
    fi
    grep -q 'vgg10, vgg12 or vgg16' "$out/message"
    ;;
  keras)
    python3 -c 'import keras, matplotlib, PIL' 2>/dev/null || exit 77
    draw
    study 5 --networks vgg10
    python3 "$here/against_keras.py" --build "$build" --data "$data" --fortran "$out/fortran" \
      --out "$out/keras" --tiles 8 --networks vgg10 --strategies few --epochs 5
    "$build/roads_map" "$out/fortran/best.fkb" "$data/map.ppm" "$out/map_blend.pgm" --overlap 16
    python3 "$here/plot.py" "$out"
    for picture in measures masks map; do test -s "$out/$picture.png"; done
    ;;
  long)
    [ "${FKB_TEST_LONG:-}" = 1 ] || exit 77
    python3 -c 'import keras, matplotlib, PIL' 2>/dev/null || exit 77
    "$here/run.sh" -b "$build" -o "$out"
    awk -F, '{ f[$1 $2] = $7 }
      END { exit !(f["vgg10rotations"] > f["vgg10few"] + 0.05 &&
                   f["vgg12rotations"] > f["vgg12few"] + 0.05) }' "$out/fortran/table.csv"
    ;;
  *)
    echo "test.sh: unknown test '$what'" >&2
    exit 2
    ;;
esac
