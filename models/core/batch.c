#include "models/core/batch.h"

#include "proto/base/must.h"

size_t target_outputs(const struct target *t)
{
    return t->kind == TARGET_CATEGORICAL ? t->levels : 1;
}

size_t target_largest(const struct target *t)
{
    must(t->levels <= TARGET_LEVELS_MAX);

    size_t largest = 0;
    for (size_t i = 1; i < t->levels; i++)
        if (t->share[i] > t->share[largest])
            largest = i;
    return largest;
}
