/*
 * cohort_inside.h - what the cohort*.c files share; nobody else includes it.
 */
#ifndef EVENHAND_COHORT_INSIDE_H
#define EVENHAND_COHORT_INSIDE_H

#include "node/data/cohort.h"
#include "proto/base/rng.h"

#define AGE_BINS 4
#define AGE_MEAN 61.63
#define AGE_SD   5.08
#define FEMALE   0.405
#define MIRRORS  50

/* What a stream of random numbers is for; part of its key. */
enum cohort_stream {
    STREAM_PERSON,  /* patient */
    STREAM_OUTCOME, /* patient, image */
    STREAM_PATIENT, /* patient: noise shared by the images */
    STREAM_IMAGE,   /* patient, image: noise of its own */
    STREAM_MIRROR,  /* reflection */
    STREAM_SHIFT,   /* site, direction */
    STREAM_MIXTURE, /* stratum, site */
    STREAM_SITE     /* patient */
};

static inline struct rng cohort_rng(const struct cohort *c, enum cohort_stream stream, uint64_t who,
                                    uint64_t which)
{
    return rng_open(c->spec.seed, RNG_COHORT, (uint64_t)stream, who, which);
}

extern const double cohort_age_share[AGE_BINS]; /* 55-59, 60-64, 65-69, 70-74 */
extern const double cohort_race_share[RACE_COUNT];

/* Index of the share that u in (0,1) falls into; shares add up to 1. */
size_t cohort_pick(const double *share, size_t count, double u);

/* Gives every person a site. EC_DATA_EMPTY. */
MUST_CHECK enum status cohort_assign(struct cohort *c);
/* Fills spread, mirror, shift and cancer; people know their outcomes. */
void cohort_shape(struct cohort *c);

#endif
