#!/bin/bash
# What the real programs cost while they wait: a node's start and own memory, and a coordinator that
# holds 300 idle lines. RssAnon is what a process has of its own: not shared, not backed by a file.
. tests/support/cli.sh
. tests/support/network.sh
tools=${EVENHAND_TOOLS:?the folder of programs that are for tests, build/release/tests}
STARTS=21
LINES=300
IDLE_S=20

small_cohort 2 || exit 1
network_open "$work/cohort/small.cfg" site-1 site-2
network_coordinator

# of PROCESS KEY: from its status, in KiB. spent PROCESS: processor time so far, in ms.
of() { sed -n "s/^$2:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$1/status"; }
spent() { awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) * 1000 / hz }' "/proc/$1/stat"; }
starts() { "$tools/tools/startup" $STARTS "$1" "$2" "$bin/evenhand-node" run "$net/site-1.cfg" --set "coordinator=$3" --quiet; }

log=$net/site-1.state/log.jsonl
port=$((20000 + RANDOM % 10000))
"$bin/evenhand-data" pack "$work/cohort/site-1.h5" --out "$work/site-1.flat" >"$out" 2>"$err" || cat "$err"
echo "evenhand-node from HDF5, exec to HELLO answered    $(starts "$log" '"event":"plan"' "$endpoint")"
sed -i "s|data = \"[^\"]*\"|data = \"$work/site-1.flat\"|" "$net/site-1.cfg"
echo "evenhand-node, exec to first bytes on the wire     $(starts - $port "tcp://127.0.0.1:$port")"
echo "evenhand-node, exec to line up                     $(starts "$log" '"is":"up"' "$endpoint")"
echo "evenhand-node, exec to HELLO answered              $(starts "$log" '"event":"plan"' "$endpoint")"

network_node site-1
planned() { grep -q '"event":"plan"' "$log"; }
network_until 20 planned
sleep 2
before=$(spent "$node")
sleep $IDLE_S
echo "evenhand-node, idle: $(of "$node" RssAnon) KiB of its own, $(of "$node" VmRSS) KiB resident," \
    "$(ls "/proc/$node/task" | wc -l) threads, $(($(spent "$node") - before)) ms of a processor in $IDLE_S s"

own=$(of "$coordinator" RssAnon)
mkfifo "$work/hold"
mkdir "$work/keys"
"$tools/tools/crowd" "$endpoint" "$net/coordinator.state/coordinator.pub" "$work/keys" "$net/sites" \
    $LINES <"$work/hold" >"$work/crowd" &
started+=($!)
exec 3>"$work/hold"
up() { grep -q up "$work/crowd"; }
network_until 120 up || echo "not all lines came up"
sleep 3
before=$(spent "$coordinator")
sleep $IDLE_S
took=$(($(spent "$coordinator") - before))
echo "evenhand-coordinator, $LINES idle lines: $((took / (IDLE_S * 10))).$((took / IDLE_S % 10)) % of a core," \
    "$((($(of "$coordinator" RssAnon) - own) / LINES)) KiB each, $(of "$coordinator" RssAnon) KiB in all"
exec 3>&-
