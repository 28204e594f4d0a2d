/*
 * plan.h - the run everybody agreed on: settings, checked, and their digest.
 *
 *     file + overrides -> settings (the plan's own rows, the model's, the merge rule's)
 *     -> normal form -> digest
 *
 * The digest covers the normal form: every value with its default, sorted, places on this machine
 * left out. It stands in every message and in the report.
 */
#ifndef EVENHAND_PLAN_H
#define EVENHAND_PLAN_H

#include "crypto/hash.h"
#include "proto/base/settings.h"

#define PLAN_PATH_MAX  4096
#define PLAN_PARTS_MAX 8

struct plan {
    struct settings *set; /* finished */
    struct digest digest;
    char path[PLAN_PATH_MAX];
};

/*
 * What other rooms know of a plan. The rows that belong to a value of a key: how models and merge
 * rules bring their own settings; a row of theirs for a key of the plan counts instead of the
 * plan's own (other limits, default). And judgements this room cannot pass.
 */
struct plan_parts {
    const char *key; /* "model.name"; NULL: brings no rows, judges only */
    /* The table for this value; false when there is no such part (its names go to `known`). */
    bool (*table)(struct setting_table *table, const char *value);
    const char *(*known)(size_t at); /* names that can be chosen, NULL past the end */
    /* Of all finished settings, EC_CFG_*; NULL: judges nothing. */
    enum status (*judge)(const struct settings *plan);
};

/*
 * Reads path, applies "key=value" overrides, checks all, refuses contradictions. parts (at most
 * PLAN_PARTS_MAX) say which more rows there are. plan_close frees; harmless on a zeroed plan.
 */
MUST_CHECK enum status plan_load(struct plan *p, const char *path, const char *const *overrides,
                                 size_t override_count, const struct plan_parts *parts,
                                 size_t part_count);
/*
 * The same from a normal form that came over the wire (its path is ""). Refused unless its normal
 * form is these bytes again, so one digest means one plan. EC_CFG_*.
 */
MUST_CHECK enum status plan_parse(struct plan *p, const uint8_t *bytes, size_t len,
                                  const struct plan_parts *parts, size_t part_count);
void plan_close(struct plan *p);
/* The plan's own rows: for configs/README.md. */
struct setting_table plan_rows(void);
/* A place the plan names (data.root): relative to the plan's folder, or to here when overridden. */
MUST_CHECK enum status plan_place(char *out, size_t cap, const struct plan *p, const char *key);

#endif
