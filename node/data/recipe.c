#include "node/data/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/flat.h"
#include "proto/base/arena.h"
#include "proto/base/conf.h"
#include "proto/base/must.h"

bool words_have(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->word[i], word) == 0)
            return true;
    return false;
}

/* The list value of record `at` of `list`, or of a plain key when list is NULL. */
static void take_words(struct words *w, const struct settings *s, const char *list, size_t at,
                       const char *key)
{
    char full[SETTINGS_KEY_MAX];

    if (list == NULL)
        snprintf(full, sizeof full, "%s", key);
    else
        snprintf(full, sizeof full, "%s[%zu].%s", list, at, key);
    w->count = settings_count(s, "%s", full);
    for (size_t i = 0; i < w->count; i++)
        w->word[i] = settings_list_text(s, i, full);
}

static bool given(const struct settings *s, const char *list, size_t at, const char *key)
{
    return strcmp(settings_origin(s, "%s[%zu].%s", list, at, key), "default") != 0;
}

static enum status conflict(const struct settings *s, const char *list, size_t at, const char *key,
                            const char *why)
{
    const char *origin = settings_origin(s, "%s[%zu].%s", list, at, key);

    return fault(EC_CFG_CONFLICT, origin, "%s[%zu].%s: %s", list, at, key, why);
}

/* How many records of a list there are, at most so many. */
static enum status count(size_t *n, const struct settings *s, const char *list, size_t least,
                         size_t most)
{
    *n = settings_count(s, "%s", list);
    if (*n < least || *n > most)
        return fault(EC_CFG_RANGE, settings_origin(s, "name"), "%zu %s, %zu to %zu wanted", *n,
                     list, least, most);
    return ST_OK;
}

static enum status take_tables(struct recipe *r, const struct settings *s)
{
    enum status st = count(&r->table_count, s, "tables", 1, RECIPE_TABLES_MAX);

    for (size_t i = 0; st == ST_OK && i < r->table_count; i++) {
        struct recipe_table *t = &r->table[i];
        const char *separator = settings_text(s, "tables[%zu].separator", i);
        t->file = settings_text(s, "tables[%zu].file", i);
        t->key = settings_text(s, "tables[%zu].key", i);
        t->on = settings_text(s, "tables[%zu].on", i);
        t->header = settings_bool(s, "tables[%zu].header", i);
        t->separator = separator[0];
        t->drop_unmatched = strcmp(settings_text(s, "tables[%zu].unmatched", i), "drop") == 0;
        take_words(&t->columns, s, "tables", i, "columns");
        if (t->on[0] == '\0')
            t->on = t->key;
        if (strlen(separator) != 1 || strchr("\"\r\n", separator[0]) != NULL)
            return conflict(s, "tables", i, "separator", "one byte, no quote and no line end");
        if (i > 0 && t->key[0] == '\0')
            return conflict(s, "tables", i, "key", "every table but the first joins by a key");
        if (t->header == (t->columns.count > 0))
            return conflict(s, "tables", i, "columns", "columns are named by a header or here");
        for (size_t k = 0; k < i; k++)
            if (strcmp(t->file, r->table[k].file) == 0)
                return conflict(s, "tables", i, "file", "the same file twice");
    }
    return st;
}

static enum status take_features(struct recipe *r, const struct settings *s)
{
    static const char *const fills[] = {"refuse", "mean", "zero", "drop"};
    enum status st =
        count(&r->feature_count, s, "features", r->scores ? 0 : 1, RECIPE_FEATURES_MAX);

    for (size_t i = 0; st == ST_OK && i < r->feature_count; i++) {
        struct recipe_feature *f = &r->feature[i];
        const char *fill = settings_text(s, "features[%zu].fill", i);
        take_words(&f->columns, s, "features", i, "columns");
        take_words(&f->levels, s, "features", i, "levels");
        f->onehot = settings_bool(s, "features[%zu].onehot", i);
        f->drop_first = settings_bool(s, "features[%zu].drop_first", i);
        f->clip = settings_real(s, "features[%zu].clip", i);
        while (strcmp(fill, fills[f->fill]) != 0)
            f->fill++;
        if (f->columns.count == 0)
            return conflict(s, "features", i, "columns", "no column is named");
        if (!f->onehot && (f->drop_first || f->levels.count > 0))
            return conflict(s, "features", i, "onehot",
                            "drop_first and levels belong to a one-hot");
        if (f->onehot && (f->clip > 0 || f->fill == FILL_MEAN))
            return conflict(s, "features", i, "onehot",
                            "a one-hot has no mean and nothing to clip");
    }
    return st;
}

/* A name that can stand in HDF5, in a plan and in a report. */
static enum status judge_name(const struct settings *s, const char *list, size_t at)
{
    const char *name = settings_text(s, "%s[%zu].name", list, at);

