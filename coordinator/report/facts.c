#include "coordinator/report/facts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/must.h"

const char *facts_text(const struct json *object, const char *key)
{
    return json_string(json_get(object, key), "-");
}

__attribute__((format(printf, 3, 4))) static void add(struct facts *f, const char *name,
                                                      const char *fmt, ...)
{
    must(f->count < FACTS_MAX);
    struct fact *fact = &f->fact[f->count++];
    fact->name = name;
    va_list args;
    va_start(args, fmt);
    vsnprintf(fact->text, sizeof(fact->text), fmt, args);
    va_end(args);
}

bool facts_whole(const struct json *site)
{
    return json_int(json_get(site, "rounds_missed"), 0) == 0 &&
           strcmp(facts_text(site, "state"), "done") == 0;
}

struct fact facts_missed(const struct json *site)
{
    const struct json *spans = json_get(site, "missed");
    struct fact fact = {.name = "missed"};
    size_t at = 0;
    for (size_t i = 0; i < json_count(spans); i++) {
        long long first = (long long)json_real(json_at(json_at(spans, i), 0), 0);
        long long last = (long long)json_real(json_at(json_at(spans, i), 1), 0);
        char span[64];
        if (first == last)
            snprintf(span, sizeof(span), "%lld", first);
        else
            snprintf(span, sizeof(span), "%lld to %lld", first, last);
        size_t len = strlen(span) + 2;
        if (at + len + sizeof(", ...") > sizeof(fact.text)) {
            snprintf(fact.text + at, sizeof(fact.text) - at, ", ...");
            break;
        }
        at += (size_t)snprintf(fact.text + at, sizeof(fact.text) - at, "%s%s", at > 0 ? ", " : "",
                               span);
    }
    return fact;
}

struct fact facts_sites(const struct json *report)
{
    const struct json *sites = json_get(report, "sites");
    size_t count = json_count(sites), whole = 0;
    for (size_t i = 0; i < count; i++)
        whole += facts_whole(json_at(sites, i)) ? 1 : 0;
    struct fact fact = {.name = "sites"};
    snprintf(fact.text, sizeof(fact.text), "%zu site%s, %zu of them in every round", count,
             count == 1 ? "" : "s", whole);
    return fact;
}

struct fact facts_checks(const struct json *report)
{
    const struct json *checks = json_get(report, "checks");
    size_t count = json_count(checks), held = 0;
    for (size_t i = 0; i < count; i++)
        held += json_bool(json_get(json_at(checks, i), "ok"), false) ? 1 : 0;
    struct fact fact = {.name = "checks"};
    if (count > 0)
        snprintf(fact.text, sizeof(fact.text), "%zu of %zu checks held", held, count);
    return fact;
}

const char *facts_plain(const struct json *report)
{
    bool plain = strcmp(facts_text(json_get(report, "privacy"), "aggregation"), "plain") == 0;
    return plain ? "updates are not masked, a coordinator could read each site's update" : NULL;
}

struct facts facts_privacy(const struct json *report)
{
    const struct json *privacy = json_get(report, "privacy");
    const char *plain = facts_plain(report), *mechanism = facts_text(privacy, "mechanism");
    int64_t min_cell = json_int(json_get(privacy, "min_cell"), 1);
    struct facts f = {0};
    add(&f, "aggregation", "%s%s%s", facts_text(privacy, "aggregation"), plain == NULL ? "" : "; ",
        plain == NULL ? "" : plain);
    add(&f, "noise", "%s",
        strcmp(mechanism, "none") == 0 ? "none is added, no epsilon is claimed" : mechanism);
    add(&f, "small cells", "counts from 1 to %lld are withheld",
        (long long)(min_cell > 0 ? min_cell - 1 : 0));
    return f;
}

