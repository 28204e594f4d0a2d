#include "coordinator/eval/gate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/metrics/catalogue.h"
#include "models/tolerance.h"
#include "proto/base/must.h"
#include "proto/base/text.h"

/* A tolerance as the plan has it. Borrows from the plan. */
struct tolerance {
    const struct fairness_metric *metric;
    const char *task, *attribute, *representation, *probe, *group; /* "": any */
    double threshold;                                              /* TOLERANCE_EVERY: any */
    double most, least;                                            /* NAN: not asked */
    bool by_value;
};

const char *gate_verdict_text(enum gate_verdict verdict)
{
    static const char *const text[] = {
        [GATE_MET] = "met",
        [GATE_NOT_ENOUGH] = "not enough evidence",
        [GATE_NOT_MET] = "not met",
    };
    return text[verdict];
}

size_t gate_count(const struct settings *plan)
{
    return settings_count(plan, "tolerances");
}

static double limit_or_nan(double limit)
{
    return limit == TOLERANCE_NONE ? (double)NAN : limit;
}

static struct tolerance tolerance_of(const struct settings *plan, size_t i)
{
    struct tolerance t = {
        .metric = fairness_metric_find(settings_text(plan, "tolerances[%zu].metric", i)),
        .task = settings_text(plan, "tolerances[%zu].task", i),
        .attribute = settings_text(plan, "tolerances[%zu].attribute", i),
        .representation = settings_text(plan, "tolerances[%zu].representation", i),
        .probe = settings_text(plan, "tolerances[%zu].probe", i),
        .group = settings_text(plan, "tolerances[%zu].group", i),
        .threshold = settings_real(plan, "tolerances[%zu].threshold", i),
        .most = limit_or_nan(settings_real(plan, "tolerances[%zu].most", i)),
        .least = limit_or_nan(settings_real(plan, "tolerances[%zu].least", i)),
        .by_value = strcmp(settings_text(plan, "tolerances[%zu].rule", i), "value") == 0,
    };
    must(t.metric != NULL);
    must(isnan(t.most) != isnan(t.least));
    return t;
}

static bool asks(const char *wanted, const char *have)
{
    return wanted[0] == '\0' || strcmp(wanted, have) == 0;
}

/* "stage" asks "stage" and "stage=2/1". */
static bool asks_task(const char *wanted, const char *have)
{
    size_t len = strlen(wanted);
    return asks(wanted, have) || (strncmp(wanted, have, len) == 0 && have[len] == '=');
}

static bool asks_panel(const struct tolerance *t, const struct panel *p)
{
    return asks_task(t->task, p->task) && asks(t->attribute, p->attribute) &&
           asks(t->representation, p->representation) && asks(t->probe, p->probe);
}

static bool asks_measure(const struct tolerance *t, const struct fairness_measure *m)
{
    bool any_group = t->group[0] == '\0' && t->metric->about == ABOUT_ONE;
    return strcmp(m->metric, t->metric->name) == 0 &&
           (any_group || strcmp(m->group, t->group) == 0) &&
           (t->threshold == TOLERANCE_EVERY || m->threshold == t->threshold);
}

/* The values between which a number keeps the limit or not: its interval, or itself. */
static enum gate_verdict verdict_of(const struct tolerance *t, const struct fairness_measure *m)
{
    double lo = t->by_value ? m->value : m->lo, hi = t->by_value ? m->value : m->hi;
    if (m->withheld || isnan(m->value) || isnan(lo) || isnan(hi))
        return GATE_NOT_ENOUGH;
    if (isnan(t->least))
        return hi <= t->most ? GATE_MET : lo > t->most ? GATE_NOT_MET : GATE_NOT_ENOUGH;
    return lo >= t->least ? GATE_MET : hi < t->least ? GATE_NOT_MET : GATE_NOT_ENOUGH;
}

#define LIMIT_MAX 32

/* "at most .100" */
static void limit_text(char out[static LIMIT_MAX], const struct tolerance *t)
{
    char figure[TEXT_FIGURE_MAX];
    text_figure(figure, isnan(t->least) ? t->most : t->least);
    snprintf(out, LIMIT_MAX, "%s %s", isnan(t->least) ? "at most" : "at least", figure);
}

/* Why groups could not differ in this, whatever the predictor does to them; NULL: they could. */
static const char *degenerate_of(const struct tolerance *t, const struct panel *p,
                                 const struct fairness_measure *m)
{
    if (t->metric->about == ABOUT_GROUPS)
        return NULL;
    if (p->degenerate)
        return "kept by construction, as the predictor is degenerate: everybody has one score";
    const struct fairness_measure *selected =
        fairness_find(&p->fairness, "selection_rate", "", "", m->threshold);
    if (selected != NULL && (selected->value == 0 || selected->value == 1))
        return selected->value == 0
                   ? "kept by construction, as the predictor is degenerate there: nobody is "
                     "selected"
                   : "kept by construction, as the predictor is degenerate there: everybody is "
                     "selected";
    return NULL;
}

/* How the number stands to the limit, after "... is wanted: ". */
static const char *reason_of(const struct tolerance *t, const struct fairness_measure *m,
                             enum gate_verdict verdict)
{
    if (t->by_value)
        return verdict == GATE_MET ? "the value keeps it" : "the value is beyond it";
    if (verdict == GATE_MET)
        return "the whole interval keeps it";
    if (verdict == GATE_NOT_MET)
        return "the whole interval is beyond it";
    return isnan(m->lo) || isnan(m->hi) ? "without an interval nobody can tell"
                                        : "the limit lies inside the interval";
}

