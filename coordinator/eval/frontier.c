#include "coordinator/eval/frontier.h"

#include <math.h>
#include <stdlib.h>

static bool has_numbers(const struct frontier_point *p)
{
    return !isnan(p->standing.utility) && !isnan(p->standing.leakage);
}

static bool any_held(const struct frontier *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (has_numbers(&f->point[i]) && f->point[i].checks_held)
            return true;
    return false;
}

/* At least as good in both numbers, and better in one. */
static bool dominates(const struct standing *a, const struct standing *b)
{
    return a->utility >= b->utility && a->leakage <= b->leakage &&
           (a->utility > b->utility || a->leakage < b->leakage);
}

/* Is a to be chosen before b, whatever their places? */
static bool is_before(const struct standing *a, const struct standing *b, double least)
{
    bool within = a->utility >= least;
    if (within != (b->utility >= least))
        return within;
    bool by_leakage = a->leakage != b->leakage && (within || a->utility == b->utility);
    return by_leakage ? a->leakage < b->leakage : a->utility > b->utility;
}

bool frontier_mark(struct frontier *f)
{
    bool held = any_held(f);
    struct frontier_point *best = NULL;
    for (size_t i = 0; i < f->count; i++) {
        struct frontier_point *p = &f->point[i];
        p->chosen = false;
        p->on_frontier = has_numbers(p) && (p->checks_held || !held);
        if (p->on_frontier && (best == NULL || is_before(&p->standing, &best->standing, f->least)))
            best = p;
    }
    if (best == NULL)
        return false;
    best->chosen = true;
    /* Who is dominated at all is dominated by somebody on the frontier, so marks may change on the
     * way. */
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < f->count && f->point[i].on_frontier; k++)
            if (f->point[k].on_frontier && dominates(&f->point[k].standing, &f->point[i].standing))
                f->point[i].on_frontier = false;
    return true;
}

const struct frontier_point *frontier_chosen(const struct frontier *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->point[i].chosen)
            return &f->point[i];
    return NULL;
}

void frontier_close(struct frontier *f)
{
    free(f->point);
    *f = (struct frontier){0};
}
