/*
 * assess.h - for whom does it work? From a finished course to the panels of its report.
 *
 *     published sums of a table (models/census.h) -> who may be shown (eval/release.h)
 *         -> numbers (models/metrics/fairness.h), curves (eval/curves.h), sentences (eval/notes.h)
 *
 * Who may be shown is decided on patients, twice: those of either class, for everything; and at
 * every threshold those with a row in each cell of its table, for what rests on that threshold. A
 * patient whose rows lie in several cells counts in that of the fewest; a group that is withheld at
 * one threshold is at all of them. Groups are given up in the order of the sizes that their training
 * rows let expect, the least first; where nothing was trained, in the order of the data, the last
 * first: an order of these very counts would tell them.
 *
 * Where everybody has one of at most four scores (yes and no are two), tables are told by numbers that
 * need no threshold. There every cut between the scores is judged like a threshold (one that is none,
 * on rows: as many patients as they are at the mean of rows a patient, rounded up), and who is withheld
 * at one is withheld in everything.
 *
 * All this whatever the plan's evaluate.unit is: "row" is about intervals alone.
 *
 * Not judged: patients of unknown group, whose number is that of all less that of the groups.
 */
#ifndef EVENHAND_ASSESS_H
#define EVENHAND_ASSESS_H

#include "coordinator/eval/panel.h"
#include "coordinator/eval/release.h"
#include "coordinator/eval/trial.h"
#include "models/course.h"

/*
 * A malloc'ed array of a panel a table, none where the run has no groups; without those of attacks.
 * sites: how many contributed to the sums. The course must have ended.
 */
void assess_open(struct panel **panels, size_t *count, const struct course *c, size_t sites);
/* The same of the tables of attacks. */
void assess_attacks(struct trial **trials, size_t *count, const struct course *c, size_t sites);

/* A number of a trace, by its name in the report's history. */
typedef void assess_point(void *ctx, const char *kind, const char *name, double value);

/*
 * What the trace that was folded last says: "leakage.sex", "utility.stage", "gap.stage.sex.auc_gap"
 * with "floor.", its noise floor; each with "lo." and "hi." before its name where there is an
 * interval. What is too few to be shown has no point, nor has a gap while release.h holds its
 * table. memory: [c->trace.census.table_count], all 0 before the first trace.
 */
void assess_trace(assess_point *tell, void *ctx, struct release_memory *memory,
                  const struct course *c, const uint32_t *site, size_t sites);

#endif
