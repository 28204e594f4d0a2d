#include "models/course.h"

#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "proto/base/must.h"

/* Exact counts and sums of moderate size: 2^-20 steps up to 2^42 / sites. */
#define SUM_SHIFT EXAM_SHIFT

const char *leg_name(enum leg_kind kind)
{
    static const char *const names[] = {"moments", "erase",  "train",    "guard", "fit",    "trace",
                                        "scale",   "spread", "probe",    "valid", "choose", "test",
                                        "place",   "groups", "patients", "end"};
    must((size_t)kind < COUNT(names));
    return names[kind];
}

static size_t moments_values(const struct population *who)
{
    return 2 * who->width + 2 + (who->task_count + who->group_count) * TARGET_LEVELS_MAX;
}

static struct leg leg_of(const struct course *c, enum leg_kind kind, uint64_t index)
{
    struct leg leg = {.kind = kind, .round = c->leg.round + 1, .index = index, .shift = SUM_SHIFT};
    double rounds = (double)settings_int(c->plan, "rounds");
    leg.progress = 1;
    switch (kind) {
    case LEG_MOMENTS:
        leg.values = moments_values(&c->who);
        leg.shift = (unsigned)settings_int(c->plan, "data.sum_bits");
        leg.progress = 0;
        break;
    case LEG_ERASE: {
        struct population who = course_erasable(c);
        leg.values = erasure_values(&who);
        leg.progress = 0;
        break;
    }
    case LEG_TRAIN:
        leg.mean = true;
        leg.values = c->model->params + c->model->loss_count;
        leg.progress = rounds > 1 ? (double)index / (rounds - 1) : 1;
        break;
    case LEG_GUARD:
        leg.values = c->model->guard_words + 1;
        break;
    case LEG_FIT:
        leg.values = c->trace.fit_values;
        break;
    case LEG_TRACE:
        leg.values = c->trace.values;
        break;
    case LEG_SCALE:
        leg.values = 2 * c->exam.spec.width + 1;
        break;
    case LEG_SPREAD:
        leg.values = c->exam.spec.slice_count + 1;
        break;
    case LEG_PROBE:
        leg.mean = true;
        leg.values = c->exam.probes->params + c->exam.probes->loss_count;
        break;
    case LEG_VALID:
    case LEG_CHOOSE:
    case LEG_TEST:
        leg.values = c->exam.test_values;
        break;
    case LEG_PLACE:
        leg.values = c->exam.place_values;
        break;
    case LEG_GROUPS:
        leg.values = c->census.values;
        break;
    case LEG_PATIENTS:
        leg.values = c->census.place_values;
        break;
    case LEG_END:
        break;
    }
    return leg;
}

enum status course_open(struct course *c, const struct settings *plan,
                        const struct population *schema)
{
    *c = (struct course){.plan = plan, .who = *schema};
    for (size_t i = 0; i < MODEL_LOSSES_MAX; i++)
        c->loss[i] = (double)NAN;
    c->mean = must_alloc(schema->width, sizeof(double));
    c->scale = must_alloc(schema->width, sizeof(double));
    c->merge = merge_find(settings_text(plan, "merge.rule"));
    must(c->merge != NULL);
    c->leg = leg_of(c, LEG_MOMENTS, 0);
    return ST_OK;
}

void course_close(struct course *c)
{
    trace_close(&c->trace);
    census_close(&c->census);
    exam_close(&c->exam);
    if (c->model != NULL)
        c->model->ops->close(&c->model);
    erasure_close(&c->erasure);
    free(c->theta);
    free(c->merge_state);
    free(c->mean);
    free(c->scale);
    *c = (struct course){0};
}

double course_weight_cap(const struct course *c)
{
    bool in_sample = c->leg.kind == LEG_PROBE && c->exam.in_sample;
    return fmax(in_sample ? c->exam.fitted : c->who.rows, 1);
}

/* --- moments ------------------------------------------------------------------------------- */

