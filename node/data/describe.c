#include "node/data/describe.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/data/site.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define NAMES_SHOWN 20 /* constant features that are named */

/* One look over x. */
struct survey {
    size_t not_finite, constant, duplicates;
    float smallest, largest;
    double *norm;        /* [rows], sorted */
    size_t *constant_at; /* [constant] */
};

static int by_real(const void *a, const void *b)
{
    const double *p = a;
    const double *q = b;

    return (*p > *q) - (*p < *q);
}

static int by_word(const void *a, const void *b)
{
    const uint64_t *p = a;
    const uint64_t *q = b;

    return (*p > *q) - (*p < *q);
}

static size_t equal_neighbours(uint64_t *v, size_t n)
{
    size_t equal = 0;

    qsort(v, n, sizeof *v, by_word);
    for (size_t i = 1; i < n; i++)
        equal += v[i] == v[i - 1];
    return equal;
}

/* A row is a duplicate when an earlier one has the same bytes, told by a 64-bit digest. */
static uint64_t digest_of_row(const float *x, size_t width)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < width; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        h = (h ^ bits) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    return h;
}

static void survey_row(struct survey *s, uint64_t *digest, size_t row, const float *x, size_t width)
{
    double squares = 0;

    for (size_t i = 0; i < width; i++) {
        if (!isfinite(x[i])) {
            s->not_finite++;
            continue;
        }
        s->smallest = fminf(s->smallest, x[i]);
        s->largest = fmaxf(s->largest, x[i]);
        squares += (double)x[i] * (double)x[i];
    }
    s->norm[row] = sqrt(squares);
    digest[row] = digest_of_row(x, width);
}

/* A feature with one value in all training rows: it will be 0 once it is standardised. */
static void find_constant(struct survey *s, const struct flat *f)
{
    const float *first = NULL;
    uint8_t *varies = must_alloc(f->width, 1);

    for (size_t row = 0; row < f->rows; row++) {
        const float *x = f->x + row * f->width;
        if (f->split[row] != SPLIT_TRAIN)
            continue;
        first = first == NULL ? x : first;
        for (size_t i = 0; i < f->width; i++)
            varies[i] |= !(x[i] <= first[i] && x[i] >= first[i]);
    }
    for (size_t i = 0; first != NULL && i < f->width; i++)
        if (!varies[i])
            s->constant_at[s->constant++] = i;
    free(varies);
}

static struct survey survey_open(const struct flat *f)
{
    struct survey s = {.smallest = INFINITY, .largest = -INFINITY};
    uint64_t *digest = must_alloc(f->rows + 1, sizeof *digest);

    s.norm = must_alloc(f->rows + 1, sizeof *s.norm);
    s.constant_at = must_alloc(f->width + 1, sizeof *s.constant_at);
    for (size_t row = 0; row < f->rows; row++)
        survey_row(&s, digest, row, f->x + row * f->width, f->width);
    s.duplicates = equal_neighbours(digest, f->rows);
    qsort(s.norm, f->rows, sizeof *s.norm, by_real);
    find_constant(&s, f);
    free(digest);
    return s;
}

static void survey_close(struct survey *s)
{
    free(s->norm);
    free(s->constant_at);
}

static void name_feature(char *out, size_t cap, size_t at, const char *const *feature)
{
    if (feature != NULL)
        snprintf(out, cap, "%s", feature[at]);
    else
        snprintf(out, cap, "x[%zu]", at);
}

static struct json *features_json(const struct survey *s, const char *const *feature)
{
    struct json *out = json_object();
    struct json *names = json_array();

    for (size_t i = 0; i < s->constant && i < NAMES_SHOWN; i++) {
        char name[256];
        name_feature(name, sizeof name, s->constant_at[i], feature);
        json_add_text(names, name);
    }
    json_put_int(out, "not_finite", (int64_t)s->not_finite);
    json_put_real(out, "smallest", (double)s->smallest);
    json_put_real(out, "largest", (double)s->largest);
    json_put_int(out, "constant", (int64_t)s->constant);
    json_put(out, "constant_names", names);
    return out;
}

static struct json *norms_json(const struct survey *s, size_t rows)
{
    struct json *out = json_object();

    json_put_real(out, "smallest", s->norm[0]);
    json_put_real(out, "median", s->norm[rows / 2]);
    json_put_real(out, "largest", s->norm[rows - 1]);
    return out;
}

static struct json *splits_json(const struct flat *f)
{
    struct json *out = json_object();

    for (unsigned split = 0; split < SPLIT_NONE; split++) {
        struct json *one = json_object();
        size_t rows = 0;
        for (size_t i = 0; i < f->rows; i++)
            rows += f->split[i] == split;
        json_put_int(one, "rows", (int64_t)rows);
        json_put_int(one, "patients", (int64_t)site_patients(f, (enum split)split));
        json_put(out, site_split_word[split], one);
    }
    return out;
}

