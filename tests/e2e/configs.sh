#!/bin/bash
# Every plan and every recipe in configs/ is one that the programs accept.
. tests/support/cli.sh
mkdir "$work/empty"

plans=0
for plan in configs/*.cfg; do
    says 65 "E-DAT-008|holds no *.h5" "$bin/evenhand" simulate run "$plan" --out "$work/run" \
        --set 'data.prepare=""' --set data.root="$work/empty"
    recipe=$(sed -n 's/.*prepare = "\([^"]*\)".*/\1/p' "$plan")
    [ -z "$recipe" ] || check "$plan: its recipe is there" test -f "configs/data/$recipe.cfg"
    plans=$((plans + 1))
done
check "there are plans" test $plans -ge 2

# A recipe that is accepted looks for its tables.
recipes=0
for recipe in configs/data/*.cfg; do
    says 74 "E-IO-001|$work/empty/" "$bin/evenhand" data import "$recipe" --root "$work/empty" --out "$work/import"
    recipes=$((recipes + 1))
done
check "there are recipes" test $recipes -ge 2
finish
