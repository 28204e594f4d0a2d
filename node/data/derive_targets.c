/* Labels and groups: words or numbers into levels and values. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/data/derive.h"
#include "proto/base/must.h"

/* The word of a row as one target sees it. */
struct seen {
    const struct frame *f;
    size_t row, text;
    const char *word;
    bool unknown;
};

static struct seen look(const struct frame *f, size_t row, size_t text, const struct words *unknown)
{
    struct seen s = {f, row, text, frame_word(f, row, text), false};

    s.unknown = frame_missing(f, s.word) || words_have(unknown, s.word);
    return s;
}

static enum status refuse(const struct seen *s, enum complaint what, const char *why)
{
    char where[CSV_WHERE_MAX];

    frame_where(where, s->f, s->row, &s->f->text[s->text]);
    return fault(what, where, "column %s: `%.60s` %s", s->f->text[s->text].name, s->word, why);
}

static enum status number_of(double *v, const struct seen *s)
{
    enum csv_number got = csv_number(v, s->word);

    if (got == CSV_NOT_A_NUMBER)
        return refuse(s, EC_DATA_VALUE, "is not a number");
    if (got == CSV_NOT_FINITE || fabs(*v) > (double)FLT_MAX)
        return refuse(s, EC_DATA_NAN, "is not finite");
    return ST_OK;
}

static enum status label_of(float *value, const struct recipe_label *l, const struct seen *s)
{
    double v;

    *value = NAN;
    if (s->unknown)
        return ST_OK;
    if (l->positive.count == 0) {
        enum status st = number_of(&v, s);
        *value = v > l->above;
        return st;
    }
    *value = words_have(&l->positive, s->word);
    if (*value == 0 && l->negative.count > 0 && !words_have(&l->negative, s->word))
        return refuse(s, EC_DATA_VALUE, "is neither positive, negative nor unknown");
    return ST_OK;
}

static enum status derive_label(struct derived *d, const struct frame *f, size_t i)
{
    const struct recipe_label *l = &f->recipe->label[i];
    struct target *t = &d->task[i];
    enum status st = ST_OK;

    *t = (struct target){.kind = TARGET_BINARY, .levels = 2, .level = {"negative", "positive"}};
    snprintf(t->name, sizeof t->name, "%s", l->name);
    for (size_t row = 0; st == ST_OK && row < d->rows; row++) {
        struct seen s = look(f, row, f->label[i], &l->unknown);
        st = label_of(&d->value[i * d->rows + row], l, &s);
    }
    return st;
}

/* How the words of a group become levels: level[k] belongs to word[k]. */
struct coding {
    size_t count;
    const char *word[SETTINGS_LIST_MAX];
    size_t level[SETTINGS_LIST_MAX];
};

static enum status too_many(const struct frame *f, const struct recipe_group *g, size_t levels)
{
    return fault(EC_DATA_VALUE, settings_origin(f->recipe->settings, "name"),
                 "group %s has %zu levels, %s wanted; name them in levels, or the words to leave "
                 "out in unknown",
                 g->name, levels, g->kind == TARGET_BINARY ? "2" : "2 to 16");
}

/* The level of this name; a new one when it is new. TARGET_LEVELS_MAX when there is no room. */
static size_t level_named(struct target *t, const char *name)
{
    for (size_t i = 0; i < t->levels; i++)
        if (strcmp(t->level[i], name) == 0)
            return i;
    if (t->levels < TARGET_LEVELS_MAX)
        snprintf(t->level[t->levels], sizeof t->level[0], "%s", name);
    return t->levels++;
}

