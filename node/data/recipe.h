/*
 * recipe.h - what an import should make of tables: which column is what.
 *
 *     tables  -> the first gives the rows, the others join it by a key
 *     columns -> patient, site, split, features, labels, groups
 *             or patient, site, split, labels with scores, groups: predictions to be evaluated
 *
 * A column is named as the file's header has it; where two files have it, as
 * "file:column". A recipe is a libconfig file; its keys and their meaning are
 * the rows of recipe_settings. Every text here is borrowed from the settings,
 * which live until recipe_close.
 */
#ifndef EVENHAND_RECIPE_H
#define EVENHAND_RECIPE_H

#include "models/core/batch.h"
#include "proto/base/settings.h"

#define RECIPE_TABLES_MAX   8
#define RECIPE_FEATURES_MAX SETTINGS_LIST_MAX
#define RECIPE_SELECTS_MAX  16
#define RECIPE_SITES_MAX    4096
#define RECIPE_FOLDS_MAX    1000

struct words {
    const char *word[SETTINGS_LIST_MAX];
    size_t count;
};

struct recipe_table {
    const char *file;     /* below the data folder */
    const char *key;      /* unique in this file; "" for the first table */
    const char *on;       /* the column of the rows so far that holds the key */
    bool header;          /* is the first row the names? */
    struct words columns; /* the names otherwise */
    char separator;
    bool drop_unmatched; /* rows without a partner here are left out and counted */
};

enum recipe_fill { FILL_REFUSE, FILL_MEAN, FILL_ZERO, FILL_DROP };

struct recipe_feature {
    struct words columns; /* names, or patterns with * ? [] */
    struct words levels;  /* of a one-hot; none: what the data hold */
    bool onehot, drop_first;
    double clip; /* 0: not */
    enum recipe_fill fill;
};

struct recipe_label {
    const char *name, *column;
    const char *score; /* the column of its predicted probability; "": the recipe has features */
    struct words positive, negative, unknown;
    double above; /* without words: positive is a number above this */
};

struct recipe_group {
    const char *name, *column;
    enum target_kind kind;
    struct words levels, names, unknown; /* names: of the levels, one for each */
    bool by_threshold;                   /* binary: value >= threshold */
    double threshold;
};

struct recipe_select {
    const char *column;
    struct words words;
};

struct recipe {
    struct settings *settings;
    const char *name;
    struct recipe_table table[RECIPE_TABLES_MAX];
    size_t table_count;
    struct words missing;
    const char *patient, *site; /* "": every row its own patient; one site */
    size_t artificial_sites;    /* 0: none */
    uint64_t site_seed;
    const char *split; /* "": by folds or by shares */
    struct words split_words[3];
    size_t folds, fold; /* 0: none, and by shares; else which of them is for the test */
    double valid_share, test_share;
    uint64_t split_seed;
    struct recipe_feature feature[RECIPE_FEATURES_MAX];
    size_t feature_count;
    bool scores; /* every label has one, and there are no features */
    struct recipe_label label[TASKS_MAX];
    size_t label_count;
    struct recipe_group group[GROUPS_MAX];
    size_t group_count;
    struct recipe_select select[RECIPE_SELECTS_MAX];
    size_t select_count;
    struct words drop_missing;
};

extern const struct setting_table recipe_settings;

/* Reads and judges. pairs: overrides as "split.seed=2", after the file. EC_CFG_*. */
MUST_CHECK enum status recipe_open(struct recipe **r, const char *path, const char *const *pairs,
                                   size_t pair_count);
/* The same from memory; name stands for the path. For tests. */
MUST_CHECK enum status recipe_parse(struct recipe **r, const char *text, const char *name);
void recipe_close(struct recipe **r);

bool words_have(const struct words *w, const char *word);

#endif
