#include "coordinator/sim/grid.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/must.h"

#define WHERE "--over"

/* Beginnings of the keys that say on whom and how points are measured. */
static const char *const fixed[] = {"plan",    "data.",      "tasks",    "groups",
                                    "privacy", "tolerances", "evaluate."};

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* How much a group counts in training, and not how it is measured. */
static bool is_for_training(const char *key)
{
    const char *last = strrchr(key, '.');
    return begins_with(key, "groups[") && last != NULL &&
           (strcmp(last, ".weight") == 0 || strcmp(last, ".ramp") == 0);
}

static enum status judge_key(const struct grid *g, const char *key)
{
    for (size_t i = 0; i < g->axes; i++)
        if (strcmp(g->axis[i].key, key) == 0)
            return fault(EC_USAGE, WHERE, "`%s` is given twice; name all its values at once", key);
    for (size_t i = 0; i < COUNT(fixed); i++)
        if (begins_with(key, fixed[i]) && !is_for_training(key))
            return fault(EC_USAGE, WHERE,
                         "`%s` says what points are measured by, and is the same for all of them",
                         key);
    return ST_OK;
}

/* Bytes up to the comma that ends the value, or to the end. */
static size_t value_length(const char *text)
{
    size_t depth = 0, at = 0;
    bool quoted = false;
    for (; text[at] != '\0' && (depth > 0 || quoted || text[at] != ','); at++) {
        quoted = quoted != (text[at] == '"');
        if (quoted)
            continue;
        depth += strchr("([", text[at]) != NULL ? 1 : 0;
        depth -= strchr(")]", text[at]) != NULL && depth > 0 ? 1 : 0;
    }
    return at;
}

static enum status add_value(struct grid_axis *axis, const char *value, size_t len)
{
    if (len == 0)
        return fault(EC_USAGE, WHERE, "`%s`: a value is empty", axis->key);
    if (len >= FRONTIER_TEXT_MAX)
        return fault(EC_USAGE, WHERE, "`%s`: a value is longer than %d bytes", axis->key,
                     FRONTIER_TEXT_MAX - 1);
    if (axis->count == GRID_POINTS_MAX)
        return fault(EC_USAGE, WHERE, "`%s`: more than %d values", axis->key, GRID_POINTS_MAX);
    char *to = axis->value[axis->count++];
    snprintf(to, FRONTIER_TEXT_MAX, "%.*s", (int)len, value);
    for (size_t i = 0; i + 1 < axis->count; i++)
        if (strcmp(axis->value[i], to) == 0)
            return fault(EC_USAGE, WHERE, "`%s`: %s is given twice", axis->key, to);
    return ST_OK;
}

static enum status add_axis(struct grid *g, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t len = equals == NULL ? 0 : (size_t)(equals - text);
    if (len == 0 || len >= FRONTIER_TEXT_MAX)
        return fault(EC_USAGE, WHERE, "`%s` is not key=value,value,...", text);
    if (g->axes == GRID_AXES_MAX)
        return fault(EC_USAGE, WHERE, "more than %d keys", GRID_AXES_MAX);
    struct grid_axis *axis = &g->axis[g->axes];
    axis->count = 0;
    snprintf(axis->key, sizeof(axis->key), "%.*s", (int)len, text);
    enum status st = judge_key(g, axis->key);
    for (const char *at = equals + 1; st == ST_OK; at++) {
        size_t value = value_length(at);
        st = add_value(axis, at, value);
        at += value;
        if (*at == '\0')
            break;
    }
    g->axes++;
    return st;
}

enum status grid_parse(struct grid *g, const char *const *over, size_t count)
{
    g->axes = 0;
    g->points = 1;
    if (count == 0)
        return fault(EC_USAGE, WHERE, "--over key=v1,v2,... is wanted: what is searched");
    for (size_t i = 0; i < count; i++) {
        enum status st = add_axis(g, over[i]);
        if (st != ST_OK)
            return st;
        g->points *= g->axis[i].count;
        if (g->points > GRID_POINTS_MAX)
            return fault(EC_USAGE, WHERE, "these are more than %d points", GRID_POINTS_MAX);
    }
    return ST_OK;
}

size_t grid_settings(struct frontier_setting setting[static FRONTIER_SETTINGS_MAX],
                     const struct grid *g, size_t point)
{
    must(point < g->points);
    for (size_t i = g->axes; i-- > 0;) {
        const struct grid_axis *axis = &g->axis[i];
        snprintf(setting[i].key, FRONTIER_TEXT_MAX, "%s", axis->key);
        snprintf(setting[i].value, FRONTIER_TEXT_MAX, "%s", axis->value[point % axis->count]);
        point /= axis->count;
    }
    return g->axes;
}
