/* Intervals of a change: two scores of the same rows. Golden numbers: models/test_exam_place.c. */
#include <math.h>

#include "models/metrics/interval.h"
#include "proto/base/rng.h"
#include "tests/support/check.h"

#define Z        1.9599639845400545
#define PATIENTS 60
#define EACH     3
#define ROWS     (PATIENTS * EACH)
#define COHORTS  1000

static bool near(double got, double want)
{
    return fabs(got - want) <= 1e-12 * fabs(want);
}

static void a_change_lies_in_the_middle_of_its_interval(void **state)
{
    (void)state;
    const struct cluster_sums rows = {.xx = 3,
                                      .yy = 2,
                                      .positives = 30,
                                      .negatives = 40,
                                      .patients = 70,
                                      .with_positive = 30,
                                      .with_negative = 40};
    struct cluster_sums patients = rows;
    patients.positives = 60, patients.xy = 1;
    double se = sqrt(3.0 / (29 * 30) + 2.0 / (39 * 40));
    double wide = sqrt(30.0 / 29 * 3 / 3600 + 40.0 / 39 * 2 / 1600 + 2 * 70.0 / 69 / 2400);
    struct interval got = interval_auc_change(-0.2, &rows, 0.95);
    assert_true(near(got.lo, -0.2 - Z * se) && near(got.hi, -0.2 + Z * se));
    assert_string_equal(got.method, "delong");
    got = interval_auc_change(0, &patients, 0.95);
    assert_true(near(got.lo, -Z * wide) && near(got.hi, Z * wide));
    assert_string_equal(got.method, "clustered");
}

/* A change of 1/4: sum d is -SST/4, and d_k + t_k / 4 is what varies. */
static void an_r2_change_is_a_ratio_of_sums_over_patients(void **state)
{
    (void)state;
    static const double d[] = {-1, -3, 1, 0}, t[] = {2, 4, 5, 1};
    struct r2_change_sums s = {.sst = 12, .rows = 4, .patients = 4};
    double squares = 0;
    for (size_t i = 0; i < COUNT(d); i++) {
        s.dd += d[i] * d[i], s.dt += d[i] * t[i], s.tt += t[i] * t[i];
        squares += (d[i] + t[i] / 4) * (d[i] + t[i] / 4);
    }
    double se = sqrt(4.0 / 3 * squares) / 12;
    struct interval got = interval_r2_change(.25, &s, 0.95);
    assert_true(near(got.lo, .25 - Z * se) && near(got.hi, .25 + Z * se));
    assert_string_equal(got.method, "delta");
    s.rows = 9;
    assert_string_equal(interval_r2_change(.25, &s, 0.95).method, "clustered");
}

static void a_change_that_says_nothing_of_its_error_has_no_interval(void **state)
{
    (void)state;
    struct cluster_sums fine = {.xx = 3,
                                .yy = 2,
                                .positives = 30,
                                .negatives = 40,
                                .patients = 70,
                                .with_positive = 30,
                                .with_negative = 40};
    struct cluster_sums one = fine, still = fine;
    one.with_positive = 1, still.xx = still.yy = 0;
    const struct r2_change_sums same = {.sst = 12, .rows = 4, .patients = 4, .tt = 46};
    const struct r2_change_sums alone = {.sst = 12, .rows = 4, .patients = 1, .dd = 1, .tt = 46};
    const struct r2_change_sums flat = {.sst = 0, .rows = 4, .patients = 4, .dd = 1};
    const struct interval rows[] = {
        interval_auc_change((double)NAN, &fine, 0.95), interval_auc_change(.1, &one, 0.95),
        interval_auc_change(0, &still, 0.95),          interval_r2_change(0, &same, 0.95),
        interval_r2_change(.1, &alone, 0.95),          interval_r2_change(.1, &flat, 0.95),
        interval_r2_change((double)NAN, &same, 0.95),
    };
    assert_string_equal(interval_auc_change(.1, &fine, 0.95).method, "delong");
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!isnan(rows[i].lo) || !isnan(rows[i].hi) || strcmp(rows[i].method, "") != 0)
            fail_msg("row %zu: %g to %g", i, rows[i].lo, rows[i].hi);
}

/* --- what cohorts do ----------------------------------------------------------------------- */

struct sample {
    int label[ROWS];
    double score[2][ROWS];
};

