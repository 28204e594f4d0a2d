#include "coordinator/report/verdict.h"

#include <math.h>
#include <string.h>

#include "coordinator/report/words.h"

#define SENTENCE_MAX 1024

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

void verdict_warning(FILE *to, const struct json *report, size_t width)
{
    const struct json *checks = json_get(report, "checks");
    char text[SENTENCE_MAX];
    size_t failed = 0, at = 0;
    for (size_t i = 0; i < json_count(checks); i++)
        failed += json_bool(json_get(json_at(checks, i), "ok"), false) ? 0 : 1;
    if (failed == 0)
        return;
    at += (size_t)snprintf(text, sizeof(text), "WARNING: %zu of %zu checks failed", failed,
                           json_count(checks));
    const char *between = ": ";
    for (size_t i = 0; i < json_count(checks) && at < sizeof(text); i++) {
        const struct json *check = json_at(checks, i);
        if (json_bool(json_get(check, "ok"), false))
            continue;
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", between,
                               json_string(json_get(check, "name"), "?"));
        between = "; ";
    }
    words_wrap(to, text, 0, width);
    words_wrap(to, "Read the checks at the end before you believe a number.", 0, width);
    fputc('\n', to);
}

/* "AUC", "r2": as people write it. */
static const char *metric_name(const char *metric)
{
    return strcmp(metric, "auc") == 0 ? "AUC" : metric;
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
    for (size_t rep = 0; rep < REP_COUNT && at < SENTENCE_MAX; rep++) {
        if (rep == (size_t)subject)
            continue;
        const struct measure_row *other =
            rows_strongest(rows, row->target, row->metric, (enum representation)rep);
        if (other == NULL)
            continue;
        char figure[WORDS_FIGURE_MAX];
        words_figure(figure, rows_value(other->cell[rep], "value"));
        at += (size_t)snprintf(text + at, SENTENCE_MAX - at, "%s%s %s", between, briefly[rep],
                               figure);
        between = ", ";
    }
    return at;
}

/* "sex with AUC .612 [.581 .643] (mlp, 1,061 patients); from the originals .893" */
static void target_line(FILE *to, const struct measure_rows *rows, const struct measure_row *row,
                        enum representation subject, size_t width)
{
    char text[SENTENCE_MAX], value[WORDS_FIGURE_MAX], lo[WORDS_FIGURE_MAX], hi[WORDS_FIGURE_MAX];
    char patients[WORDS_FIGURE_MAX];
    const struct measure_row *best = rows_strongest(rows, row->target, row->metric, subject);
    if (best == NULL) {
        bool hidden = json_bool(json_get(row->cell[subject], "withheld"), false);
        snprintf(text, sizeof(text), "%s: %s", row->target,
                 hidden ? "withheld, too few patients" : "no number; the table says why");
        words_hang(to, "  ", text, 4, width);
        return;
    }
    const struct json *cell = best->cell[subject];
    words_figure(value, rows_value(cell, "value"));
    words_figure(lo, rows_value(cell, "lo"));
    words_figure(hi, rows_value(cell, "hi"));
    words_count(patients, rows_value(cell, "patients"));
    bool interval = isfinite(rows_value(cell, "lo")) && isfinite(rows_value(cell, "hi"));
    size_t at = (size_t)snprintf(text, sizeof(text), "%s with %s %s%s%s%s%s%s (%s, %s patients)",
                                 row->target, metric_name(row->metric), value, interval ? " [" : "",
                                 interval ? lo : "", interval ? " " : "", interval ? hi : "",
                                 interval ? "]" : "", best->probe, patients);
    if (at < sizeof(text))
        add_others(text, at, rows, row, subject);
    words_hang(to, "  ", text, 4, width);
}

/* "For 1 of 4 attributes ...": those of a metric whose chance is known. */
static void count_line(FILE *to, const struct measure_rows *rows, enum representation subject,
                       const char *noun, size_t width)
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
    if (targets == 0)
        return;
    char text[SENTENCE_MAX];
    snprintf(text, sizeof(text),
             "For %zu of %zu %s%s the strongest probe's 95 %% interval lies above chance.", above,
             targets, noun, targets == 1 ? "" : "s");
    words_wrap(to, text, 2, width);
}

static void sentences(FILE *to, const struct measure_rows *rows, enum representation subject,
                      const char *opening, const char *noun, size_t width)
{
    bool any = false;
    for (size_t i = 0; i < rows->count; i++) {
        if (!first_of_its_kind(rows, i) || rows->row[i].cell[subject] == NULL)
            continue;
        if (!any)
            words_wrap(to, opening, 0, width);
        any = true;
        target_line(to, rows, &rows->row[i], subject, width);
    }
    if (any)
        count_line(to, rows, subject, noun, width);
}

void verdict_print(FILE *to, const struct measure_rows *leakage, const struct measure_rows *utility,
                   size_t width)
{
    static const enum representation order[] = {REP_DEBIASED, REP_ERASURE, REP_ORIGINAL, REP_NOISE};
    size_t at = 0, last = sizeof(order) / sizeof(order[0]) - 1;
    while (at < last && !rows_have(leakage, order[at], false) &&
           !rows_have(utility, order[at], false))
        at++;
    enum representation subject = order[at];
    if (!rows_have(leakage, subject, false) && !rows_have(utility, subject, false)) {
        words_wrap(to,
                   "This report holds no number from held-out patients, and so no evidence of "
                   "utility or of leakage.",
                   0, width);
        return;
    }
    char opening[256];
    snprintf(opening, sizeof(opening),
             "From %s, held-out probes read these attributes:", source[subject]);
    sentences(to, leakage, subject, opening, "attribute", width);
    snprintf(opening, sizeof(opening),
             "From %s, held-out probes read these tasks:", source[subject]);
    sentences(to, utility, subject, opening, "task", width);
}
