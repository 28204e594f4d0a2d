#include "node/h5/library.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/must.h"

void h5_library_start(void)
{
    static bool started;

    if (started)
        return;
    must(setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1) == 0);
    must(H5open() >= 0);
    must(H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0);
    must(H5PLset_loading_state(0) >= 0);
    must(H5Lunregister(H5L_TYPE_EXTERNAL) >= 0);
    started = true;
}

struct words {
    char *out;
    size_t cap;
};

static herr_t first_only(unsigned n, const H5E_error2_t *e, void *ctx)
{
    struct words *w = ctx;

    if (n == 0)
        snprintf(w->out, w->cap, "%s", e->desc != NULL ? e->desc : "");
    return 0;
}

void h5_library_says(char *out, size_t cap)
{
    struct words w = {out, cap};

    snprintf(out, cap, "no further word");
    if (H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first_only, &w) < 0 || out[0] == '\0')
        snprintf(out, cap, "no further word");
    (void)H5Eclear2(H5E_DEFAULT);
}
