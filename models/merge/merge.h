/*
 * merge.h - the next global model from the mean of the sites' differences: a pure function.
 *
 * Both ends run it on the same decoded sum and get the same bytes: fixed index order, double
 * arithmetic rounded once to real, no BLAS, no contraction.
 */
#ifndef EVENHAND_MERGE_H
#define EVENHAND_MERGE_H

#include "models/core/real.h"
#include "proto/base/settings.h"

struct merge_ops {
    const char *name;
    const char *about;
    struct setting_table settings;          /* its keys, below "merge." */
    size_t (*state_doubles)(size_t params); /* cleared before the first round */
    /* theta [n] becomes the next model; mean [n] is the weighted mean difference. */
    void (*finish)(real *theta, double *state, const double *mean, size_t n,
                   const struct settings *plan, uint64_t round);
};

const struct merge_ops *merge_find(const char *name); /* NULL when there is none */
const struct merge_ops *merge_at(size_t at);          /* NULL past the end */
/* The settings of all rules, for the schema of a plan. */
size_t merge_tables(struct setting_table *tables, size_t max);

/* The rules; everyone but the registry finds them by name. */
extern const struct merge_ops merge_fedavg;

#endif
