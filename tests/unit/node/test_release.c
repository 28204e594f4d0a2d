#include "node/release.h"
#include "tests/support/check.h"
#include "tests/support/tiny_run.h"

#define WIDTH 6
#define Z     3

static void the_seed_is_that_of_a_plan_and_a_model(void **state)
{
    (void)state;
    struct digest plan = digest_of("evh-plan", "a", 1);
    struct digest model = digest_of("evh-model", "a", 1);
    struct digest other = digest_of("evh-plan", "b", 1);
    uint64_t seed = release_seed(&plan, &model);
    assert_true(seed == release_seed(&plan, &model));
    assert_true(seed != release_seed(&other, &model));
    assert_true(seed != release_seed(&plan, &other));
    assert_true(seed != release_seed(&model, &plan));
}

static void what_lies_between_rows_is_untouched(void **state)
{
    (void)state;
    struct tiny_run r;
    struct arena arena;
    tiny_run_open(&r, WIDTH, NULL, 0);
    const struct dataset *d = &r.w.data;
    const struct release release = {
        .model = r.w.course.model, .theta = r.w.course.theta, .seed = 5};
    real *tight = must_alloc(d->rows * Z, sizeof *tight);
    real *wide = must_alloc(d->rows * (Z + 2), sizeof *wide);
    for (size_t i = 0; i < d->rows * (Z + 2); i++)
        wide[i] = 9;
    arena_open(&arena, release_scratch_bytes(release.model));
    release_rows(tight, Z, &release, d->input, d->flat.patient, d->rows, &arena);
    release_rows(wide, Z + 2, &release, d->input, d->flat.patient, d->rows, &arena);
    assert_true(d->rows > 2 * RELEASE_ROWS && d->rows % RELEASE_ROWS != 0);
    for (size_t i = 0; i < d->rows; i++) {
        assert_memory_equal(tight + i * Z, wide + i * (Z + 2), Z * sizeof *tight);
        assert_true(wide[i * (Z + 2) + Z] == 9 && wide[i * (Z + 2) + Z + 1] == 9);
    }
    assert_int_equal(arena_mark(&arena), 0);
    arena_close(&arena);
    free(tight);
    free(wide);
    tiny_run_close(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_seed_is_that_of_a_plan_and_a_model),
        cmocka_unit_test(what_lies_between_rows_is_untouched),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
