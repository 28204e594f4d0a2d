/*
 * agree.h - do the files of several sites belong to one study?
 */
#ifndef EVENHAND_AGREE_H
#define EVENHAND_AGREE_H

#include "node/data/site.h"

/* What a site must share with the others: width, feature names, tasks, groups and their levels. */
struct agreement {
    char path[256];    /* of the first file; "" before it came */
    struct flat shape; /* its names and counts; no rows */
    char **feature;
};

/* The first call remembers, later ones compare. EC_DATA_DISAGREE names both files. */
MUST_CHECK enum status agree(struct agreement *a, const struct site *s, const char *path);
void agree_free(struct agreement *a);

#endif
