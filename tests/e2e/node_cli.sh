#!/bin/bash
# evenhand-node and evenhand-coordinator at the command line: init, settings, status, usage, JSON.
. tests/support/cli.sh
node=$bin/evenhand-node
coordinator=$bin/evenhand-coordinator
small_cohort || exit 1
envelope() { [ "$(wc -l <"$out")" = 1 ] && grep -q '^{"schema":"evenhand.result/1","command":"'"$1"'".*}$' "$out"; }

# --- help and usage -----------------------------------------------------------------------------
for verb in "" init run doctor status settings explain; do
    # shellcheck disable=SC2086
    says 0 "usage: " "$node" $verb --help
    check "--help of node '$verb' says nothing on stderr" test ! -s "$err"
done
for verb in "" init run status settings explain; do
    # shellcheck disable=SC2086
    says 0 "usage: " "$coordinator" $verb --help
    check "--help of coordinator '$verb' says nothing on stderr" test ! -s "$err"
done
for program in "$node" "$coordinator"; do
    says 64 "E-USE-001" "$program"
    says 64 "did you mean \`status\`?" "$program" staus
    for verb in init run status; do
        says 64 "got 0 arguments" "$program" $verb
        says 64 "got 2 arguments" "$program" $verb a.cfg b.cfg
        says 64 "did you mean \`--set\`?" "$program" $verb a.cfg --sett x=1
        says 64 '"ok":false|"exit":64|"code":"E-USE-001"' "$program" $verb --json
        check "a usage error of $verb is an envelope" envelope "$(basename "$program") $verb"
    done
    for verb in run status; do
        says 74 "error[E-IO-001] $work/none.cfg|fix:" "$program" $verb "$work/none.cfg"
        says 74 '"code":"E-IO-001"|"where":' "$program" $verb "$work/none.cfg" --json
        check "an error of $verb is an envelope" envelope "$(basename "$program") $verb"
    done
    says 0 "E-NET-005|has no address|exit:  69" "$program" explain E-NET-005
done
says 64 "got 0 arguments" "$node" doctor
says 64 "neither network nor process" "$coordinator" run "$work/none.cfg" --engine mpi

# --- settings -----------------------------------------------------------------------------------
says 0 "| key | type|\`coordinator_key\`|\`policy.max_rounds\`" "$node" settings
check "settings stand in configs/README.md" grep -qxF "$(grep '^| .policy.max_rounds' "$out")" configs/README.md
says 0 '"manual":"| key' "$node" settings --json
check "settings --json is an envelope" envelope "evenhand-node settings"
says 0 "| key | type|\`begin.sites\`" "$coordinator" settings
says 0 '"manual":"| key' "$coordinator" settings --json
check "settings --json is an envelope" envelope "evenhand-coordinator settings"

# --- init ---------------------------------------------------------------------------------------
says 64 "--name|letters, digits" "$node" init "$work/north.cfg" --name "a site"
check "a name that is none makes no file" test ! -e "$work/north.cfg"
says 0 "$work/north.state/north.pub|fingerprint|by phone|north.cfg is new" "$node" init "$work/north.cfg" --name north
check "stdout is the public key's place alone" test "$(cat "$out")" = "$work/north.state/north.pub"
check "the secret key is its owner's" test "$(stat -c %a "$work/north.state" "$work/north.state/north.key" | tr '\n' ' ')" = "700 600 "
check "the file says what is missing" grep -q '^coordinator_key = "";$' "$work/north.cfg"
cp "$work/north.state/north.key" "$work/kept.key"
cp "$work/north.cfg" "$work/kept.cfg"
print=$(awk '/^fingerprint/ { print $2 }' "$err")
says 0 "$print" "$node" init "$work/north.cfg" --name other
check "init twice keeps the key" cmp "$work/kept.key" "$work/north.state/north.key"
check "and the configuration" cmp "$work/kept.cfg" "$work/north.cfg"
says 0 "\"fingerprint\":\"$print\"|\"public_key\":" "$node" init "$work/north.cfg" --json
check "init --json is an envelope" envelope "evenhand-node init"
rm "$work/north.state/north.pub"
says 0 "$print" "$node" init "$work/north.cfg"
check "a lost public key is made again" test "$(awk '{ print $1, $3 }' "$work/north.state/north.pub")" = "evenhand-public-key north"
echo "damaged" >"$work/north.state/north.key"
says 77 "E-KEY-001|north.key" "$node" init "$work/north.cfg"
check "a damaged key is not replaced" grep -qx damaged "$work/north.state/north.key"
cp "$work/kept.key" "$work/north.state/north.key"
says 73 "E-IO-002" "$node" init "$work/no/such/folder.cfg"

says 0 "coordinator.state/coordinator.pub|fingerprint|co.cfg is new" "$coordinator" init "$work/co.cfg"
cp "$work/coordinator.state/coordinator.key" "$work/kept.key"
says 0 "fingerprint" "$coordinator" init "$work/co.cfg"
check "init twice keeps the coordinator's key" cmp "$work/kept.key" "$work/coordinator.state/coordinator.key"
check "and makes the folder of sites" test -d "$work/sites"
says 0 '"public_key":' "$coordinator" init "$work/co.cfg" --json
check "init --json is an envelope" envelope "evenhand-coordinator init"

