#!/bin/bash
# A federation of real programs whose every line flips a random bit every 1 to 5 s, either way.
#
#   FLIP_SECONDS=300   at least so long, in as many runs as that takes
#   FLIP_ROUNDS=400    training rounds of each run
#
# Every round of every run completes with all sites, every run ends in the model of an undisturbed
# one, and a node whose line was damaged is back within 60 s.
. tests/support/cli.sh
. tests/support/network.sh
tools=${EVENHAND_TOOLS:?the folder of programs that are for tests, build/release/tests}
seconds=${FLIP_SECONDS:-300}
rounds=${FLIP_ROUNDS:-400}
BACK_S=60
sites=(site-1 site-2 site-3)
proxies=()

small_cohort 3 || exit 1
plan=$work/cohort/small.cfg
sed -i "1s/rounds = 2/rounds = $rounds/" "$plan"
echo 'round = { quorum = 1.0; };' >>"$plan"
"$bin/evenhand" simulate run "$plan" --engine local --out "$work/alone" >"$out" 2>"$err"
want=$(model_of "$work/alone")

# bad_line SITE SEED: a proxy for it; sets $line, its endpoint.
bad_line() {
    "$tools/tools/flip_proxy" "${endpoint##*:}" 1000 5000 "$2" >"$net/$1.line" &
    proxies+=($!)
    started+=($!)
    network_until 10 test -s "$net/$1.line"
    line=tcp://127.0.0.1:$(head -1 "$net/$1.line")
}

# longest_away SITE: the longest that it took from a flip until its line was up again, in seconds;
# of flips after the last time, until the run was over.
longest_away() {
    awk -v end=$(($(date +%s) % 86400)) '
        BEGIN { n = next_flip = waiting = most = 0 }
        function wait_for(now, i) {
            for (i = 0; i < waiting; i++)
                if ((now - flip[i] + 86400) % 86400 > most) most = (now - flip[i] + 86400) % 86400
            waiting = 0
        }
        $1 == "flip" { at[n++] = $2 % 86400 }
        /"event":"line".*"is":"up"/ {
            split(substr($0, index($0, "T") + 1, 8), t, ":")
            now = t[1] * 3600 + t[2] * 60 + t[3]
            for (; next_flip < n && at[next_flip] <= now; next_flip++) flip[waiting++] = at[next_flip]
            wait_for(now)
        }
        END { while (next_flip < n) flip[waiting++] = at[next_flip++]; wait_for(end); print most + 0 }
    ' "$net/$1.line" "$net/$1.state/log.jsonl"
}

runs=0 flips=0 damages=0 away=0
from=$SECONDS
while ((SECONDS - from < seconds && wrong == 0)); do
    rm -rf "$net"
    proxies=()
    network_open "$plan" "${sites[@]}"
    network_coordinator
    for at in 0 1 2; do
        bad_line "${sites[at]}" $((3 * runs + at))
        network_node "${sites[at]}" "$line"
    done
    status=0
    network_end || status=$?
    check "run $runs ends (1: a check of its own says no)" test $status -le 1
    kill "${proxies[@]}"
    wait "${proxies[@]}" || true
    check "with the model of an undisturbed run" test -n "$want" -a "$(model_of "$net/run")" = "$want"
    check "three sites in every round" test "$(grep -c '"rounds_missed": 0' "$net/run/report.json")" = 3
    check "no frame that passed was wrong" test "$(network_log '"frame refused"')" = 0
    for site in "${sites[@]}"; do
        flips=$((flips + $(grep -c '^flip' "$net/$site.line")))
        damages=$((damages + $(grep -c '"is":"up"' "$net/$site.state/log.jsonl") - 1))
        longest=$(longest_away "$site")
        ((longest > away)) && away=$longest
    done
    network_close 2>/dev/null
    runs=$((runs + 1))
done
echo "$runs runs, $((runs * rounds)) training rounds, $((SECONDS - from)) s: $flips bits flipped," \
    "$damages times a line was back, at most $away s after a flip"
check "bits were flipped" test "$flips" -ge $((seconds / 5))
check "lines were damaged" test "$damages" -ge $((seconds / 10))
check "a node is back within $BACK_S s" test "$away" -le $BACK_S
finish
