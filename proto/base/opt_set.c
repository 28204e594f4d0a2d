#include "proto/base/opt_set.h"

size_t opt_overrides(const char *overrides[static OPT_REPEAT_MAX])
{
    size_t count = opt_repeats("set");
    for (size_t i = 0; i < count; i++)
        overrides[i] = opt_repeat("set", i);
    return count;
}
