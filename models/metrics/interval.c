#include "models/metrics/interval.h"

#include <math.h>

#include "proto/base/must.h"

#define ROOT_HALF   0.70710678118654752440 /* sqrt(1/2) */
#define ROOT_TWO_PI 2.50662827463100050242 /* sqrt(2 pi) */

static const struct interval none = {(double)NAN, (double)NAN, ""};

double normal_cdf(double x)
{
    return erfc(-x * ROOT_HALF) / 2;
}

/*
 * Newton on log(cdf(x)) = log(p), for p <= 1/2. The log of the cdf is concave, so from a start
 * below the quantile (cdf(-t) < exp(-t^2 / 2)) every step stays below it and gets nearer.
 */
static double lower_quantile(double p)
{
    double x = -sqrt(-2 * log(p));
    for (int i = 0; i < 64; i++) {
        double cdf = normal_cdf(x);
        double density = exp(-x * x / 2) / ROOT_TWO_PI;
        double step = log(p / cdf) * cdf / density;
        x += step;
        if (!(fabs(step) > 1e-15 * fabs(x)))
            break;
    }
    return x;
}

double normal_quantile(double p)
{
    must(p > 0);
    must(p < 1);
    return p > 0.5 ? -lower_quantile(1 - p) : lower_quantile(p);
}

/* How many standard errors a two-sided interval reaches to each side. */
static double reach(double level)
{
    must(level > 0);
    must(level < 1);
    return -normal_quantile((1 - level) / 2);
}

/* Wilson, JASA 22:209, 1927. */
struct interval interval_wilson(double k, double n, double level)
{
    must(k >= 0);
    must(k <= n);
    if (n == 0)
        return none;

    double z = reach(level), z2 = z * z, p = k / n;
    double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);
    return (struct interval){
        .lo = k == 0 ? 0 : middle - half, /* exactly, whatever is rounded */
        .hi = k == n ? 1 : middle + half,
        .method = "wilson",
    };
}

double interval_auc_variance(const struct cluster_sums *s)
{
    if (s->with_positive < 2 || s->with_negative < 2)
        return (double)NAN;

    double m = s->positives, n = s->negatives;
    double s10 = s->with_positive / ((s->with_positive - 1) * m) * s->xx;
    double s01 = s->with_negative / ((s->with_negative - 1) * n) * s->yy;
    double s11 = s->patients / (s->patients - 1) * s->xy;
    return s10 / m + s01 / n + 2 * s11 / (m * n);
}

/*
 * An AUC of 0 or 1, or a variance of 0, says that these rows cannot tell how sure the number is,
 * not that it is sure.
 */
struct interval interval_auc(double auc, const struct cluster_sums *s, double level)
{
    double variance = interval_auc_variance(s);
    if (!(auc > 0 && auc < 1 && variance > 0))
        return none;

    double middle = log(auc / (1 - auc));
    double half = reach(level) * sqrt(variance) / (auc * (1 - auc));
    return (struct interval){
        .lo = 1 / (1 + exp(half - middle)),
        .hi = 1 / (1 + exp(-half - middle)),
        .method = s->patients == s->positives + s->negatives ? "delong" : "clustered",
    };
}

struct interval interval_auc_change(double change, const struct cluster_sums *s, double level)
{
    struct interval i = interval_normal(change, interval_auc_variance(s), level);
    if (isnan(i.lo))
        return none;
    i.method = s->patients == s->positives + s->negatives ? "delong" : "clustered";
    return i;
}

double r2_value(const struct r2_sums *s)
{
    return s->sst > 0 ? 1 - s->sse / s->sst : (double)NAN;
}

struct interval interval_r2(const struct r2_sums *s, double level)
{
    if (!(s->sse > 0 && s->sst > 0 && s->patients >= 2))
        return none;

    double variance =
        s->ee / (s->sse * s->sse) - 2 * s->et / (s->sse * s->sst) + s->tt / (s->sst * s->sst);
    variance *= s->patients / (s->patients - 1);
    if (!(variance > 0))
        return none;
    double half = reach(level) * sqrt(variance);
    return (struct interval){
        .lo = 1 - s->sse / s->sst * exp(half),
        .hi = 1 - s->sse / s->sst * exp(-half),
        .method = s->patients == s->rows ? "delta" : "clustered",
    };
}

struct interval interval_r2_change(double change, const struct r2_change_sums *s, double level)
{
    if (!(s->sst > 0 && s->patients >= 2))
        return none;

    /* d_k less the share of sum d that t_k stands for: sum d = -change * SST */
    double squares = s->dd + 2 * change * s->dt + change * change * s->tt;
    double variance = s->patients / (s->patients - 1) * squares / (s->sst * s->sst);
    struct interval i = interval_normal(change, variance, level);
    if (isnan(i.lo))
        return none;
    i.method = s->patients == s->rows ? "delta" : "clustered";
    return i;
}
