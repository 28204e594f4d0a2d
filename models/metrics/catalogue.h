/*
 * catalogue.h - which numbers fairness.h knows, and of whom each is told.
 *
 * For whoever names one before there are any numbers: a tolerance of a plan. A test holds it
 * against the lists that fairness_open makes.
 */
#ifndef EVENHAND_CATALOGUE_H
#define EVENHAND_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

enum fairness_about {
    ABOUT_GROUPS,  /* one a group, and one of everybody ("") */
    ABOUT_BETWEEN, /* one of all groups together, or of everybody: group "" */
    ABOUT_ONE      /* one a group, or a group and another: never "" */
};

struct fairness_metric {
    const char *name;
    enum fairness_about about;
    bool at_threshold; /* one a threshold */
};

/* NULL when fairness.h knows no such number. */
const struct fairness_metric *fairness_metric_find(const char *name);
/* In the order of fairness.h, NULL past the end. */
const struct fairness_metric *fairness_metric_at(size_t at);

#endif
