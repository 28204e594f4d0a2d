#include "coordinator/eval/release.h"

#include "coordinator/eval/release_inside.h"
#include "proto/base/must.h"

#define PATIENTS_MAX (INT64_C(1) << 40) /* a count; so that no sum of them can overflow */

bool release_small(int64_t count, int64_t min_cell)
{
    return count > 0 && count < min_cell;
}

static void add_group(struct release_line *sum, const struct release_table *t, size_t group)
{
    for (size_t c = 0; c < t->columns; c++) {
        int64_t count = t->count[group * t->columns + c];
        must(count >= 0);
        must(count < PATIENTS_MAX);
        sum->cell[c] += count;
        sum->total += count;
    }
}

static struct release_line line_of(const struct release_table *t, size_t group)
{
    struct release_line line = {0};
    add_group(&line, t, group);
    return line;
}

/* Does what this level shows of a line hold a small count? */
static bool any_small(const struct release_line *line, size_t columns, enum release_level level,
                      int64_t min_cell)
{
    if (release_small(line->total, min_cell))
        return true;
    for (size_t c = 0; c < columns && level == RELEASE_CELLS; c++)
        if (release_small(line->cell[c], min_cell))
            return true;
    return false;
}

/* Could so many groups with patients share these without one of them being given away by it? */
static bool enough(const struct release_line *sum, size_t groups, int64_t min_cell)
{
    return sum->total == 0 || groups < 2 || sum->total >= min_cell + (int64_t)groups - 2;
}

static void lower_level(struct release_shape *s, const struct release_table *t, int64_t min_cell)
{
    struct release_line everybody = {0};
    for (size_t g = 0; g < t->groups; g++)
        add_group(&everybody, t, g);
    while (s->level > RELEASE_NOTHING && any_small(&everybody, t->columns, s->level, min_cell))
        s->level--;
    if (!enough(&everybody, t->groups, min_cell))
        s->level = RELEASE_NOTHING;
}

static struct release_line sum_withheld(const struct release_shape *s,
                                        const struct release_table *t)
{
    struct release_line sum = {0};
    for (size_t g = 0; g < t->groups; g++)
        if (s->withheld[g])
            add_group(&sum, t, g);
    return sum;
}

/*
 * Is no shown group small, and does "together" tell of no withheld one? None is withheld alone: it
 * would have been withheld for a small count of its own, and "together" would have the same.
 */
static bool settled(const struct release_shape *s, const struct release_table *t, int64_t min_cell)
{
    size_t withheld = 0;
    for (size_t g = 0; g < t->groups; g++) {
        struct release_line line = line_of(t, g);
        if (!s->withheld[g] && any_small(&line, t->columns, s->level, min_cell))
            return false;
        withheld += s->withheld[g] ? 1 : 0;
    }
    struct release_line together = sum_withheld(s, t);
    if (any_small(&together, t->columns, s->level, min_cell) ||
        !enough(&together, withheld, min_cell))
        return false;
    must(withheld != 1);
    return true;
}

/*
 * Always finds one: were every group with patients withheld, "together" would be "everybody", which
 * has no small column at this level; and a single group with patients would be everybody, too.
 */
static void withhold_one_more(struct release_shape *s, const struct release_table *t)
{
    size_t g = t->groups;
    while (g > 0 && (s->withheld[g - 1] || line_of(t, g - 1).total == 0))
        g--;
    must(g > 0);
    s->withheld[g - 1] = true;
}

void release_widen(struct release_shape *s, const struct release_table *t, int64_t min_cell)
{
    lower_level(s, t, min_cell);
    for (size_t g = 0; g < t->groups && s->level == RELEASE_NOTHING; g++)
        s->withheld[g] = true;
    while (s->level > RELEASE_NOTHING && !settled(s, t, min_cell))
        withhold_one_more(s, t);
}

/* Leaves of a line what its level shows. Nobody, shown as a total, is nobody in every cell. */
static void show(struct release_line *line, size_t columns, enum release_level level)
{
    for (size_t c = 0; c < columns; c++)
        if (level < RELEASE_CELLS && (level == RELEASE_NOTHING || line->total > 0))
            line->cell[c] = RELEASE_WITHHELD;
    if (level == RELEASE_NOTHING)
        line->total = RELEASE_WITHHELD;
}

/* Of a withheld group only that is shown which "together" tells anyway: that there is nobody. */
static struct release_line hidden_line(const struct release_line *together, size_t columns)
{
    struct release_line line = {.total = together->total == 0 ? 0 : RELEASE_WITHHELD};
    for (size_t c = 0; c < columns; c++)
        line.cell[c] = together->cell[c] == 0 ? 0 : RELEASE_WITHHELD;
    return line;
}

void release_fill(struct release *r, const struct release_shape *s, const struct release_table *t)
{
    *r = (struct release){.groups = t->groups, .columns = t->columns, .shape = *s};
    r->together = sum_withheld(s, t);
    show(&r->together, t->columns, s->level);
    for (size_t g = 0; g < t->groups; g++) {
        add_group(&r->everybody, t, g);
        r->group[g] = s->withheld[g] ? hidden_line(&r->together, t->columns) : line_of(t, g);
        if (!s->withheld[g])
            show(&r->group[g], t->columns, s->level);
    }
    show(&r->everybody, t->columns, s->level);
}

void release_once(struct release *r, const struct release_table *t,
                  const struct release_rules *rules)
{
    struct release_memory memory = {0};
    release_next(r, &memory, t, rules);
}
