/*
 * A reader who knows the rule: he keeps, of all tables, those for which exactly this would have
 * been shown. Here he can, because the tables are all there are, up to so many patients.
 */
#include "coordinator/eval/release.h"
#include "tests/support/check.h"

#define SEEN_SLOTS   (1U << 16)
#define COUNTS_MAX   (5 * 3)
#define RELEASES_MAX 2

/* What was shown, margins included, and the values of each count over all tables shown so. */
struct seen {
    int64_t shown[RELEASES_MAX][COUNTS_MAX + 1]; /* the level is the last */
    uint64_t values[RELEASES_MAX][COUNTS_MAX];   /* a bit each */
};

struct census {
    size_t groups, columns, releases;
    int64_t min_cell;
    struct seen **slot; /* [SEEN_SLOTS], NULL: free */
    size_t runs, shown_alike, withheld;
};

static size_t hash_of(const struct seen *s)
{
    uint64_t hash = 1469598103934665603U; /* FNV-1a, a count at a time */
    for (size_t k = 0; k < RELEASES_MAX; k++)
        for (size_t i = 0; i <= COUNTS_MAX; i++)
            hash = (hash ^ (uint64_t)s->shown[k][i]) * 1099511628211U;
    return (size_t)(hash >> 32);
}

/* The one that was shown like this; now, if there was none. */
static struct seen *seen_of(struct census *all, const struct seen *like)
{
    size_t at = hash_of(like) % SEEN_SLOTS;
    while (all->slot[at] != NULL &&
           memcmp(all->slot[at]->shown, like->shown, sizeof(like->shown)) != 0)
        at = (at + 1) % SEEN_SLOTS;
    if (all->slot[at] == NULL) {
        assert_true(++all->shown_alike < SEEN_SLOTS / 2);
        all->slot[at] = malloc(sizeof(*like));
        assert_non_null(all->slot[at]);
        *all->slot[at] = *like;
    }
    return all->slot[at];
}

static int64_t shown_at(const struct release *r, size_t g, size_t c)
{
    const struct release_line *line = g == r->groups ? &r->everybody : &r->group[g];
    return c == r->columns ? line->total : line->cell[c];
}

/* The count at group g, column c; the last of each is the margin. */
static int64_t with_margins(const struct census *all, const int64_t *count, size_t g, size_t c)
{
    int64_t sum = 0;
    for (size_t i = 0; i < all->groups; i++)
        for (size_t j = 0; j < all->columns; j++)
            if ((g == all->groups || g == i) && (c == all->columns || c == j))
                sum += count[i * all->columns + j];
    return sum;
}

/* Of a run whose first release shows nothing, the second is as a first: not looked at again. */
static void add_run(struct census *all, const int64_t *const *count)
{
    static const uint32_t site[] = {0};
    struct release_rules rules = {.min_cell = all->min_cell, .min_sites = 1};
    struct release_memory memory = {0};
    struct seen like = {0};
    for (size_t k = 0; k < all->releases; k++) {
        struct release r;
        struct release_table t = {all->groups, all->columns, count[k], site, 1};
        release_next(&r, &memory, &t, &rules);
        assert_int_equal(r.news, RELEASE_FRESH);
        if (all->releases > 1 && r.number == 0)
            return;
        like.shown[k][COUNTS_MAX] = (int64_t)r.shape.level;
        for (size_t g = 0, i = 0; g <= all->groups; g++)
            for (size_t c = 0; c <= all->columns; c++, i++)
                like.shown[k][i] = shown_at(&r, g, c);
    }
    struct seen *s = seen_of(all, &like);
    for (size_t k = 0; k < all->releases; k++)
        for (size_t g = 0, i = 0; g <= all->groups; g++)
            for (size_t c = 0; c <= all->columns; c++, i++)
                s->values[k][i] |= UINT64_C(1) << with_margins(all, count[k], g, c);
    all->runs++;
}

/* Every way to share out `left` patients over the cells from `at` on. */
static void add_tables(struct census *all, int64_t *count, size_t at, int64_t left)
{
    size_t cells = all->groups * all->columns;
    if (at == cells - 1) {
        count[at] = left;
        const int64_t *const run[] = {count};
        add_run(all, run);
        return;
    }
    for (count[at] = 0; count[at] <= left; count[at]++)
        add_tables(all, count, at + 1, left - count[at]);
}

