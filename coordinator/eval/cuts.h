/*
 * cuts.h - where the bins of an axis may be cut, so that no piece is a few people.
 *
 *     bins      0 . . . . . . 412 . . . . . 700 . . . bins        place p: rows of bin p and above
 *     cuts      |              |             |         |          the ends always, thresholds first
 *
 * Fine is a count of rows that is 0 or at least `fewest`. Between two neighbouring cuts each class
 * is fine. A threshold whose piece would not be is no cut; but the tables of a report tell the
 * counts at it, so what comes later minds it like one: such a place is known.
 *
 * Everybody's cuts mind those of the groups too. Of any stretch between two of everybody's places a
 * reader can take away what groups have inside it, from their first place to their last: what is
 * left (groups without a curve, and slivers of the others) must be fine, whether or not the tables
 * tell him of thresholds that are no cuts. Where every group has a curve he can also take a stretch
 * from the groups' places around it; that leaves slivers which are what is left of the two stretches
 * beside it. So every count of people that sums and differences of curves tell is a sum of fine ones.
 */
#ifndef EVENHAND_CUTS_H
#define EVENHAND_CUTS_H

#include <stdbool.h>

#include "models/metrics/groups.h"

#define CUTS_PLACES (HIST_EDGES_MAX + 2)

enum { CUTS_DRAWN, CUTS_KNOWN, CUTS_SETS };

struct cuts {
    size_t bins;
    double fewest;                 /* at least 1 */
    int64_t above[2][CUTS_PLACES]; /* rows at or above a place, by label */
    bool cut[CUTS_PLACES];         /* the ends among them */
    bool known[CUTS_PLACES];       /* cuts, and thresholds that are none */
    /* cuts_settle: the cut, and the known place, at or after a place, and at or before it. A place is
     * as good as a cut if nobody is between them: a reader may guess so. */
    uint16_t next[CUTS_SETS][CUTS_PLACES], last[CUTS_SETS][CUTS_PLACES];
};

/* What everybody's cuts must not tell. */
struct cuts_rest {
    const struct cuts *group; /* [groups] of the groups that have a curve, settled. Borrowed. */
    size_t groups;
    double fewest; /* of any of them */
};

/* Only the ends are cuts. */
void cuts_open(struct cuts *c, const struct group_sums *sums, size_t bins, double fewest);
/* Is each class, taken whole, fine, and what it leaves? If not, nothing may be told. rest: NULL for a
 * group, here and below. */
bool cuts_whole_is_fine(const struct cuts *c, const struct cuts_rest *rest);
/* The thresholds' places, in order of precedence. */
void cuts_thresholds(struct cuts *c, const struct cuts_rest *rest, const size_t *place,
                     size_t count);
/* Cuts here if it may, and if on either side are at least `share` of a class; 0: or nobody. */
void cuts_add(struct cuts *c, const struct cuts_rest *rest, size_t place, double share);
/* Writes next and last. */
void cuts_settle(struct cuts *c);

#endif
