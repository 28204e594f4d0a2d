#include "node/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/core/score.h"
#include "models/core/vec.h"
#include "models/registry.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"

/* A spread smaller than this part of the mean is what adding up leaves of no spread at all. */
#define SPREAD_MIN 1e-12

enum split split_scored(const struct settings *plan)
{
    const char *score = settings_text(plan, "evaluate.score");
    if (strcmp(score, "train") == 0)
        return SPLIT_TRAIN;
    return strcmp(score, "valid") == 0 ? SPLIT_VALID : SPLIT_TEST;
}

enum split split_fitted(const struct settings *plan)
{
    bool in_sample = strcmp(settings_text(plan, "evaluate.mode"), "in-sample") == 0;
    return in_sample ? split_scored(plan) : SPLIT_TRAIN;
}

enum standardise standardise_of(const struct settings *plan)
{
    const char *how = settings_text(plan, "data.standardise");
    if (strcmp(how, "site") == 0)
        return STANDARDISE_SITE;
    return strcmp(how, "none") == 0 ? STANDARDISE_NONE : STANDARDISE_GLOBAL;
}

void standardise_row(real *out, const float *raw, const double *mean, const double *scale,
                     size_t width)
{
    for (size_t j = 0; j < width; j++)
        out[j] = scale[j] > 0 ? (real)(((double)raw[j] - mean[j]) / scale[j]) : 0;
}

/* "stage, sex, age" of a site's targets, cut where the message would grow too long. */
static void names_of(char *out, size_t cap, const struct target *targets, size_t count)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && at < cap; i++) {
        int n = snprintf(out + at, cap - at, "%s%s", i == 0 ? "" : ", ", targets[i].name);
        at += n > 0 ? (size_t)n : 0;
    }
    if (count == 0)
        snprintf(out, cap, "none");
}

static enum target_kind kind_of(const char *word)
{
    if (strcmp(word, "binary") == 0)
        return TARGET_BINARY;
    if (strcmp(word, "categorical") == 0)
        return TARGET_CATEGORICAL;
    must(strcmp(word, "regression") == 0);
    return TARGET_REGRESSION;
}

/* A list of the plan against the like list of the file. */
struct wanted {
    const char *list; /* "tasks" */
    const char *what; /* "label" */
    size_t max;
    const struct target *has;
    size_t has_count;
    size_t value_at; /* of has[0] in flat.value */
};

static const struct target *has_target(const struct wanted *w, const char *name)
{
    for (size_t i = 0; i < w->has_count; i++)
        if (strcmp(w->has[i].name, name) == 0)
            return &w->has[i];
    return NULL;
}

static bool kind_fits(const struct target *has, enum target_kind kind)
{
    switch (kind) {
    case TARGET_BINARY:
        return has->kind != TARGET_REGRESSION && has->levels == 2;
    case TARGET_CATEGORICAL:
        return has->kind != TARGET_REGRESSION;
    default:
        return has->kind == TARGET_REGRESSION;
    }
}

static enum status unfit(const struct flat *f, const struct wanted *w, const struct target *has,
                         const char *kind)
{
    char it_is[64] = "a number";
    if (has->kind != TARGET_REGRESSION)
        snprintf(it_is, sizeof(it_is), "a class with %zu levels", has->levels);
    return fault(EC_DATA_LABEL, f->site, "%s `%s` is %s in the plan; at site `%s` it is %s",
                 w->what, has->name, kind, f->site, it_is);
}

/* Record i of the list: its target into *chosen, its column into *column. */
static enum status choose_one(struct target *chosen, size_t *column, const struct flat *f,
                              const struct wanted *w, const struct settings *plan, size_t i)
{
    const char *name = settings_text(plan, "%s[%zu].name", w->list, i);
    const char *kind = settings_text(plan, "%s[%zu].kind", w->list, i);
    const struct target *has = has_target(w, name);
    if (has == NULL) {
        char names[512];
        names_of(names, sizeof(names), w->has, w->has_count);
        return fault(EC_DATA_LABEL, f->site, "site `%s` has no %s `%s`; it has: %s", f->site,
                     w->what, name, names);
    }
    if (!kind_fits(has, kind_of(kind)))
        return unfit(f, w, has, kind);
    *chosen = *has;
    chosen->kind = kind_of(kind);
    *column = w->value_at + (size_t)(has - w->has);
    return ST_OK;
}

