/*
 * fixture.h - small hospitals with a known truth, for tests that need data.
 *
 * x is N(0,1) plus signal on the first four features: 0 task "disease", 1 group "sex", 2 group
 * "race" (level 1 of White, Black, Asian), 3 group "age" (regression, years). What is loud is not
 * shifted: feature 4 of a woman is so many times as far from 0, which no line can tell.
 */
#ifndef EVENHAND_FIXTURE_H
#define EVENHAND_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/status.h"
#include "proto/wire/plan.h"

struct fixture {
    uint64_t seed;
    size_t patients, images; /* rows = patients * images */
    size_t width;            /* at least 4, 5 with anything loud */
    double signal;           /* shift of a planted feature, in its standard deviations */
    double loud;             /* 0: as quiet as men */
    double test_share;       /* of the patients; the rest are training */
    int one_sex;             /* 1: everybody is of level 0 */
    int no_race;             /* 1: race is unknown for all */
};

/* Writes folder/site.flat of a site of that name; out gets its path. */
MUST_CHECK enum status fixture_flat(char *out, size_t cap, const char *folder, const char *site,
                                    const struct fixture *f);
/* A plan on these data; lines add model, rounds and the rest. out gets its path. */
MUST_CHECK enum status fixture_plan(char *out, size_t cap, const char *folder, const char *lines);
/* A plan of one round of a linear head, loaded: lines add the rest. What plan_load complains of. */
MUST_CHECK enum status fixture_load_plan(struct plan *p, const char *lines);

#endif