static const float *values_of(const struct flat *f, const struct target *t)
{
    bool task = t >= f->task && t < f->task + f->task_count;

    return f->value +
           f->rows * (task ? (size_t)(t - f->task) : f->task_count + (size_t)(t - f->group));
}

/* Rows of split `split` (SPLIT_NONE: any) where t has this level and u (NULL: none) that one. */
static size_t count_rows(const struct flat *f, enum split split, const struct target *t,
                         size_t level, const struct target *u, size_t other)
{
    const float *v = values_of(f, t);
    const float *w = u == NULL ? NULL : values_of(f, u);
    size_t n = 0;

    for (size_t i = 0; i < f->rows; i++)
        n += (split == SPLIT_NONE || f->split[i] == split) && v[i] == (float)level &&
             (w == NULL || w[i] == (float)other);
    return n;
}

static size_t count_patients(const struct flat *f, const struct target *t, size_t level)
{
    const float *v = values_of(f, t);
    uint64_t *id = must_alloc(f->rows + 1, sizeof *id);
    size_t n = 0;

    for (size_t i = 0; i < f->rows; i++)
        if (v[i] == (float)level)
            id[n++] = f->patient[i];
    size_t equal = equal_neighbours(id, n);
    free(id);
    return n - equal;
}

static size_t count_known(const struct flat *f, const struct target *t)
{
    const float *v = values_of(f, t);
    size_t n = 0;

    for (size_t i = 0; i < f->rows; i++)
        n += isnan(v[i]) ? 0 : 1;
    return n;
}

static struct json *label_json(const struct flat *f, const struct target *t)
{
    struct json *out = json_object();
    size_t known = count_known(f, t);

    json_put_text(out, "name", t->name);
    json_put_int(out, "known", (int64_t)known);
    json_put_int(out, "unknown", (int64_t)(f->rows - known));
    for (unsigned split = 0; split < SPLIT_NONE; split++) {
        struct json *levels = json_object();
        for (size_t i = 0; i < t->levels; i++)
            json_put_int(levels, t->level[i],
                         (int64_t)count_rows(f, (enum split)split, t, i, NULL, 0));
        json_put(out, site_split_word[split], levels);
    }
    if (t->levels == 2) {
        size_t positive = count_rows(f, SPLIT_NONE, t, 1, NULL, 0);
        json_put_int(out, "positive", (int64_t)positive);
        json_put_real(out, "prevalence", (double)positive / (double)known);
    }
    return out;
}

static struct json *level_json(const struct flat *f, const struct target *t, size_t level)
{
    struct json *out = json_object();
    struct json *positives = json_object();

    json_put_text(out, "name", t->level[level]);
    json_put_int(out, "rows", (int64_t)count_rows(f, SPLIT_NONE, t, level, NULL, 0));
    json_put_int(out, "patients", (int64_t)count_patients(f, t, level));
    for (size_t i = 0; i < f->task_count; i++)
        if (f->task[i].levels == 2)
            json_put_int(positives, f->task[i].name,
                         (int64_t)count_rows(f, SPLIT_NONE, t, level, &f->task[i], 1));
    json_put(out, "positive", positives);
    return out;
}

static void put_moments(struct json *out, const struct flat *f, const struct target *t)
{
    const float *v = values_of(f, t);
    double sum = 0;
    double squares = 0;
    size_t n = 0;

    for (size_t i = 0; i < f->rows; i++)
        if (!isnan(v[i])) {
            sum += (double)v[i];
            n++;
        }
    double mean = sum / (double)n;
    for (size_t i = 0; i < f->rows; i++)
        if (!isnan(v[i]))
            squares += ((double)v[i] - mean) * ((double)v[i] - mean);
    json_put_real(out, "mean", mean);
    json_put_real(out, "sd", sqrt(squares / (double)(n > 1 ? n - 1 : n)));
}

static struct json *group_json(const struct flat *f, const struct target *t)
{
    struct json *out = json_object();
    struct json *levels = json_array();
    size_t known = count_known(f, t);

    json_put_text(out, "name", t->name);
    json_put_text(out, "kind", site_kind_word[t->kind]);
    json_put_int(out, "known", (int64_t)known);
    json_put_int(out, "unknown", (int64_t)(f->rows - known));
    for (size_t i = 0; i < t->levels; i++)
        json_add(levels, level_json(f, t, i));
    json_put(out, "levels", levels);
    if (t->kind == TARGET_REGRESSION)
        put_moments(out, f, t);
    return out;
}

