# cli.sh - sourced by end-to-end tests: a folder of their own, and claims about what a program says.
#
#   says STATUS WORDS COMMAND...   the command ends with STATUS, and its output holds each |-separated word
#   check CLAIM COMMAND...         the command succeeds
# The test ends with `finish`.
set -u
bin=${EVENHAND_BIN:?the folder of the programs}
work=$(mktemp -d "${TMPDIR:-/tmp}/evenhand-e2e.XXXXXX")
trap 'rm -rf "$work"' EXIT
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
