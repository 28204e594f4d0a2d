/*
 * gate.h - does the run keep the tolerances that its plan stated before?
 *
 *     tolerances[] of the plan + panels -> a verdict each: met, not met, not enough evidence
 *
 *     tolerances = ( { metric = "tpr_gap"; attribute = "sex"; most = 0.1; rule = "interval"; } );
 *
 * A tolerance names a metric of fairness.h and what it is of; what it leaves empty it asks of every
 * panel, and the worst verdict stands. `most` (a gap) or `least` (a ratio, a minimum) is the limit.
 *
 *   rule "interval"  met: the whole interval keeps the limit; not met: all of it is beyond; else,
 *                    and where there is no interval, not enough evidence
 *   rule "value"     met or not met by the value alone
 *
 * A number that is withheld or not estimable is never met and never not met.
 */
#ifndef EVENHAND_GATE_H
#define EVENHAND_GATE_H

#include "coordinator/eval/panel.h"
#include "proto/base/settings.h"

enum gate_verdict { GATE_MET, GATE_NOT_ENOUGH, GATE_NOT_MET }; /* in ascending order of badness */

struct gate {
    char task[PANEL_NAME_MAX], attribute[PANEL_NAME_MAX]; /* of the panel that decided */
    const char *representation, *probe;                   /* likewise; "" when no panel matched */
    const char *metric;
    const char *group;  /* "" for numbers between groups or of everybody */
    double threshold;   /* NAN: the metric depends on none */
    double most, least; /* the limit; NAN: not asked */
    const char *rule;   /* "interval", "value" */
    double value, lo, hi;
    enum gate_verdict verdict;
    char why[PANEL_NOTE_MAX]; /* a sentence with the number and the limit */
};

const char *
gate_verdict_text(enum gate_verdict verdict); /* "met", "not met", "not enough evidence" */

/* How many tolerances the plan states. */
size_t gate_count(const struct settings *plan);
/* gates [gate_count]; texts are the plan's and the panels'. */
void gate_judge(struct gate *gates, const struct settings *plan, const struct panel *panels,
                size_t panel_count);

#endif
