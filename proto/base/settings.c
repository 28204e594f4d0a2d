#include "proto/base/settings_inside.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/text.h"

#define VALUES_FIRST 64 /* values a set has room for before it grows */

bool settings_pattern(char out[static SETTINGS_KEY_MAX], const char *key)
{
    char *to = out;
    if (strlen(key) >= SETTINGS_KEY_MAX)
        return false;
    for (const char *c = key; *c != '\0'; c++) {
        *to++ = *c;
        if (*c != '[')
            continue;
        size_t digits = strspn(c + 1, "0123456789");
        if (digits == 0 || digits > 2 || (digits == 2 && c[1] == '0') || c[1 + digits] != ']' ||
            strtoul(c + 1, NULL, 10) >= SETTINGS_LIST_MAX)
            return false;
        c += digits;
    }
    *to = '\0';
    return true;
}

const struct setting *settings_row(const struct settings *s, const char *pattern)
{
    for (size_t t = 0; t < s->table_count; t++)
        for (size_t i = 0; i < s->tables[t].count; i++)
            if (strcmp(s->tables[t].rows[i].key, pattern) == 0)
                return &s->tables[t].rows[i];
    return NULL;
}

/* Does key continue prefix as a group or a list of records does? */
static bool is_below(const char *key, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(key, prefix, len) == 0 && (key[len] == '.' || key[len] == '[');
}

bool settings_is_group(const struct settings *s, const char *pattern)
{
    for (size_t t = 0; t < s->table_count; t++)
        for (size_t i = 0; i < s->tables[t].count; i++)
            if (is_below(s->tables[t].rows[i].key, pattern))
                return true;
    return false;
}

const struct value *settings_find(const struct settings *s, const char *key)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->values[i].key, key) == 0)
            return &s->values[i];
    return NULL;
}

static void remove_at(struct settings *s, size_t at)
{
    value_clear(&s->values[at]);
    s->count--;
    memmove(&s->values[at], &s->values[at + 1], (s->count - at) * sizeof(*s->values));
}

static void remove_below(struct settings *s, const char *prefix)
{
    for (size_t i = s->count; i > 0; i--)
        if (is_below(s->values[i - 1].key, prefix))
            remove_at(s, i - 1);
}

/* Consumes v; it takes the place of an older value of its key. */
static void keep(struct settings *s, const struct value *v)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->values[i].key, v->key) == 0) {
            value_clear(&s->values[i]);
            s->values[i] = *v;
            return;
        }
    }
    if (s->count == s->cap) {
        must(s->cap > 0);
        s->cap *= 2;
        s->values = realloc(s->values, s->cap * sizeof(*s->values));
        must(s->values != NULL);
    }
    s->values[s->count++] = *v;
}

/* The key of a row with the indices of `key`: "tasks[].name" becomes "tasks[2].name". */
static void with_indices_of(char out[static SETTINGS_KEY_MAX], const char *row_key, const char *key)
{
    size_t len = 0;
    for (const char *c = row_key; *c != '\0'; c++) {
        must(len + 4 < SETTINGS_KEY_MAX);
        out[len++] = *c;
        const char *bracket = *c == '[' ? strchr(key, '[') : NULL;
        if (bracket == NULL)
            continue;
        size_t digits = strspn(bracket + 1, "0123456789");
        memcpy(out + len, bracket + 1, digits);
        len += digits;
        key = bracket + 1;
    }
    out[len] = '\0';
}

static enum status unknown_key(const struct settings *s, const char *key, const char *pattern,
                               const char *origin)
{
    const char *nearest = NULL;
    size_t least = SIZE_MAX, len = strlen(pattern);
    for (size_t t = 0; t < s->table_count; t++) {
        for (size_t i = 0; i < s->tables[t].count; i++) {
            const char *known = s->tables[t].rows[i].key;
            size_t known_len = strlen(known);
            if (!text_near(known_len > len ? known_len - len : len - known_len, len))
                continue; /* the distance is no less */
            size_t distance = text_distance(pattern, known);
            if (distance < least) {
                least = distance;
                nearest = known;
            }
        }
    }
    if (nearest == NULL || !text_near(least, len))
        return fault(EC_CFG_UNKNOWN_KEY, origin, "key `%s` is not known", key);
    char proposal[SETTINGS_KEY_MAX];
    with_indices_of(proposal, nearest, key);
    return fault(EC_CFG_UNKNOWN_KEY, origin, "key `%s` is not known; did you mean `%s`?", key,
                 proposal);
}

/* A group or list of records as a whole: only "nothing in it" can be said of one. */
static enum status put_group(struct settings *s, const char *key, const char *value,
                             const char *origin)
{
    bool record = key[strlen(key) - 1] == ']';
    bool none = strcmp(value, "[]") == 0 || strcmp(value, "()") == 0;
    if (strcmp(value, "{}") == 0 && !record)
        return ST_OK;
    if (none && !record) {
        remove_below(s, key);
        return ST_OK;
    }
    return fault(EC_CFG_TYPE, origin, "key `%s` is a group; its own keys want values", key);
}

enum status settings_put(struct settings *s, const char *key, const char *value, const char *origin)
{
    must(!s->finished);
    char pattern[SETTINGS_KEY_MAX];
    if (!settings_pattern(pattern, key))
        return fault(EC_CFG_UNKNOWN_KEY, origin,
                     "key `%.*s` is not a key: too long, or an index that is not 0 to %d",
                     SETTINGS_KEY_MAX, key, SETTINGS_LIST_MAX - 1);
    struct value v = {.row = settings_row(s, pattern)};
    if (v.row == NULL && settings_is_group(s, pattern))
        return put_group(s, key, value, origin);
    if (v.row == NULL)
        return unknown_key(s, key, pattern, origin);
    memcpy(v.key, key, strlen(key) + 1);
    enum status st = value_read(&v, value, origin);
    if (st != ST_OK)
        return st;
    v.origin = strdup(origin);
    must(v.origin != NULL);
    keep(s, &v);
    return ST_OK;
}

