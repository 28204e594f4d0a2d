/*
 * frontier.h - of several settings of one plan: which lose least for what they hide, and which one
 * is chosen.
 *
 *     standings of the points, on validation patients -> on_frontier, chosen
 *
 *     leakage
 *        |  o            *
 *        |     *---*       o      * on the frontier: no other point has at least its utility and
 *        |  *                       at most its leakage, and is better in one of them
 *        +---------------- utility
 *
 * A point counts when it has both numbers and none of its checks failed; where no check of any point
 * held, those that have both numbers count. Only points that count are on the frontier or chosen.
 * Nothing here has seen a test patient.
 */
#ifndef EVENHAND_FRONTIER_H
#define EVENHAND_FRONTIER_H

#include <stdbool.h>
#include <stddef.h>

#define FRONTIER_TEXT_MAX       128
#define FRONTIER_SETTINGS_MAX   8
#define FRONTIER_REFERENCES_MAX 4
#define FRONTIER_LEAST          (-0.02) /* utility that a chosen point has if it can */

/* What probes read of a representation, in two numbers; NAN: not known. */
struct standing {
    double utility;  /* AUC less that of the originals, of the task that loses most */
    double leakage;  /* from .5 to 1, as an AUC, of the attribute that is read best */
    double patients; /* the fewest that a number of these rests on */
    char task[FRONTIER_TEXT_MAX], attribute[FRONTIER_TEXT_MAX]; /* which those are */
};

struct frontier_setting {
    char key[FRONTIER_TEXT_MAX], value[FRONTIER_TEXT_MAX];
};

struct frontier_point {
    struct frontier_setting setting[FRONTIER_SETTINGS_MAX];
    size_t setting_count;
    struct standing standing;
    bool checks_held;
    bool on_frontier, chosen;
    char why[256]; /* why a number is not known; "" when both are */
};

/* Something to compare with: the originals, noise. */
struct frontier_reference {
    const char *representation;
    struct standing standing;
};

struct frontier {
    struct frontier_point *point; /* [count] malloc'ed; numbered from 1 for people */
    size_t count;
    struct frontier_reference reference[FRONTIER_REFERENCES_MAX]; /* of the chosen point's run */
    size_t reference_count;
    double least; /* utility that the chosen point has, if one has */
};

/*
 * Marks the frontier and the choice: of the points that count and have at least `least` utility the
 * one with the least leakage; where none has, the one with the most utility. What ties by that is
 * decided by the other number, then by the earlier place. False when no point counts.
 */
bool frontier_mark(struct frontier *f);
/* NULL before frontier_mark said true. */
const struct frontier_point *frontier_chosen(const struct frontier *f);
void frontier_close(struct frontier *f);

#endif
