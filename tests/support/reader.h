/*
 * reader.h - what a reader of one release, or of two, can work out about what they withhold. Exact.
 *
 * Written from what a release shows, not from how it was decided. The reader knows the sums, that
 * counts are whole numbers >= 0, and, of two releases, which groups kept their totals.
 */
#ifndef EVENHAND_READER_H
#define EVENHAND_READER_H

#include "coordinator/eval/release.h"
#include "tests/support/circulation.h"

#define READER_GROUPS_MAX  6
#define READER_COLUMNS_MAX 4

/* What was shown, and the truth behind it. Borrowed. */
struct reader_view {
    const struct release *shown;
    const int64_t *count; /* [groups * columns] */
    const bool *told;     /* [groups] he has this total from yet another release; NULL: none */
};

/* The withheld count that he can put into the narrowest range. */
struct reader_finding {
    size_t withheld;      /* counts withheld, margins included, all releases together */
    int64_t least, most;  /* of the narrowest; CIRCULATION_ENDLESS: no bound */
    int release;          /* 0 or 1 */
    size_t group, column; /* as many as there are: the margin */
};

struct reader_finding reader_reads_one(const struct reader_view *view);
/*
 * kept[groups]: this group's total is the same in both, and he knows it. What he is told, or has
 * from the other release, is not withheld; nor is a cell beside such a total and zeros.
 */
struct reader_finding reader_reads_two(const struct reader_view *first,
                                       const struct reader_view *second, const bool *kept);

/* The true count at a group and column; as many as there are: the margin. */
int64_t reader_truth(const struct reader_view *view, size_t group, size_t column);
/* What is shown there, or RELEASE_WITHHELD. */
int64_t reader_shown(const struct reader_view *view, size_t group, size_t column);

#endif
