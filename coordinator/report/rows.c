#include "coordinator/report/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/must.h"

#define CELL_MAX (sizeof(struct cell_words) + 1)

static const char *const representations[REP_COUNT] = {
    [REP_ORIGINAL] = "original",
    [REP_DEBIASED] = "debiased",
    [REP_NOISE] = "noise",
    [REP_ERASURE] = "erasure",
};

const char *rows_representation(enum representation rep)
{
    must(rep < REP_COUNT);
    return representations[rep];
}

const char *rows_metric(const char *metric)
{
    return strcmp(metric, "auc") == 0 ? "AUC" : metric;
}

static size_t representation_of(const struct json *measure)
{
    const char *name = json_string(json_get(measure, "representation"), "");
    size_t rep = 0;
    while (rep < REP_COUNT && strcmp(representations[rep], name) != 0)
        rep++;
    return rep;
}

static bool is_in_sample(const struct json *measure)
{
    return strcmp(json_string(json_get(measure, "split"), ""), "test") != 0;
}

static bool same_row(const struct measure_row *a, const struct measure_row *b)
{
    return a->in_sample == b->in_sample && strcmp(a->target, b->target) == 0 &&
           strcmp(a->metric, b->metric) == 0 && strcmp(a->probe, b->probe) == 0;
}

/* The row of this measure: found, or made behind the last row of the same target. */
static struct measure_row *row_for(struct measure_rows *rows, const struct measure_row *wanted)
{
    size_t behind = rows->count;
    for (size_t i = 0; i < rows->count; i++) {
        if (same_row(&rows->row[i], wanted))
            return &rows->row[i];
        if (strcmp(rows->row[i].target, wanted->target) == 0)
            behind = i + 1;
    }
    struct measure_row *row = &rows->row[behind];
    memmove(row + 1, row, (rows->count - behind) * sizeof(*row));
    *row = *wanted;
    rows->count++;
    return row;
}

void rows_open(struct measure_rows *rows, const struct json *report, const char *list,
               const char *target_key)
{
    const struct json *measures = json_get(report, list);
    size_t count = json_count(measures);
    *rows = (struct measure_rows){.row = calloc(count + 1, sizeof(struct measure_row)),
                                  .list = measures,
                                  .target_key = target_key};
    must(rows->row != NULL);
    for (size_t i = 0; i < count; i++) {
        const struct json *measure = json_at(measures, i);
        size_t rep = representation_of(measure);
        if (rep == REP_COUNT)
            continue; /* the majority's is in no row; one of a later version stays in report.json */
        struct measure_row wanted = {
            .target = json_string(json_get(measure, target_key), "?"),
            .metric = json_string(json_get(measure, "metric"), "?"),
            .probe = json_string(json_get(measure, "probe"), "?"),
            .in_sample = is_in_sample(measure),
        };
        row_for(rows, &wanted)->cell[rep] = measure;
    }
}

void rows_close(struct measure_rows *rows)
{
    free(rows->row);
    *rows = (struct measure_rows){0};
}

static bool has_change(const struct json *cell)
{
    return json_string(json_get(json_get(cell, "change"), "from"), "")[0] != '\0';
}

static bool tells(const struct json *cell, enum rows_what what)
{
    return what == ROWS_VALUES ? cell != NULL : has_change(cell);
}

bool rows_tell(const struct measure_row *row, enum rows_what what)
{
    for (size_t rep = 0; rep < REP_COUNT; rep++)
        if (tells(row->cell[rep], what))
            return true;
    return false;
}

bool rows_have(const struct measure_rows *rows, enum representation rep, bool in_sample,
               enum rows_what what)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->row[i].in_sample == in_sample && tells(rows->row[i].cell[rep], what))
            return true;
    return false;
}

bool rows_any(const struct measure_rows *rows, bool in_sample, enum rows_what what)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->row[i].in_sample == in_sample && rows_tell(&rows->row[i], what))
            return true;
    return false;
}

/* A group's numbers call it suppressed. */
static bool withheld(const struct json *cell)
{
    return json_bool(json_get(cell, "withheld"), false) ||
           json_bool(json_get(cell, "suppressed"), false);
}

double rows_value(const struct json *cell, const char *key)
{
    if (cell == NULL || withheld(cell))
        return (double)NAN;
    return json_real(json_get(cell, key), (double)NAN);
}

