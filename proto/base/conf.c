#include "proto/base/conf.h"

#include <libconfig.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/conf_scan.h"
#include "proto/base/file.h"
#include "proto/base/must.h"
#include "proto/base/text.h"

#define WHERE_MAX 256

struct walk {
    struct settings *s; /* borrows */
    const char *name;
};

static void place(char out[static WHERE_MAX], const char *name, unsigned line)
{
    snprintf(out, WHERE_MAX, "%s:%u", name, line);
}

static void print_real(FILE *out, double v)
{
    char digits[TEXT_REAL_MAX];
    if (!isfinite(v)) {
        fputs("1e999", out); /* what stood there; the settings refuse it by name */
        return;
    }
    text_real(digits, v);
    /* 20.0 stays a real: it must not pass for the integer 20. */
    fprintf(out, "%s%s", digits, strpbrk(digits, ".e") == NULL ? ".0" : "");
}

static void print_scalar(FILE *out, const config_setting_t *c)
{
    switch (config_setting_type(c)) {
    case CONFIG_TYPE_INT:
        fprintf(out, "%d", config_setting_get_int(c));
        break;
    case CONFIG_TYPE_INT64:
        fprintf(out, "%lld", config_setting_get_int64(c));
        break;
    case CONFIG_TYPE_FLOAT:
        print_real(out, config_setting_get_float(c));
        break;
    case CONFIG_TYPE_BOOL:
        fputs(config_setting_get_bool(c) ? "true" : "false", out);
        break;
    default:
        text_quoted(out, config_setting_get_string(c));
    }
}

static enum status walk(const struct walk *w, const config_setting_t *c, const char *key);

/* A scalar, or an array or list of scalars: one value. */
static enum status put_value(const struct walk *w, const config_setting_t *c, const char *key)
{
    char where[WHERE_MAX], *text = NULL;
    size_t len = 0;
    place(where, w->name, config_setting_source_line(c));
    FILE *out = open_memstream(&text, &len);
    must(out != NULL);
    if (config_setting_is_scalar(c)) {
        print_scalar(out, c);
    } else {
        fputc('[', out);
        for (int i = 0; i < config_setting_length(c); i++) {
            fputs(i == 0 ? "" : ",", out);
            print_scalar(out, config_setting_get_elem(c, (unsigned)i));
        }
        fputc(']', out);
    }
    must(fclose(out) == 0);
    enum status st = settings_put(w->s, key, text, where);
    free(text);
    return st;
}

/* A child of a group or a list: its key is the parent's and a name or index more. */
static enum status walk_child(const struct walk *w, const config_setting_t *c, const char *parent,
                              int at)
{
    char key[SETTINGS_KEY_MAX], where[WHERE_MAX];
    const char *name = config_setting_name(c);
    int len;
    if (name == NULL)
        len = snprintf(key, sizeof(key), "%s[%d]", parent, at);
    else
        len = snprintf(key, sizeof(key), "%s%s%s", parent, parent[0] == '\0' ? "" : ".", name);
    place(where, w->name, config_setting_source_line(c));
    if (len < 0 || (size_t)len >= sizeof(key))
        return fault(EC_CFG_UNKNOWN_KEY, where, "key `%s...` is longer than any we know", key);
    return walk(w, c, key);
}

/* How many of the elements are groups. */
static int groups_in(const config_setting_t *list)
{
    int groups = 0;
    for (int i = 0; i < config_setting_length(list); i++)
        groups += config_setting_is_group(config_setting_get_elem(list, (unsigned)i)) ? 1 : 0;
    return groups;
}

static bool only_scalars(const config_setting_t *list)
{
    for (int i = 0; i < config_setting_length(list); i++)
        if (!config_setting_is_scalar(config_setting_get_elem(list, (unsigned)i)))
            return false;
    return true;
}

