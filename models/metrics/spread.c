/* Numbers between groups, their intervals and noise floors: fairness.h, fairness_inside.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/metrics/fairness_inside.h"
#include "models/metrics/resample.h"
#include "proto/base/arena.h"

/* The smaller of a / b and b / a; NAN when both are 0. */
static double likeness(double a, double b)
{
    return fmin(a, b) / fmax(a, b);
}

/* The groups that can be estimated, and where the smallest and largest are. */
struct extremes {
    size_t known, lowest, highest;
};

static struct extremes extremes_of(const double *value, size_t groups)
{
    struct extremes x = {0};
    for (size_t g = 0; g < groups; g++) {
        if (isnan(value[g]))
            continue;
        if (x.known == 0 || value[g] < value[x.lowest])
            x.lowest = g;
        if (x.known == 0 || value[g] > value[x.highest])
            x.highest = g;
        x.known++;
    }
    return x;
}

/* The group that is farthest from overall. */
static size_t farthest(enum spread_kind kind, const double *value, size_t groups)
{
    double overall = value[groups], most = -1;
    size_t at = groups;
    for (size_t g = 0; g < groups; g++) {
        double far = kind == SPREAD_RATIO_OVERALL ? 1 - likeness(value[g], overall)
                                                  : fabs(value[g] - overall);
        if (far > most) { /* false for NAN */
            most = far;
            at = g;
        }
    }
    return at;
}

static double sum_of_distances(const double *value, size_t groups)
{
    double sum = 0;
    for (size_t g = 0; g < groups; g++)
        if (!isnan(value[g]))
            sum += fabs(value[g] - value[groups]);
    return sum;
}

static double value_of_kind(enum spread_kind kind, const double *value, size_t groups)
{
    struct extremes x = extremes_of(value, groups);
    if (x.known < 2)
        return (double)NAN;
    if (kind == SPREAD_GAP)
        return value[x.highest] - value[x.lowest];
    if (kind == SPREAD_RATIO)
        return value[x.lowest] / value[x.highest];
    if (kind == SPREAD_LEAST)
        return value[x.lowest];
    if (kind == SPREAD_EQUITY_SCALED)
        return value[groups] / (1 + sum_of_distances(value, groups));
    size_t at = farthest(kind, value, groups);
    if (at == groups) /* 0 / 0 everywhere */
        return (double)NAN;
    return kind == SPREAD_GAP_OVERALL ? fabs(value[at] - value[groups])
                                      : likeness(value[at], value[groups]);
}

static double joined(enum spread_join join, const double *part, size_t parts)
{
    double sum = 0, least = part[0], most = part[0];
    for (size_t i = 0; i < parts; i++) {
        if (isnan(part[i]))
            return part[i];
        sum += part[i];
        least = fmin(least, part[i]);
        most = fmax(most, part[i]);
    }
    if (join == SPREAD_MAX)
        return most;
    if (join == SPREAD_MIN)
        return least;
    double mean = sum / (double)parts;
    return join == SPREAD_MEAN ? mean : 1 - mean;
}

double spread_value(const struct spread *s, const struct spread_values *v)
{
    double part[2] = {0};
    for (size_t i = 0; i < s->rates; i++)
        part[i] = value_of_kind(s->kind, v->of[s->rate[i]], v->groups);
    return joined(s->join, part, s->rates);
}

/*
 * How far the number of this kind can be from that of the centre, given each value's error: the
 * bound of fairness.h. NAN when a group could be estimated there and cannot here.
 */
static double reach_of_kind(enum spread_kind kind, const double *value, const double *centre,
                            size_t groups)
{
    bool logs = kind == SPREAD_RATIO || kind == SPREAD_RATIO_OVERALL;
    bool from_overall = kind != SPREAD_GAP && kind != SPREAD_RATIO && kind != SPREAD_LEAST;
    double e_overall = logs ? log(value[groups] / centre[groups]) : value[groups] - centre[groups];
    double least = HUGE_VAL, most = -HUGE_VAL, sum = 0;
    for (size_t g = 0; g < groups; g++) {
        if (isnan(centre[g]))
            continue;
        double e = logs ? log(value[g] / centre[g]) : value[g] - centre[g];
        if (from_overall)
            e -= e_overall;
        if (isnan(e))
            return e;
        least = fmin(least, e);
        most = fmax(most, e);
        sum += fabs(e);
    }
    if (kind == SPREAD_GAP || kind == SPREAD_RATIO)
        return most - least;
    if (kind == SPREAD_EQUITY_SCALED)
        return fmax(fabs(e_overall), sum);
    return fmax(most, -least);
}

