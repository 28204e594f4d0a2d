#include "coordinator/report/out_json.h"

#include <math.h>
#include <string.h>

static void put_panel(struct json *object, const struct panel *p)
{
    json_put_text(object, "task", p->task);
    json_put_text(object, "attribute", p->attribute);
    json_put_text(object, "representation", p->representation);
    json_put_text(object, "probe", p->probe);
    json_put_text(object, "split", p->split);
    json_put_text(object, "unit", p->unit);
}

/* A withheld number says nothing that could be counted back. */
static void put_number(struct json *object, const struct fairness_measure *m)
{
    double shown = m->withheld ? (double)NAN : 1.0;
    json_put_real(object, "value", m->value * shown);
    json_put_real(object, "lo", m->lo * shown);
    json_put_real(object, "hi", m->hi * shown);
    out_words(object, "interval", m->withheld ? "" : m->interval);
}

static void put_basis(struct json *object, const struct fairness_measure *m)
{
    double shown = m->withheld ? (double)NAN : 1.0;
    out_count(object, "rows", m->rows * shown);
    out_count(object, "positives", m->positives * shown);
}

static bool same_threshold(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b;
}

static bool same_row(const struct fairness_measure *a, const struct fairness_measure *b)
{
    return strcmp(a->metric, b->metric) == 0 && strcmp(a->other, b->other) == 0 &&
           same_threshold(a->threshold, b->threshold);
}

static struct json *group_of(const struct fairness_measure *m)
{
    struct json *group = json_object();
    json_put_text(group, "group", m->group);
    put_basis(group, m);
    json_put_text(group, "metric", m->metric);
    put_number(group, m);
    json_put_bool(group, "suppressed", m->withheld);
    out_words(group, "why", m->why);
    return group;
}

/* What stands in a row of a metric that only groups have. */
static const struct fairness_measure nobodys = {.group = "",
                                                .interval = "",
                                                .lowest = "",
                                                .highest = "",
                                                .value = (double)NAN,
                                                .lo = (double)NAN,
                                                .hi = (double)NAN,
                                                .noise_floor = (double)NAN,
                                                .rows = (double)NAN,
                                                .positives = (double)NAN};

/* The row that measure `first` of a panel begins, with all that belongs to it. */
static struct json *row_of(const struct panel *p, size_t first)
{
    const struct fairness_measure *measure = p->fairness.measure, *whole = &nobodys;
    struct json *row = json_object(), *groups = json_array();
    for (size_t i = first; i < p->fairness.count; i++) {
        if (!same_row(&measure[i], &measure[first]))
            continue;
        if (measure[i].group[0] == '\0')
            whole = &measure[i];
        else
            json_add(groups, group_of(&measure[i]));
    }
    put_panel(row, p);
    json_put_text(row, "metric", measure[first].metric);
    out_words(row, "other", measure[first].other);
    json_put_real(row, "threshold", measure[first].threshold);
    put_number(row, whole);
    json_put_real(row, "noise_floor", whole->withheld ? (double)NAN : whole->noise_floor);
    out_words(row, "lowest", whole->lowest);
    out_words(row, "highest", whole->highest);
    put_basis(row, whole);
    json_put_bool(row, "withheld", whole->withheld);
    out_words(row, "why", whole->why);
    json_put(row, "groups", groups);
    return row;
}

static bool begins_a_row(const struct panel *p, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (same_row(&p->fairness.measure[i], &p->fairness.measure[at]))
            return false;
    return true;
}

struct json *out_fairness(const struct report *r)
{
    struct json *rows = json_array();
    for (size_t i = 0; i < r->panel_count; i++)
        for (size_t at = 0; at < r->panel[i].fairness.count; at++)
            if (begins_a_row(&r->panel[i], at))
                json_add(rows, row_of(&r->panel[i], at));
    return rows;
}

static void add_numbers(struct json *list, const double *number, size_t count)
{
    struct json *numbers = json_array();
    for (size_t i = 0; i < count; i++)
        json_add_real(numbers, number[i]);
    json_add(list, numbers);
}

static struct json *curve_of(const struct curve *c)
{
    struct json *curve = json_object(), *roc = json_array(), *calibration = json_array();
    for (size_t i = 0; i < c->points; i++) {
        const struct curve_point *p = &c->point[i];
        const double numbers[] = {p->threshold, p->fpr, p->tpr, p->selection_rate, p->ppv};
        add_numbers(roc, numbers, COUNT(numbers));
    }
    for (size_t i = 0; i < c->bins; i++) {
        const struct curve_bin *b = &c->bin[i];
        const double numbers[] = {b->from, b->to, b->score, b->observed, b->lo, b->hi, b->rows};
        add_numbers(calibration, numbers, COUNT(numbers));
    }
    json_put_text(curve, "group", c->group);
    json_put(curve, "roc", roc);
    json_put(curve, "calibration", calibration);
    return curve;
}

static struct json *figure_of(const struct panel *p)
{
    struct json *figure = json_object(), *notes = json_array(), *withheld = json_array();
    struct json *curves = json_array();
    for (size_t i = 0; i < p->notes; i++)
        json_add_text(notes, p->note[i]);
    for (size_t i = 0; i < p->fairness.count; i++) {
        const struct fairness_measure *m = &p->fairness.measure[i];
        if (m->withheld && strcmp(m->metric, "n") == 0)
            json_add_text(withheld, m->group);
    }
    for (size_t i = 0; i < p->curves.count; i++)
        json_add(curves, curve_of(&p->curves.curve[i]));
    put_panel(figure, p);
    json_put(figure, "notes", notes);
    json_put(figure, "withheld", withheld);
    json_put_real(figure, "unknown", p->unknown);
    json_put(figure, "curves", curves);
    return figure;
}

struct json *out_figures(const struct report *r)
{
    struct json *figures = json_array();
    for (size_t i = 0; i < r->panel_count; i++)
        json_add(figures, figure_of(&r->panel[i]));
    return figures;
}

static struct json *gate_of(const struct gate *g)
{
    struct json *gate = json_object();
    out_words(gate, "task", g->task);
    out_words(gate, "attribute", g->attribute);
    out_words(gate, "representation", g->representation);
    out_words(gate, "probe", g->probe);
    json_put_text(gate, "metric", g->metric);
    out_words(gate, "group", g->group);
    out_words(gate, "other", g->other);
    json_put_real(gate, "threshold", g->threshold);
    json_put_real(gate, "most", g->most);
    json_put_real(gate, "least", g->least);
    json_put_text(gate, "rule", g->rule);
    json_put_real(gate, "value", g->value);
    json_put_real(gate, "lo", g->lo);
    json_put_real(gate, "hi", g->hi);
    json_put_text(gate, "verdict", gate_verdict_text(g->verdict));
    out_words(gate, "why", g->why);
    return gate;
}

struct json *out_gates(const struct report *r)
{
    struct json *gates = json_array();
    for (size_t i = 0; i < r->gate_count; i++)
        json_add(gates, gate_of(&r->gate[i]));
    return gates;
}
