/* One hospital as its own federation: the sum of one site is what it gives. */
#include "tests/support/check.h"

#include <math.h>

#include "node/work.h"
#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

static const char lines[] = "rounds = 2; local = { batch = 16; };\n"
                            "model = { name = \"debias-vae\"; latent = 3; hidden = 8;\n"
                            "  adversary = { hidden = [4]; count = 1; steps = 1; }; };\n"
                            "evaluate = { seeds = 1; rounds = 2; hidden = 4; every = 1; };\n";

struct hospital {
    struct scratch scratch;
    struct plan plan;
    struct work w;
    char path[SCRATCH_MAX];
};

static void open_hospital(struct hospital *h, const char *const *overrides, size_t count)
{
    static const struct fixture f = {
        .seed = 6, .patients = 60, .images = 2, .width = 5, .signal = 1, .test_share = .3};
    char path[SCRATCH_MAX];
    h->scratch = scratch_open();
    check_ok(fixture_plan(path, sizeof path, h->scratch.path, lines));
    check_ok(plan_load(&h->plan, path, overrides, count, adopt_parts, adopt_part_count));
    check_ok(fixture_flat(h->path, sizeof h->path, h->scratch.path, "north", &f));
    check_ok(work_open(&h->w, &h->plan, h->path));
    check_ok(work_begin(&h->w, 0, 1));
}

static void close_hospital(struct hospital *h)
{
    work_close(&h->w);
    plan_close(&h->plan);
    scratch_close(&h->scratch);
}

static void adopt_own(struct hospital *h)
{
    struct digest print;
    check_ok(work_adopt(&h->w, &print, &h->w.out, 1));
}

static void moments_are_those_of_the_training_rows(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, NULL, 0);
    check_ok(work_contribute(&h.w));
    adopt_own(&h);
    const struct dataset *d = &h.w.data;
    const struct course *c = &h.w.course;
    double n = (double)d->split_rows[SPLIT_TRAIN];
    assert_true(n > 50 && c->who.rows == n);
    double mean = 0;
    double sick = 0;
    double black = 0;
    double age = 0;
    for (size_t i = 0; i < d->split_rows[SPLIT_TRAIN]; i++) {
        size_t row = d->split_row[SPLIT_TRAIN][i];
        mean += (double)d->flat.x[row * d->width + 4] / n;
        sick += d->flat.value[row] == 1;
        black += d->flat.value[2 * d->rows + row] == 1;
        age += (double)d->flat.value[3 * d->rows + row] / n;
    }
    /* 24 binary places of a sum of order 100. */
    assert_true(fabs(c->mean[4] - mean) < 1e-6);
    assert_true(fabs(c->who.task[0].share[1] - sick / n) < 1e-12);
    assert_true(fabs(c->who.group[1].share[1] - black / n) < 1e-12);
    assert_true(fabs(c->who.group[2].mean - age) < 1e-6);
    close_hospital(&h);
}

static void every_leg_of_a_run_has_its_shape_and_its_time(void **state)
{
    (void)state;
    struct hospital h;
    size_t legs[LEG_END] = {0};
    open_hospital(&h, (const char *const[]){"model.erase_first=true", "evaluate.sensitivity=0.8"},
                  2);
    while (h.w.course.leg.kind != LEG_END) {
        unsigned bits = 0;
        size_t words = 0;
        legs[h.w.course.leg.kind]++;
        check_ok(work_contribute(&h.w));
        adopt_shape(&bits, &words, &h.w.course);
        assert_int_equal(h.w.out.bits, bits);
        assert_int_equal(h.w.out.words, words);
        assert_int_equal(h.w.made, h.w.course.leg.round);
        adopt_own(&h);
    }
    for (size_t k = 0; k < LEG_END; k++) {
        if (legs[k] == 0 || h.w.seconds[k] <= 0)
            fail_msg("%s: %zu legs, %g s", leg_name((enum leg_kind)k), legs[k], h.w.seconds[k]);
    }
    assert_int_equal(legs[LEG_TRAIN], 2);
    assert_int_equal(legs[LEG_GUARD], 2);
    assert_int_equal(legs[LEG_PROBE], legs[LEG_VALID]);
    close_hospital(&h);
}

