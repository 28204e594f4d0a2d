/*
 * assess_inside.h - what the two halves of assess.h share: the table that release.h judges.
 *
 *     assess.c         panels of a finished course
 *     assess_trace.c   points of a history while it trains
 */
#ifndef EVENHAND_ASSESS_INSIDE_H
#define EVENHAND_ASSESS_INSIDE_H

#include "coordinator/assess.h"

/* The order in which groups are given up, from the last: order [groups] of this parting. */
void assess_order(size_t *order, const struct course *c, const struct census *census,
                  size_t parting);
/* Patients with a row of either class, of each group in this order: count [groups, 2]. */
void assess_count_classes(int64_t *count, const size_t *order, const struct group_clusters *patient,
                          size_t groups);
struct release_rules assess_rules(const struct settings *plan);

#endif
