#include "tests/support/ridge.h"

#include <math.h>
#include <stdlib.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

/* Lower triangle of a [n,n] becomes its Cholesky factor. */
static void factor(double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++)
                sum -= a[i * n + k] * a[j * n + k];
            must(i != j || sum > 0);
            a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
        }
}

/* v becomes (L L^T)^-1 v. */
static void solve(double *v, const double *l, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            v[i] -= l[i * n + k] * v[k];
        v[i] /= l[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            v[i] -= l[k * n + i] * v[k];
        v[i] /= l[i * n + i];
    }
}

static void column_means(double *mean, const float *x, size_t rows, size_t width)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < width; j++)
            mean[j] += (double)x[r * width + j] / (double)rows;
}

/* Covariance (lower triangle) and its penalty. */
static void normal_matrix(double *a, const float *x, const double *mean, size_t rows, size_t width,
                          double penalty)
{
    double *row = must_alloc(width, sizeof(*row)), trace = 0;
    for (size_t r = 0; r < rows; r++) {
        for (size_t j = 0; j < width; j++)
            row[j] = (double)x[r * width + j] - mean[j];
        for (size_t i = 0; i < width; i++)
            for (size_t j = 0; j <= i; j++)
                a[i * width + j] += row[i] * row[j];
    }
    free(row);
    for (size_t i = 0; i < width * width; i++)
        a[i] /= (double)rows;
    for (size_t i = 0; i < width; i++)
        trace += a[i * width + i];
    for (size_t i = 0; i < width; i++)
        a[i * width + i] += penalty * trace / (double)width;
}

void ridge_fit(double *weight, const float *x, const double *y, size_t rows, size_t width,
               size_t outputs, double penalty)
{
    double *mean = must_alloc(width, sizeof(*mean));
    double *a = must_alloc(width * width, sizeof(*a));
    column_means(mean, x, rows, width);
    normal_matrix(a, x, mean, rows, width, penalty);
    factor(a, width);
    for (size_t o = 0; o < outputs; o++) {
        double *w = weight + o * (width + 1), centre = 0;
        for (size_t j = 0; j <= width; j++)
            w[j] = 0;
        for (size_t r = 0; r < rows; r++)
            centre += y[o * rows + r] / (double)rows;
        for (size_t r = 0; r < rows; r++)
            for (size_t j = 0; j < width; j++)
                w[j] += ((double)x[r * width + j] - mean[j]) * (y[o * rows + r] - centre) /
                        (double)rows;
        solve(w, a, width);
        w[width] = centre;
        for (size_t j = 0; j < width; j++)
            w[width] -= w[j] * mean[j];
    }
    free(a);
    free(mean);
}

void ridge_scores(double *score, const double *weight, const float *x, size_t rows, size_t width)
{
    for (size_t r = 0; r < rows; r++) {
        score[r] = weight[width];
        for (size_t j = 0; j < width; j++)
            score[r] += weight[j] * (double)x[r * width + j];
    }
}

double ridge_r2(const double *score, const double *y, size_t rows)
{
    double mean = 0, residual = 0, total = 0;
    for (size_t r = 0; r < rows; r++)
        mean += y[r] / (double)rows;
    for (size_t r = 0; r < rows; r++) {
        residual += (y[r] - score[r]) * (y[r] - score[r]);
        total += (y[r] - mean) * (y[r] - mean);
    }
    return 1 - residual / total;
}

struct scored {
    double score;
    uint64_t patient;
    bool positive;
    double placement; /* share of the other class on the right side of this row */
};

static int by_score(const void *a, const void *b)
{
    const struct scored *left = a, *right = b;
    return (left->score > right->score) - (left->score < right->score);
}

static int by_patient(const void *a, const void *b)
{
    const struct scored *left = a, *right = b;
    return (left->patient > right->patient) - (left->patient < right->patient);
}

/* Walks up the scores, ties together. */
static void place(struct scored *s, size_t rows, double positives, double negatives)
{
    double below[2] = {0, 0}; /* negatives, positives */
    for (size_t at = 0, end; at < rows; at = end) {
        double tied[2] = {0, 0};
        for (end = at; end < rows && s[end].score == s[at].score; end++)
            tied[s[end].positive]++;
        for (size_t i = at; i < end; i++)
            s[i].placement = s[i].positive ? (below[0] + tied[0] / 2) / negatives
                                           : 1 - (below[1] + tied[1] / 2) / positives;
        below[0] += tied[0];
        below[1] += tied[1];
    }
}

/* Of a patient's summed (placement - auc), positives and negatives apart: squares and products. */
static double clustered_variance(const struct scored *s, size_t rows, const struct auc *a)
{
    double square[2] = {0, 0}, cross = 0, clusters = 0, with[2] = {0, 0};
    for (size_t at = 0, end; at < rows; at = end) {
        double sum[2] = {0, 0};
        bool has[2] = {false, false};
        for (end = at; end < rows && s[end].patient == s[at].patient; end++) {
            sum[s[end].positive] += s[end].placement - a->value;
            has[s[end].positive] = true;
        }
        clusters++;
        for (size_t side = 0; side < 2; side++) {
            square[side] += sum[side] * sum[side];
            with[side] += has[side];
        }
        cross += sum[0] * sum[1];
    }
    double n0 = (double)a->negatives, n1 = (double)a->positives;
    double v0 = with[0] / (with[0] - 1) * square[0] / (n0 * n0);
    double v1 = with[1] / (with[1] - 1) * square[1] / (n1 * n1);
    return v0 + v1 + 2 * clusters / (clusters - 1) * cross / (n0 * n1);
}

struct auc auc_by_patient(const double *score, const double *label, const uint64_t *patient,
                          size_t rows)
{
    struct scored *s = must_alloc(rows, sizeof(*s));
    struct auc a = {0};
    size_t count = 0;
    for (size_t r = 0; r < rows; r++)
        if (!isnan(label[r])) {
            s[count++] = (struct scored){score[r], patient[r], label[r] > 0.5, 0};
            a.positives += label[r] > 0.5;
        }
    a.negatives = count - a.positives;
    must(a.positives > 0);
    must(a.negatives > 0);
    qsort(s, count, sizeof(*s), by_score);
    place(s, count, (double)a.positives, (double)a.negatives);
    for (size_t i = 0; i < count; i++)
        a.value += s[i].positive ? s[i].placement / (double)a.positives : 0;
    qsort(s, count, sizeof(*s), by_patient);
    a.se = sqrt(clustered_variance(s, count, &a));
    free(s);
    return a;
}
