#include "coordinator/report/verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/status.h"

#define OTHER_LINES 7 /* besides findings: two warnings, two openings, two counts, or nothing */

static const char *const source[REP_COUNT] = {
    [REP_ORIGINAL] = "the original embeddings",
    [REP_DEBIASED] = "the debiased embeddings",
    [REP_NOISE] = "pure noise",
    [REP_ERASURE] = "the linearly erased embeddings",
};

static const char *const briefly[REP_COUNT] = {
    [REP_ORIGINAL] = "from the originals",
    [REP_DEBIASED] = "from the debiased",
    [REP_NOISE] = "from noise",
    [REP_ERASURE] = "after linear erasure",
};

static struct verdict_line *add_line(struct verdict *v, enum verdict_part part)
{
    struct verdict_line *line = &v->line[v->count++];
    line->part = part;
    line->subject = "";
    return line;
}

static void say(struct verdict *v, enum verdict_part part, const char *text)
{
    snprintf(add_line(v, part)->text, VERDICT_TEXT_MAX, "%s", text);
}

static void warn(struct verdict *v, const struct json *report)
{
    const struct json *checks = json_get(report, "checks");
    size_t failed = 0;
    for (size_t i = 0; i < json_count(checks); i++)
        failed += json_bool(json_get(json_at(checks, i), "ok"), false) ? 0 : 1;
    if (failed == 0)
        return;
    char *text = add_line(v, VERDICT_WARNING)->text;
    size_t at = (size_t)snprintf(text, VERDICT_TEXT_MAX, "WARNING: %zu of %zu checks failed",
                                 failed, json_count(checks));
    const char *between = ": ";
    for (size_t i = 0; i < json_count(checks) && at < VERDICT_TEXT_MAX; i++) {
        const struct json *check = json_at(checks, i);
        if (json_bool(json_get(check, "ok"), false))
            continue;
        at += (size_t)snprintf(text + at, VERDICT_TEXT_MAX - at, "%s%s", between,
                               json_string(json_get(check, "name"), "?"));
        between = "; ";
    }
    say(v, VERDICT_WARNING, "Read the checks before you believe a number.");
}

/* The number below which a probe has read nothing; NAN where that depends on the data. */
static double chance_of(const char *metric)
{
    if (strcmp(metric, "auc") == 0)
        return 0.5;
    return strcmp(metric, "r2") == 0 ? 0.0 : (double)NAN;
}

/* Is this row the first of its target and metric among the held-out ones? */
static bool first_of_its_kind(const struct measure_rows *rows, size_t at)
{
    const struct measure_row *row = &rows->row[at];
    if (row->in_sample)
        return false;
    for (size_t i = 0; i < at; i++)
        if (!rows->row[i].in_sample && strcmp(rows->row[i].target, row->target) == 0 &&
            strcmp(rows->row[i].metric, row->metric) == 0)
            return false;
    return true;
}

static bool above_chance(const struct json *cell, const char *metric)
{
    return rows_value(cell, "lo") > chance_of(metric); /* false with a NAN on either side */
}

/* "; from the originals .893" for every other representation that there is. */
static size_t add_others(char *text, size_t at, const struct measure_rows *rows,
                         const struct measure_row *row, enum representation subject)
{
    const char *between = "; ";
    for (size_t rep = 0; rep < REP_COUNT && at < VERDICT_TEXT_MAX; rep++) {
        if (rep == (size_t)subject)
            continue;
        const struct measure_row *other =
            rows_strongest(rows, row->target, row->metric, (enum representation)rep);
        if (other == NULL)
            continue;
        char figure[WORDS_FIGURE_MAX];
        words_figure(figure, rows_value(other->cell[rep], "value"));
        at += (size_t)snprintf(text + at, VERDICT_TEXT_MAX - at, "%s%s %s", between, briefly[rep],
                               figure);
        between = ", ";
    }
    return at;
}

/* "; the same answer for everybody .596": what an accuracy is worth shows beside that. */
static void add_majority(char *text, size_t at, const struct measure_rows *rows,
                         const struct measure_row *row)
{
    for (size_t i = 0; i < json_count(rows->list) && strcmp(row->metric, "accuracy") == 0; i++) {
        const struct json *m = json_at(rows->list, i);
        if (!rows_majority(m, false, row->metric) ||
            strcmp(json_string(json_get(m, rows->target_key), ""), row->target) != 0)
            continue;
        char figure[WORDS_FIGURE_MAX];
        words_figure(figure, rows_value(m, "value"));
        snprintf(text + at, VERDICT_TEXT_MAX - at, "; the same answer for everybody %s", figure);
        return;
    }
}

