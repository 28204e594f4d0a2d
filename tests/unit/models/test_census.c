/* Rows by group against counting them by hand, row by row. */
#include "models/census.h"
#include "models/metrics/interval.h"
#include "tests/unit/models/exam_setup.h"

#define BANDS 3

/* The evaluation of exam_setup.h, whose second group is an age band that may change with a row. */
struct counted {
    struct setup s;
    struct census c;
    double *values, *place;
};

static enum status open_counted(struct counted *k, const char *const *overrides, size_t count)
{
    open_setup(&k->s, overrides, count);
    draw(&k->s, 3);
    struct target *band = &k->s.who.group[1];
    *band = (struct target){.name = "band", .kind = TARGET_CATEGORICAL, .levels = BANDS};
    for (size_t l = 0; l < BANDS; l++) {
        snprintf(band->level[l], sizeof band->level[l], "b%zu", l);
        band->share[l] = l == 1 ? .5 : .25;
        snprintf(k->s.who.group[0].level[l % 2], sizeof band->level[0], "%s",
                 l % 2 == 0 ? "female" : "male");
    }
    for (size_t i = 0; i < ROWS; i++)
        k->s.cohort.group[ROWS + i] = i % 11 == 0 ? (real)NAN : (real)(i % BANDS);
    size_t row[16];
    assert_true(k->s.e.row_count <= COUNT(row));
    for (size_t w = 0; w < k->s.e.row_count; w++)
        row[w] = w;
    return census_open(&k->c, &k->s.e, row, k->s.e.row_count);
}

static void begin(struct counted *k, const double *valid)
{
    census_choose(&k->c, valid);
    k->values = must_alloc(k->c.values, sizeof(double));
    k->place = must_alloc(k->c.place_values, sizeof(double));
}

static void close_counted(struct counted *k)
{
    census_close(&k->c);
    close_setup(&k->s);
    free(k->values);
    free(k->place);
}

static struct exam_scores *scores_of(const struct counted *k, const struct piece *p)
{
    struct exam_scores *scores = must_alloc(k->c.reader_count, sizeof *scores);
    for (size_t i = 0; i < k->c.reader_count; i++)
        scores[i] = exam_scores_of(&k->s.e, k->c.reader[i].row, p->fresh, p->own, &p->b);
    return scores;
}

/* Rows at..at+n as a site of their own; sum [c.values] takes them. */
static void add(double *sum, struct counted *k, size_t at, size_t n)
{
    struct piece p;
    cut(&p, &k->s, at, n);
    struct exam_scores *scores = scores_of(k, &p);
    census_tally(k->values, &k->c, scores, p.group, p.patient);
    for (size_t i = 0; i < k->c.values; i++)
        sum[i] += k->values[i];
    free(scores);
}

static void publish_all(struct counted *k)
{
    double *sum = must_alloc(k->c.values, sizeof *sum);
    add(sum, k, 0, ROWS);
    check_ok(census_judge(&k->c, sum));
    census_fold(&k->c, sum);
    struct piece p;
    cut(&p, &k->s, 0, ROWS);
    struct exam_scores *scores = scores_of(k, &p);
    census_place(k->place, &k->c, scores, p.group, p.patient);
    check_ok(census_judge_place(&k->c, k->place));
    census_fold_place(&k->c, k->place);
    free(scores);
    free(sum);
}

static const char *const crossed[] = {"evaluate.intersections=[\"sex*band\"]"};

/* --- who is asked for whom ----------------------------------------------------------------- */

