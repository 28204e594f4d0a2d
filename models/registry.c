#include "models/registry.h"

#include <string.h>

#include "models/given/given.h"
#include "models/linear/probes.h"
#include "models/vae/debias.h"
#include "proto/base/must.h"

static const struct model_ops *const models[] = {
    &linear_ops,
    &mlp_ops,
    &debias_vae_ops,
    &given_ops,
};

const struct model_ops *model_at(size_t at)
{
    return at < COUNT(models) ? models[at] : NULL;
}

const struct model_ops *model_find(const char *name)
{
    for (size_t i = 0; i < COUNT(models); i++)
        if (strcmp(models[i]->name, name) == 0)
            return models[i];
    return NULL;
}

size_t model_tables(struct setting_table *tables, size_t max)
{
    must(COUNT(models) <= max);

    for (size_t i = 0; i < COUNT(models); i++)
        tables[i] = models[i]->settings;
    return COUNT(models);
}
