/*
 * ridge.h - plain probes for tests: least squares with an L2 penalty, in double, and what it is
 * worth. On a 0/1 label its scores order rows as linear discriminant analysis does.
 */
#ifndef EVENHAND_TEST_RIDGE_H
#define EVENHAND_TEST_RIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * weight [outputs, width + 1], the intercept last: minimises the mean over rows of (y - w.x - b)^2
 * plus penalty * |w|^2, one output at a time. x [rows, width], y [outputs, rows]. The penalty is
 * in units of the mean variance of a feature.
 */
void ridge_fit(double *weight, const float *x, const double *y, size_t rows, size_t width,
               size_t outputs, double penalty);
/* score [rows] of one output's weight [width + 1]. */
void ridge_scores(double *score, const double *weight, const float *x, size_t rows, size_t width);

/* 1 - residual / total sum of squares. */
double ridge_r2(const double *score, const double *y, size_t rows);

struct auc {
    double value;
    double se; /* clustered by patient: Obuchowski, Biometrics 1997 */
    size_t positives, negatives;
};

/* Rows of one patient need not be neighbours; label NAN leaves a row out. Ties count half. */
struct auc auc_by_patient(const double *score, const double *label, const uint64_t *patient,
                          size_t rows);

#endif
