/*
 * trace.h - what validation rows say while a model trains: leakage, utility and gaps over rounds.
 *
 *     (model releases)  z of training rows -> second moments, summed -> a linear reader a target
 *                       z of validation rows -> its scores -+
 *     (a head of its own)          the head's own scores ---+-> histograms, and sums by group
 *
 * Fresh probes as of the exam would cost tens of rounds each time; the reader fitted in closed form
 * costs one. Its direction is S^-1 c, S the covariance of what is released and c its covariance
 * with "is this level" (Fisher's discriminant, Ann Eugen 7:179, 1936; of one level against the
 * rest), taken from erasure.h, which takes the very same direction out. Scores have deviation
 * TRACE_SPREAD, so that they lie well in a histogram; they rank, and are no probabilities.
 *
 * No decision of a run looks at a trace: it is for people who watch. Test rows have no part in it.
 */
#ifndef EVENHAND_TRACE_H
#define EVENHAND_TRACE_H

#include "models/census.h"
#include "models/exam.h"

#define TRACE_SPREAD 3.0 /* logits */

/* An AUC row of the exam that is traced. */
struct trace_reader {
    size_t row;
    size_t target; /* of `who`; not for own heads */
    size_t column; /* of its sums */
    size_t at;     /* in the contribution: {positives [bins], negatives [bins], patients} */
};

struct trace {
    const struct exam *exam;      /* keeps */
    bool fits;                    /* the model releases: readers are fitted */
    struct population who;        /* what is released, and the targets of readers as its groups */
    size_t who_task[GROUPS_MAX];  /* of each: the population's task, or SIZE_MAX */
    size_t who_group[GROUPS_MAX]; /* likewise */
    size_t reader_count;
    struct trace_reader *reader;
    real *direction; /* [reader_count, width + 1]: weights, and what is added */
    struct census census;
    size_t fit_values, values, census_at; /* lengths; 0: nothing to contribute */
    double *sums;                         /* the published ones, of the last trace */
};

/* Nothing to trace where the plan says so, or the exam reads nothing that it could: values 0. */
MUST_CHECK enum status trace_open(struct trace *t, const struct exam *e);
void trace_close(struct trace *t);

/* Adds a batch of training rows to the sums of a fit: b->x what is released, b->group who's. */
void trace_fit_add(double *values, const struct trace *t, const struct batch *b);
/* EC_RUN_SUM: no rows have these sums. */
MUST_CHECK enum status trace_fold_fit(struct trace *t, const double *sums);
/* scores [rows, reader_count] of released rows z [rows, width]. */
void trace_read(real *scores, const struct trace *t, const real *z, size_t rows);

/*
 * A contribution; values are cleared first. scores [reader_count], group and patient as of
 * census_tally.
 */
void trace_tally(double *values, const struct trace *t, const struct exam_scores *scores,
                 const real *group, const uint64_t *patient);
MUST_CHECK enum status trace_judge(const struct trace *t, const double *sums);
void trace_fold(struct trace *t, const double *sums);

#endif
