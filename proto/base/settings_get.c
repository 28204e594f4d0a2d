/* What a finished set answers. */
#include "proto/base/settings_inside.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

static void key_of(char out[static SETTINGS_KEY_MAX], const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void key_of(char out[static SETTINGS_KEY_MAX], const char *format, va_list args)
{
    int len = vsnprintf(out, SETTINGS_KEY_MAX, format, args);
    must(len > 0);
    must(len < SETTINGS_KEY_MAX);
}

/* Says which key was asked for: a bare "v != NULL" would not lead anybody to the typing error. */
static const struct value *known(const struct settings *s, const char *key)
{
    must(s->finished);
    const struct value *v = settings_find(s, key);
    if (v == NULL) {
        char what[SETTINGS_KEY_MAX + 32];
        snprintf(what, sizeof(what), "`%s` is a setting", key);
        must_fail(what, __FILE__, __LINE__);
    }
    return v;
}

static const struct value *find(const struct settings *s, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static const struct value *find(const struct settings *s, const char *format, va_list args)
{
    char key[SETTINGS_KEY_MAX];
    key_of(key, format, args);
    return known(s, key);
}

#define FIND(v)                                                                                    \
    va_list args;                                                                                  \
    va_start(args, key);                                                                           \
    const struct value *v = find(s, key, args);                                                    \
    va_end(args)

bool settings_bool(const struct settings *s, const char *key, ...)
{
    FIND(v);
    must(v->row->type == SET_BOOL);
    return v->elements[0].integer != 0;
}

int64_t settings_int(const struct settings *s, const char *key, ...)
{
    FIND(v);
    must(v->row->type == SET_INT);
    return v->elements[0].integer;
}

size_t settings_size(const struct settings *s, const char *key, ...)
{
    FIND(v);
    must(v->row->type == SET_INT);
    must(v->elements[0].integer >= 0);
    return (size_t)v->elements[0].integer;
}

double settings_real(const struct settings *s, const char *key, ...)
{
    FIND(v);
    must(v->row->type == SET_REAL || v->row->type == SET_INT);
    return v->elements[0].real;
}

const char *settings_text(const struct settings *s, const char *key, ...)
{
    FIND(v);
    must(v->row->type == SET_TEXT);
    return v->elements[0].text;
}

const char *settings_origin(const struct settings *s, const char *key, ...)
{
    FIND(v);
    return v->origin;
}

size_t settings_count(const struct settings *s, const char *key, ...)
{
    must(s->finished);
    char name[SETTINGS_KEY_MAX], pattern[SETTINGS_KEY_MAX];
    va_list args;
    va_start(args, key);
    key_of(name, key, args);
    va_end(args);
    must(settings_pattern(pattern, name));
    if (settings_row(s, pattern) == NULL && settings_is_group(s, pattern))
        return settings_records(s, name);
    const struct value *v = known(s, name);
    must(setting_is_list(v->row->type));
    return v->count;
}

static const struct element *element(const struct settings *s, size_t at, const char *key)
{
    const struct value *v = known(s, key);
    must(at < v->count);
    return &v->elements[at];
}

double settings_list_real(const struct settings *s, size_t at, const char *key)
{
    enum setting_type type = known(s, key)->row->type;
    must(type == SET_LIST_REAL || type == SET_LIST_INT);
    return element(s, at, key)->real;
}

size_t settings_list_size(const struct settings *s, size_t at, const char *key)
{
    must(known(s, key)->row->type == SET_LIST_INT);
    must(element(s, at, key)->integer >= 0);
    return (size_t)element(s, at, key)->integer;
}

const char *settings_list_text(const struct settings *s, size_t at, const char *key)
{
    must(known(s, key)->row->type == SET_LIST_TEXT);
    return element(s, at, key)->text;
}

bool settings_has(const struct settings *s, const char *key, const char *word)
{
    const struct value *v = known(s, key);
    must(v->row->type == SET_LIST_TEXT);
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->elements[i].text, word) == 0)
            return true;
    return false;
}

static int by_key(const void *a, const void *b)
{
    const struct value *const *left = a, *const *right = b;
    return strcmp((*left)->key, (*right)->key);
}

/* A default that was written out is the default. */
static bool is_default(const struct value *v)
{
    struct value initial = {.row = v->row};
    memcpy(initial.key, v->key, sizeof(initial.key));
    must(v->row->initial != NULL);
    enum status st = value_read(&initial, v->row->initial, "default");
    must(st == ST_OK);
    bool same = value_same(v, &initial);
    value_clear(&initial);
    return same;
}

static bool is_late(const struct settings *s, const char *row_key)
{
    for (size_t i = 0; i < s->late_count; i++)
        if (strcmp(s->late[i], row_key) == 0)
            return true;
    return false;
}

static bool is_left_out(const struct settings *s, const struct value *v)
{
    return v->row->local || (is_late(s, v->row->key) && is_default(v));
}

char *settings_normal(const struct settings *s)
{
    must(s->finished);
    const struct value **sorted = must_alloc(s->count, sizeof(*sorted));
    for (size_t i = 0; i < s->count; i++)
        sorted[i] = &s->values[i];
    qsort(sorted, s->count, sizeof(*sorted), by_key);

    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    must(out != NULL);
    for (size_t i = 0; i < s->count; i++) {
        if (is_left_out(s, sorted[i]))
            continue;
        fprintf(out, "%s=", sorted[i]->key);
        value_print(out, sorted[i]);
        fputc('\n', out);
    }
    must(fclose(out) == 0);
    free(sorted);
    return text;
}

void settings_overrides(const struct settings *s, const char *origin_file,
                        void (*each)(void *ctx, const char *key, const char *value,
                                     const char *origin),
                        void *ctx)
{
    size_t file_len = strlen(origin_file);
    for (size_t i = 0; i < s->count; i++) {
        const struct value *v = &s->values[i];
        bool from_file =
            strncmp(v->origin, origin_file, file_len) == 0 && v->origin[file_len] == ':';
        if (v->initial || from_file)
            continue;
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        must(out != NULL);
        value_print(out, v);
        must(fclose(out) == 0);
        each(ctx, v->key, text, v->origin);
        free(text);
    }
}
