/*
 * evaluate.h - what a site counts for the evaluation: features of its rows, histograms, placements.
 *
 *     standardised x -> released z, noise -> one wide row for each row -> probes' logits -> counts
 *
 * Scored rows stand in order of their patients, so that a patient's rows are neighbours. With
 * evaluate.unit = "row" every row is placed as a patient of its own; sums by group are of patients
 * all the same, for who may be shown is a matter of patients. A patient at two sites is two: nobody
 * compares ids across sites.
 */
#ifndef EVENHAND_EVALUATE_H
#define EVENHAND_EVALUATE_H

#include "models/course.h"
#include "node/batches.h"
#include "node/dataset.h"
#include "node/release.h"

struct evaluation_whole;

struct evaluation {
    const struct dataset *data; /* keeps */
    const struct course *course;
    real *features;   /* [rows, exam.spec.width]; NULL before evaluation_features */
    bool rescaled;    /* they are, by the scale that all sites' sums gave */
    real *labels;     /* [tasks and trials of attacks, rows]; NULL where none is tried */
    uint32_t *scored; /* rows that test and place count, by patient */
    size_t scored_count;
    struct evaluation_whole *whole; /* what predictors say of them, made once; NULL before */
    struct arena arena;
};

void evaluation_open(struct evaluation *e, const struct dataset *data, const struct course *c);
void evaluation_close(struct evaluation *e);

/* Rows of a split [data->split_rows], a patient's side by side. */
void evaluation_order(uint32_t *row, const struct dataset *data, enum split split);

/* Makes the representations of every row. site keys the noise. */
void evaluation_features(struct evaluation *e, const struct release *release, uint64_t site);
/* Once the scale is known, and once: (feature - mean) / scale, 0 for constants. */
void evaluation_rescale(struct evaluation *e);
/* Rows that probes are fitted to, with the label columns of attacks behind their tasks. */
struct rows_view evaluation_training(const struct evaluation *e);

/* Contributions [leg.values], cleared first. */
void evaluation_guard(double *values, struct evaluation *e, const struct step_key *key);
void evaluation_scale(double *values, struct evaluation *e);
void evaluation_spread(double *values, struct evaluation *e); /* after evaluation_rescale */
void evaluation_valid(double *values, struct evaluation *e);
void evaluation_choose(double *values, struct evaluation *e);
void evaluation_test(double *values, struct evaluation *e);
void evaluation_place(double *values, struct evaluation *e);
void evaluation_groups(double *values, struct evaluation *e);
void evaluation_patients(double *values, struct evaluation *e);

#endif