struct facts facts_time(const struct json *report)
{
    static const struct {
        const char *key, *name;
    } rows[] = {{"total_s", "total"},
                {"train_s", "train"},
                {"evaluate_s", "evaluate"},
                {"aggregate_s", "aggregate"},
                {"wait_s", "wait"}};
    struct facts f = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char figure[WORDS_FIGURE_MAX];
        words_seconds(figure,
                      json_real(json_get(json_get(report, "time"), rows[i].key), (double)NAN));
        add(&f, rows[i].name, "%s", figure);
    }
    char figure[WORDS_FIGURE_MAX];
    words_bytes(figure, json_real(json_get(json_get(report, "memory"), "peak_bytes"), (double)NAN));
    add(&f, "memory", "%s at most", figure);
    return f;
}

struct facts facts_traffic(const struct json *report)
{
    static const struct {
        const char *key, *name;
    } rows[] = {{"bytes_up", "up"}, {"bytes_down", "down"}, {"bytes_model", "one model"}};
    struct facts f = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char figure[WORDS_FIGURE_MAX];
        words_bytes(figure,
                    json_real(json_get(json_get(report, "traffic"), rows[i].key), (double)NAN));
        add(&f, rows[i].name, "%s", figure);
    }
    return f;
}

struct facts facts_provenance(const struct json *report, size_t digest_shown)
{
    const struct json *run = json_get(report, "run");
    int digits = digest_shown > FACT_TEXT_MAX ? FACT_TEXT_MAX : (int)digest_shown;
    struct facts f = {0};
    add(&f, "run", "%s", facts_text(run, "id"));
    add(&f, "plan", "%s", facts_text(run, "plan"));
    add(&f, "plan digest", "%.*s", digits, facts_text(run, "plan_digest"));
    add(&f, "model", "%s", facts_text(run, "model"));
    add(&f, "model digest", "%.*s", digits, facts_text(run, "model_digest"));
    add(&f, "seed", "%lld", (long long)json_int(json_get(run, "seed"), 0));
    add(&f, "rounds", "%lld of %lld", (long long)json_int(json_get(run, "rounds_done"), 0),
        (long long)json_int(json_get(run, "rounds_planned"), 0));
    add(&f, "engine", "%s", facts_text(run, "engine"));
    add(&f, "version", "%s", facts_text(run, "version"));
    return f;
}

struct fact facts_leakage(const struct measure_rows *leakage)
{
    return (struct fact){rows_compare(leakage) ? "Leakage, before and after" : "Leakage",
                         "held-out patients; lower is less to read"};
}

struct fact facts_utility(const struct measure_rows *utility)
{
    return (struct fact){rows_compare(utility) ? "Utility, before and after" : "Utility",
                         "held-out patients; higher is more to use"};
}

/* "sex .587, stage=2/1 .700": behind what fact->text says up to `at`; cut with "..." where it does
 * not fit. */
static size_t add_majority(struct fact *fact, size_t at, const struct measure_rows *rows,
                           bool in_sample, const char *metric, const char *opening)
{
    for (size_t i = 0; i < json_count(rows->list); i++) {
        const struct json *m = json_at(rows->list, i);
        if (!rows_majority(m, in_sample, metric))
            continue;
        char figure[WORDS_FIGURE_MAX];
        words_figure(figure, rows_value(m, "value"));
        char item[FACT_TEXT_MAX];
        snprintf(item, sizeof(item), "%s%s %s", opening, facts_text(m, rows->target_key), figure);
        if (at + strlen(item) + sizeof(", ...") > sizeof(fact->text))
            return at + (size_t)snprintf(fact->text + at, sizeof(fact->text) - at, ", ...");
        at += (size_t)snprintf(fact->text + at, sizeof(fact->text) - at, "%s", item);
        opening = ", ";
    }
    return at;
}

struct fact facts_majority(const struct measure_rows *rows, bool in_sample)
{
    struct fact fact = {.name = ""};
    size_t at = add_majority(&fact, 0, rows, in_sample, "accuracy",
                             "The same answer for everybody has AUC .5, and accuracy: ");
    add_majority(&fact, at, rows, in_sample, "r2",
                 at > 0 ? "; r2: " : "The same answer for everybody has r2: ");
    return fact;
}

