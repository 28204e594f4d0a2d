# network.sh - sourced after cli.sh: a federation of the real programs, each started by hand.
#
#   network_open PLAN SITE...      keys of all; the SITEs are enrolled, and so many are awaited
#   network_key SITE               key and configuration of another one
#   network_enrol SITE             and its enrolment: no restart
#   network_coordinator [WORD...]  starts it; sets $coordinator (its process) and $endpoint
#   network_node SITE [ENDPOINT]   starts a node; sets $node (its process)
#   network_end                    waits for the coordinator; its exit status
#   network_until SECONDS COMMAND  waits until the command succeeds; fails when it does not in time
#   network_sites STATE            how many sites the coordinator's status shows in this state
#   network_log WORDS              how many lines of the coordinator's log hold them
#   model_of FOLDER                the digest of the model that a run left there
#
# All lies in $net: coordinator.cfg, run/, SITE.cfg, SITE.state, SITE.err, sites/. A site's data are
# $work/cohort/SITE.h5. What was started is ended with the script.
net=$work/net
started=()
trap 'network_close; rm -rf "$work"' EXIT

network_close() {
    local process
    for process in "${started[@]}"; do kill "$process" 2>/dev/null && kill -CONT "$process"; done
    wait
    started=()
}

network_key() {
    cat >"$net/$1.cfg" <<CONFIG
name = "$1"; state = "$net/$1.state"; data = "$work/cohort/$1.h5"; policy = { max_rounds = 0; };
coordinator = "tcp://127.0.0.1:1"; coordinator_key = "$(cat "$net/coordinator.state/coordinator.pub")";
CONFIG
    "$bin/evenhand-node" init "$net/$1.cfg" >/dev/null 2>"$err" || cat "$err"
}

network_enrol() {
    cp "$net/$1.state/$1.pub" "$net/sites/"
}

network_open() {
    local plan=$1 site
    shift
    mkdir -p "$net"
    cat >"$net/coordinator.cfg" <<CONFIG
listen = "tcp://127.0.0.1:*"; plan = "$plan"; sites = "$net/sites"; out = "$net/run";
state = "$net/coordinator.state"; begin = { sites = $#; };
CONFIG
    "$bin/evenhand-coordinator" init "$net/coordinator.cfg" >/dev/null 2>"$err" || cat "$err"
    for site; do network_key "$site" && network_enrol "$site"; done
}

network_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep .05
    done
}

network_listens() {
    endpoint=$(sed -n 's/.*"endpoint": *"\([^"]*\)".*/\1/p' "$net/coordinator.out" 2>/dev/null)
    [ -n "$endpoint" ]
}

network_coordinator() {
    "$bin/evenhand-coordinator" run "$net/coordinator.cfg" --lines "$@" \
        >"$net/coordinator.out" 2>"$net/coordinator.err" </dev/null &
    coordinator=$!
    started+=("$coordinator")
    network_until 20 network_listens || cat "$net/coordinator.err"
}

network_node() {
    "$bin/evenhand-node" run "$net/$1.cfg" --set "coordinator=${2:-$endpoint}" --quiet \
        >"$net/$1.out" 2>"$net/$1.err" </dev/null &
    node=$!
    started+=("$node")
}

network_end() {
    local status=0
    wait "$coordinator" || status=$?
    return $status
}

network_sites() {
    "$bin/evenhand-coordinator" status "$net/coordinator.cfg" --json | grep -o "\"state\":\"$1\"" | wc -l
}

network_log() {
    grep -c -e "$1" "$net/run/log.jsonl"
}

model_of() {
    sed -n 's/.*"model_digest": "\([0-9a-f]*\)".*/\1/p' "$1/report.json"
}
