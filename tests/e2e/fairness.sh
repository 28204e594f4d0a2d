#!/bin/bash
# For whom does it work? Predictions made here, at three sites: what a report must say, and what it must not.
. tests/support/cli.sh
evenhand=$bin/evenhand
cat >"$work/recipe.cfg" <<'RECIPE'
name = "made"; tables = ( { file = "t.csv"; } ); patient = "id"; site = "place";
labels = ( { name = "reads"; column = "y"; score = "p"; }, { name = "guesses"; column = "y"; score = "q"; },
           { name = "repeats"; column = "y"; score = "r"; }, { name = "decides"; column = "y"; score = "h"; } );
groups = ( { name = "sex"; kind = "binary"; },
           { name = "band"; levels = ["old", "middle", "young", "rare"]; },
           { name = "ward"; levels = ["main", "side", "tiny"]; } );
RECIPE
# 900 patients of one row, 4 of them of the tiny ward; and the rare: 4 of 15 rows, 3 of them ill. "reads"
# reads, less well of men; "guesses" knows nothing; "repeats" gives everybody one score; "decides" says 0
# or 1, and misses 5 of each of the other bands. No awk's own rand(): awks differ in it.
awk 'function uniform() { seed = seed * 16807 % 2147483647; return seed / 2147483647 }
    BEGIN { seed = 11; print "id,place,y,sex,band,ward,p,q,r,h"
        for (i = 0; i < 960; i++) {
            rare = i >= 900; id = rare ? 900 + i % 4 : i; ill = rare ? i % 4 < 3 : i % 3 == 0
            man = int(id / 3) % 2
            band = rare ? "rare" : i < 300 ? "old" : i < 600 ? "middle" : "young"
            ward = i % 240 == 7 ? "tiny" : i % 2 ? "main" : "side"
            risk = man ? (ill + 4 * uniform()) / 5 : (ill + 1.5 * uniform()) / 2.5
            miss = ill && !rare && i % 60 == 0
            printf "p%d,%s,%d,%s,%s,%s,%.6f,%.6f,0.3,%d\n", id, substr("abc", id % 3 + 1, 1) "-town", ill,
                man ? "m" : "f", band, ward, risk, uniform(), ill && !miss } }' >"$work/t.csv"
cat >"$work/plan.cfg" <<'PLAN'
plan = "made"; data = { prepare = "./recipe.cfg"; };
tasks = ( { name = "reads"; }, { name = "guesses"; }, { name = "repeats"; }, { name = "decides"; } );
groups = ( { name = "sex"; }, { name = "band"; kind = "categorical"; },
           { name = "ward"; kind = "categorical"; } );
model = { name = "given"; }; evaluate = { thresholds = [ 0.5 ]; replicates = 200; };
PLAN
run() { # STATUS WORDS TO ARGUMENTS...
    local status=$1 words=$2 to=$3
    shift 3
    says "$status" "$words" "$evenhand" evaluate "$work/plan.cfg" --set "data.prepare=$work/recipe.cfg" \
        --set "data.root=$work" --out "$work/$to" "$@"
}
flat() { tr -s ' \n' '  ' <"$1"; } # sentences without their line breaks
tells() { # CLAIM SENTENCE: on the terminal and on the page
    check "$1, on the terminal" grep -qF "$2" <(flat "$work/run.txt")
    check "$1, on the page" grep -qF "$2" <(flat "$work/run/report.html")
}

# --- sentences -------------------------------------------------------------------------------------
run 0 "" run
cp "$out" "$work/run.txt"
tells "a model without signal is called that" "This predictor is not shown to rank better than chance (AUC "
tells "and one that gives one score is degenerate" "This predictor is degenerate: it gives everybody the same score and ranks nobody"
tells "and not fair" "Every gap in AUC is 0 by construction, not by fairness"
tells "nor is it where nobody is selected" "this predictor is degenerate: nobody is selected, and gaps"
tells "four patients are withheld by name, and others with them" "side and tiny are withheld: fewer than 11"
tells "of however many rows" "young and rare are withheld: fewer than 11 patients of a class"
tells "so is whose yes and no would tell who was missed" \
    "old, middle, young and rare are withheld: fewer than 11 patients of a class, or numbers would tell such a count"
