#!/bin/bash
# Probes that are fitted to the rows they are scored on: refused, unless a plan calls it in-sample; then
# every report says so. And what such numbers are worth, with the published experiment in little: one of
# eight like hospitals of a cohort, with as many features for an image as the published one.
. tests/support/cli.sh
evenhand=$bin/evenhand
small_cohort || exit 1
plan=$work/cohort/small.cfg

refused() { # CODE WORDS ARGUMENT...
    local words="$1|$2"
    shift 2
    says 78 "$words" "$evenhand" simulate run "$plan" --out "$work/no" "$@"
}
mode=(--set evaluate.mode=in-sample)
refused E-EVA-001 "evaluate.score" --set evaluate.score=train
refused E-CFG "validation rows" "${mode[@]}" --set evaluate.score=valid
refused E-CFG "attacks" "${mode[@]}" --set 'attacks[0].task=cancer_2y' --set 'attacks[0].group=sex' --set 'attacks[0].level=female'
refused E-CFG "tolerances" "${mode[@]}" --set 'tolerances[0].metric=auc_gap' --set 'tolerances[0].most=0.1'
check "nothing was begun" test ! -e "$work/no"

# --- the published experiment ----------------------------------------------------------------------
"$evenhand" cohort --scale 1/8 --sites 8 --zipf 0 --alpha 1000 --seed 1 --rms .06 --out "$work/all" >"$out" 2>"$err"
mkdir "$work/one" "$work/released"
mv "$work/all/site-1.h5" "$work/one/"
# run OUT STATUS ARGUMENT...
run() {
    local to=$1 status=$2
    shift 2
    says "$status" "" "$evenhand" simulate run configs/published.cfg --set model.latent=62 --out "$work/$to" "$@"
    cp "$out" "$work/$to.txt"
}
# value OUT NAME REPRESENTATION: of a report, which has one key a line.
value() {
    awk -v name="\": \"$2\"" -v rep="\"representation\": \"$3\"" '/^ *\{/ { n = r = 0 }
        /"(task|attribute)"/ && index($0, name) { n = 1 } index($0, rep) { r = 1 }
        /"value":/ && n && r { gsub(/[^-.0-9]/, "", $2); print $2; exit }' "$work/$1/report.json"
}
within() { awk -v a="$1" -v lo="$2" -v hi="$3" 'BEGIN { exit !(a != "" && a >= lo && a <= hi) }'; }

run in-sample 1 --set "data.root=$work/one"
label="in-sample, not evidence of utility"
check "the terminal says what it is" grep -q "^In-sample (compatibility): $label" "$work/in-sample.txt"
check "the page does, over both tables" test "$(grep -c "<caption>.*$label" "$work/in-sample/report.html")" = 2
check "every number of the report does" test "$(grep -c '"split": "in-sample"' "$work/in-sample/report.json")" = 12 \
    -a "$(grep -c '"split": "test"' "$work/in-sample/report.json")" = 0
check "a check fails for it" grep -q "FAIL split: probes were fitted and scored on the same patients: $label" <(tr -s ' \n' ' ' <"$work/in-sample.txt")
check "and none is evidence" grep -q 'holds no number from held-out patients' "$work/in-sample.txt"
check "the collapse guard says why" grep -q 'FAIL  collapse guard: active_units: 0 of 62' "$work/in-sample.txt"
check "sex is read from the originals" within "$(value in-sample sex original)" .99 1
check "less of it after" within "$(value in-sample sex debiased)" .55 .7
check "and cancer as before, or so it looks" within "$(value in-sample cancer_2y debiased)" .75 .9

# The same embeddings, held out: what was read in sample was the number of features.
says 0 "decoder, sampled" "$evenhand" transform "$work/in-sample" --in "$work/one/site-1.h5" --out "$work/released/site-1.h5"
check "the file says that every row has a draw" grep -qa 'release.draw' "$work/released/site-1.h5"
run held-out 1 --set "data.root=$work/released" --set evaluate.mode=held-out --set rounds=1 --set 'evaluate.representations=["original"]'
check "nothing is called in-sample any more" test "$(grep -c "$label" "$work/held-out.txt")" = 0
check "no cancer is read" within "$(value held-out cancer_2y original)" .35 .65
check "nor age" within "$(value held-out age original)" -1 .05
run again 1 --set "data.root=$work/released" --set rounds=1 --set 'evaluate.representations=["original"]'
# The longest step is found from another start where the numbers stand at another place.
rounded() { value "$@" | awk '{ printf "%.3f", $1 }'; }
check "in sample the file says what the run said" test "$(rounded again cancer_2y original)" = "$(rounded in-sample cancer_2y debiased)"
finish
