#include "models/metrics/clusters.h"

#include <math.h>
#include <string.h>

#include "proto/base/must.h"

#define SCALE  16.0
#define PLACES 20

/* Where things start in a slot, and in a threshold of it. */
enum { ROWS, POSITIVES, PATIENTS, WITH_POSITIVE, WITH_NEGATIVE, MOMENTS };
#define TABLES (MOMENTS + (size_t)CLUSTERS_SUM_MOMENTS)
enum { WITH, WITH_SELECTED = CLUSTERS_CELLS, WITH_REJECTED, CELL_MOMENTS };
#define WORDS_OF_A_TABLE (CELL_MOMENTS + (size_t)CLUSTERS_CELL_MOMENTS)

void clusters_open(struct clusters *c, const struct hist_axis *axis, const double *threshold,
                   size_t thresholds, size_t groups)
{
    must(groups > 0);
    must(groups <= GROUPS_OF_A_KIND_MAX);
    must(thresholds <= CLUSTERS_THRESHOLDS_MAX);

    *c = (struct clusters){.axis = axis, .groups = groups, .thresholds = thresholds};
    for (size_t t = 0; t < thresholds; t++)
        c->bin[t] = hist_bin_of_threshold(axis, threshold[t]);
}

static size_t values_of_a_slot(const struct clusters *c)
{
    return TABLES + c->thresholds * WORDS_OF_A_TABLE;
}

size_t clusters_values(const struct clusters *c)
{
    return (c->groups + 1) * values_of_a_slot(c);
}

/* A multiple of the grain, 16 times as large as what it stands for. */
static double grained(double x)
{
    return ldexp(nearbyint(ldexp(SCALE * x, PLACES)), -PLACES);
}

/* A row's measurement, unscaled: sums of these are exact in any order. */
static double rounded(double x)
{
    return grained(x) / SCALE;
}

/* Is this sum a count? Counts travel as they are. */
static bool is_count(size_t sum)
{
    return sum == CLUSTERS_ROWS || sum == CLUSTERS_POSITIVES;
}

static void add_table(double *own, const double cell[static CLUSTERS_CELLS])
{
    double *moment = own + CELL_MOMENTS;
    for (size_t i = 0; i < CLUSTERS_CELLS; i++) {
        own[WITH + i] += cell[i] > 0;
        for (size_t j = i; j < CLUSTERS_CELLS; j++)
            *moment++ += cell[i] * cell[j];
    }
    own[WITH_SELECTED] += cell[CLUSTERS_TP] + cell[CLUSTERS_FP] > 0;
    own[WITH_REJECTED] += cell[CLUSTERS_TN] + cell[CLUSTERS_FN] > 0;
}

static void tally_table(double *own, const struct clusters *c, size_t bin, const double *logit,
                        const int *label, size_t n)
{
    double cell[CLUSTERS_CELLS] = {0};
    for (size_t i = 0; i < n; i++) {
        bool selected = hist_bin(c->axis, logit[i]) >= bin;
        cell[selected ? (label[i] == 1 ? CLUSTERS_TP : CLUSTERS_FP)
                      : (label[i] == 1 ? CLUSTERS_FN : CLUSTERS_TN)]++;
    }
    add_table(own, cell);
}

static void sum_rows(double sum[static CLUSTERS_SUMS], const double *logit, const int *label,
                     size_t n)
{
    for (size_t i = 0; i < n; i++) {
        must(label[i] == 0 || label[i] == 1);
        double s = groups_score(logit[i]), e = s - label[i];
        sum[CLUSTERS_ROWS]++;
        sum[CLUSTERS_POSITIVES] += label[i];
        sum[CLUSTERS_SCORE] += rounded(s);
        sum[CLUSTERS_SQUARED_ERROR] += rounded(e * e);
        sum[CLUSTERS_LOSS] += rounded(groups_loss(logit[i], label[i]));
    }
}