/* All records of the list; their values are copied into *values [count, rows]. */
static enum status choose(struct target *chosen, size_t *count, real **values, const struct flat *f,
                          const struct wanted *w, const struct settings *plan)
{
    *count = settings_count(plan, "%s", w->list);
    if (*count > w->max)
        return fault(EC_CFG_RANGE, w->list, "%zu records in `%s`, at most %zu", *count, w->list,
                     w->max);
    *values = must_alloc(*count * f->rows, sizeof(**values));
    for (size_t i = 0; i < *count; i++) {
        size_t column = 0;
        enum status st = choose_one(&chosen[i], &column, f, w, plan, i);
        if (st != ST_OK)
            return st;
        for (size_t row = 0; row < f->rows; row++)
            (*values)[i * f->rows + row] = (real)f->value[column * f->rows + row];
    }
    return ST_OK;
}

static enum status choose_targets(struct dataset *d, const struct settings *plan)
{
    const struct flat *f = &d->flat;
    struct population *p = &d->schema;
    const struct wanted tasks = {"tasks", "label", TASKS_MAX, f->task, f->task_count, 0};
    const struct wanted groups = {"groups", "group",        GROUPS_MAX,
                                  f->group, f->group_count, f->task_count};
    enum status st = choose(p->task, &p->task_count, &d->task, f, &tasks, plan);
    if (st == ST_OK)
        st = choose(p->group, &p->group_count, &d->group, f, &groups, plan);
    if (st == ST_OK)
        for (size_t i = 0; i < p->task_count; i++)
            p->task[i].train = settings_bool(plan, "tasks[%zu].train", i);
    return st;
}

static bool validates(uint64_t seed, uint64_t patient, double share)
{
    struct rng rng = rng_open(seed, RNG_SPLIT, 0, 0, patient);
    return rng_uniform(&rng) < share;
}

/* A share of the training patients by their keyed hash, unless that leaves none to train on. */
static void choose_validation(struct dataset *d, uint64_t seed, double share)
{
    size_t training = 0, left = 0;
    for (size_t row = 0; row < d->rows; row++) {
        if (d->split[row] == SPLIT_VALID)
            return;
        if (d->split[row] == SPLIT_TRAIN) {
            training++;
            left += !validates(seed, d->flat.patient[row], share);
        }
    }
    if (training == 0 || left == 0)
        return;
    for (size_t row = 0; row < d->rows; row++)
        if (d->split[row] == SPLIT_TRAIN && validates(seed, d->flat.patient[row], share))
            d->split[row] = SPLIT_VALID;
}

/* Where the plan's task t stands among those of the file: its name was found there before. */
static size_t place_of(const struct dataset *d, size_t t)
{
    size_t at = 0;
    while (strcmp(d->flat.task[at].name, d->schema.task[t].name) != 0)
        at++;
    return at;
}

/* x of the plan: all features, or the scores of its tasks. */
static enum status choose_features(struct dataset *d, const char *path)
{
    const struct flat *f = &d->flat;
    if (d->fixed != f->scores)
        return fault(EC_DATA_SHAPE, path, "site `%s` has %s; the plan's model wants %s", f->site,
                     f->scores ? "scores of its labels, and no features"
                               : "features, and no scores",
                     d->fixed ? "scores" : "features");
    d->width = d->fixed ? d->schema.task_count * SCORE_PARTS : f->width;
    d->schema.width = d->width;
    d->raw = f->x;
    if (!d->fixed)
        return ST_OK;
    d->raw = d->chosen = must_alloc(d->rows * d->width, sizeof *d->chosen);
    for (size_t t = 0; t < d->schema.task_count; t++) {
        const float *from = f->x + place_of(d, t) * SCORE_PARTS;
        for (size_t row = 0; row < d->rows; row++)
            memcpy(d->chosen + row * d->width + t * SCORE_PARTS, from + row * f->width,
                   SCORE_PARTS * sizeof *from);
    }
    return ST_OK;
}

static void list_rows(struct dataset *d)
{
    for (size_t row = 0; row < d->rows; row++)
        if (d->split[row] != SPLIT_NONE)
            d->split_rows[d->split[row]]++;
    for (size_t s = 0; s < COUNT(d->split_row); s++)
        d->split_row[s] = must_alloc(d->split_rows[s], sizeof(*d->split_row[s]));
    size_t at[COUNT(d->split_row)] = {0};
    for (size_t row = 0; row < d->rows; row++) {
        uint8_t s = d->split[row];
        if (s != SPLIT_NONE)
            d->split_row[s][at[s]++] = (uint32_t)row;
    }
}

