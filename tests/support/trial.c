#include "tests/support/trial.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/rng.h"
#include "proto/base/status.h"

#define CELLS_MAX (READER_GROUPS_MAX * READER_COLUMNS_MAX)
#define SITES_MAX 8
#define MIN_SITES 2

/* A table, and what was shown of it. */
struct step {
    int64_t count[CELLS_MAX];
    uint32_t site[SITES_MAX];
    size_t sites;
    struct release shown;
    bool told[READER_GROUPS_MAX]; /* some release shows this total, and it is the same here */
};

struct trial {
    struct rng rng;
    size_t groups, columns;
    struct release_rules rules;
    struct release_memory memory;
    struct step step[TRIAL_RELEASES];
};

static int64_t below(struct trial *t, int64_t n)
{
    return (int64_t)rng_below(&t->rng, (uint32_t)n);
}

static bool chance(struct trial *t, int64_t percent)
{
    return below(t, 100) < percent;
}

static void trial_open(struct trial *t, uint64_t number, uint64_t kind)
{
    static const int64_t min_cells[] = {2, 3, 5, 11, 11, 11};
    static const int64_t empty_percents[] = {0, 0, 10, 30, 60, 90};
    static const int64_t sizes[] = {1, 4, 30, 200};
    *t = (struct trial){.rng = rng_open(number, RNG_TEST, kind, 0, 0)};
    t->groups = 1 + (size_t)below(t, READER_GROUPS_MAX);
    t->columns = 1 + (size_t)below(t, READER_COLUMNS_MAX);
    t->rules.min_cell = min_cells[below(t, COUNT(min_cells))];
    t->rules.min_sites = MIN_SITES;
    int64_t empty = empty_percents[below(t, COUNT(empty_percents))];
    int64_t size = sizes[below(t, COUNT(sizes))] * t->rules.min_cell;
    bool falling = chance(t, 50); /* the smallest last, as a plan would have them */
    for (size_t g = 0; g < t->groups; g++)
        for (size_t c = 0; c < t->columns; c++) {
            int64_t of_group = falling ? size >> g : size >> below(t, 5);
            bool none = chance(t, empty);
            t->step[0].count[g * t->columns + c] = none ? 0 : below(t, 2 * of_group + 2);
        }
    for (uint32_t s = 0; s < SITES_MAX / 2; s++)
        t->step[0].site[t->step[0].sites++] = s;
}

static void publish_step(struct trial *t, size_t at, trial_publish *publish)
{
    struct step *s = &t->step[at];
    struct release_table table = {t->groups, t->columns, s->count, s->site, s->sites};
    publish(&s->shown, &t->memory, &table, &t->rules);
}

/* Judges a finding: is the narrowest range min_cell wide? */
static bool wide(char *what, struct trial_tally *tally, const struct trial *t,
                 const struct reader_finding *f, const char *how)
{
    tally->attacked += f->withheld;
    if (f->withheld == 0)
        return true;
    int64_t percent = 100 * (f->most - f->least) / t->rules.min_cell;
    if (tally->tightest == 0 || percent < tally->tightest)
        tally->tightest = percent;
    if (f->most - f->least >= t->rules.min_cell)
        return true;
    snprintf(what, 256,
             "%s: %zu x %zu, min_cell %lld: group %zu column %zu of release %d is in %lld..%lld",
             how, t->groups, t->columns, (long long)t->rules.min_cell, f->group, f->column,
             f->release, (long long)f->least, (long long)f->most);
    return false;
}

/* Nothing is shown but what is true, and no small count is. */
static bool shows_truly(char *what, const struct trial *t, const struct reader_view *view)
{
    for (size_t g = 0; g <= t->groups; g++)
        for (size_t c = 0; c <= t->columns; c++) {
            int64_t shown = reader_shown(view, g, c), truth = reader_truth(view, g, c);
            bool small = truth > 0 && truth < t->rules.min_cell;
            if (shown == RELEASE_WITHHELD || (shown == truth && !small))
                continue;
            snprintf(what, 256, "group %zu column %zu: %lld is shown of %lld", g, c,
                     (long long)shown, (long long)truth);
            return false;
        }
    return true;
}

static void count_utility(struct trial_tally *tally, const struct trial *t,
                          const struct reader_view *view)
{
    tally->level[view->shown->shape.level]++;
    if (view->shown->shape.level != RELEASE_CELLS)
        return;
    for (size_t g = 0; g < t->groups; g++) {
        size_t small = 0, withheld = 0;
        for (size_t c = 0; c < t->columns; c++) {
            int64_t count = view->count[g * t->columns + c];
            small += count > 0 && count < t->rules.min_cell ? 1 : 0;
            withheld += reader_shown(view, g, c) == RELEASE_WITHHELD ? 1 : 0;
        }
        tally->groups++;
        tally->groups_small += small > 0 ? 1 : 0;
        tally->groups_withheld += view->shown->shape.withheld[g] ? 1 : 0;
        tally->cells += t->columns;
        tally->cells_small += small;
        tally->cells_withheld += withheld;
    }
}

static struct reader_view view_of(const struct trial *t, size_t at)
{
    const struct step *s = &t->step[at];
    return (struct reader_view){&s->shown, s->count, s->told};
}

static bool attack_one(char *what, struct trial_tally *tally, const struct trial *t, size_t at)
{
    struct reader_view view = view_of(t, at);
    struct reader_finding f = reader_reads_one(&view);
    return shows_truly(what, t, &view) && wide(what, tally, t, &f, "one release");
}

