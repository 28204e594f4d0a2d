#include "node/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/must.h"

#define CHUNK        RELEASE_ROWS
#define SPREAD_STEPS 16 /* enough for a step length: the value grows towards the true one */

struct row_key {
    uint64_t patient;
    uint32_t row;
};

static int by_patient(const void *a, const void *b)
{
    const struct row_key *x = a;
    const struct row_key *y = b;
    if (x->patient != y->patient)
        return x->patient < y->patient ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

void evaluation_order(uint32_t *row, const struct dataset *data, enum split split)
{
    size_t count = data->split_rows[split];
    struct row_key *key = must_alloc(count + 1, sizeof *key);
    for (size_t i = 0; i < count; i++) {
        uint32_t at = data->split_row[split][i];
        key[i] = (struct row_key){data->flat.patient[at], at};
    }
    qsort(key, count, sizeof *key, by_patient);
    for (size_t i = 0; i < count; i++)
        row[i] = key[i].row;
    free(key);
}

static void order_scored(struct evaluation *e)
{
    enum split split = split_scored(e->course->plan);
    e->scored_count = e->data->split_rows[split];
    e->scored = must_alloc(e->scored_count + 1, sizeof *e->scored);
    evaluation_order(e->scored, e->data, split);
}

/* The standardised rows of the model, or the wide rows of the probes. */
static struct rows_view view_of(const struct evaluation *e, bool wide, const uint32_t *row,
                                size_t count)
{
    const struct dataset *d = e->data;
    return wide ? batches_view(d, e->features, e->course->exam.spec.width, row, count)
                : batches_view(d, d->input, d->width, row, count);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Poisoned in training rows alone; whoever validates or is scored has no part in it. */
static void open_labels(struct evaluation *e)
{
    const struct dataset *d = e->data;
    const struct population *who = &e->course->who;
    const struct attack *attack = &e->course->exam.attack;
    if (attack->trial_count == 0)
        return;
    uint32_t *row = must_alloc(d->split_rows[SPLIT_TRAIN] + 1, sizeof *row);
    evaluation_order(row, d, SPLIT_TRAIN);
    struct attack_rows rows = {.total = d->rows,
                               .task = d->task,
                               .group = d->group,
                               .patient = d->flat.patient,
                               .row = row,
                               .count = d->split_rows[SPLIT_TRAIN]};
    e->labels = must_alloc((who->task_count + attack->trial_count) * d->rows, sizeof *e->labels);
    memcpy(e->labels, d->task, who->task_count * d->rows * sizeof *e->labels);
    for (size_t i = 0; i < attack->trial_count; i++)
        attack_label(e->labels + (who->task_count + i) * d->rows, &attack->trial[i], who,
                     (uint64_t)settings_int(e->course->plan, "seed"), &rows);
    free(row);
}

void evaluation_open(struct evaluation *e, const struct dataset *data, const struct course *c)
{
    *e = (struct evaluation){.data = data, .course = c};
    order_scored(e);
    open_labels(e);
    const struct model *m = c->model;
    const struct model *p = c->exam.probes;
    size_t width = larger(data->width, c->exam.spec.width);
    size_t logits = larger(m->outputs, p != NULL ? p->outputs : 0);
    size_t targets = c->who.task_count + c->who.group_count;
    size_t scratch =
        larger(m->ops->scratch_bytes(m, CHUNK), p != NULL ? p->ops->scratch_bytes(p, CHUNK) : 0);
    arena_open(&e->arena,
               scratch + arena_need(CHUNK * sizeof(real) * (2 * width + logits + targets), 8));
}

/* All scored rows at once: placements need whole patients. */
struct evaluation_whole {
    real *own, *fresh, *task, *group;
    uint64_t *patient;
    struct batch b; /* without x */
};

static void close_whole(struct evaluation_whole *w)
{
    if (w == NULL)
        return;
    free(w->own);
    free(w->fresh);
    free(w->task);
    free(w->group);
    free(w->patient);
    free(w);
}

void evaluation_close(struct evaluation *e)
{
    free(e->features);
    free(e->labels);
    free(e->scored);
    close_whole(e->whole);
    arena_close(&e->arena);
    *e = (struct evaluation){0};
}

/* --- features ------------------------------------------------------------------------------ */

static void put_rows(struct evaluation *e, size_t at, const real *x, size_t width)
{
    size_t wide = e->course->exam.spec.width;
    must(x != NULL); /* made before dataset_keep_input */
    for (size_t i = 0; i < e->data->rows; i++)
        memcpy(e->features + i * wide + at, x + i * width, width * sizeof(real));
}

static void put_noise(struct evaluation *e, size_t at, size_t width, uint64_t site)
{
    size_t wide = e->course->exam.spec.width;
    uint64_t seed = (uint64_t)settings_int(e->course->plan, "seed");
    for (size_t i = 0; i < e->data->rows; i++) {
        struct rng rng = rng_open(seed, RNG_NOISE, site, i, 0);
        for (size_t k = 0; k < width; k++)
            e->features[i * wide + at + k] = (real)rng_normal(&rng);
    }
}

void evaluation_features(struct evaluation *e, const struct release *release, uint64_t site)
{
    const struct exam *exam = &e->course->exam;
    e->features = must_alloc(e->data->rows * exam->spec.width, sizeof(real));
    for (size_t s = 0; s < exam->spec.slice_count; s++) {
        size_t at = exam->spec.slice[s].at;
        size_t width = exam->spec.slice[s].width;
        switch (exam->slice_of[s]) {
        case REP_ORIGINAL:
            put_rows(e, at, e->data->x, width);
            break;
        case REP_ERASURE:
            put_rows(e, at, e->data->erased, width);
            break;
        case REP_DEBIASED:
            release_rows(e->features + at, exam->spec.width, release, e->data->input,
                         e->data->flat.patient, e->data->rows, &e->arena);
            break;
        default:
            put_noise(e, at, width, site);
            break;
        }
    }
}

void evaluation_rescale(struct evaluation *e)
{
    const struct exam *exam = &e->course->exam;
    size_t wide = exam->spec.width;
    must(!e->rescaled);
    e->rescaled = true;
    for (size_t i = 0; i < e->data->rows; i++) {
        real *x = e->features + i * wide;
        for (size_t k = 0; k < wide; k++)
            x[k] = exam->scale[k] > 0 ? (real)(((double)x[k] - exam->mean[k]) / exam->scale[k]) : 0;
    }
}

struct rows_view evaluation_training(const struct evaluation *e)
{
    enum split split = split_fitted(e->course->plan);
    struct rows_view view = view_of(e, true, e->data->split_row[split], e->data->split_rows[split]);
    if (e->labels != NULL) {
        view.task = e->labels;
        view.task_count += e->course->exam.attack.trial_count;
    }
    return view;
}

/* --- contributions ------------------------------------------------------------------------- */

void evaluation_guard(double *values, struct evaluation *e, const struct step_key *key)
{
    const struct model *m = e->course->model;
    size_t count = e->data->split_rows[SPLIT_VALID];
    struct rows_view view = view_of(e, false, e->data->split_row[SPLIT_VALID], count);
    memset(values, 0, (m->guard_words + 1) * sizeof *values);
    for (size_t at = 0; at < count; at += CHUNK) {
        size_t mark = arena_mark(&e->arena);
        size_t rows = count - at < CHUNK ? count - at : CHUNK;
        struct batch b = batches_slice(&view, at, rows, &e->arena);
        struct step_key now = *key;
        now.step = at;
        m->ops->guard_add(values, m, e->course->theta, &b, &now, &e->arena);
        arena_rewind(&e->arena, mark);
    }
    values[m->guard_words] = (double)count;
}

void evaluation_scale(double *values, struct evaluation *e)
{
    size_t wide = e->course->exam.spec.width;
    memset(values, 0, (2 * wide + 1) * sizeof *values);
    struct rows_view view = evaluation_training(e);
    for (size_t i = 0; i < view.count; i++) {
        const real *x = view.x + view.row[i] * wide;
        for (size_t k = 0; k < wide; k++) {
            values[k] += (double)x[k];
            values[wide + k] += (double)x[k] * (double)x[k];
        }
        values[2 * wide] += 1;
    }
}

/* The largest eigenvalue of the second moments of a slice's fitted rows, by power iteration. */
static double longest_of(const struct rows_view *rows, const struct probe_slice *slice)
{
    struct rows_view view = *rows;
    double *v = must_alloc(2 * slice->width, sizeof *v);
    double *next = v + slice->width;
    double value = 0;
    /* A start that knows nothing of the data: along the sum, opposed features would cancel. */
    struct rng rng = rng_open(0, RNG_NOISE, UINT64_MAX, slice->at, 0);
    for (size_t k = 0; k < slice->width; k++)
        v[k] = rng_normal(&rng) / sqrt((double)slice->width);
    for (int step = 0; step < SPREAD_STEPS && view.count > 0; step++) {
        memset(next, 0, slice->width * sizeof *next);
        for (size_t i = 0; i < view.count; i++) {
            const real *x = view.x + view.row[i] * view.width + slice->at;
            double dot = 0;
            for (size_t k = 0; k < slice->width; k++)
                dot += (double)x[k] * v[k];
            for (size_t k = 0; k < slice->width; k++)
                next[k] += dot * (double)x[k];
        }
        double norm = 0;
        for (size_t k = 0; k < slice->width; k++)
            norm += next[k] * next[k];
        value = sqrt(norm) / (double)view.count;
        for (size_t k = 0; k < slice->width && norm > 0; k++)
            v[k] = next[k] / sqrt(norm);
    }
    free(v);
    return value;
}

/* The sum of all eigenvalues. */
static double trace_of(const struct rows_view *rows, const struct probe_slice *slice)
{
    double sum = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const real *x = rows->x + rows->row[i] * rows->width + slice->at;
        for (size_t k = 0; k < slice->width; k++)
            sum += (double)x[k] * (double)x[k];
    }
    return rows->count > 0 ? sum / (double)rows->count : 0;
}

/*
 * A batch of few rows is longer in some direction than all rows are in any: of D features without
 * structure the longest of B rows has (1 + sqrt(D / B))^2 (Marchenko and Pastur 1967).
 */
static double spread_of(const struct evaluation *e, const struct probe_slice *slice)
{
    struct rows_view view = evaluation_training(e);
    double batch = (double)settings_int(e->course->plan, "evaluate.batch");
    double rows = (double)view.count;
    double longest = longest_of(&view, slice);
    if (rows <= batch)
        return longest;
    return pow(sqrt(longest) + sqrt(trace_of(&view, slice) * (1 / batch - 1 / rows)), 2);
}

void evaluation_spread(double *values, struct evaluation *e)
{
    const struct probe_spec *spec = &e->course->exam.spec;
    double rows = (double)evaluation_training(e).count;
    for (size_t s = 0; s < spec->slice_count; s++)
        values[s] = rows * spread_of(e, &spec->slice[s]);
    values[spec->slice_count] = rows;
}

/* Logits of a chunk of rows; NULL where there is no such model. */
static const real *predict(struct evaluation *e, const struct model *m, const real *theta,
                           const struct batch *b)
{
    if (m == NULL || m->outputs == 0)
        return NULL;
    real *logits = arena_reals(&e->arena, b->rows * m->outputs);
    m->ops->predict(logits, m, theta, b->x, b->rows, &e->arena);
    return logits;
}

static bool has_own(const struct exam *exam)
{
    for (size_t i = 0; i < exam->unit_count; i++)
        if (exam->unit[i].own)
            return true;
    return false;
}

static void tally(double *values, struct evaluation *e, const real *probes, const uint32_t *row,
                  size_t count, bool own_too)
{
    const struct exam *exam = &e->course->exam;
    struct rows_view wide = view_of(e, true, row, count);
    struct rows_view narrow = view_of(e, false, row, count);
    memset(values, 0, exam->test_values * sizeof *values);
    for (size_t at = 0; at < count; at += CHUNK) {
        size_t mark = arena_mark(&e->arena);
        size_t rows = count - at < CHUNK ? count - at : CHUNK;
        struct batch b = {0};
        const real *own = NULL;
        const real *fresh = NULL;
        if (own_too && has_own(exam)) {
            b = batches_slice(&narrow, at, rows, &e->arena);
            own = predict(e, e->course->model, e->course->theta, &b);
        }
        if (exam->probes != NULL) {
            b = batches_slice(&wide, at, rows, &e->arena);
            fresh = predict(e, exam->probes, probes, &b);
        }
        exam_tally(values, exam, fresh, own, &b, own_too);
        arena_rewind(&e->arena, mark);
    }
}

void evaluation_valid(double *values, struct evaluation *e)
{
    tally(values, e, e->course->exam.theta, e->data->split_row[SPLIT_VALID],
          e->data->split_rows[SPLIT_VALID], false);
}

void evaluation_choose(double *values, struct evaluation *e)
{
    tally(values, e, e->course->exam.best, e->data->split_row[SPLIT_VALID],
          e->data->split_rows[SPLIT_VALID], true);
}

void evaluation_test(double *values, struct evaluation *e)
{
    tally(values, e, e->course->exam.best, e->scored, e->scored_count, true);
}

static void fill(real *to, struct evaluation *e, const struct model *m, const real *theta,
                 bool wide)
{
    struct rows_view view = view_of(e, wide, e->scored, e->scored_count);
    for (size_t at = 0; at < e->scored_count; at += CHUNK) {
        size_t mark = arena_mark(&e->arena);
        size_t rows = e->scored_count - at < CHUNK ? e->scored_count - at : CHUNK;
        struct batch b = batches_slice(&view, at, rows, &e->arena);
        m->ops->predict(to + at * m->outputs, m, theta, b.x, rows, &e->arena);
        arena_rewind(&e->arena, mark);
    }
}

static void gather(real *to, const real *from, size_t targets, const struct evaluation *e)
{
    for (size_t t = 0; t < targets; t++)
        for (size_t i = 0; i < e->scored_count; i++)
            to[t * e->scored_count + i] = from[t * e->data->rows + e->scored[i]];
}

static void open_whole(struct evaluation_whole *w, struct evaluation *e)
{
    const struct exam *exam = &e->course->exam;
    const struct population *who = &e->course->who;
    const struct model *m = e->course->model;
    size_t n = e->scored_count;
    *w = (struct evaluation_whole){.task = must_alloc(n * (who->task_count + 1), sizeof(real)),
                                   .group = must_alloc(n * (who->group_count + 1), sizeof(real)),
                                   .patient = must_alloc(n, sizeof(uint64_t))};
    gather(w->task, e->data->task, who->task_count, e);
    gather(w->group, e->data->group, who->group_count, e);
    for (size_t i = 0; i < n; i++)
        w->patient[i] = e->data->flat.patient[e->scored[i]];
    if (has_own(exam)) {
        w->own = must_alloc(n * m->outputs, sizeof(real));
        fill(w->own, e, m, e->course->theta, false);
    }
    if (exam->probes != NULL) {
        w->fresh = must_alloc(n * exam->probes->outputs, sizeof(real));
        fill(w->fresh, e, exam->probes, exam->best, true);
    }
    w->b = (struct batch){.rows = n, .task = w->task, .group = w->group};
}

/* Of at least one scored row. Predictors no longer change when the first of these legs is due. */
static const struct evaluation_whole *whole_of(struct evaluation *e)
{
    if (e->whole == NULL) {
        e->whole = must_alloc(1, sizeof *e->whole);
        open_whole(e->whole, e);
    }
    return e->whole;
}

void evaluation_place(double *values, struct evaluation *e)
{
    memset(values, 0, e->course->exam.place_values * sizeof *values);
    if (e->scored_count == 0)
        return;
    const struct evaluation_whole *w = whole_of(e);
    bool by_row = strcmp(settings_text(e->course->plan, "evaluate.unit"), "row") == 0;
    uint64_t *row = must_alloc(w->b.rows, sizeof *row); /* every row as a patient of its own */
    for (size_t i = 0; i < w->b.rows; i++)
        row[i] = i;
    exam_place(values, &e->course->exam, w->fresh, w->own, &w->b, by_row ? row : w->patient);
    free(row);
}

/* By reader of the census; freed by the caller. */
static struct exam_scores *scores_of(const struct evaluation *e, const struct evaluation_whole *w)
{
    const struct census *c = &e->course->census;
    struct exam_scores *scores = must_alloc(c->reader_count + 1, sizeof *scores);
    for (size_t i = 0; i < c->reader_count; i++)
        scores[i] = exam_scores_of(&e->course->exam, c->reader[i].row, w->fresh, w->own, &w->b);
    return scores;
}

void evaluation_groups(double *values, struct evaluation *e)
{
    memset(values, 0, e->course->census.values * sizeof *values);
    if (e->scored_count == 0)
        return;
    const struct evaluation_whole *w = whole_of(e);
    struct exam_scores *scores = scores_of(e, w);
    census_tally(values, &e->course->census, scores, w->group, w->patient);
    free(scores);
}

void evaluation_patients(double *values, struct evaluation *e)
{
    memset(values, 0, e->course->census.place_values * sizeof *values);
    if (e->scored_count == 0)
        return;
    const struct evaluation_whole *w = whole_of(e);
    struct exam_scores *scores = scores_of(e, w);
    census_place(values, &e->course->census, scores, w->group, w->patient);
    free(scores);
}
