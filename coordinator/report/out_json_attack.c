/* "attack": what came of poisoned labels, a row a number. */
#include <math.h>

#include "coordinator/report/out_json.h"

static struct json *row_of(const struct trial *t, const struct fairness_measure *m,
                           const char *rule)
{
    double shown = m->withheld ? (double)NAN : 1.0;
    struct json *row = json_object();
    json_put_text(row, "task", t->panel.task);
    json_put_text(row, "attribute", t->panel.attribute);
    json_put_text(row, "target", t->target);
    json_put_real(row, "rate", t->rate);
    json_put_text(row, "representation", t->panel.representation);
    json_put_text(row, "probe", t->panel.probe);
    json_put_text(row, "split", t->panel.split);
    out_words(row, "group", m->group);
    json_put_text(row, "metric", m->metric);
    out_words(row, "rule", rule);
    json_put_real(row, "threshold", m->threshold);
    json_put_real(row, "value", m->value * shown);
    json_put_real(row, "lo", m->lo * shown);
    json_put_real(row, "hi", m->hi * shown);
    out_words(row, "interval", m->withheld ? "" : m->interval);
    json_put_bool(row, "withheld", m->withheld);
    out_words(row, "why", m->why);
    return row;
}

static void add_rows(struct json *rows, const struct trial *t, const struct fairness_measure *m)
{
    const char *rule[2];
    size_t count = trial_tells(m) ? trial_rules(rule, t, m->threshold) : 0;
    for (size_t i = 0; i < count; i++)
        json_add(rows, row_of(t, m, rule[i]));
}

struct json *out_attack(const struct report *r)
{
    struct json *rows = json_array();
    for (size_t i = 0; i < r->trial_count; i++)
        for (size_t k = 0; k < r->trial[i].panel.fairness.count; k++)
            add_rows(rows, &r->trial[i], &r->trial[i].panel.fairness.measure[k]);
    return rows;
}
