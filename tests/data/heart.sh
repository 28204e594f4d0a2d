#!/bin/bash
# Four real hospitals, trained together: within .01 of pooled training (.795 accuracy on the pooled
# test; FLamby, results of Fed-Heart-Disease), and the same bytes every time.
. tests/support/cli.sh
data=${EVENHAND_DATA:?the folder of real data}/heart_disease
run() { "$bin/evenhand" simulate run configs/heart.cfg --set "data.root=$data" --out "$work/$1" "${@:2}" >"$out" 2>"$err"; }
digest() { sed -n 's/.*"model_digest": "\([0-9a-f]*\)".*/\1/p' "$work/$1/report.json"; }
accuracy() { grep -A3 '"representation": "original"' "$work/$1/report.json" | grep -A1 '"metric": "accuracy"' | sed -n 's/.*"value": \([.0-9]*\).*/\1/p'; }

check "the plan runs" run a --jobs 1
check "and again, two sites at a time" run b --jobs 2
check "and as programs" run c --engine process
check "twice" run d --engine process
check "with the same model" test -n "$(digest a)" -a "$(digest a)" = "$(digest b)"
check "the same from the programs" test "$(digest c)-$(digest d)" = "$(digest a)-$(digest a)"
echo "accuracy $(accuracy a)"
check "within .01 of pooled training" awk -v a="$(accuracy a)" 'BEGIN { exit !(a >= .785 && a <= .805) }'
check "four sites in every round" test "$(grep -c '"state": "done"' "$work/a/report.json")" = 4
finish
