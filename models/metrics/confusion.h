/*
 * confusion.h - rows by label and prediction, and the rates they make (for the sources of fairness.h).
 */
#ifndef EVENHAND_CONFUSION_H
#define EVENHAND_CONFUSION_H

#include "models/metrics/fairness_inside.h"

/* Of one group; may be parts of rows where something is smoothed. */
struct confusion {
    double tp, fp, fn, tn;
};

enum rate {
    RATE_SELECTION,
    RATE_TPR,
    RATE_FPR,
    RATE_TNR,
    RATE_FNR,
    RATE_PPV,
    RATE_NPV,
    RATE_ACCURACY,
    RATE_REJECTION, /* a part of dpm, no measure */
    RATES
};
_Static_assert(RATES <= SPREAD_RATES, "the rates have room in the table of values");

/* Of groups that are shown; the last are the rest, so that all add up to overall. */
struct tables {
    size_t groups;
    struct confusion of[SPREAD_SLOTS];
    double effect[RATES][SPREAD_SLOTS]; /* design effects of each rate; the last: of overall */
    double drawn[SPREAD_SLOTS];         /* of a group, when it is drawn; the rest: everybody's */
    bool few[RATES][SPREAD_SLOTS];      /* a group has some of what the rate is of, and too few */
};

double confusion_rows(const struct confusion *c);
double rate_hits(const struct confusion *c, enum rate r);
double rate_total(const struct confusion *c, enum rate r);
double rate_of(const struct confusion *c, enum rate r);              /* NAN when the total is 0 */
double rate_told(const struct tables *t, size_t group, enum rate r); /* nor of too few */
const char *rate_missing(enum rate r); /* what a group lacks whose total is 0, or too small */
struct confusion tables_overall(const struct tables *t);
/* Wilson's, of a group. */
struct interval rate_wilson(const struct inquiry *in, const struct tables *t, size_t slot,
                            enum rate r);

/* Rows of the list, each from one table of a threshold. */
void against_measures(struct inquiry *in, const struct tables *t, double threshold, size_t index);
void decision_measures(struct inquiry *in, const struct tables *t, double threshold, size_t index);
void decision_withhold(struct inquiry *in, size_t slot, double threshold);

#endif
