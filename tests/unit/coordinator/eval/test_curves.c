/* What figures show, by hand and to a reader who subtracts. */
#include "coordinator/eval/curves.h"
#include "proto/base/must.h"

#include "coordinator/eval/panel.h"
#include "tests/unit/models/metrics/cohort.h"

#define GROUPS 4
#define FEW    11

static struct cohort cohort;
static struct asked asked;
static const double few[GROUPS + 1] = {FEW, FEW, FEW, FEW, FEW};

static void draw(struct curves *c, const bool *shown)
{
    cohort_ask(&asked, &cohort);
    curves_open(c, &asked.groups, asked.sums, cohort_names, shown, few, cohort_thresholds,
                COUNT(cohort_thresholds));
}

static const struct curve *curve_of(const struct curves *c, const char *group)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->curve[i].group, group) == 0)
            return &c->curve[i];
    fail_msg("no curve of '%s'", group);
    return NULL;
}

static const struct curve_point *point_at(const struct curve *c, double threshold)
{
    for (size_t i = 0; i < c->points; i++)
        if (c->point[i].threshold == threshold)
            return &c->point[i];
    return NULL;
}

/* A: 40 positives at .8, 20 at .3; 30 negatives at .7, 50 at .2. B: half of that. */
static void two_groups(void)
{
    cohort = (struct cohort){0};
    cohort_table(&cohort, 0, 40, 30, 20, 50);
    cohort_table(&cohort, 1, 20, 15, 20, 25);
}

static void a_point_is_what_its_threshold_makes_of_the_group(void **state)
{
    (void)state;
    static const bool shown[] = {true, true};
    struct curves c;
    two_groups();
    draw(&c, shown);
    assert_int_equal(c.count, 3);
    assert_string_equal(c.curve[0].group, "");
    const struct curve *a = curve_of(&c, "A");
    const struct curve_point *p = point_at(a, 0.5);
    must(p != NULL);
    assert_true(p->tpr == 40 / 60.0 && p->fpr == 30 / 80.0);
    assert_true(p->selection_rate == 70 / 140.0 && p->ppv == 40 / 70.0);
    p = point_at(curve_of(&c, ""), 0.25);
    must(p != NULL);
    assert_true(p->tpr == 1 && p->fpr == 45 / 120.0);
    const struct curve_point *first = &a->point[0], *last = &a->point[a->points - 1];
    assert_true(first->threshold == 0 && first->tpr == 1 && first->fpr == 1);
    assert_true(last->threshold == 1 && last->tpr == 0 && last->fpr == 0 && isnan(last->ppv));
    for (size_t i = 1; i < a->points; i++)
        assert_true(a->point[i].threshold > a->point[i - 1].threshold);
    /* the four places where anybody is, and no point twice but for the thresholds */
    assert_int_equal(a->points, 5);
    curves_close(&c);
}

static void a_calibration_bin_says_what_happened_to_those_in_it(void **state)
{
    (void)state;
    static const bool shown[] = {true, true};
    struct curves c;
    two_groups();
    draw(&c, shown);
    const struct curve *a = curve_of(&c, "A");
    assert_int_equal(a->bins, 4);
    static const struct {
        double rows, score, observed;
    } want[] = {{50, 0.2, 0}, {20, 0.3, 1}, {30, 0.7, 0}, {40, 0.8, 1}};
    double end = 0;
    for (size_t i = 0; i < 4; i++) {
        const struct curve_bin *b = &a->bin[i];
        assert_true(b->rows == want[i].rows && b->observed == want[i].observed);
        assert_true(fabs(b->score - want[i].score) < 1e-6); /* sums are rounded to 2^-24 a row */
        assert_true(b->from >= end && b->from < b->to);
        assert_true(b->score > b->from - 1e-6 && b->score < b->to + 1e-6);
        assert_true(b->lo <= b->observed && b->hi >= b->observed && b->hi - b->lo < 0.25);
        end = b->to;
    }
    curves_close(&c);
}

