/*
 * outcome.h - what whoever started a run is told at its end: words, exit status, where it lies.
 */
#ifndef EVENHAND_OUTCOME_H
#define EVENHAND_OUTCOME_H

#include "coordinator/report/report.h"

/*
 * 0: all is well, and every tolerance of the plan is met.
 * 1: the answer is no: one of the report's own checks says so, or a tolerance is not met.
 * 3: the answer is incomplete: sites missed rounds, or for a tolerance there is not enough evidence.
 *    That is no "no" (interface.md 1.5), and more patients may settle it; but whoever goes on where
 *    the status is 0 must not go on with a promise that nobody could check.
 */
int outcome_exit(const struct report *r);
/* The report as text on stdout, as wide as its terminal. */
MUST_CHECK enum status outcome_print(const struct json *report);
/* Where the report lies, on stderr. */
void outcome_paths(const char *folder);
/* All of it, for a verb: *data is the report's tree, the exit status is set, and the log has a line for
 * each tolerance, the auditor's record of what was promised and found, and one for the end. */
MUST_CHECK enum status outcome_tell(struct json **data, const struct report *r, const char *folder);

#endif
