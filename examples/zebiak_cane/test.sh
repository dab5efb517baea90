#!/usr/bin/env bash
# The tests that need more than one program.
#
# Usage: test.sh restart BUILD
#   restart  a run that was stopped goes on bit for bit
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what=$1
build=$2
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
export PYTHONPATH=$here/../../python${PYTHONPATH:+:$PYTHONPATH}

out=$(mktemp -d)
trap 'rm -r "$out"' EXIT

# A model run: run NAME OPTIONS...
run() {
  mkdir -p "$out/$1"
  "$build/zebiak_cane" "$out/$@" >"$out/$1/log"
}

case "$what" in
  restart)
    run whole --months 30 --noise 2
    run begin --months 11 --noise 2
    run end --months 19 --noise 2 --restart "$out/begin/restart.nc"
    python3 "$here/check_restart.py" "$out/whole" "$out/end"
    head -c 3000 "$out/begin/restart.nc" >"$out/damaged.nc"
    for file in damaged.nc missing.nc; do
      if "$build/zebiak_cane" "$out/end" --months 1 --restart "$out/$file" 2>"$out/message"; then
        echo "a run began from $file"
        exit 1
      fi
      grep -q "$file: cannot open it" "$out/message"
    done
    ;;
  *)
    echo "test.sh: unknown test '$what', expected restart" >&2
    exit 2
    ;;
esac