static void a_group_is_cut_only_where_nobody_can_be_counted(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t tp, fp, fn, tn; /* of group A; B is large */
        bool at_half, at_quarter;
        size_t points, bins;
    } rows[] = {
        {"all cells are many", 40, 30, 20, 50, true, true, 5, 4},
        {"ten are as few as two", 40, 30, 10, 50, false, true, 3, 2},
        {"eleven are enough", 40, 30, 11, 50, true, true, 5, 4},
        {"nobody is no count", 40, 0, 0, 50, true, true, 4, 2},
        {"a class that cannot be cut", 15, 30, 5, 50, false, true, 3, 2},
        {"no positives at all", 0, 30, 0, 50, false, false, 0, 2},
        {"a class of few", 4, 30, 2, 50, false, false, 0, 0},
        {"one score", 0, 0, 40, 0, false, false, 0, 1},
        {"nobody", 0, 0, 0, 0, false, false, 0, 0},
    };
    static const bool shown[] = {true, true};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct curves c;
        cohort = (struct cohort){0};
        cohort_table(&cohort, 0, rows[i].tp, rows[i].fp, rows[i].fn, rows[i].tn);
        cohort_table(&cohort, 1, 200, 200, 200, 200);
        draw(&c, shown);
        const struct curve *a = curve_of(&c, "A");
        if ((point_at(a, 0.5) != NULL) != rows[i].at_half ||
            (point_at(a, 0.25) != NULL) != rows[i].at_quarter || a->points != rows[i].points ||
            a->bins != rows[i].bins)
            fail_msg("%s: %zu points, %zu bins", rows[i].what, a->points, a->bins);
        curves_close(&c);
    }
}

/* Three positives between .25 and .5: one of the two thresholds may be a point, the first. */
static void of_two_thresholds_too_near_the_plan_s_first_is_a_point(void **state)
{
    (void)state;
    static const double orders[][2] = {{0.25, 0.5}, {0.5, 0.25}};
    static const bool shown[] = {true};
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct curves c;
        cohort = (struct cohort){0};
        cohort_table(&cohort, 0, 30, 30, 3, 30);
        cohort_add(&cohort, 0, 0.1, 1, 30);
        cohort_ask(&asked, &cohort);
        curves_open(&c, &asked.groups, asked.sums, cohort_names, shown, few, orders[i], 2);
        assert_non_null(point_at(curve_of(&c, "A"), orders[i][0]));
        assert_null(point_at(curve_of(&c, "A"), orders[i][1]));
        curves_close(&c);
    }
}

/* No line is drawn where nothing was measured: it would be the diagonal. */
static void a_group_that_may_not_be_parted_has_no_curve(void **state)
{
    (void)state;
    static const bool shown[] = {true};
    struct curves c;
    cohort = (struct cohort){0};
    cohort_add(&cohort, 0, 0.4, 0, 50);
    cohort_add(&cohort, 0, 0.4, 1, 50);
    draw(&c, shown);
    assert_int_equal(curve_of(&c, "A")->points, 0);
    assert_int_equal(curve_of(&c, "A")->bins, 1);
    curves_close(&c);
    cohort = (struct cohort){0};
    cohort_add(&cohort, 0, 0.6, 1, 8);
    cohort_add(&cohort, 0, 0.7, 0, 50);
    cohort_add(&cohort, 0, 0.8, 1, 8);
    draw(&c, shown);
    assert_int_equal(curve_of(&c, "A")->points, 0);
    assert_true(curve_of(&c, "A")->bin[0].rows == 66);
    curves_close(&c);
}

/* 1/2 is no point, but the tables tell of it: from there to .56 are nine. */
static void a_point_minds_thresholds_that_are_none(void **state)
{
    (void)state;
    static const bool shown[] = {true};
    struct curves c;
    cohort = (struct cohort){0};
    cohort_add(&cohort, 0, 0.1, 0, 50);
    cohort_add(&cohort, 0, 0.3, 1, 3);
    cohort_add(&cohort, 0, 0.55, 1, 9);
    cohort_add(&cohort, 0, 0.9, 1, 30);
    draw(&c, shown);
    assert_non_null(point_at(curve_of(&c, "A"), 0.25));
    assert_null(point_at(curve_of(&c, "A"), 0.5));
    assert_int_equal(curve_of(&c, "A")->points, 3);
    curves_close(&c);
    cohort_add(&cohort, 0, 0.55, 1, 2);
    draw(&c, shown);
    assert_int_equal(curve_of(&c, "A")->points, 4);
    curves_close(&c);
}

