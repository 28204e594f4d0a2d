#include "tests/support/sample_fair.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"

#define SHOWN      3 /* groups that are drawn; one more is withheld */
#define PATIENTS   1000
#define POINTS     9
#define REPLICATES 40

const struct sample_names sample_calm = {"cancer_2y", "race", "Other",
                                         "Asian has 24 positives: its numbers are wide.", NULL};

static const double thresholds[] = {0.25, 0.5};

struct drawn {
    struct hist_axis axis;
    struct groups groups;
    struct group_sums sums[SHOWN];
};

/* Scores of three groups; the more debiased, the harder to tell. */
static void draw(struct drawn *d, double distance)
{
    static const double prevalence[SHOWN] = {0.3, 0.25, 0.1};
    struct rng rng = rng_open(11, RNG_TEST, 0, 0, 0);
    hist_axis_open(&d->axis, thresholds, COUNT(thresholds));
    groups_open(&d->groups, &d->axis, SHOWN);
    double *values = must_alloc(groups_values(&d->groups), sizeof(*values));
    for (size_t g = 0; g < SHOWN; g++)
        for (size_t i = 0; i < PATIENTS; i++) {
            int label = rng_uniform(&rng) < prevalence[g];
            double apart = g == 1 ? distance / 2 : distance;
            double logit = rng_normal(&rng) + (label == 1 ? apart / 2 : -apart / 2) - 1;
            groups_tally(values, &d->groups, g, logit, label);
        }
    groups_read(d->sums, &d->groups, values);
    free(values);
}

static void add_withheld(struct fairness *f, const char *group)
{
    struct fairness_measure *grown = realloc(f->measure, (f->count + 1) * sizeof(*grown));
    must(grown != NULL);
    f->measure = grown;
    f->measure[f->count++] =
        (struct fairness_measure){.metric = "n",
                                  .group = group,
                                  .other = "",
                                  .interval = "",
                                  .lowest = "",
                                  .highest = "",
                                  .threshold = (double)NAN,
                                  .value = 7,
                                  .lo = (double)NAN,
                                  .hi = (double)NAN,
                                  .noise_floor = (double)NAN,
                                  .rows = 7,
                                  .positives = 7,
                                  .withheld = true,
                                  .why = "withheld: a cell is below 11 patients"};
}

/* A curve that a formula draws: what it looks like, not what the panel's numbers say. */
static struct curve curve_of(const char *group, double bend)
{
    struct curve c = {.group = group, .points = POINTS, .bins = 4};
    c.point = must_alloc(c.points, sizeof(*c.point));
    c.bin = must_alloc(c.bins, sizeof(*c.bin));
    for (size_t i = 0; i < POINTS; i++) {
        double t = (double)i / (POINTS - 1), fpr = pow(1 - t, 2), tpr = pow(fpr, bend);
        c.point[i] = (struct curve_point){t, fpr, tpr, .25 * tpr + .75 * fpr,
                                          .25 * tpr / (.25 * tpr + .75 * fpr)};
    }
    for (size_t i = 0; i < c.bins; i++) {
        double from = (double)i / 4, score = from + .12, seen = pow(score, 1 + bend / 4);
        c.bin[i] = (struct curve_bin){
            from, from + .25, score, seen, seen * .9, seen * .9 + .1, 1000 - 100 * (double)i};
    }
    return c;
}

static void fill_curves(struct panel *p)
{
    p->curves = (struct curves){.count = SHOWN + 1};
    p->curves.curve = must_alloc(p->curves.count, sizeof(*p->curves.curve));
    for (size_t g = 0; g <= SHOWN; g++)
        p->curves.curve[g] = curve_of(g == 0 ? "" : p->group[g - 1], .3 + .12 * (double)g);
}

