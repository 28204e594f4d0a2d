# cli.sh - sourced by end-to-end tests: a folder of their own, and claims about what a program says.
#
#   says STATUS WORDS COMMAND...   the command ends with STATUS, and its output holds each |-separated word
#   check CLAIM COMMAND...         the command succeeds
#   eventually SECONDS COMMAND...  the command succeeds within that time: it is tried until it does
#   start NAME COMMAND...          runs beside the test, in $work/NAME.out and NAME.err; $pid is it
#   stop PID [SIGNAL]              ends it and waits; its exit status
# The test ends with `finish`; what it started ends with it.
set -u
bin=${EVENHAND_BIN:?the folder of the programs}
tools=${EVENHAND_TOOLS:+$EVENHAND_TOOLS/tools}
work=$(mktemp -d "${TMPDIR:-/tmp}/evenhand-e2e.XXXXXX")
started=()
trap '{ for p in "${started[@]}"; do kill -9 "$p"; done; wait; } 2>/dev/null; rm -rf "$work"' EXIT
wrong=0
claims=0

# What the last command of `says` wrote.
out=$work/.out
err=$work/.err

says() {
    local wanted=$1 words=$2 status=0 word
    shift 2
    "$@" >"$out" 2>"$err" </dev/null || status=$?
    claims=$((claims + 1))
    if ((status != wanted)); then
        echo "$*: exit status $status, not $wanted"
        cat "$out" "$err"
        wrong=1
        return
    fi
    while [ -n "$words" ]; do
        word=${words%%|*}
        case $words in *"|"*) words=${words#*|} ;; *) words= ;; esac
        if ! cat "$out" "$err" | grep -qF -e "$word"; then
            echo "$*: does not say \`$word\`:"
            cat "$out" "$err"
            wrong=1
        fi
    done
}

check() {
    local claim=$1
    shift
    claims=$((claims + 1))
    if ! "$@"; then
        echo "not so: $claim"
        wrong=1
    fi
}

# The only way to wait: for a condition, with a deadline that no machine should need.
eventually() {
    local limit=$1 end=$((SECONDS + $1))
    shift
    claims=$((claims + 1))
    until "$@" >"$work/.try" 2>&1 </dev/null; do
        if ((SECONDS >= end)); then
            echo "not within $limit s: $*"
            cat "$work/.try"
            wrong=1
            return 1
        fi
        sleep 0.05 # not a wait for something: a pause between two tries
    done
}

start() {
    local name=$1
    shift
    "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null &
    pid=$!
    started+=("$pid")
}

stop() {
    local status=0
    kill "-${2:-TERM}" "$1" 2>/dev/null
    wait "$1" 2>/dev/null || status=$?
    return $status
}

# A test that made no claim has tested nothing.
finish() {
    ((claims > 0)) || wrong=1
    exit $wrong
}

# small_cohort [SITES]: two small sites (or so many) in $work/cohort, and a plan of ours beside them
# that takes seconds.
small_cohort() {
    "$bin/evenhand" cohort --scale 1/32 --sites "${1:-2}" --seed 3 --out "$work/cohort" \
        >/dev/null 2>"$err" || { cat "$err"; return 1; }
    cat >"$work/cohort/small.cfg" <<'PLAN'
plan = "small"; seed = 1; rounds = 2;
tasks = ( { name = "cancer_2y"; } );
groups = ( { name = "sex"; } );
model = { name = "debias-vae"; latent = 4; hidden = 16;
          adversary = { hidden = [8]; count = 1; steps = 1; }; };
evaluate = { rounds = 2; seeds = 1; probes = ["linear"]; };
PLAN
}