/* C has few above 1/2. Everybody less A less B would say how few. */
static void everybody_s_curve_tells_nothing_of_a_group_without_one(void **state)
{
    (void)state;
    static const bool shown[] = {true, true, false};
    for (size_t above = 0; above <= 12; above++) {
        struct curves c;
        two_groups();
        cohort_table(&cohort, 2, above, 20, 40, 20);
        draw(&c, shown);
        assert_int_equal(c.count, 3);
        assert_non_null(point_at(curve_of(&c, "A"), 0.5));
        assert_non_null(point_at(curve_of(&c, "B"), 0.5));
        assert_non_null(point_at(curve_of(&c, ""), 0.25)); /* all positives are above */
        bool told = point_at(curve_of(&c, ""), 0.5) != NULL;
        if (told != (above == 0 || above >= FEW))
            fail_msg("%zu positives of C above 1/2: the point is %s", above,
                     told ? "there" : "not there");
        curves_close(&c);
    }
}

/* B may not be cut at 1/2, A is: so everybody may not be either. */
static void everybody_s_curve_tells_nothing_that_a_group_s_own_may_not(void **state)
{
    (void)state;
    static const bool shown[] = {true, true};
    struct curves c;
    two_groups();
    cohort_add(&cohort, 1, 0.9, 1, 100);
    draw(&c, shown);
    assert_non_null(point_at(curve_of(&c, ""), 0.5));
    curves_close(&c);
    cohort = (struct cohort){0};
    cohort_table(&cohort, 0, 40, 30, 20, 50);
    cohort_table(&cohort, 1, 20, 5, 20, 25);
    draw(&c, shown);
    assert_non_null(point_at(curve_of(&c, "A"), 0.5));
    assert_null(point_at(curve_of(&c, "B"), 0.5));
    assert_null(point_at(curve_of(&c, ""), 0.5));
    curves_close(&c);
}

/*
 *                 .15  .25  .35  .45  .9     positives
 *     A            40   40   40   40  40     cut anywhere
 *     B             6    5   11    3  40     not at .2, and .4 is none of its points: 3 to .5
 *     C (hidden)   20    0    0   11  20
 *
 * Everybody at .2 and .4, less A, less what B has from .3 to .4, would be the five of B at .25: for
 * whoever has read in a table what B has at .4.
 */
static void everybody_s_curve_minds_what_tables_tell_of_groups(void **state)
{
    (void)state;
    static const double at[] = {0.15, 0.25, 0.35, 0.45, 0.9}, thresholds[] = {0.5, 0.4};
    static const size_t rows[3][5] = {{40, 40, 40, 40, 40}, {6, 5, 11, 3, 40}, {20, 0, 0, 11, 20}};
    static const bool shown[] = {true, true, false};
    struct curves c;
    cohort = (struct cohort){0};
    for (size_t g = 0; g < 3; g++) {
        cohort_add(&cohort, g, 0.05, 0, 50);
        for (size_t i = 0; i < COUNT(at); i++)
            cohort_add(&cohort, g, at[i], 1, rows[g][i]);
    }
    cohort_ask(&asked, &cohort);
    hist_axis_open(&asked.axis, thresholds,
                   2); /* .4 and .5 are tenths: the same axis but for .25 */
    groups_open(&asked.groups, &asked.axis, 3);
    double *values = must_alloc(groups_values(&asked.groups), sizeof(*values));
    for (size_t i = 0; i < cohort.rows; i++)
        groups_tally(values, &asked.groups, cohort.group[i], hist_logit(cohort.p[i]),
                     cohort.label[i]);
    groups_read(asked.sums, &asked.groups, values);
    free(values);
    curves_open(&c, &asked.groups, asked.sums, cohort_names, shown, few, thresholds, 2);
    assert_null(point_at(curve_of(&c, "B"), 0.4));
    assert_non_null(point_at(curve_of(&c, ""), 0.4));
    assert_non_null(point_at(curve_of(&c, ""), 0.3));
    const struct curve *all = curve_of(&c, "");
    for (size_t i = 0; i < all->points; i++)
        if (fabs(all->point[i].tpr - 250 / 316.0) < 1e-9)
            fail_msg("everybody's curve has a point at %g", all->point[i].threshold);
    curves_close(&c);
}

