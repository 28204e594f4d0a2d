#include "node/doctor.h"

#include <math.h>
#include <sys/stat.h>

#include "node/doctor_line.h"
#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "tests/support/check.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

#define KEY "6a3803d5f059902a1c6dafbc2ba4729212f7caac08634cc9ae76f27529b4ca4f"

static const char text[] = "name = \"north\"; coordinator = \"tcp://c.example:7443\";\n"
                           "coordinator_key = \"" KEY "\"; data = \"n.h5\"; state = \"state\";\n";

struct ward {
    struct scratch scratch;
    char path[SCRATCH_MAX];
    struct node_config c;
    struct diagnosis d;
};

static void ward_open(struct ward *w)
{
    *w = (struct ward){.scratch = scratch_open()};
    scratch_file(w->path, &w->scratch, "node.cfg");
    check_ok(file_write(w->path, text, strlen(text)));
    check_ok(node_config_open(&w->c, w->path, NULL, 0));
}

static void ward_close(struct ward *w)
{
    node_config_close(&w->c);
    scratch_close(&w->scratch);
}

/* The only finding of this check. */
static const struct finding *of(const struct diagnosis *d, const char *check)
{
    const struct finding *found = NULL;
    for (size_t i = 0; i < d->count; i++) {
        if (strcmp(d->finding[i].check, check) != 0)
            continue;
        if (found != NULL)
            fail_msg("%s is said twice", check);
        found = &d->finding[i];
    }
    if (found == NULL)
        fail_msg("nothing is said of %s", check);
    return found;
}

static void expect(const struct diagnosis *d, const char *check, enum check_state state,
                   enum complaint why, const char *says)
{
    const struct finding *f = of(d, check);
    if (f->state != state || f->why != why || strstr(f->what, says) == NULL)
        fail_msg("%s: %s [%s] %s", check, doctor_state_name(f->state), complaint_row(f->why)->code,
                 f->what);
}

static void the_first_failure_is_the_exit_status(void **state)
{
    (void)state;
    struct diagnosis d = {.count = 0};
    assert_int_equal(doctor_exit_status(&d), 0);
    assert_false(doctor_passed(&d, "a"));
    doctor_note(&d, "a", CHECK_OK, "%d", 1);
    doctor_note(&d, "b", CHECK_WARN, "2");
    doctor_skip(&d, "c", "b");
    assert_int_equal(doctor_exit_status(&d), 0);
    (void)!fault(EC_NET_REFUSED, "tcp://x:1", "refused");
    doctor_fault(&d, "d", fault_kept());
    (void)!fault(EC_DATA_H5, "", "damaged");
    doctor_fault(&d, "a", fault_kept());
    assert_int_equal(doctor_exit_status(&d), 69);
    assert_false(doctor_passed(&d, "a")); /* one of two */
    assert_true(doctor_passed(&d, "b"));
    assert_false(doctor_passed(&d, "c"));
    assert_string_equal(d.finding[2].what, "needs b");
    assert_string_equal(d.finding[3].what, "tcp://x:1: refused");
    assert_string_equal(d.finding[4].what, "damaged");
    assert_int_equal(doctor_count(&d, CHECK_FAIL), 2);
    assert_int_equal(doctor_count(&d, CHECK_SKIP), 1);
}

static void keys_of_a_configuration_are_counted(void **state)
{
    (void)state;
    struct ward w;
    struct node_config c;
    ward_open(&w);
    doctor_config(&w.d, &c, w.path, (const char *const[]){"patience_s=5", "name=north"}, 2);
    expect(&w.d, "config", CHECK_OK, EC_NONE, "(6 keys, 2 of them by --set)");
    node_config_close(&c);
    w.d.count = 0;
    doctor_config(&w.d, &c, w.path, (const char *const[]){"patience=5"}, 1);
    expect(&w.d, "config", CHECK_FAIL, EC_CFG_UNKNOWN_KEY, "patience_s");
    node_config_close(&c);
    ward_close(&w);
}

