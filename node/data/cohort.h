/*
 * cohort.h - a synthetic cohort with known truth: the founding paper's situation without its data.
 *
 *     seed -> people (sex, age, race, images, risk) -> outcomes per image -> sites
 *     f [D] = sqrt(.7) patient + sqrt(.3) image noise     each coordinate of unit SD
 *           + sex, age, Black, Asian, cancer              planted in coordinates 0..11
 *           + the site's shift
 *     x [D] = scaling * Q * (spread o f)                  Q orthogonal: 50 reflections
 *
 * spread is a power law: the coordinate at rank r has SD r^-1/2. Sex stands at rank 2 of 1408, age
 * at 20, Black 40, Asian 60, the eight cancer coordinates at 80, 120 ... 360: what is worth keeping
 * has little variance, so a model that collapses loses it first.
 *
 * Every number comes from a stream of its own, keyed by (seed, stream, patient, image): a patient's
 * row can be made alone, and it does not depend on the number of sites but for the site's shift.
 */
#ifndef EVENHAND_COHORT_H
#define EVENHAND_COHORT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/opt.h"

#define COHORT_SITES_MAX  64
#define COHORT_IMAGES_MAX 15 /* of one patient */
#define COHORT_PLANTED                                                                             \
    12 /* coordinates of f that carry something: sex, age, Black, Asian, cancer x 8 */
#define COHORT_POSITIVES_MAX 4 /* training images with cancer at the site that has few */

enum cohort_race { RACE_WHITE, RACE_BLACK, RACE_ASIAN, RACE_OTHER, RACE_COUNT };

/* Which coordinate of f an attribute was planted in. */
enum cohort_at { AT_SEX, AT_AGE, AT_BLACK, AT_ASIAN, AT_CANCER };

struct cohort_spec {
    double scale; /* of training patients and of D: 1 gives 10,299 and 1408; 1/64 to 4 */
    size_t sites; /* H */
    uint64_t seed;
    double rho_sex, rho_age; /* cosine of the cancer direction with the sex, age direction */
    double rms;              /* of a feature about its mean, over all features and training rows */
    double alpha;            /* Dirichlet: small gives sites that differ, large gives equal ones */
    double zipf;             /* site h has a share of about h^-zipf */
};

struct person {
    double risk; /* propensity to cancer, N(0,1) */
    int age;     /* years */
    uint8_t race;
    uint8_t images;
    uint8_t site;         /* 0..H-1 */
    bool female, swapped; /* swapped: embedded as the other sex */
    bool test;
    uint16_t cancer_2y, cancer_1y; /* bit i: image i */
};

struct cohort {
    struct cohort_spec spec;
    size_t width;                  /* D */
    size_t train, count;           /* patients 0..train-1 train, ..count-1 test */
    struct person *person;         /* [count] */
    float *spread;                 /* [D], scaling included */
    float *mirror;                 /* [50, D]: unit normals of the reflections */
    float *shift;                  /* [H, D]: what a site adds to f */
    double cancer[COHORT_PLANTED]; /* unit direction of cancer in f */
};

/* EC_USAGE: a number of spec is out of range. EC_DATA_EMPTY: a site got no training patient. */
MUST_CHECK enum status cohort_open(struct cohort *c, const struct cohort_spec *spec);
void cohort_close(struct cohort *c);

/* Sites are numbered from 0. With two or more the last holds at most COHORT_POSITIVES_MAX training
 * images with cancer; with three or more the last but one does not know race. */
bool cohort_site_has_few_positives(const struct cohort *c, size_t site);
bool cohort_site_knows_race(const struct cohort *c, size_t site);

/* x [images of the patient, D]; scratch [D]. */
void cohort_embed(float *x, const struct cohort *c, size_t patient, float *scratch);
/* Q (spread o f): f [D] becomes a direction or a difference of rows x [D], in place. */
void cohort_turn(float *f, const struct cohort *c);

/* `evenhand-data cohort`: one HDF5 file a site and a plan that runs on them. */
extern const struct opt_verb cohort_verb;

#endif
