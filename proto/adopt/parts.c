#include "proto/adopt/parts.h"

#include "models/attack.h"
#include "models/merge/merge.h"
#include "models/registry.h"
#include "models/tolerance.h"

static bool model_table(struct setting_table *table, const char *name)
{
    const struct model_ops *ops = model_find(name);
    if (ops != NULL)
        *table = ops->settings;
    return ops != NULL;
}

static const char *model_known(size_t at)
{
    const struct model_ops *ops = model_at(at);
    return ops == NULL ? NULL : ops->name;
}

static bool merge_table(struct setting_table *table, const char *name)
{
    const struct merge_ops *ops = merge_find(name);
    if (ops != NULL)
        *table = ops->settings;
    return ops != NULL;
}

static const char *merge_known(size_t at)
{
    const struct merge_ops *ops = merge_at(at);
    return ops == NULL ? NULL : ops->name;
}

const struct plan_parts adopt_parts[] = {
    {.key = "model.name", .table = model_table, .known = model_known},
    {.key = "merge.rule", .table = merge_table, .known = merge_known},
    {.judge = tolerances_judge},
    {.judge = attacks_judge},
};
const size_t adopt_part_count = COUNT(adopt_parts);
