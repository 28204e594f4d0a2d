/*
 * frame.h - the columns a recipe names, of all its tables, joined: a row for each row of the first.
 *
 *     open the files -> find the columns -> read the first table -> join the others
 *
 * Words are numbers of one pool; features are float32, NAN where the file says
 * "missing". Rows that the recipe does not select are counted and gone.
 */
#ifndef EVENHAND_FRAME_H
#define EVENHAND_FRAME_H

#include "node/data/csv.h"
#include "node/data/pool.h"
#include "node/data/recipe.h"

#define FRAME_TEXTS_MAX 256
#define FRAME_NONE      SIZE_MAX

/* Where a column stands. */
struct frame_column {
    size_t table, at;
    char *name;
};

/* A column that features come from: of `text` when it is a one-hot, of `number` otherwise. */
struct frame_feature {
    size_t recipe; /* which of the recipe's features */
    bool onehot;
    size_t at;
};

struct frame_counts {
    size_t read;                         /* rows of the first table */
    size_t unselected, missing;          /* left out by select, by drop_missing or fill = "drop" */
    size_t unmatched[RECIPE_TABLES_MAX]; /* rows without a partner in this table, left out */
    size_t unused[RECIPE_TABLES_MAX];    /* rows of this table that no row asked for */
};

struct frame {
    const struct recipe *recipe; /* keeps */
    struct csv *csv[RECIPE_TABLES_MAX];
    char path[RECIPE_TABLES_MAX][CSV_WHERE_MAX];
    struct pool pool;

    struct frame_column text[FRAME_TEXTS_MAX];
    size_t text_count;
    struct frame_column *number; /* [number_count] */
    size_t number_count;
    struct frame_feature *feature; /* [feature_count], in the recipe's order */
    size_t feature_count;

    /* Which text is what; FRAME_NONE where the recipe names none. */
    size_t patient, site, split;
    size_t label[TASKS_MAX], score[TASKS_MAX], group[GROUPS_MAX];
    size_t select[RECIPE_SELECTS_MAX], drop[SETTINGS_LIST_MAX];
    size_t key[RECIPE_TABLES_MAX], on[RECIPE_TABLES_MAX];

    size_t rows, room;
    uint32_t *word[FRAME_TEXTS_MAX];   /* [rows] each: numbers of the pool */
    float *value;                      /* [rows, number_count] */
    uint32_t *line[RECIPE_TABLES_MAX]; /* [rows] each: where the row stands in that table */
    struct frame_counts counts;
};

/*
 * Reads all tables below the folder root. EC_IO_OPEN; EC_DATA_COLUMN; EC_DATA_VALUE with file:line
 * and column; EC_DATA_JOIN; EC_DATA_EMPTY when no row stays. rows may be many: progress goes to
 * stderr while it is a terminal.
 */
MUST_CHECK enum status frame_open(struct frame *f, const struct recipe *recipe, const char *root);
void frame_close(struct frame *f);

/* The word of a row in a text column, and whether the recipe calls it missing. */
const char *frame_word(const struct frame *f, size_t row, size_t text);
bool frame_missing(const struct frame *f, const char *word);
/* "file:line" of a row as far as this column goes, for complaints. */
void frame_where(char out[static CSV_WHERE_MAX], const struct frame *f, size_t row,
                 const struct frame_column *column);
/* Keeps the rows whose flag is set, in order. */
void frame_keep(struct frame *f, const uint8_t *keep);

/* For frame.c: opens the files and finds the columns (frame_columns.c). */
MUST_CHECK enum status frame_find_columns(struct frame *f, const char *root);

#endif
