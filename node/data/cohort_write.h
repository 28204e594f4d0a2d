/*
 * cohort_write.h - a cohort as files: one HDF5 file a site, and a plan that runs on them.
 */
#ifndef EVENHAND_COHORT_WRITE_H
#define EVENHAND_COHORT_WRITE_H

#include "node/data/cohort.h"

#define COHORT_FILE_MAX 32

/* What one site holds; patients and rows of both splits. */
struct cohort_count {
    size_t patients, rows;
    size_t train_patients, train_rows;
    size_t train_positives; /* images with cancer in two years */
};

void cohort_counts(struct cohort_count *count, const struct cohort *c, size_t site);
/* "site-1.h5" of site 0. */
void cohort_site_file(char out[static COHORT_FILE_MAX], size_t site);

/*
 * Makes the folder, writes its files and, last, plan.cfg. EC_IO_LEFTOVER when the folder holds a
 * site's file beyond the cohort's sites; EC_IO_CREATE, EC_IO_WRITE.
 */
MUST_CHECK enum status cohort_write(const struct cohort *c, const char *folder);

#endif
