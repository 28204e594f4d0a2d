#include "models/core/model.h"

#include "proto/base/must.h"

void model_map(struct map *map, const struct model *m)
{
    *map = (struct map){0};
    if (m->ops->map != NULL)
        m->ops->map(map, m);
    else
        map_add(map, m->params, 1, false, "theta");
    must(map->end == m->params);
}