static void fold_features(struct course *c, const double *sum)
{
    const double *square = sum + c->who.width;
    double n = c->who.rows;
    /* Below this a variance is rounding: of doubles, and of the fixed point of a few sites. */
    double grain = 16 * ldexp(1, -(int)c->leg.shift);
    for (size_t i = 0; i < c->who.width; i++) {
        double mean = sum[i] / n;
        double variance = n > 1 ? (square[i] - n * mean * mean) / (n - 1) : 0;
        c->mean[i] = mean;
        c->scale[i] = variance > 1e-10 * mean * mean + grain / n ? sqrt(variance) : 0;
    }
}

static void fold_target(struct target *t, const double *v)
{
    if (t->kind == TARGET_REGRESSION) {
        t->known = v[0];
        t->mean = v[0] > 0 ? v[1] / v[0] : 0;
        double variance = v[0] > 1 ? (v[2] - v[0] * t->mean * t->mean) / (v[0] - 1) : 0;
        t->sd = variance > 1e-10 * (1 + t->mean * t->mean) ? sqrt(variance) : 1;
        return;
    }
    t->known = 0;
    for (size_t l = 0; l < t->levels; l++)
        t->known += v[l];
    for (size_t l = 0; l < t->levels; l++)
        t->share[l] = t->known > 0 ? v[l] / t->known : 0;
}

/* Without a probe nobody would read what is erased. */
static bool erases(const struct course *c)
{
    bool read = settings_count(c->plan, "evaluate.probes") > 0 &&
                settings_has(c->plan, "evaluate.representations", "erasure");
    return c->who.group_count > 0 && (read || settings_bool(c->plan, "model.erase_first"));
}

/* The key to change when nothing can be erased. */
static const char *who_erases(const struct course *c)
{
    return settings_bool(c->plan, "model.erase_first") ? "model.erase_first"
                                                       : "evaluate.representations";
}

/* Every predictor is what it will be. */
static void enter_scoring(struct course *c)
{
    if (census_chooses(&c->census)) {
        c->leg = leg_of(c, LEG_CHOOSE, 0);
        return;
    }
    census_choose(&c->census, NULL);
    c->leg = leg_of(c, LEG_TEST, 0);
}

static void enter_exam(struct course *c)
{
    if (c->exam.probes != NULL)
        c->leg = leg_of(c, LEG_SCALE, 0);
    else
        enter_scoring(c);
}

/* Everybody who scores a task. */
static enum status open_census(struct course *c)
{
    size_t *row = must_alloc(c->exam.row_count, sizeof *row);
    for (size_t w = 0; w < c->exam.row_count; w++)
        row[w] = w;
    enum status st = census_open(&c->census, &c->exam, row, c->exam.row_count);
    free(row);
    return st;
}

static enum status fold_moments(struct course *c, const double *v)
{
    struct population *who = &c->who;
    const double *tail = v + 2 * who->width;
    who->rows = tail[0];
    const struct model_ops *ops = model_find(settings_text(c->plan, "model.name"));
    must(ops != NULL);
    if (who->rows < 2)
        return fault(EC_DATA_EMPTY, "", "all sites together have %.0f %s", who->rows,
                     ops->fixed ? "rows" : "training rows");
    fold_features(c, v);
    for (size_t i = 0; i < who->task_count; i++)
        fold_target(&who->task[i], tail + 2 + i * TARGET_LEVELS_MAX);
    for (size_t i = 0; i < who->group_count; i++)
        fold_target(&who->group[i], tail + 2 + (who->task_count + i) * TARGET_LEVELS_MAX);

