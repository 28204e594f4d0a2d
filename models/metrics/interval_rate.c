/* Proportions and their differences, and Student's t, which is of the same family: interval.h. */
#include <math.h>
#include <string.h>

#include "models/metrics/interval.h"
#include "proto/base/must.h"

#define FEW_ROWS 40
#define EXTREME  5
#define MANY     200 /* degrees of freedom: from here a series will do */

static const struct interval none = {(double)NAN, (double)NAN, ""};

static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* The continued fraction of the incomplete beta function, by Lentz; x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double f = d;
    for (int m = 1; m < 10000; m++) {
        double term[2] = {
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        };
        double step = 1;
        for (int i = 0; i < 2; i++) {
            d = 1 + term[i] * d;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = 1 + term[i] / c;
            c = fabs(c) < tiny ? tiny : c;
            step = c * d;
            f *= step;
        }
        if (fabs(step - 1) < 1e-15)
            break;
    }
    return f;
}

/* I_x(a, b); for whole a and b the chance of a or more in a + b - 1 trials of x each. */
static double beta_cdf(double x, double a, double b)
{
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* Halving until the ends are neighbours: a thousandth of a millisecond each, and no surprises. */
static double beta_quantile(double p, double a, double b)
{
    double lo = 0, hi = 1;
    for (int i = 0; i < 200; i++) {
        double middle = (lo + hi) / 2;
        if (middle == lo || middle == hi)
            break;
        *(beta_cdf(middle, a, b) < p ? &lo : &hi) = middle;
    }
    return (lo + hi) / 2;
}

/* By the incomplete beta function, or for many degrees by Fisher's expansion around the normal. */
double student_quantile(double p, double df)
{
    must(p > 0.5);
    must(p < 1);
    must(df > 0);
    if (df < MANY) {
        double x = beta_quantile(2 * p - 1, 0.5, df / 2);
        return sqrt(df * x / (1 - x));
    }
    double z = normal_quantile(p), z2 = z * z;
    return z + z * (z2 + 1) / (4 * df) + z * ((5 * z2 + 16) * z2 + 3) / (96 * df * df);
}

struct interval interval_clopper_pearson(double k, double n, double level)
{
    must(k >= 0);
    must(k <= n);
    must(level > 0);
    must(level < 1);
    if (n == 0)
        return none;

    double tail = (1 - level) / 2;
    return (struct interval){
        .lo = k == 0 ? 0 : beta_quantile(tail, k, n - k + 1),
        .hi = k == n ? 1 : 1 - beta_quantile(tail, n - k, k + 1),
        .method = "clopper-pearson",
    };
}

struct interval interval_rate(double k, double n, double level)
{
    bool exact = n < FEW_ROWS || k < EXTREME || n - k < EXTREME;
    return exact ? interval_clopper_pearson(k, n, level) : interval_wilson(k, n, level);
}

struct interval interval_difference(double a, struct interval of_a, double b, struct interval of_b)
{
    if (strcmp(of_a.method, "") == 0 || strcmp(of_b.method, "") == 0)
        return none;

    bool wilson = strcmp(of_a.method, "wilson") == 0 && strcmp(of_b.method, "wilson") == 0;
    return (struct interval){
        .lo = a - b - hypot(a - of_a.lo, of_b.hi - b),
        .hi = a - b + hypot(of_a.hi - a, b - of_b.lo),
        .method = wilson ? "newcombe" : "mover",
    };
}

struct interval interval_absolute(struct interval of_d)
{
    double lo = fmin(fabs(of_d.lo), fabs(of_d.hi)), hi = fmax(fabs(of_d.lo), fabs(of_d.hi));
    bool around = of_d.lo <= 0 && of_d.hi >= 0;
    return (struct interval){.lo = around ? 0 : lo, .hi = hi, .method = of_d.method};
}

struct interval interval_normal(double value, double variance, double level)
{
    must(level > 0);
    must(level < 1);
    if (!(variance > 0))
        return none;

    double half = -normal_quantile((1 - level) / 2) * sqrt(variance);
    return (struct interval){.lo = value - half, .hi = value + half, .method = "normal"};
}
