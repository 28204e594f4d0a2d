#include "coordinator/report/out_text.h"

#include <string.h>

#include "coordinator/report/facts.h"
#include "coordinator/report/report.h"
#include "coordinator/report/rows.h"
#include "coordinator/report/verdict.h"
#include "coordinator/report/words.h"

#define LINE_MAX_BYTES 4096
#define DIGEST_SHOWN   12 /* hex digits of a digest in a text; the whole one is in report.json */
#define HISTORY_SHOWN  24

static size_t add(char line[static LINE_MAX_BYTES], size_t at, const char *between,
                  const char *text)
{
    if (at < LINE_MAX_BYTES)
        at +=
            (size_t)snprintf(line + at, LINE_MAX_BYTES - at, "%s%s", at == 0 ? "" : between, text);
    return at;
}

/* "total 41.2 s, train 30.1 s", behind what the line holds. */
static size_t add_facts(char line[static LINE_MAX_BYTES], size_t at, const struct facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        at = add(line, at, i == 0 ? "" : ", ", facts->fact[i].name);
        at = add(line, at, " ", facts->fact[i].text);
    }
    return at;
}

static void print_sites(FILE *to, const struct json *report, size_t width)
{
    const struct json *sites = json_get(report, "sites");
    char line[LINE_MAX_BYTES] = "";
    size_t at = 0;
    for (size_t i = 0; i < json_count(sites); i++)
        if (facts_whole(json_at(sites, i)))
            at = add(line, at, ", ", facts_text(json_at(sites, i), "name"));
    char head[FACT_TEXT_MAX + 1];
    snprintf(head, sizeof(head), "%s%s", facts_sites(report).text, at > 0 ? ":" : "");
    fprintf(to, "\nWho took part\n");
    words_wrap(to, head, 2, width);
    if (at > 0)
        words_wrap(to, line, 4, width);
    for (size_t i = 0; i < json_count(sites); i++) {
        const struct json *site = json_at(sites, i);
        if (facts_whole(site))
            continue;
        struct fact missed = facts_missed(site);
        snprintf(line, sizeof(line), "%s: %s, joined %lld rounds, missed %lld%s%s",
                 facts_text(site, "name"), facts_text(site, "state"),
                 (long long)json_int(json_get(site, "rounds_joined"), 0),
                 (long long)json_int(json_get(site, "rounds_missed"), 0),
                 missed.text[0] != '\0' ? ": " : "", missed.text);
        words_wrap(to, line, 2, width);
    }
}

/* The table, and behind it that of changes. */
static void print_tables(FILE *to, const struct measure_rows *rows, bool in_sample,
                         const char *target_title, size_t width)
{
    struct fact changes = facts_changes(), majority = facts_majority(rows, in_sample);
    rows_print(to, rows, in_sample, ROWS_VALUES, target_title, width);
    if (majority.text[0] != '\0')
        words_wrap(to, majority.text, 2, width);
    if (rows_any(rows, in_sample, ROWS_CHANGES))
        fprintf(to, "  %s (%s)\n", changes.name, changes.text);
    rows_print(to, rows, in_sample, ROWS_CHANGES, target_title, width);
}

/* "Utility, before and after (held-out patients; ...)", and the tables. */
static void print_measures(FILE *to, const struct measure_rows *rows, struct fact title,
                           const char *target_title, size_t width)
{
    if (rows_any(rows, false, ROWS_VALUES))
        fprintf(to, "\n%s (%s)\n", title.name, title.text);
    print_tables(to, rows, false, target_title, width);
}

static void print_in_sample(FILE *to, const struct measure_rows *leakage,
                            const struct measure_rows *utility, size_t width)
{
    struct fact title = facts_in_sample(leakage, utility);
    if (rows_any(leakage, true, ROWS_VALUES) || rows_any(utility, true, ROWS_VALUES))
        fprintf(to, "\n%s: %s\n", title.name, title.text);
    print_tables(to, leakage, true, "attribute", width);
    print_tables(to, utility, true, "task", width);
}

