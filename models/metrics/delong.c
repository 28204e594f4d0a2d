#include "models/metrics/delong.h"

#include "models/metrics/hist.h"
#include "proto/base/must.h"

#define BINS_MAX (HIST_EDGES_MAX + 1)

/* Squared distances of placements from the AUC. */
static double scatter_of(const int64_t *counts, const double *placement, double auc, size_t bins)
{
    double sum = 0;
    for (size_t b = 0; b < bins; b++)
        if (counts[b] > 0)
            sum += (double)counts[b] * (placement[b] - auc) * (placement[b] - auc);
    return sum;
}

struct cluster_sums delong_sums(double auc, const int64_t *positive, const int64_t *negative,
                                size_t bins)
{
    double of_positive[BINS_MAX], of_negative[BINS_MAX];
    double m = (double)hist_count_from(positive, bins, 0);
    double n = (double)hist_count_from(negative, bins, 0);
    must(bins <= BINS_MAX);
    hist_placements(of_positive, of_negative, positive, negative, bins);
    return (struct cluster_sums){
        .xx = scatter_of(positive, of_positive, auc, bins),
        .yy = scatter_of(negative, of_negative, auc, bins),
        .positives = m,
        .negatives = n,
        .patients = m + n,
        .with_positive = m,
        .with_negative = n,
    };
}
