/*
 * exam.h - the evaluation of a run: fresh probes on what is released, scored from sums.
 *
 *     row of features | representation 1 | representation 2 | ...     (slices of one wide row)
 *     probes train side by side in one vector                          (models/linear/probes.h)
 *     validation histograms -> keep each probe's best round, stop      (both ends decide the same)
 *     test histograms -> AUC;  placement sums -> intervals by patient
 *
 * A unit is one target read from one representation by one kind of probe, `seeds` heads of it; a
 * row is one reported number of a unit: an AUC of a level against the largest level, or R^2. A
 * model with a head of its own that releases nothing adds units for that head. Attacks of the plan
 * add a unit of one head for each trial and representation but noise, behind all others: they learn
 * poisoned labels, are scored on clean ones, and are no measures. Everything here is a pure function
 * of the plan, the population and the published sums.
 *
 * Probes are fitted to training rows, and scored on others. With evaluate.mode = "in-sample", which
 * exists to show what published tables rest on, they are fitted to the rows they are scored on: as
 * no other rows could say when to stop, none are asked, and the last round counts.
 *
 * What a site contributes:
 *   valid, test   per row and seed: AUC {positives [bins], negatives [bins]},
 *                 R^2 {n, y, y^2, squared error}
 *   place         per row: AUC {xx, yy, xy, patients, with positive, with negative},
 *                 R^2 {ee, tt, et, patients}                          (models/metrics/interval.h)
 *                 then, where the originals have the same row: AUC {xx, yy, xy} and R^2 {dd, dt}
 *                 of the change from it, patient by patient
 *
 * A change is paired: the same rows scored twice, so what the two numbers have in common cancels,
 * and its interval is far shorter than one of two independent numbers would be.
 *
 * What a patient adds to a placement sum is first rounded to EXAM_GRAIN, the grain that sums travel
 * in: so it does not matter in how many sites the patients are.
 */
#ifndef EVENHAND_EXAM_H
#define EVENHAND_EXAM_H

#include "models/attack.h"
#include "models/core/model.h"
#include "models/linear/probes.h"
#include "models/metrics/hist.h"
#include "models/metrics/measure.h"

#define EXAM_SHIFT 20
#define EXAM_GRAIN 0x1p-20

enum representation { REP_ORIGINAL, REP_ERASURE, REP_DEBIASED, REP_NOISE, REP_COUNT };
extern const char *const exam_representations[REP_COUNT];

struct exam_unit {
    bool own;     /* the model's own head instead of fresh probes */
    size_t slice; /* of probes; 0 for own */
    enum representation representation;
    enum probe_kind kind;
    bool group;
    size_t target;
    size_t trial;       /* from 1: whose poisoned labels it learns (attack.h); 0: the clean ones */
    size_t head, seeds; /* fresh probes head..head+seeds */
    size_t row, row_count;
};

#define EXAM_NO_ROW SIZE_MAX

struct exam_row {
    size_t unit;
    bool r2; /* else AUC of level against base */
    size_t level, base;
    size_t original; /* the row of the originals that it is a change of, or EXAM_NO_ROW */
    size_t valid_at; /* where its first seed starts in valid and test vectors */
    size_t place_at;
};

/* Per head, while probes train. */
struct exam_head {
    double best; /* score of the kept round; -INFINITY before the first */
    size_t waited;
};

struct exam {
    const struct settings *plan;  /* keeps */
    const struct population *who; /* keeps */
    const struct model *subject;  /* keeps: the model under evaluation */
    bool in_sample;               /* probes are fitted to the scored rows */
    struct hist_axis axis;
    struct attack attack;
    struct probe_spec spec;
    struct model *probes; /* NULL when the plan asks for none */
    enum representation slice_of[PROBE_SLICES_MAX];
    size_t unit_count, row_count;
    struct exam_unit *unit;
    struct exam_row *row;
    size_t test_values, place_values; /* lengths of the contributions; valid is as long as test */
    real *theta, *best;               /* probes: now, and each head's best */
    double *velocity;                 /* of the linear heads, which sum up rounds with momentum */
    struct exam_head *head;
    double *mean, *scale; /* [spec.width] of the features; scale 0: constant */
    double fitted;        /* rows that probes are fitted to, of all sites; 0 before the scale */
    double *test, *place; /* the published sums */
    bool finished;        /* no probe is waiting for a better round; never in sample */
};

