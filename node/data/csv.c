#include "node/data/csv.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

#define FIRST_BYTES (1u << 18)

struct csv {
    gzFile file; /* NULL: all bytes are in the buffer from the start */
    char name[CSV_WHERE_MAX];
    char separator;
    bool dry; /* no more bytes will come */

    char *bytes; /* [cap]; one byte behind `end` is always free for a NUL */
    size_t cap, at, end;

    size_t line;      /* of bytes[at] */
    size_t line_here; /* of the current row */
    char **field;     /* [room], into bytes */
    size_t room, fields;
    size_t width; /* 0: not known yet */
    char **column;
};

static enum status broken(const struct csv *c, size_t line, const char *what)
{
    char where[CSV_WHERE_MAX + 24];

    snprintf(where, sizeof where, "%s:%zu", c->name, line);
    return fault(EC_DATA_VALUE, where, "%s", what);
}

static void *grown(void *old, size_t count, size_t size)
{
    void *new = realloc(old, count * size);

    must(new != NULL);
    return new;
}

/* More bytes behind `end`; the unread ones move to the front first. */
static enum status refill(struct csv *c)
{
    if (c->at > 0) {
        memmove(c->bytes, c->bytes + c->at, c->end - c->at);
        c->end -= c->at;
        c->at = 0;
    }
    if (c->end > CSV_ROW_BYTES_MAX)
        return broken(c, c->line, "a row of more than 64 MiB");
    if (c->cap - c->end < FIRST_BYTES / 2) {
        c->cap *= 2;
        c->bytes = grown(c->bytes, c->cap, 1);
    }
    int got = 0;
    if (c->file != NULL) {
        int problem = Z_OK;
        got = gzread(c->file, c->bytes + c->end, (unsigned)(c->cap - c->end - 1));
        if (got <= 0)
            (void)gzerror(c->file, &problem);
        if (problem == Z_ERRNO)
            return fault(EC_IO_OPEN, c->name, "%s", strerror(errno));
        if (problem != Z_OK)
            return broken(c, c->line, "the gzip stream is cut or damaged");
    }
    c->dry = got == 0;
    c->end += (size_t)got;
    return ST_OK;
}

/* How many bytes from `at` make the next row, its line end included: one outside of quotes. */
static enum status measure(struct csv *c, size_t *len)
{
    size_t from = 0; /* from `at`; what is before has been looked at */
    bool quoted = false;

    for (;;) {
        size_t left = c->end - c->at - from;
        const char *start = c->bytes + c->at + from;
        const char *stop = left == 0 ? NULL : memchr(start, '\n', left);
        const char *behind = stop == NULL ? start + left : stop + 1;

        for (const char *q = start; (q = memchr(q, '"', (size_t)(behind - q))) != NULL; q++)
            quoted = !quoted;
        from += (size_t)(behind - start);
        if (stop != NULL && !quoted)
            break;
        if (stop == NULL && c->dry) {
            if (quoted)
                return broken(c, c->line, "a quote that is never closed");
            break;
        }
        if (stop == NULL) {
            enum status st = refill(c);
            if (st != ST_OK)
                return st;
        }
    }
    *len = from;
    return ST_OK;
}

static void take_field(struct csv *c, char *text)
{
    if (c->fields == c->room) {
        c->room = c->room == 0 ? 64 : 2 * c->room;
        c->field = grown(c->field, c->room, sizeof *c->field);
    }
    c->field[c->fields++] = text;
}

/* The text of a field in quotes, in place; answers where it ends, NULL when quotes are wrong. */
static char *unquote(char *from, const char *end, char separator)
{
    char *to = from++;

    for (; from < end; from++) {
        if (*from == '"') {
            from++;
            if (from == end || *from == separator) {
                *to = '\0';
                return from;
            }
            if (*from != '"')
                return NULL;
        }
        *to++ = *from;
    }
    return NULL;
}

