/* The last part of exam.h: the numbers of a report, from the published sums. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/exam_inside.h"
#include "models/metrics/interval.h"
#include "proto/base/must.h"

#define LEVEL .95
#define RARE  .1

/*
 * Own binary heads also report the accuracy at the plan's first threshold, if it has one. Of a rare
 * class there is none: it would be the majority's (but of predictions that were there before, whose
 * threshold is somebody's, and in the labelled protocol that shows what it is worth).
 */
static bool has_accuracy(const struct exam *e, const struct exam_row *row)
{
    return e->unit[row->unit].own && !row->r2 && settings_count(e->plan, "evaluate.thresholds") > 0;
}

/* Is it the first to be about this level of its target? */
static bool is_first(const struct exam *e, size_t at)
{
    const struct exam_unit *mine = &e->unit[e->row[at].unit];
    for (size_t w = 0; w < at; w++) {
        const struct exam_unit *u = &e->unit[e->row[w].unit];
        if (u->group == mine->group && u->target == mine->target &&
            e->row[w].level == e->row[at].level)
            return false;
    }
    return true;
}

/* Trials stand behind all others: what they learn was told on purpose, and is measured apart. */
static size_t measured_rows(const struct exam *e)
{
    size_t count = 0;
    while (count < e->row_count && e->unit[e->row[count].unit].trial == 0)
        count++;
    return count;
}

size_t exam_measure_count(const struct exam *e)
{
    size_t count = 0;
    size_t rows = measured_rows(e);
    for (size_t w = 0; w < rows; w++)
        count += 1U + has_accuracy(e, &e->row[w]) + is_first(e, w);
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
    const struct target *t = exam_target(e, row);
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

/* Patients of either class of an AUC row. */
static bool has_small_class(const struct exam *e, const struct exam_row *row, double min_cell)
{
    const double *place = e->place + row->place_at;
    return is_small(place[4], min_cell) || is_small(place[5], min_cell);
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

/* Its R^2, or why there can be none, or that it is withheld; true when there is one. */
static bool put_r2(struct measure *m, const struct r2_sums *s, double min_cell)
{
    m->rows = s->rows;
    m->patients = s->patients;
    if (is_small(s->patients, min_cell)) {
        withhold(m);
        snprintf(m->why, sizeof m->why, "fewer than %.0f held-out patients", min_cell);
        return false;
    }
    m->value = s->rows > 0 ? r2_value(s) : (double)NAN;
    if (isnan(m->value))
        snprintf(m->why, sizeof m->why, "no held-out row has a known value");
    return !isnan(m->value);
}

static void measure_r2(struct measure *m, const struct exam *e, const struct exam_row *row,
                       double min_cell)
{
    struct r2_sums s = r2_sums_of(e, row);
    if (!put_r2(m, &s, min_cell))
        return;
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
    exam_counts(counts, e->test + row->valid_at, 2 * bins);
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
        auc += exam_auc(counts, e, e->test + row->valid_at + k * 2 * e->axis.bins) / (double)seeds;
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

/* Has a level of the row's target so few patients that they are withheld? */
static bool withholds_level(const struct exam *e, const struct exam_row *row, double min_cell)
{
    const struct exam_unit *mine = &e->unit[row->unit];
    size_t rows = measured_rows(e);
    for (size_t w = 0; w < rows; w++) {
        const struct exam_unit *u = &e->unit[e->row[w].unit];
        if (u->group == mine->group && u->target == mine->target &&
            has_small_class(e, &e->row[w], min_cell))
            return true;
    }
    return false;
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

/* What the held-out rows' mean differs from that of the training rows, which is 0 here. */
static void measure_mean(struct measure *m, const struct exam *e, const struct exam_row *row,
                         double min_cell)
{
    struct r2_sums s = r2_sums_of(e, row);
    s.sse = e->test[row->valid_at + 2];
    put_r2(m, &s, min_cell);
}

static void measure_largest(struct measure *m, int64_t *counts, const struct exam *e,
                            const struct exam_row *row, double min_cell)
{
    const struct target *t = exam_target(e, row);
    struct cluster_sums s = clusters_of(counts, e, row);
    m->metric = "accuracy";
    if (!estimable(m, &s, min_cell))
        return;
    if (withholds_level(e, row, min_cell)) {
        withhold(m);
        snprintf(m->why, sizeof m->why, "another level has fewer than %.0f held-out patients",
                 min_cell);
        return;
    }
    double right = t->share[row->level] > t->share[row->base] ? s.positives : s.negatives;
    m->value = right / m->rows;
    if (m->rows == m->patients) {
        struct interval i = interval_wilson(right, m->rows, LEVEL);
        m->lo = i.lo, m->hi = i.hi, m->interval = i.method;
    }
}

/*
 * What needs no embedding (methods.md 1.11, 10): the level that more training rows have, or their
 * mean, for everybody. Its AUC is .5 by its nature, so it is told by its accuracy; a share and a
 * total tell how many have each level.
 */
static void measure_majority(struct measure *m, int64_t *counts, const struct exam *e,
                             const struct exam_row *row, double min_cell)
{
    m->representation = "majority";
    m->probe = "constant";
    m->seeds = 0;
    m->change.from = NULL;
    if (row->r2)
        measure_mean(m, e, row, min_cell);
    else
        measure_largest(m, counts, e, row, min_cell);
}

/* With everybody's number, those of the levels that are shown would tell that of one that is not. */
static void hide_counts(struct measure *m, const struct exam *e, const struct exam_row *row,
                        double min_cell)
{
    if (!row->r2 && withholds_level(e, row, min_cell))
        m->rows = m->patients = (double)NAN;
}

void exam_measures(struct measure *m, const struct exam *e, double min_cell)
{
    int64_t *counts = must_alloc(2 * e->axis.bins, sizeof(int64_t));
    size_t rows = measured_rows(e);
    for (size_t w = 0; w < rows; w++) {
        const struct exam_row *row = &e->row[w];
        *m = exam_row_measure(e, w);
        if (row->r2)
            measure_r2(m, e, row, min_cell);
        else
            measure_auc(m, counts, e, row, min_cell);
        hide_counts(m++, e, row, min_cell);
        if (has_accuracy(e, row)) {
            *m = exam_row_measure(e, w);
            measure_accuracy(m, counts, e, row, min_cell);
            hide_counts(m++, e, row, min_cell);
        }
    }
    for (size_t w = 0; w < rows; w++)
        if (is_first(e, w)) {
            *m = exam_row_measure(e, w);
            measure_majority(m++, counts, e, &e->row[w], min_cell);
        }
    free(counts);
}
