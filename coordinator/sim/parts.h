/*
 * parts.h - which tables a plan needs: the settings of the model and of the merge rule it names.
 */
#ifndef EVENHAND_PARTS_H
#define EVENHAND_PARTS_H

#include "proto/wire/plan.h"

/* For plan_load: model.name -> models/registry.h, merge.rule -> models/merge/merge.h. */
extern const struct plan_parts sim_plan_parts[];
extern const size_t sim_plan_part_count;

#endif
