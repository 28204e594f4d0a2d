/*
 * hospital.h - one hospital as its own federation: what it counts, for tests of the node's legs.
 *
 * 220 patients of 3 rows, in no order; half of them test.
 */
#ifndef EVENHAND_TEST_HOSPITAL_H
#define EVENHAND_TEST_HOSPITAL_H

#include "tests/support/check.h"

#include <math.h>

#include "node/work.h"
#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

#define WIDTH 6

/* More rows than evaluate.c takes at a time. */
static const struct fixture everybody = {
    .seed = 3, .patients = 220, .images = 3, .width = WIDTH, .signal = 1, .test_share = .5};

static const char lines[] = "rounds = 1; local = { batch = 64; };\n"
                            "model = { name = \"debias-vae\"; latent = 3; hidden = 8;\n"
                            "  adversary = { hidden = [4]; count = 1; steps = 1; }; };\n"
                            "evaluate = { seeds = 2; rounds = 2; hidden = 4; };\n";

struct hospital {
    struct scratch scratch;
    struct plan plan;
    struct work w;
    char path[SCRATCH_MAX];
};

/* The rows of a flat file in another order: no patient's stand together. */
static inline void mix(const char *path)
{
    struct flat f;
    check_ok(flat_open(&f, path));
    size_t targets = f.task_count + f.group_count;
    uint32_t *order = must_alloc(f.rows, sizeof *order);
    for (uint32_t i = 0; i < f.rows; i++)
        order[i] = i;
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    rng_shuffle(order, f.rows, &rng);
    uint64_t *patient = must_alloc(f.rows, sizeof *patient);
    uint8_t *split = must_alloc(f.rows, 1);
    float *value = must_alloc(f.rows * targets, sizeof *value);
    float *x = must_alloc(f.rows * f.width, sizeof *x);
    for (size_t i = 0; i < f.rows; i++) {
        patient[i] = f.patient[order[i]];
        split[i] = f.split[order[i]];
        memcpy(x + i * f.width, f.x + order[i] * f.width, f.width * sizeof *x);
        for (size_t t = 0; t < targets; t++)
            value[t * f.rows + i] = f.value[t * f.rows + order[i]];
    }
    struct flat mixed = f;
    mixed.patient = patient, mixed.split = split, mixed.value = value, mixed.x = x;
    check_ok(flat_write(&mixed, path));
    flat_close(&f);
    free(order);
    free(patient);
    free(split);
    free(value);
    free(x);
}

static inline void open_hospital_of(const char *model_lines, struct hospital *h,
                                    const struct fixture *f, const char *const *overrides,
                                    size_t count)
{
    char path[SCRATCH_MAX];
    h->scratch = scratch_open();
    check_ok(fixture_plan(path, sizeof path, h->scratch.path, model_lines));
    check_ok(plan_load(&h->plan, path, overrides, count, adopt_parts, adopt_part_count));
    check_ok(fixture_flat(h->path, sizeof h->path, h->scratch.path, "north", f));
    mix(h->path);
    check_ok(work_open(&h->w, &h->plan, h->path));
    check_ok(work_begin(&h->w, 0, 1));
}

static inline void open_hospital(struct hospital *h, const struct fixture *f,
                                 const char *const *overrides, size_t count)
{
    open_hospital_of(lines, h, f, overrides, count);
}

static inline void close_hospital(struct hospital *h)
{
    work_close(&h->w);
    plan_close(&h->plan);
    scratch_close(&h->scratch);
}

/* Runs until this leg is due and its contribution made: the sum of one site is what it gives. */
static inline void contribute_to(struct hospital *h, enum leg_kind kind)
{
    for (;;) {
        struct digest print;
        check_ok(work_contribute(&h->w));
        if (h->w.course.leg.kind == kind)
            return;
        check_ok(work_adopt(&h->w, &print, &h->w.out, 1));
        assert_int_not_equal(h->w.course.leg.kind, LEG_END);
    }
}

#endif
