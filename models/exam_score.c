/* The second half of exam.h: what published sums mean. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/exam_inside.h"
#include "models/metrics/interval.h"
#include "proto/base/must.h"

#define LEVEL    .95
#define BETTER   1e-9
#define MOMENTUM .9
#define RARE     .1

static void counts_of(int64_t *counts, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        counts[i] = (int64_t)values[i];
}

/* Counts of one seed of an AUC row; counts holds 2 * bins. */
static double auc_of(int64_t *counts, const struct exam *e, const double *values)
{
    size_t bins = e->axis.bins;
    counts_of(counts, values, 2 * bins);
    return hist_auc(counts, counts + bins, bins);
}

static double r2_of(const double *sums)
{
    double n = sums[0];
    struct r2_sums s = {
        .sse = sums[3], .rows = n, .sst = n > 0 ? sums[2] - sums[1] * sums[1] / n : 0};
    return n > 0 ? r2_value(&s) : (double)NAN;
}

void exam_fold_scale(struct exam *e, const double *sums)
{
    size_t width = e->spec.width;
    double rows = sums[2 * width];
    e->fitted = rows;
    for (size_t i = 0; i < width; i++) {
        double mean = rows > 0 ? sums[i] / rows : 0;
        double variance = rows > 1 ? (sums[width + i] - rows * mean * mean) / (rows - 1) : 0;
        e->mean[i] = mean;
        e->scale[i] = variance > 1e-10 * (1 + mean * mean) ? sqrt(variance) : 0;
    }
}

void exam_fold_spread(struct exam *e, const double *sums)
{
    double rows = sums[e->spec.slice_count];
    for (size_t s = 0; s < e->spec.slice_count; s++)
        probes_set_rate(e->probes, s, rows > 0 ? sums[s] / rows : 0);
}

/* Plain steps of many small sites are short and point the same way: momentum over rounds
 * (FedAvgM, Hsu et al. 2019) walks the same path in a tenth of the rounds. */
void exam_fold_probe(struct exam *e, const double *mean)
{
    const struct model *m = e->probes;
    for (size_t p = 0; p < m->phases; p++) {
        double keep = m->part[p].plain ? MOMENTUM : 0;
        for (size_t i = m->part[p].at; i < m->part[p].at + m->part[p].count; i++) {
            e->velocity[i] = keep * e->velocity[i] + mean[i];
            e->theta[i] = (real)((double)e->theta[i] + e->velocity[i]);
        }
    }
    if (e->in_sample)
        memcpy(e->best, e->theta, m->params * sizeof(real));
}

static bool counts_people(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(values[i] >= 0 && values[i] == floor(values[i])))
            return false;
    return true;
}

static enum status nobodys_sum(const struct exam *e, const struct exam_row *row)
{
    const struct exam_unit *u = &e->unit[row->unit];
    const struct target *t = u->group ? &e->who->group[u->target] : &e->who->task[u->target];
    return fault(EC_RUN_SUM, "", "its counts or squares for `%s` cannot be those of people",
                 t->name);
}

enum status exam_judge_test(const struct exam *e, const double *sums)
{
    for (size_t w = 0; w < e->row_count; w++) {
        const struct exam_row *row = &e->row[w];
        size_t seeds = e->unit[row->unit].seeds;
        const double *values = sums + row->valid_at;
        if (!row->r2 && !counts_people(values, seeds * 2 * e->axis.bins))
            return nobodys_sum(e, row);
        for (size_t s = 0; s < seeds && row->r2; s++, values += R2_TEST_VALUES)
            if (!counts_people(values, 1) || values[2] < 0 || values[3] < 0)
                return nobodys_sum(e, row);
    }
    return ST_OK;
}

enum status exam_judge_place(const struct exam *e, const double *sums)
{
    for (size_t w = 0; w < e->row_count; w++) {
        const double *values = sums + e->row[w].place_at;
        const double *change = values + (e->row[w].r2 ? R2_PLACE_VALUES : AUC_PLACE_VALUES);
        bool changed = e->row[w].original != EXAM_NO_ROW;
        if (values[0] < 0 || values[1] < 0 || !counts_people(values + 3, e->row[w].r2 ? 1 : 3) ||
            (changed && (change[0] < 0 || (!e->row[w].r2 && change[1] < 0))))
            return nobodys_sum(e, &e->row[w]);
    }
    return ST_OK;
}