static void a_zeroed_one_can_be_closed(void **state)
{
    (void)state;
    struct panel p = {0};
    static const bool shown[] = {true, true};
    panel_close(&p);
    two_groups();
    draw(&p.curves, shown);
    panel_close(&p);
    assert_null(p.curves.curve);
}

/* --- a reader who subtracts ------------------------------------------------------------------ */

/* What a figure tells: counts above places, from rates and totals. */
struct told {
    size_t count;
    struct {
        double at;        /* probability */
        int64_t above[2]; /* rows */
    } place[HIST_EDGES_MAX];
};

static void tell(struct told *t, double at, int64_t negatives, int64_t positives)
{
    t->place[t->count].at = at;
    t->place[t->count].above[0] = negatives;
    t->place[t->count++].above[1] = positives;
}

/* The points, and the edges of bins: those with rows have whole counts, so neighbours add up. */
static void read_curve(struct told *t, const struct curve *c, const struct group_sums *sums)
{
    int64_t negatives = hist_count_from(sums->count[0], asked.axis.bins, 0);
    int64_t positives = hist_count_from(sums->count[1], asked.axis.bins, 0);
    t->count = 0;
    tell(t, 0, negatives, positives);
    for (size_t i = 0; i < c->points; i++)
        tell(t, c->point[i].threshold, llround(c->point[i].fpr * (double)negatives),
             llround(c->point[i].tpr * (double)positives));
    int64_t n = negatives, p = positives;
    for (size_t i = 0; i < c->bins; i++) {
        int64_t k = llround(c->bin[i].observed * c->bin[i].rows);
        n -= llround(c->bin[i].rows) - k;
        p -= k;
        tell(t, c->bin[i].to, n, p);
    }
    tell(t, 1, 0, 0);
}

static bool is_few(int64_t rows)
{
    return rows != 0 && llabs(rows) < FEW;
}

static size_t check_alone(const struct told *t, const char *whose, size_t round)
{
    size_t pairs = 0;
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < t->count; k++)
            for (int y = 0; y < 2; y++, pairs++)
                if (is_few(t->place[i].above[y] - t->place[k].above[y]))
                    fail_msg("round %zu: %s tells %d rows of class %d from %g to %g", round, whose,
                             (int)(t->place[i].above[y] - t->place[k].above[y]), y, t->place[i].at,
                             t->place[k].at);
    return pairs;
}

/* The most that a group takes of [from, to) with places inside it, or the least around it. */
static int64_t piece_of(const struct told *t, int y, double from, double to, bool inside)
{
    double a = inside ? 2 : -1, b = inside ? -1 : 2;
    int64_t above_a = 0, above_b = 0;
    for (size_t i = 0; i < t->count; i++) {
        double at = t->place[i].at;
        if (inside ? at >= from && at < a : at <= from && at > a)
            a = at, above_a = t->place[i].above[y];
        if (inside ? at <= to && at > b : at >= to && at < b)
            b = at, above_b = t->place[i].above[y];
    }
    return a < b ? above_a - above_b : 0;
}

static size_t check_rest(const struct told *all, const struct told *group, size_t groups,
                         bool nobody_hidden, size_t round)
{
    size_t met = 0;
    for (size_t i = 0; i < all->count; i++)
        for (size_t k = 0; k < all->count; k++)
            for (int y = 0; y < 2 && all->place[i].at < all->place[k].at; y++, met++) {
                int64_t rows = all->place[i].above[y] - all->place[k].above[y];
                int64_t inside = rows, outside = -rows;
                for (size_t g = 0; g < groups; g++) {
                    inside -= piece_of(&group[g], y, all->place[i].at, all->place[k].at, true);
                    outside += piece_of(&group[g], y, all->place[i].at, all->place[k].at, false);
                }
                if (is_few(inside) || (nobody_hidden && is_few(outside)))
                    fail_msg("round %zu: everybody less the groups tells %d, %d rows of class %d "
                             "from %g to %g",
                             round, (int)inside, (int)outside, y, all->place[i].at,
                             all->place[k].at);
            }
    return met;
}

