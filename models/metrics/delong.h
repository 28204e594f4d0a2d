/*
 * delong.h - the error of an AUC where every row is a patient, from two histograms.
 */
#ifndef EVENHAND_DELONG_H
#define EVENHAND_DELONG_H

#include <stddef.h>
#include <stdint.h>

#include "models/metrics/interval.h"

/*
 * Obuchowski's sums with the rows as clusters, of which none is positive and negative: their variance
 * is that of DeLong, DeLong and Clarke-Pearson (1988). positive, negative: counts [bins], at most
 * HIST_EDGES_MAX + 1; auc: theirs. NAN where a class is empty.
 */
struct cluster_sums delong_sums(double auc, const int64_t *positive, const int64_t *negative,
                                size_t bins);

#endif
