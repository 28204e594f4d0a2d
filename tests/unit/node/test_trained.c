/* Models out of tiny runs: what they release of the run's own rows, and which files are none. */
#include "node/trained.h"

#include <math.h>

#include "tests/support/check.h"
#include "tests/support/tiny_run.h"

#define WIDTH 6

static real *release_all(struct trained *t, const struct flat *f)
{
    real *z = must_alloc(f->rows * t->released, sizeof *z);
    check_ok(trained_release(z, t, f->x, f->patient, f->split, f->rows, 0, "here"));
    return z;
}

static void what_a_run_evaluated_is_released_again_byte_by_byte(void **state)
{
    (void)state;
    static const struct {
        const char *overrides[2];
        size_t released;
    } rows[] = {
        {{"seed=7", "seed=7"}, 3},
        {{"model.release.z=mean", "seed=7"}, 3},
        {{"model.release.layer=decoder", "seed=7"}, WIDTH},
        {{"model.erase_first=true", "seed=7"}, 3},
        {{"data.standardise=none", "seed=7"}, 3},
        {{"data.standardise=none", "data.standardise_test=global"}, 3},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tiny_run r;
        struct trained t;
        print_message("%s %s\n", rows[i].overrides[0], rows[i].overrides[1]);
        tiny_run_open(&r, WIDTH, rows[i].overrides, COUNT(rows[i].overrides));
        check_ok(trained_open(&t, r.model));
        assert_int_equal(t.width, WIDTH);
        assert_int_equal(t.released, rows[i].released);
        const struct flat *f = &r.w.data.flat;
        assert_int_equal(f->rows, 660); /* several pieces, the last one not full */
        real *z = release_all(&t, f);
        for (size_t row = 0; row < f->rows; row++)
            assert_memory_equal(z + row * t.released, tiny_run_released(&r, row),
                                t.released * sizeof *z);
        free(z);
        trained_close(&t);
        tiny_run_close(&r);
    }
}

static void sampled_is_one_draw_a_patient_around_the_mean(void **state)
{
    (void)state;
    static const char *const z_mean[] = {"model.release.z=mean"};
    struct tiny_run r;
    struct trained t;
    size_t apart = 0;
    for (size_t mean = 0; mean < 2; mean++) {
        tiny_run_open(&r, WIDTH, z_mean, mean);
        check_ok(trained_open(&t, r.model));
        assert_string_equal(trained_says(&t, "model.release.z"), mean ? "mean" : "sampled");
        assert_string_equal(trained_says(&t, "model.gears"), "");
        float x[3 * WIDTH];
        const uint8_t split[3] = {SPLIT_TRAIN, SPLIT_TEST, SPLIT_VALID};
        real z[3 * 3];
        for (size_t i = 0; i < 3; i++) /* one row three times, of two patients */
            memcpy(x + i * WIDTH, r.w.data.flat.x, WIDTH * sizeof *x);
        check_ok(trained_release(z, &t, x, (const uint64_t[]){1, 1, 2}, split, 3, 0, "here"));
        assert_memory_equal(z, z + 3, 3 * sizeof *z);
        apart += z[0] != z[6];
        trained_close(&t);
        tiny_run_close(&r);
    }
    assert_int_equal(apart, 1);
}

static void a_feature_without_variance_says_nothing(void **state)
{
    (void)state;
    struct tiny_run r;
    struct trained t;
    tiny_run_open(&r, WIDTH, NULL, 0);
    check_ok(trained_open(&t, r.model));
    assert_true(t.scale[WIDTH - 1] == 0 && t.scale[0] > 0);
    float x[2 * WIDTH] = {1, 2, 3, 4, 5, 2.5f, 1, 2, 3, 4, 5, -7e37f};
    real z[2 * 3];
    check_ok(
        trained_release(z, &t, x, (const uint64_t[]){1, 1}, (const uint8_t[]){0, 0}, 2, 0, "here"));
    assert_memory_equal(z, z + 3, 3 * sizeof *z);
    trained_close(&t);
    tiny_run_close(&r);
}

