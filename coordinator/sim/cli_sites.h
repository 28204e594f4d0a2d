/*
 * cli_sites.h - the sites of a plan as flat files, made by evenhand-data where they are missing.
 *
 *     data.prepare = "tcga"  -> evenhand-data import <recipe>, once   -> OUT/data/<site>.flat
 *     data.prepare = ""      -> evenhand-data pack <root>/X.h5, each  -> OUT/data/X.flat
 */
#ifndef EVENHAND_CLI_SITES_H
#define EVENHAND_CLI_SITES_H

#include "proto/wire/plan.h"

#define SITES_MAX 4096

struct sites {
    char **path; /* of the flat files, in the order of the sites' names */
    char **name; /* of the sites, as the files say; no two are alike */
    size_t count;
};

/* Prepares all sites of the plan below folder `out`. EC_DATA_EMPTY, EC_DATA_DISAGREE (two sites of
 * one name), and what evenhand-data says. */
MUST_CHECK enum status sites_open(struct sites *s, const struct plan *plan, const char *out);
void sites_close(struct sites *s);

#endif