struct fact facts_changes(void)
{
    return (struct fact){"Change from the original",
                         "same patients and probe; paired 95 % interval"};
}

static bool has_split(const struct measure_rows *rows, const char *split)
{
    for (size_t i = 0; i < rows->count; i++)
        for (size_t rep = 0; rep < REP_COUNT; rep++)
            if (strcmp(json_string(json_get(rows->row[i].cell[rep], "split"), ""), split) == 0)
                return true;
    return false;
}

struct fact facts_in_sample(const struct measure_rows *leakage, const struct measure_rows *utility)
{
    if (has_split(leakage, "valid") || has_split(utility, "valid"))
        return (struct fact){"On validation patients",
                             "settings are chosen by these, and look better here than they are; no "
                             "evidence of anything"};
    return (struct fact){"In-sample (compatibility)",
                         "in-sample, not evidence of utility: probes were fitted to the rows they "
                         "are scored on"};
}

static bool has_metric(const struct measure_rows *rows, const char *metric)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->row[i].metric, metric) == 0)
            return true;
    return false;
}

/* The largest count of fresh probes behind a number, or least when that is larger. */
static int64_t seeds_of(const struct measure_rows *rows, int64_t least)
{
    int64_t most = least;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t rep = 0; rep < REP_COUNT; rep++) {
            const struct json *cell = rows->row[i].cell[rep];
            int64_t seeds = cell == NULL ? 0 : json_int(json_get(cell, "seeds"), 0);
            most = seeds > most ? seeds : most;
        }
    return most;
}

struct facts facts_reading(const struct measure_rows *leakage, const struct measure_rows *utility)
{
    struct facts f = {0};
    if (leakage->count + utility->count == 0)
        return f;
    int64_t seeds = seeds_of(leakage, seeds_of(utility, 1));
    add(&f, "",
        "AUC .5 or r2 0 (and less): a probe reads nothing; 1: everything. [lo hi]: 95 %% "
        "interval.");
    if (has_metric(utility, "accuracy") || has_metric(leakage, "accuracy"))
        add(&f, "", "accuracy: compare it with naming the largest class for everybody.");
    if (seeds > 1)
        add(&f, "", "Each number is the mean of %lld fresh probes.", (long long)seeds);
    if (rows_any(leakage, false, ROWS_CHANGES) || rows_any(utility, false, ROWS_CHANGES))
        add(&f, "",
            "A change whose interval holds 0 was not shown; nor was it shown that nothing "
            "changed: the interval says how much may have.");
    add(&f, "", "Resistance to these probes does not imply resistance to others.");
    return f;
}

static struct course *course_of(struct course *courses, size_t count, const char *metric)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(courses[i].metric, metric) == 0)
            return &courses[i];
    return NULL;
}

static void extend(struct course *course, const struct json *point)
{
    double value = json_real(json_get(point, "value"), (double)NAN);
    if (isnan(value))
        return;
    course->last_round = json_int(json_get(point, "round"), 0);
    course->last = value;
    if (course->points == 0) {
        course->first_round = course->last_round;
        course->first = value;
    }
    course->lowest = fmin(course->lowest, value); /* fmin passes NAN over */
    course->highest = fmax(course->highest, value);
    course->points++;
}

/* The ends of another metric's interval. */
static bool is_band(const char *metric)
{
    return strncmp(metric, "lo.", 3) == 0 || strncmp(metric, "hi.", 3) == 0;
}

size_t facts_courses(struct course *courses, size_t max, const struct json *report)
{
    const struct json *history = json_get(report, "history");
    const double none = (double)NAN;
    size_t count = 0;
    for (size_t i = 0; i < json_count(history); i++) {
        const char *metric = facts_text(json_at(history, i), "metric");
        if (is_band(metric))
            continue;
        struct course *course = course_of(courses, count, metric);
        if (course == NULL && count < max) {
            course = &courses[count++];
            *course = (struct course){
                .metric = metric, .first = none, .last = none, .lowest = none, .highest = none};
        }
        if (course != NULL)
            extend(course, json_at(history, i));
    }
    return count;
}
