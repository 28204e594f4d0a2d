/* jansson comes first: our header renames four functions that it also exports. */
#include <jansson.h>

#include "proto/base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/must.h"
#include "proto/base/text.h"

/* A struct json is a json_t under a name that shows nothing of jansson. */
static struct json *ours(json_t *j)
{
    must(j != NULL);
    return (struct json *)j;
}

static json_t *theirs(struct json *j)
{
    return (json_t *)j;
}

/* jansson's readers take json_t * even where they change nothing. */
static json_t *to_read(const struct json *j)
{
    return (json_t *)(uintptr_t)j;
}

struct json *json_object(void)
{
    return ours(json_pack("{}"));
}

struct json *json_array(void)
{
    return ours(json_pack("[]"));
}

void json_close(struct json **j)
{
    json_decref(theirs(*j));
    *j = NULL;
}

static json_t *text_value(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *value = json_stringn(text, strlen(text));
    if (value != NULL)
        return value;
    /* Not UTF-8, as a path or a line of a foreign file may be: JSON has no bytes for it. */
    char *plain = strdup(text);
    must(plain != NULL);
    for (char *c = plain; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    value = json_stringn(plain, strlen(plain));
    free(plain);
    return value;
}

static json_t *real_value(double v)
{
    return isfinite(v) ? json_pack("f", v) : json_null();
}

static void put(struct json *object, const char *key, json_t *value)
{
    must(json_is_object(theirs(object)));
    must(value != NULL);
    must(json_object_set_new(theirs(object), key, value) == 0);
}

static void add(struct json *array, json_t *value)
{
    must(json_is_array(theirs(array)));
    must(value != NULL);
    must(json_array_append_new(theirs(array), value) == 0);
}

void json_put(struct json *object, const char *key, struct json *child)
{
    put(object, key, theirs(child));
}

void json_put_text(struct json *object, const char *key, const char *text)
{
    put(object, key, text_value(text));
}

void json_put_int(struct json *object, const char *key, int64_t v)
{
    put(object, key, json_integer(v));
}

void json_put_real(struct json *object, const char *key, double v)
{
    put(object, key, real_value(v));
}

void json_put_bool(struct json *object, const char *key, bool v)
{
    put(object, key, json_boolean(v));
}

void json_add(struct json *array, struct json *child)
{
    add(array, theirs(child));
}

void json_add_text(struct json *array, const char *text)
{
    add(array, text_value(text));
}

void json_add_real(struct json *array, double v)
{
    add(array, real_value(v));
}

static void print(FILE *out, json_t *j, int indent, int depth);

static void new_line(FILE *out, int indent, int depth)
{
    if (indent > 0)
        fprintf(out, "\n%*s", indent * depth, "");
}

static void print_object(FILE *out, json_t *object, int indent, int depth)
{
    const char *key, *comma = "";
    json_t *value;
    fputc('{', out);
    json_object_foreach(object, key, value)
    {
        fputs(comma, out);
        new_line(out, indent, depth + 1);
        text_quoted(out, key);
        fputs(indent > 0 ? ": " : ":", out);
        print(out, value, indent, depth + 1);
        comma = ",";
    }
    if (json_object_size(object) > 0)
        new_line(out, indent, depth);
    fputc('}', out);
}

static void print_array(FILE *out, json_t *array, int indent, int depth)
{
    size_t i;
    json_t *value;
    fputc('[', out);
    json_array_foreach(array, i, value)
    {
        fputs(i == 0 ? "" : ",", out);
        new_line(out, indent, depth + 1);
        print(out, value, indent, depth + 1);
    }
    if (json_array_size(array) > 0)
        new_line(out, indent, depth);
    fputc(']', out);
}

static void print_real(FILE *out, double v)
{
    char digits[TEXT_REAL_MAX];
    text_real(digits, v);
    bool whole = strpbrk(digits, ".e") == NULL;
    fprintf(out, "%s%s", digits, whole ? ".0" : ""); /* a real reads back as a real */
}

static void print(FILE *out, json_t *j, int indent, int depth)
{
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        print_object(out, j, indent, depth);
        break;
    case JSON_ARRAY:
        print_array(out, j, indent, depth);
        break;
    case JSON_STRING:
        text_quoted(out, json_string_value(j));
        break;
    case JSON_INTEGER:
        fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
        break;
    case JSON_REAL:
        print_real(out, json_real_value(j));
        break;
    case JSON_TRUE:
        fputs("true", out);
        break;
    case JSON_FALSE:
        fputs("false", out);
        break;
    case JSON_NULL:
        fputs("null", out);
        break;
    }
}

char *json_text(const struct json *j, int indent)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    must(out != NULL);
    print(out, to_read(j), indent, 0);
    must(fclose(out) == 0);
    return text;
}

enum status json_parse(struct json **j, const char *text, size_t len, const char *name)
{
    json_error_t error;
    *j = NULL;
    json_t *tree = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (tree == NULL) {
        char where[256];
        snprintf(where, sizeof(where), "%s:%d", name, error.line < 1 ? 1 : error.line);
        return fault(EC_IO_JSON, where, "%s", error.text);
    }
    *j = ours(tree);
    return ST_OK;
}

const struct json *json_get(const struct json *object, const char *key)
{
    return (const struct json *)json_object_get(to_read(object), key);
}

struct json *json_take(struct json *object, const char *key)
{
    json_t *child = json_object_get(theirs(object), key);
    if (child == NULL)
        return NULL;
    json_incref(child);
    must(json_object_del(theirs(object), key) == 0);
    return ours(child);
}

size_t json_count(const struct json *array)
{
    json_t *j = to_read(array);
    return json_is_object(j) ? json_object_size(j) : json_array_size(j);
}

const struct json *json_at(const struct json *array, size_t at)
{
    return (const struct json *)json_array_get(to_read(array), at);
}

const char *json_key_at(const struct json *object, size_t at)
{
    json_t *j = to_read(object);
    void *place = json_object_iter(j);
    for (size_t i = 0; i < at && place != NULL; i++)
        place = json_object_iter_next(j, place);
    return place == NULL ? NULL : json_object_iter_key(place);
}

double json_real(const struct json *v, double otherwise)
{
    const json_t *j = to_read(v);
    return json_is_number(j) ? json_number_value(j) : otherwise;
}

int64_t json_int(const struct json *v, int64_t otherwise)
{
    const json_t *j = to_read(v);
    return json_is_integer(j) ? json_integer_value(j) : otherwise;
}

bool json_bool(const struct json *v, bool otherwise)
{
    const json_t *j = to_read(v);
    return json_is_boolean(j) ? json_is_true(j) : otherwise;
}

const char *json_string(const struct json *v, const char *otherwise)
{
    const json_t *j = to_read(v);
    return json_is_string(j) ? json_string_value(j) : otherwise;
}