enum status settings_put_pair(struct settings *s, const char *pair)
{
    const char *equals = strchr(pair, '=');
    size_t len = equals == NULL ? 0 : (size_t)(equals - pair);
    char key[SETTINGS_KEY_MAX];
    if (len == 0 || len >= sizeof(key))
        return fault(EC_USAGE, "--set", "wants KEY=VALUE, got `%s`", pair);
    memcpy(key, pair, len);
    key[len] = '\0';
    return settings_put(s, key, equals + 1, "--set");
}

size_t settings_records(const struct settings *s, const char *prefix)
{
    size_t len = strlen(prefix), count = 0;
    for (size_t i = 0; i < s->count; i++) {
        const char *key = s->values[i].key;
        if (!is_below(key, prefix) || key[len] != '[')
            continue;
        size_t at = strtoul(key + len + 1, NULL, 10);
        if (at >= count)
            count = at + 1;
    }
    return count;
}

static bool has_below(const struct settings *s, const char *prefix)
{
    for (size_t i = 0; i < s->count; i++)
        if (is_below(s->values[i].key, prefix))
            return true;
    return false;
}

/* Where the list of records that holds key was begun, for the message: the origin of any record. */
static const char *origin_below(const struct settings *s, const char *key)
{
    size_t len = strcspn(key, "[");
    for (size_t i = 0; i < s->count; i++)
        if (len < strlen(key) && strncmp(s->values[i].key, key, len + 1) == 0)
            return s->values[i].origin;
    return "";
}

/* One key of the schema, indices filled in: kept as it is, or given its default. */
static enum status fill_one(struct settings *s, const struct setting *row, const char *key)
{
    if (settings_find(s, key) != NULL)
        return ST_OK;
    if (row->initial == NULL)
        return fault(EC_CFG_MISSING_KEY, origin_below(s, key), "key `%s` is missing: %s", key,
                     row->about);
    enum status st = settings_put(s, key, row->initial, "default");
    must(st == ST_OK);
    s->values[s->count - 1].initial = true;
    return ST_OK;
}

/* `key` is settled, `rest` the row's key behind it; at each [] of it all indices are met. */
static enum status fill(struct settings *s, const struct setting *row, const char *key,
                        const char *rest)
{
    char next[SETTINGS_KEY_MAX];
    const char *brackets = strstr(rest, "[]");
    int len = brackets == NULL ? (int)strlen(rest) : (int)(brackets - rest);
    int used = snprintf(next, sizeof(next), "%s%.*s", key, len, rest);
    must(used >= 0 && (size_t)used < sizeof(next));
    if (brackets == NULL)
        return fill_one(s, row, next);

    size_t records = settings_records(s, next);
    for (size_t i = 0; i < records; i++) {
        char one[SETTINGS_KEY_MAX];
        used = snprintf(one, sizeof(one), "%s[%zu]", next, i);
        must(used >= 0 && (size_t)used < sizeof(one));
        if (!has_below(s, one))
            return fault(EC_CFG_MISSING_KEY, origin_below(s, one),
                         "record `%s` is missing, and `%s[%zu]` is there", one, next, records - 1);
        enum status st = fill(s, row, one, brackets + 2);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

enum status settings_finish(struct settings *s)
{
    must(!s->finished);
    for (size_t t = 0; t < s->table_count; t++) {
        for (size_t i = 0; i < s->tables[t].count; i++) {
            const struct setting *row = &s->tables[t].rows[i];
            enum status st = fill(s, row, "", row->key);
            if (st != ST_OK)
                return st;
        }
    }
    s->finished = true;
    return ST_OK;
}

/* A table names a key once; an earlier one may have named it too, and its row counts. */
static void must_be_clear(const struct settings *s, const struct setting *row)
{
    const struct setting *first = settings_row(s, row->key);
    const struct setting_table *own = &s->tables[s->table_count - 1];
    must(first == row || first < own->rows || first >= own->rows + own->count);
    must(first->type == row->type);
}

/* A schema is ours: a default that its own row refuses is a bug, found when the program starts. */
static void must_accept_default(const struct setting *row)
{
    must(row->unit != NULL);
    must(row->about != NULL);
    if (row->initial == NULL)
        return;
    struct value v = {.row = row};
    memcpy(v.key, row->key, strlen(row->key) + 1);
    if (value_read(&v, row->initial, "default") != ST_OK)
        must_fail(fault_text(), __FILE__, __LINE__);
    value_clear(&v);
}

struct settings *settings_open(const struct setting_table *tables, size_t count)
{
    must(count <= SETTINGS_TABLES_MAX);
    struct settings *s = must_alloc(1, sizeof(*s));
    s->cap = VALUES_FIRST;
    s->values = must_alloc(s->cap, sizeof(*s->values));
    for (size_t t = 0; t < count; t++) {
        s->tables[s->table_count++] = tables[t];
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct setting *row = &tables[t].rows[i];
            must(strlen(row->key) + 8 < SETTINGS_KEY_MAX); /* room for indices */
            must_be_clear(s, row);
            must_accept_default(row);
        }
    }
    return s;
}

void settings_late(struct settings *s, const char *const *keys, size_t count)
{
    s->late = keys;
    s->late_count = count;
}

void settings_close(struct settings **s)
{
    if (*s == NULL)
        return;
    for (size_t i = 0; i < (*s)->count; i++)
        value_clear(&(*s)->values[i]);
    free((*s)->values);
    free(*s);
    *s = NULL;
}