check "no number is none" test "$(cat "$work/run.txt" "$work/run/report.html" "$work/run/report.json" | grep -cE '(^|[^a-z])-?(nan|inf)([^a-z]|$)')" = 0

# --- what may not be told --------------------------------------------------------------------------
# Fields of every measure: {"group", "rows", "positives", "metric", "value", ...}, one a line. A group's end
# with "suppressed"; a row's own stand behind its groups' or before them, at a smaller indent.
measures() { sed -n '/^  "fairness": \[/,/^  \],\{0,1\}$/p' "$work/run/report.json"; }
check "there are measures" test "$(measures | grep -c '"group": "rare"')" -ge 4
check "nothing of four patients has a number" awk '/"group": / { rare = /"(rare|tiny)"/ } /"suppressed": / { rare = 0 }
    rare && /"(rows|positives|value|lo|hi)": / && !/null/ { exit 1 }' <(measures)
check "nor a curve" test "$(sed -n '/^  "figures": \[/,/^  \],\{0,1\}$/p' "$work/run/report.json" | grep -cE '"group": "(rare|tiny)"')" = 0
check "nor has anybody a count that is withheld" awk '/"(rows|positives)": / { gsub(/[^0-9]/, "")
    if ($0 + 0 > 0 && $0 + 0 < 11) exit 1 }' <(measures)
# Everybody less those that are shown must be nobody or eleven: of a task and attribute, rows and positives.
check "nor does a difference tell one" awk -F'"' '
    function settle(k) { for (k in shown) if (all[k] > shown[k] && all[k] - shown[k] < 11) bad = 1
        split("", shown); split("", all) }
    /^    \{/ { settle() }
    /^      "(rows|positives)": [0-9]/ { n = $3; gsub(/[^0-9]/, "", n); all[$2] = n + 0 }
    /^          "(rows|positives)": [0-9]/ { n = $3; gsub(/[^0-9]/, "", n); shown[$2] += n }
    END { settle(); exit bad }' <(measures | awk '/"metric": "(n|auc)"/ { keep = 1 } { row = row $0 "\n" }
        /^    \},?$/ { if (keep) printf "%s", row; row = ""; keep = 0 }')

# Sixty rows of four patients are four patients, whatever intervals count.
run 0 "rare are withheld: fewer than 11 patients of a class|Every row counts as a patient" rows --set evaluate.unit=row

# --- tolerances ------------------------------------------------------------------------------------
tolerance=(--set 'tolerances[0].metric=auc_gap' --set 'tolerances[0].task=reads' --set 'tolerances[0].attribute=sex')
run 0 "met: " met "${tolerance[@]}" --set 'tolerances[0].most=0.6'
run 1 "not met: |the whole interval is beyond it" broken "${tolerance[@]}" --set 'tolerances[0].most=0.05'
run 3 "not enough evidence: |the limit lies inside the interval" unsure "${tolerance[@]}" --set 'tolerances[0].most=0.25'
run 3 "not enough evidence: " nobody "${tolerance[@]}" --set 'tolerances[0].metric=auc' \
    --set 'tolerances[0].attribute=band' --set 'tolerances[0].group=rare' --set 'tolerances[0].least=0.1'
# Who gives everybody one score keeps every gap, and meets nothing by that.
constant=(--set 'tolerances[0].task=repeats' --set 'tolerances[0].attribute=sex' --set 'tolerances[0].most=0.2')
run 3 "0 met, 0 not met|kept by construction|degenerate:" constant "${constant[@]}" \
    --set 'tolerances[0].metric=auc_gap' --set 'tolerances[0].rule=value'
run 3 "0 met, 0 not met|kept by construction|degenerate:" constant-rate "${constant[@]}" \
    --set 'tolerances[0].metric=tpr_gap'

# --- here and as programs --------------------------------------------------------------------------
numbers() { grep -v '_s": \|bytes\|"engine"\|"data\.' "$work/$1/report.json"; }
run 0 "" process --engine process
check "programs say the same" diff <(numbers run) <(numbers process)
finish
