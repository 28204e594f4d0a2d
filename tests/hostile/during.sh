#!/bin/bash
# Three hospitals are in their rounds. Strangers knock, and a fourth one, which was enrolled too late
# for this run, does what it can with its key: no round is lost, and the model is what it would be.
. tests/support/attack.sh
EACH=1000   # strangers of a kind
ROUNDS=600
SHARE=60    # rounds that may pass during an attack: then it waits for no one, but the run for it

small_cohort 3 || exit 1
plan=$work/cohort/small.cfg
sed -i "1s/rounds = 2/rounds = $ROUNDS/" "$plan"
"$bin/evenhand" simulate run "$plan" --engine local --out "$work/alone" >"$out" 2>"$err"
network_open "$plan" site-1 site-2 site-3
network_key stranger
network_key late
network_coordinator
for site in site-1 site-2 site-3; do network_node $site; done # $node: the last one

rounds_done() { network_log '"event":"round"'; }
past() { test "$(rounds_done)" -ge "$1"; }
enrolled() { grep -q '"site enrolled","site":"late"' "$net/run/log.jsonl"; }
check "the rounds have begun" network_until 20 past 5
kill -STOP "$node" # one site that does not work holds the round open
network_enrol late
check "another site is enrolled" network_until 20 enrolled

# meanwhile COMMAND...: lets at most SHARE rounds pass until the command has ended; its status.
meanwhile() {
    local limit=$(($(rounds_done) + SHARE)) attacker
    "$@" &
    attacker=$!
    kill -CONT "$node"
    while kill -0 $attacker 2>/dev/null; do
        past $limit && kill -STOP "$node"
        sleep .02
    done
    kill -STOP "$node"
    wait $attacker
}

before=$(rounds_done)
check "a flood" meanwhile attack flood late 5
flooded=$(($(rounds_done) - before))
check "garbage" meanwhile attack garbage late 1400
check "a replay changes nothing" meanwhile attack replay late 20
for how in unknown null plain wrongkey; do
    before=$(refused)
    check "$how: $EACH attempts, all refused" meanwhile attack $how stranger $EACH
    check "$how: a line each" network_until 20 refused_by $((before + EACH))
    check "$how: one line each" test "$(refused)" = $((before + EACH))
done
check "gigabytes are announced" meanwhile attack huge stranger 20
echo "$flooded rounds ended during a flood of 5 s, $(rounds_done) of $ROUNDS before the attacks were over"
check "rounds ended during the flood" test $flooded -ge 5
check "and the run outlived the attacks" test "$(rounds_done)" -lt $ROUNDS

kill -CONT "$node"
status=0
network_end || status=$?
check "the run ends (1: a check of its own says no)" test $status -le 1
check "with the model of an undisturbed run" test "$(model_of "$net/run")" = "$(model_of "$work/alone")"
check "three sites in every round" test "$(grep -c '"rounds_missed": 0' "$net/run/report.json")" = 3
finish
