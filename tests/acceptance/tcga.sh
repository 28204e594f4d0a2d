#!/bin/bash
# 14 real hospitals, 1,526 genes, the whole of configs/tcga.cfg: minutes. What fresh linear probes read
# from the originals must land within .02 of the centralised probes in the data's README (sex .893,
# Black/White .917, Asian/White .922, stage .708); the rest is printed, whatever it is.
. tests/support/cli.sh
data=${EVENHAND_DATA:?the folder of real data}/tcga_rnaseq
status=0
SECONDS=0
"$bin/evenhand" simulate run configs/tcga.cfg --set "data.root=$data" --out "$work/run" "$@" >"$out" 2>"$err" || status=$?
took=$SECONDS
check "it runs to its end (status 1: a check of its own says no)" test $status -le 1

# value KEY NAME REPRESENTATION PROBE: of report.json, which has one key a line.
value() {
    awk -v key="\"$1\": \"$2\"" -v rep="\"representation\": \"$3\"" -v probe="\"probe\": \"$4\"" '
        /^ *\{/ { k = r = p = 0 }
        index($0, key) { k = 1 } index($0, rep) { r = 1 } index($0, probe) { p = 1 }
        /"value":/ && k && r && p { gsub(/[^-.0-9]/, "", $2); print $2; exit }' "$work/run/report.json"
}
near() { awk -v a="$(value "$1" "$2" original linear)" -v b="$3" 'BEGIN { exit !(a != "" && a >= b - .02 && a <= b + .02) }'; }

check "sex is read as the README says" near attribute sex .893
check "Black/White is" near attribute race=Black/White .917
check "Asian/White is" near attribute race=Asian/White .922
check "stage is" near task stage .708
sed -n '/^Leakage/,/^How to read/p' "$out"
echo "took $took s (at most 360 on two idle cores)"
finish
