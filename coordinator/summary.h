/*
 * summary.h - from a finished run to what its report contains.
 */
#ifndef EVENHAND_SUMMARY_H
#define EVENHAND_SUMMARY_H

#include "coordinator/loop.h"
#include "coordinator/report/report.h"

/* Fills everything but time and traffic, which whoever ran it knows. report_close frees it. */
void summary_fill(struct report *r, const struct coord_loop *l, const char *engine);

#endif
