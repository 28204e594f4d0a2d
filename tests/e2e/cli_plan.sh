#!/bin/bash
# A plan that is wrong is refused before anything runs: with its place, what was meant, and status 78.
. tests/support/cli.sh
evenhand=$bin/evenhand

cd "$work" || exit 1
says 0 "good.cfg" "$evenhand" simulate new good
check "the plan bears its name" grep -q '^plan = "good";' good.cfg
says 73 "is not overwritten" "$evenhand" simulate new good
says 0 "there.cfg" "$evenhand" simulate new good --out there.cfg
says 0 '"data":{"plan":"other.cfg"}' "$evenhand" simulate new other --json
for name in "" a/b .hidden 'a"b' "a b" -- -x; do
    says 64 "E-USE-001" "$evenhand" simulate new "$name"
done

# run STATUS WORDS FILE [--set key=value]...
run() {
    local status=$1 words=$2 plan=$3
    shift 3
    says "$status" "$words" "$evenhand" simulate run "$plan" --out run "$@"
}

run 74 "E-IO-001|absent.cfg" absent.cfg
sed 's/epochs = 1/epochz = 1/' good.cfg >misspelt.cfg
run 78 "E-CFG-012|misspelt.cfg:|\`local.epochz\`|did you mean \`local.epochs\`?" misspelt.cfg
sed 's/rounds = 40/rounds = 0/' good.cfg >range.cfg
run 78 "E-CFG-014|range.cfg:|rounds" range.cfg
sed 's/rounds = 40/rounds = "many"/' good.cfg >type.cfg
run 78 "E-CFG-013|type.cfg:" type.cfg
sed 's/debias-vae/debias-vea/' good.cfg >model.cfg
run 78 "E-CFG-015|debias-vea|debias-vae" model.cfg
sed 's/seed = 1;/seed = 5000000000;/' good.cfg >integer.cfg
run 78 "E-CFG-020|integer.cfg:" integer.cfg
sed 's/^plan = .*//' good.cfg >missing.cfg
run 78 "E-CFG-011|plan" missing.cfg
printf 'plan = \n' >syntax.cfg
run 78 "E-CFG-001|syntax.cfg:" syntax.cfg

# The same for --set, which says so.
run 78 "E-CFG-012|--set|did you mean \`local.batch\`?" good.cfg --set local.batchs=3
run 78 "E-CFG-014|--set" good.cfg --set local.batch=0
run 78 "E-CFG-015|best|fedavg" good.cfg --set merge.rule=best
run 64 "E-USE-001|--set" good.cfg --set rounds
run 78 "E-EVA-001" good.cfg --set evaluate.score=train
check "a refused plan makes no folder" test ! -e run

# A plan that is right, without a site to run on.
run 65 "E-DAT-008|holds no *.h5" good.cfg
run 74 "E-IO-001|nowhere" good.cfg --set data.root=nowhere
run 74 "E-IO-001|data/unheard.cfg" good.cfg --set data.prepare=unheard
check "a run that failed leaves no report" test ! -e run/report.json
check "a run that failed says so in its log" grep -q '"event":"failed","code":"E-DAT-008"' run/log.jsonl
finish