    enum status st = ops->open(&c->model, c->plan, who);
    if (st != ST_OK)
        return st;
    c->theta = must_alloc(c->model->params, sizeof(real));
    c->merge_state = must_alloc(c->merge->state_doubles(c->model->params) + 1, sizeof(double));
    ops->init(c->theta, c->model, (uint64_t)settings_int(c->plan, "seed"));
    st = exam_open(&c->exam, c->plan, who, c->model);
    if (st == ST_OK)
        st = open_census(c);
    if (st == ST_OK)
        st = trace_open(&c->trace, &c->exam);
    if (st == ST_OK && erases(c) && who->width > ERASURE_WIDTH_MAX)
        st = fault(EC_CFG_CONFLICT, who_erases(c), "%zu features, erasure takes at most %d",
                   who->width, ERASURE_WIDTH_MAX);
    if (st == ST_OK && ops->fixed)
        enter_exam(c);
    else if (st == ST_OK)
        c->leg = leg_of(c, erases(c) ? LEG_ERASE : LEG_TRAIN, 0);
    return st;
}

/* --- erasure ------------------------------------------------------------------------------- */

struct population course_erasable(const struct course *c)
{
    struct population who = c->who;
    double fewest = (double)settings_int(c->plan, "privacy.min_cell");
    for (size_t g = 0; g < who.group_count; g++)
        for (size_t l = 0; l < who.group[g].levels; l++)
            if (who.group[g].share[l] * who.group[g].known < fewest)
                who.group[g].share[l] = 0;
    return who;
}

static enum status fold_erase(struct course *c, const double *values)
{
    struct population who = course_erasable(c);
    enum status st =
        erasure_open(&c->erasure, &who, values, settings_real(c->plan, "model.erase_shrinkage"));
    if (st == ST_OK)
        c->leg = leg_of(c, LEG_TRAIN, 0);
    return st;
}

void course_erase(real *y, const struct course *c, const real *x, size_t rows)
{
    erasure_apply(y, &c->erasure, x, rows);
}

/* --- training ------------------------------------------------------------------------------ */

static void after_train(struct course *c, uint64_t index)
{
    if (index + 1 < (uint64_t)settings_int(c->plan, "rounds"))
        c->leg = leg_of(c, LEG_TRAIN, index + 1);
    else
        enter_exam(c);
}

/* How does it stand? Where something can be traced. */
static void after_guard(struct course *c, uint64_t index)
{
    if (c->trace.values == 0)
        after_train(c, index);
    else
        c->leg = leg_of(c, c->trace.fits ? LEG_FIT : LEG_TRACE, index);
}

static void fold_train(struct course *c, const double *v, double weight)
{
    size_t n = c->model->params;
    if (weight > 0)
        c->merge->finish(c->theta, c->merge_state, v, n, c->plan, c->leg.index);
    for (size_t i = 0; i < c->model->loss_count; i++)
        c->loss[i] = v[n + i] * COURSE_LOSS_UNIT;
    uint64_t done = c->leg.index + 1;
    bool last = done == (uint64_t)settings_int(c->plan, "rounds");
    bool due = last || done % (uint64_t)settings_int(c->plan, "evaluate.every") == 0;
    if (c->model->guard_words > 0 && due)
        c->leg = leg_of(c, LEG_GUARD, c->leg.index);
    else if (due)
        after_guard(c, c->leg.index);
    else
        after_train(c, c->leg.index);
}

static void fold_guard(struct course *c, const double *v)
{
    c->guard_count = c->model->ops->guard_judge(c->guard, c->model, v, v[c->model->guard_words]);
    after_guard(c, c->leg.index);
}

static enum status fold_fit(struct course *c, const double *v)
{
    enum status st = trace_fold_fit(&c->trace, v);
    if (st == ST_OK)
        c->leg = leg_of(c, LEG_TRACE, c->leg.index);
    return st;
}

static enum status fold_trace(struct course *c, const double *v)
{
    enum status st = trace_judge(&c->trace, v);
    if (st != ST_OK)
        return st;
    trace_fold(&c->trace, v);
    after_train(c, c->leg.index);
    return ST_OK;
}

/* --- evaluation ---------------------------------------------------------------------------- */

