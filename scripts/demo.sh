#!/bin/bash
# demo.sh    what `make demo` runs: a synthetic cohort, a federation of four hospitals on it, the report
#
# Everything goes below build/demo; a run that is there already is made anew. EVENHAND_BIN: the
# folder of the programs, build/bin without it.
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bin=${EVENHAND_BIN:-build/bin}
demo=${BUILD:-build}/demo
export OPENBLAS_NUM_THREADS=1 # sites train side by side instead

step() { printf '\n$ %s\n' "$*" >&2; }

rm -rf "$demo/cohort" "$demo/run"
step "evenhand cohort --preset nlst --scale 1/8 --sites 4 --seed 1 --out $demo/cohort"
"$bin/evenhand" cohort --preset nlst --scale 1/8 --sites 4 --seed 1 --out "$demo/cohort"

step "evenhand simulate run configs/demo.cfg --set data.root=$demo/cohort --out $demo/run"
status=0
"$bin/evenhand" simulate run configs/demo.cfg --set "data.root=$demo/cohort" --out "$demo/run" || status=$?

# Status 1: it ran, and a check of its own report failed; the report says which.
if ((status <= 1)); then
    printf '\nThe same again, from the file:  %s report %s\n' "$bin/evenhand" "$demo/run" >&2
fi
exit $status
