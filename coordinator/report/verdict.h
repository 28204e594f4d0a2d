/*
 * verdict.h - the first lines of a report: what was read from whom, in words that promise nothing.
 *
 * What probes failed to read is said as what these probes read, on how many held-out patients,
 * beside the same from the originals and from noise; nothing is ever called removed or preserved.
 */
#ifndef EVENHAND_VERDICT_H
#define EVENHAND_VERDICT_H

#include <stdio.h>

#include "coordinator/report/rows.h"

/* "WARNING  1 of 5 checks failed: ..."; nothing when all held. */
void verdict_warning(FILE *to, const struct json *report, size_t width);
/* The sentences, from held-out rows alone. */
void verdict_print(FILE *to, const struct measure_rows *leakage, const struct measure_rows *utility,
                   size_t width);

#endif
