/*
 * transform.h - a site's file with what a trained model releases of its rows in place of them.
 *
 *     X.h5 (site.h)  /x [N,D] or [N,P,D], /patient, /split, /label/..., /group/...
 *     Z.h5           /x [N,released], the rest with the same values: a site's file again
 *                    attributes of /: site, model_digest, plan_digest, release.layer, release.z,
 *                    evenhand_version
 *
 * Reads and writes a stretch of rows at a time, so memory does not grow with N x D. The same file
 * and model give the same bytes. /feature_names go along where a release still has a number for
 * each feature (release.layer decoder); what a file holds beside our contract does not.
 */
#ifndef EVENHAND_TRANSFORM_H
#define EVENHAND_TRANSFORM_H

#include "node/data/site.h"
#include "node/trained.h"

struct transformed {
    char site[TARGET_NAME_MAX];
    size_t rows, width, released;
};

/*
 * out appears complete or not at all. EC_IO_CREATE when it is there already, EC_DATA_SHAPE for rows
 * of another width than the model's; else what site_read, flat_judge and trained_release say.
 */
MUST_CHECK enum status transform(struct transformed *done, struct trained *t, const char *in,
                                 const char *out, const struct site_paths *where);
/*
 * The file that trained_open wants, from what a person names: itself, the folder of a run, or the
 * model.h5 beside it. EC_IO_OPEN, EC_MODEL_FILE when there is none beside a model.h5.
 */
MUST_CHECK enum status transform_model_path(char *path, size_t cap, const char *named);

#endif
