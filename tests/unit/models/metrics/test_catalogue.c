/* The catalogue of numbers against the lists that are made of rows. */
#include "models/metrics/catalogue.h"
#include "tests/unit/models/metrics/cohort.h"

static struct cohort cohort;
static struct asked asked;

static void ask(struct fairness *f)
{
    cohort = (struct cohort){0};
    for (size_t g = 0; g < 3; g++)
        cohort_table(&cohort, g, 6 + g, 4, 3, 9);
    cohort_ask(&asked, &cohort);
    asked.q.privileged = 0;
    fairness_open(f, &asked.q, asked.sums);
}

static void every_number_of_a_list_is_in_it_as_it_is(void **state)
{
    (void)state;
    struct fairness f;
    ask(&f);
    assert_true(f.count > 200);
    for (size_t i = 0; i < f.count; i++) {
        const struct fairness_measure *m = &f.measure[i];
        const struct fairness_metric *known = fairness_metric_find(m->metric);
        if (known == NULL) {
            fail_msg("%s is not in the catalogue", m->metric);
            continue;
        }
        if (known->at_threshold == isnan(m->threshold))
            fail_msg("%s depends on a threshold, or on none", m->metric);
        bool of_all = m->group[0] == '\0';
        if ((known->about == ABOUT_BETWEEN && !of_all) || (known->about == ABOUT_ONE && of_all))
            fail_msg("%s of '%s' is not about whom the catalogue says", m->metric, m->group);
    }
    fairness_close(&f);
}

static bool has(const struct fairness *f, const char *metric, bool of_all)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->measure[i].metric, metric) == 0 && (f->measure[i].group[0] == '\0') == of_all)
            return true;
    return false;
}

static void whatever_is_in_it_is_in_a_list(void **state)
{
    (void)state;
    struct fairness f;
    ask(&f);
    size_t met = 0;
    for (; fairness_metric_at(met) != NULL; met++) {
        const struct fairness_metric *m = fairness_metric_at(met);
        if ((m->about != ABOUT_BETWEEN && !has(&f, m->name, false)) ||
            (m->about != ABOUT_ONE && !has(&f, m->name, true)))
            fail_msg("no %s in a list", m->name);
    }
    assert_int_equal(met, 77);
    assert_null(fairness_metric_find("tpr_gapp"));
    assert_null(fairness_metric_find(""));
    fairness_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_of_a_list_is_in_it_as_it_is),
        cmocka_unit_test(whatever_is_in_it_is_in_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
