#!/bin/bash
# 14 real hospitals, 1,526 genes: one process and fifteen programs end in one model, twice each.
# Twenty minutes on two idle cores. ROUNDS: rounds of training, and of the probes, instead of the
# plan's.
. tests/support/cli.sh
data=${EVENHAND_DATA:?the folder of real data}/tcga_rnaseq
run() {
    local status=0 from=$SECONDS
    "$bin/evenhand" simulate run configs/tcga.cfg --set "data.root=$data" ${ROUNDS:+--set "rounds=$ROUNDS" --set "evaluate.rounds=$ROUNDS"} \
        --out "$work/$1" --engine "$2" >"$out" 2>"$err" || status=$?
    echo "$1: $2, $((SECONDS - from)) s, status $status"
    test $status -le 1 || { tail -4 "$err"; false; }
}
digest() { sed -n 's/.*"model_digest": "\([0-9a-f]*\)".*/\1/p' "$work/$1/report.json"; }
numbers() { sed -n '/"utility"/,/"fairness"/p' "$work/$1/report.json"; }
for engine in local process; do
    for i in 1 2; do check "$engine runs, time $i" run $engine-$i $engine; done
done
for other in local-2 process-1 process-2; do
    check "one model: local-1 and $other" test -n "$(digest local-1)" -a "$(digest $other)" = "$(digest local-1)"
    check "and the same numbers" diff <(numbers local-1) <(numbers $other)
done
echo "model $(digest local-1)"
finish
