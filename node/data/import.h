/*
 * import.h - tables into one HDF5 and one flat file a site, by a recipe.
 *
 *     recipe, tables -> frame -> derived, features -> for each site: <site>.h5, <site>.flat
 *
 * All is judged before the first file is made; each file is written whole or
 * not at all. <site> is the site's name in lower case with dashes. The folder
 * gets import.json too: what was made of what, and what was counted on the way.
 */
#ifndef EVENHAND_IMPORT_H
#define EVENHAND_IMPORT_H

#include "node/data/recipe.h"
#include "proto/base/json.h"

struct import_order {
    const struct recipe *recipe;
    const char *root; /* where the recipe's files are */
    const char *out;  /* the folder that is made */
    bool flat;        /* flat files too */
    bool quiet;       /* no line a site on stderr */
};

/* *data is what import.json holds; yours. */
MUST_CHECK enum status import_run(struct json **data, const struct import_order *order);

#endif