/* " with AUC .612 [.581 .643] (mlp, 1,061 patients); from the originals .893" */
static void say_finding(struct verdict *v, const struct measure_rows *rows,
                        const struct measure_row *row, enum representation subject)
{
    struct verdict_line *line = add_line(v, VERDICT_FINDING);
    line->subject = row->target;
    const struct measure_row *best = rows_strongest(rows, row->target, row->metric, subject);
    if (best == NULL) {
        bool hidden = json_bool(json_get(row->cell[subject], "withheld"), false);
        snprintf(line->text, VERDICT_TEXT_MAX, ": %s",
                 hidden ? "withheld, too few patients" : "not estimable; the table says why");
        return;
    }
    struct cell_words words = rows_words(best->cell[subject]);
    double known = rows_value(best->cell[subject], "patients");
    char count[WORDS_FIGURE_MAX], patients[WORDS_FIGURE_MAX + sizeof(",  patients")] = "";
    words_count(count, known);
    if (!isnan(known)) /* hidden where another level is withheld */
        snprintf(patients, sizeof(patients), ", %s patients", count);
    size_t at = (size_t)snprintf(
        line->text, VERDICT_TEXT_MAX, " with %s %s%s%s (%s%s)", rows_metric(row->metric),
        words.value, words.interval[0] == '\0' ? "" : " ", words.interval, best->probe, patients);
    if (at < VERDICT_TEXT_MAX)
        at = add_others(line->text, at, rows, row, subject);
    if (at < VERDICT_TEXT_MAX)
        add_majority(line->text, at, rows, row);
}

/* "For 1 of 4 attributes ...": those of a metric whose chance is known. */
static void say_count(struct verdict *v, const struct measure_rows *rows,
                      enum representation subject, const char *noun)
{
    size_t targets = 0, above = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct measure_row *row = &rows->row[i];
        if (!first_of_its_kind(rows, i) || isnan(chance_of(row->metric)))
            continue;
        const struct measure_row *best = rows_strongest(rows, row->target, row->metric, subject);
        if (best == NULL)
            continue;
        targets++;
        above += above_chance(best->cell[subject], row->metric) ? 1 : 0;
    }
    if (targets > 0)
        snprintf(add_line(v, VERDICT_COUNT)->text, VERDICT_TEXT_MAX,
                 "For %zu of %zu %s%s the strongest probe's 95 %% interval lies above chance.",
                 above, targets, noun, targets == 1 ? "" : "s");
}

/* A line for each target and metric, behind the opening; false, and nothing said, without any. */
static bool say_findings(struct verdict *v, const struct measure_rows *rows,
                         enum representation subject, const char *opening)
{
    bool any = false;
    for (size_t i = 0; i < rows->count; i++) {
        if (!first_of_its_kind(rows, i) || rows->row[i].cell[subject] == NULL)
            continue;
        if (!any)
            say(v, VERDICT_OPENING, opening);
        any = true;
        say_finding(v, rows, &rows->row[i], subject);
    }
    return any;
}

static void say_of(struct verdict *v, const struct measure_rows *rows, enum representation subject,
                   const char *noun)
{
    char opening[VERDICT_TEXT_MAX];
    snprintf(opening, sizeof(opening), "From %s, held-out probes read these %ss:", source[subject],
             noun);
    if (say_findings(v, rows, subject, opening))
        say_count(v, rows, subject, noun);
}

/* Is it about predictions that were there before, and not about probes? */
static bool is_given(const struct json *report)
{
    return strcmp(json_string(json_get(json_get(report, "run"), "model"), ""), "given") == 0;
}

/* What is spoken of: the released embeddings where there are any. */
static enum representation subject_of(const struct measure_rows *leakage,
                                      const struct measure_rows *utility)
{
    static const enum representation order[] = {REP_DEBIASED, REP_ERASURE, REP_ORIGINAL, REP_NOISE};
    for (size_t i = 0; i < COUNT(order); i++)
        if (rows_have(leakage, order[i], false, ROWS_VALUES) ||
            rows_have(utility, order[i], false, ROWS_VALUES))
            return order[i];
    return REP_COUNT;
}

void verdict_open(struct verdict *v, const struct json *report, const struct measure_rows *leakage,
                  const struct measure_rows *utility)
{
    *v = (struct verdict){
        .line = must_alloc(leakage->count + utility->count + OTHER_LINES, sizeof(*v->line))};
    warn(v, report);
    enum representation subject = subject_of(leakage, utility);
    if (subject == REP_COUNT) {
        say(v, VERDICT_NOTHING,
            "This report holds no number from held-out patients, and so no evidence of utility or "
            "of leakage.");
        return;
    }
    if (is_given(report)) {
        say_findings(v, utility, subject,
                     "Nothing was trained. The predictions that the sites had already tell:");
        return;
    }
    say_of(v, leakage, subject, "attribute");
    say_of(v, utility, subject, "task");
}

void verdict_close(struct verdict *v)
{
    free(v->line);
    *v = (struct verdict){0};
}

static void print_finding(FILE *to, const struct verdict_line *line, size_t width)
{
    char text[2 * VERDICT_TEXT_MAX];
    snprintf(text, sizeof(text), "%s%s", line->subject, line->text);
    words_hang(to, "  ", text, 4, width);
}

void verdict_print(FILE *to, const struct verdict *v, size_t width)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct verdict_line *line = &v->line[i];
        if (i > 0 && line->part != VERDICT_WARNING && line[-1].part == VERDICT_WARNING)
            fputc('\n', to);
        if (line->part == VERDICT_FINDING)
            print_finding(to, line, width);
        else
            words_wrap(to, line->text, line->part == VERDICT_COUNT ? 2 : 0, width);
    }
}
