/*
 * standing.h - a parsed report in two numbers: what a representation keeps of the tasks, and what it
 * says about the attributes.
 *
 * Both ask how often a probe orders two patients rightly. An AUC is that; an R^2 is taken for the
 * AUC of scores that correlate so with a normal value: 1/2 + asin(sqrt(R^2)) / pi, and .5 below 0.
 *
 *   utility   of each task the strongest probe's, less the strongest probe's from the originals:
 *             the smallest of these. 0: nothing is lost.
 *   leakage   of each attribute (each level, of a categorical one) the strongest probe's, counted
 *             from .5 up, for a probe that errs always knows as much: the largest of these.
 *
 * A target without a number from the originals (too few patients) is left out; a target that has one
 * there and none here leaves the standing without that number.
 */
#ifndef EVENHAND_STANDING_H
#define EVENHAND_STANDING_H

#include "coordinator/eval/frontier.h"
#include "coordinator/report/rows.h"

/*
 * Of a report that holds one kind of rows, held-out or others. A number that is not known is NAN;
 * then why says for which target, and "" else. False when nothing of rep was measured.
 */
bool standing_of(struct standing *s, char *why, size_t cap, const struct json *report,
                 enum representation rep);
/* Did all checks hold but the one that tells which patients were scored? */
bool standing_checks(const struct json *report);

#endif
