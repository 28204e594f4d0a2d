#include "proto/base/settings.h"

#include "tests/support/check.h"
#include "tests/support/stops.h"

static const struct setting plan_rows[] = {
    {"seed", SET_INT, 0, 1e15, "", "1", NULL, false, "The number all randomness comes from."},
    {"local.batch_size", SET_INT, 1, 65536, "rows", "256", NULL, false, "Rows of one step."},
    {"local.lr", SET_REAL, 0, 1, "", "1e-3", NULL, false, "Learning rate."},
    {"local.shuffle", SET_BOOL, 0, 0, "", "true", NULL, false, "Are rows drawn in random order?"},
    {"model.name", SET_TEXT, 0, 0, "", NULL, "linear|mlp", false, "Which model."},
    {"model.hidden", SET_LIST_INT, 1, 4096, "units", "[64]", NULL, false, "Hidden layers."},
};

static const struct setting record_rows[] = {
    {"tasks[].name", SET_TEXT, 0, 0, "", NULL, NULL, false, "The label that is learnt."},
    {"tasks[].train", SET_BOOL, 0, 0, "", "true", NULL, false, "Is it trained, or only scored?"},
    {"tasks[].cuts[].at", SET_REAL, 0, 1, "", NULL, NULL, false, "A threshold."},
    {"tasks[].cuts[].why", SET_TEXT, 0, 0, "", "", NULL, false, "Its reason."},
    {"data.root", SET_TEXT, 0, 0, "", ".", NULL, true, "Where the files are."},
};

static const struct setting_table tables[] = {{plan_rows, COUNT(plan_rows)},
                                              {record_rows, COUNT(record_rows)}};

static struct settings *opened(void)
{
    return settings_open(tables, COUNT(tables));
}

static void a_set_of_defaults_and_values_answers(void **state)
{
    (void)state;
    struct settings *s = opened();
    check_ok(settings_put(s, "model.name", "mlp", "plan.cfg:2"));
    check_ok(settings_put_pair(s, "local.lr=5e-4"));
    check_ok(settings_finish(s));
    assert_true(settings_int(s, "seed") == 1);
    assert_true(settings_real(s, "local.lr") == 5e-4);
    assert_string_equal(settings_text(s, "model.name"), "mlp");
    assert_string_equal(settings_origin(s, "seed"), "default");
    assert_string_equal(settings_origin(s, "model.name"), "plan.cfg:2");
    assert_string_equal(settings_origin(s, "local.lr"), "--set");
    settings_close(&s);
    assert_null(s);
    settings_close(&s);
}

static void the_row_of_the_earlier_table_counts(void **state)
{
    (void)state;
    static const struct setting narrow[] = {
        {"seed", SET_INT, 0, 4, "", "3", NULL, false, "A seed of few."},
    };
    const struct setting_table both[] = {{narrow, 1}, tables[0], tables[1]};
    struct settings *s = settings_open(both, COUNT(both));
    check_fault(settings_put_pair(s, "seed=5"), EC_CFG_RANGE);
    check_ok(settings_put(s, "model.name", "mlp", "plan.cfg:2"));
    check_ok(settings_finish(s));
    assert_true(settings_int(s, "seed") == 3);
    char *normal = settings_normal(s);
    assert_ptr_equal(strstr(strstr(normal, "seed=") + 1, "seed="), NULL);
    free(normal);
    settings_close(&s);
}

static void a_later_value_replaces_an_earlier_one(void **state)
{
    (void)state;
    struct settings *s = opened();
    check_ok(settings_put(s, "model.name", "linear", "plan.cfg:2"));
    check_ok(settings_put(s, "model.name", "\"mlp\"", "--set"));
    check_fault(settings_put(s, "model.name", "tree", "--set"), EC_CFG_CHOICE);
    check_ok(settings_finish(s));
    assert_string_equal(settings_text(s, "model.name"), "mlp");
    assert_string_equal(settings_origin(s, "model.name"), "--set");
    settings_close(&s);
}

#define NO_KEY ": too long, or an index that is not 0 to 63"

