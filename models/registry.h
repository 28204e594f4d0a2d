/*
 * registry.h - the models a plan can name; a new model is a folder and one row in registry.c.
 */
#ifndef EVENHAND_REGISTRY_H
#define EVENHAND_REGISTRY_H

#include "models/core/model.h"

/* NULL when there is none of that name. */
const struct model_ops *model_find(const char *name);
const struct model_ops *model_at(size_t at); /* NULL past the end */
/* The settings of every model, for the schema of a plan. */
size_t model_tables(struct setting_table *tables, size_t max);

#endif