static void say(struct gate *g, const struct tolerance *t, const struct fairness_measure *m,
                const char *degenerate)
{
    char limit[LIMIT_MAX], value[PANEL_NUMBER_MAX];
    limit_text(limit, t);
    panel_number(value, m);
    if (m->withheld || isnan(m->value)) {
        snprintf(g->why, sizeof(g->why), "%s is %s; %s is wanted", g->metric,
                 m->why[0] != '\0' ? m->why : "not estimable", limit);
        return;
    }
    snprintf(g->why, sizeof(g->why), "%s is %s; %s is wanted: %s%s%s%s", g->metric, value, limit,
             degenerate != NULL ? degenerate : reason_of(t, m, g->verdict),
             m->why[0] != '\0' ? " (" : "", m->why, m->why[0] != '\0' ? ")" : "");
}

static struct gate gate_of(const struct tolerance *t)
{
    struct gate g = {
        .representation = "",
        .probe = "",
        .metric = t->metric->name,
        .threshold = t->threshold == TOLERANCE_EVERY ? (double)NAN : t->threshold,
        .most = t->most,
        .least = t->least,
        .rule = t->by_value ? "value" : "interval",
        .value = (double)NAN,
        .lo = (double)NAN,
        .hi = (double)NAN,
        .verdict = GATE_NOT_ENOUGH,
    };
    snprintf(g.task, sizeof(g.task), "%s", t->task);
    snprintf(g.attribute, sizeof(g.attribute), "%s", t->attribute);
    snprintf(g.group, sizeof(g.group), "%s", t->group);
    return g;
}

static struct gate gate_of_panel(const struct tolerance *t, const struct panel *p)
{
    struct gate g = gate_of(t);
    snprintf(g.task, sizeof(g.task), "%s", p->task);
    snprintf(g.attribute, sizeof(g.attribute), "%s", p->attribute);
    g.representation = p->representation;
    g.probe = p->probe;
    return g;
}

static struct gate judge_measure(const struct tolerance *t, const struct panel *p,
                                 const struct fairness_measure *m)
{
    struct gate g = gate_of_panel(t, p);
    snprintf(g.group, sizeof(g.group), "%s", m->group);
    snprintf(g.other, sizeof(g.other), "%s", m->other);
    g.threshold = m->threshold;
    g.value = m->value;
    g.lo = m->lo;
    g.hi = m->hi;
    g.verdict = verdict_of(t, m);
    const char *degenerate = g.verdict == GATE_MET ? degenerate_of(t, p, m) : NULL;
    if (degenerate != NULL)
        g.verdict = GATE_NOT_ENOUGH;
    say(&g, t, m, degenerate);
    return g;
}

/* How far beyond the limit; the less, the more it keeps it. A number that is none is the farthest. */
static double excess_of(const struct gate *g)
{
    bool by_value = strcmp(g->rule, "value") == 0;
    double lo = by_value ? g->value : g->lo, hi = by_value ? g->value : g->hi;
    double excess = isnan(g->least) ? hi - g->most : g->least - lo;
    return isnan(excess) ? HUGE_VAL : excess;
}

static void keep_worse(struct gate *worst, bool *any, const struct gate *g)
{
    if (!*any || g->verdict > worst->verdict ||
        (g->verdict == worst->verdict && excess_of(g) > excess_of(worst)))
        *worst = *g;
    *any = true;
}

/* What a panel says that has no such number: it is withheld, or of nobody here. */
static struct gate judge_absence(const struct tolerance *t, const struct panel *p)
{
    struct gate g = gate_of_panel(t, p);
    const struct fairness_measure *n = fairness_find(&p->fairness, "n", t->group, "", (double)NAN);
    char limit[LIMIT_MAX];
    limit_text(limit, t);
    bool unknown = t->group[0] != '\0' && n == NULL;
    snprintf(g.why, sizeof(g.why), "%s is not shown: %s; %s is wanted", g.metric,
             unknown                    ? "the attribute has no such group"
             : n == NULL || n->withheld ? "it would rest on too few"
                                        : "the run has no such number",
             limit);
    return g;
}

static void judge_panel(struct gate *worst, bool *any, const struct tolerance *t,
                        const struct panel *p)
{
    bool met = false;
    for (size_t i = 0; i < p->fairness.count; i++) {
        if (!asks_measure(t, &p->fairness.measure[i]))
            continue;
        struct gate g = judge_measure(t, p, &p->fairness.measure[i]);
        keep_worse(worst, any, &g);
        met = true;
    }
    if (met)
        return;
    struct gate g = judge_absence(t, p);
    keep_worse(worst, any, &g);
}

void gate_judge(struct gate *gates, const struct settings *plan, const struct panel *panels,
                size_t panel_count)
{
    for (size_t i = 0; i < gate_count(plan); i++) {
        struct tolerance t = tolerance_of(plan, i);
        bool any = false;
        gates[i] = gate_of(&t);
        snprintf(gates[i].why, sizeof(gates[i].why),
                 "%s was evaluated for nothing that this tolerance is about", t.metric->name);
        for (size_t p = 0; p < panel_count; p++)
            if (asks_panel(&t, &panels[p]))
                judge_panel(&gates[i], &any, &t, &panels[p]);
    }
}
