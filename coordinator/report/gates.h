/*
 * gates.h - the tolerances of a parsed report and their verdicts, in words, the worst first.
 */
#ifndef EVENHAND_GATES_H
#define EVENHAND_GATES_H

#include <stdbool.h>

#include "proto/base/json.h"

#define GATES_TEXT_MAX 1024

struct gates {
    const struct json **gate; /* [count] borrowed from the report: not met, not enough, met */
    size_t count;
};

void gates_open(struct gates *g, const struct json *report);
void gates_close(struct gates *g);

bool gates_met(const struct json *gate);
/* "Of 3 tolerances that the plan stated: 1 met, 1 not met, 1 without enough evidence."; or "". */
void gates_summary(char out[static GATES_TEXT_MAX], const struct gates *g);
/* "tpr_gap at .500 of stage by sex (debiased, linear): " and why. */
void gates_text(char out[static GATES_TEXT_MAX], const struct json *gate);

#endif