/* How much an AUC's counts say: about the inverse of its variance. */
static double evidence_of(const int64_t *counts, size_t bins)
{
    double m = (double)hist_count_from(counts, bins, 0);
    double n = (double)hist_count_from(counts + bins, bins, 0);
    return m + n > 0 ? m * n / (m + n) : 0;
}

/* The validation score of a seed of a unit: the mean of its rows by what each rests on, so that
 * a level with three patients does not decide for the others. */
static double valid_score(int64_t *counts, const struct exam *e, const struct exam_unit *u,
                          size_t seed, const double *sums)
{
    double total = 0;
    double evidence = 0;
    for (size_t w = u->row; w < u->row + u->row_count; w++) {
        const struct exam_row *row = &e->row[w];
        size_t step = row->r2 ? R2_TEST_VALUES : 2 * e->axis.bins;
        const double *values = sums + row->valid_at + seed * step;
        double score = row->r2 ? r2_of(values) : auc_of(counts, e, values);
        if (isnan(score))
            continue;
        double weight = row->r2 ? 1 : evidence_of(counts, e->axis.bins);
        total += weight * score;
        evidence += weight;
    }
    return evidence > 0 ? total / evidence : (double)NAN;
}

/* Has every probe of this kind run out of patience? */
bool exam_kind_finished(const struct exam *e, enum probe_kind kind)
{
    size_t patience = settings_size(e->plan, "evaluate.patience");
    for (size_t i = 0; i < e->unit_count; i++) {
        const struct exam_unit *u = &e->unit[i];
        for (size_t s = 0; s < u->seeds && !u->own && u->kind == kind; s++)
            if (e->head[u->head + s].waited < patience)
                return false;
    }
    return true;
}

static void judge_head(struct exam *e, size_t head, double score, size_t patience)
{
    struct exam_head *h = &e->head[head];
    if (h->waited >= patience)
        return;
    if (isnan(score) || score > h->best + BETTER) {
        /* Where validation says nothing, the latest weights are as good as any. */
        if (!isnan(score))
            h->best = score;
        h->waited = isnan(score) ? h->waited + 1 : 0;
        probes_copy_head(e->best, e->probes, e->theta, head);
        return;
    }
    h->waited++;
}

void exam_fold_valid(struct exam *e, const double *sums)
{
    size_t patience = settings_size(e->plan, "evaluate.patience");
    int64_t *counts = must_alloc(2 * e->axis.bins, sizeof(int64_t));
    e->finished = true;
    for (size_t i = 0; i < e->unit_count; i++) {
        const struct exam_unit *u = &e->unit[i];
        for (size_t s = 0; s < u->seeds && !u->own; s++) {
            judge_head(e, u->head + s, valid_score(counts, e, u, s, sums), patience);
            e->finished = e->finished && e->head[u->head + s].waited >= patience;
        }
    }
    free(counts);
}

void exam_fold_test(struct exam *e, const double *sums)
{
    memcpy(e->test, sums, e->test_values * sizeof(double));
}

void exam_fold_place(struct exam *e, const double *sums)
{
    memcpy(e->place, sums, e->place_values * sizeof(double));
}

/* --- measures ------------------------------------------------------------------------------ */

/*
 * Own binary heads also report the accuracy at the plan's first threshold, if it has one. Of a rare
 * class there is none: it would be the majority's (but of predictions that were there before, whose
 * threshold is somebody's, and in the labelled protocol that shows what it is worth).
 */
static bool has_accuracy(const struct exam *e, const struct exam_row *row)
{
    return e->unit[row->unit].own && !row->r2 && settings_count(e->plan, "evaluate.thresholds") > 0;
}

size_t exam_measure_count(const struct exam *e)
{
    size_t count = 0;
    for (size_t w = 0; w < e->row_count; w++)
        if (e->unit[e->row[w].unit].trial == 0)
            count += has_accuracy(e, &e->row[w]) ? 2 : 1;
    return count;
}

/* A measure outlives the plan. */
static const char *split_of(const struct exam *e)
{
    const char *score = settings_text(e->plan, "evaluate.score");
    return e->in_sample ? "in-sample" : strcmp(score, "valid") == 0 ? "valid" : "test";
}

static const char *probe_of(const struct exam *e, const struct exam_unit *u)
{
    if (u->own && e->subject->ops->fixed)
        return e->subject->ops->name;
    return u->kind == PROBE_MLP ? "mlp" : "linear";
}

