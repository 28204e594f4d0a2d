#!/bin/bash
# From tables to a report in one command: data.prepare names a recipe beside the plan.
. tests/support/cli.sh
evenhand=$bin/evenhand
mkdir -p "$work/plans/data" "$work/tables"

# 240 patients of three clinics; the disease shows in a, sex in b.
awk 'BEGIN {
    srand(5)
    print "id,clinic,ward,sex,disease,a,b,c"
    for (i = 1; i <= 240; i++) {
        s = int(2 * rand()); d = int(2 * rand())
        printf "p%d,%s,%s,%s,%d,%.3f,%.3f,%.3f\n", i, substr("ABC", i % 3 + 1, 1), i % 2 ? "east" : "west",
            s ? "f" : "m", d, d + rand(), s + rand(), rand()
    }
}' >"$work/tables/patients.csv"
cat >"$work/plans/data/clinics.cfg" <<'RECIPE'
name = "clinics";
tables = ( { file = "patients.csv"; } );
patient = "id";  site = "clinic";
split = { test_share = 0.3; };
features = ( { columns = ["a", "b", "c"]; } );
labels = ( { name = "disease"; } );
groups = ( { name = "sex"; kind = "binary"; levels = ["m", "f"]; } );
RECIPE
cat >"$work/plans/plan.cfg" <<'PLAN'
plan = "clinics"; rounds = 20;
data = { root = "../tables"; prepare = "clinics"; };
tasks = ( { name = "disease"; } );
groups = ( { name = "sex"; } );
model = { name = "linear"; };
local = { batch = 32; lr = 0.05; };
evaluate = { representations = ["original"]; probes = ["linear"]; seeds = 1; lr = 0.05; };
PLAN

says 0 "3 sites|disease with AUC|sex with AUC" "$evenhand" simulate run "$work/plans/plan.cfg" --out "$work/run"
for site in a b c; do
    check "site $site has a flat file" test -s "$work/run/data/$site.flat"
done
check "the task is learnt" awk '/^  disease with AUC/ { good = $4 > .9 } END { exit !good }' "$out"
check "one column alone is no comparison" test "$(grep -c 'before and after' "$out")" = 0

# Another column makes other sites, and what was made before does not join in.
says 0 "2 sites" "$evenhand" simulate run "$work/plans/plan.cfg" --out "$work/run" --set data.sites=ward

# Folds: the same plan, other patients in the test, together all 240 of them.
sed 's/test_share = 0.3/folds = 3/' "$work/plans/data/clinics.cfg" >"$work/plans/data/thirds.cfg"
for fold in 0 1 2; do
    says 0 "3 sites|data.fold = $fold" "$evenhand" simulate run "$work/plans/plan.cfg" --out "$work/fold$fold" \
        --set data.prepare=thirds --set "data.fold=$fold"
done
tested() { sed -n '/"utility"/,/"patients"/s/.*"patients": \([0-9]*\).*/\1/p' "$work/$1/report.json"; }
plan() { sed -n 's/.*"plan_digest": "\([0-9a-f]*\)".*/\1/p' "$work/$1/report.json"; }
model() { sed -n 's/.*"model_digest": "\([0-9a-f]*\)".*/\1/p' "$work/$1/report.json"; }
check "everybody is tested once" test $(($(tested fold0) + $(tested fold1) + $(tested fold2))) = 240
check "a fold is no other plan" test "$(plan fold0)-$(plan fold2)" = "$(plan run)-$(plan run)"
check "but another model" test "$(model fold0)" != "$(model fold2)"
says 78 "E-CFG-030|split.folds" "$evenhand" simulate run "$work/plans/plan.cfg" --out "$work/no" --set data.fold=1
says 78 "data.prepare" "$evenhand" simulate run "$work/plans/plan.cfg" --out "$work/no" --set data.fold=1 --set data.prepare=

# A complaint of the import is ours: its code, its place, its status.
says 65 "E-DAT-005|gender" "$evenhand" simulate run "$work/plans/plan.cfg" --out "$work/no" --set data.sites=gender
sed 's/^p7,/p7,,/' "$work/tables/patients.csv" >"$work/bad.csv"
mv "$work/bad.csv" "$work/tables/patients.csv"
says 65 "patients.csv:8" "$evenhand" simulate run "$work/plans/plan.cfg" --out "$work/no"
check "the complaint is said once" test "$(grep -c '^error' "$err")" = 1
finish