bool rows_majority(const struct json *measure, bool in_sample, const char *metric)
{
    return strcmp(json_string(json_get(measure, "representation"), ""), "majority") == 0 &&
           strcmp(json_string(json_get(measure, "metric"), ""), metric) == 0 &&
           is_in_sample(measure) == in_sample && !isnan(rows_value(measure, "value"));
}

bool rows_compare(const struct measure_rows *rows)
{
    return rows_have(rows, REP_DEBIASED, false, ROWS_VALUES) ||
           rows_have(rows, REP_ERASURE, false, ROWS_VALUES);
}

double rows_patients(const struct measure_row *row)
{
    double fewest = (double)NAN;
    for (size_t rep = 0; rep < REP_COUNT; rep++)
        fewest = fmin(fewest, rows_value(row->cell[rep], "patients")); /* fmin passes NAN over */
    return fewest;
}

struct cell_words rows_words(const struct json *cell)
{
    struct cell_words words = {.value = "-"};
    double value = rows_value(cell, "value");
    double lo = rows_value(cell, "lo"), hi = rows_value(cell, "hi");
    char ends[2][WORDS_FIGURE_MAX];
    words_figure(ends[0], lo);
    words_figure(ends[1], hi);
    if (!isnan(value))
        words_figure(words.value, value);
    else if (cell != NULL)
        snprintf(words.value, sizeof(words.value), withheld(cell) ? "withheld" : "not estimable");
    if (!isnan(value) && !isnan(lo) && !isnan(hi))
        snprintf(words.interval, sizeof(words.interval), "[%s %s]", ends[0], ends[1]);
    return words;
}

struct cell_words rows_change_words(const struct json *cell)
{
    struct cell_words words = {.value = "-"};
    if (!has_change(cell))
        return words;
    const struct json *change = json_get(cell, "change");
    double value = withheld(cell) ? (double)NAN : rows_value(change, "value");
    double lo = rows_value(change, "lo"), hi = rows_value(change, "hi");
    char ends[2][WORDS_FIGURE_MAX];
    words_difference(ends[0], lo);
    words_difference(ends[1], hi);
    if (isnan(value))
        snprintf(words.value, sizeof(words.value), withheld(cell) ? "withheld" : "not estimable");
    else
        words_difference(words.value, value);
    if (!isnan(value) && !isnan(lo) && !isnan(hi))
        snprintf(words.interval, sizeof(words.interval), "[%s %s]", ends[0], ends[1]);
    return words;
}

static const char *why_of(const struct json *cell)
{
    return cell == NULL ? "" : json_string(json_get(cell, "why"), "");
}

/* Was this reason already given for this target, in an earlier row or column? */
static bool said_before(const struct measure_rows *rows, size_t row, size_t rep)
{
    const char *why = why_of(rows->row[row].cell[rep]);
    for (size_t i = 0; i <= row; i++)
        for (size_t j = 0; j < REP_COUNT; j++) {
            if (i == row && j >= rep)
                return false;
            if (rows->row[i].in_sample == rows->row[row].in_sample &&
                strcmp(rows->row[i].target, rows->row[row].target) == 0 &&
                strcmp(why_of(rows->row[i].cell[j]), why) == 0)
                return true;
        }
    return false;
}

const char *rows_reason(const struct measure_rows *rows, size_t row, enum representation rep)
{
    must(row < rows->count);
    must(rep < REP_COUNT);
    return said_before(rows, row, rep) ? "" : why_of(rows->row[row].cell[rep]);
}

const struct measure_row *rows_strongest(const struct measure_rows *rows, const char *target,
                                         const char *metric, enum representation rep)
{
    const struct measure_row *best = NULL;
    double most = (double)NAN;
    for (size_t i = 0; i < rows->count; i++) {
        const struct measure_row *row = &rows->row[i];
        double value = rows_value(row->cell[rep], "value");
        if (row->in_sample || isnan(value) || strcmp(row->target, target) != 0 ||
            strcmp(row->metric, metric) != 0)
            continue;
        if (best == NULL || value > most) {
            best = row;
            most = value;
        }
    }
    return best;
}

static void cell_text(char out[static CELL_MAX], const struct json *cell, enum rows_what what)
{
    struct cell_words words = what == ROWS_VALUES ? rows_words(cell) : rows_change_words(cell);
    snprintf(out, CELL_MAX, "%s%s%s", words.value, words.interval[0] == '\0' ? "" : " ",
             words.interval);
}

/* Widths of a table. target 0: it did not fit; each target then stands on a line of its own. */
struct columns {
    size_t target, metric, probe, cell[REP_COUNT], patients;
};