struct measure exam_row_measure(const struct exam *e, size_t at)
{
    const struct exam_row *row = &e->row[at];
    const struct exam_unit *u = &e->unit[row->unit];
    const struct target *t = u->group ? &e->who->group[u->target] : &e->who->task[u->target];
    struct measure m = {
        .leakage = u->group,
        .representation = exam_representations[u->representation],
        .probe = probe_of(e, u),
        .metric = row->r2 ? "r2" : "auc",
        .value = (double)NAN,
        .lo = (double)NAN,
        .hi = (double)NAN,
        .interval = "",
        .seeds = u->seeds,
        .split = split_of(e),
        .change = {.value = (double)NAN, .lo = (double)NAN, .hi = (double)NAN, .interval = ""}};
    if (row->original != EXAM_NO_ROW)
        m.change.from = exam_representations[REP_ORIGINAL];
    if (t->kind == TARGET_CATEGORICAL)
        snprintf(m.target, sizeof m.target, "%.40s=%.40s/%.40s", t->name, t->level[row->level],
                 t->level[row->base]);
    else
        snprintf(m.target, sizeof m.target, "%s", t->name);
    return m;
}

/* Not the number, and not how few people are behind it either. */
static void withhold(struct measure *m)
{
    m->withheld = true;
    m->rows = m->patients = (double)NAN;
}

static bool is_small(double count, double min_cell)
{
    return count > 0 && count < min_cell;
}

static void put_change(struct measure *m, double original, struct interval i)
{
    m->change.value = m->value - original;
    m->change.lo = i.lo, m->change.hi = i.hi, m->change.interval = i.method;
}

static struct r2_sums r2_sums_of(const struct exam *e, const struct exam_row *row)
{
    const double *sums = e->test + row->valid_at;
    const double *place = e->place + row->place_at;
    size_t seeds = e->unit[row->unit].seeds;
    struct r2_sums s = {.rows = sums[0],
                        .patients = place[3],
                        .ee = place[0],
                        .tt = place[1],
                        .et = place[2],
                        .sst = sums[0] > 0 ? sums[2] - sums[1] * sums[1] / sums[0] : 0};
    for (size_t k = 0; k < seeds; k++)
        s.sse += sums[k * R2_TEST_VALUES + 3] / (double)seeds;
    return s;
}

static void measure_r2_change(struct measure *m, const struct exam *e, const struct exam_row *row,
                              const struct r2_sums *now)
{
    struct r2_sums before = r2_sums_of(e, &e->row[row->original]);
    const double *place = e->place + row->place_at + R2_PLACE_VALUES;
    const struct r2_change_sums s = {.sst = now->sst,
                                     .rows = now->rows,
                                     .patients = now->patients,
                                     .dd = place[0],
                                     .dt = place[1],
                                     .tt = now->tt};
    double original = r2_value(&before);
    put_change(m, original, interval_r2_change(m->value - original, &s, LEVEL));
}

static void measure_r2(struct measure *m, const struct exam *e, const struct exam_row *row,
                       double min_cell)
{
    struct r2_sums s = r2_sums_of(e, row);
    m->rows = s.rows;
    m->patients = s.patients;
    if (is_small(s.patients, min_cell)) {
        withhold(m);
        snprintf(m->why, sizeof m->why, "fewer than %.0f held-out patients", min_cell);
        return;
    }
    m->value = s.rows > 0 ? r2_value(&s) : (double)NAN;
    if (isnan(m->value)) {
        snprintf(m->why, sizeof m->why, "no held-out row has a known value");
        return;
    }
    struct interval i = interval_r2(&s, LEVEL);
    m->lo = i.lo, m->hi = i.hi, m->interval = i.method;
    if (row->original != EXAM_NO_ROW)
        measure_r2_change(m, e, row, &s);
}

/* Says why there can be no number, or withholds it; true when there can be one. */
static bool estimable(struct measure *m, const struct cluster_sums *s, double min_cell)
{
    m->rows = s->positives + s->negatives;
    m->patients = s->patients;
    if (is_small(s->with_positive, min_cell) || is_small(s->with_negative, min_cell)) {
        withhold(m);
        snprintf(m->why, sizeof m->why, "a class has fewer than %.0f held-out patients", min_cell);
        return false;
    }
    if (s->positives == 0 || s->negatives == 0) {
        snprintf(m->why, sizeof m->why, "not estimable: no held-out %s",
                 s->positives == 0 ? "positive" : "negative");
        return false;
    }
    return true;
}

