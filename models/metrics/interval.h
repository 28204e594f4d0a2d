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
/* Quantile of Student's t, p in (1/2,1), df > 0 and not always whole; relative error < 1e-7. */
double student_quantile(double p, double df);

/* A proportion k / n; n 0: NAN, NAN. */
struct interval interval_wilson(double k, double n, double level);
/* The exact one of Clopper and Pearson (Biometrika 26:404, 1934), never too narrow for whole k, n. */
struct interval interval_clopper_pearson(double k, double n, double level);
/* Wilson's; Clopper and Pearson's where n < 40 or fewer than 5 have it or lack it. */
struct interval interval_rate(double k, double n, double level);
/*
 * a - b, of two independent numbers with intervals, squared and added: Newcombe's method 10 (Stat
 * Med 17:873, 1998; method "newcombe") for Wilson's of proportions, else Zou and Donner's MOVER
 * (Stat Med 27:1693, 2008; "mover"). None where a or b has none.
 */
struct interval interval_difference(double a, struct interval of_a, double b, struct interval of_b);
/* Of |d|, when this is one of d. */
struct interval interval_absolute(struct interval of_d);
/* value +- reach standard errors; none where the error is not above 0. */
struct interval interval_normal(double value, double variance, double level);

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
 * A change of an AUC: two scores of the same rows, the later's AUC less the earlier's. s holds the
 * same sums of each patient's differences, (X_k - m_k theta) of the later less the same of the
 * earlier: its variance is then DeLong's of two correlated AUCs, by patient where they have several
 * rows (Obuchowski 1997). Method "delong" or "clustered"; none where the variance is not above 0.
 */
struct interval interval_auc_change(double change, const struct cluster_sums *s, double level);

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
/*
 * A change of R^2 on the same rows, -sum d_k / SST: d_k is a patient's squared errors, the later less
 * the earlier, and t_k as above. A ratio of sums over patients, linearised; method "delta" or
 * "clustered". None where the variance is not above 0 or of fewer than 2 patients.
 */
struct r2_change_sums {
    double sst, rows, patients;
    double dd, dt, tt; /* sums over patients of d_k^2, d_k t_k, t_k^2 */
};
struct interval interval_r2_change(double change, const struct r2_change_sums *s, double level);

#endif
