/*
 * predictions.h - real predictions of ECGs and in intensive care, what other implementations said of
 * them, and our report of the same rows. EVENHAND_DATA names the folder of real data.
 */
#ifndef EVENHAND_TEST_PREDICTIONS_H
#define EVENHAND_TEST_PREDICTIONS_H

#include <math.h>

#include "models/metrics/fairness.h"
#include "proto/base/arena.h"
#include "tests/data/table.h"

#define NAMES_MAX 8

/* Rows that are tallied, and what is said of them. */
struct cohort {
    size_t rows, names;
    const char *name[NAMES_MAX];
    double p[ROWS_MAX];
    int label[ROWS_MAX];
    size_t group[ROWS_MAX];
};

static inline size_t group_named(struct cohort *c, const char *name)
{
    for (size_t g = 0; g < c->names; g++)
        if (strcmp(c->name[g], name) == 0)
            return g;
    assert_true(c->names < NAMES_MAX);
    c->name[c->names] = name;
    return c->names++;
}

static inline void cohort_add(struct cohort *c, double p, int label, const char *group)
{
    assert_true(c->rows < ROWS_MAX);
    c->p[c->rows] = p;
    c->label[c->rows] = label;
    c->group[c->rows++] = group_named(c, group);
}

static const double thresholds[] = {0.1, 0.5};
static struct hist_axis axis;
static struct cohort cohort;

/* As a federation does it: rows, at two sites, as sums. */
static inline void report(struct fairness *f, const struct cohort *c, const double *threshold,
                          size_t count)
{
    struct groups groups;
    hist_axis_open(&axis, threshold, count);
    groups_open(&groups, &axis, c->names);
    size_t values = groups_values(&groups);
    double *sum = must_alloc(2 * values, sizeof(*sum));
    for (size_t i = 0; i < c->rows; i++)
        groups_tally(sum + (i % 3 == 0 ? 0 : values), &groups, c->group[i], hist_logit(c->p[i]),
                     c->label[i]);
    for (size_t i = 0; i < values; i++)
        sum[i] += sum[values + i];
    check_ok(groups_judge(&groups, sum));
    struct group_sums *sums = must_alloc(c->names, sizeof(*sums));
    groups_read(sums, &groups, sum);
    const struct fairness_question q = {
        .groups = &groups,
        .name = c->name,
        .threshold = threshold,
        .thresholds = count,
        .privileged = FAIRNESS_NOBODY,
        .level = 0.95,
        .replicates = 20, /* of intervals that nobody here compares */
        .seed = 1,
    };
    fairness_open(f, &q, sums);
    free(sums);
    free(sum);
}

static inline const struct fairness_measure *measure(const struct fairness *f, const char *metric,
                                                     const char *group, double threshold)
{
    const struct fairness_measure *m = fairness_find(f, metric, group, "", threshold);
    if (m == NULL)
        fail_msg("no %s of '%s' at %g", metric, group, threshold);
    return m;
}

/* Ours against theirs; counts how many were compared. */
static inline void check_near(size_t *met, const char *where, const struct fairness_measure *m,
                              double want, double tolerance)
{
    if (!(fabs(m->value - want) <= tolerance))
        fail_msg("%s: %s of '%s' is %.12g (%s), %.12g wanted", where, m->metric, m->group, m->value,
                 m->why, want);
    (*met)++;
}

static struct table tables[2];
static struct json *references[2];

static inline int open_data(void **state)
{
    (void)state;
    table_open(&tables[0], "ecg_code_test/ecg_code_test.csv");
    table_open(&tables[1], "eicu_demo/eicu_predictions.csv");
    references[0] = read_reference("reference/real_predictions_ecg.json");
    references[1] = read_reference("reference/real_predictions_eicu.json");
    return 0;
}

static inline int close_data(void **state)
{
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        free(tables[f].text);
        json_close(&references[f]);
    }
    return 0;
}

static inline void gather(const struct table *t, const struct json *which, const char *attribute)
{
    const char *score = json_string(json_get(which, "score"), NULL);
    size_t p = column(t, score != NULL ? score : json_string(json_get(which, "predictions"), ""));
    size_t label = column(t, json_string(json_get(which, "label"), ""));
    cohort.rows = cohort.names = 0;
    for (size_t r = 0; r < t->rows; r++)
        cohort_add(&cohort, number(t->cell[r][p]), (int)number(t->cell[r][label]),
                   group_of(t, r, attribute));
}

/* Calls `check` with a report for every case and attribute; returns how many. */
static inline size_t for_each_report(void (*check)(const struct fairness *f,
                                                   const struct json *which, const char *attribute,
                                                   void *ctx),
                                     void *ctx)
{
    size_t met = 0;
    for (size_t t = 0; t < 2; t++)
        for (size_t c = 0; c < json_count(json_get(references[t], "cases")); c++) {
            const struct json *which = json_at(json_get(references[t], "cases"), c);
            const struct json *attributes = json_get(which, "by_group");
            const char *attribute;
            for (size_t a = 0; (attribute = json_key_at(attributes, a)) != NULL; a++, met++) {
                struct fairness f;
                gather(&tables[t], which, attribute);
                report(&f, &cohort, thresholds, COUNT(thresholds));
                check(&f, which, attribute, ctx);
                fairness_close(&f);
            }
        }
    return met;
}

#endif
