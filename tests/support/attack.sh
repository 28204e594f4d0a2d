# attack.sh - sourced by tests/hostile: attack.c against the coordinator of network.sh.
#
#   attack HOW NAME AMOUNT     NAME's key; words of attack.c
#   attack_unseen HOW NAME N   N strangers are refused, each with one line, and nothing else happens
. tests/support/cli.sh
. tests/support/network.sh
tools=${EVENHAND_TOOLS:?the folder of programs that are for tests, build/release/tests}

attack() {
    "$tools/hostile/attack" "$1" "$endpoint" "$net/coordinator.state/coordinator.pub" \
        "$net/$2.state/$2.key" "$3"
}

refused() { network_log 'refused at the door'; }
refused_by() { test "$(refused)" -ge "$1"; }

attack_unseen() {
    local before
    before=$(refused)
    check "$1: $3 attempts, all refused" attack "$1" "$2" "$3"
    check "$1: a line each" network_until 20 refused_by $((before + $3))
    sleep .2
    check "$1: one line each" test "$(refused)" = $((before + $3))
}

# What the coordinator has of its own, and had at most of all, in KiB.
memory() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$coordinator/status"; }
