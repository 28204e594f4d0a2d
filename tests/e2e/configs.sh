#!/bin/bash
# Every plan, every recipe and both programs' files in configs/ are ones that the programs accept.
. tests/support/cli.sh
mkdir "$work/empty"

plans=0
for plan in configs/*.cfg; do
    case $plan in */node.cfg | */coordinator.cfg) continue ;; esac
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
# A node's file is a node's whole, but for the key that only its operator knows.
says 77 "FAIL  config|\`coordinator_key\`|[E-KEY-001]" "$bin/evenhand-node" doctor configs/node.cfg
says 0 "fingerprint" "$bin/evenhand-coordinator" init configs/coordinator.cfg \
    --set state="$work/state" --set sites="$work/sites"
key=$(awk '{ print $4 }' "$work/state/coordinator.pub")
says 77 "ok    config|FAIL  key|[E-KEY-003]" "$bin/evenhand-node" doctor configs/node.cfg \
    --set coordinator_key="$key" --set state="$work/nowhere"
says 74 "no coordinator ever ran" "$bin/evenhand-coordinator" status configs/coordinator.cfg --set state="$work/nowhere"
plan=$(sed -n 's/^plan = "\(.*\)";$/\1/p' configs/coordinator.cfg)
check "the coordinator's plan is there" test -f "configs/$plan"
check "its example allows what that plan trains" grep -q 'models = \[ "debias-vae" \]' configs/node.cfg
finish
