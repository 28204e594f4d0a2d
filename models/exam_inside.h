/*
 * exam_inside.h - what the sources behind exam.h share: how long sums are, and how rows are read.
 */
#ifndef EVENHAND_EXAM_INSIDE_H
#define EVENHAND_EXAM_INSIDE_H

#include "models/exam.h"

/* What a row contributes, for each seed or in all: exam.h. */
#define R2_TEST_VALUES    4
#define R2_PLACE_VALUES   4
#define AUC_PLACE_VALUES  6
#define R2_CHANGE_VALUES  2 /* behind those, where the row has an original */
#define AUC_CHANGE_VALUES 3

/* Where the outputs of one seed of a unit stand in its row of logits. */
struct exam_reading {
    const real *logits; /* of row 0 */
    size_t stride;
    const real *value; /* [rows] the truth */
};

const struct target *exam_target(const struct exam *e, const struct exam_row *row);
struct exam_reading exam_reading_of(const struct exam *e, const struct exam_unit *u, size_t seed,
                                    const real *probe_logits, const real *own_logits,
                                    const struct batch *b);
/* The score of row i for an AUC row: log odds of level against base. */
double exam_reading_score(const struct exam_reading *r, const struct target *t,
                          const struct exam_row *row, size_t i);
/* 1 positive, 0 negative, -1 neither. */
int exam_class(real value, const struct exam_row *row);
/* Published counts are whole: exam_judge_test saw to it. */
void exam_counts(int64_t *counts, const double *values, size_t n);
/* Of one seed of an AUC row, whose counts it leaves in counts [2 * bins]. */
double exam_auc(int64_t *counts, const struct exam *e, const double *values);

#endif
