/*
 * verdict.h - the first lines of a report: what was read from whom, in words that promise nothing.
 *
 *     WARNING*  [OPENING FINDING+ COUNT?]  [OPENING FINDING+ COUNT?]  or NOTHING
 *                attributes                 tasks
 *
 * What probes failed to read is said as what these probes read, on how many held-out patients,
 * beside the same from the originals and from noise; nothing is ever called removed or preserved.
 * The lines are made once; a terminal and a page each print them in their own way.
 */
#ifndef EVENHAND_VERDICT_H
#define EVENHAND_VERDICT_H

#include <stdio.h>

#include "coordinator/report/rows.h"

#define VERDICT_TEXT_MAX 1024

enum verdict_part {
    VERDICT_WARNING, /* "WARNING: 1 of 5 checks failed: ...", and what to do about it */
    VERDICT_OPENING, /* "From the debiased embeddings, held-out probes read these attributes:" */
    VERDICT_FINDING, /* " with AUC .612 [.581 .643] (mlp, 1,061 patients); from the originals .893" */
    VERDICT_COUNT,   /* "For 1 of 4 attributes ..." */
    VERDICT_NOTHING, /* no number from held-out patients */
};

struct verdict_line {
    enum verdict_part part;
    const char *subject; /* of a finding, stands right before its text: "sex"; "" else. Borrowed. */
    char text[VERDICT_TEXT_MAX];
};

struct verdict {
    struct verdict_line *line;
    size_t count;
};

/* The sentences, from held-out rows alone. They borrow from the report, which must outlive them. */
void verdict_open(struct verdict *v, const struct json *report, const struct measure_rows *leakage,
                  const struct measure_rows *utility);
void verdict_close(struct verdict *v);

/* The lines on a terminal, warnings first. */
void verdict_print(FILE *to, const struct verdict *v, size_t width);

#endif