static double reach_of(const struct spread *s, const struct spread_values *v,
                       const struct spread_values *centre)
{
    double part[2] = {0};
    for (size_t i = 0; i < s->rates; i++)
        part[i] = reach_of_kind(s->kind, v->of[s->rate[i]], centre->of[s->rate[i]], v->groups);
    return joined(SPREAD_MAX, part, s->rates);
}

/* The interval of one part of a number; ratios around the centre's, which is no 0. */
static struct interval bounds_of_kind(enum spread_kind kind, const double *value,
                                      const double *centre, size_t groups, double reach)
{
    double x = value_of_kind(kind, value, groups);
    if (kind == SPREAD_RATIO || kind == SPREAD_RATIO_OVERALL) {
        double c = value_of_kind(kind, centre, groups);
        return (struct interval){.lo = fmin(x, c * exp(-reach)),
                                 .hi = fmax(x, fmin(1, c * exp(reach)))};
    }
    if (kind == SPREAD_EQUITY_SCALED) {
        double sum = sum_of_distances(value, groups), overall = value[groups];
        return (struct interval){.lo = fmax(0, overall - reach) / (1 + sum + reach),
                                 .hi = fmin(1, overall + reach) / (1 + fmax(0, sum - reach))};
    }
    return (struct interval){.lo = fmax(0, x - reach), .hi = fmin(1, x + reach)};
}

static struct interval bounds_of(const struct spread *s, const struct spread_job *job, double reach)
{
    double lo[2] = {0}, hi[2] = {0};
    for (size_t i = 0; i < s->rates; i++) {
        size_t rate = s->rate[i];
        struct interval part =
            bounds_of_kind(s->kind, job->v->of[rate], job->centre->of[rate], job->v->groups, reach);
        lo[i] = part.lo;
        hi[i] = part.hi;
    }
    bool turned = s->join == SPREAD_ONE_LESS_MEAN;
    return (struct interval){
        .lo = joined(s->join, turned ? hi : lo, s->rates),
        .hi = joined(s->join, turned ? lo : hi, s->rates),
        .method = "bootstrap-range",
    };
}

/* Of two groups: the interval of their difference, if theirs are given. */
static bool of_two_groups(struct interval *i, const struct spread *s, const struct spread_job *job)
{
    const double *value = job->v->of[s->rate[0]];
    struct extremes x = extremes_of(value, job->v->groups);
    if (s->kind != SPREAD_GAP || s->rates != 1 || x.known != 2 || job->own == NULL)
        return false;
    const struct interval *own = job->own->of[s->rate[0]];
    size_t low = x.lowest, high = x.highest;
    if (low == high) { /* equal: the other one that is known */
        high = low + 1;
        while (isnan(value[high]))
            high++;
    }
    *i = interval_absolute(interval_difference(value[high], own[high], value[low], own[low]));
    return true;
}

/* Appends a clause to why: three words of it. */
static void say(struct fairness_measure *m, const char *a, const char *b, const char *c)
{
    size_t used = strlen(m->why);
    snprintf(m->why + used, sizeof(m->why) - used, "%s%s%s%s", used > 0 ? "; " : "", a, b, c);
}

/* Who is not in this number, and why. */
static void say_left_out(struct fairness_measure *m, const struct inquiry *in,
                         const struct spread *s, const struct spread_job *job)
{
    for (size_t i = 0; i < s->rates; i++)
        for (size_t g = 0; g < in->count; g++) {
            const char *lacks = job->missing[s->rate[i]];
            bool said = i > 0 && lacks == job->missing[s->rate[0]];
            if (!isnan(job->v->of[s->rate[i]][g]) || said)
                continue;
            bool some = job->few != NULL && job->few[s->rate[i]][g];
            say(m, in->name[g], some ? " has too few " : " has no ", lacks);
        }
    if (in->withheld[0] != '\0')
        say(m, "withheld: ", in->withheld, "");
}