void clusters_tally(double *values, const struct clusters *c, size_t group, const double *logit,
                    const int *label, size_t n)
{
    must(group <= c->groups);
    if (n == 0)
        return;

    double *own = values + group * values_of_a_slot(c), *moment = own + MOMENTS;
    double sum[CLUSTERS_SUMS] = {0};
    sum_rows(sum, logit, label, n);
    own[ROWS] += sum[CLUSTERS_ROWS];
    own[POSITIVES] += sum[CLUSTERS_POSITIVES];
    own[PATIENTS]++;
    own[WITH_POSITIVE] += sum[CLUSTERS_POSITIVES] > 0;
    own[WITH_NEGATIVE] += sum[CLUSTERS_POSITIVES] < sum[CLUSTERS_ROWS];
    for (size_t i = 0; i < CLUSTERS_SUMS; i++)
        for (size_t j = i; j < CLUSTERS_SUMS; j++)
            *moment++ += is_count(i) && is_count(j) ? sum[i] * sum[j] : grained(sum[i] * sum[j]);
    for (size_t t = 0; t < c->thresholds; t++)
        tally_table(own + TABLES + t * WORDS_OF_A_TABLE, c, c->bin[t], logit, label, n);
}

size_t clusters_place_values(const struct clusters *c)
{
    return (c->groups + 1) * CLUSTERS_PLACES;
}

void clusters_place(double *place, const struct clusters *c, size_t group,
                    const double *of_positive, const double *of_negative, double auc,
                    const double *logit, const int *label, size_t n)
{
    must(group <= c->groups);
    if (isnan(auc)) /* of one class only: there is nothing to place */
        return;

    double sum[2] = {0};
    for (size_t i = 0; i < n; i++) {
        const double *of = label[i] == 1 ? of_positive : of_negative;
        sum[label[i]] += rounded(of[hist_bin(c->axis, logit[i])] - auc);
    }
    double *own = place + group * CLUSTERS_PLACES;
    own[0] += grained(sum[1] * sum[1]);
    own[1] += grained(sum[0] * sum[0]);
    own[2] += grained(sum[1] * sum[0]);
}

double clusters_product(const double *moment, const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i] * *moment++;
        for (size_t j = i + 1; j < n; j++)
            sum += (a[i] * b[j] + a[j] * b[i]) * *moment++;
    }
    return sum;
}

double clusters_variance(const double *moment, const double *residual, size_t n, double total,
                         double patients)
{
    if (patients < 2)
        return (double)NAN;
    double squares = clusters_product(moment, residual, residual, n);
    return patients / (patients - 1) * squares / (total * total);
}

static void read_table(struct clusters_table *t, const double *own)
{
    memcpy(t->with, own + WITH, sizeof(t->with));
    t->with_selected = own[WITH_SELECTED];
    t->with_rejected = own[WITH_REJECTED];
    memcpy(t->moment, own + CELL_MOMENTS, sizeof(t->moment));
}

static void read_moments(double *out, const double *moment)
{
    for (size_t i = 0; i < CLUSTERS_SUMS; i++)
        for (size_t j = i; j < CLUSTERS_SUMS; j++, moment++)
            *out++ = is_count(i) && is_count(j) ? *moment : *moment / SCALE;
}

static void read_slot(struct group_clusters *out, const struct clusters *c, const double *own,
                      const double place[static CLUSTERS_PLACES])
{
    *out = (struct group_clusters){
        .rows = own[ROWS],
        .positives = own[POSITIVES],
        .patients = own[PATIENTS],
        .with_positive = own[WITH_POSITIVE],
        .with_negative = own[WITH_NEGATIVE],
        .auc = {.xx = place[0] / SCALE,
                .yy = place[1] / SCALE,
                .xy = place[2] / SCALE,
                .positives = own[POSITIVES],
                .negatives = own[ROWS] - own[POSITIVES],
                .patients = own[PATIENTS],
                .with_positive = own[WITH_POSITIVE],
                .with_negative = own[WITH_NEGATIVE]},
    };
    read_moments(out->moment, own + MOMENTS);
    for (size_t t = 0; t < c->thresholds; t++)
        read_table(&out->table[t], own + TABLES + t * WORDS_OF_A_TABLE);
}

void clusters_read(struct group_clusters *out, const struct clusters *c, const double *values,
                   const double *place)
{
    static const double unknown[CLUSTERS_PLACES] = {(double)NAN, (double)NAN, (double)NAN};
    for (size_t g = 0; g <= c->groups; g++)
        read_slot(&out[g], c, values + g * values_of_a_slot(c),
                  place == NULL ? unknown : place + g * CLUSTERS_PLACES);
}

