/*
 * settings.h - what can be set: a table of keys, and checked values.
 *
 * A row says type, range, unit, default and reason of one key; rows of several
 * tables together are the schema of a file. The same rows feed the checks, the
 * help, configs/README.md and the normal form that is hashed. Records in lists
 * are written with empty brackets in a row, with their index in a value:
 * row "tasks[].name", value "tasks[0].name". Where two tables name a key, the
 * row of the earlier one counts: so a model says what a plan's key can be.
 *
 * After settings_finish every key of the schema has a value, so the getters
 * cannot fail; asking for a key that no row names is a bug and stops.
 */
#ifndef EVENHAND_SETTINGS_H
#define EVENHAND_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/status.h"

enum setting_type {
    SET_BOOL,
    SET_INT,  /* 64 bits */
    SET_REAL, /* integers are accepted */
    SET_TEXT,
    SET_LIST_INT,
    SET_LIST_REAL,
    SET_LIST_TEXT
};

struct setting {
    const char *key; /* "local.batch", "tasks[].name" */
    enum setting_type type;
    double lo, hi;       /* inclusive range of a number, or each of a list; lo == hi: any */
    const char *unit;    /* "rows", "s", "" */
    const char *initial; /* default as it would be written in a file; NULL: must be given */
    const char *choices; /* "a|b|c" for a text or each text of a list; NULL: any */
    bool local;          /* a place on this machine: not part of the normal form */
    const char *about;   /* one sentence */
};

struct setting_table {
    const struct setting *rows;
    size_t count;
};

#define SETTINGS_KEY_MAX    128
#define SETTINGS_TABLES_MAX 16
#define SETTINGS_LIST_MAX   64 /* records of one list, elements of one list value */

struct settings; /* opaque */

/* An empty set under these tables (at most SETTINGS_TABLES_MAX). Keeps the rows, not the array. */
struct settings *settings_open(const struct setting_table *tables, size_t count);
void settings_close(struct settings **s);
/*
 * Keys, as rows write them, that the normal form leaves out where they have their default: those
 * that came when others had been hashed already. Whoever does not use them keeps his digest. Keeps
 * the array; keys that no row names do nothing.
 */
void settings_late(struct settings *s, const char *const *keys, size_t count);

/*
 * Gives key the value written as in a file: true, 12, 5e-4, "word" (quotes
 * optional for a text), [512, 64] or (512, 64). A later value replaces an
 * earlier one; "[]" of a list of records removes those that were there.
 * origin is kept for messages: "plan.cfg:12", "--set". Faults: unknown key
 * (with the nearest match), wrong type, out of range, not a choice.
 */
MUST_CHECK enum status settings_put(struct settings *s, const char *key, const char *value,
                                    const char *origin);
/* "model.beta=0.5" from the command line. */
MUST_CHECK enum status settings_put_pair(struct settings *s, const char *pair);
/* Fills defaults; faults when a key without default is missing (records: per record). Once. */
MUST_CHECK enum status settings_finish(struct settings *s);

/* Getters; key may be a format for record indices: settings_text(s, "tasks[%zu].name", i). */
bool settings_bool(const struct settings *s, const char *key, ...)
    __attribute__((format(printf, 2, 3)));
int64_t settings_int(const struct settings *s, const char *key, ...)
    __attribute__((format(printf, 2, 3)));
size_t settings_size(const struct settings *s, const char *key, ...)
    __attribute__((format(printf, 2, 3)));
double settings_real(const struct settings *s, const char *key, ...)
    __attribute__((format(printf, 2, 3)));
const char *settings_text(const struct settings *s, const char *key, ...)
    __attribute__((format(printf, 2, 3)));
/* Records of a list ("tasks"), or elements of a list value ("model.adversary.hidden"). */
size_t settings_count(const struct settings *s, const char *key, ...)
    __attribute__((format(printf, 2, 3)));
double settings_list_real(const struct settings *s, size_t at, const char *key);
size_t settings_list_size(const struct settings *s, size_t at, const char *key);
const char *settings_list_text(const struct settings *s, size_t at, const char *key);
/* Is this word an element of the list value? */
bool settings_has(const struct settings *s, const char *key, const char *word);
/* "plan.cfg:12", "--set", "default". */
const char *settings_origin(const struct settings *s, const char *key, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The normal form: one line "key=value\n" a value, sorted by key, numbers in
 * shortest exact form, local rows left out, and late ones at their default.
 * What is hashed. malloc, yours.
 */
char *settings_normal(const struct settings *s);
/* Calls back for each value that neither comes from `origin_file` nor is a default. */
void settings_overrides(const struct settings *s, const char *origin_file,
                        void (*each)(void *ctx, const char *key, const char *value,
                                     const char *origin),
                        void *ctx);
/* The tables as one Markdown table: what configs/README.md is made of. malloc, yours. */
char *settings_manual(const struct setting_table *tables, size_t count);

#endif
