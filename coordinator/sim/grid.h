/*
 * grid.h - the settings that a search goes over: all combinations of the values of some keys.
 *
 *     --over model.beta=0.1,0.3 --over seed=1,2   ->   (.1,1) (.1,2) (.3,1) (.3,2)
 *
 * A key is one that says how a model is trained. What makes points comparable is the same for all:
 * the data, the tasks, the groups and the evaluation are no axes (but weights of groups are).
 */
#ifndef EVENHAND_GRID_H
#define EVENHAND_GRID_H

#include "coordinator/eval/frontier.h"
#include "proto/base/status.h"

#define GRID_POINTS_MAX 64
#define GRID_AXES_MAX   FRONTIER_SETTINGS_MAX

struct grid_axis {
    char key[FRONTIER_TEXT_MAX];
    char value[GRID_POINTS_MAX][FRONTIER_TEXT_MAX];
    size_t count;
};

struct grid {
    struct grid_axis axis[GRID_AXES_MAX];
    size_t axes, points;
};

/*
 * From texts "key=v1,v2,..."; commas within brackets or quotes belong to a value. EC_USAGE: no axis,
 * a key twice, a value twice, no value, a key that is no axis, or more than GRID_POINTS_MAX points.
 * Whether the plan takes the values is the plan's to say.
 */
MUST_CHECK enum status grid_parse(struct grid *g, const char *const *over, size_t count);
/* The settings of a point, from 0; the last axis changes first. Returns how many. */
size_t grid_settings(struct frontier_setting setting[static FRONTIER_SETTINGS_MAX],
                     const struct grid *g, size_t point);

#endif
