#!/usr/bin/env bash
# The tests that run the program.
#
# Usage: test.sh same|network|shared PROGRAM | faults PROGRAM TEST_FAULTS
#    or: test.sh ranks|kills PROGRAM MPI_PROGRAM MPIEXEC
#   same     1, 2 and 4 threads, and a run with a restart, end in the same bits
#   ranks    so do 1, 2 and 4 ranks of MPI
#   kills    a rank that is killed during a checkpoint leaves the one before whole
#   faults   a NaN in one column stays there; damaged and unfit models are refused with a sentence
#   network  the network does what it should, learns, goes on learning after a restart
#   shared   a network of SPCAM runs in the host; exit status 77 where its files are not there
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what=$1
program=$2
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH}
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT

# Stop where two files differ.
same() {
  cmp "$1" "$2" || { echo "test.sh: $1 and $2 differ"; exit 1; }
}

# Run a physics to a restart file: reach NAME COMMAND ARGUMENT ...
reach() {
  local name=$1
  shift
  mkdir -p "$out/$name"
  "$@" --spin-up 1 >"$out/$name/log"
}

# Three days of a physics with threads, and in two parts.
check_same() {
  local physics=$1 threads
  reach whole "$program" "$physics" "$out/whole" --days 3 --save "$out/1.restart"
  for threads in 2 4; do
    OMP_NUM_THREADS=$threads reach "threads_$threads" "$program" "$physics" "$out/threads_$threads" \
      --days 3 --save "$out/$threads.restart"
    same "$out/1.restart" "$out/$threads.restart"
    same "$out/whole/days.csv" "$out/threads_$threads/days.csv"
  done
  reach first "$program" "$physics" "$out/first" --days 1.3125 --save "$out/part.restart"
  reach second "$program" "$physics" "$out/second" --days 1.6875 --from "$out/part.restart" \
    --save "$out/parts.restart"
  same "$out/1.restart" "$out/parts.restart"
}

# Three days of a physics on ranks.
check_ranks() {
  local physics=$1 mpi_program=$2 mpiexec=$3 ranks
  reach serial "$program" "$physics" "$out/serial" --days 3 --save "$out/0.restart" \
    --samples "$out/0.npy"
  for ranks in 1 2 4; do
    reach "ranks_$ranks" "$mpiexec" -n $ranks "$mpi_program" "$physics" "$out/ranks_$ranks" \
      --days 3 --save "$out/$ranks.restart" --samples "$out/$ranks.npy"
    same "$out/0.restart" "$out/$ranks.restart"
    same "$out/0.npy" "$out/$ranks.npy"
  done
}

# The network of this example, with its transforms: convert_network [FIELDS.toml FILE.fkb]
convert_network() {
  python3 -m fkb convert "$here/network.keras" "${2:-$out/network.fkb}" \
    --transforms "${1:-$here/fields.toml}" --inp-sub "$here/transforms/inp_sub.txt" --inp-div "$here/transforms/inp_div.txt" \
    --out-scale "$here/transforms/out_scale.txt"
}

# A network that learns in the run does it better, and a restart goes on with the same bits.
check_network() {
  local model=$out/network.fkb from=$out/truth.restart
  "$program" truth "$out" --days 30 --save "$from" >/dev/null
  "$program" "$model" "$out" --from "$from" --days 20 --spin-up 10 >"$out/before.log"
  grep -q "complete after step 960" "$out/before.log"
  "$program" "$model" "$out" --from "$from" --days 4 --learn 192 --rate 1e-9 >"$out/idle.log"
  "$program" "$model" "$out" --from "$from" --days 4 --learn 192 --conserve 0.1 \
    --save "$out/learned.restart" --learned "$out/learned.fkb" | tee "$out/learning.log"
  python3 "$here/check_learning.py" "$out/idle.log" "$out/learning.log"
  "$program" "$model" "$out" --from "$from" --days 1.5 --learn 72 --conserve 0.1 \
    --save "$out/half.restart" >/dev/null
  "$program" "$model" "$out" --from "$out/half.restart" --days 2.5 --learn 120 --conserve 0.1 \
    --save "$out/halves.restart" --learned "$out/halves.fkb" >/dev/null
  same "$out/learned.restart" "$out/halves.restart"
  same "$out/learned.fkb" "$out/halves.fkb"
  mkdir "$out/members"
  cp "$model" "$out/members/a.fkb"
  cp "$out/learned.fkb" "$out/members/b.fkb"
  "$program" "$out/members" "$out" --from "$from" --days 2 --spin-up 1 | grep "complete"
}

