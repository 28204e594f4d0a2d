/*
 * import_setup.h - small tables and a recipe's text through an import, in a folder of the test's own.
 */
#ifndef EVENHAND_TEST_IMPORT_SETUP_H
#define EVENHAND_TEST_IMPORT_SETUP_H

#include "crypto/hash.h"
#include "node/data/import.h"
#include "node/data/site.h"
#include "proto/base/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

static struct scratch s;

static inline int open_scratch(void **state)
{
    (void)state;
    crypto_start();
    s = scratch_open();
    return 0;
}

static inline int close_scratch(void **state)
{
    (void)state;
    scratch_close(&s);
    return 0;
}

static inline const char *in_scratch(const char *name)
{
    static char path[4][SCRATCH_MAX];
    static size_t at;

    return scratch_file(path[at++ % 4], &s, name);
}

static inline void put_file(const char *name, const char *text)
{
    check_ok(file_write(in_scratch(name), text, strlen(text)));
}

static inline enum status import(struct json **data, const char *recipe, const char *out)
{
    struct recipe *r;
    *data = NULL;
    enum status st = recipe_parse(&r, recipe, "t.cfg");

    if (st != ST_OK)
        return st;
    st = import_run(data, &(struct import_order){r, s.path, in_scratch(out), true, true});
    recipe_close(&r);
    return st;
}

#endif
