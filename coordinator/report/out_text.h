/*
 * out_text.h - the parts of the text for a terminal beside its tables: for whom it works, what
 * attacks did, and what the settings were chosen from.
 */
#ifndef EVENHAND_OUT_TEXT_H
#define EVENHAND_OUT_TEXT_H

#include <stdio.h>

#include "coordinator/report/panels.h"

/* The verdicts on the plan's tolerances, the worst first; nothing where it stated none. */
void text_gates(FILE *to, const struct json *report, size_t width);
/* A line a panel: who is worst off, and by how much groups differ; then what to know first. */
void text_fairness(FILE *to, const struct panels *panels, size_t width);
/* A table an attack, a line a predictor; nothing where none was tried. */
void text_attack(FILE *to, const struct json *report, size_t width);
/* The points of the search that chose the settings, and the rule; nothing of a run by itself. */
void text_frontier(FILE *to, const struct json *report, size_t width);

#endif
