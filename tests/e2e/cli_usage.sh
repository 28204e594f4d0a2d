#!/bin/bash
# The front command's manners: help on stdout, complaints with a code on stderr, one envelope of JSON.
. tests/support/cli.sh
evenhand=$bin/evenhand

# --help of every verb goes to stdout and is no error.
verbs=("" "simulate" "simulate run" "simulate sweep" "simulate new" "simulate settings" "report" "explain" "version"
    "data" "data import" "data pack" "data check" "data describe" "cohort" "transform")
for verb in "${verbs[@]}"; do
    # shellcheck disable=SC2086
    says 0 "usage: " "$evenhand" $verb --help
    check "--help of '$verb' says nothing on stderr" test ! -s "$err"
done

# The command line is judged before anything is done.
touch "$work/plan.cfg"
says 64 "error[E-USE-001]" "$evenhand"
says 64 "did you mean \`simulate run\`?" "$evenhand" simulate rnu
says 64 "E-USE-001" "$evenhand" frobnicate
says 64 "one word more" "$evenhand" simulate
says 64 "--out" "$evenhand" simulate run "$work/plan.cfg"
says 64 "did you mean \`--engine\`?" "$evenhand" simulate run "$work/plan.cfg" --out "$work/o" --engin local
says 64 "has: local" "$evenhand" simulate run "$work/plan.cfg" --out "$work/o" --engine mpi
for jobs in 0 -1 65 two 2x ''; do
    says 64 "--jobs|1 to 64" "$evenhand" simulate run "$work/plan.cfg" --out "$work/o" --jobs="$jobs"
done
says 64 "wants PLAN.cfg, got 2 arguments" "$evenhand" simulate run "$work/plan.cfg" b --out "$work/o"
check "a refused command line makes no folder" test ! -e "$work/o"

# explain, version
says 0 "E-CFG-012|a setting is not known|exit:  78" "$evenhand" explain E-CFG-012
says 0 "E-CFG-012" "$evenhand" explain e-cfg-012
says 0 "E-IO-001|E-INT-001" "$evenhand" explain
says 64 "is no code of ours" "$evenhand" explain E-CFG-999
says 0 "evenhand " "$evenhand" version
check "version and --version agree" test "$("$evenhand" version)" = "$("$evenhand" --version)"

# --json: stdout holds one line, the envelope, whether it went well or not.
envelope() { [ "$(wc -l <"$out")" = 1 ] && grep -q '^{"schema":"evenhand.result/1".*}$' "$out"; }
says 0 '"ok":true|"exit":0|"data":{"program":"evenhand"' "$evenhand" version --json
check "version --json is an envelope" envelope
says 0 '"markdown":' "$evenhand" simulate settings --json
check "settings --json is an envelope" envelope
says 64 '"ok":false|"exit":64|"code":"E-USE-001"' "$evenhand" frobnicate --json
check "an error is an envelope" envelope
says 74 '"code":"E-IO-001"|"exit":74' "$evenhand" report "$work/nowhere" --json
check "a missing report is an envelope" envelope

# report reads what is there, or says why not.
mkdir "$work/run"
says 74 "error[E-IO-001] $work/run/report.json" "$evenhand" report "$work/run"
echo '{"schema": ' >"$work/run/report.json"
says 65 "E-IO-006|report.json:" "$evenhand" report "$work/run"
echo '{"schema": "evenhand.report/9"}' >"$work/run/report.json"
says 65 "evenhand.report/9|evenhand.report/1 is wanted" "$evenhand" report "$work/run"
says 65 "evenhand.report/9" "$evenhand" report "$work/run" --json
says 65 "evenhand.report/9" "$evenhand" report "$work/run" --html
check "no page of a report that is not ours" test ! -e "$work/run/report.html"

# Verbs of evenhand-data keep its words and its exit status; without it, the remedy is named.
says 64 "error[E-USE-001]" "$evenhand" data frobnicate
says 64 "--out" "$evenhand" cohort
mkdir "$work/alone"
cp "$evenhand" "$work/alone/evenhand"
says 70 "error[E-IO-005] $work/alone/evenhand-data|in one folder" "$work/alone/evenhand" data check x.h5
says 70 "error[E-IO-005]" "$work/alone/evenhand" cohort --out "$work/o"
says 70 "error[E-IO-005]" "$work/alone/evenhand" transform model.evh --in x.h5 --out "$work/o"
finish
