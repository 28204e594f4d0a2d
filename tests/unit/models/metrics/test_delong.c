/* DeLong's sums from bins against every pair of rows. */
#include "models/metrics/delong.h"

#include <math.h>

#include "tests/support/check.h"

#define BINS 5

/* Of a row in `bin` against all rows of the other class: a tie counts half. */
static double placement(size_t bin, const int64_t *others, bool positive)
{
    double right = 0, all = 0;
    for (size_t b = 0; b < BINS; b++) {
        double up = b == bin ? .5 : (b < bin) == positive;
        right += up * (double)others[b];
        all += (double)others[b];
    }
    return right / all;
}

static void sums_are_those_of_every_pair(void **state)
{
    (void)state;
    static const int64_t positive[BINS] = {1, 0, 2, 4, 3}, negative[BINS] = {5, 2, 2, 0, 1};
    double auc = 0, xx = 0, yy = 0;
    for (size_t b = 0; b < BINS; b++)
        auc += (double)positive[b] * placement(b, negative, true) / 10;
    for (size_t b = 0; b < BINS; b++) {
        xx += (double)positive[b] * pow(placement(b, negative, true) - auc, 2);
        yy += (double)negative[b] * pow(placement(b, positive, false) - auc, 2);
    }
    struct cluster_sums s = delong_sums(auc, positive, negative, BINS);
    assert_true(fabs(s.xx - xx) < 1e-12 && fabs(s.yy - yy) < 1e-12);
    assert_true(s.xy == 0);
    assert_true(s.positives == 10 && s.negatives == 10 && s.patients == 20);
    assert_true(s.with_positive == 10 && s.with_negative == 10);
}

static void without_a_class_there_are_none(void **state)
{
    (void)state;
    static const int64_t some[BINS] = {1, 0, 2, 4, 3}, nobody[BINS] = {0};
    assert_true(isnan(delong_sums((double)NAN, some, nobody, BINS).xx));
    assert_true(isnan(delong_sums((double)NAN, nobody, some, BINS).yy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_every_pair),
        cmocka_unit_test(without_a_class_there_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
