#include "proto/base/must.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void must_fail(const char *what, const char *file, int line)
{
    fflush(stdout); /* what was promised to the reader before we stopped */
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, what);
    abort();
}
