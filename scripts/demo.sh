#!/bin/bash
# demo.sh    what `make demo` runs: a synthetic cohort, a coordinator and four hospitals' nodes as
#            programs over encrypted TCP on this machine, the report
#
# Everything goes to build/demo; what an earlier demo left there is made anew. EVENHAND_BIN: the
# folder of the programs, build/bin without it.
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bin=${EVENHAND_BIN:-build/bin}
demo=${BUILD:-build}/demo
export OPENBLAS_NUM_THREADS=1 # every program is one site's share of the machine

step() { printf '\n$ %s\n' "$*" >&2; }

rm -rf "$demo"
step "evenhand cohort --preset nlst --scale 1/8 --sites 4 --seed 1 --out $demo/cohort"
"$bin/evenhand" cohort --preset nlst --scale 1/8 --sites 4 --seed 1 --out "$demo/cohort"

step "evenhand simulate run configs/demo.cfg --engine process --set data.root=$demo/cohort --out $demo"
status=0
"$bin/evenhand" simulate run configs/demo.cfg --engine process --set "data.root=$demo/cohort" \
    --out "$demo" >"$demo.txt" || status=$?
mv "$demo.txt" "$demo/report.txt"
cat "$demo/report.txt"

# Status 1: it ran, and a check of its own report failed; the report says which.
if ((status <= 1)); then
    printf '\nAs a page: %s/report.html   in numbers: %s/report.json   as text: %s/report.txt\n' \
        "$demo" "$demo" "$demo" >&2
    printf 'The programs and their configurations: %s/process\n' "$demo" >&2
fi
exit $status