# A model that must be refused, with words of the sentence: refuse MODEL WORDS ...
refuse() {
  local model=$1 words
  shift
  if "$program" "$model" "$out" 2>"$out/message"; then
    echo "test.sh: $model was taken" && exit 1
  fi
  for words in "$@"; do
    grep -q -- "$words" "$out/message" || {
      echo "test.sh: \"$words\" is missing in: $(cat "$out/message")"
      exit 1
    }
  done
}

# What a host may meet.
check_faults() {
  local model=$out/network.fkb fields=$out/fields.toml bytes
  "$1" "$model"
  refuse no_such_model.fkb 'no_such_model.fkb.*cannot be read'
  bytes=$(wc -c <"$model")
  head -c $((bytes * 2 / 3)) "$model" >"$out/cut.fkb"
  refuse "$out/cut.fkb" 'cut.fkb'
  # The first digit of a weight is another one.
  sed '/^values/{n;s/[1-8]/9/}' "$model" >"$out/changed.fkb"
  refuse "$out/changed.fkb" 'changed.fkb.*checksum'
  sed 's/name = "T"/name = "temperature"/' "$here/fields.toml" >"$fields"
  convert_network "$fields" "$out/named.fkb"
  refuse "$out/named.fkb" 'does not fit the network' 'temperature' 'The network takes' \
    'the host offers.*SOLIN' 'The network gives' 'the host accepts.*PRECT'
}

# A network in the old text format of SPCAM, with its side files, and T before Q.
check_shared() {
  local data=${FKB_SHARED_DATA:-$here/../../../shared/data}/spcam
  if [ ! -d "$data" ]; then
    echo "skipped: there is no folder $data"
    exit 77
  fi
  python3 -m fkb convert "$data/spcam_model.txt" "$out/spcam.fkb" \
    --transforms "$here/fields_spcam.toml" --inp-sub "$data/inp_sub.txt" \
    --inp-div "$data/inp_div.txt" --out-scale "$data/out_scale.txt"
  "$program" truth "$out" --days 2 --save "$out/truth.restart" >/dev/null
  "$program" "$out/spcam.fkb" "$out" --from "$out/truth.restart" --days 1 --every 1 \
    --samples "$out/samples.npy"
  python3 "$here/check_spcam.py" "$out/spcam.fkb" "$out/samples.npy"
}

case "$what" in
  shared) check_shared ;;
  same)
    check_same truth
    convert_network
    check_same "$out/network.fkb"
    printf 'no restart' >"$out/damaged"
    if "$program" truth "$out" --from "$out/damaged" 2>"$out/message"; then
      echo "test.sh: a damaged restart was taken" && exit 1
    fi
    grep -q "no whole restart file" "$out/message"
    ;;
  ranks)
    check_ranks truth "$3" "$4"
    convert_network
    check_ranks "$out/network.fkb" "$3" "$4"
    ;;
  kills)
    python3 "$here/kill_ranks.py" "$program" "$3" "$4" "$out"
    ;;
  faults)
    convert_network
    check_faults "$3"
    ;;
  network)
    convert_network
    check_network
    ;;
  *)
    echo "test.sh: unknown test '$what'" >&2
    exit 2
    ;;
esac
