/*
 * gate.h - does the run keep the tolerances that its plan stated before?
 *
 *     tolerances[] of the plan + panels -> a verdict each: met, not met, not enough evidence
 *
 *     tolerances = ( { metric = "tpr_gap"; attribute = "sex"; most = 0.1; rule = "interval"; } );
 *
 * A tolerance names a metric of fairness.h and what it is of; what it leaves empty it asks of every
 * panel, threshold and pair, and the worst verdict stands; of equal ones, that of the number which is
 * nearest to the limit or farthest beyond it. Without a group it is of the number between groups or
 * of everybody. A task of several levels has a panel a level, "stage=2/1": "stage" asks all of them.
 * `most` (a gap) or `least` (a ratio, a minimum) is the limit.
 *
 *   rule "interval"  met: the whole interval keeps the limit; not met: all of it is beyond; else,
 *                    and where there is no interval, not enough evidence
 *   rule "value"     met or not met by the value alone
 *
 * A number between groups that a degenerate predictor keeps, as it gives everybody the same score or
 * selects nobody or everybody at the threshold, is kept by construction: not enough evidence.
 * A number that is withheld, not estimable or not there is never met and never not met: not enough
 * evidence. Nor does a number between groups speak for those it leaves out; `why` says who they are.
 */
#ifndef EVENHAND_GATE_H
#define EVENHAND_GATE_H

#include "coordinator/eval/panel.h"
#include "proto/base/settings.h"

enum gate_verdict { GATE_MET, GATE_NOT_ENOUGH, GATE_NOT_MET }; /* in ascending order of badness */

struct gate {
    /* Of the panel that decided; as asked when none matched. */
    char task[PANEL_NAME_MAX], attribute[PANEL_NAME_MAX];
    const char *representation, *probe; /* likewise, of the panel; "" when none matched */
    const char *metric;                 /* of catalogue.h */
    char group[PANEL_NAME_MAX];         /* "" for numbers between groups or of everybody */
    char other[PANEL_NAME_MAX];         /* of a pair of groups, else "" */
    double threshold;                   /* NAN: the metric depends on none */
    double most, least;                 /* the limit; NAN: not asked */
    const char *rule;                   /* "interval", "value" */
    double value, lo, hi;               /* NAN: none */
    enum gate_verdict verdict;
    char why[PANEL_NOTE_MAX]; /* a sentence with the number and the limit */
};

/* "met", "not enough evidence", "not met" */
const char *gate_verdict_text(enum gate_verdict verdict);

/* How many tolerances the plan states. */
size_t gate_count(const struct settings *plan);
/* gates [gate_count]; the plan was judged (tolerance.h). They keep panels' words, none of the plan. */
void gate_judge(struct gate *gates, const struct settings *plan, const struct panel *panels,
                size_t panel_count);

#endif