# --- run, before there is anything to run -------------------------------------------------------
says 77 "E-KEY-001|coordinator_key" "$node" run "$work/north.cfg"
sed -i "s/^coordinator_key = .*/coordinator_key = \"$(awk '{ print $4 }' "$work/coordinator.state/coordinator.pub")\";/
    s|^data = .*|data = \"cohort/site-1.h5\";|" "$work/north.cfg"
says 77 "E-KEY-003|run \`init\`" "$node" run "$work/north.cfg" --set state="$work/empty.state"
says 74 "E-IO-001|gone.h5" "$node" run "$work/north.cfg" --set data="$work/gone.h5"
says 78 "E-NET-002" "$node" run "$work/north.cfg" --set coordinator=nowhere
says 69 "E-NET-003" "$node" run "$work/north.cfg" --set coordinator=tcp://127.0.0.1:1 --set patience_s=1
sed -i 's|^plan = .*|plan = "cohort/small.cfg";|; s|^listen = .*|listen = "tcp://127.0.0.1:*";|
    s|^begin = .*|begin = { sites = 2; patience_s = 3600; };|' "$work/co.cfg"
says 69 "E-NET-001" "$coordinator" run "$work/co.cfg" --set listen=tcp://192.0.2.1:7443

# --- status: never, while it runs, after --------------------------------------------------------
rm -rf "$work/north.state/status.json" "$work/north.state/lock" "$work/coordinator.state/status.json" "$work/coordinator.state/lock"
says 74 "no node ever ran with this state folder" "$node" status "$work/north.cfg"
says 74 '"code":"E-IO-001"' "$node" status "$work/north.cfg" --json
says 74 "no coordinator ever ran" "$coordinator" status "$work/co.cfg"
cp "$work/north.state/north.pub" "$work/sites/"
start co "$coordinator" run "$work/co.cfg" --lines
co=$pid
eventually 60 grep -q '"event":"listening"' "$work/co.out"
endpoint=$(sed -n 's/.*"endpoint":"\([^"]*\)".*/\1/p' "$work/co.out")
start north "$node" run "$work/north.cfg" --set coordinator="$endpoint"
north=$pid
shows() { "${@:2}" | grep -q "$1"; }
eventually 60 shows "^plan  *small [0-9a-f]" "$node" status "$work/north.cfg"
says 0 "site         north|coordinator  $endpoint  line up|clock        |s from the coordinator's|phase        " \
    "$node" status "$work/north.cfg"
check "it runs" test "$(grep -c 'NOT RUNNING' "$out")" = 0
says 0 '"running":true|"schema":"evenhand.node-status/1"|"line":"up"' "$node" status "$work/north.cfg" --json
check "status --json is an envelope" envelope "evenhand-node status"
says 75 "E-IO-008|runs already" "$node" run "$work/north.cfg" --set coordinator="$endpoint"
says 75 "E-IO-008|runs already" "$coordinator" run "$work/co.cfg"
eventually 60 shows "^north  *here " "$coordinator" status "$work/co.cfg"
says 0 "plan small |LISTEN|deadline in|joined/missed" "$coordinator" status "$work/co.cfg"
says 0 '"running":true|"sites":[{"name":"north","title":"north","state":"here"' "$coordinator" status "$work/co.cfg" --json
check "status --json is an envelope" envelope "evenhand-coordinator status"

# A node that was killed says so, and one that starts anew does not say what its last life said.
stop "$north" KILL
says 0 "NOT RUNNING: what it said at 20|plan         small" "$node" status "$work/north.cfg"
says 0 '"running":false' "$node" status "$work/north.cfg" --json
mkfifo "$work/slow.h5" # data that take their time
start north "$node" run "$work/north.cfg" --set coordinator=tcp://127.0.0.1:1 --set data="$work/slow.h5"
eventually 60 shows "^phase  *READING" "$node" status "$work/north.cfg"
check "its last life's plan is forgotten" test "$("$node" status "$work/north.cfg" | grep -c '^plan')" = 0
stop "$pid"
start north "$node" run "$work/north.cfg" --set coordinator=tcp://127.0.0.1:1
north=$pid
eventually 60 shows "line nothing listens.*E-NET-003" "$node" status "$work/north.cfg"
says 0 "coordinator  tcp://127.0.0.1:1|phase        CONNECTING" "$node" status "$work/north.cfg"
status=0; stop "$north" || status=$?
check "it ends by the signal that asked it to" test $status = 143
status=0; stop "$co" || status=$?
check "so does a coordinator" test $status = 143
says 0 "NOT RUNNING|plan small " "$coordinator" status "$work/co.cfg"
check "what they said lies in logs of JSON lines" test "$(grep -cv '^{.*}$' "$work/north.state/log.jsonl" "$work/run/log.jsonl" | grep -c ':0$')" = 2
finish