static void widen(size_t *columns, const char *text)
{
    size_t wanted = words_columns(text);
    *columns = wanted > *columns ? wanted : *columns;
}

static struct columns columns_of(const struct measure_rows *rows, bool in_sample,
                                 enum rows_what what, const char *target_title, size_t width)
{
    struct columns c = {.target = words_columns(target_title),
                        .probe = words_columns("probe"),
                        .patients = words_columns("patients")};
    for (size_t i = 0; i < rows->count; i++) {
        const struct measure_row *row = &rows->row[i];
        if (row->in_sample != in_sample || !rows_tell(row, what))
            continue;
        widen(&c.target, row->target);
        widen(&c.metric, row->metric);
        widen(&c.probe, row->probe);
        for (size_t rep = 0; rep < REP_COUNT; rep++) {
            char text[CELL_MAX];
            cell_text(text, row->cell[rep], what);
            if (rows_have(rows, (enum representation)rep, in_sample, what)) {
                widen(&c.cell[rep], text);
                widen(&c.cell[rep], representations[rep]);
            }
        }
    }
    size_t total = 2 + c.target + 1 + c.metric + 1 + c.probe + 1 + c.patients;
    for (size_t rep = 0; rep < REP_COUNT; rep++)
        total += c.cell[rep] == 0 ? 0 : 1 + c.cell[rep];
    if (total > width)
        c.target = 0;
    return c;
}

/* What head and rows have in common; cell(rep) is the text of a representation's column. */
static void print_line(FILE *to, const struct columns *c, const char *target, const char *metric,
                       const char *probe, char cell[REP_COUNT][CELL_MAX], const char *patients)
{
    fputs("  ", to);
    if (c->target == 0 && target[0] != '\0') {
        words_cell(to, target, 0);
        fputs("\n  ", to);
    }
    words_cell(to, c->target == 0 ? "" : target, c->target + 1);
    words_cell(to, metric, c->metric + 1);
    words_cell(to, probe, c->probe);
    for (size_t rep = 0; rep < REP_COUNT; rep++) {
        if (c->cell[rep] == 0)
            continue;
        fputc(' ', to);
        words_cell(to, cell[rep], c->cell[rep]);
    }
    fprintf(to, " %*s\n", (int)c->patients, patients);
}

static void print_head(FILE *to, const struct columns *c, const char *target_title)
{
    char cell[REP_COUNT][CELL_MAX];
    for (size_t rep = 0; rep < REP_COUNT; rep++)
        snprintf(cell[rep], CELL_MAX, "%s", representations[rep]);
    print_line(to, c, target_title, "", "probe", cell, "patients");
}

static void print_row(FILE *to, const struct measure_row *row, enum rows_what what,
                      const struct columns *c, bool named)
{
    char cell[REP_COUNT][CELL_MAX], patients[WORDS_FIGURE_MAX];
    for (size_t rep = 0; rep < REP_COUNT; rep++)
        cell_text(cell[rep], row->cell[rep], what);
    words_count(patients, rows_patients(row));
    print_line(to, c, named ? row->target : "", row->metric, row->probe, cell, patients);
}

static void print_reasons(FILE *to, const struct measure_rows *rows, bool in_sample, size_t width)
{
    for (size_t i = 0; i < rows->count; i++)
        for (size_t rep = 0; rep < REP_COUNT; rep++) {
            const char *why = rows_reason(rows, i, (enum representation)rep);
            if (rows->row[i].in_sample != in_sample || why[0] == '\0')
                continue;
            char text[512];
            snprintf(text, sizeof(text), "%s: %s", rows->row[i].target, why);
            words_wrap(to, text, 2, width);
        }
}

void rows_print(FILE *to, const struct measure_rows *rows, bool in_sample, enum rows_what what,
                const char *target_title, size_t width)
{
    struct columns c = columns_of(rows, in_sample, what, target_title, width);
    const char *last = NULL;
    for (size_t i = 0; i < rows->count; i++) {
        const struct measure_row *row = &rows->row[i];
        if (row->in_sample != in_sample || !rows_tell(row, what))
            continue;
        if (last == NULL)
            print_head(to, &c, target_title);
        print_row(to, row, what, &c, last == NULL || strcmp(last, row->target) != 0);
        last = row->target;
    }
    if (what == ROWS_VALUES)
        print_reasons(to, rows, in_sample, width);
}
