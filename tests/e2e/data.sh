#!/bin/bash
# evenhand-data: tables to sites, and every kind of bad data with its code, status and remedy.
. tests/support/cli.sh
data=$bin/evenhand-data

cat >"$work/recipe.cfg" <<'RECIPE'
name = "clinics";
tables = ( { file = "rows.csv"; } );
patient = "id"; site = "clinic"; split = { column = "set"; };
features = ( { columns = ["x*"]; } );
labels = ( { name = "disease"; } );
groups = ( { name = "sex"; kind = "binary"; }, { name = "age"; kind = "regression"; } );
RECIPE
awk 'BEGIN {
    print "id,clinic,set,disease,sex,age,x1,x2"
    for (i = 0; i < 60; i++)
        printf "p%d,%s,%s,%s,%s,%d,%.2f,%d\n", i, i % 2 ? "North" : "South", i % 5 ? "train" : "test",
            i % 2 ? i % 3 == 0 : "", i % 4 < 2 ? "f" : "m", 30 + i, i / 7, i * i % 11
}' >"$work/rows.csv"
import() { "$data" import "$work/recipe.cfg" --root "$work" --out "$work/$1" "${@:2}"; }

says 0 "60 rows of 2 sites, 2 features|North|South|label disease is unknown in every row" import sites
says 0 "north.h5: ok|south.flat: ok" "$data" check "$work"/sites/*.h5 "$work"/sites/*.flat
says 0 "North: 30 rows of 30 patients, 2 features|disease|33.3%|train|sex, binary, 0 unknown" \
    "$data" describe "$work/sites/north.h5"
check "numbers are on stdout, words on stderr" test -s "$out" -a ! -s "$err"
says 0 '"schema":"evenhand.result/1"' "$data" check "$work/sites/north.h5" --json
says 0 "30 rows" "$data" pack "$work/sites/north.h5" --out "$work/packed.flat"
check "import and pack make the same flat file" cmp "$work/packed.flat" "$work/sites/north.flat"
cp -r "$work/sites" "$work/first"
says 0 "" import sites --json
check "the same tables make the same bytes" diff -r "$work/sites" "$work/first"

# A truncated HDF5 file.
head -c 3000 "$work/sites/north.h5" >"$work/cut.h5"
for verb in check pack describe; do
    says 65 "error[E-DAT-001]|cut.h5|fix:|copy the file again|more:" "$data" $verb "$work/cut.h5"
done
head -c 300 "$work/sites/north.flat" >"$work/cut.flat"
says 65 "E-DAT-010|fix:" "$data" check "$work/cut.flat"

# A NaN in a feature: in the table, and in HDF5.
sed '5s/[^,]*$/NaN/' "$work/rows.csv" >"$work/nan.csv"
says 65 "error[E-DAT-003]|nan.csv:5|column x2|fix:|impute" import nan --set 'tables[0].file=nan.csv'
check "nothing was made" test ! -e "$work/nan"
says 0 "values_filled              1" import filled --set 'tables[0].file=nan.csv' --set 'features[0].fill=mean'

# A site without the label.
says 0 "label disease is unknown in every row" "$data" check "$work/sites/south.h5"
says 65 "error[E-DAT-004]|south.h5|knows label disease of no row|fix:|take the task out" \
    "$data" check "$work"/sites/*.h5 --label disease
says 65 "E-DAT-004|has no label cancer" "$data" check "$work/sites/north.h5" --label cancer
says 65 "E-DAT-004|has no group race" "$data" check "$work/sites/north.h5" --group race

# The rest of the family.
says 65 "E-DAT-002|/features: nothing found|a dataset wanted" "$data" check "$work/sites/north.h5" --x /features
says 65 "E-DAT-005|no column \`y9\`" import no --set 'labels[0].column=y9'
says 65 "E-DAT-006|rows.csv:2|is no split" import no --set 'split.test=["x"]'
says 65 "E-DAT-009|is in \`" import no --set patient=sex
says 65 "E-DAT-011|1 features here" bash -c "'$data' import '$work/recipe.cfg' --root '$work' \
    --out '$work/narrow' --set 'features[0].columns=[\"x1\"]' >/dev/null && \
    '$data' check '$work/sites/north.h5' '$work/narrow/north.h5'"
says 74 "E-IO-001|gone.csv" import no --set 'tables[0].file=gone.csv'
says 78 "E-CFG-012|split.sede" import no --set split.sede=1
says 64 "E-USE-001|--out DIR" "$data" import "$work/recipe.cfg"
says 65 '"code":"E-DAT-001"|"fix":|"exit":65' "$data" check "$work/cut.h5" --json

# What a recipe may say is written down.
says 0 "# The keys of a recipe|\`features[].fill\`" "$data" settings
check "configs/data/README.md is \`evenhand data settings > configs/data/README.md\`" \
    diff "$out" configs/data/README.md
finish
