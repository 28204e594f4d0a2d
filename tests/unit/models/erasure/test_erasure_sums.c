#include "crypto/fixed.h"
#include "tests/unit/models/erasure/toy.h"

#define CATEGORICAL .kind = TARGET_CATEGORICAL

static void columns_are_levels_that_were_seen_without_the_largest(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t columns;
        struct target group;
    } rows[] = {
        {"binary", 1, {.levels = 2, .share = {.9, .1}}},
        {"regression", 1, {.kind = TARGET_REGRESSION}},
        {"three levels", 2, {CATEGORICAL, .levels = 3, .share = {.2, .5, .3}}},
        {"one of them not seen", 1, {CATEGORICAL, .levels = 3, .share = {.2, 0, .8}}},
        {"one level only", 0, {CATEGORICAL, .levels = 3, .share = {0, 1, 0}}},
        {"two alike", 1, {CATEGORICAL, .levels = 2, .share = {.5, .5}}},
    };
    struct population all = {.width = 5};
    size_t columns = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct population who = {.width = 5, .group_count = 1, .group = {rows[i].group}};
        if (erasure_columns(&who) != rows[i].columns ||
            erasure_values(&who) != 1 + 5 + 15 + rows[i].columns * 12)
            fail_msg("%s: %zu columns, %zu values", rows[i].what, erasure_columns(&who),
                     erasure_values(&who));
        all.group[all.group_count++] = rows[i].group;
        columns += rows[i].columns;
    }
    assert_int_equal(erasure_columns(&all), columns);
    struct population none = {.width = 5};
    assert_int_equal(erasure_values(&none), 21);
}

/* Multiples of 2^-8 below 16: their products have 24 bits, and 1,500 add up in 35, unrounded. */
static struct toy *coarse(void)
{
    struct toy *t = toy_open();
    for (size_t i = 0; i < COUNT(t->x); i++)
        t->x[i] = (real)(nearbyint((double)t->x[i] * 256) / 256);
    for (size_t i = 0; i < 2 * ROWS; i++)
        t->group[2][i] = (real)(nearbyint((double)t->group[2][i] * 256) / 256);
    return t;
}

static void the_sums_of_sites_are_the_sums_of_all_their_rows(void **state)
{
    (void)state;
    struct toy *t = coarse();
    size_t count = erasure_values(&toy_who);
    double *all = toy_sums(&toy_who, t), *north = must_alloc(count, sizeof *north);
    double *south = must_alloc(count, sizeof *south);
    toy_add(north, &toy_who, t, 0, 613, 64);
    toy_add(south, &toy_who, t, 613, ROWS, 200);
    for (size_t i = 0; i < count; i++)
        north[i] += south[i];
    assert_true(all[0] == ROWS);
    assert_memory_equal(north, all, count * sizeof *all);
    double *each[] = {all, north, south};
    for (size_t i = 0; i < COUNT(each); i++)
        free(each[i]);
    free(t);
}

static void batches_do_not_change_a_byte_of_the_sums(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 63, 64, 65, ROWS};
    struct toy *t = toy_open();
    size_t count = erasure_values(&toy_who);
    double *want = toy_sums(&toy_who, t);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        double *got = must_alloc(count, sizeof *got);
        toy_add(got, &toy_who, t, 0, ROWS, sizes[i]);
        assert_memory_equal(got, want, count * sizeof *got);
        free(got);
    }
    free(want);
    free(t);
}

/* Opens what the ring makes of three sites' sums that arrive in this order. */
static void arrive(struct erasure *e, const struct toy *t, const size_t order[3])
{
    static const size_t bound[] = {0, 211, 980, ROWS};
    const unsigned shift = 24; /* as coarse as a plan of many rows would need */
    size_t count = erasure_values(&toy_who), words = fixed_words(count);
    double *values = must_alloc(count, sizeof *values);
    struct ring sum = {64, words, must_alloc(words, 8)}, term = {64, words, must_alloc(words, 8)};
    for (size_t i = 0; i < 3; i++) {
        memset(values, 0, count * sizeof *values);
        toy_add(values, &toy_who, t, bound[order[i]], bound[order[i] + 1], 128);
        check_ok(fixed_encode(&term, values, count, shift, 3));
        ring_add(&sum, &term);
    }
    check_ok(fixed_decode(values, &sum, count, shift, 3));
    check_ok(erasure_open(e, &toy_who, values, 0));
    free(sum.word);
    free(term.word);
    free(values);
}

static void the_order_of_arrival_does_not_change_a_byte(void **state)
{
    (void)state;
    static const size_t orders[][3] = {{0, 1, 2}, {2, 0, 1}, {1, 2, 0}};
    struct toy *t = toy_open();
    struct erasure first;
    arrive(&first, t, orders[0]);
    assert_int_equal(first.columns, 4);
    for (size_t i = 1; i < COUNT(orders); i++) {
        struct erasure e;
        arrive(&e, t, orders[i]);
        assert_int_equal(e.columns, 4);
        assert_memory_equal(e.mean, first.mean, WIDTH * sizeof *e.mean);
        assert_memory_equal(e.u, first.u, 4 * WIDTH * sizeof *e.u);
        assert_memory_equal(e.v, first.v, 4 * WIDTH * sizeof *e.v);
        erasure_close(&e);
    }
    erasure_close(&first);
    free(t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_levels_that_were_seen_without_the_largest),
        cmocka_unit_test(the_sums_of_sites_are_the_sums_of_all_their_rows),
        cmocka_unit_test(batches_do_not_change_a_byte_of_the_sums),
        cmocka_unit_test(the_order_of_arrival_does_not_change_a_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