static void an_unknown_key_names_its_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *key, *detail;
    } rows[] = {
        {"local.batch_sise",
         "key `local.batch_sise` is not known; did you mean `local.batch_size`?"},
        {"sed", "key `sed` is not known; did you mean `seed`?"},
        {"tasks[3].nane", "key `tasks[3].nane` is not known; did you mean `tasks[3].name`?"},
        {"tasks[3].cuts[10].wy",
         "key `tasks[3].cuts[10].wy` is not known; did you mean `tasks[3].cuts[10].why`?"},
        {"tasks.name", "key `tasks.name` is not known; did you mean `tasks[].name`?"},
        {"entirely_else", "key `entirely_else` is not known"},
        {"", "key `` is not known"},
        {"tasks[64].name", "key `tasks[64].name` is not a key" NO_KEY},
        {"tasks[].name", "key `tasks[].name` is not a key" NO_KEY},
        {"tasks[01].name", "key `tasks[01].name` is not a key" NO_KEY},
    };
    struct settings *s = opened();
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_fault(settings_put(s, rows[i].key, "1", "plan.cfg:7"), EC_CFG_UNKNOWN_KEY);
        assert_string_equal(fault_text(), rows[i].detail);
        assert_string_equal(fault_kept()->where, "plan.cfg:7");
    }
    settings_close(&s);
}

static void a_key_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char key[SETTINGS_KEY_MAX + 200];
    struct settings *s = opened();
    for (size_t len = SETTINGS_KEY_MAX - 1; len < sizeof(key); len += 66) {
        memset(key, 'k', len);
        key[len] = '\0';
        check_fault(settings_put(s, key, "1", "plan.cfg:7"), EC_CFG_UNKNOWN_KEY);
    }
    settings_close(&s);
}

static void a_pair_needs_a_key_and_an_equals_sign(void **state)
{
    (void)state;
    static const char *const rows[] = {"seed", "=1", ""};
    struct settings *s = opened();
    for (size_t i = 0; i < COUNT(rows); i++)
        check_fault(settings_put_pair(s, rows[i]), EC_USAGE);
    check_fault(settings_put_pair(s, "sed=1"), EC_CFG_UNKNOWN_KEY);
    assert_string_equal(fault_kept()->where, "--set");
    settings_close(&s);
}

static void a_missing_key_is_named(void **state)
{
    (void)state;
    struct settings *s = opened();
    check_fault(settings_finish(s), EC_CFG_MISSING_KEY);
    assert_string_equal(fault_text(), "key `model.name` is missing: Which model.");
    check_ok(settings_put(s, "model.name", "mlp", "plan.cfg:1"));
    check_ok(settings_put(s, "tasks[0].train", "true", "plan.cfg:9"));
    check_fault(settings_finish(s), EC_CFG_MISSING_KEY);
    assert_string_equal(fault_text(), "key `tasks[0].name` is missing: The label that is learnt.");
    assert_string_equal(fault_kept()->where, "plan.cfg:9");
    settings_close(&s);
}

static void records_get_their_defaults_one_by_one(void **state)
{
    (void)state;
    struct settings *s = opened();
    check_ok(settings_put(s, "model.name", "mlp", "plan.cfg:1"));
    check_ok(settings_put(s, "tasks[0].name", "\"stage\"", "plan.cfg:2"));
    check_ok(settings_put(s, "tasks[1].name", "death", "plan.cfg:3"));
    check_ok(settings_put(s, "tasks[1].train", "false", "plan.cfg:3"));
    check_ok(settings_put(s, "tasks[1].cuts[0].at", ".5", "plan.cfg:4"));
    check_ok(settings_put(s, "tasks[1].cuts[1].at", "1", "plan.cfg:4"));
    check_ok(settings_finish(s));
    assert_int_equal(settings_count(s, "tasks"), 2);
    assert_int_equal(settings_count(s, "tasks[%d].cuts", 0), 0);
    assert_int_equal(settings_count(s, "tasks[%d].cuts", 1), 2);
    assert_string_equal(settings_text(s, "tasks[%zu].name", (size_t)0), "stage");
    assert_true(settings_bool(s, "tasks[%zu].train", (size_t)0));
    assert_false(settings_bool(s, "tasks[%zu].train", (size_t)1));
    assert_string_equal(settings_text(s, "tasks[1].cuts[1].why"), "");
    assert_string_equal(settings_origin(s, "tasks[1].cuts[1].why"), "default");
    settings_close(&s);
}

static void records_leave_no_gap(void **state)
{
    (void)state;
    struct settings *s = opened();
    check_ok(settings_put(s, "model.name", "mlp", "plan.cfg:1"));
    check_ok(settings_put(s, "tasks[0].name", "stage", "plan.cfg:2"));
    check_ok(settings_put(s, "tasks[2].name", "death", "plan.cfg:3"));
    check_fault(settings_finish(s), EC_CFG_MISSING_KEY);
    assert_string_equal(fault_text(), "record `tasks[1]` is missing, and `tasks[2]` is there");
    settings_close(&s);
}