/* Training stays with them; evaluation does not. */
static void a_plan_may_train_on_the_first_rows_of_a_site(void **state)
{
    (void)state;
    static const struct {
        const char *override;
        size_t rows; /* 0: all */
    } rows[] = {{"local.first_rows=0", 0}, {"local.first_rows=7", 7}, {"local.first_rows=9999", 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hospital h;
        open_hospital(&h, &rows[i].override, 1);
        const struct dataset *d = &h.w.data;
        size_t all = d->split_rows[SPLIT_TRAIN];
        while (h.w.course.leg.kind != LEG_PROBE) {
            check_ok(work_contribute(&h.w));
            if (h.w.course.leg.kind == LEG_TRAIN) {
                assert_int_equal(h.w.subject.rows.count, rows[i].rows > 0 ? rows[i].rows : all);
                assert_ptr_equal(h.w.subject.rows.row, d->split_row[SPLIT_TRAIN]);
            }
            adopt_own(&h);
        }
        assert_null(h.w.subject.theta); /* training is over */
        check_ok(work_contribute(&h.w));
        assert_int_equal(h.w.probes.rows.count, all);
        close_hospital(&h);
    }
}

/* Optimisers move on, features are made and rescaled in place: asked twice, all of it once. */
static void a_leg_that_is_tried_again_gives_the_same_bytes(void **state)
{
    (void)state;
    struct hospital h;
    size_t legs = 0;
    open_hospital(&h, NULL, 0);
    while (h.w.course.leg.kind != LEG_END) {
        check_ok(work_contribute(&h.w));
        size_t bytes = ring_bytes(h.w.out.bits, h.w.out.words);
        void *first = must_alloc(1, bytes);
        memcpy(first, h.w.out.word, bytes);
        check_ok(work_contribute(&h.w));
        if (memcmp(h.w.out.word, first, bytes) != 0)
            fail_msg("%s differs", leg_name(h.w.course.leg.kind));
        free(first);
        adopt_own(&h);
        legs++;
    }
    assert_true(legs > 8);
    close_hospital(&h);
}

static void weights_that_were_cut_are_counted(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        bool cut;
    } rows[] = {
        {"update.clip=1.0", false},
        {"update.clip=1e-5", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hospital h;
        open_hospital(&h, &rows[i].clip, 1);
        while (h.w.course.leg.kind != LEG_GUARD) {
            check_ok(work_contribute(&h.w));
            adopt_own(&h);
        }
        assert_int_equal(h.w.clipped > 0, rows[i].cut);
        close_hospital(&h);
    }
}

static void rows_are_standardised_as_the_plan_says(void **state)
{
    (void)state;
    static const char *const how[] = {"data.standardise=global", "data.standardise=site",
                                      "data.standardise=none"};
    for (size_t i = 0; i < COUNT(how); i++) {
        struct hospital h;
        open_hospital(&h, &how[i], 1);
        while (h.w.course.leg.kind != LEG_GUARD) {
            check_ok(work_contribute(&h.w));
            adopt_own(&h);
        }
        const struct dataset *d = &h.w.data;
        double sum = 0;
        double square = 0;
        double n = (double)d->split_rows[SPLIT_TRAIN];
        for (size_t k = 0; k < d->split_rows[SPLIT_TRAIN]; k++) {
            double x = (double)d->x[d->split_row[SPLIT_TRAIN][k] * d->width + 3];
            sum += x / n;
            square += x * x / (n - 1);
        }
        bool standard = fabs(sum) < 1e-5 && fabs(square - 1) < 1e-4;
        assert_int_equal(standard, i < 2); /* alone, global and site are the same */
        close_hospital(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_those_of_the_training_rows),
        cmocka_unit_test(every_leg_of_a_run_has_its_shape_and_its_time),
        cmocka_unit_test(a_plan_may_train_on_the_first_rows_of_a_site),
        cmocka_unit_test(a_leg_that_is_tried_again_gives_the_same_bytes),
        cmocka_unit_test(weights_that_were_cut_are_counted),
        cmocka_unit_test(rows_are_standardised_as_the_plan_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
