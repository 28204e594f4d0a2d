#include "coordinator/eval/release.h"

#include <string.h>

#include "coordinator/eval/release_inside.h"
#include "proto/base/must.h"
#include "proto/base/status.h"

static const struct release_shape all_shown = {.level = RELEASE_CELLS};

static void check_promises(const struct release_memory *memory, const struct release_table *t,
                           const struct release_rules *rules)
{
    must(t->groups >= 1);
    must(t->groups <= RELEASE_GROUPS_MAX);
    must(t->columns >= 1);
    must(t->columns <= RELEASE_COLUMNS_MAX);
    must(rules->min_cell >= 1);
    must(rules->min_sites >= 1);
    must(memory->last.number == 0 || memory->last.groups == t->groups);
    must(memory->last.number == 0 || memory->last.columns == t->columns);
}

static void mark_sites(uint64_t mark[static RELEASE_SITES_MAX / 64], const struct release_table *t)
{
    memset(mark, 0, RELEASE_SITES_MAX / 8);
    for (size_t i = 0; i < t->sites; i++) {
        must(t->site[i] < RELEASE_SITES_MAX);
        uint64_t bit = UINT64_C(1) << t->site[i] % 64;
        must((mark[t->site[i] / 64] & bit) == 0);
        mark[t->site[i] / 64] |= bit;
    }
}

/* How many came or left. */
static size_t sites_changed(const uint64_t *before, const uint64_t *now)
{
    size_t changed = 0;
    for (size_t i = 0; i < RELEASE_SITES_MAX / 64; i++)
        changed += (size_t)__builtin_popcountll(before[i] ^ now[i]);
    return changed;
}

/* The lines of a release: 0 .. groups + 1. */
static const struct release_line *line_at(const struct release *r, size_t at)
{
    if (at == r->groups)
        return &r->together;
    return at == r->groups + 1 ? &r->everybody : &r->group[at];
}

/* a and b are of one shape; so a withheld total only moves, to or from 0, with "together". */
static bool totals_moved(const struct release *a, const struct release *b)
{
    for (size_t i = 0; i < a->groups + 2; i++)
        if (line_at(a, i)->total != line_at(b, i)->total)
            return true;
    return false;
}

static bool small_step(int64_t from, int64_t to, int64_t min_cell)
{
    if (from == RELEASE_WITHHELD || to == RELEASE_WITHHELD)
        return false;
    return release_small(to > from ? to - from : from - to, min_cell);
}

static bool any_small_step(const struct release *a, const struct release *b, int64_t min_cell)
{
    for (size_t i = 0; i < a->groups + 2; i++) {
        const struct release_line *from = line_at(a, i), *to = line_at(b, i);
        if (small_step(from->total, to->total, min_cell))
            return true;
        for (size_t c = 0; c < a->columns; c++)
            if (small_step(from->cell[c], to->cell[c], min_cell))
                return true;
    }
    return false;
}

static bool same_shape(const struct release_shape *a, const struct release_shape *b, size_t groups)
{
    return a->level == b->level && memcmp(a->withheld, b->withheld, groups) == 0;
}

/* H1 to H3 of release.h: may this table, with this shape, follow what stands? */
static enum release_news judge(const struct release_memory *memory, const uint64_t *sites,
                               const struct release_shape *shape, const struct release_table *t,
                               const struct release_rules *rules)
{
    const struct release *last = &memory->last;
    struct release now;
    release_fill(&now, &last->shape, t);
    size_t changed = sites_changed(memory->sites, sites);
    if (changed == 0 && !totals_moved(last, &now))
        return RELEASE_FRESH;
    if (changed > 0 && changed < rules->min_sites)
        return RELEASE_HELD_SITES;
    if (any_small_step(last, &now, rules->min_cell))
        return RELEASE_HELD_MOVED;
    bool widens = !same_shape(shape, &last->shape, t->groups);
    bool emptied = now.together.total == 0 && last->together.total > 0;
    return widens || memory->widened || emptied ? RELEASE_HELD_SHAPE : RELEASE_FRESH;
}

static void show_nothing(struct release *r, const struct release_table *t, enum release_news news)
{
    struct release_shape shape = {.level = RELEASE_NOTHING};
    for (size_t g = 0; g < t->groups; g++)
        shape.withheld[g] = true;
    release_fill(r, &shape, t);
    r->news = news;
}

void release_next(struct release *r, struct release_memory *memory, const struct release_table *t,
                  const struct release_rules *rules)
{
    check_promises(memory, t, rules);
    memory->calls++;
    if (t->sites < rules->min_sites) {
        show_nothing(r, t, RELEASE_FEW_SITES);
        return;
    }

    uint64_t sites[RELEASE_SITES_MAX / 64];
    mark_sites(sites, t);
    bool first = memory->last.number == 0;
    struct release_shape shape = first ? all_shown : memory->last.shape;
    release_widen(&shape, t, rules->min_cell);
    enum release_news news = first ? RELEASE_FRESH : judge(memory, sites, &shape, t, rules);
    if (news != RELEASE_FRESH) {
        *r = memory->last;
        r->news = news;
        return;
    }

    release_fill(r, &shape, t);
    if (shape.level == RELEASE_NOTHING)
        return; /* nothing was shown, so there is nothing that the next one could be held against */
    r->number = memory->calls;
    memory->widened =
        memory->widened || (!first && !same_shape(&shape, &memory->last.shape, t->groups));
    memory->last = *r;
    memcpy(memory->sites, sites, sizeof(sites));
}

const char *release_news_text(enum release_news news)
{
    static const char *const text[] = {
        [RELEASE_FRESH] = "of this evaluation",
        [RELEASE_FEW_SITES] = "none: fewer sites contributed than the plan asks for",
        [RELEASE_HELD_SITES] = "of an earlier evaluation: so few sites came or left since then "
                               "that the difference would be theirs",
        [RELEASE_HELD_MOVED] = "of an earlier evaluation: the difference from it would be a count "
                               "of a few patients",
        [RELEASE_HELD_SHAPE] = "of an earlier evaluation: patients came or left since then, and "
                               "beside those numbers the new ones would tell who",
    };
    must((size_t)news < COUNT(text));
    return text[news];
}
