/*
 * keep.h - what a run leaves in its folder: the report and the model.
 */
#ifndef EVENHAND_KEEP_H
#define EVENHAND_KEEP_H

#include "coordinator/loop.h"
#include "coordinator/report/report.h"

/*
 * Writes model.evh (models/core/ckpt.h) where one was trained, then report.json and report.html into
 * folder; each whole or not at all.
 */
MUST_CHECK enum status keep_run(const struct report *report, const struct coord_loop *l,
                                const char *folder);

/* folder/model.h5 where one was trained, for whoever reads HDF5, by the program that links it. */
MUST_CHECK enum status keep_export(const struct report *report, const char *folder);

#endif
