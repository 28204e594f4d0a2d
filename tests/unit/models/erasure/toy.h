/*
 * toy.h - rows that tell their sex, race and age, some of it unknown, and an illness; their sums.
 *
 *     features  0-3 sex (d' 2.4)  4-7 ill (d' 2.4)  8 how loud depends on sex: nonlinear only
 *               9, 10 race  11 age  12 an echo of 0 and 4  13 always 0  the others noise
 *
 * The first ROWS rows are for training, as many after them are held out. Race has a level that is
 * never seen and a rare one.
 */
#ifndef EVENHAND_TEST_ERASURE_TOY_H
#define EVENHAND_TEST_ERASURE_TOY_H

#include "models/erasure/erasure.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"
#include "tests/support/check.h"

#define ROWS   1500 /* no multiple of a tile, like the width */
#define WIDTH  37
#define GROUPS 3
#define LOUD   8

static const struct population toy_who = {
    .width = WIDTH,
    .rows = ROWS,
    .group_count = GROUPS,
    .group = {{.name = "sex", .levels = 2, .share = {.5, .5}, .known = ROWS},
              {.name = "race",
               .kind = TARGET_CATEGORICAL,
               .levels = 4,
               .share = {.19, .8, 0, .01},
               .known = ROWS},
              {.name = "age", .kind = TARGET_REGRESSION, .sd = 1, .known = ROWS}},
};

struct toy {
    real x[2 * ROWS * WIDTH];
    real group[GROUPS][2 * ROWS];
    double sex[2 * ROWS], ill[2 * ROWS]; /* the same, for probes */
    uint64_t patient[2 * ROWS];
};

static inline void toy_row(struct toy *t, size_t i, struct rng *rng)
{
    real *x = t->x + i * WIDTH;
    t->patient[i] = i;
    t->sex[i] = rng_below(rng, 2);
    t->ill[i] = rng_below(rng, 2);
    double age = rng_normal(rng), race = rng_below(rng, 100);
    for (size_t j = 0; j < WIDTH; j++) {
        double shift = j < 4 ? t->sex[i] : j < 8 ? t->ill[i] : .5;
        double loud = j == LOUD ? (t->sex[i] > 0 ? 2 : .5) : 1;
        x[j] = (real)(loud * rng_normal(rng) + 1.2 * (shift - .5));
    }
    x[9] += race < 19 ? 2 : 0;
    x[10] += race >= 99 ? 4 : 0;
    x[11] += (real)age;
    x[12] += x[0] - x[4];
    x[13] = 0;
    t->group[0][i] = (real)t->sex[i];
    t->group[1][i] = race < 19 ? 0 : race < 99 ? 1 : 3;
    t->group[2][i] = (real)age;
    if (rng_below(rng, 10) == 0)
        t->group[1 + i % 2][i] = (real)NAN;
}

static inline struct toy *toy_open(void)
{
    struct toy *t = must_alloc(1, sizeof *t);
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < 2 * ROWS; i++)
        toy_row(t, i, &rng);
    return t;
}

/* Adds rows from..to of the first who->group_count groups, so many at a time. */
static inline void toy_add(double *values, const struct population *who, const struct toy *t,
                           size_t from, size_t to, size_t batch)
{
    real *group = must_alloc(who->group_count * batch, sizeof *group);
    for (size_t at = from; at < to; at += batch) {
        size_t rows = to - at < batch ? to - at : batch;
        for (size_t g = 0; g < who->group_count; g++)
            memcpy(group + g * rows, t->group[g] + at, rows * sizeof *group);
        erasure_add(
            values, who,
            &(struct batch){.rows = rows, .width = WIDTH, .x = t->x + at * WIDTH, .group = group});
    }
    free(group);
}

/* Of all training rows. malloc, yours. */
static inline double *toy_sums(const struct population *who, const struct toy *t)
{
    double *values = must_alloc(erasure_values(who), sizeof *values);
    toy_add(values, who, t, 0, ROWS, 256);
    return values;
}

static inline void toy_erasure(struct erasure *e, const struct population *who, const struct toy *t,
                               double shrinkage)
{
    double *values = toy_sums(who, t);
    check_ok(erasure_open(e, who, values, shrinkage));
    free(values);
}

/* A row erased with u and v as the header says, without the rounding of real. */
static inline void toy_exact(double *y, const struct erasure *e, const double *x)
{
    memcpy(y, x, e->width * sizeof *y);
    for (size_t c = 0; c < e->columns; c++) {
        const double *u = e->u + c * e->width, *v = e->v + c * e->width;
        double read = 0;
        for (size_t j = 0; j < e->width; j++)
            read += u[j] * (x[j] - e->mean[j]);
        for (size_t j = 0; j < e->width; j++)
            y[j] -= read * v[j];
    }
}

#endif