static void fill_panel(struct panel *p, size_t at, const struct sample_names *names)
{
    static struct drawn drawn;
    bool race = at % 2 == 1, debiased = at % 4 >= 2;
    const char *const group[] = {race ? "White" : "female", race ? "Black" : "male",
                                 race ? "Asian" : "intersex", names->group};
    *p = (struct panel){.representation = debiased ? "debiased" : "original",
                        .probe = "linear",
                        .split = "test",
                        .unit = "patient",
                        .unknown = .021,
                        .groups = COUNT(group),
                        .notes = 1};
    snprintf(p->task, sizeof(p->task), "%s", names->task);
    if (at >= SAMPLE_FAIR_PANELS)
        snprintf(p->task + strlen(p->task), sizeof(p->task) - strlen(p->task), "_%zu",
                 at / SAMPLE_FAIR_PANELS);
    snprintf(p->attribute, sizeof(p->attribute), "%s", race ? names->attribute : "sex");
    if (race)
        snprintf(p->note[0], sizeof(p->note[0]), "%s", names->note);
    else
        snprintf(p->note[0], sizeof(p->note[0]), "%s is withheld: fewer than 11 patients.",
                 names->group);
    p->group = must_alloc(p->groups, sizeof(*p->group));
    const char *name[COUNT(group)];
    const char *second = names->shown != NULL ? names->shown : group[1];
    for (size_t g = 0; g < p->groups; g++) {
        snprintf(p->group[g], sizeof(p->group[g]), "%s", g == 1 ? second : group[g]);
        name[g] = p->group[g];
    }
    draw(&drawn, debiased ? 1.4 : 2);
    struct fairness_question q = {.groups = &drawn.groups,
                                  .name = name,
                                  .threshold = thresholds,
                                  .thresholds = COUNT(thresholds),
                                  .privileged = 0,
                                  .level = 0.95,
                                  .replicates = REPLICATES,
                                  .seed = 7};
    fairness_open(&p->fairness, &q, drawn.sums);
    add_withheld(&p->fairness, p->group[SHOWN]);
    fill_curves(p);
}

static void fill_gates(struct report *r, const struct sample_names *names)
{
    static const struct {
        const char *attribute, *metric;
        double threshold, most, value;
        enum gate_verdict verdict;
        const char *why;
    } rows[] = {
        {"sex", "auc_gap", (double)NAN, .2, .1, GATE_MET,
         "the interval ends at .151, at most .200"},
        {"race", "tpr_gap", .5, .1, .31, GATE_NOT_MET, "the interval begins at .211, at most .100"},
        {"race", "auc_gap", (double)NAN, .1, .12, GATE_NOT_ENOUGH,
         "the interval [.031 .211] holds the limit .100"},
        {"sex", "fpr_gap", .25, .4, .1, GATE_MET, "the interval ends at .162, at most .400"},
    };
    r->gate_count = COUNT(rows);
    r->gate = must_alloc(r->gate_count, sizeof(*r->gate));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct gate *g = &r->gate[i];
        *g = (struct gate){.representation = "debiased",
                           .probe = "linear",
                           .metric = rows[i].metric,
                           .group = "",
                           .threshold = rows[i].threshold,
                           .most = rows[i].most,
                           .least = (double)NAN,
                           .rule = "interval",
                           .value = rows[i].value,
                           .lo = rows[i].value - .1,
                           .hi = rows[i].value + .1,
                           .verdict = rows[i].verdict};
        snprintf(g->task, sizeof(g->task), "%s", names->task);
        snprintf(g->attribute, sizeof(g->attribute), "%s", rows[i].attribute);
        snprintf(g->why, sizeof(g->why), "%s", rows[i].why);
    }
}

/* Ten evaluations: leakage falls, the gap comes down to its floor. */
static void add_history(struct report *r)
{
    static const struct {
        const char *metric;
        double first, last;
    } rows[] = {
        {"leakage.sex.linear", .9, .6},
        {"lo.leakage.sex.linear", .88, .57},
        {"hi.leakage.sex.linear", .92, .63},
        {"leakage.sex.mlp", .92, .65},
        {"gap.cancer_2y.sex.auc_gap", .2, .06},
        {"lo.gap.cancer_2y.sex.auc_gap", .1, 0},
        {"hi.gap.cancer_2y.sex.auc_gap", .3, .14},
        {"floor.cancer_2y.sex.auc_gap", .05, .05},
    };
    size_t evaluations = 10, added = COUNT(rows) * evaluations;
    r->history = realloc(r->history, (r->history_count + added) * sizeof(*r->history));
    must(r->history != NULL);
    for (size_t e = 0; e < evaluations; e++)
        for (size_t i = 0; i < COUNT(rows); i++) {
            struct report_point *p = &r->history[r->history_count++];
            double share = (double)e / (double)(evaluations - 1);
            *p = (struct report_point){.round = 4 * (e + 1),
                                       .value =
                                           rows[i].first + share * (rows[i].last - rows[i].first)};
            snprintf(p->metric, sizeof(p->metric), "%s", rows[i].metric);
        }
}

void sample_fair(struct report *r, size_t times, const struct sample_names *names)
{
    r->panel_count = times * SAMPLE_FAIR_PANELS;
    r->panel = must_alloc(r->panel_count, sizeof(*r->panel));
    for (size_t i = 0; i < r->panel_count; i++)
        fill_panel(&r->panel[i], i, names);
    fill_gates(r, names);
    add_history(r);
}
