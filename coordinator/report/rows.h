/*
 * rows.h - the measures of a parsed report, sorted into the rows of before/after tables.
 *
 *     {target, representation, probe, metric, ...} * many
 *         ->  (target, metric, probe):  original | debiased | noise | erasure
 *
 * Rows of one target stand together, in the order in which targets first occur. Held-out and
 * in-sample measures never share a row.
 */
#ifndef EVENHAND_ROWS_H
#define EVENHAND_ROWS_H

#include <stdbool.h>
#include <stdio.h>

#include "coordinator/report/words.h"
#include "proto/base/json.h"

enum representation { REP_ORIGINAL, REP_DEBIASED, REP_NOISE, REP_ERASURE, REP_COUNT };

/* What a table tells of its cells: their numbers, or how these changed from the originals'. */
enum rows_what { ROWS_VALUES, ROWS_CHANGES };

struct measure_row {
    const char *target, *metric, *probe;
    bool in_sample;
    const struct json *cell[REP_COUNT]; /* borrowed from the report; NULL: not measured */
};

struct measure_rows {
    struct measure_row *row;
    size_t count;
    const struct json *list; /* borrowed: what they were sorted from, and what is in no row */
    const char *target_key;
};

/* From report.json's utility ("task") or leakage ("attribute") list. */
void rows_open(struct measure_rows *rows, const struct json *report, const char *list,
               const char *target_key);
void rows_close(struct measure_rows *rows);

/* Does a measure of the list, which is in no row, tell what one answer for everybody is worth? */
bool rows_majority(const struct json *measure, bool in_sample, const char *metric);
/* "original" and so on. */
const char *rows_representation(enum representation rep);
/* A metric as people write it: "AUC" for "auc". */
const char *rows_metric(const char *metric);
/* Has the row anything of this to tell, has any row of this representation, of any? */
bool rows_tell(const struct measure_row *row, enum rows_what what);
bool rows_have(const struct measure_rows *rows, enum representation rep, bool in_sample,
               enum rows_what what);
bool rows_any(const struct measure_rows *rows, bool in_sample, enum rows_what what);
/* A cell's number; NAN when there is none, none was estimable or it is withheld. */
double rows_value(const struct json *cell, const char *key);

/* More than the originals: only then there is a before and an after. */
bool rows_compare(const struct measure_rows *rows);
/* The fewest patients that a number of this row rests on; NAN when none says. */
double rows_patients(const struct measure_row *row);

/* What a cell reads in a table: a number, or the word for why there is none. */
struct cell_words {
    char value[WORDS_FIGURE_MAX];            /* ".893", "withheld", "not estimable"; "-": no cell */
    char interval[2 * WORDS_FIGURE_MAX + 4]; /* "[.871 .912]"; "" without one */
};
struct cell_words rows_words(const struct json *cell);
/* The same of its change: "-.281", "[-.320 -.242]"; "-" where it is a change from nothing. */
struct cell_words rows_change_words(const struct json *cell);
/*
 * A table's footnote: why this cell has no number; "" when it has one, or when the same was given
 * for an earlier cell of this target.
 */
const char *rows_reason(const struct measure_rows *rows, size_t row, enum representation rep);

/*
 * The held-out row whose probe reads most of this target and metric from rep: what a verdict may
 * be built on. NULL when there is none with a number.
 */
const struct measure_row *rows_strongest(const struct measure_rows *rows, const char *target,
                                         const char *metric, enum representation rep);

/* The table, for a terminal, of the held-out (or in-sample) rows; of values with its footnotes; or
 * nothing. */
void rows_print(FILE *to, const struct measure_rows *rows, bool in_sample, enum rows_what what,
                const char *target_title, size_t width);

#endif
