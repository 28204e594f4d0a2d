#!/bin/bash
# A small federation from the command line: what it leaves, that it repeats, and what stops it.
. tests/support/cli.sh
evenhand=$bin/evenhand
small_cohort || exit 1
plan=$work/cohort/small.cfg
digest() { sed -n 's/.*"model_digest": "\([0-9a-f]*\)".*/\1/p' "$1/report.json"; }

# 0 or 1: two rounds of a tiny model may well fail the collapse guard, and that is an answer too.
status=0
"$evenhand" simulate run "$plan" --out "$work/a" --jobs 1 >"$out" 2>"$err" || status=$?
failed=$(grep -c '"ok": false' "$work/a/report.json")
check "the status is 1 exactly when a check failed" test $status = $((failed > 0))
for file in report.json report.html model.evh model.h5 log.jsonl data/site-1.flat data/site-2.flat; do
    check "the run leaves $file" test -s "$work/a/$file"
done
check "the first line is seed, plan, version" grep -qE '^seed 1  plan small [0-9a-f]{12}  evenhand ' <(head -1 "$err")
check "a round is a line" test "$(grep -c '^round [12]/2  train  ' "$err")" = 2
check "the last line is the report's place" test "$(tail -1 "$err")" = "$work/a/report.json"
check "stdout is the report" grep -q '^Utility, before and after' "$out"
check "stdout fits 100 columns" test "$(awk '{ if (length > n) n = length } END { print n }' "$out")" -le 100
check "and before it the page's" test "$(tail -2 "$err" | head -1)" = "$work/a/report.html"
check "the page is whole" test "$(head -1 "$work/a/report.html"; tail -1 "$work/a/report.html")" = $'<!DOCTYPE html>\n</html>'
mv "$work/a/report.html" "$work/page.html"
says 0 "" "$evenhand" report "$work/a"
cp "$out" "$work/report.txt"
check "report makes no page unless asked" test ! -e "$work/a/report.html"
says 0 "$work/a/report.html" "$evenhand" report "$work/a" --html
check "the page made again is the same" cmp "$work/page.html" "$work/a/report.html"
check "stdout is the report with --html too" cmp "$work/report.txt" "$out"
says 0 '"schema":"evenhand.report/1"' "$evenhand" report "$work/a" --html --json
check "--html --json prints one line" test "$(wc -l <"$out")" = 1
"$evenhand" simulate run "$plan" --out "$work/b" --jobs 2 >"$out" 2>"$err"
check "any number of jobs, the same weights" test -n "$(digest "$work/a")" -a "$(digest "$work/a")" = "$(digest "$work/b")"
check "any number of jobs, the same model file" cmp "$work/a/model.evh" "$work/b/model.evh"
check "the report reads as it was printed, times aside" \
    diff <(grep -v 'total\|down' "$work/report.txt") <(grep -v 'total\|down' "$out")
says $status '"schema":"evenhand.report/1"|"engine":"local"|"overrides":{"seed":"2"' \
    "$evenhand" simulate run "$plan" --out "$work/c" --set seed=2 --json
check "--json prints one line" test "$(wc -l <"$out")" = 1
check "another seed, other weights" test "$(digest "$work/a")" != "$(digest "$work/c")"
check "the log is JSON lines" test "$(grep -cv '^{.*}$' "$work/a/log.jsonl")" = 0
check "the log has its rounds" grep -q '"event":"round","stage":"train","round":2' "$work/a/log.jsonl"

# Flat files are made again when their source changed, and only then.
before=$(stat -c %y "$work/a/data/site-1.flat")
"$evenhand" simulate run "$plan" --out "$work/a" >"$out" 2>"$err"
check "a flat file is kept" test "$(stat -c %y "$work/a/data/site-1.flat")" = "$before"
touch "$work/cohort/site-1.h5"
"$evenhand" simulate run "$plan" --out "$work/a" >"$out" 2>"$err"
check "a flat file follows its source" test "$(stat -c %y "$work/a/data/site-1.flat")" != "$before"

# A damaged site: evenhand-data's own complaint and status, said once, and no report.
head -c 3000 "$work/cohort/site-2.h5" >"$work/cohort/site-3.h5"
says 65 "E-DAT-001|site-3.h5" "$evenhand" simulate run "$plan" --out "$work/d"
check "the complaint is said once" test "$(grep -c '^error' "$err")" = 1
says 65 '"code":"E-DAT-001"|"exit":65' "$evenhand" simulate run "$plan" --out "$work/d" --json
check "no report of a run that failed" test ! -e "$work/d/report.json"
rm "$work/cohort/site-3.h5"

# A label that no site has, a folder that cannot be made.
sed 's/cancer_2y/diabetes/' "$plan" >"$work/cohort/label.cfg"
says 65 "E-DAT-004|diabetes" "$evenhand" simulate run "$work/cohort/label.cfg" --out "$work/e"
says 73 "E-IO-002" "$evenhand" simulate run "$plan" --out "$plan/in-a-file"

# Interrupted: status 130, nothing half-written.
timeout --preserve-status -s INT 2 "$evenhand" simulate run "$plan" --out "$work/f" --set rounds=100000 >"$out" 2>"$err"
status=$?
check "an interrupt ends it with 130, not $status" test $status = 130
check "an interrupted run has no report" test ! -e "$work/f/report.json"
check "an interrupted run leaves no temporary file" test -z "$(find "$work/f" -maxdepth 1 -type f ! -name log.jsonl)"
finish
