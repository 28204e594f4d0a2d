#!/bin/bash
# A run's model applied to a site's file: what comes out is a site's file again, and the same again.
. tests/support/cli.sh
evenhand=$bin/evenhand
small_cohort || exit 1
site=$work/cohort/site-2.h5
"$evenhand" simulate run "$work/cohort/small.cfg" --out "$work/run" >"$out" 2>"$err"
check "there is a model" test -s "$work/run/model.evh"
digest=$(sed -n 's/.*"model_digest": "\([0-9a-f]*\)".*/\1/p' "$work/run/report.json")

says 0 "site-2: 4065 rows of 44 features, 4 numbers of each released (latent, sampled)" \
    "$evenhand" transform "$work/run" --in "$site" --out "$work/z.h5"
check "numbers are on stdout, words on stderr" test -s "$out" -a ! -s "$err"
says 0 "z.h5: ok, HDF5, site site-2, 4065 rows, 4 features" \
    "$evenhand" data check "$work/z.h5" --label cancer_2y --group sex
for word in model_digest "$digest" plan_digest release.layer latent release.z sampled evenhand_version; do
    check "the file notes $word" grep -qaF "$word" "$work/z.h5"
done
says 0 '"ok":true|"rows":4065|"width":44|"released":4|"model_digest":"'"$digest" \
    "$evenhand" transform "$work/run/model.h5" --in "$site" --out "$work/again.h5" --json
check "a second time makes the same bytes" cmp "$work/z.h5" "$work/again.h5"
check "nothing is left beside them" test -z "$(find "$work" -name '*.part')"

# All but x is as it was: the same patients, splits, labels and groups.
facts() { "$evenhand" data describe "$1" | tail -n +2 | grep -v '^features\|^norms'; }
check "there are facts to compare" test "$(facts "$site" | wc -l)" -gt 10
check "all but the features is as it was" diff <(facts "$site") <(facts "$work/z.h5")

# Another run takes it for a site's file.
mkdir "$work/released"
cp "$work/z.h5" "$work/released/"
sed 's/model = .*/model = { name = "linear"; };/; /adversary/d' "$work/cohort/small.cfg" >"$work/released/plan.cfg"
"$evenhand" simulate run "$work/released/plan.cfg" --out "$work/second" >"$out" 2>"$err"
check "a run on what was released ends in a report" test -s "$work/second/report.json"
says 78 "E-MOD-003|releases nothing" "$evenhand" transform "$work/second" --in "$site" --out "$work/no.h5"

# Refusals, each with its code; nothing is made.
says 73 "E-IO-002|z.h5|is kept" "$evenhand" transform "$work/run" --in "$site" --out "$work/z.h5"
check "the file that was there is as it was" cmp "$work/z.h5" "$work/again.h5"
says 65 "E-DAT-002|4 numbers found, 44 wanted" "$evenhand" transform "$work/run" --in "$work/z.h5" --out "$work/no.h5"
says 65 "E-DAT-002|/id: nothing found" \
    "$evenhand" transform "$work/run" --in "$site" --patient /id --out "$work/no.h5"
head -c 3000 "$site" >"$work/cut.h5"
says 65 "E-DAT-001|cut.h5" "$evenhand" transform "$work/run" --in "$work/cut.h5" --out "$work/no.h5"
head -c 3000 "$work/run/model.evh" >"$work/cut.evh"
says 65 "E-MOD-001|cut.evh" "$evenhand" transform "$work/cut.evh" --in "$site" --out "$work/no.h5"
cp "$work/run/model.h5" "$work/lone.h5"
says 65 "E-MOD-001|lone.evh" "$evenhand" transform "$work/lone.h5" --in "$site" --out "$work/no.h5"
says 74 "E-IO-001|nowhere" "$evenhand" transform "$work/nowhere" --in "$site" --out "$work/no.h5"
says 64 "E-USE-001|--in X.h5 and --out Z.h5" "$evenhand" transform "$work/run" --in "$site"
check "nothing was made" test ! -e "$work/no.h5"
says 0 "--in X.h5|MODEL" "$evenhand" transform --help
finish
