#include "tests/support/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/must.h"

#define OPEN_FOLDERS 16

struct scratch scratch_open(void)
{
    struct scratch s;
    const char *base = getenv("TMPDIR");
    int len =
        snprintf(s.path, sizeof(s.path), "%s/evenhand-test-XXXXXX", base == NULL ? "/tmp" : base);
    must(len > 0);
    must((size_t)len < sizeof(s.path));
    must(mkdtemp(s.path) != NULL);
    return s;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

void scratch_close(const struct scratch *s)
{
    must(nftw(s->path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0);
}

const char *scratch_file(char out[static SCRATCH_MAX], const struct scratch *s, const char *name)
{
    int len = snprintf(out, SCRATCH_MAX, "%s/%s", s->path, name);
    must(len > 0);
    must(len < SCRATCH_MAX);
    return out;
}
