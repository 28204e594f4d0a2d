/*
 * summary.h - from a finished run to what its report contains.
 */
#ifndef EVENHAND_SUMMARY_H
#define EVENHAND_SUMMARY_H

#include "coordinator/loop.h"
#include "coordinator/report/report.h"

/* seconds: how long the run has lasted. report_close frees it. */
void summary_fill(struct report *r, const struct coord_loop *l, const char *engine, double seconds);

#endif