/* --- could it be? ------------------------------------------------------------------------------ */

static bool are_counts(const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(v[i] >= 0 && v[i] <= ldexp(1, 52) && v[i] == floor(v[i])))
            return false;
    return true;
}

static size_t moment_at(size_t i, size_t j, size_t n)
{
    return i * n - i * (i + 1) / 2 + j;
}

/* Cauchy and Schwarz, of sums that are not negative; slack: what rounding may add to a moment. */
static bool are_moments(const double *moment, size_t n, double slack)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++) {
            double xx = moment[moment_at(i, i, n)], yy = moment[moment_at(j, j, n)];
            double xy = moment[moment_at(i, j, n)];
            if (!(xy >= 0 && xy <= sqrt((xx + slack) * (yy + slack)) * (1 + 1e-12) + slack))
                return false;
        }
    return true;
}

/* Of `patients`, so many have one of these and so many one of those: how many have either? */
static bool is_union(double either, double these, double those, double patients)
{
    return either >= fmax(these, those) && either <= these + those && either <= patients;
}

static bool table_is_sound(const struct clusters_table *t, const struct group_clusters *g)
{
    static const double rows[CLUSTERS_CELLS] = {1, 1, 1, 1};
    static const double positives[CLUSTERS_CELLS] = {[CLUSTERS_TP] = 1, [CLUSTERS_FN] = 1};
    const double *m = t->moment, *with = t->with;
    for (size_t i = 0; i < CLUSTERS_CELLS; i++) {
        double squares = m[moment_at(i, i, CLUSTERS_CELLS)];
        if (squares < with[i] || (with[i] == 0 && squares > 0))
            return false;
    }
    double patients = g->patients;
    return are_moments(m, CLUSTERS_CELLS, 0) &&
           clusters_product(m, rows, rows, CLUSTERS_CELLS) == g->moment[0] &&
           clusters_product(m, rows, positives, CLUSTERS_CELLS) == g->moment[1] &&
           clusters_product(m, positives, positives, CLUSTERS_CELLS) ==
               g->moment[moment_at(1, 1, CLUSTERS_SUMS)] &&
           is_union(t->with_selected, with[CLUSTERS_TP], with[CLUSTERS_FP], patients) &&
           is_union(t->with_rejected, with[CLUSTERS_TN], with[CLUSTERS_FN], patients) &&
           is_union(patients, t->with_selected, t->with_rejected, patients) &&
           is_union(g->with_positive, with[CLUSTERS_TP], with[CLUSTERS_FN], patients) &&
           is_union(g->with_negative, with[CLUSTERS_TN], with[CLUSTERS_FP], patients);
}

/* Patients of whom `with` have any of `rows` rows: each at least one. */
static bool is_shared(double rows, double with)
{
    return with <= rows && (with > 0 || rows == 0);
}

static bool sums_are_sound(const struct group_clusters *g)
{
    static const double limit[CLUSTERS_SUMS] = {1, 1, 1, 1, GROUPS_LOSS_MAX + 1e-6};
    double rows_squared = g->moment[0], slack = ldexp(g->patients, -PLACES) / SCALE;
    for (size_t i = 0; i < CLUSTERS_SUMS; i++)
        if (!(g->moment[moment_at(i, i, CLUSTERS_SUMS)] <=
              limit[i] * limit[i] * rows_squared + slack))
            return false;
    return are_moments(g->moment, CLUSTERS_SUMS, slack) && is_shared(g->rows, g->patients) &&
           is_shared(g->positives, g->with_positive) &&
           is_shared(g->rows - g->positives, g->with_negative) &&
           is_union(g->patients, g->with_positive, g->with_negative, g->patients) &&
           g->rows * g->rows <= g->patients * rows_squared * (1 + 1e-12);
}

static bool words_are_counts(const struct clusters *c, const double *own)
{
    const double *moment = own + MOMENTS;
    return are_counts(own, MOMENTS) && own[ROWS] <= GROUPS_ROWS_MAX &&
           are_counts(own + TABLES, c->thresholds * WORDS_OF_A_TABLE) && are_counts(moment, 2) &&
           are_counts(moment + moment_at(1, 1, CLUSTERS_SUMS), 1);
}

