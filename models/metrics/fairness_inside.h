/*
 * fairness_inside.h - what the sources behind fairness.h share: the list, the groups that are
 * shown, and numbers between groups.
 */
#ifndef EVENHAND_FAIRNESS_INSIDE_H
#define EVENHAND_FAIRNESS_INSIDE_H

#include "models/metrics/fairness.h"
#include "models/metrics/interval.h"
#include "proto/base/rng.h"

/* What the measures of one question are made of. Slot `count` of a group's array is overall. */
struct inquiry {
    const struct fairness_question *q;
    struct fairness *out;
    size_t bins;
    size_t count;                   /* groups that are not withheld */
    const char **name;              /* [count + 1]; the last is "" */
    const struct group_sums **sums; /* [count + 1] */
    size_t privileged;              /* among those shown, or FAIRNESS_NOBODY */
    char withheld[96];              /* "X, Y", or "" */
};

/* A row with nothing in it but its names; valid until the next. */
struct fairness_measure *fairness_add(struct inquiry *in, const char *metric, const char *group,
                                      const char *other);
/* A row of slot's group, with its rows and positives. */
struct fairness_measure *fairness_add_of(struct inquiry *in, const char *metric, size_t slot);
void fairness_set_interval(struct fairness_measure *m, struct interval i);
/* "not estimable: ", then the cause. */
void fairness_deny(struct fairness_measure *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

double group_rows(const struct group_sums *s, int label, size_t bins);

/* The sources, in the order of the list. */
void confusion_measures(struct inquiry *in, double threshold, size_t index);
void ranking_measures(struct inquiry *in);
void calibration_measures(struct inquiry *in);

/*
 * Numbers between groups, from a table of values: every rate of every group. NAN: not estimable.
 */
#define SPREAD_SLOTS (GROUPS_OF_A_KIND_MAX + 1)
#define SPREAD_RATES 16
struct spread_values {
    size_t groups; /* overall is slot `groups` */
    double of[SPREAD_RATES][SPREAD_SLOTS];
};

struct spread_intervals {
    struct interval of[SPREAD_RATES][SPREAD_SLOTS];
};

enum spread_kind {
    SPREAD_GAP,
    SPREAD_RATIO,
    SPREAD_GAP_OVERALL,
    SPREAD_RATIO_OVERALL,
    SPREAD_LEAST,        /* the smallest value */
    SPREAD_EQUITY_SCALED /* overall / (1 + sum |group - overall|) */
};
enum spread_join { SPREAD_MAX, SPREAD_MIN, SPREAD_MEAN, SPREAD_ONE_LESS_MEAN };

/* A number between groups: one kind of difference in up to two rates, joined. */
struct spread {
    const char *metric;
    enum spread_kind kind;
    enum spread_join join;
    size_t rates;
    size_t rate[2];
};

/* NAN when fewer than two groups can be estimated. */
double spread_value(const struct spread *s, const struct spread_values *v);

/* Where replicates come from. draw: groups again from their own counts; null: all from the pool. */
struct spread_source {
    const void *context;
    void (*draw)(struct spread_values *v, struct rng *rng, const void *context);
    void (*null)(struct spread_values *v, struct rng *rng, const void *context);
};

/*
 * Adds a row for each spread: value, interval, noise floor, the groups it lies between. `centre` is
 * what `draw` scatters around (v, but for counts that were smoothed); `own` [rate][slot] has the
 * intervals of the groups, for gaps of two; NULL: none. missing[rate] says what a group lacks that
 * cannot be estimated.
 */
struct spread_job {
    const struct spread *spread;
    size_t spreads;
    const struct spread_values *v, *centre;
    const struct spread_intervals *own;
    const char *const *missing;
    struct spread_source source;
    double threshold;
    uint64_t stream;  /* of random numbers: one a job */
    bool no_interval; /* the bootstrap would hide that groups have none */
};
void spread_measures(struct inquiry *in, const struct spread_job *job);

#endif
