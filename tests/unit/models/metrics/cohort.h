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
};

static const char *const cohort_names[COHORT_GROUPS] = {"A", "B", "C", "D", "E", "F", "G", "H"};
static const double cohort_thresholds[] = {0.25, 0.5};

static inline void cohort_add(struct cohort *c, size_t group, double p, int label, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        must(c->rows < COHORT_MAX);
        c->p[c->rows] = p;
        c->label[c->rows] = label;
        c->group[c->rows++] = group;
        c->groups = c->groups > group ? c->groups : group + 1;
    }
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

/* A question about a cohort, ready to be changed, and what its sums are. */
struct asked {
    struct hist_axis axis;
    struct groups groups;
    struct fairness_question q;
    struct group_sums sums[COHORT_GROUPS];
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
