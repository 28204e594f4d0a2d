/*
 * json.h - the few JSON shapes we speak. The door to jansson.
 *
 * A tree is built by hand and printed in the order of insertion, each number in
 * the shortest form that reads back exactly, NaN and infinity as null.
 */
#ifndef EVENHAND_JSON_H
#define EVENHAND_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/status.h"

struct json; /* opaque: an object, an array or a value */

/* jansson exports functions of these four names; the linker must not mistake ours for them. */
#define json_object evenhand_json_object
#define json_array  evenhand_json_array
#define json_real   evenhand_json_real
#define json_string evenhand_json_string

struct json *json_object(void);
struct json *json_array(void);
void json_close(struct json **j); /* the whole tree; only for roots */

/* Into an object. The child of json_put is consumed. */
void json_put(struct json *object, const char *key, struct json *child);
void json_put_text(struct json *object, const char *key, const char *text); /* NULL: null */
void json_put_int(struct json *object, const char *key, int64_t v);
void json_put_real(struct json *object, const char *key, double v); /* not finite: null */
void json_put_bool(struct json *object, const char *key, bool v);
/* Into an array; the child is consumed. */
void json_add(struct json *array, struct json *child);
void json_add_text(struct json *array, const char *text);
void json_add_real(struct json *array, double v);

/* indent 0: one line. malloc, yours; ends without a newline. */
char *json_text(const struct json *j, int indent);

/* Reading, for reports and reference files. name stands for the place in messages. */
MUST_CHECK enum status json_parse(struct json **j, const char *text, size_t len, const char *name);
/* Borrowed views; NULL when absent or of another kind. */
const struct json *json_get(const struct json *object, const char *key);
size_t json_count(const struct json *array); /* keys, of an object; 0 of anything else */
const struct json *json_at(const struct json *array, size_t at);
/* The i-th key of an object in insertion order, NULL past the end. */
const char *json_key_at(const struct json *object, size_t at);
/* Takes a child out of an object: a tree of its own, yours; NULL when absent. */
struct json *json_take(struct json *object, const char *key);
double json_real(const struct json *v, double otherwise); /* integers too */
int64_t json_int(const struct json *v, int64_t otherwise);
bool json_bool(const struct json *v, bool otherwise);
const char *json_string(const struct json *v, const char *otherwise);

#endif
