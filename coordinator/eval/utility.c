#include "coordinator/eval/utility.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"

#define SPREAD_MAX (4 * TEXT_FIGURE_MAX) /* ".670 [.640 .700]" */

static bool is_of_a_task(const struct measure *m)
{
    return !m->leakage && strcmp(m->metric, "accuracy") != 0 && strcmp(m->split, "in-sample") != 0;
}

static bool is_from(const struct measure *m, const char *representation)
{
    return is_of_a_task(m) && strcmp(m->representation, representation) == 0;
}

/* The task's row with the largest value, NULL when no probe has one. */
static const struct measure *strongest(const struct measure *m, size_t count, const char *target,
                                       const char *representation)
{
    const struct measure *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (is_from(&m[i], representation) && strcmp(m[i].target, target) == 0 &&
            !isnan(m[i].value) && (best == NULL || m[i].value > best->value))
            best = &m[i];
    return best;
}

static bool is_first_of_its_task(const struct measure *m, size_t at, const char *representation)
{
    for (size_t i = 0; i < at; i++)
        if (is_from(&m[i], representation) && strcmp(m[i].target, m[at].target) == 0)
            return false;
    return is_from(&m[at], representation);
}

static bool is_above_chance(const struct measure *m)
{
    return m->lo > (strcmp(m->metric, "auc") == 0 ? 0.5 : 0.0); /* false without an interval */
}

/* By any probe: the strongest may be so good that it has no interval. */
static bool is_told(const struct measure *m, size_t count, const char *target,
                    const char *representation)
{
    for (size_t i = 0; i < count; i++)
        if (is_from(&m[i], representation) && strcmp(m[i].target, target) == 0 &&
            is_above_chance(&m[i]))
            return true;
    return false;
}

/* What is spoken of, task by task. */
struct account {
    size_t tasks, above;              /* that have a number; whose interval is above chance */
    const struct measure *best;       /* of all tasks */
    const struct measure *kept, *had; /* of the task that loses most; NULL: nothing to compare */
    const char *unknown;              /* a task that the originals tell and this does not */
};

static double loss_of(const struct measure *kept, const struct measure *had)
{
    return had->value - kept->value;
}

static void add_task(struct account *a, const struct measure *kept, const struct measure *had)
{
    if (kept == NULL) {
        if (had != NULL)
            a->unknown = had->target;
        return;
    }
    a->tasks++;
    if (a->best == NULL || kept->value > a->best->value)
        a->best = kept;
    if (had != NULL && (a->had == NULL || loss_of(kept, had) > loss_of(a->kept, a->had))) {
        a->kept = kept;
        a->had = had;
    }
}

static struct account account_of(const struct measure *m, size_t count, const char *subject)
{
    struct account a = {0};
    for (size_t i = 0; i < count; i++)
        if (is_first_of_its_task(m, i, subject)) {
            a.above += is_told(m, count, m[i].target, subject);
            add_task(&a, strongest(m, count, m[i].target, subject),
                     strongest(m, count, m[i].target, "original"));
        }
    return a;
}

static void spread_of(char out[static SPREAD_MAX], const struct measure *m)
{
    char value[TEXT_FIGURE_MAX], lo[TEXT_FIGURE_MAX], hi[TEXT_FIGURE_MAX];
    text_figure(value, m->value);
    text_figure(lo, m->lo);
    text_figure(hi, m->hi);
    snprintf(out, SPREAD_MAX, "%s [%s %s]", value, lo, hi);
}

static void judge_none(struct utility *u, const struct account *a, const char *subject)
{
    char best[SPREAD_MAX];
    spread_of(best, a->best);
    u->ok = a->above > 0;
    if (u->ok)
        snprintf(u->why, sizeof(u->why), "%zu of %zu tasks are read above chance from the %s",
                 a->above, a->tasks, subject);
    else
        snprintf(u->why, sizeof(u->why),
                 "none: no task is read above chance from the %s; the most is %.60s with %s %s",
                 subject, a->best->target, a->best->metric, best);
}

static void judge_margin(struct utility *u, const struct account *a, double margin)
{
    char kept[SPREAD_MAX], had[TEXT_FIGURE_MAX], loss[TEXT_FIGURE_MAX], most[TEXT_FIGURE_MAX];
    spread_of(kept, a->kept);
    text_figure(had, a->had->value);
    text_figure(loss, loss_of(a->kept, a->had));
    text_figure(most, margin);
    u->ok = u->ok && loss_of(a->kept, a->had) <= margin;
    size_t used = strlen(u->why);
    snprintf(u->why + used, sizeof(u->why) - used,
             "; %.60s loses most, %s: %s %s, from the originals %s; at most %s wanted",
             a->kept->target, loss, a->kept->metric, kept, had, most);
}

bool utility_judge(struct utility *u, const struct measure *m, size_t count, double margin)
{
    bool released = false;
    for (size_t i = 0; i < count; i++)
        released |= is_from(&m[i], "debiased");
    struct account a = account_of(m, count, released ? "debiased" : "original");
    bool compared = released && margin >= 0;
    if (compared && a.unknown != NULL) {
        u->ok = false;
        snprintf(u->why, sizeof(u->why), "the plan set a margin, and %.60s is not estimable",
                 a.unknown);
        return true;
    }
    if (a.best == NULL)
        return false;
    judge_none(u, &a, released ? "debiased embeddings" : "original embeddings");
    if (compared && a.had != NULL)
        judge_margin(u, &a, margin);
    return true;
}