static void note(struct json *notes, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void note(struct json *notes, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    json_add_text(notes, text);
}

/* How many levels have rows in this split, and which is the last of them. */
static size_t levels_seen(size_t *last, const struct flat *f, enum split split,
                          const struct target *t)
{
    size_t seen = 0;

    for (size_t i = 0; i < t->levels; i++)
        if (count_rows(f, split, t, i, NULL, 0) > 0) {
            *last = i;
            seen++;
        }
    return seen;
}

static void note_target(struct json *notes, const struct flat *f, const struct target *t,
                        const char *what)
{
    size_t last = 0;
    size_t known = count_known(f, t);

    if (known == 0)
        note(notes, "%s %s is unknown in every row", what, t->name);
    else if (t->kind != TARGET_REGRESSION && levels_seen(&last, f, SPLIT_NONE, t) == 1)
        note(notes, "%s %s is `%s` in every row that knows it", what, t->name, t->level[last]);
    else if (t->kind != TARGET_REGRESSION && levels_seen(&last, f, SPLIT_TRAIN, t) == 1)
        note(notes, "%s %s is `%s` in every training row that knows it", what, t->name,
             t->level[last]);
}

/* Levels that a handful of patients have, all in one note. */
static void note_small(struct json *notes, const struct flat *f, const struct target *t)
{
    char list[384] = "";
    size_t at = 0;

    for (size_t i = 0; i < t->levels; i++) {
        size_t patients = count_patients(f, t, i);
        if (patients > 0 && patients < DESCRIBE_MIN_CELL && at < sizeof list)
            at += (size_t)snprintf(list + at, sizeof list - at, "%s%s %zu", at == 0 ? "" : ", ",
                                   t->level[i], patients);
    }
    if (at > 0)
        note(notes, "few patients in group %s: %s", t->name, list);
}

static void note_rows(struct json *notes, const struct flat *f)
{
    size_t rows[SPLIT_NONE + 1] = {0};

    for (size_t i = 0; i < f->rows; i++)
        rows[f->split[i] < SPLIT_NONE ? f->split[i] : SPLIT_NONE]++;
    if (rows[SPLIT_TRAIN] == 0 && !f->scores)
        note(notes, "no training rows");
    if (rows[SPLIT_TEST] == 0)
        note(notes, "no test rows: this site adds nothing to the evaluation");
}

static struct json *all_notes(const struct flat *f, const struct survey *s,
                              const char *const *feature)
{
    struct json *notes = json_array();
    char name[256];

    note_rows(notes, f);
    if (s->not_finite > 0)
        note(notes, "%zu value%s NaN or infinite", s->not_finite,
             s->not_finite == 1 ? " of x is" : "s of x are");
    for (size_t i = 0; i < f->task_count; i++)
        note_target(notes, f, &f->task[i], "label");
    for (size_t i = 0; i < f->group_count; i++) {
        note_target(notes, f, &f->group[i], "group");
        note_small(notes, f, &f->group[i]);
    }
    if (s->constant > 0 && !f->scores) {
        name_feature(name, sizeof name, s->constant_at[0], feature);
        note(notes, "%zu feature%s constant in the training rows and will be 0: %s%s", s->constant,
             s->constant == 1 ? " is" : "s are", name, s->constant == 1 ? "" : ", ...");
    }
    if (s->duplicates > 0 && !f->scores) /* many patients may have one score */
        note(notes, "%zu row%s the same features as another", s->duplicates,
             s->duplicates == 1 ? " has" : "s have");
    return notes;
}

struct json *describe_notes(const struct flat *f, const char *const *feature)
{
    struct survey s = survey_open(f);
    struct json *notes = all_notes(f, &s, feature);

    survey_close(&s);
    return notes;
}

struct json *describe(const struct flat *f, const char *const *feature)
{
    struct survey s = survey_open(f);
    struct json *out = json_object();
    struct json *labels = json_array();
    struct json *groups = json_array();

    json_put_text(out, "site", f->site);
    json_put_int(out, "rows", (int64_t)f->rows);
    json_put_int(out, "width", (int64_t)f->width);
    json_put_int(out, "patients", (int64_t)site_patients(f, SPLIT_NONE));
    json_put(out, "splits", splits_json(f));
    json_put(out, "features", features_json(&s, feature));
    json_put(out, "norms", norms_json(&s, f->rows));
    json_put_int(out, "duplicates", (int64_t)s.duplicates);
    for (size_t i = 0; i < f->task_count; i++)
        json_add(labels, label_json(f, &f->task[i]));
    for (size_t i = 0; i < f->group_count; i++)
        json_add(groups, group_json(f, &f->group[i]));
    json_put(out, "labels", labels);
    json_put(out, "groups", groups);
    json_put(out, "notes", all_notes(f, &s, feature));
    survey_close(&s);
    return out;
}