bool trial_of_one(char what[static 256], struct trial_tally *tally, trial_publish *publish,
                  uint64_t number)
{
    struct trial t;
    trial_open(&t, number, 1);
    publish_step(&t, 0, publish);
    tally->trials++;
    struct reader_view view = view_of(&t, 0);
    count_utility(tally, &t, &view);
    return attack_one(what, tally, &t, 0);
}

/* Another model: patients change their cell, none comes or leaves. */
static void move_cells(struct trial *t, int64_t *count)
{
    int64_t most = 1 + below(t, 3 * t->rules.min_cell);
    for (size_t i = 0; i < 2 * t->groups; i++) {
        size_t g = (size_t)below(t, (int64_t)t->groups) * t->columns;
        size_t from = g + (size_t)below(t, (int64_t)t->columns);
        size_t to = g + (size_t)below(t, (int64_t)t->columns);
        int64_t n = below(t, most + 1);
        n = n < count[from] ? n : count[from];
        count[from] -= n;
        count[to] += n;
    }
}

/* Patients of one group come or leave: a few, or many. */
static void move_people(struct trial *t, int64_t *count)
{
    size_t g = (size_t)below(t, (int64_t)t->groups) * t->columns;
    bool few = chance(t, 30), leave = chance(t, 50);
    for (size_t c = g; c < g + t->columns; c++) {
        if (chance(t, 40))
            continue;
        int64_t n =
            few ? below(t, t->rules.min_cell) : t->rules.min_cell + below(t, 3 * t->rules.min_cell);
        if (leave)
            n = n < count[c] ? -n : -count[c];
        count[c] += n;
    }
}

static void next_step(struct trial *t, size_t at)
{
    struct step *s = &t->step[at];
    *s = t->step[at - 1];
    if (chance(t, 60))
        move_cells(t, s->count);
    while (chance(t, 40))
        move_people(t, s->count);
    if (chance(t, 10)) /* one site comes or leaves, or as many as there must be at least */
        s->sites = s->sites > MIN_SITES + 1 ? s->sites - 1 - (size_t)below(t, 2) : SITES_MAX / 2;
    for (uint32_t i = 0; i < s->sites; i++)
        s->site[i] = i;
}

/* By how much a count moved that both releases show; 0 where one does not. */
static int64_t step_between(const struct reader_view *a, const struct reader_view *b, size_t group,
                            size_t column)
{
    int64_t from = reader_shown(a, group, column), to = reader_shown(b, group, column);
    if (from == RELEASE_WITHHELD || to == RELEASE_WITHHELD)
        return 0;
    return to > from ? to - from : from - to;
}

/* Where people changed, no number that both releases show moved by a few. */
static bool moves_by_many(char *what, const struct trial *t, const struct reader_view *a,
                          const struct reader_view *b)
{
    for (size_t g = 0; g <= t->groups; g++)
        for (size_t c = 0; c <= t->columns; c++) {
            int64_t step = step_between(a, b, g, c);
            if (step == 0 || step >= t->rules.min_cell)
                continue;
            snprintf(what, 256, "group %zu column %zu moved by %lld", g, c, (long long)step);
            return false;
        }
    return true;
}

static bool attack_two(char *what, struct trial_tally *tally, const struct trial *t, size_t first,
                       size_t second, bool in_a_row)
{
    struct reader_view a = view_of(t, first), b = view_of(t, second);
    bool kept[READER_GROUPS_MAX], changed = t->step[first].sites != t->step[second].sites;
    for (size_t g = 0; g < t->groups; g++)
        kept[g] = reader_truth(&a, g, t->columns) == reader_truth(&b, g, t->columns);
    for (size_t g = 0; g <= t->groups; g++)
        changed = changed || step_between(&a, &b, g, t->columns) != 0;
    struct reader_finding f = reader_reads_two(&a, &b, kept);
    tally->widened += memcmp(&a.shown->shape, &b.shown->shape, sizeof(a.shown->shape)) != 0 ? 1 : 0;
    tally->moved += changed && in_a_row ? 1 : 0;
    return wide(what, tally, t, &f, "two releases") &&
           (!in_a_row || !changed || moves_by_many(what, t, &a, &b));
}

/* The totals that a reader of all these releases has of each of them. */
static void tell(struct trial *t, const size_t *stands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            for (size_t g = 0; g < t->groups; g++) {
                struct reader_view a = view_of(t, stands[i]), b = view_of(t, stands[j]);
                int64_t total = reader_truth(&a, g, t->columns);
                if (reader_shown(&a, g, t->columns) == total &&
                    reader_truth(&b, g, t->columns) == total)
                    t->step[stands[j]].told[g] = true;
            }
}

bool trial_of_many(char what[static 256], struct trial_tally *tally, trial_publish *publish,
                   uint64_t number)
{
    struct trial t;
    trial_open(&t, number, 2);
    size_t stands[TRIAL_RELEASES], count = 0; /* those that show something */
    tally->trials++;
    for (size_t at = 0; at < TRIAL_RELEASES; at++) {
        if (at > 0)
            next_step(&t, at);
        publish_step(&t, at, publish);
        bool fresh = t.step[at].shown.news == RELEASE_FRESH;
        tally->fresh += fresh ? 1 : 0;
        tally->held += fresh ? 0 : 1;
        if (fresh && t.step[at].shown.number != 0)
            stands[count++] = at;
    }
    tell(&t, stands, count);
    for (size_t j = 0; j < count; j++) {
        if (!attack_one(what, tally, &t, stands[j]))
            return false;
        for (size_t i = 0; i < j; i++)
            if (!attack_two(what, tally, &t, stands[i], stands[j], i + 1 == j))
                return false;
    }
    return true;
}
