#!/bin/bash
# 14 real hospitals, 128 genes: the whole road in seconds. The same model and the same numbers
# whether one or two sites train at a time, in one process or as fifteen programs, twice each;
# nothing is read from noise.
. tests/support/cli.sh
data=${EVENHAND_DATA:?the folder of real data}/tcga_rnaseq
run() {
    local status=0
    "$bin/evenhand" simulate run configs/tcga128.cfg --set "data.root=$data" --out "$work/$1" "${@:2}" >"$out" 2>"$err" || status=$?
    test $status -le 1 # 1: the collapse guard of so short a training may answer no
}
digest() { sed -n 's/.*"model_digest": "\([0-9a-f]*\)".*/\1/p' "$work/$1/report.json"; }
numbers() { sed -n '/"utility"/,/"fairness"/p' "$work/$1/report.json"; }

check "the plan runs" run a --jobs 1
check "and again, two sites at a time" run b --jobs 2
check "and as programs" run c --engine process
check "twice" run d --engine process
check "with the same model" test -n "$(digest a)" -a "$(digest a)" = "$(digest b)"
check "the same from the programs" test "$(digest c)-$(digest d)" = "$(digest a)-$(digest a)"
check "and the same numbers" diff <(numbers a) <(numbers c)
check "and those of two at a time" diff <(numbers a) <(numbers b)
check "14 sites in every round" test "$(grep -c '"state": "done"' "$work/a/report.json")" = 14
check "nothing is read from noise" grep -A1 '"noise control"' "$work/a/report.json" -q
check "the noise control holds" test "$(grep -A1 '"name": "noise control"' "$work/a/report.json" | grep -c '"ok": true')" = 1
check "a level of few patients is withheld" grep -q '"withheld": true' "$work/a/report.json"
finish
