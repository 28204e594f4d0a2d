#!/bin/bash
# Women's cancers left out of the training labels, on the synthetic cohort: does a debiased
# representation keep a poisoned probe from missing women alone, and what does that cost?
#
#   SCALE=1       of the cohort; 1/8 for a quick look, whose numbers are printed and not judged
#   PLAN=...      a plan for that cohort instead of its own; further arguments go to `simulate run`
#
# At rate 1, linear probes, threshold .5. Of the debiased: the gap between women's and men's FNR is at
# most .08 and AUC is at least that of the clean originals less .09; the one without the other is
# worth nothing. Of the originals the generator's reference has a gap of .57 and an AUC of .60. The
# patients are nobody's: no cell is withheld, or 1.0 could not be told from withheld. The debiaser is
# trained without labels of cancer: clean ones would have helped it against the poison.
. tests/support/cli.sh
scale=${SCALE:-1}
status=0
"$bin/evenhand" cohort --preset nlst --scale "$scale" --sites 4 --seed 1 --out "$work/cohort" >/dev/null 2>"$err" || cat "$err"
cat "${PLAN:-$work/cohort/plan.cfg}" >"$work/plan.cfg"
echo 'attacks = ( { task = "cancer_2y"; group = "sex"; level = "female"; } );' >>"$work/plan.cfg"
SECONDS=0
"$bin/evenhand" simulate run "$work/plan.cfg" --set "data.root=$work/cohort" --set privacy.min_cell=1 \
    --set 'tasks[0].train=false' \
    --out "$work/run" "$@" >"$out" 2>"$err" || status=$?
took=$SECONDS
check "it runs to its end (status 1: a check of its own says no)" test $status -le 1

# The attack list, a row a line: representation probe rate group metric rule value.
awk '
    /^  "attack": \[/ { on = 1 }
    /^  \]/ { on = 0 }
    on && /": / {
        key = $1; gsub(/[":]/, "", key)
        $1 = ""; gsub(/^ |[",]/, ""); v[key] = $0
        if (key == "why") print v["representation"], v["probe"], v["rate"], v["group"], v["metric"], v["rule"], v["value"]
    }' "$work/run/report.json" >"$work/rows"
value() { awk -v want="$*" '$1 " " $2 " " $3 + 0 " " $4 " " $5 " " $6 == want { print $7; exit }' "$work/rows"; }

printf '%-16s %5s  %6s %6s %6s  %6s %6s  %5s\n' predictor rate 'F FNR' 'M FNR' gap 'F rank' 'M rank' AUC
for probe in linear mlp; do
    for of in original erasure debiased; do
        for rate in 0 0.05 0.1 0.25 0.5 0.75 1; do
            cell() { value $of $probe $rate "$@" | awk '{ printf "%.3f", $1 } END { if (NR == 0) printf "-" }'; }
            printf '%-16s %5s  %6s %6s %6s  %6s %6s  %5s\n' "$of, $probe" $rate \
                "$(cell female fnr fixed)" "$(cell male fnr fixed)" "$(cell null fnr_gap fixed)" \
                "$(cell female fnr rank)" "$(cell male fnr rank)" "$(cell null auc null)"
        done
    done
done
cat <<'REFERENCE'
reference at rate 1 (logistic regression, 1/8 scale, four seeds), and what is accepted:
original          1.00   0.998  0.424   .57   0.99   0.34    .602
sex, age erased   1.00   0.735  0.753   .02   0.47   0.51    .700
debiased          1.00                at most .08       at least clean originals - .09
REFERENCE
echo "took $took s at scale $scale"

# judge NUMBER OP LIMIT: an empty number keeps no limit.
judge() { awk -v a="$1" -v op="$2" -v b="$3" 'BEGIN { exit !(a != "" && (op == "<=" ? a <= b : a >= b)) }'; }
clean=$(value original linear 0 null auc null)
check "there is a clean AUC" judge "$clean" ">=" .7
check "the attack works on the originals" judge "$(value original linear 1 null fnr_gap fixed)" ">=" .4
if [ "$scale" = 1 ]; then
    check "the gap of the debiased is at most .08" judge "$(value debiased linear 1 null fnr_gap fixed)" "<=" .08
    check "and its AUC at least clean - .09" judge "$(value debiased linear 1 null auc null)" ">=" \
        "$(awk -v clean="$clean" 'BEGIN { print clean - .09 }')"
fi
finish