static void a_group_takes_no_value_but_may_be_empty(void **state)
{
    (void)state;
    struct settings *s = opened();
    check_fault(settings_put(s, "model", "5", "plan.cfg:1"), EC_CFG_TYPE);
    check_fault(settings_put(s, "tasks", "[1]", "plan.cfg:1"), EC_CFG_TYPE);
    check_fault(settings_put(s, "tasks[0]", "{}", "plan.cfg:1"), EC_CFG_TYPE);
    check_fault(settings_put(s, "nothing", "{}", "plan.cfg:1"), EC_CFG_UNKNOWN_KEY);
    check_ok(settings_put(s, "model", "{}", "plan.cfg:1"));
    check_ok(settings_put(s, "model.name", "mlp", "plan.cfg:1"));
    check_ok(settings_put(s, "tasks[0].name", "stage", "plan.cfg:2"));
    check_ok(settings_put(s, "tasks[0].cuts[0].at", "0", "plan.cfg:2"));
    check_ok(settings_put_pair(s, "tasks=[]"));
    check_ok(settings_finish(s));
    assert_int_equal(settings_count(s, "tasks"), 0);
    assert_string_equal(settings_text(s, "model.name"), "mlp");
    settings_close(&s);
}

static void many_values_fit(void **state)
{
    (void)state;
    struct settings *s = opened();
    check_ok(settings_put(s, "model.name", "mlp", "plan.cfg:1"));
    for (int i = 0; i < SETTINGS_LIST_MAX; i++) {
        char key[64];
        snprintf(key, sizeof(key), "tasks[%d].cuts[%d].at", i, 0);
        check_ok(settings_put(s, key, "0.25", "plan.cfg:2"));
        snprintf(key, sizeof(key), "tasks[%d].name", i);
        check_ok(settings_put(s, key, "stage", "plan.cfg:2"));
    }
    check_ok(settings_finish(s));
    assert_int_equal(settings_count(s, "tasks"), SETTINGS_LIST_MAX);
    assert_true(settings_real(s, "tasks[%d].cuts[0].at", SETTINGS_LIST_MAX - 1) == 0.25);
    settings_close(&s);
}

static void open_with(void *ctx)
{
    const struct setting_table table = {ctx, 2};
    struct settings *s = settings_open(&table, 1);
    settings_close(&s);
}

static void a_schema_with_a_mistake_stops_at_the_start(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct setting rows[2];
        bool stops;
    } rows[] = {
        {"a good one",
         {{"a", SET_INT, 0, 9, "", "1", NULL, false, ""},
          {"b", SET_BOOL, 0, 0, "", "true", NULL, false, ""}},
         false},
        {"a default outside its range",
         {{"a", SET_INT, 2, 9, "", "1", NULL, false, ""},
          {"b", SET_BOOL, 0, 0, "", "true", NULL, false, ""}},
         true},
        {"a default of the wrong type",
         {{"a", SET_INT, 0, 9, "", "1", NULL, false, ""},
          {"b", SET_BOOL, 0, 0, "", "yes", NULL, false, ""}},
         true},
        {"a key twice",
         {{"a", SET_INT, 0, 9, "", "1", NULL, false, ""},
          {"a", SET_INT, 0, 9, "", "1", NULL, false, ""}},
         true},
        {"no unit",
         {{"a", SET_INT, 0, 9, NULL, "1", NULL, false, ""},
          {"b", SET_BOOL, 0, 0, "", "true", NULL, false, ""}},
         true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct setting pair[2] = {rows[i].rows[0], rows[i].rows[1]};
        if (stops(NULL, 0, open_with, pair) != rows[i].stops)
            fail_msg("%s", rows[i].what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_of_defaults_and_values_answers),
        cmocka_unit_test(the_row_of_the_earlier_table_counts),
        cmocka_unit_test(a_later_value_replaces_an_earlier_one),
        cmocka_unit_test(an_unknown_key_names_its_nearest),
        cmocka_unit_test(a_key_that_is_too_long_is_refused),
        cmocka_unit_test(a_pair_needs_a_key_and_an_equals_sign),
        cmocka_unit_test(a_missing_key_is_named),
        cmocka_unit_test(records_get_their_defaults_one_by_one),
        cmocka_unit_test(records_leave_no_gap),
        cmocka_unit_test(a_group_takes_no_value_but_may_be_empty),
        cmocka_unit_test(many_values_fit),
        cmocka_unit_test(a_schema_with_a_mistake_stops_at_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
