#include "models/metrics/resample.h"

#include <math.h>
#include <stdlib.h>

#include "proto/base/must.h"

#define FEW 10 /* n p: below, inversion takes few steps; BTRS is defined from here */

static double log_factorial(double k)
{
    int sign;
    return lgamma_r(k + 1, &sign);
}

/* From 0 upwards until the distribution function passes one uniform; n p is small. */
static int64_t by_inversion(struct rng *rng, int64_t n, double p)
{
    double odds = p / (1 - p), share = pow(1 - p, (double)n), u = rng_uniform(rng);
    int64_t k = 0;
    while (u > share && k < n) {
        u -= share;
        k++;
        share *= odds * (double)(n - k + 1) / (double)k;
    }
    return k;
}

/* Transformed rejection with squeeze, p at most 1/2; letters are the paper's. */
static int64_t by_rejection(struct rng *rng, int64_t trials, double p)
{
    double n = (double)trials, spread = sqrt(n * p * (1 - p));
    double b = 1.15 + 2.53 * spread, a = -0.0873 + 0.0248 * b + 0.01 * p, c = n * p + 0.5;
    double v_r = 0.92 - 4.2 / b, alpha = (2.83 + 5.1 / b) * spread;
    double m = floor((n + 1) * p), at_m = log_factorial(m) + log_factorial(n - m);
    double log_odds = log(p / (1 - p));
    for (;;) {
        double u = rng_uniform(rng) - 0.5, v = rng_uniform(rng), us = 0.5 - fabs(u);
        double k = floor((2 * a / us + b) * u + c);
        if (us >= 0.07 && v <= v_r)
            return (int64_t)k;
        if (k < 0 || k > n)
            continue;
        v = log(v * alpha / (a / (us * us) + b));
        if (v <= at_m - log_factorial(k) - log_factorial(n - k) + (k - m) * log_odds)
            return (int64_t)k;
    }
}

int64_t resample_binomial(struct rng *rng, int64_t n, double p)
{
    must(n >= 0);
    must(p >= 0);
    must(p <= 1);

    if (p > 0.5)
        return n - resample_binomial(rng, n, 1 - p);
    if (n == 0 || p == 0)
        return 0;
    return (double)n * p < FEW ? by_inversion(rng, n, p) : by_rejection(rng, n, p);
}

void resample_rows(int64_t *out, struct rng *rng, int64_t n, const int64_t *counts, size_t bins)
{
    int64_t left = 0;
    for (size_t b = 0; b < bins; b++)
        left += counts[b];
    must(n == 0 || left > 0);

    for (size_t b = 0; b < bins; b++) {
        out[b] = counts[b] == 0 ? 0 : resample_binomial(rng, n, (double)counts[b] / (double)left);
        n -= out[b];
        left -= counts[b];
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double resample_quantile(double *v, size_t n, double p)
{
    must(n > 0);

    qsort(v, n, sizeof(v[0]), by_value);
    double at = p * (double)(n - 1);
    size_t below = (size_t)at;
    return below + 1 < n ? v[below] + (at - (double)below) * (v[below + 1] - v[below]) : v[below];
}

struct interval resample_interval(double value, double *v, size_t n, double level)
{
    if (n == 0)
        return (struct interval){(double)NAN, (double)NAN, ""};
    double tail = (1 - level) / 2;
    return (struct interval){
        .lo = fmax(0, 2 * value - resample_quantile(v, n, 1 - tail)),
        .hi = fmax(0, 2 * value - resample_quantile(v, n, tail)),
        .method = "bootstrap",
    };
}