static enum status take_coding(struct coding *c, struct target *t, const struct recipe_group *g,
                               const struct frame *f, size_t text)
{
    uint32_t *found = NULL;
    size_t count = g->levels.count;

    if (count == 0)
        found = derive_levels(&count, f, text, &g->unknown);
    for (size_t i = 0; i < count && i < SETTINGS_LIST_MAX; i++) {
        c->word[i] = found == NULL ? g->levels.word[i] : pool_text(&f->pool, found[i]);
        const char *name = g->names.count > 0 ? g->names.word[i] : c->word[i];
        if (!flat_can_name(name)) {
            free(found);
            return fault(EC_DATA_VALUE, settings_origin(f->recipe->settings, "name"),
                         "level `%.70s` of group %s: 1 to %d bytes of UTF-8 wanted", name, g->name,
                         TARGET_NAME_MAX - 1);
        }
        c->level[i] = level_named(t, name);
        if (t->levels > TARGET_LEVELS_MAX)
            break;
        c->count++;
    }
    free(found);
    if (count > SETTINGS_LIST_MAX || t->levels > TARGET_LEVELS_MAX || t->levels < 2 ||
        (g->kind == TARGET_BINARY && t->levels != 2))
        return too_many(f, g, count > SETTINGS_LIST_MAX ? count : t->levels);
    return ST_OK;
}

static enum status level_of(float *value, const struct coding *c, const struct seen *s)
{
    *value = NAN;
    if (s->unknown)
        return ST_OK;
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->word[i], s->word) == 0) {
            *value = (float)c->level[i];
            return ST_OK;
        }
    return refuse(s, EC_DATA_VALUE, "is no level the recipe knows");
}

static enum status value_of(float *value, const struct recipe_group *g, const struct seen *s)
{
    double v;

    *value = NAN;
    if (s->unknown)
        return ST_OK;
    enum status st = number_of(&v, s);
    if (st == ST_OK)
        *value = g->by_threshold ? (float)(v >= g->threshold) : (float)v;
    return st;
}

static enum status derive_group(struct derived *d, const struct frame *f, size_t i)
{
    const struct recipe_group *g = &f->recipe->group[i];
    struct target *t = &d->group[i];
    struct coding coding = {0};
    bool numeric = g->by_threshold || g->kind == TARGET_REGRESSION;
    enum status st = ST_OK;

    *t = (struct target){.kind = g->kind};
    snprintf(t->name, sizeof t->name, "%s", g->name);
    if (g->by_threshold) {
        t->levels = 2;
        snprintf(t->level[0], sizeof t->level[0], "<%g", g->threshold);
        snprintf(t->level[1], sizeof t->level[1], ">=%g", g->threshold);
        for (size_t k = 0; k < g->names.count; k++)
            snprintf(t->level[k], sizeof t->level[k], "%s", g->names.word[k]);
    } else if (!numeric) {
        st = take_coding(&coding, t, g, f, f->group[i]);
    }
    for (size_t row = 0; st == ST_OK && row < d->rows; row++) {
        struct seen s = look(f, row, f->group[i], &g->unknown);
        float *value = &d->value[(d->task_count + i) * d->rows + row];
        st = numeric ? value_of(value, g, &s) : level_of(value, &coding, &s);
    }
    return st;
}

static enum status derive_score(struct derived *d, const struct frame *f, size_t i)
{
    static const struct words none = {.count = 0};
    enum status st = ST_OK;

    for (size_t row = 0; st == ST_OK && row < d->rows; row++) {
        struct seen s = look(f, row, f->score[i], &none);
        double *p = &d->score[i * d->rows + row];
        if (s.unknown)
            st = refuse(&s, EC_DATA_NAN, "is no score (drop_missing would drop the row)");
        if (st == ST_OK)
            st = number_of(p, &s);
        if (st == ST_OK && (*p < 0 || *p > 1))
            st = refuse(&s, EC_DATA_VALUE, "is no probability, 0 to 1");
    }
    return st;
}

enum status derive_targets(struct derived *d, const struct frame *f)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < d->task_count; i++)
        st = derive_label(d, f, i);
    if (f->recipe->scores)
        d->score = must_alloc(d->task_count * d->rows + 1, sizeof *d->score);
    for (size_t i = 0; st == ST_OK && d->score != NULL && i < d->task_count; i++)
        st = derive_score(d, f, i);
    for (size_t i = 0; st == ST_OK && i < d->group_count; i++)
        st = derive_group(d, f, i);
    return st;
}
