/*
 * table.h - tables and reference numbers of the folder of real data, EVENHAND_DATA, as text cells.
 */
#ifndef EVENHAND_TEST_TABLE_H
#define EVENHAND_TEST_TABLE_H

#include "proto/base/file.h"
#include "proto/base/json.h"
#include "tests/support/check.h"

#define COLUMNS_MAX 64
#define ROWS_MAX    2048
#define BYTES_MAX   (1u << 22)

/* A CSV file without quotes: text is cut in place, cell[row][column]. */
struct table {
    char *text;
    size_t rows, columns;
    const char *name[COLUMNS_MAX];
    const char *cell[ROWS_MAX][COLUMNS_MAX];
};

static inline char *read_data(const char *path, size_t *len)
{
    char full[4096];
    const char *root = getenv("EVENHAND_DATA");
    if (root == NULL)
        fail_msg("EVENHAND_DATA names no folder");
    check_ok(file_join(full, sizeof(full), root, path));
    uint8_t *bytes = NULL;
    check_ok(file_read(&bytes, len, full, BYTES_MAX));
    return (char *)bytes;
}

static inline struct json *read_reference(const char *path)
{
    size_t len;
    struct json *j = NULL;
    char *text = read_data(path, &len);
    check_ok(json_parse(&j, text, len, path));
    free(text);
    return j;
}

static inline char *cut_line(const char **cell, size_t *count, char *at)
{
    char *end = at + strcspn(at, "\n");
    bool last = *end == '\0';
    *end = '\0';
    for (*count = 0; at != NULL; (*count)++) {
        assert_true(*count < COLUMNS_MAX);
        cell[*count] = strsep(&at, ",");
    }
    return last ? end : end + 1;
}

static inline void table_open(struct table *t, const char *path)
{
    size_t len, count;
    memset(t, 0, sizeof(*t));
    t->text = read_data(path, &len);
    assert_null(memchr(t->text, '"', len));
    char *at = cut_line(t->name, &t->columns, t->text);
    while (*at != '\0') {
        assert_true(t->rows < ROWS_MAX);
        at = cut_line(t->cell[t->rows++], &count, at);
        assert_int_equal(count, t->columns);
    }
}

static inline size_t column(const struct table *t, const char *name)
{
    for (size_t c = 0; c < t->columns; c++)
        if (strcmp(t->name[c], name) == 0)
            return c;
    fail_msg("no column %s", name);
    return 0;
}

static inline double number(const char *text)
{
    char *end;
    double v = strtod(text, &end);
    if (end == text || *end != '\0')
        fail_msg("'%s' is no number", text);
    return v;
}

/* The group of a row; the ages of the ECGs are in years, their reference speaks of three ranges. */
static inline const char *group_of(const struct table *t, size_t row, const char *attribute)
{
    bool derived = strcmp(attribute, "age_group") == 0 && strcmp(t->name[0], "exam") == 0;
    if (!derived)
        return t->cell[row][column(t, attribute)];
    double age = number(t->cell[row][column(t, "age")]);
    return age < 40 ? "<40" : age < 65 ? "40-64" : "65+";
}

#endif
