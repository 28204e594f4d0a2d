#include "models/metrics/fairness.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/metrics/fairness_inside.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

double group_rows(const struct group_sums *s, int label, size_t bins)
{
    return (double)hist_count_from(s->count[label], bins, 0);
}

struct fairness_measure *fairness_add(struct inquiry *in, const char *metric, const char *group,
                                      const char *other)
{
    struct fairness *f = in->out;
    if ((f->count & (f->count - 1)) == 0) { /* full at every power of two */
        size_t room = f->count == 0 ? 1 : 2 * f->count;
        f->measure = realloc(f->measure, room * sizeof(*f->measure));
        must(f->measure != NULL);
    }
    struct fairness_measure *m = &f->measure[f->count++];
    *m = (struct fairness_measure){
        .metric = metric,
        .group = group,
        .other = other,
        .threshold = (double)NAN,
        .value = (double)NAN,
        .lo = (double)NAN,
        .hi = (double)NAN,
        .interval = "",
        .noise_floor = (double)NAN,
        .lowest = "",
        .highest = "",
    };
    return m;
}

struct fairness_measure *fairness_add_of(struct inquiry *in, const char *metric, size_t slot)
{
    struct fairness_measure *m = fairness_add(in, metric, in->name[slot], "");
    m->positives = group_rows(in->sums[slot], 1, in->bins);
    m->rows = m->positives + group_rows(in->sums[slot], 0, in->bins);
    return m;
}

void fairness_set_interval(struct fairness_measure *m, struct interval i)
{
    m->lo = i.lo;
    m->hi = i.hi;
    m->interval = i.method;
}

void fairness_deny(struct fairness_measure *m, const char *fmt, ...)
{
    static const char head[] = "not estimable: ";
    memcpy(m->why, head, sizeof(head));
    va_list args;
    va_start(args, fmt);
    vsnprintf(m->why + sizeof(head) - 1, sizeof(m->why) - sizeof(head) + 1, fmt, args);
    va_end(args);
    m->value = (double)NAN;
}

/* The fewest rows of one label, of those a group has any of. */
static double smallest_cell(const struct group_sums *s, size_t bins)
{
    double negatives = group_rows(s, 0, bins), positives = group_rows(s, 1, bins);
    if (negatives == 0 || positives == 0)
        return fmax(negatives, positives);
    return fmin(negatives, positives);
}

static bool is_small(const struct group_sums *s, size_t bins, double min_cell)
{
    double cell = smallest_cell(s, bins);
    return cell > 0 && cell < min_cell;
}

/* Does overall less what is shown tell such a cell? */
static bool tells_a_cell(const bool *hide, const struct fairness_question *q,
                         const struct group_sums *sums)
{
    for (int label = 0; label < 2; label++) {
        double hidden = 0;
        for (size_t g = 0; g < q->groups->count; g++)
            if (hide[g])
                hidden += group_rows(&sums[g], label, q->groups->axis->bins);
        if (hidden > 0 && hidden < q->min_cell)
            return true;
    }
    return false;
}

/* The smallest group that is not hidden, or FAIRNESS_NOBODY. An empty group hides nobody. */
static size_t next_to_hide(const bool *hide, const struct fairness_question *q,
                           const struct group_sums *sums)
{
    size_t next = FAIRNESS_NOBODY, bins = q->groups->axis->bins;
    for (size_t g = 0; g < q->groups->count; g++) {
        double cell = smallest_cell(&sums[g], bins);
        if (!hide[g] && cell > 0 &&
            (next == FAIRNESS_NOBODY || cell < smallest_cell(&sums[next], bins)))
            next = g;
    }
    return next;
}

/* Sets hide [groups]. */
static void choose_withheld(bool *hide, const struct fairness_question *q,
                            const struct group_sums *sums)
{
    for (size_t g = 0; g < q->groups->count; g++)
        hide[g] = is_small(&sums[g], q->groups->axis->bins, q->min_cell);
    while (tells_a_cell(hide, q, sums)) {
        size_t next = next_to_hide(hide, q, sums);
        if (next == FAIRNESS_NOBODY)
            break;
        hide[next] = true;
    }
}

static void say_withheld(struct inquiry *in, const char *name)
{
    struct fairness_measure *m = fairness_add(in, "n", name, "");
    m->withheld = true;
    m->rows = m->positives = (double)NAN;
    snprintf(m->why, sizeof(m->why), "withheld: a cell is below %g rows, or tells one that is",
             in->q->min_cell);
    size_t used = strlen(in->withheld);
    snprintf(in->withheld + used, sizeof(in->withheld) - used, "%s%s", used > 0 ? ", " : "", name);
}

/* The groups that are shown, in order. */
static void choose_groups(struct inquiry *in, const struct group_sums *sums,
                          const struct group_sums *all)
{
    bool hide[GROUPS_OF_A_KIND_MAX] = {false};
    choose_withheld(hide, in->q, sums);
    for (size_t g = 0; g < in->q->groups->count; g++) {
        if (hide[g]) {
            say_withheld(in, in->q->name[g]);
            continue;
        }
        if (g == in->q->privileged)
            in->privileged = in->count;
        in->name[in->count] = in->q->name[g];
        in->sums[in->count++] = &sums[g];
    }
    in->name[in->count] = "";
    in->sums[in->count] = all;
}

static void count_measures(struct inquiry *in)
{
    for (size_t slot = 0; slot <= in->count; slot++) {
        struct fairness_measure *m = fairness_add_of(in, "n", slot);
        m->value = m->rows;
        m = fairness_add_of(in, "prevalence", slot);
        if (m->rows == 0)
            fairness_deny(m, "no rows");
        else
            m->value = m->positives / m->rows;
        fairness_set_interval(m, interval_rate(m->positives, m->rows, in->q->level));
    }
}

void fairness_open(struct fairness *f, const struct fairness_question *q,
                   const struct group_sums *sums)
{
    must(q->privileged == FAIRNESS_NOBODY || q->privileged < q->groups->count);
    must(q->replicates > 0);

    *f = (struct fairness){0};
    struct group_sums *all = must_alloc(1, sizeof(*all));
    groups_pool(all, q->groups, sums);
    const char *name[SPREAD_SLOTS];
    const struct group_sums *shown[SPREAD_SLOTS];
    struct inquiry in = {
        .q = q,
        .out = f,
        .bins = q->groups->axis->bins,
        .name = name,
        .sums = shown,
        .privileged = FAIRNESS_NOBODY,
    };
    choose_groups(&in, sums, all);
    if (!is_small(all, in.bins, q->min_cell)) {
        count_measures(&in);
        for (size_t t = 0; t < q->thresholds; t++)
            confusion_measures(&in, q->threshold[t], t);
        ranking_measures(&in);
        calibration_measures(&in);
    }
    free(all);
}

void fairness_close(struct fairness *f)
{
    free(f->measure);
    *f = (struct fairness){0};
}

const struct fairness_measure *fairness_find(const struct fairness *f, const char *metric,
                                             const char *group, const char *other, double threshold)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct fairness_measure *m = &f->measure[i];
        bool same = isnan(threshold) ? isnan(m->threshold) : m->threshold == threshold;
        if (same && strcmp(m->metric, metric) == 0 && strcmp(m->group, group) == 0 &&
            strcmp(m->other, other) == 0)
            return m;
    }
    return NULL;
}
