#include "coordinator/eval/release.h"

#include "tests/support/check.h"
#include "tests/support/stops.h"

#define CELLS_MAX 16

static const uint32_t sites[] = {0, 1, 2, 3, 4, 5, 6, 7};
static const struct release_rules rules = {.min_cell = 11, .min_sites = 3};

static struct release_table table_of(size_t groups, size_t columns, const int64_t *count,
                                     size_t contributing)
{
    return (struct release_table){groups, columns, count, sites, contributing};
}

/* "C.ww": the level, a dot for each shown group, w for each withheld one. */
static void shape_text(char *text, const struct release *r)
{
    *text++ = "NTC"[r->shape.level];
    for (size_t g = 0; g < r->groups; g++)
        *text++ = r->shape.withheld[g] ? 'w' : '.';
    *text = '\0';
}

static void small_counts_are_withheld_and_companions_with_them(void **state)
{
    (void)state;
    static const struct {
        const char *what, *want;
        size_t groups, columns;
        int64_t count[CELLS_MAX];
    } rows[] = {
        {"nothing is small", "C..", 2, 2, {11, 20, 30, 40}},
        {"0 is no small count", "C..", 2, 2, {0, 20, 30, 0}},
        {"nobody at all", "C..", 2, 2, {0}},
        {"10 is small, and there are but two", "Cww", 2, 2, {10, 20, 30, 40}},
        {"the last is small: the one above goes with it", "C.ww", 3, 2, {50, 50, 40, 40, 9, 30}},
        {"the first is small: all go", "Cwww", 3, 2, {9, 50, 40, 40, 30, 30}},
        {"a group of nobody is no companion", "Cw.w", 3, 2, {50, 50, 0, 0, 9, 30}},
        {"two small ones that make a small column", "Cwww", 3, 2, {50, 50, 5, 40, 5, 30}},
        {"two small ones that do not", "C.ww", 3, 2, {50, 50, 6, 40, 5, 30}},
        {"a small column of everybody leaves totals", "T..", 2, 2, {50, 4, 40, 3}},
        {"and totals can be small", "T.ww", 3, 2, {50, 2, 40, 0, 3, 2}},
        {"small in all", "Nww", 2, 2, {3, 2, 1, 4}},
        {"one group is everybody", "C.", 1, 2, {11, 20}},
        {"one group with a small cell", "T.", 1, 2, {10, 20}},
        {"one column that is small", "Nw", 1, 1, {10}},
        {"11 of three groups could but be few each", "Nwww", 3, 1, {9, 1, 1}},
        {"12 may be shown as one", "Cwww", 3, 1, {10, 1, 1}},
        {"four columns", "C.ww", 3, 4, {310, 42, 508, 61, 60, 15, 90, 15, 11, 11, 50, 4}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct release_table t = table_of(rows[i].groups, rows[i].columns, rows[i].count, 3);
        struct release r;
        release_once(&r, &t, &rules);
        char text[RELEASE_GROUPS_MAX + 2];
        shape_text(text, &r);
        if (strcmp(text, rows[i].want) != 0)
            fail_msg("%s: %s, not %s", rows[i].what, text, rows[i].want);
    }
}

static void min_cell_says_what_is_small(void **state)
{
    (void)state;
    static const int64_t count[] = {50, 50, 40, 40, 9, 30};
    struct release_table t = table_of(3, 2, count, 1);
    for (int64_t min_cell = 1; min_cell < 30; min_cell++) {
        struct release r;
        release_once(&r, &t, &(struct release_rules){.min_cell = min_cell, .min_sites = 1});
        assert_int_equal(r.shape.withheld[2], min_cell > 9);
    }
}

static void a_release_holds_what_it_shows_and_nothing_else(void **state)
{
    (void)state;
    static const int64_t count[] = {310, 42, 508, 61, 60, 0, 90, 15, 11, 0, 50, 4};
    struct release_table t = table_of(3, 4, count, 3);
    struct release r;
    release_once(&r, &t, &rules);
    assert_int_equal(r.news, RELEASE_FRESH);
    assert_int_equal(r.number, 1);
    for (size_t c = 0; c < 4; c++) {
        assert_int_equal(r.group[0].cell[c], count[c]);
        assert_int_equal(r.together.cell[c], count[4 + c] + count[8 + c]);
        assert_int_equal(r.everybody.cell[c], count[c] + r.together.cell[c]);
        for (size_t g = 1; g < 3; g++) /* nobody in either of them: "together" tells */
            assert_int_equal(r.group[g].cell[c], c == 1 ? 0 : RELEASE_WITHHELD);
    }
    assert_int_equal(r.group[0].total, 921);
    assert_int_equal(r.group[1].total, RELEASE_WITHHELD);
    assert_int_equal(r.together.total, 230);
    assert_int_equal(r.everybody.total, 1151);
}

static void a_release_of_totals_shows_no_cell_but_of_nobody(void **state)
{
    (void)state;
    static const int64_t count[] = {50, 4, 0, 0, 40, 3};
    struct release_table t = table_of(3, 2, count, 3);
    struct release r;
    release_once(&r, &t, &rules);
    assert_int_equal(r.shape.level, RELEASE_TOTALS);
    for (size_t c = 0; c < 2; c++) {
        assert_int_equal(r.group[0].cell[c], RELEASE_WITHHELD);
        assert_int_equal(r.group[1].cell[c], 0);
        assert_int_equal(r.everybody.cell[c], RELEASE_WITHHELD);
        assert_int_equal(r.together.cell[c], 0);
    }
    assert_int_equal(r.group[0].total, 54);
    assert_int_equal(r.everybody.total, 97);
}

static void too_few_sites_show_nothing(void **state)
{
    (void)state;
    static const int64_t count[] = {100, 200};
    struct release_memory memory = {0};
    struct release r;
    for (size_t n = 0; n < 3; n++) {
        struct release_table t = table_of(2, 1, count, n);
        release_next(&r, &memory, &t, &rules);
        assert_int_equal(r.news, RELEASE_FEW_SITES);
        assert_int_equal(r.number, 0);
        assert_int_equal(r.everybody.total, RELEASE_WITHHELD);
        assert_int_equal(r.group[1].total, RELEASE_WITHHELD);
        assert_true(r.shape.withheld[0]);
    }
    struct release_table t = table_of(2, 1, count, 3);
    release_next(&r, &memory, &t, &rules);
    assert_int_equal(r.news, RELEASE_FRESH);
    assert_int_equal(r.number, 4);
}

/* The first release is of four sites, "C..ww", together 29 61. */
static void what_follows_a_release_is_fresh_or_held(void **state)
{
    (void)state;
    static const int64_t before[] = {100, 50, 60, 40, 9, 30, 20, 31};
    static const struct {
        const char *what;
        enum release_news news;
        const char *shape; /* of what then stands */
        size_t sites;
        int64_t count[8];
    } rows[] = {
        {"the same", RELEASE_FRESH, "C..ww", 4, {100, 50, 60, 40, 9, 30, 20, 31}},
        {"another model", RELEASE_FRESH, "C..ww", 4, {99, 51, 63, 37, 12, 27, 20, 31}},
        {"nothing is small any more", RELEASE_FRESH, "C..ww", 4, {100, 50, 60, 40, 19, 20, 20, 31}},
        {"another model makes one small",
         RELEASE_FRESH,
         "C.www",
         4,
         {100, 50, 91, 9, 9, 30, 20, 31}},
        {"a column gets small", RELEASE_FRESH, "T..ww", 4, {148, 2, 98, 2, 38, 1, 51, 0}},
        {"one patient comes", RELEASE_HELD_MOVED, "C..ww", 4, {101, 50, 60, 40, 9, 30, 20, 31}},
        {"ten leave", RELEASE_HELD_MOVED, "C..ww", 4, {90, 50, 60, 40, 9, 30, 20, 31}},
        {"eleven leave", RELEASE_FRESH, "C..ww", 4, {89, 50, 60, 40, 9, 30, 20, 31}},
        {"eleven leave, of two cells",
         RELEASE_HELD_MOVED,
         "C..ww",
         4,
         {94, 45, 60, 40, 9, 30, 20, 31}},
        {"one comes to the withheld",
         RELEASE_HELD_MOVED,
         "C..ww",
         4,
         {100, 50, 60, 40, 10, 30, 20, 31}},
        {"eleven come to them", RELEASE_FRESH, "C..ww", 4, {100, 50, 60, 40, 20, 30, 20, 31}},
        {"eleven of each come", RELEASE_FRESH, "C..ww", 4, {111, 50, 71, 40, 20, 30, 20, 31}},
        {"many come, and one gets small",
         RELEASE_HELD_SHAPE,
         "C..ww",
         4,
         {200, 50, 60, 5, 9, 30, 20, 31}},
        {"all the withheld leave", RELEASE_HELD_SHAPE, "C..ww", 4, {100, 50, 60, 40, 0, 0, 0, 0}},
        {"one site leaves", RELEASE_HELD_SITES, "C..ww", 3, {80, 30, 40, 20, 9, 10, 0, 31}},
        {"two come", RELEASE_HELD_SITES, "C..ww", 6, {180, 130, 140, 120, 69, 80, 50, 81}},
        {"three come", RELEASE_FRESH, "C..ww", 7, {180, 130, 140, 120, 69, 80, 50, 81}},
        {"three come, and a cell moves by one",
         RELEASE_HELD_MOVED,
         "C..ww",
         7,
         {180, 51, 140, 120, 69, 80, 50, 81}},
        {"too few are left", RELEASE_FEW_SITES, "C..ww", 2, {80, 30, 40, 20, 9, 10, 0, 31}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct release_memory memory = {0};
        struct release first, next;
        struct release_table t = table_of(4, 2, before, 4);
        release_next(&first, &memory, &t, &rules);
        t = table_of(4, 2, rows[i].count, rows[i].sites);
        release_next(&next, &memory, &t, &rules);
        char text[RELEASE_GROUPS_MAX + 2];
        shape_text(text, &memory.last);
        if (next.news != rows[i].news || strcmp(text, rows[i].shape) != 0)
            fail_msg("%s: news %d, %s", rows[i].what, (int)next.news, text);
        if (next.news == RELEASE_FRESH) {
            assert_int_equal(next.number, 2);
        } else {
            assert_int_equal(next.number, next.news == RELEASE_FEW_SITES ? 0 : 1);
            assert_int_equal(memory.last.number, 1);
            assert_int_equal(memory.last.everybody.total, first.everybody.total);
        }
    }
}

static void small_steps_add_up_until_they_may_be_shown(void **state)
{
    (void)state;
    struct release_memory memory = {0};
    struct release r;
    for (int64_t n = 0; n <= 22; n++) {
        int64_t count[] = {100 + n, 200};
        struct release_table t = table_of(2, 1, count, 3);
        release_next(&r, &memory, &t, &rules);
        assert_int_equal(r.news, n % 11 == 0 ? RELEASE_FRESH : RELEASE_HELD_MOVED);
        assert_int_equal(r.group[0].total, 100 + n / 11 * 11);
        assert_int_equal(r.number, 1 + n / 11 * 11);
    }
}

/* With group 0 known from the first release, the third would tell what group 1 is now. */
static void once_the_shape_widened_no_total_may_move(void **state)
{
    (void)state;
    static const int64_t count[3][4] = {{50, 50, 40, 30}, {50, 50, 61, 9}, {50, 50, 91, 9}};
    static const enum release_news want[] = {RELEASE_FRESH, RELEASE_FRESH, RELEASE_HELD_SHAPE};
    struct release_memory memory = {0};
    for (size_t i = 0; i < 3; i++) {
        struct release r;
        struct release_table t = table_of(2, 2, count[i], 3);
        release_next(&r, &memory, &t, &rules);
        assert_int_equal(r.news, want[i]);
        assert_int_equal(r.shape.withheld[1], i > 0);
    }
}

static void while_nothing_was_shown_nothing_is_held(void **state)
{
    (void)state;
    static const int64_t few[] = {3, 2}, many[] = {30, 20};
    struct release_memory memory = {0};
    struct release r;
    struct release_table t = table_of(2, 1, few, 3);
    release_next(&r, &memory, &t, &rules);
    assert_int_equal(r.shape.level, RELEASE_NOTHING);
    assert_int_equal(r.number, 0);
    t = table_of(2, 1, many, 3);
    release_next(&r, &memory, &t, &rules);
    assert_int_equal(r.shape.level, RELEASE_CELLS);
    assert_int_equal(r.number, 2);
}

static void every_news_has_words(void **state)
{
    (void)state;
    for (int news = RELEASE_FRESH; news <= RELEASE_HELD_SHAPE; news++)
        assert_true(strlen(release_news_text((enum release_news)news)) > 10);
}

static void a_metric_is_shown_where_all_it_needs_is(void **state)
{
    (void)state;
    static const struct release_line line = {{5, RELEASE_WITHHELD, 7, 0}, RELEASE_WITHHELD};
    static const struct {
        const char *metric;
        bool shown;
    } rows[] = {
        {"tpr", true},
        {"fnr", true},
        {"tpr_gap", true},
        {"npv", true},
        {"for", true},
        {"fpr", false},
        {"tnr", false},
        {"fpr_gap", false},
        {"ppv", false},
        {"fdr", false},
        {"f1", false},
        {"accuracy", false},
        {"selection", false},
        {"prevalence", false},
        {"rows", false},
        {"eqodds_max", false},
        {"eqodds_mean", false},
        {"selection_gap", false},
        {"selection_ratio", false},
        {"fairmedfm_eod", false},
        {"unheard of", false},
        {"", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (release_shows(&line, release_needs(rows[i].metric)) != rows[i].shown)
            fail_msg("%s", rows[i].metric);
    assert_int_equal(release_needs("unheard of"), 0);
}

static void a_gap_counts_the_groups_that_are_shown(void **state)
{
    (void)state;
    static const int64_t count[] = {310, 42, 508, 61, 60, 15, 90, 15, 60, 0, 90, 15, 11, 0, 50, 4};
    struct release_table t = table_of(4, 4, count, 3);
    struct release r;
    release_once(&r, &t, &rules);
    assert_int_equal(release_groups_shown(&r, release_needs("tpr_gap")), 2);
    assert_int_equal(release_groups_shown(&r, 1U << RELEASE_FP), 4); /* nobody, in the last two */
    assert_int_equal(release_groups_shown(&r, 0), 0);
}

static void next_of_other_shape(void *context)
{
    (void)context;
    static const int64_t count[] = {100, 200, 300, 400};
    struct release_memory memory = {0};
    struct release r;
    struct release_table t = table_of(2, 1, count, 3), other = table_of(4, 1, count, 3);
    release_next(&r, &memory, &t, &rules);
    release_next(&r, &memory, &other, &rules);
}

static void once(void *context)
{
    const struct release_table *t = context;
    struct release r;
    release_once(&r, t, &rules);
}

static void broken_promises_stop(void **state)
{
    (void)state;
    static const int64_t negative[] = {100, -1}, huge[] = {100, INT64_MAX}, fine[] = {100, 200};
    static const uint32_t twice[] = {4, 5, 4}, beyond[] = {0, 1, RELEASE_SITES_MAX};
    struct release_table broken[] = {
        table_of(2, 1, negative, 3),
        table_of(2, 1, huge, 3),
        table_of(0, 1, fine, 3),
        table_of(1, 0, fine, 3),
        table_of(RELEASE_GROUPS_MAX + 1, 1, fine, 3),
        table_of(1, RELEASE_COLUMNS_MAX + 1, fine, 3),
        {2, 1, fine, twice, 3},
        {2, 1, fine, beyond, 3},
    };
    for (size_t i = 0; i < COUNT(broken); i++)
        if (!stops(NULL, 0, once, &broken[i]))
            fail_msg("row %zu", i);
    assert_true(stops(NULL, 0, next_of_other_shape, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_counts_are_withheld_and_companions_with_them),
        cmocka_unit_test(min_cell_says_what_is_small),
        cmocka_unit_test(a_release_holds_what_it_shows_and_nothing_else),
        cmocka_unit_test(a_release_of_totals_shows_no_cell_but_of_nobody),
        cmocka_unit_test(too_few_sites_show_nothing),
        cmocka_unit_test(what_follows_a_release_is_fresh_or_held),
        cmocka_unit_test(small_steps_add_up_until_they_may_be_shown),
        cmocka_unit_test(once_the_shape_widened_no_total_may_move),
        cmocka_unit_test(while_nothing_was_shown_nothing_is_held),
        cmocka_unit_test(every_news_has_words),
        cmocka_unit_test(a_metric_is_shown_where_all_it_needs_is),
        cmocka_unit_test(a_gap_counts_the_groups_that_are_shown),
        cmocka_unit_test(broken_promises_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
