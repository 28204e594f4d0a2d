#!/bin/bash
# simulate run --engine process: the same plan in real programs ends in the same bytes, and leaves
# nobody behind however it ends.
. tests/support/cli.sh
small_cohort || exit 1
evenhand=$bin/evenhand
plan=$work/cohort/small.cfg
digest() { sed -n 's/.*"model_digest": "\([0-9a-f]*\)".*/\1/p' "$work/$1/report.json"; }
# All but times, traffic and the engine's name.
numbers() { grep -v '_s"\|bytes\|"engine"' "$work/$1/report.json"; }
run() {
    local to=$1 status=0
    shift
    "$evenhand" simulate run "$plan" --out "$work/$to" "$@" >"$out" 2>"$err" || status=$?
    [ $status -le 1 ] || cat "$err"
    echo $status
}
ours() { pgrep -f "evenhand-(node|coordinator) run $work/" || true; }

local_status=$(run local)
check "programs end as one process does" test "$(run a --engine process)" = "$local_status"
check "one line a round" test "$(grep -c '^round [12]/2  train  ' "$err")" = 2
check "the report is printed, its place last" test "$(tail -1 "$err")" = "$work/a/report.json"
for file in report.json report.html model.evh model.h5 log.jsonl process/site-1.err; do
    check "the run leaves $file" test -e "$work/a/$file"
done
check "with the same model" test -n "$(digest local)" -a "$(digest a)" = "$(digest local)"
check "and the same report" diff <(numbers local) <(numbers a)
check "which says how it ran" grep -q '"engine": "process"' "$work/a/report.json"
check "nobody is left" test -z "$(ours)"
check "and again, over what the first one left" test "$(run a --engine process)" = "$local_status"
check "with the same model again" test "$(digest a)" = "$(digest local)"
check "the secrets are nobody else's to read" test "$(stat -c %a "$work/a/process/site-1.state/site-1.key")" = 600
check "what is set for the run is set in the programs" test "$(run b --engine process --set seed=2)" -le 1
check "so the weights are others" test "$(digest b)" != "$(digest a)"
check "and the report says so" grep -A1 '"overrides"' "$work/b/report.json" -q
says "$local_status" '"engine":"process"|"schema":"evenhand.report/1"' \
    "$evenhand" simulate run "$plan" --out "$work/c" --engine process --json
says 64 "E-USE-001|local, process" "$evenhand" simulate run "$plan" --out "$work/d" --engine mpi

# Names that no key can have: the report has them all the same.
cat >"$work/recipe.cfg" <<'RECIPE'
name = "odd"; tables = ( { file = "t.csv"; } ); patient = "id"; site = "hospital";
split = { test_share = 0.3; };
features = ( { columns = [ "f1", "f2" ]; } ); labels = ( { name = "y"; } ); groups = ( { name = "g"; kind = "binary"; } );
RECIPE
mkdir "$work/tables"
awk 'BEGIN { srand(5); print "id,hospital,y,g,f1,f2"
    for (i = 0; i < 240; i++) { y = i % 2; printf "p%d,%s,%d,%d,%.3f,%.3f\n", i, i % 3 ? "St. Mary of the Sea" : "Alpha (north)", y, int(i / 2) % 2, y + rand(), rand() } }' >"$work/tables/t.csv"
cat >"$work/odd.cfg" <<PLAN
plan = "odd"; rounds = 2; data = { prepare = "$work/recipe.cfg"; root = "$work/tables"; };
tasks = ( { name = "y"; } ); groups = ( { name = "g"; } ); model = { name = "linear"; };
evaluate = { probes = []; };
PLAN
plan=$work/odd.cfg
check "sites of any name run" test "$(run odd-local)" -le 1 -a "$(run odd --engine process)" -le 1
check "as in one process" diff <(numbers odd-local) <(numbers odd)
check "under their names" grep -q '"name": "St. Mary of the Sea"' "$work/odd/report.json"
plan=$work/cohort/small.cfg

# A site that cannot take part ends it with its own complaint, and everybody else.
sed 's/cancer_2y/diabetes/' "$plan" >"$work/cohort/label.cfg"
says 65 "E-DAT-004|diabetes" "$evenhand" simulate run "$work/cohort/label.cfg" --out "$work/e" --engine process
check "nobody is left of it" test -z "$(ours)"
check "nor a report" test ! -e "$work/e/report.json"

# Interrupted, and killed: the programs go as well.
gone() { [ -z "$(ours)" ]; }
for signal in TERM KILL; do
    "$evenhand" simulate run "$plan" --out "$work/f" --engine process --set rounds=100000 >"$out" 2>"$err" </dev/null &
    front=$!
    end=$((SECONDS + 30))
    until grep -q '^round 2/' "$err" || ((SECONDS > end)); do sleep .05; done
    kill -$signal $front
    wait $front 2>/dev/null
    until gone || ((SECONDS > end)); do sleep .05; done
    check "after SIG$signal nobody is left" gone
done
finish
