/*
 * csv.h - comma-separated values, plain or gzip, a row at a time. The door to zlib.
 *
 *     csv_open -> csv_next -> csv_field ... -> csv_next -> ... -> csv_close
 *
 * Fields may stand in double quotes, a quote inside them is doubled; rows end
 * in LF or CRLF, quoted fields may hold line ends; a byte-order mark and empty
 * lines are skipped. Every row has as many fields as the first. What is not so
 * is EC_DATA_VALUE with file:line, and so are a NUL byte, a stream that ends
 * inside a quote, and a gzip file that is cut or damaged.
 */
#ifndef EVENHAND_CSV_H
#define EVENHAND_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/status.h"

#define CSV_COLUMNS_MAX   (1u << 20)
#define CSV_ROW_BYTES_MAX (1u << 26)
#define CSV_WHERE_MAX     256

struct csv_form {
    char separator; /* ',' or another byte, not a quote or line end */
    const char *const
        *columns; /* their names, for a file without a header; NULL: the first row is one */
    size_t column_count;
};

struct csv;

/* EC_IO_OPEN; EC_DATA_EMPTY without a first row. */
MUST_CHECK enum status csv_open(struct csv **c, const char *path, const struct csv_form *form);
/* The same from memory (copied); name stands for the path. For tests and fuzzers. */
MUST_CHECK enum status csv_parse(struct csv **c, const void *bytes, size_t len, const char *name,
                                 const struct csv_form *form);
void csv_close(struct csv **c);

size_t csv_width(const struct csv *c);
const char *csv_column(const struct csv *c, size_t at);

/* Goes to the next row; *more is false after the last. */
MUST_CHECK enum status csv_next(struct csv *c, bool *more);
/* Field `at` of this row, ended by NUL, until the next csv_next. */
const char *csv_field(const struct csv *c, size_t at);
/* The line this row begins in, from 1. */
size_t csv_line(const struct csv *c);
/* "file:line" of this row, for complaints. */
void csv_where(char out[static CSV_WHERE_MAX], const struct csv *c);

enum csv_number { CSV_NUMBER, CSV_NOT_FINITE, CSV_NOT_A_NUMBER };

/* A decimal number, spaces around it allowed, of the whole text; no hexadecimal. */
enum csv_number csv_number(double *v, const char *text);

#endif
