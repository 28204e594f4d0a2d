/*
 * cohort.h - a few rows with scores, labels and groups, and what a report says of them.
 */
#ifndef EVENHAND_TEST_COHORT_H
#define EVENHAND_TEST_COHORT_H

#include <math.h>

#include "models/metrics/fairness.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"
#include "tests/support/check.h"

#define COHORT_MAX    4096
#define COHORT_GROUPS 8

struct cohort {
    size_t rows, groups;
    double p[COHORT_MAX];
    int label[COHORT_MAX];
    size_t group[COHORT_MAX];
    size_t patient[COHORT_MAX]; /* whose row it is; his rows lie side by side */
};

static const char *const cohort_names[COHORT_GROUPS] = {"A", "B", "C", "D", "E", "F", "G", "H"};
static const double cohort_thresholds[] = {0.25, 0.5};

static inline void cohort_add(struct cohort *c, size_t group, double p, int label, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        must(c->rows < COHORT_MAX);
        c->p[c->rows] = p;
        c->label[c->rows] = label;
        c->patient[c->rows] = c->rows == 0 ? 0 : c->patient[c->rows - 1] + 1;
        c->group[c->rows++] = group;
        c->groups = c->groups > group ? c->groups : group + 1;
    }
}

/* One more row of the patient of the last one. */
static inline void cohort_again(struct cohort *c, double p, int label)
{
    must(c->rows > 0);
    cohort_add(c, c->group[c->rows - 1], p, label, 1);
    c->patient[c->rows - 1] = c->patient[c->rows - 2];
}

/* Rows of a group by their place in the table at 1/2. */
static inline void cohort_table(struct cohort *c, size_t group, size_t tp, size_t fp, size_t fn,
                                size_t tn)
{
    cohort_add(c, group, 0.8, 1, tp);
    cohort_add(c, group, 0.7, 0, fp);
    cohort_add(c, group, 0.3, 1, fn);
    cohort_add(c, group, 0.2, 0, tn);
}

/* `rows` rows of a group: labels with this prevalence, logits N(shift +- distance / 2, 1). */
static inline void cohort_draw(struct cohort *c, struct rng *rng, size_t group, size_t rows,
                               double prevalence, double distance, double shift)
{
    for (size_t i = 0; i < rows; i++) {
        int label = rng_uniform(rng) < prevalence;
        double x = rng_normal(rng) + shift + (label == 1 ? distance / 2 : -distance / 2);
        cohort_add(c, group, 1 / (1 + exp(-x)), label, 1);
    }
}

/* `copies` of every row, as rows of the same patient. */
static inline void cohort_copy(struct cohort *c, size_t copies)
{
    static struct cohort once;
    once = *c;
    *c = (struct cohort){0};
    for (size_t i = 0; i < once.rows; i++) {
        cohort_add(c, once.group[i], once.p[i], once.label[i], 1);
        for (size_t k = 1; k < copies; k++)
            cohort_again(c, once.p[i], once.label[i]);
    }
}

/* Patients of up to four rows that are alike, of three groups. */
static inline void cohort_alike(struct cohort *c, struct rng *rng, const size_t *patients)
{
    *c = (struct cohort){0};
    for (size_t g = 0; g < 3; g++)
        for (size_t i = 0; i < patients[g]; i++) {
            double own = 1.5 * rng_normal(rng);
            size_t n = 1 + rng_below(rng, 4);
            for (size_t k = 0; k < n; k++) {
                double x = own + rng_normal(rng);
                int label = rng_uniform(rng) < 1 / (1 + exp(-own));
                if (k == 0)
                    cohort_add(c, g, 1 / (1 + exp(-x)), label, 1);
                else
                    cohort_again(c, 1 / (1 + exp(-x)), label);
            }
        }
}

/* A question about a cohort, ready to be changed, and what its sums are. */
struct asked {
    struct hist_axis axis;
    struct groups groups;
    struct fairness_question q;
    struct group_sums sums[COHORT_GROUPS];
    struct clusters layout;
    struct group_clusters clusters[COHORT_GROUPS + 1];
};

