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

void fairness_withhold(struct inquiry *in, const char *metric, const char *group, const char *other,
                       double threshold)
{
    struct fairness_measure *m = fairness_add(in, metric, group, other);
    m->threshold = threshold;
    m->withheld = true;
    m->rows = m->positives = (double)NAN;
    snprintf(m->why, sizeof(m->why), "withheld: a cell is below %g patients, or tells one that is",
             in->q->min_cell);
}

/* Numbers between groups name who is not in them. */
static void leave_out(struct inquiry *in, const char *name)
{
    size_t used = strlen(in->withheld);
    snprintf(in->withheld + used, sizeof(in->withheld) - used, "%s%s", used > 0 ? ", " : "", name);
}

/* The groups that are shown, in order. */
static void choose_groups(struct inquiry *in, const struct group_sums *sums,
                          const struct group_sums *all)
{
    const struct fairness_shown *shown = in->q->shown;
    size_t groups = in->q->groups->count;
    for (size_t g = 0; g < groups; g++) {
        if (shown != NULL && (shown->nothing || !shown->group[g])) {
            fairness_withhold(in, "n", in->q->name[g], "", (double)NAN);
            leave_out(in, in->q->name[g]);
            continue;
        }
        if (g == in->q->privileged)
            in->privileged = in->count;
        in->group[in->count] = g;
        in->name[in->count] = in->q->name[g];
        in->sums[in->count++] = &sums[g];
    }
    in->group[in->count] = groups;
    in->name[in->count] = "";
    in->sums[in->count] = all;
}

static bool cells_are_shown(const struct inquiry *in, size_t slot, size_t threshold)
{
    const struct fairness_shown *shown = in->q->shown;
    if (shown == NULL)
        return true;
    size_t groups = in->q->groups->count;
    return shown->cells_of_all[threshold] &&
           (slot == in->count || shown->cells[threshold * groups + in->group[slot]]);
}

/* What is not shown has no say in it. */
static void measure_effects(struct inquiry *in)
{
    for (size_t slot = 0; slot <= in->count; slot++) {
        double effect = fmax(ranking_effect(in, slot), calibration_effect(in, slot));
        for (size_t t = 0; t < in->q->thresholds; t++)
            if (cells_are_shown(in, slot, t))
                effect = fmax(effect, confusion_effect(in, slot, in->q->threshold[t], t));
        in->effect[slot] = effect;
    }
}

static void take_slot(struct inquiry *in, size_t to, const struct inquiry *from, size_t slot)
{
    in->group[to] = from->group[slot];
    in->name[to] = from->name[slot];
    in->sums[to] = from->sums[slot];
    in->effect[to] = from->effect[slot];
}

/* One threshold, with the groups whose cells are shown at it. */
static void threshold_measures(struct inquiry *in, size_t t)
{
    struct inquiry at = *in;
    at.count = 0;
    at.privileged = FAIRNESS_NOBODY;
    for (size_t slot = 0; slot < in->count; slot++) {
        if (!cells_are_shown(in, slot, t)) {
            leave_out(&at, in->name[slot]);
            continue;
        }
        if (slot == in->privileged)
            at.privileged = at.count;
        take_slot(&at, at.count++, in, slot);
    }
    take_slot(&at, at.count, in, in->count);

    for (size_t slot = 0; slot <= in->count; slot++)
        if (!cells_are_shown(in, slot, t))
            confusion_withhold(in, slot, in->q->threshold[t]);
    against_withhold(in, &at, in->q->threshold[t]);
    if (cells_are_shown(in, in->count, t))
        confusion_measures(&at, in->q->threshold[t], t);
    else
        confusion_withhold_between(in, in->q->threshold[t]);
}

static struct interval interval_of_prevalence(const struct inquiry *in, size_t slot)
{
    static const double rows[CLUSTERS_SUMS] = {[CLUSTERS_ROWS] = 1};
    static const double positives[CLUSTERS_SUMS] = {[CLUSTERS_POSITIVES] = 1};
    const struct group_clusters *patients = inquiry_patients(in, slot);
    double hits = group_rows(in->sums[slot], 1, in->bins);
    double of = hits + group_rows(in->sums[slot], 0, in->bins), effect = 1;
    if (patients != NULL)
        effect = share_effect(&(const struct share){.hits = hits,
                                                    .of = of,
                                                    .patients = patients->patients,
                                                    .moment = patients->moment,
                                                    .hit = positives,
                                                    .of_form = rows,
                                                    .n = CLUSTERS_SUMS,
                                                    .level = in->q->level});
    return interval_of_patients(interval_rate(hits / effect, of / effect, in->q->level), patients);
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
        fairness_set_interval(m, interval_of_prevalence(in, slot));
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
    struct inquiry in = {
        .q = q,
        .out = f,
        .bins = q->groups->axis->bins,
        .privileged = FAIRNESS_NOBODY,
    };
    choose_groups(&in, sums, all);
    if (q->shown == NULL || !q->shown->nothing) {
        measure_effects(&in);
        count_measures(&in);
        for (size_t t = 0; t < q->thresholds; t++)
            threshold_measures(&in, t);
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
