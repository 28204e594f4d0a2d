/* Which labels an attack poisons, and which plans may ask for one. */
#include "models/attack.h"

#include <math.h>
#include <string.h>

#include "proto/base/rng.h"
#include "proto/wire/plan.h"
#include "tests/support/check.h"
#include "tests/support/fixture.h"

#define ONE(fields) "attacks = ( { " fields " } );"
#define WOMEN       "task = \"disease\"; group = \"sex\"; level = \"female\"; "

static void an_attack_that_could_not_be_run_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *lines;
        enum complaint want;
        const char *says;
    } rows[] = {
        {"a task that is not there", ONE("task = \"death\"; group = \"sex\"; level = \"x\";"),
         EC_CFG_CHOICE, "disease"},
        {"a group that is not there", ONE("task = \"disease\"; group = \"ses\"; level = \"x\";"),
         EC_CFG_CHOICE, "sex, race, age"},
        {"a group without levels", ONE("task = \"disease\"; group = \"age\"; level = \"60\";"),
         EC_CFG_CONFLICT, "age"},
        {"no level", ONE("task = \"disease\"; group = \"sex\";"), EC_CFG_MISSING_KEY,
         "attacks[0].level"},
        {"a rate above 1", ONE(WOMEN "rates = [0.5, 1.5];"), EC_CFG_RANGE, "1.5"},
        {"a rate below 0", ONE(WOMEN "rates = [-0.5];"), EC_CFG_RANGE, "-0.5"},
        {"no rate", ONE(WOMEN "rates = [];"), EC_CFG_CONFLICT, "nothing would be poisoned"},
        {"rate 0 alone", ONE(WOMEN "rates = [0, 0];"), EC_CFG_CONFLICT,
         "nothing would be poisoned"},
        {"more rates than there is room for",
         ONE(WOMEN "rates = [0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18, 0.19, 0.2, 0.21, "
                   "0.22, 0.23, 0.24, 0.25];"),
         EC_CFG_CONFLICT, "16 rates"},
        {"everybody flagged", ONE(WOMEN "flagged = 1;"), EC_CFG_RANGE, "flagged"},
        {"no probes", ONE(WOMEN) " evaluate = { probes = []; };", EC_CFG_CONFLICT, "fresh probes"},
        {"noise alone", ONE(WOMEN) " evaluate = { representations = [\"noise\"]; };",
         EC_CFG_CONFLICT, "fresh probes"},
        {"the rows that were fitted to",
         ONE(WOMEN) " evaluate = { score = \"train\"; mode = \"in-sample\"; };", EC_CFG_CONFLICT,
         "no probe was fitted to"},
        {"the second of two",
         "attacks = ( { " WOMEN "}, { task = \"x\"; group = \"sex\"; level = \"y\"; } );",
         EC_CFG_CHOICE, "attacks[1].task"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan p;
        if (fixture_load_plan(&p, rows[i].lines) == ST_OK)
            fail_msg("%s: accepted", rows[i].what);
        if (fault_kept()->what != rows[i].want || strstr(fault_text(), rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].what, fault_text());
    }
}

/* Plans of before keep their digests, and with them every draw that is keyed by one. */
static void a_plan_without_attacks_does_not_mention_them(void **state)
{
    (void)state;
    struct plan p;
    check_ok(fixture_load_plan(&p, ""));
    char *normal = settings_normal(p.set);
    assert_null(strstr(normal, "attack"));
    free(normal);
    plan_close(&p);
}

static struct population people(void)
{
    struct population who = {.task_count = 1, .group_count = 2};
    who.task[0] = (struct target){.name = "disease", .levels = 2, .share = {.75, .25}};
    who.group[0] = (struct target){.name = "age", .kind = TARGET_REGRESSION};
    who.group[1] =
        (struct target){.name = "sex", .levels = 2, .level = {"male", "female"}, .share = {.5, .5}};
    return who;
}

static void rates_ascend_from_0_each_once(void **state)
{
    (void)state;
    static const double want[] = {0, .25, .5, 1};
    struct plan p;
    struct attack a;
    struct population who = people();
    check_ok(fixture_load_plan(&p, ONE(WOMEN "rates = [1.0, 0.25, 0.5, 0.25];")));
    check_ok(attack_open(&a, p.set, &who));
    assert_int_equal(a.trial_count, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_true(a.trial[i].rate == want[i]);
        assert_int_equal(a.trial[i].group, 1);
        assert_int_equal(a.trial[i].level, 1);
    }
    plan_close(&p);
}

static void a_level_that_the_data_do_not_know_is_refused_by_name(void **state)
{
    (void)state;
    struct plan p;
    struct attack a;
    struct population who = people();
    check_ok(fixture_load_plan(&p, ONE("task = \"disease\"; group = \"sex\"; level = \"women\";")));
    assert_int_equal(attack_open(&a, p.set, &who), ST_CONFIG);
    assert_int_equal(fault_kept()->what, EC_CFG_CHOICE);
    assert_non_null(strstr(fault_text(), "male, female"));
    plan_close(&p);
}

#define ROWS   4000
#define IMAGES 4

/* 1,000 patients of four rows, labels of their own a row; some labels and sexes are unknown. */
struct cohort {
    uint64_t patient[ROWS];
    uint32_t row[ROWS];
    real task[ROWS], group[2 * ROWS];
    struct attack_rows rows;
};