/* A few clumps, or scores all over; sizes from a handful to many. */
static void any_rows(struct rng *rng, bool *shown, size_t round)
{
    static const size_t sizes[] = {30, 60, 150, 600};
    cohort = (struct cohort){0};
    for (size_t g = 0; g < GROUPS; g++) {
        size_t rows = sizes[rng_below(rng, COUNT(sizes))] + rng_below(rng, 30);
        double prevalence = 0.1 + 0.5 * rng_uniform(rng);
        shown[g] = rng_below(rng, 4) > 0;
        for (size_t i = 0; i < rows; i++) {
            int label = rng_uniform(rng) < prevalence;
            double x = rng_normal(rng) + label;
            x = round % 3 == 0 ? nearbyint(2 * x) / 2 : round % 3 == 1 ? x / 4 : x;
            cohort_add(&cohort, g, 1 / (1 + exp(-x)), label, 1);
        }
    }
}

/* Groups that may be shown at all, as release.h has it: no class of few, and no few left over. */
static bool may_be_shown(bool *shown)
{
    int64_t hidden[2] = {0};
    for (size_t g = 0; g < GROUPS; g++)
        for (int y = 0; y < 2; y++) {
            int64_t rows = hist_count_from(asked.sums[g].count[y], asked.axis.bins, 0);
            if (shown[g] && is_few(rows))
                return false;
            hidden[y] += shown[g] ? 0 : rows;
        }
    return !is_few(hidden[0]) && !is_few(hidden[1]);
}

static void no_two_published_places_tell_a_few_people(void **state)
{
    (void)state;
    static struct told told[GROUPS + 1];
    struct rng rng = rng_open(3, RNG_TEST, 0, 0, 0);
    struct group_sums *all = must_alloc(1, sizeof(*all));
    size_t judged = 0, pairs = 0, rest = 0, points = 0, bins = 0, own_points = 0;
    for (size_t round = 0; round < 600; round++) {
        bool shown[GROUPS], none_hidden = true;
        struct curves c;
        any_rows(&rng, shown, round);
        draw(&c, shown);
        if (may_be_shown(shown)) {
            groups_pool(all, &asked.groups, asked.sums);
            size_t at = 0;
            read_curve(&told[0], &c.curve[0], all);
            pairs += check_alone(&told[0], "everybody", round);
            for (size_t g = 0; g < GROUPS; g++) {
                none_hidden = none_hidden && shown[g];
                if (!shown[g])
                    continue;
                at++;
                read_curve(&told[at], &c.curve[at], &asked.sums[g]);
                pairs += check_alone(&told[at], c.curve[at].group, round);
                own_points += c.curve[at].points;
            }
            rest += check_rest(&told[0], &told[1], at, none_hidden, round);
            points += c.curve[0].points;
            bins += c.curve[0].bins;
            judged++;
        }
        curves_close(&c);
    }
    free(all);
    print_message("%zu panels: %.1f points of everybody, %.1f bins, %.1f points of all groups\n",
                  judged, (double)points / (double)judged, (double)bins / (double)judged,
                  (double)own_points / (double)judged);
    assert_true(judged > 150 && pairs > 10000 && rest > 10000);
    assert_true(points > 4 * judged && bins > judged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_is_what_its_threshold_makes_of_the_group),
        cmocka_unit_test(a_calibration_bin_says_what_happened_to_those_in_it),
        cmocka_unit_test(a_group_is_cut_only_where_nobody_can_be_counted),
        cmocka_unit_test(of_two_thresholds_too_near_the_plan_s_first_is_a_point),
        cmocka_unit_test(a_group_that_may_not_be_parted_has_no_curve),
        cmocka_unit_test(a_point_minds_thresholds_that_are_none),
        cmocka_unit_test(everybody_s_curve_tells_nothing_of_a_group_without_one),
        cmocka_unit_test(everybody_s_curve_tells_nothing_that_a_group_s_own_may_not),
        cmocka_unit_test(everybody_s_curve_minds_what_tables_tell_of_groups),
        cmocka_unit_test(a_zeroed_one_can_be_closed),
        cmocka_unit_test(no_two_published_places_tell_a_few_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
