#!/bin/bash
# evenhand-node doctor against real coordinators: every way a line can fail is told from the others,
# and so is what is wrong with key, plan and data.
. tests/support/cli.sh
node=$bin/evenhand-node
coordinator=$bin/evenhand-coordinator
small_cohort || exit 1

# The second coordinator is what stands at the address when the pinned key is another's.
for name in right other; do
    cat >"$work/$name.cfg" <<CFG
listen = "tcp://127.0.0.1:*"; plan = "cohort/small.cfg"; sites = "sites"; begin = { sites = 2; };
state = "$name.state"; out = "$name.run";
CFG
    says 0 "$name.state/coordinator.pub|fingerprint" "$coordinator" init "$work/$name.cfg"
done
key_of() { awk '{ print $4 }' "$1"; }
print_of() { "$coordinator" init "$work/$1.cfg" --json 2>/dev/null | sed 's/.*"fingerprint":"\([^"]*\)".*/\1/'; }
cat >"$work/north.cfg" <<CFG
name = "north"; coordinator = "tcp://127.0.0.1:1"; state = "north.state"; data = "cohort/site-1.h5";
coordinator_key = "$(key_of "$work/right.state/coordinator.pub")";
CFG

# doctor STATUS WORDS [OPTIONS]: a patience that is never needed, but by what cannot be told sooner.
doctor() { says "$1" "$2" "$node" doctor "$work/north.cfg" "${@:3}"; }
line_of() { grep "^ [a-zA-Z]* *$1 " "$out"; }
is_skipped() { local c; for c; do line_of "$c" | grep -q "^ skip" || return 1; done; }

# --- before there is a line ---------------------------------------------------------------------
doctor 77 "FAIL  key|[E-KEY-003]|run \`init\`| 2 ok, 0 warnings, 1 failure"
check "without a key nobody looks at the line" is_skipped reachable protocol "right key" enrolled clock plan
check "doctor makes no state folder" test ! -e "$work/north.state"
says 0 "north.state/north.pub" "$node" init "$work/north.cfg"
chmod 644 "$work/north.state/north.key"
doctor 77 "FAIL  key|its mode is 644, not 600   [E-KEY-002]|chmod 600"
chmod 600 "$work/north.state/north.key"

# --- nobody, or somebody else, at the address ---------------------------------------------------
port_of() { cat "$work/$1.out"; }
start web "$tools/listener" 'HTTP/1.1 400 Bad Request\r\n\r\n<html>'
web=$pid
start mute "$tools/listener"
start deaf "$tools/listener" --deaf
start gone "$tools/listener"
gone=$pid
for name in web mute deaf gone; do eventually 60 test -s "$work/$name.out"; done
stop "$gone"
doctor 69 "ok    key|FAIL  reachable|the connection is refused   [E-NET-003]|fix:   check host and port" \
    --set coordinator="tcp://127.0.0.1:$(port_of gone)"
check "the rest needs it" is_skipped protocol "right key" enrolled clock plan
check "data, groups and disk do not" test "$(grep -c '^ ok    \(data\|groups\|disk\) ' "$out")" = 3
doctor 76 "ok    reachable|FAIL  protocol|[E-NET-008]" --set coordinator="tcp://127.0.0.1:$(port_of web)"
check "the rest needs it" is_skipped "right key" enrolled clock plan
doctor 76 "ok    reachable|FAIL  protocol|[E-NET-008]" --patience 4 --set coordinator="tcp://127.0.0.1:$(port_of mute)"
doctor 69 "FAIL  reachable|no answer in 2 s   [E-NET-004]" --patience 2 --set coordinator="tcp://127.0.0.1:$(port_of deaf)"
stop "$web"
doctor 69 "FAIL  reachable|[E-NET-005]|correct the host" --patience 10 --set coordinator=tcp://no-such-host.invalid:7443
doctor 78 "FAIL  reachable|[E-NET-002]" --set coordinator=tcp://127.0.0.1:99999

# --- a coordinator ------------------------------------------------------------------------------
for name in right other; do
    start $name "$coordinator" run "$work/$name.cfg" --lines
    eventually 60 grep -q '"event":"listening"' "$work/$name.out"
done
endpoint_of() { sed -n 's/.*"endpoint":"\([^"]*\)".*/\1/p' "$work/$1.out"; }
right=--set=coordinator=$(endpoint_of right)
doctor 77 "ok    protocol|FAIL  right key|$(print_of right)|[E-NET-006]|compare fingerprints" \
    --set coordinator="$(endpoint_of other)"
check "the rest needs it" is_skipped enrolled clock plan
doctor 77 "ok    right key|$(print_of right)|FAIL  enrolled|$("$node" init "$work/north.cfg" 2>&1 >"$work/.nul" | awk '/^fingerprint/ { print $2 }')|[E-NET-007]|.pub" "$right"
check "the rest needs it" is_skipped clock plan