static void after_probe(struct course *c)
{
    uint64_t next = c->leg.index + 1;
    bool more = !c->exam.finished && next < (uint64_t)settings_int(c->plan, "evaluate.rounds");
    if (more)
        c->leg = leg_of(c, LEG_PROBE, next);
    else
        enter_scoring(c);
}

static void fold_probe(struct course *c, const double *v, double weight)
{
    if (weight > 0)
        exam_fold_probe(&c->exam, v);
    if (c->exam.in_sample)
        after_probe(c);
    else
        c->leg = leg_of(c, LEG_VALID, c->leg.index);
}

static enum status fold_valid(struct course *c, const double *v)
{
    enum status st = exam_judge_test(&c->exam, v);
    if (st != ST_OK)
        return st;
    exam_fold_valid(&c->exam, v);
    after_probe(c);
    return ST_OK;
}

static enum status fold_choose(struct course *c, const double *v)
{
    enum status st = exam_judge_test(&c->exam, v);
    if (st != ST_OK)
        return st;
    census_choose(&c->census, v);
    c->leg = leg_of(c, LEG_TEST, 0);
    return ST_OK;
}

static enum status fold_test(struct course *c, const double *v)
{
    enum status st = exam_judge_test(&c->exam, v);
    if (st != ST_OK)
        return st;
    exam_fold_test(&c->exam, v);
    c->leg = leg_of(c, LEG_PLACE, 0);
    return ST_OK;
}

static enum status fold_place(struct course *c, const double *v)
{
    enum status st = exam_judge_place(&c->exam, v);
    if (st != ST_OK)
        return st;
    exam_fold_place(&c->exam, v);
    c->leg = leg_of(c, c->census.table_count > 0 ? LEG_GROUPS : LEG_END, 0);
    return ST_OK;
}

static enum status fold_groups(struct course *c, const double *v)
{
    enum status st = census_judge(&c->census, v);
    if (st != ST_OK)
        return st;
    census_fold(&c->census, v);
    c->leg = leg_of(c, LEG_PATIENTS, 0);
    return ST_OK;
}

static enum status fold_patients(struct course *c, const double *v)
{
    enum status st = census_judge_place(&c->census, v);
    if (st != ST_OK)
        return st;
    census_fold_place(&c->census, v);
    c->leg = leg_of(c, LEG_END, 0);
    return ST_OK;
}

enum status course_fold(struct course *c, const double *values, double weight)
{
    switch (c->leg.kind) {
    case LEG_MOMENTS:
        return fold_moments(c, values);
    case LEG_ERASE:
        return fold_erase(c, values);
    case LEG_TRAIN:
        fold_train(c, values, weight);
        return ST_OK;
    case LEG_GUARD:
        fold_guard(c, values);
        return ST_OK;
    case LEG_FIT:
        return fold_fit(c, values);
    case LEG_TRACE:
        return fold_trace(c, values);
    case LEG_SCALE:
        exam_fold_scale(&c->exam, values);
        c->leg = leg_of(c, LEG_SPREAD, 0);
        return ST_OK;
    case LEG_SPREAD:
        exam_fold_spread(&c->exam, values);
        c->leg = leg_of(c, LEG_PROBE, 0);
        return ST_OK;
    case LEG_PROBE:
        fold_probe(c, values, weight);
        return ST_OK;
    case LEG_VALID:
        return fold_valid(c, values);
    case LEG_CHOOSE:
        return fold_choose(c, values);
    case LEG_TEST:
        return fold_test(c, values);
    case LEG_PLACE:
        return fold_place(c, values);
    case LEG_GROUPS:
        return fold_groups(c, values);
    case LEG_PATIENTS:
        return fold_patients(c, values);
    case LEG_END:
        break;
    }
    must(!"no leg is due after the end");
    return ST_STATE;
}

real *course_vector(const struct course *c)
{
    return c->leg.kind == LEG_PROBE ? c->exam.theta : c->theta;
}

const struct model *course_learner(const struct course *c)
{
    return c->leg.kind == LEG_PROBE ? c->exam.probes : c->model;
}
