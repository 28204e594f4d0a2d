#!/bin/bash
# Ages come in years and leave for no adversary as such: Evenhand standardises them, and what it cannot
# make standard, or what a plan takes for something else, is an error with one sentence.
. tests/support/cli.sh
evenhand=$bin/evenhand
table() { # AGE: of one patient among 400
    awk -v odd="$1" 'BEGIN { print "id,ward,ill,sex,age,f1,f2,f3"
        for (i = 0; i < 400; i++) printf "p%d,%s,%d,%s,%s,%d,%d,%d\n", i, i % 2 ? "north" : "south", i % 3 == 0,
            i % 5 < 2 ? "m" : "f", i == 7 ? odd : 50 + i % 30, i * 7 % 11, i * 5 % 13, i * 3 % 17 }' >"$work/t.csv"
}
recipe() { # GROUP
    cat >"$work/recipe.cfg" <<RECIPE
name = "ages"; tables = ( { file = "t.csv"; } ); patient = "id"; site = "ward"; features = ( { columns = ["f*"]; } );
labels = ( { name = "ill"; } ); split = { test_share = 0.25; }; groups = ( { name = "sex"; kind = "binary"; }, $1 );
RECIPE
}
cat >"$work/plan.cfg" <<'PLAN'
plan = "ages"; rounds = 2; data = { prepare = "./recipe.cfg"; };
tasks = ( { name = "ill"; } ); groups = ( { name = "sex"; }, { name = "age"; kind = "regression"; } );
model = { name = "debias-vae"; latent = 2; hidden = 4; adversary = { hidden = [4]; count = 1; steps = 1; }; };
evaluate = { rounds = 2; seeds = 1; probes = ["linear"]; };
PLAN
# run STATUS WORDS ARGUMENT...
run() {
    local status=$1 words=$2
    shift 2
    rm -rf "$work/run"
    says "$status" "$words" "$evenhand" simulate run "$work/plan.cfg" --set "data.prepare=$work/recipe.cfg" \
        --set "data.root=$work" --out "$work/run" "$@"
    check "one error at most" test "$(grep -c '^error' "$err")" = $((status > 1))
}

recipe '{ name = "age"; kind = "regression"; }'
table 61
run 1 "age" # a check says no: two rounds teach nothing
table 22000 # days, or a slip
run 65 "E-DAT-012|age: 1 of 200 values lie more than 12 standard deviations|check its unit at this site"
check "the value is told to nobody" test "$(cat "$out" "$err" "$work/run/log.jsonl" | grep -c 22000)" = 0
table 61
run 65 "E-DAT-004|\`age\` is binary in the plan|it is a number" --set 'groups[1].kind=binary'
run 65 "E-DAT-004|\`age\` is categorical in the plan|it is a number" --set 'groups[1].kind=categorical'
recipe '{ name = "age"; kind = "binary"; }'
run 65 "E-DAT-006|age has 17 levels" --set 'groups[1].kind=binary'
recipe '{ name = "age"; }'
run 65 "E-DAT-006|age has 17 levels" --set 'groups[1].kind=categorical'
finish
