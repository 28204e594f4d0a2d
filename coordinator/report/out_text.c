#include <math.h>
#include <string.h>

#include "coordinator/report/report.h"
#include "coordinator/report/rows.h"
#include "coordinator/report/verdict.h"
#include "coordinator/report/words.h"

#define LINE_MAX_BYTES 4096
#define DIGEST_SHOWN   12 /* hex digits of a digest in a text; the whole one is in report.json */
#define HISTORY_SHOWN  24

static const char *text_of(const struct json *object, const char *key)
{
    return json_string(json_get(object, key), "-");
}

static size_t add(char line[static LINE_MAX_BYTES], size_t at, const char *between,
                  const char *text)
{
    if (at < LINE_MAX_BYTES)
        at +=
            (size_t)snprintf(line + at, LINE_MAX_BYTES - at, "%s%s", at == 0 ? "" : between, text);
    return at;
}

static bool joined_all(const struct json *site)
{
    return json_int(json_get(site, "rounds_missed"), 0) == 0 &&
           strcmp(text_of(site, "state"), "done") == 0;
}

static void print_sites(FILE *to, const struct json *report, size_t width)
{
    const struct json *sites = json_get(report, "sites");
    char line[LINE_MAX_BYTES] = "";
    size_t all = 0, at = 0;
    for (size_t i = 0; i < json_count(sites); i++) {
        const struct json *site = json_at(sites, i);
        if (!joined_all(site))
            continue;
        at = add(line, at, ", ", text_of(site, "name"));
        all++;
    }
    fprintf(to, "\nWho took part\n");
    char head[128];
    snprintf(head, sizeof(head), "%zu site%s, %zu of them in every round%s", json_count(sites),
             json_count(sites) == 1 ? "" : "s", all, all > 0 ? ":" : "");
    words_wrap(to, head, 2, width);
    if (all > 0)
        words_wrap(to, line, 4, width);
    for (size_t i = 0; i < json_count(sites); i++) {
        const struct json *site = json_at(sites, i);
        if (joined_all(site))
            continue;
        snprintf(line, sizeof(line), "%s: %s, joined %lld rounds, missed %lld",
                 text_of(site, "name"), text_of(site, "state"),
                 (long long)json_int(json_get(site, "rounds_joined"), 0),
                 (long long)json_int(json_get(site, "rounds_missed"), 0));
        words_wrap(to, line, 2, width);
    }
}

/* More than the originals: only then there is a before and an after. */
static bool compares(const struct measure_rows *rows)
{
    return rows_have(rows, REP_DEBIASED, false) || rows_have(rows, REP_ERASURE, false);
}

static bool any_row(const struct measure_rows *rows, bool in_sample)
{
    for (size_t rep = 0; rep < REP_COUNT; rep++)
        if (rows_have(rows, (enum representation)rep, in_sample))
            return true;
    return false;
}

static void print_tables(FILE *to, const struct measure_rows *leakage,
                         const struct measure_rows *utility, size_t width)
{
    if (any_row(leakage, false)) {
        fprintf(to, "\nLeakage%s (held-out patients; lower is less to read)\n",
                compares(leakage) ? ", before and after" : "");
        rows_print(to, leakage, false, "attribute", width);
    }
    if (any_row(utility, false)) {
        fprintf(to, "\nUtility%s (held-out patients; higher is more to use)\n",
                compares(utility) ? ", before and after" : "");
        rows_print(to, utility, false, "task", width);
    }
    if (!any_row(leakage, true) && !any_row(utility, true))
        return;
    fprintf(to, "\nIn-sample (compatibility): scored on the rows the probes were fitted to; no "
                "evidence of anything\n");
    rows_print(to, leakage, true, "attribute", width);
    rows_print(to, utility, true, "task", width);
}

static bool has_metric(const struct measure_rows *rows, const char *metric)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->row[i].metric, metric) == 0)
            return true;
    return false;
}

