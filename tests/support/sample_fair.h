/*
 * sample_fair.h - whom the sample report works for: panels and tolerances, for tests.
 *
 * cancer_2y by sex and by race, as linear probes read the original and the debiased embeddings,
 * of 3,000 drawn patients: the second group of each attribute is harder to tell. The last group of
 * an attribute is withheld. Four tolerances: met, not met, not enough evidence, and met again.
 */
#ifndef EVENHAND_SAMPLE_FAIR_H
#define EVENHAND_SAMPLE_FAIR_H

#include "coordinator/report/report.h"

#define SAMPLE_FAIR_PANELS 4

/* What comes from files: a task, an attribute, a withheld group, a note, and a group that is shown. */
struct sample_names {
    const char *task, *attribute, *group, *note;
    const char *shown; /* NULL: "male", "Black" */
};
extern const struct sample_names sample_calm; /* "cancer_2y", "race", "Other" and a sentence */

/* Adds so many times the four panels, the tolerances and a history of gaps and of leakage. */
void sample_fair(struct report *r, size_t times, const struct sample_names *names);

#endif
