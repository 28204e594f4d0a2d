/*
 * settings_inside.h - what the settings_*.c files share; nobody else includes it.
 *
 * A set is an array of values in the order they came; plans have tens of keys,
 * so looking one up is a walk. Element texts are owned by their value.
 */
#ifndef EVENHAND_SETTINGS_INSIDE_H
#define EVENHAND_SETTINGS_INSIDE_H

#include <stdio.h>

#include "proto/base/settings.h"

struct element {
    double real;     /* of integers and reals */
    int64_t integer; /* of integers; 0 or 1 of a bool */
    char *text;      /* of texts, owned */
};

struct value {
    char key[SETTINGS_KEY_MAX]; /* "tasks[0].name" */
    const struct setting *row;
    char *origin; /* owned */
    bool initial; /* filled in by settings_finish */
    size_t count; /* elements; 1 of a scalar */
    struct element *elements;
};

struct settings {
    struct setting_table tables[SETTINGS_TABLES_MAX];
    size_t table_count;
    struct value *values;
    size_t count, cap;
    const char *const *late; /* [late_count] keys of rows; borrowed */
    size_t late_count;
    bool finished;
};

/* Reads the written form into v's elements. v holds key and row; wrong input leaves it empty. */
MUST_CHECK enum status value_read(struct value *v, const char *written, const char *origin);
void value_clear(struct value *v);
/* Of two values of one row: the same elements? */
bool value_same(const struct value *a, const struct value *b);
/* The normal form of a value: shortest numbers, quoted texts, [a,b]. */
void value_print(FILE *out, const struct value *v);

bool setting_is_list(enum setting_type type);
bool setting_has_range(const struct setting *row);

/* The value under this key, NULL when there is none. */
const struct value *settings_find(const struct settings *s, const char *key);
/* One more than the largest index used behind prefix: tasks[1].name counts 2 for "tasks". */
size_t settings_records(const struct settings *s, const char *prefix);
/* "tasks[3].name" -> "tasks[].name". False when an index is missing, too large or not canonical. */
bool settings_pattern(char out[static SETTINGS_KEY_MAX], const char *key);
/* The row of a pattern, NULL when there is none. */
const struct setting *settings_row(const struct settings *s, const char *pattern);
/* Is there a row below this pattern: "model" of "model.beta", "tasks" of "tasks[].name"? */
bool settings_is_group(const struct settings *s, const char *pattern);

#endif