/* Every two tables of 2 x 2 in which both groups keep their totals, and the reader knows. */
static void add_pairs(struct census *all, int64_t first, int64_t second)
{
    int64_t a[4], b[4];
    const int64_t *const run[] = {a, b};
    for (a[0] = 0, a[1] = first; a[0] <= first; a[0]++, a[1]--)
        for (a[2] = 0, a[3] = second; a[2] <= second; a[2]++, a[3]--)
            for (b[0] = 0, b[1] = first; b[0] <= first; b[0]++, b[1]--)
                for (b[2] = 0, b[3] = second; b[2] <= second; b[2]++, b[3]--)
                    add_run(all, run);
}

/* A group's total that the other release shows is no secret of this one. */
static bool is_withheld(const struct census *all, const struct seen *s, size_t release, size_t at)
{
    bool total = at % (all->columns + 1) == all->columns;
    bool elsewhere = total && all->releases > 1 && s->shown[1 - release][at] != RELEASE_WITHHELD;
    return s->shown[release][at] == RELEASE_WITHHELD && !elsewhere;
}

static void judge_seen(struct census *all, const struct seen *s)
{
    size_t counts = (all->groups + 1) * (all->columns + 1);
    for (size_t k = 0; k < all->releases; k++)
        for (size_t i = 0; i < counts; i++) {
            int64_t shown = s->shown[k][i];
            if (shown != RELEASE_WITHHELD)
                assert_true(s->values[k][i] == UINT64_C(1) << shown);
            if (!is_withheld(all, s, k, i))
                continue;
            all->withheld++;
            if (__builtin_popcountll(s->values[k][i]) < all->min_cell - 1)
                fail_msg("%zu x %zu, min_cell %d, release %zu, level %d, count %zu: only %llx",
                         all->groups, all->columns, (int)all->min_cell, k,
                         (int)s->shown[k][COUNTS_MAX], i, (unsigned long long)s->values[k][i]);
        }
}

static void census_open(struct census *all, size_t groups, size_t columns, size_t releases,
                        int64_t min_cell)
{
    *all = (struct census){groups, columns, releases, min_cell,
                           .slot = calloc(SEEN_SLOTS, sizeof(struct seen *))};
    assert_non_null(all->slot);
}

static void census_judge(struct census *all)
{
    for (size_t at = 0; at < SEEN_SLOTS; at++) {
        if (all->slot[at] != NULL)
            judge_seen(all, all->slot[at]);
        free(all->slot[at]);
    }
    free(all->slot);
    assert_true(all->withheld > 100);
    assert_true(all->runs > all->shown_alike);
}

/* All that could be shown alike have the same number of patients, or it is below min_cell. */
static void knowing_the_rule_tells_no_more_than_below_min_cell(void **state)
{
    (void)state;
    static const struct {
        size_t groups, columns;
        int64_t min_cell, patients;
    } rows[] = {
        {2, 1, 3, 40}, {2, 1, 11, 60}, {3, 1, 3, 24}, {3, 1, 5, 30}, {4, 1, 3, 16},
        {2, 2, 3, 20}, {2, 2, 4, 20},  {3, 2, 3, 13}, {2, 3, 3, 13}, {4, 2, 3, 10},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct census all;
        census_open(&all, rows[i].groups, rows[i].columns, 1, rows[i].min_cell);
        int64_t count[COUNTS_MAX];
        for (int64_t n = 0; n <= rows[i].patients; n++)
            add_tables(&all, count, 0, n);
        census_judge(&all);
    }
}

static void nor_does_it_over_two_releases_of_the_same_patients(void **state)
{
    (void)state;
    static const struct {
        int64_t min_cell, patients;
    } rows[] = {{3, 6}, {3, 9}, {3, 12}, {4, 12}, {5, 14}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct census all;
        census_open(&all, 2, 2, 2, rows[i].min_cell);
        for (int64_t first = 0; first <= rows[i].patients; first++)
            add_pairs(&all, first, rows[i].patients - first);
        census_judge(&all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knowing_the_rule_tells_no_more_than_below_min_cell),
        cmocka_unit_test(nor_does_it_over_two_releases_of_the_same_patients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
