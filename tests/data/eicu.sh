#!/bin/bash
# Published predictions of 1,683 real stays, as one site, five regions and 174 hospitals: the same
# numbers to the last bit, and those that were computed of the table as a whole.
. tests/support/cli.sh
data=${EVENHAND_DATA:?the folder of real data}/eicu_demo
evaluate() {
    "$bin/evenhand" evaluate configs/eicu.cfg --set "data.root=$data" --set "data.sites=$1" \
        --set evaluate.unit=row --out "$work/$2" "${@:3}" >"$out" 2>"$err"
}
# All but how it was run: times, traffic, sites, and what names them.
numbers() { grep -v '_s": \|bytes\|"engine"\|"data.sites"' "$work/$1/report.json" | awk '/^ *"sites": \[/ { skip = 1 } !skip { print } /^ *\],?$/ { skip = 0 }'; }
value() { grep -A8 "\"metric\": \"$2\"" "$work/$1/report.json" | sed -n "s/.*\"$3\": \([.0-9]*\).*/\1/p" | head -1; }

check "all rows at one site" evaluate '*' one
check "in five regions" evaluate region regions
check "in 174 hospitals" evaluate hospitalid hospitals
check "five regions as programs" evaluate region programs --engine process
for run in regions hospitals programs; do
    check "the same numbers: $run" diff <(numbers one) <(numbers $run)
done
check "there are numbers" test "$(numbers one | grep -c '"metric"')" -ge 2
check "174 sites took part" test "$(grep -c '"state": "done"' "$work/hospitals/report.json")" = 174
check "of one site nothing was told apart" test "$(grep -c '"state": "done"' "$work/one/report.json")" = 1
echo "auc $(value one auc value) [$(value one auc lo) $(value one auc hi)]"
# The reference ranks scores themselves, we bins of them: half a thousandth.
check "the AUC of the whole table, .86205" awk -v a="$(value one auc value)" 'BEGIN { exit !(a > .8615 && a < .8625) }'
check "of all rows" test "$(value one auc rows)" = 1683
# Counted by hand at .2: exactly so many rows are on the right side.
right=$(awk -F, 'NR > 1 { n += ($14 >= .2) == $15 } END { printf "%.12f", n / (NR - 1) }' "$data/eicu_predictions.csv")
check "as many are right at .2 as awk counts" awk -v a="$(value one accuracy value)" -v b="$right" 'BEGIN { exit !(a - b < 1e-11 && b - a < 1e-11) }'
# For whom: of stays, as published (DeLong; our bins are within half a thousandth).
group_auc() { awk -v attribute="$2" -v group="$3" '
    /"attribute":/ { in_it = index($0, "\"" attribute "\""); mine = 0 } /"metric":/ { auc = /"auc"/ }
    /"group":/ { mine = index($0, "\"" group "\"") }
    in_it && auc && mine && /"value":/ { gsub(/[^.0-9]/, ""); print; exit }' "$work/$1/report.json"; }
near() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a - b <= .0005 && b - a <= .0005) }'; }
echo "women $(group_auc one sex female), men $(group_auc one sex male), 65-74 $(group_auc one age_group 65-74)"
check "women .859" near "$(group_auc one sex female)" .85877
check "men .866" near "$(group_auc one sex male)" .86567
check "65 to 74 years .784" near "$(group_auc one age_group 65-74)" .78425
check "three deaths among African Americans make no AUC" test -z "$(group_auc one race3 'African American')"
check "they are withheld by name, and who would give them away" grep -q "African American and Other are withheld" "$work/one/report.html"
finish
