#!/usr/bin/env bash
# The tests that run the program.
#
# Usage: test.sh same PROGRAM | ranks PROGRAM MPI_PROGRAM MPIEXEC
#   same   1, 2 and 4 threads, and a run with a restart, end in the same bits
#   ranks  so do 1, 2 and 4 ranks of MPI
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

case "$what" in
  same)
    check_same truth
    printf 'no restart' >"$out/damaged"
    if "$program" truth "$out" --from "$out/damaged" 2>"$out/message"; then
      echo "test.sh: a damaged restart was taken" && exit 1
    fi
    grep -q "no whole restart file" "$out/message"
    ;;
  ranks) check_ranks truth "$3" "$4" ;;
  *)
    echo "test.sh: unknown test '$what'" >&2
    exit 2
    ;;
esac
