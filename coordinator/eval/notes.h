/*
 * notes.h - what a reader of a panel must know before its numbers, in at most PANEL_NOTES_MAX
 * sentences: most important first.
 *
 *     nothing is shown | one score for all | no better than chance shown | who is withheld |
 *     whose rates are | who has no AUC | who has no TPR | thresholds that select everybody or nobody |
 *     gaps that are more than luck | gaps that are luck | too few to tell
 *
 * Sentences say what the numbers say and no more: an interval that holds .5 is no proof of chance, a
 * gap at its noise floor none of equality. Of a predictor that ranks nobody, gaps are not discussed.
 */
#ifndef EVENHAND_NOTES_H
#define EVENHAND_NOTES_H

#include "coordinator/eval/panel.h"

/*
 * Fills p->note, p->notes from p->unit, p->fairness and the sums that it was made of (sums
 * [g->count]). min_cell: privacy.min_cell, for the words.
 */
void notes_fill(struct panel *p, const struct groups *g, const struct group_sums *sums,
                int64_t min_cell);

#endif
