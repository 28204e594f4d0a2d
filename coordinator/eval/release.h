/*
 * release.h - which counts of a table of patients may be shown.
 *
 *                  TP   FP   TN   FN   total
 *     White       310   42  508   61     921     shown
 *     Black         .    .    .    .       .     withheld: else Asian = together - Black
 *     Asian         .    .    .    .       .     withheld: FN is 4
 *     together     71   23  140   19     253     the withheld groups as one
 *     everybody   381   65  648   80    1174
 *
 * Small is a count from 1 to min_cell - 1; 0 is shown (CMS cell size policy; security.md 5.8, 8.3).
 *
 *   R1 Fewer than min_sites contributed: nothing is shown.
 *   R2 A column of "everybody" is small: no columns are shown, only totals, and R3 takes the totals
 *      for the one column there is. The grand total is small, or below min_cell + groups - 2:
 *      nothing is shown.
 *   R3 Groups are withheld whole, cells and total, from the last one upwards, passing over those of
 *      nobody, until no shown group holds a small count, not one group alone is withheld, and
 *      "together" is in each column 0 or at least min_cell, in all at least min_cell - 2 + the
 *      number of withheld groups.
 *
 * So the order of the groups says who is given up first: those that are expected to be small come
 * last. It must be public before (a plan's order, or sizes published earlier) and not made of these
 * counts: a rule that takes the smallest group says that others are larger, and gives counts away.
 *
 * Promised, of each count that is withheld (cell, group's total, column of everybody):
 *
 *   P1 Over all tables of whole numbers >= 0 that agree with what is shown, its least and its most
 *      lie min_cell or more apart. For its total is withheld too, so a withheld group may hold
 *      anything from 0 to all of each column of "together".
 *   P2 The same over any two releases of a run together, for a reader who has the totals of all
 *      others too, and knows of each group whether its total stayed the same. A total that one
 *      release shows is no secret of another; nor is, beside such a total, the one cell not 0.
 *   P3 A reader who also knows R1 to R3, and keeps only the tables that would have been shown just
 *      so, is left with min_cell - 1 values or more, as if he were told "below min_cell". For the
 *      groups that may be withheld form one chain, each the last and one more: if the topmost of a
 *      set is small somewhere, that set is withheld whatever the other cells are.
 *
 * Each is tested by an exact reader: P1 and P3 on every small table, P3 also on every two small
 * tables of the same patients, P1 and P2 on random tables and runs.
 *
 * Not promised: anything against a reader who knows rows himself (a site knows its own); anything
 * about tables nested in each other (sex, and sex x race): show one of them, or a group of one that
 * the other withholds is a difference. Two partings of the same patients (sex; race) are no such
 * pair: they share "everybody" alone, and R2 asks that alone.
 *
 * Successive releases. A table of the same patients at another time, threshold or model passes the
 * same struct release_memory, one after the other. What was withheld stays withheld, level and
 * groups: the shape only widens. And a table is held, so that the old numbers stand and say which
 * release they are of, where the difference would be about a few people. People changed if other
 * sites contribute, or a shown total moves, of a group, of "together" or of everybody. If so:
 *
 *   H1 not when 1 to min_sites - 1 sites came or left: the difference would be theirs;
 *   H2 not when any shown number would move by 1 to min_cell - 1;
 *   H3 not when the shape widens, has widened before, or nobody is left in "together": with the
 *      others' totals known from before, the new total would be that of the one group that changed.
 *
 * While no total moves, cells move freely: that is the model, not the people. One who leaves while
 * another like him comes is not seen.
 */
#ifndef EVENHAND_RELEASE_H
#define EVENHAND_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELEASE_GROUPS_MAX  64
#define RELEASE_COLUMNS_MAX 8
#define RELEASE_SITES_MAX   4096
#define RELEASE_WITHHELD    (-1) /* stands where a count is not shown */

struct release_rules {
    int64_t min_cell; /* privacy.min_cell, at least 1 */
    size_t min_sites; /* at least 1 */
};

/* What was summed over the sites. Borrowed for the call. */
struct release_table {
    size_t groups, columns; /* at least 1 each */
    const int64_t *count;   /* [groups * columns], patients >= 0, judged before */
    const uint32_t *site;   /* [sites] who contributed, each once, below RELEASE_SITES_MAX */
    size_t sites;
};

enum release_level { RELEASE_NOTHING, RELEASE_TOTALS, RELEASE_CELLS }; /* R2; never rises */

enum release_news {
    RELEASE_FRESH,      /* the numbers are this table's */
    RELEASE_FEW_SITES,  /* R1: nothing is shown; what stands is not touched */
    RELEASE_HELD_SITES, /* H1 */
    RELEASE_HELD_MOVED, /* H2 */
    RELEASE_HELD_SHAPE, /* H3 */
};

struct release_shape {
    enum release_level level;
    bool withheld[RELEASE_GROUPS_MAX]; /* these are named to the reader */
};

/* Counts, or RELEASE_WITHHELD. */
struct release_line {
    int64_t cell[RELEASE_COLUMNS_MAX];
    int64_t total;
};

/* All that may be shown, and nothing else: no withheld count is in here. */
struct release {
    size_t groups, columns;
    enum release_news news;
    uint64_t number; /* of the call whose numbers these are, from 1; 0: no numbers */
    struct release_shape shape;
    struct release_line group[RELEASE_GROUPS_MAX];
    struct release_line together; /* the withheld groups; 0 where there are none */
    struct release_line everybody;
};

/* What stands. All 0 before the first release; holds nothing that was not shown; plain bytes. */
struct release_memory {
    uint64_t calls;
    struct release last; /* number 0: nothing was shown yet */
    bool widened;        /* more is withheld than at first */
    uint64_t sites[RELEASE_SITES_MAX / 64];
};

/* The next release of a run. Groups, columns and rules are the same in each call. */
void release_next(struct release *r, struct release_memory *memory, const struct release_table *t,
                  const struct release_rules *rules);

/* One table of patients of whom no other is shown: R1 to R3 alone. */
void release_once(struct release *r, const struct release_table *t,
                  const struct release_rules *rules);

/* For a report, after "the numbers are": of which evaluation, and why of that one. */
const char *release_news_text(enum release_news news);

/*
 * What a metric of a 2 x 2 table is computed from: a rate of a withheld count is withheld too.
 * A gap is taken over the groups whose rate is shown, and wants two of them.
 */
enum release_column { RELEASE_TP, RELEASE_FP, RELEASE_TN, RELEASE_FN };
/* A bit for each column that "tpr", "tpr_gap", "accuracy" ... needs; 0: not a metric we know. */
uint32_t release_needs(const char *metric);
bool release_shows(const struct release_line *line, uint32_t needs); /* never for needs 0 */
size_t release_groups_shown(const struct release *r, uint32_t needs);

#endif