static void only_predictors_of_tasks_are_asked(void **state)
{
    (void)state;
    static const size_t rows[] = {0, 1, 2, 5}; /* disease, stage=A/B, stage=D/B, own disease */
    struct counted k = {0};
    check_ok(open_counted(&k, NULL, 0));
    begin(&k, NULL);
    assert_int_equal(k.c.reader_count, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(k.c.reader[i].row, rows[i]);
    assert_int_equal(k.c.table_count, 2 * COUNT(rows)); /* sex, band */
    close_counted(&k);
}

static void nobody_asks_noise_for_whom_it_works(void **state)
{
    (void)state;
    static const char *const overrides[] = {"evaluate.representations=[\"noise\"]"};
    struct counted k = {0};
    check_ok(open_counted(&k, overrides, 1));
    assert_int_equal(k.c.reader_count, 1); /* the subject's own head */
    close_counted(&k);
}

static void a_plan_may_ask_for_no_groups(void **state)
{
    (void)state;
    static const char *const overrides[] = {"evaluate.fairness=false"};
    struct counted k = {0};
    check_ok(open_counted(&k, overrides, 1));
    census_choose(&k.c, NULL);
    assert_int_equal(k.c.table_count, 0);
    assert_int_equal(k.c.values, 0);
    close_counted(&k);
}

static void an_intersection_has_a_group_for_every_pair_of_levels(void **state)
{
    (void)state;
    static const char *const names[] = {"female, b0", "female, b1", "female, b2",
                                        "male, b0",   "male, b1",   "male, b2"};
    struct counted k = {0};
    char name[CENSUS_NAME_MAX];
    check_ok(open_counted(&k, crossed, 1));
    assert_int_equal(k.c.parting_count, 3);
    census_parting_name(name, &k.c, 2);
    assert_string_equal(name, "sex*band");
    assert_int_equal(k.c.parting[2].groups, COUNT(names));
    for (size_t g = 0; g < COUNT(names); g++) {
        census_group_name(name, &k.c, 2, g);
        assert_string_equal(name, names[g]);
        assert_true(census_expected(&k.c, 2, g) == .5 * (g % BANDS == 1 ? .5 : .25));
    }
    close_counted(&k);
}

/* What the plan alone can say was judged when it was loaded (models/tolerance.h). */
static void an_intersection_of_an_attribute_without_levels_is_refused(void **state)
{
    (void)state;
    struct counted k = {0};
    check_ok(open_counted(&k, crossed, 1));
    size_t row = 0;
    census_close(&k.c);
    k.s.who.group[1].levels = 0;
    assert_int_not_equal(census_open(&k.c, &k.s.e, &row, 1), ST_OK);
    assert_int_equal(fault_kept()->what, EC_CFG_CHOICE);
    close_counted(&k);
}

static void an_intersection_of_too_many_groups_is_refused(void **state)
{
    (void)state;
    struct counted k = {0};
    check_ok(open_counted(&k, crossed, 1));
    size_t row = 0;
    census_close(&k.c);
    k.s.who.group[0].levels = 9, k.s.who.group[1].levels = 8;
    assert_int_not_equal(census_open(&k.c, &k.s.e, &row, 1), ST_OK);
    assert_int_equal(fault_kept()->what, EC_CFG_CONFLICT);
    close_counted(&k);
}

/* --- counts -------------------------------------------------------------------------------- */

static size_t group_by_hand(const struct counted *k, size_t parting, size_t i)
{
    real sex = k->s.cohort.group[i], band = k->s.cohort.group[ROWS + i];
    if ((parting != 1 && isnan(sex)) || (parting != 0 && isnan(band)))
        return SIZE_MAX;
    return parting == 0   ? (size_t)sex
           : parting == 1 ? (size_t)band
                          : (size_t)sex * BANDS + (size_t)band;
}

/* Class and score of a row for a reader. */
static int class_by_hand(const struct counted *k, size_t reader, size_t i)
{
    const struct exam_row *row = &k->s.e.row[k->c.reader[reader].row];
    const struct exam_unit *u = &k->s.e.unit[row->unit];
    real value = k->s.cohort.task[u->target * ROWS + i];
    return value == (real)row->level ? 1 : value == (real)row->base ? 0 : -1;
}

static void every_row_of_known_label_and_group_is_counted_in_its_group(void **state)
{
    (void)state;
    struct counted k = {0};
    check_ok(open_counted(&k, crossed, 1));
    begin(&k, NULL);
    publish_all(&k);
    for (size_t t = 0; t < k.c.table_count; t++) {
        const struct census_table *table = &k.c.table[t];
        size_t groups = table->groups.count;
        struct group_sums *sums = must_alloc(groups, sizeof *sums);
        groups_read(sums, &table->groups, k.c.sums + table->groups_at);
        for (size_t g = 0; g < groups; g++)
            for (int label = 0; label < 2; label++) {
                int64_t want = 0;
                for (size_t i = 0; i < ROWS; i++)
                    want += group_by_hand(&k, table->parting, i) == g &&
                            class_by_hand(&k, table->reader, i) == label;
                assert_int_equal(hist_count_from(sums[g].count[label], k.s.e.axis.bins, 0), want);
                assert_true(want > 0);
            }
        free(sums);
    }
    close_counted(&k);
}

/* A patient whose band changes is a patient of each of his bands, and once of everybody. */
static void patients_are_counted_once_a_group_and_once_in_all(void **state)
{
    (void)state;
    struct counted k = {0};
    check_ok(open_counted(&k, NULL, 0));
    begin(&k, NULL);
    publish_all(&k);
    const struct census_table *t = &k.c.table[1]; /* disease by band */
    struct group_clusters got[BANDS + 1];
    clusters_read(got, &t->clusters, k.c.sums + t->clusters_at, k.c.place + t->place_at);
    double want[BANDS + 1] = {0};
    for (size_t i = 0; i < ROWS; i++) {
        bool seen[BANDS + 1] = {false};
        size_t g = group_by_hand(&k, 1, i);
        if (g == SIZE_MAX || class_by_hand(&k, 0, i) < 0)
            continue;
        for (size_t j = 0; j < i; j++)
            if (k.s.cohort.patient[j] == k.s.cohort.patient[i] && class_by_hand(&k, 0, j) >= 0 &&
                group_by_hand(&k, 1, j) != SIZE_MAX)
                seen[group_by_hand(&k, 1, j)] = seen[BANDS] = true;
        want[g] += !seen[g];
        want[BANDS] += !seen[BANDS];
    }
    for (size_t g = 0; g <= BANDS; g++)
        assert_true(got[g].patients == want[g]);
    assert_true(want[BANDS] < want[0] + want[1] + want[2]);
    close_counted(&k);
}

static void sites_add_up_to_the_same_bytes(void **state)
{
    (void)state;
    struct counted k = {0};
    check_ok(open_counted(&k, crossed, 1));
    begin(&k, NULL);
    size_t at = ROWS / 2;
    while (k.s.cohort.patient[at] == k.s.cohort.patient[at - 1])
        at++;
    double *one = must_alloc(k.c.values, sizeof *one);
    double *two = must_alloc(k.c.values, sizeof *two);
    add(one, &k, 0, ROWS);
    add(two, &k, at, ROWS - at);
    add(two, &k, 0, at);
    assert_memory_equal(one, two, k.c.values * sizeof *one);
    free(one);
    free(two);
    close_counted(&k);
}

/* With everybody of known sex and one seed, everybody's AUC error is the one the exam measures. */
static void the_second_pass_is_the_error_that_the_exam_measures(void **state)
{
    (void)state;
    static const char *const overrides[] = {"evaluate.seeds=1"};
    struct counted k = {0};
    check_ok(open_counted(&k, overrides, 1));
    for (size_t i = 0; i < ROWS; i++)
        k.s.cohort.group[i] = (real)(k.s.cohort.patient[i] % 2);
    begin(&k, NULL);
    publish(&k.s);
    publish_all(&k);
    for (size_t r = 0; r < k.c.reader_count; r++) {
        const struct census_table *t = &k.c.table[r * k.c.parting_count]; /* by sex */
        struct group_clusters got[3];
        clusters_read(got, &t->clusters, k.c.sums + t->clusters_at, k.c.place + t->place_at);
        const double *want = k.s.e.place + k.s.e.row[k.c.reader[r].row].place_at;
        assert_true(fabs(got[2].auc.xx - want[0]) < 1e-3);
        assert_true(fabs(got[2].auc.yy - want[1]) < 1e-3);
        assert_true(fabs(got[2].auc.xy - want[2]) < 1e-3);
        assert_true(want[0] > .1);
        assert_true(got[2].auc.with_positive == want[4]);
        assert_true(got[0].patients + got[1].patients == got[2].patients);
    }
    close_counted(&k);
}

static void counts_that_are_not_of_people_are_refused(void **state)
{
    (void)state;
    struct counted k = {0};
    check_ok(open_counted(&k, NULL, 0));
    begin(&k, NULL);
    publish_all(&k);
    for (size_t t = 0; t < k.c.table_count; t++) {
        const size_t at[] = {k.c.table[t].groups_at, k.c.table[t].clusters_at};
        for (size_t i = 0; i < COUNT(at); i++) {
            double kept = k.c.sums[at[i]];
            k.c.sums[at[i]] = -1;
            assert_int_not_equal(census_judge(&k.c, k.c.sums), ST_OK);
            assert_int_equal(fault_kept()->what, EC_RUN_SUM);
            k.c.sums[at[i]] = kept;
        }
        double kept = k.place[k.c.table[t].place_at];
        k.place[k.c.table[t].place_at] = -1;
        assert_int_not_equal(census_judge_place(&k.c, k.place), ST_OK);
        k.place[k.c.table[t].place_at] = kept;
    }
    check_ok(census_judge(&k.c, k.c.sums));
    close_counted(&k);
}

/* --- thresholds ---------------------------------------------------------------------------- */

static double sensitivity_by_hand(const struct counted *k, size_t reader, double threshold)
{
    struct piece p;
    cut(&p, &k->s, 0, ROWS);
    struct exam_scores s = exam_scores_of(&k->s.e, k->c.reader[reader].row, p.fresh, p.own, &p.b);
    double positives = 0, found = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (exam_score_class(&s, i) != 1)
            continue;
        positives++;
        found += 1 / (1 + exp(-exam_score(&s, i))) >= threshold;
    }
    return found / positives;
}