static inline void cohort_ask(struct asked *a, const struct cohort *c)
{
    hist_axis_open(&a->axis, cohort_thresholds, COUNT(cohort_thresholds));
    groups_open(&a->groups, &a->axis, c->groups);
    double *values = must_alloc(groups_values(&a->groups), sizeof(*values));
    for (size_t i = 0; i < c->rows; i++)
        groups_tally(values, &a->groups, c->group[i], hist_logit(c->p[i]), c->label[i]);
    check_ok(groups_judge(&a->groups, values));
    groups_read(a->sums, &a->groups, values);
    free(values);
    a->q = (struct fairness_question){
        .groups = &a->groups,
        .name = cohort_names,
        .threshold = cohort_thresholds,
        .thresholds = COUNT(cohort_thresholds),
        .privileged = FAIRNESS_NOBODY,
        .level = 0.95,
        .replicates = 200,
        .seed = 7,
    };
}

/* Calls tally for every patient, with his rows of this group (a->q.groups->count: of any). */
static inline void
cohort_each_patient(double *values, const struct asked *a, const struct cohort *c, size_t group,
                    void (*tally)(double *values, const struct asked *a, size_t group,
                                  const double *logit, const int *label, size_t n))
{
    enum { ROWS = 512 };
    double logit[ROWS];
    int label[ROWS];
    for (size_t from = 0, to = 0; from < c->rows; from = to) {
        size_t n = 0;
        for (to = from; to < c->rows && c->patient[to] == c->patient[from]; to++) {
            must(n < ROWS);
            if (c->group[to] != group && group < a->groups.count)
                continue;
            logit[n] = hist_logit(c->p[to]);
            label[n++] = c->label[to];
        }
        tally(values, a, group, logit, label, n);
    }
}

static inline void cohort_tally_first(double *values, const struct asked *a, size_t group,
                                      const double *logit, const int *label, size_t n)
{
    clusters_tally(values, &a->layout, group, logit, label, n);
}

static inline void cohort_tally_place(double *place, const struct asked *a, size_t group,
                                      const double *logit, const int *label, size_t n)
{
    static struct group_sums all;
    double of_positive[HIST_EDGES_MAX + 1], of_negative[HIST_EDGES_MAX + 1];
    const struct group_sums *s = &all;
    if (group < a->groups.count)
        s = &a->sums[group];
    else
        groups_pool(&all, &a->groups, a->sums);
    hist_placements(of_positive, of_negative, s->count[1], s->count[0], a->axis.bins);
    clusters_place(place, &a->layout, group, of_positive, of_negative,
                   hist_auc(s->count[1], s->count[0], a->axis.bins), logit, label, n);
}

/* Lets the question know of patients, after cohort_ask. */
static inline void cohort_patients(struct asked *a, const struct cohort *c)
{
    clusters_open(&a->layout, &a->axis, a->q.threshold, a->q.thresholds, c->groups);
    double *values = must_alloc(clusters_values(&a->layout), sizeof(*values));
    double *place = must_alloc(clusters_place_values(&a->layout), sizeof(*place));
    for (size_t g = 0; g <= c->groups; g++) {
        cohort_each_patient(values, a, c, g, cohort_tally_first);
        cohort_each_patient(place, a, c, g, cohort_tally_place);
    }
    check_ok(clusters_judge(&a->layout, values));
    check_ok(clusters_judge_place(&a->layout, values, place));
    clusters_read(a->clusters, &a->layout, values, place);
    check_ok(clusters_match(a->clusters, &a->layout, &a->groups, a->sums));
    a->q.clusters = a->clusters;
    free(values);
    free(place);
}

/* The row of a report; fails where there is none. threshold NAN: of none. */
static inline const struct fairness_measure *row_of(const struct fairness *f, const char *metric,
                                                    const char *group, const char *other,
                                                    double threshold)
{
    const struct fairness_measure *m = fairness_find(f, metric, group, other, threshold);
    if (m == NULL)
        fail_msg("no %s of '%s' '%s' at %g", metric, group, other, threshold);
    return m;
}

static inline void check_value(const struct fairness_measure *m, double want)
{
    if (!(fabs(m->value - want) <= 1e-12))
        fail_msg("%s of '%s' is %.15g (%s), %.15g wanted", m->metric, m->group, m->value, m->why,
                 want);
}

#endif