/* Rows of a patient are alike, and the second score sees what the first sees, through a fog. */
static void draw(struct sample *s, struct rng *rng)
{
    for (size_t k = 0; k < PATIENTS; k++) {
        double own = rng_normal(rng);
        int sick = (int)rng_below(rng, 2);
        for (size_t i = k * EACH; i < (k + 1) * EACH; i++) {
            s->label[i] = rng_below(rng, 4) == 0 ? (int)rng_below(rng, 2) : sick;
            double first = s->label[i] + own + .5 * rng_normal(rng);
            s->score[0][i] = first;
            s->score[1][i] = first + .5 * rng_normal(rng);
        }
    }
}

/* Each row's placement among the rows of the other class; the AUC. */
static double place(double placed[static ROWS], const struct sample *s, size_t which)
{
    const double *score = s->score[which];
    double auc = 0, positives = 0;
    for (size_t i = 0; i < ROWS; i++) {
        double right = 0, others = 0;
        for (size_t j = 0; j < ROWS; j++) {
            others += s->label[j] != s->label[i];
            right += s->label[j] != s->label[i] && (score[i] > score[j]) == (s->label[i] == 1);
        }
        placed[i] = right / others;
        auc += s->label[i] == 1 ? placed[i] : 0;
        positives += s->label[i];
    }
    return auc / positives;
}

/* Sums over patients of w[0] * (first's) + w[1] * (second's distance from its AUC). */
static struct cluster_sums sums_of(const struct sample *s, double placed[2][ROWS],
                                   const double auc[static 2], const double w[static 2])
{
    struct cluster_sums c = {.patients = PATIENTS};
    for (size_t k = 0; k < PATIENTS; k++) {
        double d[2] = {0, 0}, n[2] = {0, 0};
        for (size_t i = k * EACH; i < (k + 1) * EACH; i++) {
            n[s->label[i]]++;
            for (size_t a = 0; a < 2; a++)
                d[s->label[i]] += w[a] * (placed[a][i] - auc[a]);
        }
        c.xx += d[1] * d[1], c.yy += d[0] * d[0], c.xy += d[1] * d[0];
        c.positives += n[1], c.negatives += n[0];
        c.with_positive += n[1] > 0, c.with_negative += n[0] > 0;
    }
    return c;
}

/* Bounds are four standard errors of the ratio of 1,000 cohorts, as in test_interval.c. */
static void its_variance_is_the_scatter_of_repeated_cohorts(void **state)
{
    (void)state;
    static const double change[] = {-1, 1}, first[] = {1, 0}, second[] = {0, 1};
    static struct sample s;
    static double placed[2][ROWS];
    struct rng rng = rng_open(5, RNG_TEST, 0, 0, 0);
    double sum = 0, squares = 0, paired = 0, apart = 0;
    for (size_t c = 0; c < COHORTS; c++) {
        draw(&s, &rng);
        const double auc[] = {place(placed[0], &s, 0), place(placed[1], &s, 1)};
        struct cluster_sums of_change = sums_of(&s, placed, auc, change);
        struct cluster_sums of_first = sums_of(&s, placed, auc, first);
        struct cluster_sums of_second = sums_of(&s, placed, auc, second);
        struct interval i = interval_auc_change(auc[1] - auc[0], &of_change, 0.95);
        paired += pow((i.hi - i.lo) / 2 / Z, 2) / COHORTS;
        apart += (interval_auc_variance(&of_first) + interval_auc_variance(&of_second)) / COHORTS;
        sum += auc[1] - auc[0], squares += (auc[1] - auc[0]) * (auc[1] - auc[0]);
    }
    double scatter = (squares - sum * sum / COHORTS) / (COHORTS - 1);
    if (!(fabs(paired / scatter - 1) < .18))
        fail_msg("scatter %g, paired %g", scatter, paired);
    if (!(apart > 5 * scatter)) /* as if the two were of other patients */
        fail_msg("scatter %g, apart %g", scatter, apart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_lies_in_the_middle_of_its_interval),
        cmocka_unit_test(an_r2_change_is_a_ratio_of_sums_over_patients),
        cmocka_unit_test(a_change_that_says_nothing_of_its_error_has_no_interval),
        cmocka_unit_test(its_variance_is_the_scatter_of_repeated_cohorts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
