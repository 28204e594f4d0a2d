#include "tests/support/circulation.h"

#include "proto/base/rng.h"
#include "tests/support/check.h"

#define UNKNOWN_MAX 6 /* a cell of the tables that are tried one by one */

/* A table of 2 x 3 with margins: arc 0 .. 5 are cells, then 2 row totals, 3 column totals, all. */
#define ARCS 12

static void margins_of(int64_t value[static ARCS])
{
    for (size_t i = 6; i < ARCS; i++)
        value[i] = 0;
    for (size_t g = 0; g < 2; g++)
        for (size_t c = 0; c < 3; c++) {
            int64_t v = value[g * 3 + c];
            value[6 + g] += v, value[8 + c] += v, value[11] += v;
        }
}

static void net_of(struct circulation *n, const int64_t *value, const bool *known)
{
    *n = (struct circulation){.nodes = 0};
    for (size_t i = 0; i < 6; i++)
        circulation_add(n, 2 + i / 3, 4 + i % 3, value[i], known[i]);
    for (size_t g = 0; g < 2; g++)
        circulation_add(n, 0, 2 + g, value[6 + g], known[6 + g]);
    for (size_t c = 0; c < 3; c++)
        circulation_add(n, 4 + c, 1, value[8 + c], known[8 + c]);
    circulation_add(n, 1, 0, value[11], known[11]);
}

struct extremes {
    int64_t least[ARCS], most[ARCS];
};

/* Tries every table with cells up to UNKNOWN_MAX that agrees with what is known. */
static void try_all(struct extremes *e, int64_t *value, size_t at, const int64_t *truth,
                    const bool *known)
{
    if (at < 6) {
        int64_t from = known[at] ? truth[at] : 0, to = known[at] ? truth[at] : UNKNOWN_MAX;
        for (value[at] = from; value[at] <= to; value[at]++)
            try_all(e, value, at + 1, truth, known);
        return;
    }
    margins_of(value);
    for (size_t i = 6; i < ARCS; i++)
        if (known[i] && value[i] != truth[i])
            return;
    for (size_t i = 0; i < ARCS; i++) {
        e->least[i] = value[i] < e->least[i] ? value[i] : e->least[i];
        e->most[i] = value[i] > e->most[i] ? value[i] : e->most[i];
    }
}

/* The true grand total is at most UNKNOWN_MAX; where it is known, no table is left untried. */
static void it_reaches_as_far_as_all_tables_tried_one_by_one(void **state)
{
    (void)state;
    struct rng rng = rng_open(7, RNG_TEST, 0, 0, 0);
    size_t unknowns = 0, bounded = 0;
    for (int trial = 0; trial < 150; trial++) {
        int64_t truth[ARCS] = {0}, value[ARCS];
        for (int i = 0; i < UNKNOWN_MAX; i++)
            truth[rng_below(&rng, 6)]++;
        margins_of(truth);
        bool known[ARCS];
        uint32_t often = 1 + rng_below(&rng, 3);
        for (size_t i = 0; i < ARCS; i++)
            known[i] = i == 11 || rng_below(&rng, 4) < often;
        struct extremes e;
        for (size_t i = 0; i < ARCS; i++)
            e.least[i] = e.most[i] = truth[i];
        try_all(&e, value, 0, truth, known);
        struct circulation net;
        net_of(&net, truth, known);
        for (size_t i = 0; i < ARCS; i++) {
            int64_t least, most;
            circulation_reach(&least, &most, &net, i);
            if (least != e.least[i] || most != e.most[i])
                fail_msg("trial %d, arc %zu: %d..%d, not %d..%d", trial, i, (int)least, (int)most,
                         (int)e.least[i], (int)e.most[i]);
            unknowns += known[i] ? 0 : 1;
            bounded += !known[i] && least == most ? 1 : 0;
        }
    }
    assert_true(unknowns > 500);
    assert_true(bounded > 100);
    assert_true(bounded < unknowns);
}

static void what_nothing_bounds_is_endless(void **state)
{
    (void)state;
    bool known[ARCS] = {false};
    int64_t truth[ARCS] = {1, 2, 0, 4, 0, 3}, least, most;
    margins_of(truth);
    struct circulation net;
    net_of(&net, truth, known);
    for (size_t i = 0; i < ARCS; i++) {
        circulation_reach(&least, &most, &net, i);
        assert_int_equal(least, 0);
        assert_true(most == CIRCULATION_ENDLESS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reaches_as_far_as_all_tables_tried_one_by_one),
        cmocka_unit_test(what_nothing_bounds_is_endless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
