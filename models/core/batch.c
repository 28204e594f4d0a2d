#include "models/core/batch.h"

#include <math.h>

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

static size_t levels_seen(const struct target *t)
{
    size_t seen = 0;
    for (size_t i = 0; i < t->levels; i++)
        seen += t->share[i] > 0;
    return seen;
}

bool target_learnable(const struct target *t)
{
    return t->known > 0 && (t->kind == TARGET_REGRESSION || levels_seen(t) >= 2);
}

void target_balance(double weight[static TARGET_LEVELS_MAX], const struct target *t)
{
    double seen = (double)levels_seen(t);
    for (size_t i = 0; i < t->levels; i++)
        weight[i] = t->share[i] > 0 ? fmin(1 / (seen * t->share[i]), TARGET_BALANCE_MAX) : 1;
}