/* EC_EVAL_TOO_FEW when there is nothing to measure. who's shares must be known. */
MUST_CHECK enum status exam_open(struct exam *e, const struct settings *plan,
                                 const struct population *who, const struct model *subject);
void exam_close(struct exam *e);

/* Width of a representation of this subject. */
size_t exam_width(const struct exam *e, enum representation r);
/* Sums {x [W], x^2 [W], rows} of the features that probes are fitted to -> mean and scale. */
void exam_fold_scale(struct exam *e, const double *sums);
/* Sums {largest eigenvalue * rows of each slice, rows}: the mean bounds that of all rows. */
void exam_fold_spread(struct exam *e, const double *sums);
/* The mean difference of one probe round [probes->params]; in sample, the best so far. */
void exam_fold_probe(struct exam *e, const double *mean);
/*
 * Could whole people add up to these sums of a valid or test leg, of a place leg? EC_RUN_SUM for
 * counts that are negative or not whole and for negative squares. Before they are folded.
 */
MUST_CHECK enum status exam_judge_test(const struct exam *e, const double *sums);
MUST_CHECK enum status exam_judge_place(const struct exam *e, const double *sums);
/* Validation histograms of one probe round: keeps the best, sets finished. */
void exam_fold_valid(struct exam *e, const double *sums);
/* Has every probe of this kind run out of patience? Then nobody need train it any more. */
bool exam_kind_finished(const struct exam *e, enum probe_kind kind);
void exam_fold_test(struct exam *e, const double *sums);
void exam_fold_place(struct exam *e, const double *sums);

/*
 * Adds rows to a valid or test contribution. probe_logits [rows, probes' outputs] and own_logits
 * [rows, subject's outputs] may be NULL when there are none of the kind; b has the targets.
 */
void exam_tally(double *values, const struct exam *e, const real *probe_logits,
                const real *own_logits, const struct batch *b, bool own_too);
/* The placement sums of whole patients: patient[i] equal for neighbouring rows of one patient. */
void exam_place(double *values, const struct exam *e, const real *probe_logits,
                const real *own_logits, const struct batch *b, const uint64_t *patient);

/*
 * Scores of many rows for one AUC row of the exam: log odds of its level against its base. Of the
 * first seed, and borrowed, where they are the exam's own (logits as of exam_tally).
 */
struct exam_scores {
    const struct exam_row *row;
    size_t rows;
    const real *value;        /* [rows] the truth */
    const real *level, *base; /* of row 0, then every stride; base NULL: nothing is taken off */
    size_t stride;
};
struct exam_scores exam_scores_of(const struct exam *e, size_t row, const real *probe_logits,
                                  const real *own_logits, const struct batch *b);
double exam_score(const struct exam_scores *s, size_t i);
int exam_score_class(const struct exam_scores *s, size_t i); /* 1, 0; -1: neither, or unknown */
/* Whose row it is: names, representation, probe, split; no number. */
struct measure exam_row_measure(const struct exam *e, size_t row);

/* How many measures exam_measures writes. */
size_t exam_measure_count(const struct exam *e);
/*
 * Values and intervals from the sums; cells below min_cell patients are withheld, and where a level
 * is, how many patients the other levels' numbers rest on. Behind the rows' measures, one for each
 * level of each target of what "majority" predicts: the same for everybody.
 */
void exam_measures(struct measure *m, const struct exam *e, double min_cell);

#endif