static void a_key_is_opened_and_its_rights_are_judged(void **state)
{
    (void)state;
    struct ward w;
    struct identity made, self;
    char print[FINGERPRINT_MAX];
    ward_open(&w);
    doctor_key(&w.d, &self, &w.c);
    expect(&w.d, "key", CHECK_FAIL, EC_KEY_NONE, "north.key");
    identity_close(&self);
    check_ok(file_folder_private(w.c.state));
    check_ok(identity_make(&made, w.c.state, "north"));
    fingerprint_text(print, &made.pub);
    w.d.count = 0;
    doctor_key(&w.d, &self, &w.c);
    expect(&w.d, "key", CHECK_OK, EC_NONE, print);
    assert_true(key_equal(self.pub.curve, made.pub.curve));
    identity_close(&self);
    assert_int_equal(chmod(w.c.key, 0640), 0);
    w.d.count = 0;
    doctor_key(&w.d, &self, &w.c);
    expect(&w.d, "key", CHECK_FAIL, EC_KEY_MODE, "640");
    identity_close(&self);
    identity_close(&made);
    ward_close(&w);
}

static void every_state_of_a_line_says_how_far_it_came(void **state)
{
    (void)state;
    static const char *const steps[] = {"reachable", "protocol", "right key", "enrolled"};
    static const struct {
        enum line_state line;
        size_t done;
        enum complaint why;
        const char *says;
    } rows[] = {
        {LINE_CONNECTING, 0, EC_NET_TIMEOUT, "no answer in 20 s"},
        {LINE_REFUSED, 0, EC_NET_REFUSED, "refused"},
        {LINE_SILENT, 0, EC_NET_SILENT, "silent"},
        {LINE_NOT_OURS, 1, EC_NET_NOT_OURS, "tcp://c.example:7443"},
        {LINE_WRONG_KEY, 2, EC_NET_WRONG_KEY, "fingerprint"},
        {LINE_NOT_ENROLLED, 3, EC_NET_NOT_ENROLLED, "`north`"},
        {LINE_UP, 4, EC_NONE, ""},
    };
    struct ward w;
    struct public_key own = {.name = "north", .curve = {9}};
    ward_open(&w);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct line_seen seen = {.state = rows[i].line, .waited_s = 20};
        w.d.count = 0;
        doctor_line(&w.d, &seen, &w.c, &own);
        assert_int_equal(w.d.count, COUNT(steps));
        for (size_t s = 0; s < COUNT(steps); s++) {
            assert_string_equal(w.d.finding[s].check, steps[s]);
            if (s < rows[i].done)
                expect(&w.d, steps[s], CHECK_OK, EC_NONE, "");
            else if (s == rows[i].done)
                expect(&w.d, steps[s], CHECK_FAIL, rows[i].why, rows[i].says);
            else
                expect(&w.d, steps[s], CHECK_SKIP, EC_NONE, steps[rows[i].done]);
        }
    }
    assert_int_equal(COUNT(rows), LINE_SILENT + 1);
    ward_close(&w);
}

static void the_fingerprints_to_compare_are_named(void **state)
{
    (void)state;
    struct ward w;
    struct public_key own = {.name = "north", .curve = {9}};
    char ours[FINGERPRINT_MAX], theirs[FINGERPRINT_MAX];
    ward_open(&w);
    fingerprint_text(ours, &own);
    fingerprint_text(theirs, &w.c.server);
    doctor_line(&w.d, &(struct line_seen){.state = LINE_WRONG_KEY}, &w.c, &own);
    expect(&w.d, "right key", CHECK_FAIL, EC_NET_WRONG_KEY, theirs);
    w.d.count = 0;
    doctor_line(&w.d, &(struct line_seen){.state = LINE_NOT_ENROLLED}, &w.c, &own);
    expect(&w.d, "right key", CHECK_OK, EC_NONE, theirs);
    expect(&w.d, "enrolled", CHECK_FAIL, EC_NET_NOT_ENROLLED, ours);
    ward_close(&w);
}

