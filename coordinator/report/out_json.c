#include "coordinator/report/out_json.h"

#include <math.h>

void out_count(struct json *object, const char *key, double v)
{
    if (isfinite(v) && fabs(v) < 9e15)
        json_put_int(object, key, (int64_t)llround(v));
    else
        json_put_text(object, key, NULL);
}

void out_words(struct json *object, const char *key, const char *words)
{
    json_put_text(object, key, words == NULL || words[0] == '\0' ? NULL : words);
}

static struct json *run_of(const struct report *r)
{
    struct json *run = json_object();
    out_words(run, "id", r->run.id);
    out_words(run, "plan", r->run.plan);
    out_words(run, "plan_digest", r->run.plan_digest);
    out_words(run, "model_digest", r->run.model_digest);
    out_words(run, "model", r->run.model);
    json_put_int(run, "seed", r->run.seed);
    json_put_int(run, "rounds_planned", (int64_t)r->run.rounds_planned);
    json_put_int(run, "rounds_done", (int64_t)r->run.rounds_done);
    out_words(run, "aggregation", r->run.aggregation);
    out_words(run, "engine", r->run.engine);
    out_words(run, "version", r->run.version);
    struct json *overrides = json_object();
    for (size_t i = 0; i < r->override_count; i++)
        json_put_text(overrides, r->override[i].key, r->override[i].value);
    json_put(run, "overrides", overrides);
    return run;
}

/* [[first, last], ...] */
static struct json *missed_of(const struct report_site *site)
{
    struct json *spans = json_array();
    for (size_t i = 0; i < site->missed_count; i++) {
        struct json *span = json_array();
        json_add_real(span, (double)site->missed[i].first);
        json_add_real(span, (double)site->missed[i].last);
        json_add(spans, span);
    }
    return spans;
}

static struct json *sites_of(const struct report *r)
{
    struct json *sites = json_array();
    for (size_t i = 0; i < r->site_count; i++) {
        struct json *site = json_object();
        json_put_text(site, "name", r->site[i].name);
        out_words(site, "state", r->site[i].state);
        json_put_int(site, "rounds_joined", (int64_t)r->site[i].rounds_joined);
        json_put_int(site, "rounds_missed", (int64_t)r->site[i].rounds_missed);
        json_put(site, "missed", missed_of(&r->site[i]));
        json_add(sites, site);
    }
    return sites;
}

/* Of a representation that was compared with another; null else. */
static void put_change(struct json *row, const struct measure_change *c, double shown)
{
    if (c->from == NULL) {
        json_put_text(row, "change", NULL);
        return;
    }
    struct json *change = json_object();
    json_put_text(change, "from", c->from);
    json_put_real(change, "value", c->value * shown);
    json_put_real(change, "lo", c->lo * shown);
    json_put_real(change, "hi", c->hi * shown);
    out_words(change, "interval", c->interval);
    json_put(row, "change", change);
}

/* A withheld row says nothing that could be counted back: neither value nor rows. */
static struct json *measure_of(const struct measure *m)
{
    double shown = m->withheld ? (double)NAN : 1.0;
    struct json *row = json_object();
    json_put_text(row, m->leakage ? "attribute" : "task", m->target);
    json_put_text(row, "representation", m->representation);
    json_put_text(row, "probe", m->probe);
    json_put_text(row, "metric", m->metric);
    json_put_real(row, "value", m->value * shown);
    json_put_real(row, "lo", m->lo * shown);
    json_put_real(row, "hi", m->hi * shown);
    out_count(row, "rows", m->rows * shown);
    out_count(row, "patients", m->patients * shown);
    json_put_text(row, "split", m->split);
    out_words(row, "interval", m->interval);
    json_put_int(row, "seeds", (int64_t)m->seeds);
    put_change(row, &m->change, shown);
    json_put_bool(row, "withheld", m->withheld);
    out_words(row, "why", m->why);
    return row;
}

static struct json *measures_of(const struct report *r, bool leakage)
{
    struct json *rows = json_array();
    for (size_t i = 0; i < r->measure_count; i++)
        if (r->measure[i].leakage == leakage)
            json_add(rows, measure_of(&r->measure[i]));
    return rows;
}

static struct json *privacy_of(const struct report *r)
{
    struct json *privacy = json_object();
    out_words(privacy, "aggregation", r->run.aggregation);
    json_put_text(privacy, "mechanism", "none");
    json_put_text(privacy, "epsilon", NULL);
    json_put_text(privacy, "delta", NULL);
    json_put_text(privacy, "clip", NULL);
    json_put_text(privacy, "noise", NULL);
    json_put_int(privacy, "min_cell", r->min_cell);
    return privacy;
}

static struct json *history_of(const struct report *r)
{
    struct json *points = json_array();
    for (size_t i = 0; i < r->history_count; i++) {
        struct json *point = json_object();
        json_put_int(point, "round", (int64_t)r->history[i].round);
        json_put_text(point, "metric", r->history[i].metric);
        json_put_real(point, "value", r->history[i].value);
        json_add(points, point);
    }
    return points;
}

static struct json *traffic_of(const struct report *r)
{
    struct json *traffic = json_object();
    out_count(traffic, "bytes_up", r->traffic.bytes_up);
    out_count(traffic, "bytes_down", r->traffic.bytes_down);
    out_count(traffic, "bytes_model", r->traffic.bytes_model);
    return traffic;
}

static struct json *time_of(const struct report *r)
{
    struct json *time = json_object();
    json_put_real(time, "total_s", r->time.total_s);
    json_put_real(time, "train_s", r->time.train_s);
    json_put_real(time, "wait_s", r->time.wait_s);
    json_put_real(time, "aggregate_s", r->time.aggregate_s);
    json_put_real(time, "evaluate_s", r->time.evaluate_s);
    return time;
}

static struct json *memory_of(const struct report *r)
{
    struct json *memory = json_object();
    out_count(memory, "peak_bytes", r->memory_peak);
    return memory;
}

static struct json *checks_of(const struct report *r)
{
    struct json *checks = json_array();
    for (size_t i = 0; i < r->check_count; i++) {
        struct json *check = json_object();
        json_put_text(check, "name", r->check[i].name);
        json_put_bool(check, "ok", r->check[i].ok);
        out_words(check, "why", r->check[i].why);
        json_add(checks, check);
    }
    return checks;
}

struct json *report_json(const struct report *r)
{
    struct json *tree = json_object();
    json_put_text(tree, "schema", REPORT_SCHEMA);
    json_put(tree, "run", run_of(r));
    json_put(tree, "sites", sites_of(r));
    json_put(tree, "utility", measures_of(r, false));
    json_put(tree, "leakage", measures_of(r, true));
    json_put(tree, "fairness", out_fairness(r));
    json_put(tree, "figures", out_figures(r));
    json_put(tree, "gate", out_gates(r));
    json_put(tree, "attack", out_attack(r));
    json_put(tree, "privacy", privacy_of(r));
    json_put(tree, "history", history_of(r));
    json_put(tree, "traffic", traffic_of(r));
    json_put(tree, "time", time_of(r));
    json_put(tree, "memory", memory_of(r));
    json_put(tree, "checks", checks_of(r));
    if (r->frontier != NULL) {
        json_put(tree, "search", out_search(r->frontier));
        json_put(tree, "frontier", out_frontier(r->frontier));
    }
    return tree;
}
