/*
 * Every small table and many random ones, attacked by an exact reader (tests/support/reader.h).
 * tests/acceptance/release.sh does the same at length.
 */
#include "tests/support/check.h"
#include "tests/support/trial.h"

#define TRIALS 5000

static const uint32_t sites[] = {0, 1};

static void publish_count(struct release *r, struct release_memory *memory, size_t groups,
                          size_t columns, const int64_t *count, int64_t min_cell)
{
    struct release_table t = {groups, columns, count, sites, COUNT(sites)};
    struct release_rules rules = {.min_cell = min_cell, .min_sites = 1};
    release_next(r, memory, &t, &rules);
}

/* Counts up: the next table with cells up to `most`; false: that was the last. */
static bool next_count(int64_t *count, size_t cells, int64_t most)
{
    size_t i = 0;
    while (i < cells && count[i] == most)
        count[i++] = 0;
    if (i < cells)
        count[i]++;
    return i < cells;
}

static void no_small_table_gives_a_withheld_count_away(void **state)
{
    (void)state;
    size_t tables = 0, withheld = 0;
    for (size_t groups = 2; groups <= 3; groups++) {
        int64_t count[6] = {0};
        do {
            struct release r;
            struct release_memory memory = {0};
            publish_count(&r, &memory, groups, 2, count, 3);
            struct reader_finding f = reader_reads_one(&(struct reader_view){&r, count, NULL});
            if (f.withheld > 0 && f.most - f.least < 3)
                fail_msg("%d %d, %d %d, %d %d: group %zu column %zu", (int)count[0], (int)count[1],
                         (int)count[2], (int)count[3], (int)count[4], (int)count[5], f.group,
                         f.column);
            withheld += f.withheld;
            tables++;
        } while (next_count(count, groups * 2, 4));
    }
    assert_int_equal(tables, 625 + 15625);
    assert_true(withheld > tables);
}

static bool same_totals(const int64_t *a, const int64_t *b, size_t group)
{
    return a[2 * group] + a[2 * group + 1] == b[2 * group] + b[2 * group + 1];
}

static void nor_do_two_small_tables_after_each_other(void **state)
{
    (void)state;
    size_t fresh = 0, held = 0;
    int64_t one[4] = {0}, two[4] = {0};
    do {
        struct release_memory first = {0};
        struct release a, b;
        publish_count(&a, &first, 2, 2, one, 2);
        do {
            struct release_memory memory = first;
            publish_count(&b, &memory, 2, 2, two, 2);
            if (a.number == 0 || b.news != RELEASE_FRESH || b.number == 0) {
                held += b.news != RELEASE_FRESH ? 1 : 0;
                continue;
            }
            const bool kept[] = {same_totals(one, two, 0), same_totals(one, two, 1)};
            struct reader_finding f = reader_reads_two(&(struct reader_view){&a, one, NULL},
                                                       &(struct reader_view){&b, two, NULL}, kept);
            if (f.withheld > 0 && f.most - f.least < 2)
                fail_msg("%d %d, %d %d then %d %d, %d %d: release %d group %zu column %zu",
                         (int)one[0], (int)one[1], (int)one[2], (int)one[3], (int)two[0],
                         (int)two[1], (int)two[2], (int)two[3], f.release, f.group, f.column);
            fresh++;
        } while (next_count(two, 4, 3));
    } while (next_count(one, 4, 3));
    assert_true(fresh > 5000);
    assert_true(held > 5000);
}

static void nobody_works_out_a_withheld_count_from_one_release(void **state)
{
    (void)state;
    struct trial_tally tally = {0};
    char what[256];
    for (uint64_t i = 0; i < TRIALS; i++)
        if (!trial_of_one(what, &tally, release_next, i))
            fail_msg("trial %d: %s", (int)i, what);
    assert_true(tally.attacked > 4 * TRIALS);
    for (size_t level = 0; level < COUNT(tally.level); level++)
        assert_true(tally.level[level] > TRIALS / 20);
    assert_int_equal(tally.tightest, 100); /* so close, or the trials are too easy */
}

static void nor_from_the_releases_of_a_run(void **state)
{
    (void)state;
    struct trial_tally tally = {0};
    char what[256];
    for (uint64_t i = 0; i < TRIALS; i++)
        if (!trial_of_many(what, &tally, release_next, i))
            fail_msg("trial %d: %s", (int)i, what);
    assert_true(tally.held > TRIALS / 2);
    assert_true(tally.widened > TRIALS / 10);
    assert_true(tally.moved > TRIALS / 10);
    assert_int_equal(tally.tightest, 100);
}

