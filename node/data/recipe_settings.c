/* The keys of a recipe. */
#include "node/data/recipe.h"

#define ANY         0, 0
#define TEXT(first) SET_TEXT, ANY, "", first
#define LIST(first) SET_LIST_TEXT, ANY, "", first

/* clang-format off */
static const struct setting rows[] = {
    {"name", TEXT(NULL), NULL, false, "What this recipe makes, in one word."},
    {"about", TEXT("\"\""), NULL, false, "A sentence for people: source, licence, caveats."},

    {"tables[].file", TEXT(NULL), NULL, false,
     "A CSV file below the data folder, plain or gzip; the first one gives the rows."},
    {"tables[].key", TEXT("\"\""), NULL, false,
     "The column whose value, unique in this file, joins it to the rows; all but the first table."},
    {"tables[].on", TEXT("\"\""), NULL, false,
     "The column of the earlier tables that holds the key; empty: it has the same name."},
    {"tables[].header", SET_BOOL, ANY, "", "true", NULL, false,
     "Whether the first row names the columns."},
    {"tables[].columns", LIST("[]"), NULL, false,
     "The names of the columns of a file without a header."},
    {"tables[].separator", TEXT("\",\""), NULL, false, "One byte between fields."},
    {"tables[].unmatched", TEXT("\"refuse\""), "refuse|drop", false,
     "What to do with a row that has no partner in this file."},

    {"missing", LIST("[\"\", \"NA\", \"NaN\", \"nan\", \"?\"]"), NULL, false,
     "How the files spell a missing value."},
    {"patient", TEXT("\"\""), NULL, false,
     "The column that tells patients apart; empty: every row is a patient of its own."},
    {"site", TEXT("\"\""), NULL, false, "The column that names the site; empty: one site."},
    {"artificial_sites.count", SET_INT, 0, RECIPE_SITES_MAX, "sites", "0", NULL, false,
     "Patients are dealt to so many invented sites by a hash; 0: not."},
    {"artificial_sites.seed", SET_INT, 0, 9e15, "", "1", NULL, false,
     "Another seed deals them anew."},

    {"split.column", TEXT("\"\""), NULL, false,
     "The column that says train, valid or test; empty: the shares or folds below decide, and with "
     "scores all rows are for the test."},
    {"split.train", LIST("[\"train\"]"), NULL, false, "Its words for training rows."},
    {"split.valid", LIST("[\"valid\"]"), NULL, false, "Its words for validation rows."},
    {"split.test", LIST("[\"test\"]"), NULL, false, "Its words for test rows."},
    {"split.valid_share", SET_REAL, 0, 0.9, "", "0", NULL, false,
     "Share of patients for validation, by a hash; 0: the run chooses its own."},
    {"split.test_share", SET_REAL, 0, 0.9, "", "0", NULL, false,
     "Share of patients for the test, by a hash."},
    {"split.folds", SET_INT, 0, RECIPE_FOLDS_MAX, "folds", "0", NULL, false,
     "In place of shares: patients are dealt to so many folds by a hash, and one fold is for the "
     "test; 0: none."},
    {"split.fold", SET_INT, 0, RECIPE_FOLDS_MAX - 1, "", "0", NULL, false,
     "Which of them, from 0. Over all folds every patient is in the test once."},
    {"split.seed", SET_INT, 0, 9e15, "", "1", NULL, false, "Another seed splits anew."},

    {"features[].columns", LIST(NULL), NULL, false,
     "Columns in this order: names, or patterns with * ? [0-9] in the order of the file. A pattern "
     "takes no column that the recipe uses for something else."},
    {"features[].onehot", SET_BOOL, ANY, "", "false", NULL, false,
     "One 0/1 feature for each level, named column_level."},
    {"features[].drop_first", SET_BOOL, ANY, "", "false", NULL, false,
     "Leave out the first level of a one-hot."},
    {"features[].levels", LIST("[]"), NULL, false,
     "The levels of a one-hot; empty: all that the rows hold, in order. Needed when sites import "
     "apart."},
    {"features[].clip", SET_REAL, 0, 1e30, "", "0", NULL, false,
     "Values beyond plus or minus this are cut to it; 0: not."},
    {"features[].fill", TEXT("\"refuse\""), "refuse|mean|zero|drop", false,
     "What to do with a missing value: refuse the file, put the mean of all training rows, put 0, "
     "or drop the row; what was done is counted."},

    {"labels[].name", TEXT(NULL), NULL, false, "What a plan calls this task."},
    {"labels[].column", TEXT("\"\""), NULL, false, "Its column; empty: the name."},
    {"labels[].positive", LIST("[]"), NULL, false, "Words that mean yes; none: a number decides."},
    {"labels[].negative", LIST("[]"), NULL, false,
     "Words that mean no; none: all that are not positive."},
    {"labels[].unknown", LIST("[]"), NULL, false,
     "Words that mean unknown, beside the missing ones."},
    {"labels[].above", SET_REAL, ANY, "", "0", NULL, false,
     "Without words: positive is a number above this."},

    {"labels[].score", TEXT("\"\""), NULL, false,
     "The column of its predicted probability, 0 to 1, in place of features: predictions to be "
     "evaluated. All labels have one, or none."},

    {"groups[].name", TEXT(NULL), NULL, false, "What a plan calls this attribute."},
    {"groups[].column", TEXT("\"\""), NULL, false, "Its column; empty: the name."},
    {"groups[].kind", TEXT("\"categorical\""), "binary|categorical|regression", false,
     "What kind of value it is."},
    {"groups[].levels", LIST("[]"), NULL, false,
     "Its words in the file, in order; empty: all that the rows hold, sorted."},
    {"groups[].names", LIST("[]"), NULL, false,
     "What each of these words is called; words with one name are one level."},
    {"groups[].unknown", LIST("[]"), NULL, false,
     "Words that mean unknown, beside the missing ones."},
    {"groups[].threshold", SET_REAL, ANY, "", "0", NULL, false,
     "A binary attribute of a number: value >= threshold; names may name below and above."},

    {"select[].column", TEXT(NULL), NULL, false, "Only rows with one of these words are taken:"},
    {"select[].words", LIST(NULL), NULL, false, "the words."},
    {"drop_missing", LIST("[]"), NULL, false,
     "Columns whose missing value drops the row; what was dropped is counted."},
};
/* clang-format on */

const struct setting_table recipe_settings = {rows, COUNT(rows)};