static void print_reading(FILE *to, const struct measure_rows *leakage,
                          const struct measure_rows *utility, size_t width)
{
    struct facts reading = facts_reading(leakage, utility);
    if (reading.count > 0)
        fprintf(to, "\nHow to read this\n");
    for (size_t i = 0; i < reading.count; i++)
        words_wrap(to, reading.fact[i].text, 2, width);
}

/* "recon .920 > .410": the first and the last value of a metric. */
static void print_history(FILE *to, const struct json *report, size_t width)
{
    struct course course[HISTORY_SHOWN];
    size_t count = facts_courses(course, COUNT(course), report);
    char line[LINE_MAX_BYTES] = "";
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        char text[256], first[WORDS_FIGURE_MAX], last[WORDS_FIGURE_MAX];
        words_figure(first, course[i].first);
        words_figure(last, course[i].last);
        snprintf(text, sizeof(text), "%s %s > %s", course[i].metric, first, last);
        at = add(line, at, ", ", text);
    }
    if (count == 0)
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
        snprintf(line, sizeof(line), "%s%s%s", facts_text(check, "name"),
                 why[0] == '\0' ? "" : ": ", why);
        bool ok = json_bool(json_get(check, "ok"), false);
        words_hang(to, ok ? "  ok    " : "  FAIL  ", line, 8, width);
    }
}

static void print_privacy(FILE *to, const struct json *report, size_t width)
{
    struct facts privacy = facts_privacy(report);
    fprintf(to, "\nPrivacy\n");
    for (size_t i = 0; i < privacy.count; i++) {
        char line[LINE_MAX_BYTES];
        snprintf(line, sizeof(line), "%s: %s", privacy.fact[i].name, privacy.fact[i].text);
        words_wrap(to, line, 2, width);
    }
}

static void print_cost(FILE *to, const struct json *report, size_t width)
{
    struct facts time = facts_time(report), traffic = facts_traffic(report);
    char line[LINE_MAX_BYTES] = "";
    size_t at = add_facts(line, 0, &time);
    at = add(line, at, "", "; traffic ");
    add_facts(line, at, &traffic);
    fprintf(to, "\nTime and traffic\n");
    words_wrap(to, line, 2, width);
}

static void print_provenance(FILE *to, const struct json *report, size_t width)
{
    const struct json *overrides = json_get(json_get(report, "run"), "overrides");
    struct facts provenance = facts_provenance(report, DIGEST_SHOWN);
    char line[LINE_MAX_BYTES] = "";
    add_facts(line, 0, &provenance);
    fprintf(to, "\nProvenance\n");
    words_wrap(to, line, 2, width);
    for (size_t i = 0; i < json_count(overrides); i++) {
        const char *key = json_key_at(overrides, i);
        snprintf(line, sizeof(line), "not as in the plan's file: %s = %s", key,
                 facts_text(overrides, key));
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
    struct panels panels;
    struct verdict verdict;
    rows_open(&leakage, report, "leakage", "attribute");
    rows_open(&utility, report, "utility", "task");
    panels_open(&panels, report);
    verdict_open(&verdict, report, &leakage, &utility);
    verdict_print(to, &verdict, width);
    text_gates(to, report, width);
    print_sites(to, report, width);
    print_measures(to, &utility, facts_utility(&utility), "task", width);
    text_fairness(to, &panels, width);
    print_measures(to, &leakage, facts_leakage(&leakage), "attribute", width);
    text_attack(to, report, width);
    print_in_sample(to, &leakage, &utility, width);
    text_frontier(to, report, width);
    print_reading(to, &leakage, &utility, width);
    print_history(to, report, width);
    print_checks(to, report, width);
    print_privacy(to, report, width);
    print_cost(to, report, width);
    print_provenance(to, report, width);
    verdict_close(&verdict);
    panels_close(&panels);
    rows_close(&leakage);
    rows_close(&utility);
    return ST_OK;
}