    if (!flat_can_name(name) || strchr(name, '/') != NULL || strcmp(name, ".") == 0)
        return conflict(s, list, at, "name", "1 to 63 bytes of UTF-8, without a slash");
    for (size_t i = 0; i < at; i++)
        if (strcmp(settings_text(s, "%s[%zu].name", list, i), name) == 0)
            return conflict(s, list, at, "name", "the same name twice");
    return ST_OK;
}

static const char *column_or_name(const struct settings *s, const char *list, size_t at)
{
    const char *column = settings_text(s, "%s[%zu].column", list, at);

    return column[0] != '\0' ? column : settings_text(s, "%s[%zu].name", list, at);
}

/* All labels have scores, or none; and scores stand in the place of features. */
static enum status judge_scores(struct recipe *r, const struct settings *s)
{
    r->scores = r->label_count > 0 && r->label[0].score[0] != '\0';
    for (size_t i = 0; i < r->label_count; i++)
        if ((r->label[i].score[0] != '\0') != r->scores)
            return conflict(s, "labels", i, "score", "all labels have a score, or none has");
    if (r->scores && settings_count(s, "features") > 0)
        return conflict(s, "labels", 0, "score", "a recipe makes scores or features, not both");
    return ST_OK;
}

static enum status take_labels(struct recipe *r, const struct settings *s)
{
    enum status st = count(&r->label_count, s, "labels", 0, TASKS_MAX);

    for (size_t i = 0; st == ST_OK && i < r->label_count; i++) {
        struct recipe_label *l = &r->label[i];
        l->name = settings_text(s, "labels[%zu].name", i);
        l->column = column_or_name(s, "labels", i);
        l->score = settings_text(s, "labels[%zu].score", i);
        l->above = settings_real(s, "labels[%zu].above", i);
        take_words(&l->positive, s, "labels", i, "positive");
        take_words(&l->negative, s, "labels", i, "negative");
        take_words(&l->unknown, s, "labels", i, "unknown");
        if (l->positive.count == 0 && l->negative.count > 0)
            return conflict(s, "labels", i, "negative", "positive words are missing");
        if (l->positive.count > 0 && given(s, "labels", i, "above"))
            return conflict(s, "labels", i, "above", "words or a number decide, not both");
        st = judge_name(s, "labels", i);
    }
    return st == ST_OK ? judge_scores(r, s) : st;
}

static enum status judge_group(const struct recipe_group *g, const struct settings *s, size_t i)
{
    if (g->by_threshold && (g->kind != TARGET_BINARY || g->levels.count > 0))
        return conflict(s, "groups", i, "threshold", "only for kind binary, without levels");
    if (g->kind == TARGET_REGRESSION && g->levels.count + g->names.count > 0)
        return conflict(s, "groups", i, "levels", "a regression attribute has none");
    if (g->names.count > 0 && g->names.count != (g->by_threshold ? 2 : g->levels.count))
        return conflict(s, "groups", i, "names", "one name for each level");
    for (size_t k = 0; k < g->names.count; k++)
        if (!flat_can_name(g->names.word[k]))
            return conflict(s, "groups", i, "names", "1 to 63 bytes of UTF-8 each");
    return judge_name(s, "groups", i);
}

static enum status take_groups(struct recipe *r, const struct settings *s)
{
    static const char *const kinds[] = {"binary", "categorical", "regression"};
    enum status st = count(&r->group_count, s, "groups", 0, GROUPS_MAX);

    for (size_t i = 0; st == ST_OK && i < r->group_count; i++) {
        struct recipe_group *g = &r->group[i];
        const char *kind = settings_text(s, "groups[%zu].kind", i);
        g->name = settings_text(s, "groups[%zu].name", i);
        g->column = column_or_name(s, "groups", i);
        while (strcmp(kind, kinds[g->kind]) != 0)
            g->kind++;
        take_words(&g->levels, s, "groups", i, "levels");
        take_words(&g->names, s, "groups", i, "names");
        take_words(&g->unknown, s, "groups", i, "unknown");
        g->by_threshold = given(s, "groups", i, "threshold");
        g->threshold = settings_real(s, "groups[%zu].threshold", i);
        st = judge_group(g, s, i);
    }
    return st;
}

static enum status take_selects(struct recipe *r, const struct settings *s)
{
    enum status st = count(&r->select_count, s, "select", 0, RECIPE_SELECTS_MAX);

    for (size_t i = 0; st == ST_OK && i < r->select_count; i++) {
        r->select[i].column = settings_text(s, "select[%zu].column", i);
        take_words(&r->select[i].words, s, "select", i, "words");
    }
    return st;
}

