/*
 * conf.h - a libconfig file into settings. The door to libconfig.
 *
 * libconfig cuts integers above 32 bits silently; the tokens of the text are
 * scanned again, and such a number is a fault unless it ends in L. Unknown
 * keys fault with the nearest match, each with file:line. @include is refused.
 */
#ifndef EVENHAND_CONF_H
#define EVENHAND_CONF_H

#include "proto/base/settings.h"

#define CONF_BYTES_MAX (1u << 20)

/* Reads path into s (not finished: the caller may add overrides first). */
MUST_CHECK enum status conf_load(struct settings *s, const char *path);
/* The same from memory; name stands for the path in messages. For tests and fuzzers. */
MUST_CHECK enum status conf_parse(struct settings *s, const char *text, const char *name);
/*
 * One text value of a file before any schema is known (a dotted path, "model.name"): what decides
 * which tables the schema needs. "" when the key is absent or not a text.
 */
MUST_CHECK enum status conf_peek(char *out, size_t cap, const char *path, const char *key);

/*
 * A whole settings file of one schema: opened, read, overridden ("key=value" each), finished.
 * settings_close frees *s; it is NULL after a fault.
 */
MUST_CHECK enum status conf_open(struct settings **s, const struct setting_table *table,
                                 const char *path, const char *const *overrides, size_t count);
/*
 * A place that the file `path` names under this key: relative to the file's folder, or to the
 * current one when --set named it.
 */
MUST_CHECK enum status conf_place(char *out, size_t cap, const struct settings *s, const char *path,
                                  const char *key);

#endif
