/*
 * interval.h - how sure a number is. 95 % unless level says otherwise.
 */
#ifndef EVENHAND_INTERVAL_H
#define EVENHAND_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>

struct interval {
    double lo, hi;
    const char *method; /* "wilson", "delong", "clustered", ...; "" when there is none */
};

/* Quantile of the standard normal distribution, p in (0,1); |error| < 1e-12. */
double normal_quantile(double p);
double normal_cdf(double x);

/* A proportion k / n; n 0: NAN, NAN. */
struct interval interval_wilson(double k, double n, double level);

/*
 * Variance of an AUC over clustered rows (Obuchowski, Biometrics 53:567, 1997). Sums over clusters
 * (patients) k, with X_k, Y_k the sums of placements of its positive and negative rows, m_k, n_k
 * their numbers, theta the AUC:
 *   xx = sum (X_k - m_k theta)^2,  yy = sum (Y_k - n_k theta)^2,  xy = sum of products
 * With one row a patient this is DeLong's variance. NAN when a class has fewer than 2 patients.
 */
struct cluster_sums {
    double xx, yy, xy;
    double positives, negatives;                   /* rows: M, N */
    double patients, with_positive, with_negative; /* clusters: I, I10, I01 */
};
double interval_auc_variance(const struct cluster_sums *s);
/*
 * On the logit scale, so that it stays in [0,1]; method "delong" when patients == rows, else
 * "clustered". None ("", NAN) for an AUC of 0 or 1, or where the variance is 0 or cannot be told.
 */
struct interval interval_auc(double auc, const struct cluster_sums *s, double level);

/*
 * Held-out R^2 = 1 - SSE/SST. The interval is the delta method on the log of SSE/SST with
 * patients as units (sums of per-patient squares), method "clustered" or "delta".
 *   e_k, t_k: a patient's sum of squared errors and of squared distances from the mean;
 */
struct r2_sums {
    double sse, sst, rows, patients;
    double ee, tt, et; /* sums over patients of e_k^2, t_k^2, e_k t_k */
};
double r2_value(const struct r2_sums *s);
struct interval interval_r2(const struct r2_sums *s, double level);

#endif