/* The fold, or the shares; a fold that would mean nothing is refused. */
static enum status judge_folds(const struct recipe *r, const struct settings *s)
{
    const char *of_fold = settings_origin(s, "split.fold");

    if (r->folds == 0 && strcmp(of_fold, "default") == 0)
        return ST_OK;
    if (r->folds < 2)
        return fault(EC_CFG_CONFLICT, r->folds > 0 ? settings_origin(s, "split.folds") : of_fold,
                     "split.fold needs split.folds, two or more of them: it is %zu", r->folds);
    if (r->fold >= r->folds)
        return fault(EC_CFG_RANGE, of_fold, "split.fold is %zu of %zu folds, which begin at 0",
                     r->fold, r->folds);
    if (r->split[0] != '\0' || r->valid_share + r->test_share > 0)
        return fault(EC_CFG_CONFLICT, settings_origin(s, "split.folds"),
                     "split.folds and split.column or a share: one of them decides");
    return ST_OK;
}

static enum status take_split(struct recipe *r, const struct settings *s)
{
    static const char *const keys[] = {"split.train", "split.valid", "split.test"};

    r->split = settings_text(s, "split.column");
    for (size_t i = 0; i < COUNT(keys); i++)
        take_words(&r->split_words[i], s, NULL, 0, keys[i]);
    r->valid_share = settings_real(s, "split.valid_share");
    r->test_share = settings_real(s, "split.test_share");
    r->folds = settings_size(s, "split.folds");
    r->fold = settings_size(s, "split.fold");
    r->split_seed = (uint64_t)settings_int(s, "split.seed");
    if (r->split[0] != '\0' && r->valid_share + r->test_share > 0)
        return fault(EC_CFG_CONFLICT, settings_origin(s, "split.column"),
                     "split.column and a share: one of them decides");
    if (r->valid_share + r->test_share >= 1)
        return fault(EC_CFG_CONFLICT, settings_origin(s, "split.test_share"),
                     "split.valid_share and split.test_share leave nothing to train on");
    return judge_folds(r, s);
}

static int by_label(const void *a, const void *b)
{
    const struct recipe_label *p = a;
    const struct recipe_label *q = b;

    return strcmp(p->name, q->name);
}

static int by_group(const void *a, const void *b)
{
    const struct recipe_group *p = a;
    const struct recipe_group *q = b;

    return strcmp(p->name, q->name);
}

static enum status (*const parts[])(struct recipe *, const struct settings *) = {
    take_tables, take_split, take_labels, take_features, take_groups, take_selects,
};

static enum status take(struct recipe *r)
{
    const struct settings *s = r->settings;

    r->name = settings_text(s, "name");
    r->patient = settings_text(s, "patient");
    r->site = settings_text(s, "site");
    r->artificial_sites = settings_size(s, "artificial_sites.count");
    r->site_seed = (uint64_t)settings_int(s, "artificial_sites.seed");
    take_words(&r->missing, s, NULL, 0, "missing");
    take_words(&r->drop_missing, s, NULL, 0, "drop_missing");
    if (r->site[0] != '\0' && r->artificial_sites > 0)
        return fault(EC_CFG_CONFLICT, settings_origin(s, "site"),
                     "site and artificial_sites.count: one of them decides");
    for (size_t i = 0; i < COUNT(parts); i++) {
        enum status st = parts[i](r, s);
        if (st != ST_OK)
            return st;
    }
    /* The order HDF5 lists them in: a flat file is the same whether import or pack made it. */
    qsort(r->label, r->label_count, sizeof *r->label, by_label);
    qsort(r->group, r->group_count, sizeof *r->group, by_group);
    return ST_OK;
}

static struct recipe *make(void)
{
    struct recipe *r = must_alloc(1, sizeof *r);

    r->settings = settings_open(&recipe_settings, 1);
    return r;
}

/* Finishes what was read; publishes or frees. */
static enum status finish(struct recipe **out, struct recipe *r, enum status st)
{
    if (st == ST_OK)
        st = settings_finish(r->settings);
    if (st == ST_OK)
        st = take(r);
    if (st != ST_OK)
        recipe_close(&r);
    *out = r;
    return st;
}

enum status recipe_open(struct recipe **out, const char *path, const char *const *pairs,
                        size_t pair_count)
{
    struct recipe *r = make();
    enum status st = conf_load(r->settings, path);

    for (size_t i = 0; st == ST_OK && i < pair_count; i++)
        st = settings_put_pair(r->settings, pairs[i]);
    return finish(out, r, st);
}

enum status recipe_parse(struct recipe **out, const char *text, const char *name)
{
    struct recipe *r = make();

    return finish(out, r, conf_parse(r->settings, text, name));
}

void recipe_close(struct recipe **r)
{
    if (*r == NULL)
        return;
    settings_close(&(*r)->settings);
    free(*r);
    *r = NULL;
}