static void a_row_that_overflows_is_named(void **state)
{
    (void)state;
    struct tiny_run r;
    struct trained t;
    tiny_run_open(&r, WIDTH, NULL, 0);
    check_ok(trained_open(&t, r.model));
    t.file.scale[2] = 1e-3;
    float x[2 * WIDTH] = {0, 0, 0, 0, 0, 0, 0, 0, 3e38f, 0, 0, 0};
    real z[2 * 3];
    check_fault(trained_release(z, &t, x, (const uint64_t[]){1, 1}, (const uint8_t[]){0, 0}, 2, 512,
                                "here"),
                EC_DATA_NAN);
    assert_non_null(strstr(fault_text(), "row 513"));
    trained_close(&t);
    tiny_run_close(&r);
}

enum spoil {
    SOUND,
    OTHER_WEIGHTS,
    OTHER_PLAN,
    PLAN_OF_NO_MODEL,
    PLAN_OF_ANOTHER_SHAPE,
    TENSOR_OF_ANOTHER_NAME,
    ONE_GROUP_LESS,
};

/* `plan_digest` follows the plan where what comes after the digests is to be judged. */
static void spoil(struct ckpt *c, enum spoil how)
{
    char *at = NULL;
    if (how == OTHER_WEIGHTS)
        c->theta[0] += 1;
    if (how == OTHER_PLAN)
        at = strstr(c->plan, "seed=7"), at[5] = '8';
    if (how == PLAN_OF_NO_MODEL)
        at = strstr(c->plan, "debias-vae"), at[0] = 'x';
    if (how == PLAN_OF_ANOTHER_SHAPE) {
        at = strstr(c->plan, "model.hidden=8"), at[13] = '9';
        struct digest d = digest_of("evh-plan", c->plan, strlen(c->plan));
        digest_text(c->plan_digest, &d);
    }
    if (how == TENSOR_OF_ANOTHER_NAME)
        c->map.tensor[0].name[0] = 'X';
    if (how == ONE_GROUP_LESS)
        c->who.group_count--;
}

static void parts_that_do_not_belong_together_are_refused(void **state)
{
    (void)state;
    struct tiny_run r;
    struct trained t;
    size_t met = 0;
    tiny_run_open(&r, WIDTH, NULL, 0);
    for (enum spoil how = SOUND; how <= ONE_GROUP_LESS; how++) {
        char path[SCRATCH_MAX];
        struct ckpt c;
        check_ok(ckpt_read(&c, r.model));
        spoil(&c, how);
        check_ok(ckpt_write(scratch_file(path, &r.scratch, "spoilt.evh"), &c));
        ckpt_close(&c);
        print_message("spoil %d\n", (int)how);
        if (how == SOUND) {
            check_ok(trained_open(&t, path));
            trained_close(&t);
        } else {
            check_fault(trained_open(&t, path), EC_MODEL_FILE);
            assert_string_equal(fault_kept()->where, path);
            met++;
        }
    }
    assert_int_equal(met, 6);
    check_fault(trained_open(&t, r.h5), EC_MODEL_FILE);
    check_fault(trained_open(&t, "/nowhere.evh"), EC_IO_OPEN);
    trained_close(&t);
    tiny_run_close(&r);
}

static void a_model_that_cannot_transform_says_why(void **state)
{
    (void)state;
    static const char *const site[] = {"data.standardise=site"};
    struct tiny_run r;
    struct trained t;
    tiny_run_open_linear(&r);
    check_fault(trained_open(&t, r.model), EC_MODEL_RELEASE);
    assert_non_null(strstr(fault_text(), "`linear` has a head and releases nothing"));
    tiny_run_close(&r);
    tiny_run_open(&r, WIDTH, site, 1);
    check_fault(trained_open(&t, r.model), EC_MODEL_RELEASE);
    assert_non_null(strstr(fault_text(), "stayed at the site"));
    tiny_run_close(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_run_evaluated_is_released_again_byte_by_byte),
        cmocka_unit_test(sampled_is_one_draw_a_patient_around_the_mean),
        cmocka_unit_test(a_feature_without_variance_says_nothing),
        cmocka_unit_test(a_row_that_overflows_is_named),
        cmocka_unit_test(parts_that_do_not_belong_together_are_refused),
        cmocka_unit_test(a_model_that_cannot_transform_says_why),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
