/*
 * resample.h - counts drawn again, for the bootstrap; every draw is an argument's (rng.h).
 */
#ifndef EVENHAND_RESAMPLE_H
#define EVENHAND_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "models/metrics/interval.h"
#include "proto/base/rng.h"

/* Successes in n trials, exactly binomial: inversion, or Hoermann's BTRS (1993) for large ones. */
int64_t resample_binomial(struct rng *rng, int64_t n, double p);
/* n rows drawn with replacement from rows that lie as counts [bins] say; counts has rows. */
void resample_rows(int64_t *out, struct rng *rng, int64_t n, const int64_t *counts, size_t bins);
/* Sorts v [n], n > 0; between order statistics on a line, p in [0,1]. */
double resample_quantile(double *v, size_t n, double p);
/* Twice the value less the quantiles of v [n], at least 0: what drawing again adds is taken off.
 * Sorts v; "bootstrap", or none for n 0. */
struct interval resample_interval(double value, double *v, size_t n, double level);

#endif
