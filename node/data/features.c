#include "node/data/features.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

static const struct recipe_feature *recipe_of(const struct frame *f, const struct frame_feature *c)
{
    return &f->recipe->feature[c->recipe];
}

static bool is_missing(const struct frame *f, const struct frame_feature *c, size_t row)
{
    if (c->onehot)
        return frame_missing(f, frame_word(f, row, c->at));
    return isnan(f->value[row * f->number_count + c->at]);
}

enum status features_drop(struct frame *f)
{
    enum status st = ST_OK;
    uint8_t *keep = must_alloc(f->rows, 1);

    memset(keep, 1, f->rows);
    for (size_t row = 0; st == ST_OK && row < f->rows; row++)
        for (size_t i = 0; st == ST_OK && i < f->feature_count; i++) {
            const struct frame_feature *c = &f->feature[i];
            enum recipe_fill fill = recipe_of(f, c)->fill;
            if ((fill != FILL_REFUSE && fill != FILL_DROP) || !is_missing(f, c, row))
                continue;
            const struct frame_column *column = c->onehot ? &f->text[c->at] : &f->number[c->at];
            char where[CSV_WHERE_MAX];
            frame_where(where, f, row, column);
            if (fill == FILL_REFUSE)
                st = fault(EC_DATA_NAN, where, "column %s: the value is missing", column->name);
            f->counts.missing += keep[row];
            keep[row] = 0;
        }
    if (st == ST_OK)
        frame_keep(f, keep);
    free(keep);
    if (st == ST_OK && f->rows == 0)
        st = fault(EC_DATA_EMPTY, f->path[0], "every row lacks a feature");
    return st;
}

static enum status add(struct features *x, struct feature feature, const char *name,
                       const char *where)
{
    if (x->width == FLAT_WIDTH_MAX)
        return fault(EC_DATA_SHAPE, where, "more than %u features", FLAT_WIDTH_MAX);
    if ((x->width & (x->width - 1)) == 0) { /* at 0, 1, 2, 4, ...: twice the room */
        size_t room = x->width == 0 ? 1 : 2 * x->width;
        x->feature = realloc(x->feature, room * sizeof *x->feature);
        x->name = realloc(x->name, room * sizeof *x->name);
        must(x->feature != NULL);
        must(x->name != NULL);
    }
    x->feature[x->width] = feature;
    x->name[x->width] = strdup(name);
    must(x->name[x->width++] != NULL);
    return ST_OK;
}

/* The mean of a column over the training rows that have it; 0 when none has. */
static float training_mean(const struct frame *f, const struct derived *d, size_t column)
{
    double sum = 0;
    size_t n = 0;

    for (size_t row = 0; row < f->rows; row++) {
        float v = f->value[row * f->number_count + column];
        if (d->split[row] != SPLIT_TRAIN || isnan(v))
            continue;
        sum += (double)v;
        n++;
    }
    return n == 0 ? 0 : (float)(sum / (double)n);
}

static enum status add_number(struct features *x, const struct frame *f, const struct derived *d,
                              size_t i)
{
    const struct frame_feature *c = &f->feature[i];
    const struct recipe_feature *r = recipe_of(f, c);
    const struct frame_column *column = &f->number[c->at];
    struct feature feature = {.from = i, .clip = (float)r->clip};

    if (r->fill == FILL_MEAN)
        feature.fill = training_mean(f, d, c->at);
    return add(x, feature, column->name, f->path[column->table]);
}

/* The levels of a one-hot: the recipe's, which must hold every word, or those of the rows. */
static enum status find_levels(uint32_t **level, size_t *count, const struct frame *f,
                               const struct frame_feature *c)
{
    const struct words *given = &recipe_of(f, c)->levels;

    *level = derive_levels(count, f, c->at, NULL);
    if (given->count == 0)
        return ST_OK;
    for (size_t row = 0; row < f->rows; row++) {
        const char *word = frame_word(f, row, c->at);
        if (frame_missing(f, word) || words_have(given, word))
            continue;
        char where[CSV_WHERE_MAX];
        frame_where(where, f, row, &f->text[c->at]);
        return fault(EC_DATA_VALUE, where, "column %s: `%.60s` is no level the recipe knows",
                     f->text[c->at].name, word);
    }
    free(*level);
    *level = must_alloc(given->count, sizeof **level);
    *count = given->count;
    for (size_t i = 0; i < *count; i++)
        (*level)[i] = pool_find(&f->pool, given->word[i]);
    return ST_OK;
}

static enum status add_onehot(struct features *x, const struct frame *f, size_t i)
{
    const struct frame_feature *c = &f->feature[i];
    const struct recipe_feature *r = recipe_of(f, c);
    const struct frame_column *column = &f->text[c->at];
    uint32_t *level;
    size_t count;
    enum status st = find_levels(&level, &count, f, c);

    for (size_t k = r->drop_first ? 1 : 0; st == ST_OK && k < count; k++) {
        char name[256];
        const char *word = r->levels.count > 0 ? r->levels.word[k] : pool_text(&f->pool, level[k]);
        snprintf(name, sizeof name, "%.120s_%.120s", column->name, word);
        st = add(x, (struct feature){.from = i, .level = level[k]}, name, f->path[column->table]);
    }
    free(level);
    return st;
}

static int by_name(const void *a, const void *b)
{
    const char *const *p = a;
    const char *const *q = b;

    return strcmp(*p, *q);
}

static enum status judge_names(const struct features *x, const char *where)
{
    enum status st = ST_OK;
    char **sorted = must_alloc(x->width + 1, sizeof *sorted);

    memcpy(sorted, x->name, x->width * sizeof *sorted);
    qsort(sorted, x->width, sizeof *sorted, by_name);
    for (size_t i = 1; st == ST_OK && i < x->width; i++)
        if (strcmp(sorted[i], sorted[i - 1]) == 0)
            st = fault(EC_DATA_COLUMN, where, "two features are called `%s`", sorted[i]);
    free(sorted);
    return st;
}

enum status features_open(struct features *x, const struct frame *f, const struct derived *d)
{
    enum status st = ST_OK;

    *x = (struct features){0};
    if (d->score != NULL)
        return ST_OK;
    for (size_t i = 0; st == ST_OK && i < f->feature_count; i++)
        st = f->feature[i].onehot ? add_onehot(x, f, i) : add_number(x, f, d, i);
    if (st == ST_OK && x->width == 0)
        st = fault(EC_DATA_SHAPE, f->path[0], "the recipe leaves no feature");
    if (st == ST_OK)
        st = judge_names(x, f->path[0]);
    if (st != ST_OK)
        features_close(x);
    return st;
}

void features_close(struct features *x)
{
    for (size_t i = 0; i < x->width; i++)
        free(x->name[i]);
    free(x->name);
    free(x->feature);
    *x = (struct features){0};
}

void features_row(float *out, struct features *x, const struct frame *f, size_t row)
{
    const float *value = f->value + row * f->number_count;

    for (size_t i = 0; i < x->width; i++) {
        const struct feature *t = &x->feature[i];
        const struct frame_feature *c = &f->feature[t->from];
        if (c->onehot) {
            out[i] = f->word[c->at][row] == t->level;
            x->filled += is_missing(f, c, row) && (i == 0 || x->feature[i - 1].from != t->from);
            continue;
        }
        float v = value[c->at];
        if (isnan(v)) {
            v = t->fill;
            x->filled++;
        }
        if (t->clip > 0 && fabsf(v) > t->clip) {
            v = copysignf(t->clip, v);
            x->clipped++;
        }
        out[i] = v;
    }
}
