/*
 * site_scores.h - the scores of a site's file: which folder has them, and how they become x.
 */
#ifndef EVENHAND_SITE_SCORES_H
#define EVENHAND_SITE_SCORES_H

#include "node/data/site.h"

#define SITE_SCORES "/score" /* where we write them */

/*
 * The folder of scores: x where that is a folder, SITE_SCORES where the file has it and no x; NULL
 * when the file has features. x must outlive it.
 */
const char *site_scores_folder(const struct h5_reader *r, const char *x);
/* How many rows the scores of this label are; path stands in the complaint. EC_DATA_SHAPE. */
MUST_CHECK enum status site_scores_rows(size_t *rows, const struct h5_reader *r, const char *path,
                                        const char *folder, const char *label);
/*
 * x [rows, width] of a site whose labels are read. EC_DATA_SHAPE, EC_DATA_NAN, EC_DATA_VALUE with
 * path, folder and row.
 */
MUST_CHECK enum status site_scores_read(float *x, const struct flat *f, const struct h5_reader *r,
                                        const char *path, const char *folder);
MUST_CHECK enum status site_scores_put(struct h5_writer *w, const struct flat *f);

#endif
