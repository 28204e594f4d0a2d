#!/bin/bash
# simulate sweep: chosen on validation patients, scored once on test patients; stopped, it goes on.
. tests/support/cli.sh
evenhand=$bin/evenhand
small_cohort || exit 1
plan=$work/cohort/small.cfg
# Validation patients are few here: nothing is withheld.
sed -i '$a privacy = { min_cell = 1; }; data = { validation = 0.5; };' "$plan"
over=(--over 'model.adversary.weight=0,5' --over 'model.latent=4,8')
sweep() { "$evenhand" simulate sweep "$plan" "${over[@]}" "$@"; }
splits() { grep -ho '"split": "[a-z-]*"' "$@" | sort -u; }
# number KEY POINT: of the frontier that the chosen one's report holds
field() { sed -n '/^  "frontier": \[/,$p' "$work/a/chosen/report.json" | grep "^      \"$1\": " | sed -n "$2p" | sed 's/.*: \(.*[^,]\),*$/\1/'; }

# Nothing is begun that could not end.
says 64 "E-USE-001|--over" "$evenhand" simulate sweep "$plan" --out "$work/no"
says 64 "E-USE-001|--out" sweep
says 64 "E-USE-001|evaluate.score" sweep --over evaluate.score=test --out "$work/no"
says 64 "E-USE-001|evaluate.score" sweep --set evaluate.score=test --out "$work/no"
says 64 "more than 64 points" sweep --over seed=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17 --out "$work/no"
says 64 "utility>=X" sweep --choose leakage --out "$work/no"
says 64 "utility>=X" sweep --choose 'utility>=much' --out "$work/no"
says 78 "E-CFG-012|did you mean \`model.beta\`" sweep --over model.bete=1 --out "$work/no"
says 78 "E-CFG-014|model.beta" sweep --over model.beta=1,-1 --out "$work/no"
says 78 "E-SWP-002|points 1 and 2" sweep --over seed=1,01 --out "$work/no"
sed '/^model/,/}; };$/c model = { name = "linear"; };' "$plan" >"$work/cohort/linear.cfg"
says 78 "E-SWP-001|releases nothing" "$evenhand" simulate sweep "$work/cohort/linear.cfg" --over seed=1,2 --out "$work/no"
check "a refused search makes no folder" test ! -e "$work/no"

# The whole of it: four points, and the run of the chosen one, whose status is the search's.
status=0
sweep --out "$work/a" >"$work/a.txt" 2>"$err" || status=$?
check "a point is a line" test "$(grep -c '^point [1-4]/4  model.adversary.weight=[05] model.latent=[48]  utility ' "$err")" = 4
check "the last line is the record's place" test "$(tail -1 "$err")" = "$work/a/sweep.json"
for at in 001 002 003 004; do
    check "point $at is scored on validation patients alone" test "$(splits "$work/a/points/$at/report.json")" = '"split": "valid"'
done
check "the chosen one is scored on test patients" test "$(sed '/^  "search"/,$d' "$work/a/chosen/report.json" >"$work/before"; splits "$work/before")" = '"split": "test"'
check "and nobody else" test "$(grep -rl '"split": "test"' "$work/a" --include=report.json)" = "$work/a/chosen/report.json"
check "its frontier is of validation patients" test "$(sed '1,/^  "search"/d' "$work/a/chosen/report.json" >"$work/behind"; splits "$work/behind")" = '"split": "valid"'
failed=$(grep -c '"ok": false' "$work/a/chosen/report.json")
check "the status is the chosen run's" test $status = $((failed > 0))
for file in report.html report.json model.evh model.h5 log.jsonl; do
    check "the chosen one leaves $file" test -s "$work/a/chosen/$file"
done
check "the text has the search" grep -q '^Search (validation patients)' "$work/a.txt"
check "stdout fits 100 columns" test "$(awk '{ if (length > n) n = length } END { print n }' "$work/a.txt")" -le 100
check "the page has the search" grep -q '<section id="search"' "$work/a/chosen/report.html"
check "a point's page has none" grep -qv '<section id="search"' "$work/a/points/001/report.html"

# The rule, computed again from the numbers.
for at in 1 2 3 4; do
    printf '%s %s %s %s\n' "$at" "$(field utility $at)" "$(field leakage $at)" "$(field checks_held $at)"
done >"$work/numbers"
by_rule() {
    awk -v least="$1" '{ n[NR] = $1; u[NR] = $2; l[NR] = $3; h[NR] = $4 == "true"; held = held || h[NR] }
        END { for (i = 1; i <= NR; i++) {
                if (held && !h[i]) continue
                w = u[i] >= least
                if (!best || (w && !bw) || (w == bw && (w ? l[i] < l[best] : u[i] > u[best]))) { best = i; bw = w }
            }
            print n[best] }' "$work/numbers"
}
chosen() { for at in 1 2 3 4; do [ "$(field chosen $at)" = true ] && echo $at; done; }
check "four points have numbers: $(cat "$work/numbers")" test "$(grep -c '^[1-4] -*[0-9][-.0-9e]* [.0-9]* \(true\|false\)$' "$work/numbers")" = 4
check "the chosen one is the rule's" test "$(chosen)" = "$(by_rule -0.02)"
check "the chosen settings were run" grep -q "\"model.latent\": \"$(sed -n "s/^ *\"model.latent\": \"\([0-9]*\)\",*$/\1/p" "$work/behind" | sed -n "$(chosen)p")\"" "$work/before"

# Again: nothing is run, all is told.
stamp=$(stat -c %y "$work/a/chosen/report.json" "$work/a/points/001/report.json")
sweep --out "$work/a" >"$out" 2>"$err"
check "the status is as it was" test $? = $status
check "no report was made again" test "$(stat -c %y "$work/a/chosen/report.json" "$work/a/points/001/report.json")" = "$stamp"
check "every point was there" test "$(grep -c '(was there)$' "$err")" = 4
check "the text is as it was" cmp "$out" "$work/a.txt"
says $status '"schema":"evenhand.sweep/1"|"frontier":[{"point":1,"settings":{"model.adversary.weight":"0","model.latent":"4"}|"rule":' sweep --out "$work/a" --json
check "--json prints one line" test "$(wc -l <"$out")" = 1
says 73 "E-IO-007|another search" sweep --out "$work/a" --choose 'utility>=-0.5'
says 73 "E-IO-007|another search" sweep --out "$work/a" --set seed=2

# Killed between points, it goes on there, to the same choice and the same test numbers.
start killed "$evenhand" simulate sweep "$plan" "${over[@]}" --set rounds=100 --out "$work/b"
eventually 60 test -s "$work/b/points/001/report.json"
stop "$pid"
check "a signal ends it with 143" test $? = 143
check "nothing was scored on test patients" test ! -e "$work/b/chosen"
stamp=$(stat -c %y "$work/b/points/001/report.json")
sweep --set rounds=100 --out "$work/b" >"$out" 2>"$err"
check "what was there was not run again" test "$(stat -c %y "$work/b/points/001/report.json")" = "$stamp"
check "the rest was" test -s "$work/b/points/004/report.json" -a -s "$work/b/chosen/report.json"
sweep --set rounds=100 --out "$work/c" >"$out" 2>"$err"
digest() { sed -n 's/.*"model_digest": "\([0-9a-f]*\)".*/\1/p' "$1/chosen/report.json"; }
check "the same weights as without a stop" test -n "$(digest "$work/b")" -a "$(digest "$work/b")" = "$(digest "$work/c")"
check "the same record" cmp "$work/b/sweep.json" "$work/c/sweep.json"
finish
