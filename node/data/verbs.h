/*
 * verbs.h - what evenhand-data can be asked for, one row each in its table.
 */
#ifndef EVENHAND_VERBS_H
#define EVENHAND_VERBS_H

#include "proto/base/opt.h"

extern const struct opt_verb import_verb;    /* tables -> HDF5 and flat files */
extern const struct opt_verb pack_verb;      /* HDF5 -> flat */
extern const struct opt_verb check_verb;     /* can it be used? */
extern const struct opt_verb describe_verb;  /* what is in it? */
extern const struct opt_verb export_verb;    /* a trained model -> HDF5 */
extern const struct opt_verb transform_verb; /* HDF5 -> HDF5, debiased */
extern const struct opt_verb recipe_settings_verb;

#endif
