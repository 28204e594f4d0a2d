/* The second part of exam.h: what published sums mean while probes train, and whose they can be. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/exam_inside.h"
#include "models/metrics/interval.h"
#include "proto/base/must.h"

#define BETTER   1e-9
#define MOMENTUM .9

void exam_counts(int64_t *counts, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        counts[i] = (int64_t)values[i];
}

double exam_auc(int64_t *counts, const struct exam *e, const double *values)
{
    size_t bins = e->axis.bins;
    exam_counts(counts, values, 2 * bins);
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
    return fault(EC_RUN_SUM, "", "its counts or squares for `%s` cannot be those of people",
                 exam_target(e, row)->name);
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
        double score = row->r2 ? r2_of(values) : exam_auc(counts, e, values);
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