/* The largest count of fresh probes behind a number. */
static int64_t seeds_of(const struct measure_rows *rows)
{
    int64_t most = 0;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t rep = 0; rep < REP_COUNT; rep++) {
            const struct json *cell = rows->row[i].cell[rep];
            int64_t seeds = cell == NULL ? 0 : json_int(json_get(cell, "seeds"), 0);
            most = seeds > most ? seeds : most;
        }
    return most;
}

static void print_reading(FILE *to, const struct measure_rows *leakage,
                          const struct measure_rows *utility, size_t width)
{
    if (leakage->count + utility->count == 0)
        return;
    char line[LINE_MAX_BYTES];
    int64_t seeds = seeds_of(leakage) > seeds_of(utility) ? seeds_of(leakage) : seeds_of(utility);
    fprintf(to, "\nHow to read this\n");
    words_wrap(
        to,
        "AUC .5 or r2 0 (and less): a probe reads nothing; 1: everything. [lo hi]: 95 % interval.",
        2, width);
    if (has_metric(utility, "accuracy") || has_metric(leakage, "accuracy"))
        words_wrap(to, "accuracy: compare it with naming the largest class for everybody.", 2,
                   width);
    if (seeds > 1) {
        snprintf(line, sizeof(line), "Each number is the mean of %lld fresh probes.",
                 (long long)seeds);
        words_wrap(to, line, 2, width);
    }
    words_wrap(to, "Resistance to these probes does not imply resistance to others.", 2, width);
}

/* "recon .920 > .410": the first and the last value of a metric. */
static size_t add_course(char line[static LINE_MAX_BYTES], size_t at, const struct json *history,
                         size_t first)
{
    const char *metric = text_of(json_at(history, first), "metric");
    double from = (double)NAN, to = (double)NAN;
    for (size_t i = first; i < json_count(history); i++) {
        const struct json *point = json_at(history, i);
        if (strcmp(text_of(point, "metric"), metric) != 0)
            continue;
        to = json_real(json_get(point, "value"), (double)NAN);
        from = i == first ? to : from;
    }
    char text[256], start[WORDS_FIGURE_MAX], end[WORDS_FIGURE_MAX];
    words_figure(start, from);
    words_figure(end, to);
    snprintf(text, sizeof(text), "%s %s > %s", metric, start, end);
    return add(line, at, ", ", text);
}

static void print_history(FILE *to, const struct json *report, size_t width)
{
    const struct json *history = json_get(report, "history");
    char line[LINE_MAX_BYTES] = "";
    size_t at = 0, metrics = 0;
    for (size_t i = 0; i < json_count(history) && metrics < HISTORY_SHOWN; i++) {
        bool new = true;
        for (size_t j = 0; j < i && new; j++)
            new = strcmp(text_of(json_at(history, i), "metric"),
                         text_of(json_at(history, j), "metric")) != 0;
        if (!new)
            continue;
        at = add_course(line, at, history, i);
        metrics++;
    }
    if (metrics == 0)
        return;
    fprintf(to, "\nTraining (first > last)\n");
    words_wrap(to, line, 2, width);
}

static void print_checks(FILE *to, const struct json *report, size_t width)
{
    const struct json *checks = json_get(report, "checks");
    if (json_count(checks) == 0)
        return;
    fprintf(to, "\nChecks\n");
    for (size_t i = 0; i < json_count(checks); i++) {
        const struct json *check = json_at(checks, i);
        const char *why = json_string(json_get(check, "why"), "");
        char line[LINE_MAX_BYTES];
        snprintf(line, sizeof(line), "%s%s%s", text_of(check, "name"), why[0] == '\0' ? "" : ": ",
                 why);
        bool ok = json_bool(json_get(check, "ok"), false);
        words_hang(to, ok ? "  ok    " : "  FAIL  ", line, 8, width);
    }
}