/* Cuts the row [text, end) into fields; *end is ours to write. */
static enum status split(struct csv *c, char *text, char *end)
{
    *end = '\0';
    c->fields = 0;
    for (char *at = text;; at++) {
        char *stop = memchr(at, c->separator, (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        take_field(c, at);
        if (*at == '"' && at < end) {
            stop = unquote(at, end, c->separator);
            if (stop == NULL)
                return broken(c, c->line_here, "text behind a closing quote");
        } else if (memchr(at, '"', (size_t)(stop - at)) != NULL) {
            return broken(c, c->line_here, "a quote inside a field without quotes");
        }
        if (stop >= end)
            return ST_OK;
        *stop = '\0';
        if (c->fields > CSV_COLUMNS_MAX)
            return broken(c, c->line_here, "too many fields");
        at = stop;
    }
}

static enum status judge_width(struct csv *c)
{
    char what[96];

    if (c->width == 0)
        c->width = c->fields;
    if (c->fields == c->width)
        return ST_OK;
    snprintf(what, sizeof what, "%zu fields found, %zu wanted", c->fields, c->width);
    return broken(c, c->line_here, what);
}

enum status csv_next(struct csv *c, bool *more)
{
    *more = false;
    for (;;) {
        size_t len = 0;
        enum status st = measure(c, &len);
        if (st != ST_OK)
            return st;
        if (len == 0)
            return ST_OK;

        char *row = c->bytes + c->at;
        char *end = row + len;
        c->line_here = c->line;
        c->at += len;
        for (const char *p = row; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
            c->line++;
        if (end[-1] == '\n')
            end--;
        if (end > row && end[-1] == '\r')
            end--;
        if (end == row)
            continue;
        if (memchr(row, '\0', (size_t)(end - row)) != NULL)
            return broken(c, c->line_here, "a NUL byte: this is no text file");
        st = split(c, row, end);
        if (st == ST_OK)
            st = judge_width(c);
        *more = st == ST_OK;
        return st;
    }
}

/* Names the columns by the form, or by the first row. */
static enum status begin(struct csv *c, const struct csv_form *form)
{
    bool more = false;
    enum status st = refill(c);

    if (st == ST_OK && c->end >= 3 && memcmp(c->bytes, "\xef\xbb\xbf", 3) == 0)
        c->at = 3;
    if (st != ST_OK)
        return st;
    if (form->columns == NULL) {
        st = csv_next(c, &more);
        if (st == ST_OK && !more)
            st = fault(EC_DATA_EMPTY, c->name, "the file has no first row");
        if (st != ST_OK)
            return st;
    } else {
        must(form->column_count > 0);
        c->width = form->column_count;
    }
    c->column = must_alloc(c->width, sizeof *c->column);
    for (size_t i = 0; i < c->width; i++) {
        c->column[i] = strdup(form->columns == NULL ? c->field[i] : form->columns[i]);
        must(c->column[i] != NULL);
    }
    return ST_OK;
}

static struct csv *make(const char *name, const struct csv_form *form)
{
    struct csv *c = must_alloc(1, sizeof *c);

    must(form->separator != '"' && form->separator != '\n' && form->separator != '\0');
    snprintf(c->name, sizeof c->name, "%s", name);
    c->separator = form->separator;
    c->cap = FIRST_BYTES;
    c->line = 1;
    return c;
}

enum status csv_open(struct csv **out, const char *path, const struct csv_form *form)
{
    struct csv *c = make(path, form);

    *out = NULL;
    errno = 0;
    c->file = gzopen(path, "rbe");
    if (c->file == NULL) {
        enum status st = fault(EC_IO_OPEN, path, "%s", strerror(errno));
        csv_close(&c);
        return st;
    }
    must(gzbuffer(c->file, FIRST_BYTES) == 0);
    c->bytes = must_alloc(c->cap, 1);
    enum status st = begin(c, form);
    if (st != ST_OK)
        csv_close(&c);
    *out = c;
    return st;
}

enum status csv_parse(struct csv **out, const void *bytes, size_t len, const char *name,
                      const struct csv_form *form)
{
    struct csv *c = make(name, form);

    c->cap += len;
    c->bytes = must_alloc(c->cap, 1);
    if (len > 0)
        memcpy(c->bytes, bytes, len);
    c->end = len;
    enum status st = begin(c, form);
    if (st != ST_OK)
        csv_close(&c);
    *out = c;
    return st;
}

void csv_close(struct csv **out)
{
    struct csv *c = *out;

    if (c == NULL)
        return;
    if (c->file != NULL)
        (void)gzclose(c->file);
    for (size_t i = 0; c->column != NULL && i < c->width; i++)
        free(c->column[i]);
    free(c->column);
    free(c->field);
    free(c->bytes);
    free(c);
    *out = NULL;
}

size_t csv_width(const struct csv *c)
{
    return c->width;
}

const char *csv_column(const struct csv *c, size_t at)
{
    must(at < c->width);
    return c->column[at];
}

const char *csv_field(const struct csv *c, size_t at)
{
    must(at < c->fields);
    return c->field[at];
}

size_t csv_line(const struct csv *c)
{
    return c->line_here;
}

void csv_where(char out[static CSV_WHERE_MAX], const struct csv *c)
{
    char line[24];

    snprintf(line, sizeof line, ":%zu", c->line_here);
    snprintf(out, CSV_WHERE_MAX, "%.*s%s", (int)(CSV_WHERE_MAX - sizeof line), c->name, line);
}

/*
 * [-]digits[.digits] of at most 15 digits and nothing else: both the digits and the power of ten
 * are exact doubles, so their quotient is the nearest double to what is written, as strtod's is.
 */
static bool short_number(double *v, const char *text)
{
    static const double power[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool negative = *text == '-';
    uint64_t digits = 0;
    size_t count = 0;
    size_t behind = 0; /* digits behind the point */
    bool point = false;

    for (text += negative; *text != '\0'; text++) {
        unsigned digit = (unsigned char)*text - (unsigned)'0';
        if (digit <= 9 && count < 15) {
            digits = 10 * digits + digit;
            count++;
            behind += point;
        } else if (*text == '.' && !point) {
            point = true;
        } else {
            return false;
        }
    }
    double magnitude = (double)digits / power[behind];
    *v = negative ? -magnitude : magnitude;
    return count > 0;
}

enum csv_number csv_number(double *v, const char *text)
{
    char *end;

    if (short_number(v, text))
        return CSV_NUMBER;
    *v = strtod(text, &end);
    if (end == text)
        return CSV_NOT_A_NUMBER;
    while (*end == ' ' || *end == '\t')
        end++;
    if (*end != '\0' || strpbrk(text, "xX") != NULL)
        return CSV_NOT_A_NUMBER;
    return isfinite(*v) ? CSV_NUMBER : CSV_NOT_FINITE;
}