/* Groups share no row and may share patients. */
static bool is_everybody(const struct clusters *c, const double *values)
{
    double rows = 0, positives = 0, patients = 0, most = 0;
    const double *all = values + c->groups * values_of_a_slot(c);
    for (size_t g = 0; g < c->groups; g++) {
        const double *own = values + g * values_of_a_slot(c);
        rows += own[ROWS];
        positives += own[POSITIVES];
        patients += own[PATIENTS];
        most = fmax(most, own[PATIENTS]);
    }
    return rows == all[ROWS] && positives == all[POSITIVES] && patients >= all[PATIENTS] &&
           most <= all[PATIENTS];
}

enum status clusters_judge(const struct clusters *c, const double *values)
{
    static const double nothing[CLUSTERS_PLACES] = {0};
    for (size_t g = 0; g <= c->groups; g++) {
        struct group_clusters slot;
        const double *own = values + g * values_of_a_slot(c);
        read_slot(&slot, c, own, nothing);
        bool sound = words_are_counts(c, own) && sums_are_sound(&slot);
        for (size_t t = 0; t < c->thresholds; t++)
            sound = sound && table_is_sound(&slot.table[t], &slot);
        if (!sound)
            return fault(EC_RUN_SUM, "", "no patients of group %zu have these sums", g);
    }
    if (!is_everybody(c, values))
        return fault(EC_RUN_SUM, "", "the patients of all groups are not everybody");
    return ST_OK;
}

enum status clusters_judge_place(const struct clusters *c, const double *values,
                                 const double *place)
{
    static const double positive[CLUSTERS_SUMS] = {[CLUSTERS_POSITIVES] = 1};
    static const double negative[CLUSTERS_SUMS] = {[CLUSTERS_ROWS] = 1, [CLUSTERS_POSITIVES] = -1};
    for (size_t g = 0; g <= c->groups; g++) {
        struct group_clusters s;
        read_slot(&s, c, values + g * values_of_a_slot(c), place + g * CLUSTERS_PLACES);
        double slack = ldexp(s.patients, -PLACES) / SCALE;
        const double moment[CLUSTERS_MOMENTS(2)] = {s.auc.xx, fabs(s.auc.xy), s.auc.yy};
        bool sound =
            are_moments(moment, 2, slack) &&
            s.auc.xx <= clusters_product(s.moment, positive, positive, CLUSTERS_SUMS) + slack &&
            s.auc.yy <= clusters_product(s.moment, negative, negative, CLUSTERS_SUMS) + slack;
        if (!sound)
            return fault(EC_RUN_SUM, "", "no patients of group %zu have these placements", g);
    }
    return ST_OK;
}

/* Nobody has a row in a cell without rows, everybody in a cell has at least one there. */
static bool cells_match(const struct group_clusters *g, const struct clusters *c,
                        const struct group_sums *sums)
{
    for (size_t t = 0; t < c->thresholds; t++) {
        double found = (double)hist_count_from(sums->count[1], c->axis->bins, c->bin[t]);
        double alarms = (double)hist_count_from(sums->count[0], c->axis->bins, c->bin[t]);
        const double rows[CLUSTERS_CELLS] = {
            [CLUSTERS_TP] = found,
            [CLUSTERS_FP] = alarms,
            [CLUSTERS_TN] = g->rows - g->positives - alarms,
            [CLUSTERS_FN] = g->positives - found,
        };
        for (size_t k = 0; k < CLUSTERS_CELLS; k++) {
            double with = g->table[t].with[k];
            if (with > rows[k] || (with > 0) != (rows[k] > 0))
                return false;
        }
    }
    return true;
}

enum status clusters_match(const struct group_clusters *g, const struct clusters *c,
                           const struct groups *layout, const struct group_sums *sums)
{
    for (size_t i = 0; i < layout->count; i++) {
        double positives = (double)hist_count_from(sums[i].count[1], layout->axis->bins, 0);
        double negatives = (double)hist_count_from(sums[i].count[0], layout->axis->bins, 0);
        if (g[i].positives != positives || g[i].rows != positives + negatives ||
            !cells_match(&g[i], c, &sums[i]))
            return fault(EC_RUN_SUM, "", "the patients of group %zu have not the rows that it has",
                         i);
    }
    return ST_OK;
}