static void print_privacy(FILE *to, const struct json *report, size_t width)
{
    const struct json *privacy = json_get(report, "privacy");
    char line[LINE_MAX_BYTES];
    bool plain = strcmp(text_of(privacy, "aggregation"), "plain") == 0;
    bool noise = strcmp(text_of(privacy, "mechanism"), "none") != 0;
    int64_t min_cell = json_int(json_get(privacy, "min_cell"), 1);
    snprintf(line, sizeof(line), "aggregation %s%s; %s; counts from 1 to %lld are withheld",
             text_of(privacy, "aggregation"),
             plain ? ": updates are not masked, a coordinator could read each site's" : "",
             noise ? text_of(privacy, "mechanism") : "no noise is added, no epsilon is claimed",
             (long long)(min_cell > 0 ? min_cell - 1 : 0));
    fprintf(to, "\nPrivacy\n");
    words_wrap(to, line, 2, width);
}

static void print_cost(FILE *to, const struct json *report, size_t width)
{
    static const struct {
        const char *key, *name;
    } times[] = {{"total_s", "total"},
                 {"train_s", "train"},
                 {"evaluate_s", "evaluate"},
                 {"aggregate_s", "aggregate"},
                 {"wait_s", "wait"}},
      bytes[] = {{"bytes_up", "up"}, {"bytes_down", "down"}, {"bytes_model", "one model"}};
    const struct json *time = json_get(report, "time"), *traffic = json_get(report, "traffic");
    char line[LINE_MAX_BYTES] = "", figure[WORDS_FIGURE_MAX], part[64];
    size_t at = 0;
    for (size_t i = 0; i < COUNT(times); i++) {
        words_seconds(figure, json_real(json_get(time, times[i].key), (double)NAN));
        snprintf(part, sizeof(part), "%s %s", times[i].name, figure);
        at = add(line, at, ", ", part);
    }
    for (size_t i = 0; i < COUNT(bytes); i++) {
        words_bytes(figure, json_real(json_get(traffic, bytes[i].key), (double)NAN));
        snprintf(part, sizeof(part), "%s %s", bytes[i].name, figure);
        at = add(line, at, i == 0 ? "; traffic " : ", ", part);
    }
    fprintf(to, "\nTime and traffic\n");
    words_wrap(to, line, 2, width);
}

static void print_provenance(FILE *to, const struct json *report, size_t width)
{
    const struct json *run = json_get(report, "run");
    const struct json *overrides = json_get(run, "overrides");
    char line[LINE_MAX_BYTES];
    snprintf(line, sizeof(line),
             "run %s, plan %s %.*s, model %s %.*s, seed %lld, %lld of %lld rounds, engine %s, "
             "version %s",
             text_of(run, "id"), text_of(run, "plan"), DIGEST_SHOWN, text_of(run, "plan_digest"),
             text_of(run, "model"), DIGEST_SHOWN, text_of(run, "model_digest"),
             (long long)json_int(json_get(run, "seed"), 0),
             (long long)json_int(json_get(run, "rounds_done"), 0),
             (long long)json_int(json_get(run, "rounds_planned"), 0), text_of(run, "engine"),
             text_of(run, "version"));
    fprintf(to, "\nProvenance\n");
    words_wrap(to, line, 2, width);
    for (size_t i = 0; i < json_count(overrides); i++) {
        const char *key = json_key_at(overrides, i);
        snprintf(line, sizeof(line), "not as in the plan's file: %s = %s", key,
                 text_of(overrides, key));
        words_wrap(to, line, 2, width);
    }
}

enum status report_text(FILE *to, const struct json *report, size_t width)
{
    enum status st = report_judge(report);
    if (st != ST_OK)
        return st;
    width = width < 80 ? 80 : width;
    struct measure_rows leakage, utility;
    rows_open(&leakage, report, "leakage", "attribute");
    rows_open(&utility, report, "utility", "task");
    verdict_warning(to, report, width);
    verdict_print(to, &leakage, &utility, width);
    print_sites(to, report, width);
    print_tables(to, &leakage, &utility, width);
    print_reading(to, &leakage, &utility, width);
    print_history(to, report, width);
    print_checks(to, report, width);
    print_privacy(to, report, width);
    print_cost(to, report, width);
    print_provenance(to, report, width);
    rows_close(&leakage);
    rows_close(&utility);
    return ST_OK;
}
