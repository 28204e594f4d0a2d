/*
 * course.h - the run as a sequence of summed vectors: a pure function both ends compute.
 *
 *     moments -> (erase) -> train ... train -> (guard -> fit -> trace) -> ... -> scale -> spread
 *     -> (probe -> valid) ... -> (choose) -> test -> place -> (groups -> patients) -> end
 *
 * Probes that are fitted to the rows they are scored on (exam.in_sample) are not validated.
 * With a model that learns nothing (model_ops.fixed) it is moments -> test -> place -> end, and the
 * moments are those of all rows.
 *
 * A leg is one round: what every site contributes and how long it is. course_fold takes the
 * published sum of the leg that is due and moves on; because both ends fold the same sums, they
 * agree on the population, the model, the probes, when to stop, and every reported number,
 * without sending any of them.
 */
#ifndef EVENHAND_COURSE_H
#define EVENHAND_COURSE_H

#include "models/census.h"
#include "models/erasure/erasure.h"
#include "models/exam.h"
#include "models/merge/merge.h"
#include "models/trace.h"

enum leg_kind {
    LEG_MOMENTS,  /* sums of features, squares and levels over training rows */
    LEG_ERASE,    /* second moments, where the plan erases attributes in closed form */
    LEG_TRAIN,    /* mean difference of the model, and losses */
    LEG_GUARD,    /* sums of the collapse guard over validation rows */
    LEG_FIT,      /* second moments of what is released, over training rows */
    LEG_TRACE,    /* histograms over validation rows, of the model as it is */
    LEG_SCALE,    /* sums of the evaluation's features over the rows that probes are fitted to */
    LEG_SPREAD,   /* largest eigenvalue of each representation, weighted by such rows */
    LEG_PROBE,    /* mean difference of the probes */
    LEG_VALID,    /* their histograms over validation rows */
    LEG_CHOOSE,   /* histograms over validation rows, where thresholds are chosen on them */
    LEG_TEST,     /* histograms over test rows */
    LEG_PLACE,    /* placement sums over test rows */
    LEG_GROUPS,   /* test rows by group, where the plan has groups */
    LEG_PATIENTS, /* placement sums by group */
    LEG_END
};

struct leg {
    enum leg_kind kind;
    bool mean;       /* a weighted mean of differences (quant.h), else a sum (fixed.h) */
    size_t values;   /* of one contribution */
    uint64_t round;  /* 1 for the first leg */
    uint64_t index;  /* training round of the model, or of the probes, from 0 */
    double progress; /* of the model's training, 0..1 */
    unsigned shift;  /* binary places of a sum */
};

/* Losses travel behind the differences in units of this, so that they fit the clip. */
#define COURSE_LOSS_UNIT 1024.0

struct course {
    const struct settings *plan; /* keeps */
    struct population who;
    double *mean, *scale; /* [who.width] of raw features over all training rows */
    const struct merge_ops *merge;
    struct model *model; /* NULL before the moments are in */
    real *theta;
    double *merge_state;
    struct erasure erasure; /* columns 0: nothing is erased */
    struct exam exam;
    struct census census;          /* open with the exam */
    struct trace trace;            /* likewise */
    struct leg leg;                /* what is due */
    double loss[MODEL_LOSSES_MAX]; /* of the last training round, NAN before */
    struct guard guard[MODEL_GUARDS_MAX];
    size_t guard_count; /* of the last guard leg */
};

const char *leg_name(enum leg_kind kind); /* "moments", "train", ... */

/* schema as every site described it. What a model complains of (EC_MODEL_SHAPE) comes by fold. */
MUST_CHECK enum status course_open(struct course *c, const struct settings *plan,
                                   const struct population *schema);
void course_close(struct course *c);
/*
 * The sum of the due leg: leg.values doubles (the weighted mean for a leg of means). weight is the
 * tail's sum of weights of such a leg. EC_RUN_SUM, and nothing changed, for counts that cannot be
 * those of people.
 */
MUST_CHECK enum status course_fold(struct course *c, const double *values, double weight);
/* The vector that a leg of means trains, and its model: the subject or the probes. */
real *course_vector(const struct course *c);
const struct model *course_learner(const struct course *c);
/* y [rows, width] = x erased as the sums of LEG_ERASE say; y may be x. */
void course_erase(real *y, const struct course *c, const real *x, size_t rows);
/* The population that second moments are summed for: levels of too few rows are left alone. */
struct population course_erasable(const struct course *c);
/* Cap of a site's weight in legs of means: all rows that are trained on (1 before the moments). */
double course_weight_cap(const struct course *c);

#endif
