/*
 * export.h - a trained model as HDF5, for h5py and people.
 *
 *     /theta            float32, all weights; /tensor/<name> is the same, piece by piece
 *     /feature_mean, /feature_scale   what x is standardised with (scale 0: the feature becomes 0)
 *     /task/<name>, /group/<name>     names of the levels; `kind`, and `mean`, `sd` of a regression
 *     /plan             the plan in its normal form
 *     attributes of /   schema, model, plan_digest, model_digest
 */
#ifndef EVENHAND_EXPORT_H
#define EVENHAND_EXPORT_H

#include "models/core/ckpt.h"

/* EC_IO_CREATE, EC_IO_WRITE. */
MUST_CHECK enum status export_model(const struct ckpt *c, const char *path);

#endif