static enum status has_rows(const struct dataset *d, const char *path, const struct settings *plan)
{
    if (d->fixed)
        return ST_OK;
    if (d->split_rows[SPLIT_TRAIN] == 0)
        return fault(EC_DATA_EMPTY, path, "site `%s` has no training row among its %zu rows",
                     d->flat.site, d->rows);
    if (d->split_rows[split_fitted(plan)] == 0)
        return fault(
            EC_DATA_EMPTY, path,
            "site `%s` has no test row among its %zu rows, and in sample probes are fitted "
            "to those",
            d->flat.site, d->rows);
    return ST_OK;
}

enum status dataset_open(struct dataset *d, const char *path, const struct settings *plan)
{
    *d = (struct dataset){0};
    enum status st = flat_open(&d->flat, path);
    if (st != ST_OK)
        return st;
    d->rows = d->flat.rows;
    d->fixed = model_find(settings_text(plan, "model.name"))->fixed;
    st = choose_targets(d, plan);
    if (st == ST_OK)
        st = choose_features(d, path);
    if (st != ST_OK)
        goto out;
    d->split = must_alloc(d->rows, sizeof(*d->split));
    memcpy(d->split, d->flat.split, d->rows);
    if (!d->fixed)
        choose_validation(d, (uint64_t)settings_int(plan, "seed"),
                          settings_real(plan, "data.validation"));
    list_rows(d);
    st = has_rows(d, path, plan);
out:
    if (st != ST_OK)
        dataset_close(d);
    return st;
}

void dataset_close(struct dataset *d)
{
    free(d->chosen);
    free(d->split);
    free(d->task);
    free(d->group);
    free(d->x);
    free(d->erased);
    for (size_t s = 0; s < COUNT(d->split_row); s++)
        free(d->split_row[s]);
    flat_close(&d->flat);
    *d = (struct dataset){0};
}

static int by_id(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* Does this row tell what the run's people are like? */
static bool is_counted(const struct dataset *d, size_t row)
{
    return d->split[row] == SPLIT_TRAIN || (d->fixed && d->split[row] != SPLIT_NONE);
}

static size_t counted_patients(const struct dataset *d)
{
    size_t count = 0, distinct = 0;
    uint64_t *id = must_alloc(d->rows, sizeof(*id));
    for (size_t row = 0; row < d->rows; row++)
        if (is_counted(d, row))
            id[count++] = d->flat.patient[row];
    qsort(id, count, sizeof(*id), by_id);
    for (size_t i = 0; i < count; i++)
        distinct += i == 0 || id[i] != id[i - 1];
    free(id);
    return distinct;
}

/* Adds one row's value of a target to its level sums. */
static void add_value(double *level, const struct target *t, real value)
{
    if (isnan(value))
        return;
    if (t->kind != TARGET_REGRESSION) {
        must((size_t)value < t->levels);
        level[(size_t)value] += 1;
        return;
    }
    level[0] += 1;
    level[1] += (double)value;
    level[2] += (double)value * (double)value;
}

void dataset_moments(struct moments *m, const struct dataset *d)
{
    m->width = d->width;
    m->task_count = d->schema.task_count;
    m->group_count = d->schema.group_count;
    memset(m->sum, 0, d->width * sizeof(*m->sum));
    memset(m->square, 0, d->width * sizeof(*m->square));
    memset(m->level, 0, sizeof(m->level));
    m->rows = 0;
    m->patients = (double)counted_patients(d);
    for (size_t row = 0; row < d->rows; row++) {
        if (!is_counted(d, row))
            continue;
        const float *x = d->raw + row * d->width;
        m->rows += 1;
        for (size_t j = 0; j < d->width && !d->fixed; j++) {
            m->sum[j] += (double)x[j];
            m->square[j] += (double)x[j] * (double)x[j];
        }
        for (size_t t = 0; t < m->task_count; t++)
            add_value(m->level[t], &d->schema.task[t], d->task[t * d->rows + row]);
        for (size_t g = 0; g < m->group_count; g++)
            add_value(m->level[m->task_count + g], &d->schema.group[g],
                      d->group[g * d->rows + row]);
    }
}

/* Mean and SD (n - 1) of the site's own training rows, in two passes against cancellation. */
static void own_moments(double *mean, double *scale, const struct dataset *d)
{
    size_t count = d->split_rows[SPLIT_TRAIN];
    const uint32_t *rows = d->split_row[SPLIT_TRAIN];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < d->width; j++)
            mean[j] += (double)d->raw[rows[i] * d->width + j];
    for (size_t j = 0; j < d->width; j++)
        mean[j] /= (double)count;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < d->width; j++) {
            double off = (double)d->raw[rows[i] * d->width + j] - mean[j];
            scale[j] += off * off;
        }
    for (size_t j = 0; j < d->width; j++) {
        double sd = count > 1 ? sqrt(scale[j] / (double)(count - 1)) : 0;
        scale[j] = sd < SPREAD_MIN * fabs(mean[j]) ? 0 : sd;
    }
}

