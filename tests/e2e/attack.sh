#!/bin/bash
# A plan that attacks itself: what it refuses before anything runs, and what its report says.
. tests/support/cli.sh
evenhand=$bin/evenhand
small_cohort 2 || exit 1
plan=$work/cohort/small.cfg
women=(--set 'attacks[0].task=cancer_2y' --set 'attacks[0].group=sex' --set 'attacks[0].level=female'
    --set 'attacks[0].rates=[0.5, 1.0]')

says 78 "E-CFG|cancer_2y" "$evenhand" simulate run "$plan" --out "$work/no" --set 'attacks[0].task=death' "${women[@]:2}"
says 78 "E-CFG|sex" "$evenhand" simulate run "$plan" --out "$work/no" "${women[@]}" --set 'attacks[0].group=ses'
says 78 "attacks[0].rates" "$evenhand" simulate run "$plan" --out "$work/no" "${women[@]}" --set 'attacks[0].rates=[2.0]'
# Only the data know a group's levels.
says 78 "\`women\`|male|female" "$evenhand" simulate run "$plan" --out "$work/no" "${women[@]}" --set 'attacks[0].level=women'

# ended DIR ARGUMENT...: it runs to its end; status 1 is a check of its own that says no.
ended() {
    local status=0
    "$evenhand" simulate run "$plan" --out "$@" >"$out" 2>"$err" </dev/null || status=$?
    ((status <= 1))
}
# attack DIR: the rows of its report, a word a key.
attack() { awk '/^  "attack": \[/ { on = 1 } /^  \]/ { on = 0 } on' "$1/report.json"; }

check "without an attack it runs" ended "$work/calm"
check "and its report has none" grep -q '"attack": \[\]' "$work/calm/report.json"
check "and says so" grep -q 'This run tried no attack' "$work/calm/report.html"
check "with one it runs" ended "$work/run" "${women[@]}"
attack "$work/run" >"$work/attack"
for word in '"rate": 0.0' '"rate": 0.5' '"rate": 1.0' '"target": "female"' '"metric": "fnr_gap"' '"rule": "rank"' \
    '"representation": "debiased"' '"group": "male"'; do
    check "the report has $word" grep -qF "$word" "$work/attack"
done
check "noise is not attacked" test "$(grep -c noise "$work/attack")" = 0
check "the text has a table" grep -q '^Attack: cancer_2y, positives of sex = female' "$out"
check "and a sentence" grep -qE 'The largest change|No number of this attack' "$out"
check "the page has the table" grep -q 'made negatives in training</caption>' "$work/run/report.html"

# What a site adds leaves it as it would without an attack: a model knows nothing of it.
model() { grep -o '"model_digest": "[0-9a-f]*"' "$1/report.json"; }
check "the model is the same" test "$(model "$work/run")" = "$(model "$work/calm")"
check "as programs it is the same run" ended "$work/process" "${women[@]}" --engine process
attack "$work/process" | cmp -s - "$work/attack" || { echo "other rows as programs"; wrong=1; }
finish
