/* Which column of which file is what the recipe means. */
#include "node/data/frame.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/base/must.h"

static enum status open_tables(struct frame *f, const char *root)
{
    for (size_t i = 0; i < f->recipe->table_count; i++) {
        const struct recipe_table *t = &f->recipe->table[i];
        struct csv_form form = {t->separator, t->header ? NULL : t->columns.word, t->columns.count};
        enum status st = file_join(f->path[i], sizeof f->path[i], root, t->file);
        if (st == ST_OK)
            st = csv_open(&f->csv[i], f->path[i], &form);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

/* Finds `name` in one table; a name that stands there twice cannot be meant. */
static enum status find_in(size_t *at, const struct frame *f, size_t table, const char *name)
{
    const struct csv *c = f->csv[table];

    *at = FRAME_NONE;
    for (size_t i = 0; i < csv_width(c); i++) {
        if (strcmp(csv_column(c, i), name) != 0)
            continue;
        if (*at != FRAME_NONE)
            return fault(EC_DATA_COLUMN, f->path[table], "the column `%s` stands there twice",
                         name);
        *at = i;
    }
    return ST_OK;
}

/* The table that "file:column" names, and where the column begins; FRAME_NONE: a plain name. */
static size_t named_table(const char **column, const struct frame *f, const char *name)
{
    for (size_t i = 0; i < f->recipe->table_count; i++) {
        size_t len = strlen(f->recipe->table[i].file);
        if (strncmp(name, f->recipe->table[i].file, len) == 0 && name[len] == ':') {
            *column = name + len + 1;
            return i;
        }
    }
    *column = name;
    return FRAME_NONE;
}

/* A joined table's key is the same as the column it is joined on, and hidden behind it. */
static bool is_hidden_key(const struct frame *f, size_t table, const char *column)
{
    const struct recipe_table *t = &f->recipe->table[table];

    return t != f->recipe->table && strcmp(t->key, column) == 0;
}

/* A column of the first `tables` tables. */
static enum status find(struct frame_column *out, const struct frame *f, const char *name,
                        size_t tables)
{
    const char *column;
    size_t only = named_table(&column, f, name);

    *out = (struct frame_column){.table = FRAME_NONE};
    for (size_t i = 0; i < tables; i++) {
        size_t at;
        if (only != FRAME_NONE ? only != i : is_hidden_key(f, i, column))
            continue;
        enum status st = find_in(&at, f, i, column);
        if (st != ST_OK)
            return st;
        if (at == FRAME_NONE)
            continue;
        if (out->table != FRAME_NONE)
            return fault(EC_DATA_COLUMN, f->path[i],
                         "`%s` stands in %s too; write %s:%s for the one you mean", column,
                         f->path[out->table], f->recipe->table[i].file, column);
        *out = (struct frame_column){.table = i, .at = at};
    }
    if (out->table == FRAME_NONE)
        return fault(EC_DATA_COLUMN, f->path[only != FRAME_NONE ? only : 0],
                     "there is no column `%s`%s", column,
                     tables > 1 && only == FRAME_NONE ? ", in no table" : "");
    return ST_OK;
}

/* The number of this column among the texts; a new one when nobody asked for it before. */
static enum status add_text(size_t *number, struct frame *f, struct frame_column column)
{
    for (size_t i = 0; i < f->text_count; i++)
        if (f->text[i].table == column.table && f->text[i].at == column.at) {
            *number = i;
            return ST_OK;
        }
    if (f->text_count == FRAME_TEXTS_MAX)
        return fault(EC_DATA_COLUMN, f->path[column.table],
                     "more than %d columns are read as words", FRAME_TEXTS_MAX);
    column.name = strdup(csv_column(f->csv[column.table], column.at));
    must(column.name != NULL);
    *number = f->text_count;
    f->text[f->text_count++] = column;
    return ST_OK;
}

static enum status find_text(size_t *number, struct frame *f, const char *name)
{
    struct frame_column column;

    *number = FRAME_NONE;
    if (name[0] == '\0')
        return ST_OK;
    enum status st = find(&column, f, name, f->recipe->table_count);
    return st == ST_OK ? add_text(number, f, column) : st;
}

static enum status find_keys(struct frame *f)
{
    enum status st = ST_OK;

    for (size_t i = 1; st == ST_OK && i < f->recipe->table_count; i++) {
        const struct recipe_table *t = &f->recipe->table[i];
        struct frame_column on;
        struct frame_column key = {.table = i};
        st = find_in(&key.at, f, i, t->key);
        if (st == ST_OK && key.at == FRAME_NONE)
            st = fault(EC_DATA_COLUMN, f->path[i], "there is no column `%s`, its key", t->key);
        if (st == ST_OK)
            st = add_text(&f->key[i], f, key);
        if (st == ST_OK)
            st = find(&on, f, t->on, i);
        if (st == ST_OK)
            st = add_text(&f->on[i], f, on);
    }
    return st;
}

static enum status find_texts(struct frame *f)
{
    const struct recipe *r = f->recipe;
    enum status st = find_keys(f);

    if (st == ST_OK)
        st = find_text(&f->patient, f, r->patient);
    if (st == ST_OK)
        st = find_text(&f->site, f, r->site);
    if (st == ST_OK)
        st = find_text(&f->split, f, r->split);
    for (size_t i = 0; st == ST_OK && i < r->label_count; i++)
        st = find_text(&f->label[i], f, r->label[i].column);
    for (size_t i = 0; st == ST_OK && i < r->label_count; i++)
        st = find_text(&f->score[i], f, r->label[i].score);
    for (size_t i = 0; st == ST_OK && i < r->group_count; i++)
        st = find_text(&f->group[i], f, r->group[i].column);
    for (size_t i = 0; st == ST_OK && i < r->select_count; i++)
        st = find_text(&f->select[i], f, r->select[i].column);
    for (size_t i = 0; st == ST_OK && i < r->drop_missing.count; i++)
        st = find_text(&f->drop[i], f, r->drop_missing.word[i]);
    return st;
}

/* Columns taken already: [table][column]. */
struct taken {
    uint8_t *column[RECIPE_TABLES_MAX];
};

enum { FREE, BY_NAME_ONLY, IS_LABEL, IS_FEATURE };

static struct taken take_all_texts(const struct frame *f)
{
    struct taken t;

    for (size_t i = 0; i < f->recipe->table_count; i++) {
        t.column[i] = calloc(csv_width(f->csv[i]), 1);
        must(t.column[i] != NULL);
    }
    for (size_t i = 0; i < f->text_count; i++)
        t.column[f->text[i].table][f->text[i].at] = BY_NAME_ONLY;
    for (size_t i = 0; i < f->recipe->label_count; i++)
        t.column[f->text[f->label[i]].table][f->text[f->label[i]].at] = IS_LABEL;
    return t;
}

static enum status add_feature(struct frame *f, size_t recipe, struct frame_column column)
{
    struct frame_feature feature = {recipe, f->recipe->feature[recipe].onehot, f->number_count};
    enum status st = ST_OK;

    if (feature.onehot) {
        st = add_text(&feature.at, f, column);
    } else {
        column.name = strdup(csv_column(f->csv[column.table], column.at));
        must(column.name != NULL);
        f->number = realloc(f->number, (f->number_count + 1) * sizeof *f->number);
        must(f->number != NULL);
        f->number[f->number_count++] = column;
    }
    f->feature = realloc(f->feature, (f->feature_count + 1) * sizeof *f->feature);
    must(f->feature != NULL);
    f->feature[f->feature_count++] = feature;
    return st;
}

/* All free columns that match, in the order of the files. */
static enum status match(struct frame *f, struct taken *taken, size_t recipe, const char *pattern)
{
    const char *column;
    size_t only = named_table(&column, f, pattern);
    size_t before = f->feature_count;
    enum status st = ST_OK;

    for (size_t i = 0; i < f->recipe->table_count; i++) {
        if (only != FRAME_NONE && only != i)
            continue;
        for (size_t at = 0; st == ST_OK && at < csv_width(f->csv[i]); at++) {
            if (taken->column[i][at] != FREE || fnmatch(column, csv_column(f->csv[i], at), 0) != 0)
                continue;
            taken->column[i][at] = IS_FEATURE;
            st = add_feature(f, recipe, (struct frame_column){.table = i, .at = at});
        }
    }
    if (st == ST_OK && f->feature_count == before)
        st = fault(EC_DATA_COLUMN, f->path[only != FRAME_NONE ? only : 0],
                   "no free column matches the pattern `%s`", pattern);
    return st;
}

static enum status by_name(struct frame *f, struct taken *taken, size_t recipe, const char *name)
{
    struct frame_column column;
    enum status st = find(&column, f, name, f->recipe->table_count);

    if (st != ST_OK)
        return st;
    uint8_t *use = &taken->column[column.table][column.at];
    if (*use == IS_LABEL || *use == IS_FEATURE)
        return fault(EC_CFG_CONFLICT,
                     settings_origin(f->recipe->settings, "features[%zu].columns", recipe),
                     "`%s` is %s already", name, *use == IS_LABEL ? "a label" : "a feature");
    *use = IS_FEATURE;
    return add_feature(f, recipe, column);
}

static enum status find_features(struct frame *f)
{
    struct taken taken = take_all_texts(f);
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < f->recipe->feature_count; i++) {
        const struct words *w = &f->recipe->feature[i].columns;
        for (size_t k = 0; st == ST_OK && k < w->count; k++)
            st = strpbrk(w->word[k], "*?[") != NULL ? match(f, &taken, i, w->word[k])
                                                    : by_name(f, &taken, i, w->word[k]);
    }
    for (size_t i = 0; i < f->recipe->table_count; i++)
        free(taken.column[i]);
    return st;
}

enum status frame_find_columns(struct frame *f, const char *root)
{
    enum status st = open_tables(f, root);

    if (st == ST_OK)
        st = find_texts(f);
    return st == ST_OK ? find_features(f) : st;
}