static void scale_features(struct dataset *d, const double *mean, const double *scale,
                           const double *test_mean, const double *test_scale)
{
    for (size_t row = 0; row < d->rows; row++) {
        bool other = test_mean != NULL && d->split[row] == SPLIT_TEST;
        standardise_row(d->x + row * d->width, d->raw + row * d->width, other ? test_mean : mean,
                        other ? test_scale : scale, d->width);
        verify(vec_finite(d->x + row * d->width, d->width));
    }
}

/* Regression targets in units of the population's spread; the rest is as it was. */
static enum status scale_targets(real *values, const struct target *targets, size_t count,
                                 size_t rows)
{
    for (size_t i = 0; i < count; i++) {
        const struct target *t = &targets[i];
        if (t->kind != TARGET_REGRESSION)
            continue;
        if (!isfinite(t->mean) || !isfinite(t->sd) || t->sd <= 0)
            return fault(EC_DATA_RAW_AGE, t->name, "`%s`: mean %g, standard deviation %g", t->name,
                         t->mean, t->sd);
        for (size_t row = 0; row < rows; row++) {
            real *v = &values[i * rows + row];
            *v = (real)(((double)*v - t->mean) / t->sd); /* unknown stays unknown */
        }
    }
    return ST_OK;
}

static enum status judge_groups(const struct dataset *d, const struct population *who)
{
    for (size_t g = 0; g < who->group_count; g++) {
        size_t beyond = 0;
        for (size_t row = 0; row < d->rows && who->group[g].kind == TARGET_REGRESSION; row++)
            beyond += fabs((double)d->group[g * d->rows + row]) > DATASET_VALUE_MAX;
        /* How many, not which or what: this sentence may leave the hospital in a log. */
        if (beyond > 0)
            return fault(EC_DATA_RAW_AGE, who->group[g].name,
                         "%zu of %zu values lie more than %g standard deviations from the mean of "
                         "all sites",
                         beyond, d->rows, DATASET_VALUE_MAX);
    }
    return ST_OK;
}

static void must_agree(const struct target *ours, const struct target *theirs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        must(strcmp(ours[i].name, theirs[i].name) == 0);
        must(ours[i].kind == theirs[i].kind);
    }
}

enum status dataset_standardise(struct dataset *d, enum standardise how,
                                const struct population *who, const double *mean,
                                const double *scale, const double *test_mean,
                                const double *test_scale)
{
    must(d->x == NULL);
    must((test_mean == NULL) == (test_scale == NULL));
    must(who->task_count == d->schema.task_count);
    must(who->group_count == d->schema.group_count);
    must_agree(d->schema.task, who->task, who->task_count);
    must_agree(d->schema.group, who->group, who->group_count);

    enum status st = scale_targets(d->task, who->task, who->task_count, d->rows);
    if (st == ST_OK)
        st = scale_targets(d->group, who->group, who->group_count, d->rows);
    if (st == ST_OK)
        st = judge_groups(d, who);
    if (st != ST_OK)
        return st;
    d->x = must_alloc(d->rows * d->width, sizeof(*d->x));
    double *own = must_alloc(2 * d->width, sizeof(*own)); /* mean, then scale */
    if (how == STANDARDISE_SITE) {
        own_moments(own, own + d->width, d);
    } else if (how == STANDARDISE_GLOBAL) {
        must(mean != NULL);
        must(scale != NULL);
    } else {
        for (size_t j = 0; j < d->width; j++)
            own[d->width + j] = 1;
    }
    bool given = how == STANDARDISE_GLOBAL;
    scale_features(d, given ? mean : own, given ? scale : own + d->width, test_mean, test_scale);
    free(own);
    return ST_OK;
}

void dataset_keep_input(struct dataset *d)
{
    must(d->input != NULL);
    if (d->input != d->x) {
        free(d->x);
        d->x = NULL;
    }
    if (d->input != d->erased) {
        free(d->erased);
        d->erased = NULL;
    }
}