# Enrolled, without anybody being started again.
cp "$work/north.state/north.pub" "$work/sites/"
eventually 60 "$node" doctor "$work/north.cfg" "$right"
doctor 0 "ok    enrolled|ok    clock       0.|s from the coordinator|ok    plan        small |2 rounds of debias-vae| 12 ok, 0 warnings, 0 failures" "$right"
check "the plan's targets are looked for" grep -q "labels cancer_2y; groups sex: all that the plan names" "$out"
doctor 0 '"schema":"evenhand.result/1"|"ok":true|"checks":[{"check":"config","state":"ok"|"code":null' "$right" --json
check "and --json is one line" test "$(wc -l <"$out")" = 1

# A visit is not a site that joins.
idle() { "$coordinator" status "$work/right.cfg" | grep -q "^north  *\(connected\|not here yet\) "; }
eventually 60 idle

# --- what this hospital does not allow, and what it does not have --------------------------------
doctor 77 "ok    enrolled|FAIL  plan|2 rounds, \`policy.max_rounds\` is 1   [E-POL-001]" "$right" --set policy.max_rounds=1
check "a policy is nobody else's business" idle
doctor 74 "ok    plan|FAIL  data|gone.h5|[E-IO-001]" "$right" --set data="$work/gone.h5"
check "groups and disk need data" is_skipped groups disk
doctor 65 "FAIL  data|[E-DAT-002]" "$right" --set features=/nowhere
head -c 3000 "$work/cohort/site-1.h5" >"$work/cut.h5"
doctor 65 "FAIL  data|[E-DAT-001]" "$right" --set data="$work/cut.h5"
"$bin/evenhand-data" pack "$work/cohort/site-1.h5" --out "$work/packed.flat" >"$work/.nul" 2>&1
doctor 0 "ok    data        8821 rows" "$right" --set data="$work/packed.flat"
cat >"$work/recipe.cfg" <<'RECIPE'
name = "clinics"; tables = ( { file = "rows.csv"; } ); patient = "id"; site = "clinic";
split = { column = "set"; }; features = ( { columns = ["x*"]; } ); labels = ( { name = "cancer_2y"; } );
groups = ( { name = "race"; kind = "categorical"; } );
RECIPE
awk 'BEGIN {
    print "id,clinic,set,cancer_2y,race,x1,x2"
    for (i = 0; i < 60; i++)
        printf "p%d,A,%s,%d,%s,%d,%d\n", i, i % 4 ? "train" : "test", i % 3 == 0, i < 20 ? "" : i < 24 ? "rare" : "common", i, i * i % 7
}' >"$work/rows.csv"
says 0 "60 rows" "$bin/evenhand-data" import "$work/recipe.cfg" --root "$work" --out "$work/clinics"
doctor 65 "FAIL  data|has no group \`sex\`|[E-DAT-004]" "$right" --set data="$work/clinics/a.flat"
doctor 69 "warn  groups      race: unknown in 33 % of the rows; few patients: rare 4; withheld| 1 warning, 1 failure" \
    --set data="$work/clinics/a.flat" --set coordinator="tcp://127.0.0.1:$(port_of gone)"
doctor 77 "FAIL  plan|FAIL  data| 2 failures" "$right" --set policy.max_rounds=1 --set data="$work/gone.h5"

# --- beside a running node ----------------------------------------------------------------------
start north "$node" run "$work/north.cfg" "$right"
running=$pid
sees() { "$coordinator" status "$work/right.cfg" | grep -q "^north  *here "; }
# The coordinator hears of a node before the node has its plan, and tells its folder of that.
has_plan() { "$node" doctor "$work/north.cfg" "$right" | grep -q "the running node took"; }
eventually 60 sees
eventually 60 has_plan
doctor 0 "ok    running     a node runs|answers, says the running node|ok    plan        small |the running node took" "$right"
check "it is still here" sees
check "its process was not taken for another" test "$(grep -c 'another coordinator' "$work/north.state/log.jsonl")" = 0
stop "$running"
doctor 0 "no node runs" "$right"
check "nothing is left behind in the state folder" test -z "$(find "$work/north.state" -name 'doctor.*')"

# --- the configuration --------------------------------------------------------------------------
doctor 78 "FAIL  config|did you mean \`policy.max_rounds\`|[E-CFG-012]| 0 ok, 0 warnings, 1 failure" --set policy.max_round=1
check "everything needs it" test "$(grep -c '^ skip .* needs config$' "$out")" = 11
doctor 77 "FAIL  config|\`coordinator_key\`|[E-KEY-001]" --set coordinator_key=
doctor 64 "E-USE-001|--patience" --patience 0
finish
