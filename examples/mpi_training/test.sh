#!/usr/bin/env bash
# Train on 1 and 3 ranks. Usage: test.sh PROGRAM MPIEXEC
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for ranks in 1 3; do
  "$2" -n $ranks "$1" "$here/model.fkb" "learned_$ranks.fkb" | tee "log_$ranks"
  # The loss of the last line is below that of the first.
  awk '/loss/ { last = $4; if (!first) first = $4 } END { exit !(NR == 4 && last < first) }' \
    "log_$ranks" || { echo "the loss did not fall on $ranks ranks"; exit 1; }
  test -s "learned_$ranks.fkb"
done
if "$2" -n 2 "$1" no_such_model.fkb learned.fkb >message 2>&1; then
  echo "a missing model went unnoticed"
  exit 1
fi
# Whichever rank is the first to stop them all says the reason.
grep -q '^rank [01]: the model file "no_such_model.fkb" cannot be read' message || {
  echo "a missing model was not named:"
  cat message
  exit 1
}
