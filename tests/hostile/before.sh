#!/bin/bash
# Two of three hospitals wait for the third. Meanwhile strangers knock, and somebody who has the
# third one's key does what he can. Then the third comes, and all ends as if nothing had been.
. tests/support/attack.sh
EACH=1000           # strangers of a kind
GIGABYTE_KIB=8192   # what an announced gigabyte may cost, whoever announces it how often
SITE_KIB=2048       # and what may come of all that a site does

small_cohort 3 || exit 1
plan=$work/cohort/small.cfg
"$bin/evenhand" simulate run "$plan" --engine local --out "$work/alone" >"$out" 2>"$err"
network_open "$plan" site-1 site-2 site-3
network_key stranger
network_coordinator
network_node site-1
network_node site-2
two_here() { test "$(network_sites here)" = 2; }
check "two sites are here" network_until 20 two_here

before=$(memory VmHWM)
check "gigabytes are announced" attack huge stranger 20
grown=$(($(memory VmHWM) - before))
echo "20 announced gigabytes cost $grown KiB"
check "and cost next to nothing" test $grown -lt $GIGABYTE_KIB

events() { grep -v 'refused at the door' "$net/run/log.jsonl"; }
events >"$work/events"
for how in unknown null plain wrongkey; do attack_unseen $how stranger $EACH; done
check "nothing else happened" diff "$work/events" <(events)
check "and two sites are here" two_here

before=$(memory RssAnon)
check "garbage" attack garbage site-3 2800
check "nothing of it counts" two_here
check "a replay changes nothing" attack replay site-3 20
check "a flood" attack flood site-3 5
check "nothing of it counts" two_here
check "few lines tell of it" test "$(events | wc -l)" -lt 150
grown=$(($(memory RssAnon) - before))
echo "the coordinator has $(memory RssAnon) KiB of its own, $grown of them since that site came"
check "and memory is what it was" test $grown -lt $SITE_KIB
check "the coordinator lives" kill -0 "$coordinator"

network_node site-3
status=0
network_end || status=$?
check "the run ends (1: a check of its own says no)" test $status -le 1
check "with the model of an undisturbed run" test "$(model_of "$net/run")" = "$(model_of "$work/alone")"
check "three sites in every round" test "$(grep -c '"rounds_missed": 0' "$net/run/report.json")" = 3
finish