static enum status walk(const struct walk *w, const config_setting_t *c, const char *key)
{
    char where[WHERE_MAX];
    place(where, w->name, config_setting_source_line(c));
    int len = config_setting_length(c);
    bool group = config_setting_is_group(c) != CONFIG_FALSE;
    if (group && len == 0 && key[0] != '\0')
        return settings_put(w->s, key, "{}", where);
    if (!group && (config_setting_is_scalar(c) || only_scalars(c)))
        return put_value(w, c, key);
    if (!group && groups_in(c) != len)
        return fault(EC_CFG_TYPE, where, "list `%s` mixes groups, lists and values", key);
    for (int i = 0; i < len; i++) {
        enum status st = walk_child(w, config_setting_get_elem(c, (unsigned)i), key, i);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

/* On success the caller destroys config. */
static enum status read_text_of(config_t *config, const char *text, const char *name)
{
    enum status st = conf_scan(text, name);
    if (st != ST_OK)
        return st;
    config_init(config);
    if (config_read_string(config, text) != CONFIG_FALSE)
        return ST_OK;
    char where[WHERE_MAX];
    int line = config_error_line(config);
    place(where, name, line < 1 ? 1 : (unsigned)line);
    st = fault(EC_CFG_SYNTAX, where, "%s", config_error_text(config));
    config_destroy(config);
    return st;
}

enum status conf_parse(struct settings *s, const char *text, const char *name)
{
    config_t config;
    enum status st = read_text_of(&config, text, name);
    if (st != ST_OK)
        return st;
    st = walk(&(struct walk){.s = s, .name = name}, config_root_setting(&config), "");
    config_destroy(&config);
    return st;
}

/* The whole file as a text; *text is malloc'ed. */
static enum status load(char **text, const char *path)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    enum status st = file_read(&bytes, &len, path, CONF_BYTES_MAX);
    if (st != ST_OK)
        return st;
    if (strlen((const char *)bytes) != len) {
        free(bytes);
        return fault(EC_CFG_SYNTAX, path, "holds a byte 0: this is not a text file");
    }
    *text = (char *)bytes;
    return ST_OK;
}

enum status conf_load(struct settings *s, const char *path)
{
    char *text = NULL;
    enum status st = load(&text, path);
    if (st == ST_OK)
        st = conf_parse(s, text, path);
    free(text);
    return st;
}

enum status conf_peek(char *out, size_t cap, const char *path, const char *key)
{
    char *text = NULL;
    config_t config;
    out[0] = '\0';
    enum status st = load(&text, path);
    if (st == ST_OK)
        st = read_text_of(&config, text, path);
    free(text);
    if (st != ST_OK)
        return st;
    const char *value = NULL;
    if (config_lookup_string(&config, key, &value) != CONFIG_FALSE && strlen(value) < cap)
        memcpy(out, value, strlen(value) + 1);
    config_destroy(&config);
    return ST_OK;
}

enum status conf_open(struct settings **s, const struct setting_table *table, const char *path,
                      const char *const *overrides, size_t count)
{
    *s = settings_open(table, 1);
    enum status st = conf_load(*s, path);
    for (size_t i = 0; i < count && st == ST_OK; i++)
        st = settings_put_pair(*s, overrides[i]);
    if (st == ST_OK)
        st = settings_finish(*s);
    if (st != ST_OK)
        settings_close(s);
    return st;
}

enum status conf_place(char *out, size_t cap, const struct settings *s, const char *path,
                       const char *key)
{
    const char *place = settings_text(s, "%s", key);
    const char *slash = strrchr(path, '/');
    bool here = slash == NULL || strcmp(settings_origin(s, "%s", key), "--set") == 0;
    if (here || place[0] == '/')
        return file_join(out, cap, "", place);
    char folder[PATH_MAX];
    size_t len = slash == path ? 1 : (size_t)(slash - path);
    if (len >= sizeof folder)
        return fault(EC_IO_OPEN, path, "the path is too long");
    memcpy(folder, path, len);
    folder[len] = '\0';
    return file_join(out, cap, folder, place);
}
