/*
 * utility.h - may a report speak of utility? Held-out AUCs (R^2 of regressions) of the tasks say so.
 *
 *     what is released, strongest probe of each task --+
 *     the originals, strongest probe of the same     --+--> none | lost more than the margin | kept
 *
 *   none   of no task does the interval lie above chance: pure noise would do as well
 *   margin the task that loses most from the originals to what is released loses no more than the
 *          plan had set before, by values; the interval of what is left stands beside
 *
 * Accuracy has no say: of a rare outcome it is the majority's. Nor have numbers that are withheld, or
 * in-sample. Where nothing is released, the originals are what is spoken of, and lose nothing.
 */
#ifndef EVENHAND_UTILITY_H
#define EVENHAND_UTILITY_H

#include "models/metrics/measure.h"

#define UTILITY_WHY_MAX 320

struct utility {
    bool ok;
    char why[UTILITY_WHY_MAX]; /* a sentence with the numbers and the limit */
};

/* m [count]. margin negative: none is set. False, and nothing in u: no task has a number. */
bool utility_judge(struct utility *u, const struct measure *m, size_t count, double margin);

#endif
