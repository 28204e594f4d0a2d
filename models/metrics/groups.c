#include "models/metrics/groups.h"

#include <math.h>
#include <string.h>

#include "proto/base/must.h"

#define SCALE  16.0
#define PLACES 20

#define SUMS_OF_A_LABEL ((size_t)GROUPS_TENTHS * GROUPS_SUMS)

void groups_open(struct groups *g, const struct hist_axis *axis, size_t count)
{
    must(count > 0);
    must(count <= GROUPS_OF_A_KIND_MAX);

    *g = (struct groups){.axis = axis, .count = count};
    for (size_t i = 0; i <= GROUPS_TENTHS; i++)
        g->tenth[i] = hist_bin_of_threshold(axis, (double)i / GROUPS_TENTHS);
}

static size_t values_of_a_group(const struct groups *g)
{
    return 2 * (g->axis->bins + SUMS_OF_A_LABEL);
}

size_t groups_values(const struct groups *g)
{
    return g->count * values_of_a_group(g);
}

static size_t tenth_of(const struct groups *g, size_t bin)
{
    size_t tenth = GROUPS_TENTHS - 1;
    while (bin < g->tenth[tenth])
        tenth--;
    return tenth;
}

/* Where the sums of a tenth start, from the start of a group. */
static size_t sums_at(const struct groups *g, int label, size_t tenth)
{
    return 2 * g->axis->bins + (size_t)label * SUMS_OF_A_LABEL + tenth * GROUPS_SUMS;
}

double groups_score(double logit)
{
    return 1 / (1 + exp(-logit));
}

double groups_loss(double logit, int label)
{
    return fmin(log1p(exp(label == 1 ? -logit : logit)), GROUPS_LOSS_MAX);
}

void groups_tally(double *values, const struct groups *g, size_t group, double logit, int label)
{
    must(group < g->count);
    must(label == 0 || label == 1);

    double *own = values + group * values_of_a_group(g);
    size_t bin = hist_bin(g->axis, logit);
    own[(size_t)label * g->axis->bins + bin]++;

    double s = groups_score(logit), e = s - label, l = groups_loss(logit, label);
    const double of_row[GROUPS_SUMS] = {
        [GROUPS_SCORE] = s,
        [GROUPS_SCORE_SQUARED] = s * s,
        [GROUPS_LOSS] = l,
        [GROUPS_ERROR_TO_THE_4TH] = e * e * e * e,
        [GROUPS_LOSS_SQUARED] = l * l,
    };
    double *sum = own + sums_at(g, label, tenth_of(g, bin));
    for (size_t i = 0; i < GROUPS_SUMS; i++)
        sum[i] += ldexp(nearbyint(ldexp(SCALE * of_row[i], PLACES)), -PLACES);
}

/* What rounding may add to a bound: half a grain a row. */
static double slack(double rows)
{
    return ldexp(rows, -PLACES) / SCALE;
}

/* The counts of a label: whole, not negative. Returns false for others. */
static bool counts_are_counts(const double *counts, size_t bins)
{
    for (size_t b = 0; b < bins; b++)
        if (!(counts[b] >= 0) || counts[b] != floor(counts[b]) || counts[b] > ldexp(1, 52))
            return false;
    return true;
}

/* Sums of `rows` scores of one tenth and label. */
static bool sums_are_sums(const double *sum, size_t tenth, double rows)
{
    double more = slack(rows), s = sum[GROUPS_SCORE] / SCALE, lo = (double)tenth / GROUPS_TENTHS;
    double limit[GROUPS_SUMS] = {rows, rows, rows, GROUPS_LOSS_MAX * rows,
                                 GROUPS_LOSS_MAX * GROUPS_LOSS_MAX * rows};
    for (size_t i = 0; i < GROUPS_SUMS; i++)
        if (!(sum[i] >= 0 && sum[i] / SCALE <= limit[i] + more))
            return false;
    return s >= lo * rows - more && s <= (lo + 1.0 / GROUPS_TENTHS) * rows + more &&
           sum[GROUPS_SCORE_SQUARED] / SCALE <= s + 2 * more;
}

static bool label_is_sound(const double *own, const struct groups *g, int label)
{
    const double *counts = own + (size_t)label * g->axis->bins;
    if (!counts_are_counts(counts, g->axis->bins))
        return false;
    for (size_t t = 0; t < GROUPS_TENTHS; t++) {
        double rows = 0;
        for (size_t b = g->tenth[t]; b < g->tenth[t + 1]; b++)
            rows += counts[b];
        if (!sums_are_sums(own + sums_at(g, label, t), t, rows))
            return false;
    }
    return true;
}

/* So few that sums are exact. counts: of both labels. */
static bool are_countable(const double *counts, size_t bins)
{
    double rows = 0;
    for (size_t b = 0; b < 2 * bins; b++)
        rows += counts[b];
    return rows <= GROUPS_ROWS_MAX;
}

enum status groups_judge(const struct groups *g, const double *values)
{
    for (size_t i = 0; i < g->count; i++) {
        const double *own = values + i * values_of_a_group(g);
        for (int label = 0; label < 2; label++)
            if (!label_is_sound(own, g, label))
                return fault(EC_RUN_SUM, "", "no rows of group %zu with label %d have these sums",
                             i, label);
        if (!are_countable(own, g->axis->bins))
            return fault(EC_RUN_SUM, "", "group %zu has more rows than can be counted", i);
    }
    return ST_OK;
}

void groups_read(struct group_sums *sums, const struct groups *g, const double *values)
{
    size_t bins = g->axis->bins;
    memset(sums, 0, g->count * sizeof(*sums));
    for (size_t i = 0; i < g->count; i++) {
        const double *own = values + i * values_of_a_group(g);
        for (int label = 0; label < 2; label++) {
            for (size_t b = 0; b < bins; b++)
                sums[i].count[label][b] = (int64_t)own[(size_t)label * bins + b];
            for (size_t t = 0; t < GROUPS_TENTHS; t++)
                for (size_t k = 0; k < GROUPS_SUMS; k++)
                    sums[i].sum[label][t][k] = own[sums_at(g, label, t) + k] / SCALE;
        }
    }
}

void groups_pool(struct group_sums *all, const struct groups *g, const struct group_sums *sums)
{
    memset(all, 0, sizeof(*all));
    for (size_t i = 0; i < g->count; i++)
        for (int label = 0; label < 2; label++) {
            for (size_t b = 0; b < g->axis->bins; b++)
                all->count[label][b] += sums[i].count[label][b];
            for (size_t t = 0; t < GROUPS_TENTHS; t++)
                for (size_t k = 0; k < GROUPS_SUMS; k++)
                    all->sum[label][t][k] += sums[i].sum[label][t][k];
        }
}
