#include "coordinator/eval/cuts.h"

#include <string.h>

#include "proto/base/must.h"

static int64_t between(const struct cuts *c, int label, size_t from, size_t to)
{
    return c->above[label][from] - c->above[label][to];
}

static bool is_fine(int64_t rows, double fewest)
{
    return rows == 0 || (double)rows >= fewest;
}

void cuts_open(struct cuts *c, const struct group_sums *sums, size_t bins, double fewest)
{
    must(bins > 0);
    must(bins < CUTS_PLACES);
    must(fewest >= 1);

    memset(c, 0, sizeof(*c));
    c->bins = bins;
    c->fewest = fewest;
    for (int label = 0; label < 2; label++)
        for (size_t b = bins; b > 0; b--)
            c->above[label][b - 1] = c->above[label][b] + sums->count[label][b - 1];
    c->cut[0] = c->cut[bins] = c->known[0] = c->known[bins] = true;
}

/* The places of `set` around this one, which is not among them. */
struct around {
    size_t before, after;
};

static struct around around_of(const bool *set, size_t place)
{
    struct around a = {place - 1, place + 1};
    while (!set[a.before])
        a.before--;
    while (!set[a.after])
        a.after++;
    return a;
}

/* Would both pieces be fine that this place makes among those of `set`? */
static bool splits_well(const struct cuts *c, const bool *set, size_t place)
{
    struct around a = around_of(set, place);
    for (int label = 0; label < 2; label++)
        if (!is_fine(between(c, label, a.before, place), c->fewest) ||
            !is_fine(between(c, label, place, a.after), c->fewest))
            return false;
    return true;
}

/* Rows of everybody in the stretch that no group's places inside it take away. */
static int64_t left_over(const struct cuts *c, const struct cuts_rest *rest, int set, int label,
                         size_t from, size_t to)
{
    int64_t rows = between(c, label, from, to);
    for (size_t g = 0; g < rest->groups; g++) {
        const struct cuts *group = &rest->group[g];
        size_t first = group->next[set][from], last = group->last[set][to];
        if (first < last)
            rows -= between(group, label, first, last);
    }
    return rows;
}

static bool stretch_is_fine(const struct cuts *c, const struct cuts_rest *rest, size_t from,
                            size_t to)
{
    for (int set = 0; set < CUTS_SETS; set++)
        for (int label = 0; label < 2; label++)
            if (!is_fine(left_over(c, rest, set, label, from, to), rest->fewest))
                return false;
    return true;
}

bool cuts_whole_is_fine(const struct cuts *c, const struct cuts_rest *rest)
{
    return is_fine(c->above[0][0], c->fewest) && is_fine(c->above[1][0], c->fewest) &&
           (rest == NULL || stretch_is_fine(c, rest, 0, c->bins));
}

/* Are all stretches fine that begin or end here, at the other places of `set`? */
static bool tells_no_rest(const struct cuts *c, const struct cuts_rest *rest, const bool *set,
                          size_t place)
{
    for (size_t other = 0; rest != NULL && other <= c->bins; other++) {
        if (!set[other] || other == place)
            continue;
        if (!stretch_is_fine(c, rest, other < place ? other : place, other < place ? place : other))
            return false;
    }
    return true;
}

void cuts_thresholds(struct cuts *c, const struct cuts_rest *rest, const size_t *place,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        must(place[i] <= c->bins);
        c->cut[place[i]] = c->cut[place[i]] || (splits_well(c, c->cut, place[i]) &&
                                                tells_no_rest(c, rest, c->cut, place[i]));
        c->known[place[i]] = true;
    }
}

/* Do at least `share` of a class lie between these places? */
static bool holds(const struct cuts *c, size_t from, size_t to, double share)
{
    for (int label = 0; label < 2; label++) {
        int64_t rows = between(c, label, from, to);
        if (rows > 0 && (double)rows >= share * (double)c->above[label][0])
            return true;
    }
    return false;
}

static bool nobody_between(const struct cuts *c, size_t from, size_t to)
{
    return between(c, 0, from, to) + between(c, 1, from, to) == 0;
}

void cuts_add(struct cuts *c, const struct cuts_rest *rest, size_t place, double share)
{
    must(place <= c->bins);
    if (c->known[place])
        return;
    struct around a = around_of(c->cut, place);
    /* Where a cut is already, but for its name: nothing new is told. */
    bool again = nobody_between(c, a.before, place) || nobody_between(c, place, a.after);
    bool wide = holds(c, a.before, place, share) && holds(c, place, a.after, share);
    if (again ? share == 0
              : wide && splits_well(c, c->cut, place) && splits_well(c, c->known, place) &&
                    tells_no_rest(c, rest, c->known, place))
        c->cut[place] = c->known[place] = true;
}

/* Places of the set, and those between which and one of them nobody is: as good as cut. */
static void settle(uint16_t *next, uint16_t *last, const struct cuts *c, const bool *set)
{
    bool as_cut[CUTS_PLACES];
    for (size_t p = 0; p <= c->bins; p++) {
        struct around a = set[p] ? (struct around){p, p} : around_of(set, p);
        as_cut[p] = nobody_between(c, a.before, p) || nobody_between(c, p, a.after);
    }
    size_t at = 0;
    for (size_t p = 0; p <= c->bins; p++) {
        at = as_cut[p] ? p : at;
        last[p] = (uint16_t)at;
    }
    for (size_t p = c->bins + 1; p > 0; p--) {
        at = as_cut[p - 1] ? p - 1 : at;
        next[p - 1] = (uint16_t)at;
    }
}

void cuts_settle(struct cuts *c)
{
    settle(c->next[CUTS_DRAWN], c->last[CUTS_DRAWN], c, c->cut);
    settle(c->next[CUTS_KNOWN], c->last[CUTS_KNOWN], c, c->known);
}