/* Which groups make the number; of a joined one, the part that it is equal to. */
static void say_extremes(struct fairness_measure *m, const struct inquiry *in,
                         const struct spread *s, const struct spread_job *job)
{
    size_t groups = job->v->groups;
    const double *value = job->v->of[s->rate[0]];
    if (s->rates > 1 && value_of_kind(s->kind, value, groups) != m->value)
        value = job->v->of[s->rate[1]];
    bool mean = s->join == SPREAD_MEAN || s->join == SPREAD_ONE_LESS_MEAN;
    if (mean || s->kind == SPREAD_EQUITY_SCALED)
        return;
    struct extremes x = extremes_of(value, groups);
    if (s->kind == SPREAD_GAP_OVERALL || s->kind == SPREAD_RATIO_OVERALL) {
        size_t at = farthest(s->kind, value, groups);
        *(value[at] < value[groups] ? &m->lowest : &m->highest) = in->name[at];
        return;
    }
    m->lowest = in->name[x.lowest];
    if (s->kind != SPREAD_LEAST)
        m->highest = in->name[x.highest];
}

/* Draws all replicates: reach [spreads, replicates], and the mean of the number under the null. */
static void replicate(double *reach, size_t *drawn, double *floor_sum, size_t *floor_count,
                      const struct inquiry *in, const struct spread_job *job)
{
    size_t replicates = in->q->replicates;
    struct spread_values v = {.groups = job->v->groups};
    for (size_t b = 0; b < replicates; b++) {
        struct rng again = rng_open(in->q->seed, RNG_BOOTSTRAP, job->stream, b, 0);
        struct rng equal = rng_open(in->q->seed, RNG_BOOTSTRAP, job->stream, b, 1);
        job->source.draw(&v, &again, job->source.context);
        for (size_t s = 0; s < job->spreads; s++) {
            double far = reach_of(&job->spread[s], &v, job->centre);
            if (!isnan(far))
                reach[s * replicates + drawn[s]++] = far;
        }
        job->source.null(&v, &equal, job->source.context);
        for (size_t s = 0; s < job->spreads; s++) {
            double value = spread_value(&job->spread[s], &v);
            if (!isnan(value)) {
                floor_sum[s] += value;
                floor_count[s]++;
            }
        }
    }
}

static void add_spread(struct inquiry *in, const struct spread_job *job, size_t s, double *reach,
                       size_t drawn, double noise_floor)
{
    const struct spread *what = &job->spread[s];
    struct fairness_measure *m = fairness_add_of(in, what->metric, in->count);
    m->threshold = job->threshold;
    m->value = spread_value(what, job->v);
    if (isnan(m->value)) {
        bool few = false;
        for (size_t i = 0; i < what->rates; i++)
            few |= extremes_of(job->v->of[what->rate[i]], job->v->groups).known < 2;
        fairness_deny(m, "%s", few ? "fewer than two groups" : "a rate is 0 in all of them");
        say_left_out(m, in, what, job);
        return;
    }
    say_left_out(m, in, what, job);
    say_extremes(m, in, what, job);
    m->noise_floor = noise_floor;
    struct interval i;
    if (of_two_groups(&i, what, job))
        fairness_set_interval(m, i);
    else if (drawn > 0 && !job->no_interval)
        fairness_set_interval(m,
                              bounds_of(what, job, resample_quantile(reach, drawn, in->q->level)));
}

void spread_measures(struct inquiry *in, const struct spread_job *job)
{
    size_t spreads = job->spreads, replicates = in->q->replicates;
    double *reach = must_alloc(spreads * replicates, sizeof(*reach));
    double *floor_sum = must_alloc(spreads, sizeof(*floor_sum));
    size_t *drawn = must_alloc(2 * spreads, sizeof(*drawn)), *floor_count = drawn + spreads;

    replicate(reach, drawn, floor_sum, floor_count, in, job);
    for (size_t s = 0; s < spreads; s++)
        add_spread(in, job, s, reach + s * replicates, drawn[s],
                   floor_count[s] > 0 ? floor_sum[s] / (double)floor_count[s] : (double)NAN);
    free(reach);
    free(floor_sum);
    free(drawn);
}
