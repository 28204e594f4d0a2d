#!/bin/bash
# evaluate: predictions that sites have already, from tables and from HDF5, here and as programs.
. tests/support/cli.sh
evenhand=$bin/evenhand
cat >"$work/recipe.cfg" <<'RECIPE'
name = "wards"; tables = ( { file = "t.csv"; } ); patient = "id"; site = "ward";
labels = ( { name = "dead"; column = "y"; score = "p"; }, { name = "back"; column = "z"; score = "q"; } );
groups = ( { name = "sex"; kind = "binary"; } );
RECIPE
# 90 stays of 80 patients in three wards, one of them of 3 stays; some scores stand on thresholds.
awk 'BEGIN { srand(5); print "id,ward,y,z,sex,p,q"
    for (i = 0; i < 90; i++) { y = int(i / 2) % 3 == 0; z = i % 2
        printf "p%d,%s,%d,%d,%s,%s,%.9f\n", i % 80, i < 3 ? "small" : i % 2 ? "north" : "south", y, z,
            i % 3 ? "f" : "m", i % 9 == 0 ? "0.7" : (y + 2 * rand()) / 3, (z + rand()) / 2 } }' >"$work/t.csv"
cat >"$work/plan.cfg" <<'PLAN'
plan = "wards"; data = { prepare = "./recipe.cfg"; };
tasks = ( { name = "dead"; }, { name = "back"; } ); groups = ( { name = "sex"; } );
model = { name = "given"; }; evaluate = { thresholds = [ 0.7 ]; unit = "row"; };
privacy = { min_cell = 1; };
PLAN
run() { # TO ARGUMENTS...
    local to=$1
    shift
    says 0 "" "$evenhand" evaluate "$work/plan.cfg" --set "data.prepare=$work/recipe.cfg" \
        --set "data.root=$work" --out "$work/$to" "$@"
}
numbers() { grep -v '_s": \|bytes\|"engine"\|"data\.' "$work/$1/report.json" | awk '/^ *"sites": \[/ { skip = 1 } !skip { print } /^ *\],?$/ { skip = 0 }'; }
accuracy() { grep -A1 '"metric": "accuracy"' "$work/$1/report.json" | sed -n 's/.*"value": \([.0-9]*\).*/\1/p' | head -1; }

run here
check "three sites took part" test "$(grep -c '"state": "done"' "$work/here/report.json")" = 3
check "both tasks are measured as they are given" test "$(sed -n '/^  "utility": \[/,/^  \]/p' "$work/here/report.json" | grep -c '"probe": "given"')" = 4
check "no model is left" test ! -e "$work/here/model.evh" -a ! -e "$work/here/model.h5"
right=$(awk -F, 'NR > 1 { n += ($6 >= .7) == $3 } END { printf "%.12f", n / (NR - 1) }' "$work/t.csv")
check "a score on the threshold is above it" awk -v a="$(accuracy here)" -v b="$right" 'BEGIN { exit !(a - b < 1e-11 && b - a < 1e-11) }'
run process --engine process
check "programs say the same" diff <(numbers here) <(numbers process)
run one --set 'data.sites=*'
check "so does one site" diff <(numbers here) <(numbers one)

# The HDF5 files that the import left, without a recipe.
run h5 --set data.prepare= --set "data.root=$work/here/data"
check "and so do HDF5 files" diff <(numbers here) <(numbers h5)
says 0 "ok, HDF5, site north|2 scores" "$bin/evenhand-data" check "$work/here/data/north.h5"

# Patients instead of rows: their rows at one site belong together; three of the 80 are at two.
run patients --set evaluate.unit=patient
check "who is at two sites is two" grep -q '"patients": 83' "$work/patients/report.json"
run patients-one --set evaluate.unit=patient --set 'data.sites=*'
check "and one at one" grep -q '"patients": 80' "$work/patients-one/report.json"

# What it is not for.
small_cohort || exit 1
says 78 "E-EVA-003|debias-vae|evenhand simulate run" "$evenhand" evaluate "$work/cohort/small.cfg" --out "$work/no"
check "nothing was begun" test ! -e "$work/no"
says 65 "E-DAT-002|the plan's model wants scores" "$evenhand" evaluate "$work/plan.cfg" --out "$work/no" \
    --set data.prepare= --set data.features=/x --set "data.root=$work/cohort" --set 'tasks=[]' --set 'tasks[0].name=cancer_2y' --set 'groups=[]'
says 78 "E-CFG-014|rounds" "$evenhand" evaluate "$work/plan.cfg" --set rounds=3 --out "$work/no"
sed -i '5s/,[^,]*$/,1.5/' "$work/t.csv"
says 65 "E-DAT-006|t.csv:5|no probability" "$evenhand" evaluate "$work/plan.cfg" \
    --set "data.prepare=$work/recipe.cfg" --set "data.root=$work" --out "$work/no"
finish