static void trouble_before_a_line_fails_its_first_step(void **state)
{
    (void)state;
    struct ward w;
    struct public_key own = {.name = "north"};
    struct line_seen seen = {.state = LINE_CONNECTING};
    ward_open(&w);
    (void)!fault(EC_NET_NAME, "tcp://c.example:7443", "Name or service not known");
    seen.trouble = *fault_kept();
    doctor_line(&w.d, &seen, &w.c, &own);
    expect(&w.d, "reachable", CHECK_FAIL, EC_NET_NAME, "not known");
    expect(&w.d, "enrolled", CHECK_SKIP, EC_NONE, "reachable");
    w.d.count = 0;
    doctor_line(&w.d, &(struct line_seen){.by_node = true, .unseen = true}, &w.c, &own);
    expect(&w.d, "reachable", CHECK_SKIP, EC_NONE, "not come so far");
    expect(&w.d, "enrolled", CHECK_SKIP, EC_NONE, "not come so far");
    ward_close(&w);
}

static void clocks_may_differ_by_less_than_five_seconds(void **state)
{
    (void)state;
    static const struct {
        bool known;
        int64_t offset_ms;
        enum check_state want;
        const char *says;
    } rows[] = {
        {true, 400, CHECK_OK, "0.4 s from"},     {true, -4999, CHECK_OK, "5.0 s from"},
        {true, 5000, CHECK_WARN, "5 s behind"},  {true, -61000, CHECK_WARN, "61 s ahead of"},
        {false, 0, CHECK_SKIP, "does not know"}, {true, INT64_MIN, CHECK_WARN, "ahead"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct diagnosis d = {.count = 0};
        doctor_clock(&d, rows[i].known, rows[i].offset_ms);
        expect(&d, "clock", rows[i].want, EC_NONE, rows[i].says);
    }
}

/* --- the patients ---------------------------------------------------------------------------- */

static void make_data(char path[static SCRATCH_MAX], const struct scratch *s,
                      const struct fixture *f)
{
    check_ok(fixture_flat(path, SCRATCH_MAX, s->path, "north", f));
}

static void load_plan(struct plan *p, const struct scratch *s, const char *more,
                      const char *override)
{
    char path[SCRATCH_MAX], lines[512];
    snprintf(lines, sizeof lines, "rounds = 3; model = { name = \"linear\"; }; %s", more);
    check_ok(fixture_plan(path, sizeof path, s->path, lines));
    check_ok(plan_load(p, path, &override, override != NULL, adopt_parts, adopt_part_count));
}

static const struct fixture usual = {
    .seed = 1, .patients = 60, .images = 2, .width = 5, .signal = 1, .test_share = .3};

static void data_are_held_against_the_plan(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    struct plan p;
    make_data(path, &s, &usual);
    for (int with_plan = 0; with_plan < 2; with_plan++) {
        struct diagnosis d = {.count = 0};
        struct flat f;
        load_plan(&p, &s, "", NULL);
        doctor_data(&d, &f, path, with_plan ? p.set : NULL);
        expect(&d, "data", CHECK_OK, EC_NONE,
               "120 rows x 5 float32, 60 patients; labels disease; groups sex, race, age");
        assert_int_equal(strstr(d.finding[0].what, "all that the plan names") != NULL, with_plan);
        assert_int_equal(f.rows, 120);
        flat_close(&f);
        plan_close(&p);
    }
    static const struct {
        const char *override;
        enum complaint want;
        const char *says;
    } rows[] = {
        {"tasks[0].name=cancer", EC_DATA_LABEL, "no label `cancer`"},
        {"groups[1].kind=binary", EC_DATA_LABEL, "3 levels"},
        {"groups[0].name=scanner", EC_DATA_LABEL, "no group `scanner`"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct diagnosis d = {.count = 0};
        struct flat f;
        load_plan(&p, &s, "", rows[i].override);
        doctor_data(&d, &f, path, p.set);
        expect(&d, "data", CHECK_FAIL, rows[i].want, rows[i].says);
        flat_close(&f);
        plan_close(&p);
    }
    struct diagnosis d = {.count = 0};
    struct flat f;
    doctor_data(&d, &f, scratch_file(path, &s, "gone.flat"), NULL);
    expect(&d, "data", CHECK_FAIL, EC_IO_OPEN, "gone.flat");
    flat_close(&f);
    scratch_close(&s);
}

static void a_site_without_test_rows_is_told(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    struct diagnosis d = {.count = 0};
    struct flat f;
    struct fixture all_train = usual;
    all_train.test_share = 0;
    make_data(path, &s, &all_train);
    doctor_data(&d, &f, path, NULL);
    expect(&d, "data", CHECK_WARN, EC_NONE, "no test rows");
    flat_close(&f);
    scratch_close(&s);
}

/* A file of these values of one group of three levels; NAN: unknown. A patient has two rows. */
static void grouped(struct flat *f, float *value, size_t rows)
{
    static uint64_t patient[256];
    static uint8_t split[256];
    static float x[256];
    *f = (struct flat){.site = "north", .rows = rows, .width = 1, .group_count = 1};
    f->group[0] = (struct target){.name = "race",
                                  .kind = TARGET_CATEGORICAL,
                                  .levels = 3,
                                  .level = {"White", "Black", "AIAN"}};
    for (size_t i = 0; i < rows; i++)
        patient[i] = i / 2;
    f->patient = patient;
    f->split = split;
    f->value = value;
    f->x = x;
}

static void small_levels_count_patients_and_unknown_ones_rows(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t known[3]; /* rows of each level; the rest of 200 is unknown */
        enum check_state want;
        const char *says, *not ;
    } rows[] = {
        {"enough of all", {100, 60, 40}, CHECK_OK, "11 patients or more", ":"},
        {"eleven patients", {100, 78, 22}, CHECK_OK, "11 patients or more", ":"},
        {"ten patients", {100, 80, 20}, CHECK_WARN, "race: few patients: AIAN 10; withheld", "unk"},
        {"nobody is no small group", {100, 100, 0}, CHECK_OK, "11 patients", ":"},
        {"two small ones", {180, 18, 2}, CHECK_WARN, "few patients: Black 9, AIAN 1;", "unknown"},
        {"a fifth unknown", {80, 40, 40}, CHECK_OK, "11 patients", ":"},
        {"more than a fifth", {78, 40, 40}, CHECK_WARN, "race: unknown in 21 % of the rows", ";"},
        {"both", {58, 2, 40}, CHECK_WARN, "in 50 % of the rows; few patients: Black 1", "AIAN"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct diagnosis d = {.count = 0};
        struct flat f;
        float value[200];
        size_t at = 0;
        for (size_t level = 0; level < 3; level++)
            for (size_t n = 0; n < rows[i].known[level]; n++)
                value[at++] = (float)level;
        while (at < COUNT(value))
            value[at++] = NAN;
        grouped(&f, value, COUNT(value));
        doctor_groups(&d, &f, NULL);
        const struct finding *found = of(&d, "groups");
        if (found->state != rows[i].want || strstr(found->what, rows[i].says) == NULL ||
            strstr(found->what, rows[i].not ) != NULL)
            fail_msg("%s: %s", rows[i].what, found->what);
    }
}

static void the_plan_says_which_groups_matter_and_what_is_small(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    struct plan p;
    struct flat f;
    struct fixture no_race = usual;
    no_race.no_race = 1;
    make_data(path, &s, &no_race);
    check_ok(flat_open(&f, path));
    static const struct {
        const char *override;
        enum check_state want;
        const char *says;
    } rows[] = {
        {"privacy.min_cell=11", CHECK_WARN, "race: unknown in 100 %"},
        {"groups[1].name=age", CHECK_OK, "every level has 11"}, /* race is not asked for */
        {"groups=[]", CHECK_OK, "there are none"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct diagnosis d = {.count = 0};
        load_plan(&p, &s, "", rows[i].override);
        doctor_groups(&d, &f, p.set);
        expect(&d, "groups", rows[i].want, EC_NONE, rows[i].says);
        plan_close(&p);
    }
    struct diagnosis d = {.count = 0};
    load_plan(&p, &s, "", "privacy.min_cell=1000");
    doctor_groups(&d, &f, p.set);
    assert_int_equal(d.count, 2); /* sex and race, one line each */
    assert_non_null(strstr(d.finding[0].what, "sex: few patients: male "));
    assert_non_null(strstr(d.finding[0].what, "all sites together have 1000"));
    plan_close(&p);
    flat_close(&f);
    scratch_close(&s);
}

static void a_long_list_is_cut_and_harms_nobody(void **state)
{
    (void)state;
    struct diagnosis d = {.count = 0};
    struct flat f;
    float value[200] = {0};
    grouped(&f, value, COUNT(value));
    f.group[0].levels = TARGET_LEVELS_MAX;
    for (size_t i = 0; i < TARGET_LEVELS_MAX; i++) {
        memset(f.group[0].level[i], 'x', TARGET_NAME_MAX - 1);
        value[i] = (float)i;
    }
    memset(f.group[0].name, 'g', TARGET_NAME_MAX - 1);
    doctor_groups(&d, &f, NULL);
    assert_int_equal(of(&d, "groups")->state, CHECK_WARN);
    assert_int_equal(strlen(d.finding[0].what), DOCTOR_TEXT_MAX - 1);
}

static void room_is_needed_once_and_wanted_twice(void **state)
{
    (void)state;
    static const struct {
        uint64_t free_bytes, need;
        enum check_state want;
        const char *says;
    } rows[] = {
        {200000000, 100000000, CHECK_OK, "200 MB free, a run needs 100 MB"},
        {199999998, 100000000, CHECK_WARN, "200 MB free"},
        {100000000, 100000000, CHECK_WARN, "100 MB free"},
        {99999999, 100000000, CHECK_FAIL, "needs 100 MB"},
        {0, 1, CHECK_FAIL, "/s: 0.0 kB free"},
        {UINT64_MAX, 3500000000000, CHECK_OK, "3.5 TB"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct diagnosis d = {.count = 0};
        doctor_disk(&d, "/s", rows[i].free_bytes, rows[i].need);
        expect(&d, "disk", rows[i].want, rows[i].want == CHECK_FAIL ? EC_IO_CREATE : EC_NONE,
               rows[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_failure_is_the_exit_status),
        cmocka_unit_test(keys_of_a_configuration_are_counted),
        cmocka_unit_test(a_key_is_opened_and_its_rights_are_judged),
        cmocka_unit_test(every_state_of_a_line_says_how_far_it_came),
        cmocka_unit_test(the_fingerprints_to_compare_are_named),
        cmocka_unit_test(trouble_before_a_line_fails_its_first_step),
        cmocka_unit_test(clocks_may_differ_by_less_than_five_seconds),
        cmocka_unit_test(data_are_held_against_the_plan),
        cmocka_unit_test(a_site_without_test_rows_is_told),
        cmocka_unit_test(small_levels_count_patients_and_unknown_ones_rows),
        cmocka_unit_test(the_plan_says_which_groups_matter_and_what_is_small),
        cmocka_unit_test(a_long_list_is_cut_and_harms_nobody),
        cmocka_unit_test(room_is_needed_once_and_wanted_twice),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
