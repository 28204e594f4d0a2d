#!/bin/bash
# What a first deployment meets, with the real programs: a node that comes late, dies and comes back,
# or is slow; a coordinator that is killed; too few sites.
. tests/support/cli.sh
. tests/support/network.sh

"$bin/evenhand" cohort --scale 1/32 --sites 3 --seed 3 --out "$work/cohort" >/dev/null 2>"$err" || { cat "$err"; exit 1; }
cat >"$work/long.cfg" <<'PLAN'
plan = "long"; seed = 1; rounds = 250;
tasks = ( { name = "cancer_2y"; } );
groups = ( { name = "sex"; } );
model = { name = "linear"; };
local = { batch = 8; epochs = 10; };
round = { quorum = 0.6; patience_s = 60; };
evaluate = { probes = []; };
PLAN
sed 's/rounds = 250/rounds = 900/; s/patience_s = 60/patience_s = 2/' "$work/long.cfg" >"$work/hasty.cfg"
sed 's/patience_s = 60/patience_s = 1/; s/0.6/1.0/' "$work/long.cfg" >"$work/all.cfg"
"$bin/evenhand" simulate run "$work/long.cfg" --set "data.root=$work/cohort" --out "$work/local" >"$out" 2>"$err" || { cat "$err"; exit 1; }
undisturbed=$(model_of "$work/local")

# begin PLAN SITE...: a coordinator that begins with the SITEs, and their nodes.
begin() {
    local plan=$1 site
    shift
    net=$work/$plan-$((++nets))
    network_open "$work/$plan.cfg" "$@"
    network_coordinator
    for site; do
        network_node "$site"
        process[$site]=$node
    done
}
declare -A process
nets=0

# Rounds that are over, by the log: it is written at once.
legs() { network_log '"event":"round"'; }
legs_done() { [ "$(legs)" -ge "$1" ]; }
# site NAME KEY: of the report, which has one key a line.
site() { awk -v name="\"name\": \"$1\"" -v key="\"$2\":" 'index($0, name) { here = 1 } here && index($0, key) { gsub(/[",]/, "", $2); print $2; exit }' "$net/run/report.json"; }
over() { ! kill -0 "$coordinator" 2>/dev/null; }
ends_with() {
    local wanted=$1 status=0
    network_until 120 over || { kill -9 "$coordinator"; echo "it has not ended"; }
    network_end || status=$?
    [ $status = "$wanted" ] || { echo "it ended with $status"; cat "$net/coordinator.err"; return 1; }
}

# Killed, and started again: it comes back in the round that it left, whose patience is a minute.
begin long site-1 site-2 site-3
check "rounds go by" network_until 30 legs_done 5
kill -9 "${process[site-2]}"
wait "${process[site-2]}" 2>/dev/null
network_node site-2
check "with a site that came back the run ends well" ends_with 0
check "it missed no round" test "$(site site-2 rounds_missed)" = 0
check "and another process of it was noticed" test "$(network_log 'site started anew')" -ge 1
check "nothing of the run's sums is left" test -z "$(ls "$net/coordinator.state/store/blobs")"

# The coordinator: killed in the middle, twice; the nodes stay, and nobody notices in the result.
begin long site-1 site-2 site-3
for i in 1 2; do
    check "rounds go by" network_until 30 legs_done $((i * 40))
    kill -9 "$coordinator"
    wait "$coordinator" 2>/dev/null
    port=${endpoint##*:}
    sed -i "s#tcp://127.0.0.1:[*0-9]*#tcp://127.0.0.1:$port#" "$net/coordinator.cfg"
    network_coordinator
done
check "a killed coordinator goes on, and the run ends well" ends_with 0
check "in the bytes of an undisturbed run" test -n "$undisturbed" -a "$(model_of "$net/run")" = "$undisturbed"
check "with every round of every site" test "$(site site-1 rounds_joined)-$(site site-3 rounds_missed)" = "$(site site-2 rounds_joined)-0"
check "it said that it goes on" test "$(network_log 'run goes on')" -ge 1

# One that was enrolled, and comes when the others have begun; one that stops for longer than patience.
net=$work/late
network_open "$work/hasty.cfg" site-1 site-2 site-3
sed -i 's/begin = { sites = 3; }/begin = { sites = 3; patience_s = 2; }/' "$net/coordinator.cfg"
network_coordinator
network_node site-1
network_node site-2
check "a quorum begins without the third" network_until 30 legs_done 3
network_node site-3
stopped=$node
joined() { [ "$("$bin/evenhand-coordinator" status "$net/coordinator.cfg" --json | sed -n "s/.*\"name\":\"$1\"[^}]*\"rounds_joined\":\([0-9]*\).*/\1/p")" -gt 0 ]; }
check "who comes late catches up and takes part" network_until 30 joined site-3
kill -STOP "$stopped"
before=$(legs)
check "a site that is silent too long is done without" network_until 60 legs_done $((before + 20))
kill -CONT "$stopped"
check "sites were missing: status 3" ends_with 3
check "the report names who missed rounds" test "$(site site-3 rounds_missed)" -gt 0 -a "$(site site-1 rounds_missed)" = 0
check "and that it took part in others" test "$(site site-3 rounds_joined)" -gt 0

# Too few for the quorum: the run ends with who was awaited, and can be gone on with.
begin all site-1 site-2 site-3
check "rounds go by" network_until 30 legs_done 5
kill -9 "${process[site-1]}"
check "without a quorum it ends: status 75" ends_with 75
check "and says who was awaited" grep -q 'E-RUN-004.*site-1' "$net/coordinator.err"

# A site whose data are fine, and are not what the plan asks for: it says so, and is not waited for.
cat >"$work/recipe.cfg" <<'RECIPE'
name = "other"; tables = ( { file = "rows.csv"; } ); patient = "id"; split = { test = 0.2; };
features = ( { columns = ["x"]; } ); labels = ( { name = "disease"; } );
RECIPE
awk 'BEGIN { print "id,disease,x"; for (i = 0; i < 60; i++) print i "," i % 2 "," i % 7 }' >"$work/rows.csv"
"$bin/evenhand-data" import "$work/recipe.cfg" --root "$work" --out "$work/other" >"$out" 2>"$err" || cat "$err"
mv "$work"/other/*.h5 "$work/cohort/site-4.h5"
begin long site-1 site-2 site-4
unfit=${process[site-4]} status=0
unfit_shown() { test "$(network_sites REFUSED)" = 1; }
wait "$unfit" || status=$?
check "data without the plan's label end a node: status 65" test $status = 65
check "it says which" grep -q 'E-DAT-004.*cancer_2y' "$net/site-4.err"
check "the coordinator shows that it will not take part" network_until 20 unfit_shown
check "with the code, and no detail" test "$(network_log 'site will not take part.*E-DAT-004')" = 1
finish