static void a_threshold_is_the_highest_that_keeps_the_sensitivity(void **state)
{
    (void)state;
    static const char *const overrides[] = {"evaluate.sensitivity=0.8"};
    struct counted k = {0};
    check_ok(open_counted(&k, overrides, 1));
    assert_true(census_chooses(&k.c));
    add_test(&k.s, 0, ROWS); /* as validation rows */
    begin(&k, k.s.test);
    for (size_t r = 0; r < k.c.reader_count; r++) {
        const struct census_reader *reader = &k.c.reader[r];
        assert_int_equal(reader->thresholds, 3);
        assert_true(reader->threshold[0] == .5);
        assert_true(reader->threshold[1] == .3);
        double chosen = reader->threshold[2];
        assert_true(sensitivity_by_hand(&k, r, chosen) >= .8);
        /* An eighth of a logit on, where the next scores lie. */
        double next = 1 / (1 + exp(-log(chosen / (1 - chosen)) - .13));
        assert_true(sensitivity_by_hand(&k, r, next) < .8);
    }
    close_counted(&k);
}

static void without_an_aim_no_threshold_is_chosen(void **state)
{
    (void)state;
    struct counted k = {0};
    check_ok(open_counted(&k, NULL, 0));
    assert_false(census_chooses(&k.c));
    begin(&k, NULL);
    assert_int_equal(k.c.reader[0].thresholds, 2);
    close_counted(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_predictors_of_tasks_are_asked),
        cmocka_unit_test(nobody_asks_noise_for_whom_it_works),
        cmocka_unit_test(a_plan_may_ask_for_no_groups),
        cmocka_unit_test(an_intersection_has_a_group_for_every_pair_of_levels),
        cmocka_unit_test(an_intersection_of_an_attribute_without_levels_is_refused),
        cmocka_unit_test(an_intersection_of_too_many_groups_is_refused),
        cmocka_unit_test(every_row_of_known_label_and_group_is_counted_in_its_group),
        cmocka_unit_test(patients_are_counted_once_a_group_and_once_in_all),
        cmocka_unit_test(sites_add_up_to_the_same_bytes),
        cmocka_unit_test(the_second_pass_is_the_error_that_the_exam_measures),
        cmocka_unit_test(counts_that_are_not_of_people_are_refused),
        cmocka_unit_test(a_threshold_is_the_highest_that_keeps_the_sensitivity),
        cmocka_unit_test(without_an_aim_no_threshold_is_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
