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

#include "proto/base/json.h"

enum representation { REP_ORIGINAL, REP_DEBIASED, REP_NOISE, REP_ERASURE, REP_COUNT };

struct measure_row {
    const char *target, *metric, *probe;
    bool in_sample;
    const struct json *cell[REP_COUNT]; /* borrowed from the report; NULL: not measured */
};

struct measure_rows {
    struct measure_row *row;
    size_t count;
};

/* From report.json's utility ("task") or leakage ("attribute") list. */
void rows_open(struct measure_rows *rows, const struct json *report, const char *list,
               const char *target_key);
void rows_close(struct measure_rows *rows);

/* "original" and so on. */
const char *rows_representation(enum representation rep);
bool rows_have(const struct measure_rows *rows, enum representation rep, bool in_sample);
/* A cell's number; NAN when there is none, none was estimable or it is withheld. */
double rows_value(const struct json *cell, const char *key);

/*
 * The held-out row whose probe reads most of this target and metric from rep: what a verdict may
 * be built on. NULL when there is none with a number.
 */
const struct measure_row *rows_strongest(const struct measure_rows *rows, const char *target,
                                         const char *metric, enum representation rep);

/* The table of the held-out (or of the in-sample) rows and its footnotes; nothing without rows. */
void rows_print(FILE *to, const struct measure_rows *rows, bool in_sample, const char *target_title,
                size_t width);

#endif
