#include <string.h>

#include "models/merge/merge.h"
#include "proto/base/must.h"

static const struct merge_ops *const rules[] = {
    &merge_fedavg,
};

const struct merge_ops *merge_at(size_t at)
{
    return at < COUNT(rules) ? rules[at] : NULL;
}

const struct merge_ops *merge_find(const char *name)
{
    for (size_t i = 0; i < COUNT(rules); i++)
        if (strcmp(rules[i]->name, name) == 0)
            return rules[i];
    return NULL;
}

size_t merge_tables(struct setting_table *tables, size_t max)
{
    must(COUNT(rules) <= max);
    for (size_t i = 0; i < COUNT(rules); i++)
        tables[i] = rules[i]->settings;
    return COUNT(rules);
}
