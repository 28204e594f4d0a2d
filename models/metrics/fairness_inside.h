/*
 * fairness_inside.h - what the sources behind fairness.h share: the list, the groups that are
 * shown, what their patients say, and numbers between groups.
 */
#ifndef EVENHAND_FAIRNESS_INSIDE_H
#define EVENHAND_FAIRNESS_INSIDE_H

#include "models/metrics/fairness.h"
#include "models/metrics/interval.h"
#include "proto/base/rng.h"

#define SPREAD_SLOTS (GROUPS_OF_A_KIND_MAX + 1)

/* What the measures of one question are made of. Slot `count` of a group's array is overall. */
struct inquiry {
    const struct fairness_question *q;
    struct fairness *out;
    size_t bins;
    size_t count;                                /* groups that are shown */
    size_t group[SPREAD_SLOTS];                  /* [count + 1] their places in the question */
    const char *name[SPREAD_SLOTS];              /* [count + 1]; the last is "" */
    const struct group_sums *sums[SPREAD_SLOTS]; /* [count + 1] */
    double effect[SPREAD_SLOTS]; /* [count + 1] design effects, 1 where a row is a patient */
    size_t privileged;           /* among those shown, or FAIRNESS_NOBODY */
    char withheld[96];           /* "X, Y", or "" */
};

/* A row with nothing in it but its names; valid until the next. */
struct fairness_measure *fairness_add(struct inquiry *in, const char *metric, const char *group,
                                      const char *other);
/* A row of slot's group, with its rows and positives. */
struct fairness_measure *fairness_add_of(struct inquiry *in, const char *metric, size_t slot);
/* Withheld, and nothing in it; group and other may be "". */
void fairness_withhold(struct inquiry *in, const char *metric, const char *group, const char *other,
                       double threshold);
void fairness_set_interval(struct fairness_measure *m, struct interval i);
/* "not estimable: ", then the cause. */
void fairness_deny(struct fairness_measure *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

double group_rows(const struct group_sums *s, int label, size_t bins);

/* The patients of a slot; NULL where each of their rows is a patient. */
const struct group_clusters *inquiry_patients(const struct inquiry *in, size_t slot);
/* Rows to be drawn again, that say as much as these: at least one of any. */
int64_t effective_rows(double rows, double effect);
/* The same interval by a name that says that it counts patients, if it does. */
struct interval interval_of_patients(struct interval i, const struct group_clusters *patients);

/* A share of rows: both counts as linear forms in a patient's sums, of which there are moments. */
struct share {
    double hits, of;
    double patients;             /* that have any row of `of` */
    const double *moment;        /* clusters.h, of n sums */
    const double *hit, *of_form; /* [n] */
    size_t n;
    double level; /* of the interval */
};
double share_effect(const struct share *s); /* the design effect, at least 1 */
/* By how much a variance is to be taken larger, since few patients say how large it is. */
double few_patients(double rows, double squares, double level);

/* The sources, in the order of the list. */
void confusion_measures(struct inquiry *in, double threshold, size_t index);
void ranking_measures(struct inquiry *in);
void calibration_measures(struct inquiry *in);
/* Every row of one threshold that is of this slot, or between groups, withheld. */
void confusion_withhold(struct inquiry *in, size_t slot, double threshold);
void confusion_withhold_between(struct inquiry *in, double threshold);
/* What is signed against the privileged group, where it or the other is not among `shown`. */
void against_withhold(struct inquiry *in, const struct inquiry *shown, double threshold);
/* What they show of a slot's design effect: at least 1, 1 where nothing can be told. */
double confusion_effect(const struct inquiry *in, size_t slot, double threshold, size_t index);
double ranking_effect(const struct inquiry *in, size_t slot);
double calibration_effect(const struct inquiry *in, size_t slot);

/*
 * Numbers between groups, from a table of values: every rate of every group. NAN: not estimable.
 */
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
 * cannot be estimated, few[rate][slot] whether it has some of it; NULL: none.
 */
struct spread_job {
    const struct spread *spread;
    size_t spreads;
    const struct spread_values *v, *centre;
    const struct spread_intervals *own;
    const char *const *missing;
    const bool (*few)[SPREAD_SLOTS];
    struct spread_source source;
    double threshold;
    uint64_t stream;  /* of random numbers: one a job */
    bool no_interval; /* the bootstrap would hide that groups have none */
};
void spread_measures(struct inquiry *in, const struct spread_job *job);

#endif