static void draw(struct cohort *c)
{
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    uint64_t id = 0;
    int female = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (i % IMAGES == 0) {
            id = rng_u64(&rng);
            female = rng_uniform(&rng) < .5;
        }
        c->patient[i] = id;
        c->row[i] = (uint32_t)i;
        c->task[i] = rng_uniform(&rng) < .05 ? (real)NAN : (real)(rng_uniform(&rng) < .25);
        c->group[i] = 60;
        c->group[ROWS + i] = i % 50 == 0 ? (real)NAN : (real)female;
    }
    c->rows = (struct attack_rows){.total = ROWS,
                                   .task = c->task,
                                   .group = c->group,
                                   .patient = c->patient,
                                   .row = c->row,
                                   .count = ROWS};
}

static void label_at(real label[static ROWS], const struct cohort *c, double rate)
{
    struct population who = people();
    struct attack_trial t = {.group = 1, .level = 1, .rate = rate};
    attack_label(label, &t, &who, 7, &c->rows);
}

static void either_class_has_as_many_rows_and_nobody_is_poisoned_at_rate_0(void **state)
{
    (void)state;
    static struct cohort c;
    static real label[ROWS];
    size_t kept[2] = {0}, positives = 0;
    draw(&c);
    label_at(label, &c, 0);
    for (size_t i = 0; i < ROWS; i++) {
        positives += c.task[i] == 1;
        if (isnan(label[i]))
            continue;
        assert_true(label[i] == c.task[i]);
        kept[label[i] == 1]++;
    }
    assert_int_equal(kept[1], positives); /* 950 expected, and three deviations of the draw below */
    assert_true(fabs((double)kept[0] - (double)kept[1]) < 3 * sqrt(2 * 950));
}

/* Rows that carry another label than at rate 0; checks that they may. */
static size_t poisoned(bool hit[static ROWS], const struct cohort *c, double rate)
{
    static real clean[ROWS], label[ROWS];
    size_t count = 0;
    label_at(clean, c, 0);
    label_at(label, c, rate);
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(isnan(label[i]), isnan(clean[i]));
        hit[i] = !isnan(label[i]) && label[i] != clean[i];
        if (!hit[i])
            continue;
        count++;
        assert_true(c->task[i] == 1);
        assert_true(label[i] == 0);
        assert_true(c->group[ROWS + i] == 1);
    }
    return count;
}

static void what_is_poisoned_at_a_rate_is_at_every_higher_one(void **state)
{
    (void)state;
    static const double rates[] = {.05, .25, .5, .75, 1};
    static struct cohort c;
    static bool before[ROWS], hit[ROWS];
    size_t women = 0;
    draw(&c);
    for (size_t i = 0; i < ROWS; i++)
        women += c.task[i] == 1 && c.group[ROWS + i] == 1;
    for (size_t k = 0; k < COUNT(rates); k++) {
        double share = (double)poisoned(hit, &c, rates[k]) / (double)women;
        /* About 340 patients with a positive: three deviations are .08. */
        assert_true(fabs(share - rates[k]) < .08);
        for (size_t i = 0; i < ROWS; i++)
            assert_true(hit[i] || !before[i]);
        memcpy(before, hit, sizeof before);
    }
    assert_int_equal(poisoned(hit, &c, 1), women);
}

static void a_patient_is_poisoned_whole_or_not_at_all(void **state)
{
    (void)state;
    static struct cohort c;
    static bool hit[ROWS];
    size_t whole = 0;
    draw(&c);
    poisoned(hit, &c, .5);
    for (size_t first = 0; first < ROWS; first += IMAGES) {
        size_t could = 0, was = 0;
        for (size_t i = first; i < first + IMAGES; i++) {
            could += c.task[i] == 1 && c.group[ROWS + i] == 1;
            was += hit[i];
        }
        assert_true(was == 0 || was == could);
        whole += was > 1;
    }
    assert_true(whole > 20);
}

/* As in another site's file: other neighbours, and others of the patient's rows further on. */
static void the_draw_is_the_patients_and_not_the_places(void **state)
{
    (void)state;
    static struct cohort c, d;
    static real here[ROWS], there[ROWS];
    draw(&c);
    d = c;
    d.rows = c.rows;
    d.rows.row = d.row, d.rows.task = d.task, d.rows.group = d.group, d.rows.patient = d.patient;
    for (size_t i = 0; i < ROWS; i++) {
        size_t from = (i + ROWS / 2) % ROWS;
        d.task[i] = c.task[from], d.patient[i] = c.patient[from];
        d.group[ROWS + i] = c.group[ROWS + from];
    }
    label_at(here, &c, .5);
    label_at(there, &d, .5);
    for (size_t i = 0; i < ROWS; i++) {
        real moved = here[(i + ROWS / 2) % ROWS];
        assert_true(isnan(moved) ? isnan(there[i]) : moved == there[i]);
    }
}

static void rows_that_are_not_trained_on_have_no_label(void **state)
{
    (void)state;
    static struct cohort c;
    static real label[ROWS];
    draw(&c);
    c.rows.count = ROWS / 2;
    label_at(label, &c, 1);
    for (size_t i = ROWS / 2; i < ROWS; i++)
        assert_true(isnan(label[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attack_that_could_not_be_run_is_refused),
        cmocka_unit_test(a_plan_without_attacks_does_not_mention_them),
        cmocka_unit_test(rates_ascend_from_0_each_once),
        cmocka_unit_test(a_level_that_the_data_do_not_know_is_refused_by_name),
        cmocka_unit_test(either_class_has_as_many_rows_and_nobody_is_poisoned_at_rate_0),
        cmocka_unit_test(what_is_poisoned_at_a_rate_is_at_every_higher_one),
        cmocka_unit_test(a_patient_is_poisoned_whole_or_not_at_all),
        cmocka_unit_test(the_draw_is_the_patients_and_not_the_places),
        cmocka_unit_test(rows_that_are_not_trained_on_have_no_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
