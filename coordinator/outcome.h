/*
 * outcome.h - what whoever started a run is told at its end: words, exit status, where it lies.
 */
#ifndef EVENHAND_OUTCOME_H
#define EVENHAND_OUTCOME_H

#include "coordinator/report/report.h"

/* 0; 1: one of the report's own checks says no; 3: sites missed rounds. */
int outcome_exit(const struct report *r);
/* The report as text on stdout, as wide as its terminal. */
MUST_CHECK enum status outcome_print(const struct json *report);
/* Where the report lies, on stderr. */
void outcome_paths(const char *folder);
/* All of it, for a verb: *data is the report's tree, the exit status is set, the log has a line. */
MUST_CHECK enum status outcome_tell(struct json **data, const struct report *r, const char *folder);

#endif
