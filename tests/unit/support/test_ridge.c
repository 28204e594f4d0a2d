#include "tests/support/check.h"

#include <math.h>

#include "proto/base/arena.h"
#include "proto/base/rng.h"
#include "tests/support/ridge.h"

static void without_noise_the_weights_are_found(void **state)
{
    (void)state;
    static const double truth[2][4] = {{1, -2, 0.5, 3}, {-1, 0.1, 0.25, -7}};
    float x[40 * 3];
    double y[2 * 40], w[2 * 4];
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    rng_normals(x, COUNT(x), &rng);
    for (size_t r = 0; r < 40; r++)
        for (size_t o = 0; o < 2; o++) {
            y[o * 40 + r] = truth[o][3];
            for (size_t j = 0; j < 3; j++)
                y[o * 40 + r] += truth[o][j] * (double)x[r * 3 + j];
        }
    ridge_fit(w, x, y, 40, 3, 2, 0);
    for (size_t i = 0; i < 8; i++)
        if (fabs(w[i] - truth[i / 4][i % 4]) > 1e-12) /* double, well conditioned */
            fail_msg("weight %zu: %.17g", i, w[i]);
    double score[40];
    ridge_scores(score, w + 4, x, 40, 3);
    assert_true(ridge_r2(score, y + 40, 40) > 1 - 1e-12);
}

static void a_penalty_shrinks_the_slope_and_keeps_the_mean(void **state)
{
    (void)state;
    static const float x[] = {-1, 0, 1, 4};
    static const double y[] = {2, 4, 6, 12}; /* y = 2 x + 4 */
    static const double penalties[] = {0, 0.5, 3};
    for (size_t i = 0; i < COUNT(penalties); i++) {
        double w[2];
        ridge_fit(w, x, y, 4, 1, 1, penalties[i]);
        double slope = 2 / (1 + penalties[i]); /* variance over itself and its penalty */
        assert_true(fabs(w[0] - slope) < 1e-12);
        assert_true(fabs(w[1] - (6 - slope)) < 1e-12); /* means: x 1, y 6 */
    }
}

static void auc_counts_pairs_and_ties_half(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double score[6], label[6], auc;
    } rows[] = {
        {"all right", {1, 2, 3, 4, 5, 6}, {0, 0, 0, 1, 1, 1}, 1},
        {"all wrong", {6, 5, 4, 3, 2, 1}, {0, 0, 0, 1, 1, 1}, 0},
        {"all tied", {1, 1, 1, 1, 1, 1}, {0, 1, 0, 1, 1, 1}, 0.5},
        {"one tie", {1, 2, 3, 3, 4, 5}, {0, 0, 0, 1, 1, 1}, 8.5 / 9},
        {"an unknown", {1, 2, 9, 3, 4, 5}, {0, 0, -1, 1, 1, 1}, 1},
        {"mixed", {1, 2, 3, 4, 5, 6}, {1, 0, 1, 0, 0, 1}, 4. / 9},
    };
    static const uint64_t patient[] = {1, 2, 3, 4, 5, 6};
    for (size_t i = 0; i < COUNT(rows); i++) {
        double label[6];
        for (size_t r = 0; r < 6; r++)
            label[r] = rows[i].label[r] < 0 ? (double)NAN : rows[i].label[r];
        struct auc a = auc_by_patient(rows[i].score, label, patient, 6);
        if (fabs(a.value - rows[i].auc) > 1e-15)
            fail_msg("%s: %.17g", rows[i].what, a.value);
    }
}

/* Hanley and McNeil by hand: placements of positives {1, .5}, of negatives {.5, 1}. */
static void the_error_of_single_rows_is_delongs(void **state)
{
    (void)state;
    static const double score[] = {1, 3, 2, 4}, label[] = {0, 0, 1, 1};
    static const uint64_t patient[] = {1, 2, 3, 4};
    struct auc a = auc_by_patient(score, label, patient, 4);
    assert_true(a.value == 0.75);
    /* Each side: sample variance .125 over 2 rows; the sides are independent patients. */
    assert_true(fabs(a.se - sqrt(0.0625 + 0.0625)) < 1e-15);
}

static void rows_said_twice_do_not_make_an_auc_surer(void **state)
{
    (void)state;
    enum { N = 200 };
    double score[3 * N], label[3 * N];
    uint64_t patient[3 * N], row[3 * N];
    struct rng rng = rng_open(2, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < N; i++) {
        double truth = i % 4 == 0 ? 1 : 0, seen = rng_normal(&rng) + truth;
        for (size_t at = i; at < 3 * N; at += N) {
            label[at] = truth;
            score[at] = seen;
            patient[at] = i;
            row[at] = at;
        }
    }
    struct auc once = auc_by_patient(score, label, patient, N);
    struct auc thrice = auc_by_patient(score, label, patient, 3 * N);
    struct auc deceived = auc_by_patient(score, label, row, 3 * N);
    assert_true(fabs(once.value - thrice.value) < 1e-12);
    assert_true(fabs(once.se - thrice.se) < 1e-12);
    assert_true(fabs(once.se / deceived.se - sqrt(3)) < 0.02); /* n/(n-1) of 50 positives */
}

/* T6: one direction of eight carries d' = 1, and a probe that was not told finds Phi(d'/sqrt 2). */
static void a_planted_direction_is_worth_what_was_planted(void **state)
{
    (void)state;
    enum { ROWS = 20000, WIDTH = 8 };
    static const double apart[] = {0, 0.5, 1, 2};
    float *x = must_alloc(2 * ROWS * WIDTH, sizeof(*x));
    double *y = must_alloc(2 * ROWS, sizeof(*y)), *score = must_alloc(ROWS, sizeof(*score));
    uint64_t *patient = must_alloc(ROWS, sizeof(*patient));
    for (size_t i = 0; i < COUNT(apart); i++) {
        struct rng rng = rng_open(3, RNG_TEST, i, 0, 0);
        rng_normals(x, 2 * ROWS * WIDTH, &rng);
        for (size_t r = 0; r < 2 * ROWS; r++) {
            y[r] = rng_uniform(&rng) < 0.3 ? 1 : 0;
            x[r * WIDTH + 5] += (float)(apart[i] * y[r]);
            patient[r % ROWS] = r;
        }
        double w[WIDTH + 1];
        ridge_fit(w, x, y, ROWS, WIDTH, 1, 0);
        ridge_scores(score, w, x + ROWS * WIDTH, ROWS, WIDTH);
        struct auc a = auc_by_patient(score, y + ROWS, patient, ROWS);
        double want = 0.5 * erfc(-apart[i] / 2);
        if (fabs(a.value - want) > 3 * a.se || a.se > 0.005)
            fail_msg("d' %g: %.4f (SE %.4f), %.4f planted", apart[i], a.value, a.se, want);
    }
    free(x);
    free(y);
    free(score);
    free(patient);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_noise_the_weights_are_found),
        cmocka_unit_test(a_penalty_shrinks_the_slope_and_keeps_the_mean),
        cmocka_unit_test(auc_counts_pairs_and_ties_half),
        cmocka_unit_test(the_error_of_single_rows_is_delongs),
        cmocka_unit_test(rows_said_twice_do_not_make_an_auc_surer),
        cmocka_unit_test(a_planted_direction_is_worth_what_was_planted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