static struct cluster_sums clusters_of(int64_t *counts, const struct exam *e,
                                       const struct exam_row *row)
{
    const double *place = e->place + row->place_at;
    size_t bins = e->axis.bins;
    counts_of(counts, e->test + row->valid_at, 2 * bins);
    return (struct cluster_sums){.xx = place[0],
                                 .yy = place[1],
                                 .xy = place[2],
                                 .patients = place[3],
                                 .with_positive = place[4],
                                 .with_negative = place[5],
                                 .positives = (double)hist_count_from(counts, bins, 0),
                                 .negatives = (double)hist_count_from(counts + bins, bins, 0)};
}

/* The mean of its seeds. */
static double mean_auc_of(int64_t *counts, const struct exam *e, const struct exam_row *row)
{
    size_t seeds = e->unit[row->unit].seeds;
    double auc = 0;
    for (size_t k = 0; k < seeds; k++)
        auc += auc_of(counts, e, e->test + row->valid_at + k * 2 * e->axis.bins) / (double)seeds;
    return auc;
}

/* The patients of an AUC and of its change are the same. */
static void measure_auc_change(struct measure *m, int64_t *counts, const struct exam *e,
                               const struct exam_row *row, struct cluster_sums s)
{
    const double *place = e->place + row->place_at + AUC_PLACE_VALUES;
    s.xx = place[0], s.yy = place[1], s.xy = place[2];
    double original = mean_auc_of(counts, e, &e->row[row->original]);
    put_change(m, original, interval_auc_change(m->value - original, &s, LEVEL));
}

static void measure_auc(struct measure *m, int64_t *counts, const struct exam *e,
                        const struct exam_row *row, double min_cell)
{
    struct cluster_sums s = clusters_of(counts, e, row);
    if (!estimable(m, &s, min_cell))
        return;
    m->value = mean_auc_of(counts, e, row);
    struct interval i = interval_auc(m->value, &s, LEVEL);
    m->lo = i.lo, m->hi = i.hi, m->interval = i.method;
    if (row->original != EXAM_NO_ROW)
        measure_auc_change(m, counts, e, row, s);
}

/* Naming the larger class for everybody is nearly always right then, and no use (1.11, 11). */
static bool is_rare(const struct cluster_sums *s)
{
    return fmin(s->positives, s->negatives) < RARE * (s->positives + s->negatives);
}

static void measure_accuracy(struct measure *m, int64_t *counts, const struct exam *e,
                             const struct exam_row *row, double min_cell)
{
    struct cluster_sums s = clusters_of(counts, e, row);
    m->metric = "accuracy";
    if (!estimable(m, &s, min_cell))
        return;
    if (is_rare(&s) && !e->in_sample && !e->subject->ops->fixed) {
        snprintf(m->why, sizeof m->why,
                 "a class has less than %.0f %% of the rows: naming the other for everybody would "
                 "be as accurate",
                 100 * RARE);
        return;
    }
    size_t bins = e->axis.bins;
    size_t at =
        hist_bin_of_threshold(&e->axis, settings_list_real(e->plan, 0, "evaluate.thresholds"));
    double found = (double)hist_count_from(counts, bins, at);
    double alarms = (double)hist_count_from(counts + bins, bins, at);
    double right = found + s.negatives - alarms;
    /* Beside an AUC of few scores it would tell such a count. */
    if (is_small(found, min_cell) || is_small(s.positives - found, min_cell) ||
        is_small(alarms, min_cell) || is_small(s.negatives - alarms, min_cell)) {
        withhold(m);
        snprintf(m->why, sizeof m->why, "fewer than %.0f rows of a class are on one side",
                 min_cell);
        return;
    }
    struct interval i = interval_wilson(right, m->rows, LEVEL);
    m->value = right / m->rows;
    /* Wilson takes rows as independent; with several rows a patient it would promise too much. */
    if (m->rows == m->patients)
        m->lo = i.lo, m->hi = i.hi, m->interval = i.method;
}

void exam_measures(struct measure *m, const struct exam *e, double min_cell)
{
    int64_t *counts = must_alloc(2 * e->axis.bins, sizeof(int64_t));
    for (size_t w = 0; w < e->row_count; w++) {
        const struct exam_row *row = &e->row[w];
        if (e->unit[row->unit].trial > 0)
            continue;
        *m = exam_row_measure(e, w);
        if (row->r2)
            measure_r2(m, e, row, min_cell);
        else
            measure_auc(m, counts, e, row, min_cell);
        m++;
        if (has_accuracy(e, row)) {
            *m = exam_row_measure(e, w);
            measure_accuracy(m, counts, e, row, min_cell);
            m++;
        }
    }
    free(counts);
}
