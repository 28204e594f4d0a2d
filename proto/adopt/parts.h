/*
 * parts.h - which tables a plan needs: those of the model and of the merge rule it names; and what
 * is judged of it that only models know (models/tolerance.h).
 */
#ifndef EVENHAND_PARTS_H
#define EVENHAND_PARTS_H

#include "proto/wire/plan.h"

/* For plan_load and plan_parse: model.name -> models/registry.h, merge.rule -> models/merge/merge.h. */
extern const struct plan_parts adopt_parts[];
extern const size_t adopt_part_count;

#endif