/* What a broken rule did, so that a test knows what must be caught. */
static struct {
    bool breaks;
} sabotage;

static bool has_small(const struct release_table *t, size_t group, int64_t min_cell)
{
    for (size_t c = 0; c < t->columns; c++) {
        int64_t v = t->count[group * t->columns + c];
        if (v > 0 && v < min_cell)
            return true;
    }
    return false;
}

static size_t withheld_groups(const struct release *r)
{
    size_t n = 0;
    for (size_t g = 0; g < r->groups; g++)
        n += r->shape.withheld[g] ? 1 : 0;
    return n;
}

/* Only what is small is withheld; one such group alone is the difference to everybody. */
static void without_companions(struct release *r, struct release_memory *memory,
                               const struct release_table *t, const struct release_rules *rules)
{
    release_next(r, memory, t, rules);
    sabotage.breaks = false;
    if (r->shape.level != RELEASE_CELLS || withheld_groups(r) == 0)
        return;
    for (size_t g = 0; g < t->groups; g++) {
        if (!r->shape.withheld[g] || has_small(t, g, rules->min_cell))
            continue;
        r->shape.withheld[g] = false;
        r->group[g].total = 0;
        for (size_t c = 0; c < t->columns; c++) {
            r->group[g].cell[c] = t->count[g * t->columns + c];
            r->group[g].total += r->group[g].cell[c];
        }
    }
    sabotage.breaks = withheld_groups(r) == 1;
}

/* Of two withheld groups the companion shows one of its cells. */
static void one_cell_forgotten(struct release *r, struct release_memory *memory,
                               const struct release_table *t, const struct release_rules *rules)
{
    release_next(r, memory, t, rules);
    sabotage.breaks = false;
    if (r->shape.level != RELEASE_CELLS || withheld_groups(r) != 2)
        return;
    for (size_t g = 0; g < t->groups; g++)
        for (size_t c = 0; c < t->columns && !sabotage.breaks; c++) {
            int64_t v = t->count[g * t->columns + c];
            if (r->group[g].cell[c] != RELEASE_WITHHELD || (v > 0 && v < rules->min_cell))
                continue;
            r->group[g].cell[c] = v;
            sabotage.breaks = true;
        }
}

static void the_reader_finds_what_a_missing_companion_gives_away(void **state)
{
    (void)state;
    static trial_publish *const broken[] = {without_companions, one_cell_forgotten};
    for (size_t b = 0; b < COUNT(broken); b++) {
        struct trial_tally tally = {0};
        char what[256];
        size_t caught = 0;
        for (uint64_t i = 0; i < TRIALS; i++) {
            bool safe = trial_of_one(what, &tally, broken[b], i);
            if (sabotage.breaks && safe)
                fail_msg("trial %d: sabotage %zu was not found", (int)i, b);
            caught += sabotage.breaks ? 1 : 0;
        }
        assert_true(caught > TRIALS / 20);
    }
}

/* Each release decided by itself. */
static void without_memory(struct release *r, struct release_memory *memory,
                           const struct release_table *t, const struct release_rules *rules)
{
    (void)memory;
    release_once(r, t, rules);
}

static void the_reader_finds_what_a_missing_memory_gives_away(void **state)
{
    (void)state;
    struct trial_tally tally = {0};
    char what[256];
    size_t caught = 0, by_two = 0;
    for (uint64_t i = 0; i < TRIALS; i++)
        if (!trial_of_many(what, &tally, without_memory, i)) {
            caught++;
            by_two += strncmp(what, "two releases", 12) == 0 ? 1 : 0;
        }
    assert_true(caught > TRIALS / 20);
    assert_true(by_two > TRIALS / 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_small_table_gives_a_withheld_count_away),
        cmocka_unit_test(nor_do_two_small_tables_after_each_other),
        cmocka_unit_test(nobody_works_out_a_withheld_count_from_one_release),
        cmocka_unit_test(nor_from_the_releases_of_a_run),
        cmocka_unit_test(the_reader_finds_what_a_missing_companion_gives_away),
        cmocka_unit_test(the_reader_finds_what_a_missing_memory_gives_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
