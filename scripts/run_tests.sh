#!/bin/bash
# run_tests.sh PROGRAM...    runs tests, two at a time, and says how they went
#
#   *.sh          one test: its exit status
#   */fuzz_NAME   one test: FUZZ_SECONDS of libFuzzer, seeds from tests/fuzz/corpus/NAME,
#                 finds to $FUZZ_CORPUS/NAME; what breaks it lies beside that folder
#   others        cmocka: as many tests as it says; one that crashes, hangs, skips a test or runs
#                 none has failed
#
# Prints a line a program, the whole output of those that failed, and last `N passed, N failed`.
# EVENHAND_TALLY names a file that collects such lines over several runs.
set -u -o pipefail

work=$(mktemp -d "${TMPDIR:-/tmp}/evenhand-tests.XXXXXX")
trap 'rm -rf "$work"' EXIT
unset CMOCKA_MESSAGE_OUTPUT CMOCKA_XML_FILE CMOCKA_TEST_FILTER CMOCKA_SKIP_FILTER

# Sums all lines "[  WORD  ] N test(s)" of a log: a program may hold several groups.
counted() {
    sed -n "s/^\[ *$1 *\] \([0-9][0-9]*\) test(s).*/\1/p" "$2" | awk '{ n += $1 } END { print n + 0 }'
}

fuzz() {
    local name=${1##*/fuzz_} finds seeds
    finds=$FUZZ_CORPUS/$name seeds=tests/fuzz/corpus/$name
    mkdir -p "$finds"
    [ -d "$seeds" ] || seeds=
    "$1" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -verbosity=1 \
        -artifact_prefix="${FUZZ_CORPUS%/*}/$name." "$finds" ${seeds:+"$seeds"}
}

# one INDEX PROGRAM: leaves "passed failed" in $work/INDEX.count and the output in $work/INDEX.log
one() {
    local at=$1 program=$2 log=$work/$1.log from status passed=0 failed=0
    local limit=${EVENHAND_TEST_LIMIT_S:-900}
    mkdir "$work/$at"
    from=${EPOCHREALTIME/[.,]/}
    case $program in
    */fuzz_*) export -f fuzz && TMPDIR=$work/$at bash -c 'fuzz "$1"' - "$program" ;;
    *) TMPDIR=$work/$at timeout -k 10 "$limit" "$program" ;;
    esac >"$log" 2>&1 </dev/null
    status=$?
    case $program in
    *.sh | */fuzz_*) ((status == 0)) && passed=1 || failed=1 ;;
    *)
        passed=$(counted PASSED "$log")
        failed=$(($(counted FAILED "$log") + $(counted SKIPPED "$log")))
        ((passed + failed == 0 || (status != 0 && failed == 0))) && failed=$((failed + 1))
        ;;
    esac
    if ((status == 124 || status == 137)); then
        echo "run_tests.sh: killed after $limit s" >>"$log"
    elif ((failed > 0)); then
        echo "run_tests.sh: exit status $status" >>"$log"
    fi
    echo "$passed $failed" >"$work/$at.count"
    from=$((${EPOCHREALTIME/[.,]/} - from))
    printf '%-60s %4d passed, %d failed  %3d.%02d s\n' "$program" "$passed" "$failed" \
        $((from / 1000000)) $((from / 10000 % 100))
    rm -rf "${work:?}/$at"
}

at=0
for program; do
    while (($(jobs -rp | wc -l) >= ${EVENHAND_TEST_JOBS:-2})); do wait -n; done
    one $at "$program" &
    at=$((at + 1))
done
wait

at=0 passed=0 failed=0
for program; do
    read -r p f <"$work/$at.count" || { p=0 f=1; }
    passed=$((passed + p)) failed=$((failed + f))
    if ((f > 0)); then
        printf '\n---- %s\n' "$program"
        cat "$work/$at.log"
    fi
    at=$((at + 1))
done
if ((passed + failed == 0)); then
    echo "run_tests.sh: there was nothing to run" >&2
    failed=1
fi
[ -z "${EVENHAND_TALLY:-}" ] || echo "$passed passed, $failed failed" >>"$EVENHAND_TALLY"
echo "$passed passed, $failed failed"
((failed == 0))
