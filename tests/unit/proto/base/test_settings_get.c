/* Getters, the normal form and the overrides. */
#include "proto/base/settings.h"

#include "tests/support/check.h"
#include "tests/support/stops.h"

static const struct setting all_rows[] = {
    {"seed", SET_INT, -9, 9, "", "1", NULL, false, ""},
    {"on", SET_BOOL, 0, 0, "", "true", NULL, false, ""},
    {"rate", SET_REAL, 0, 0, "", "20.0", NULL, false, ""},
    {"name", SET_TEXT, 0, 0, "", "x", NULL, false, ""},
    {"hidden", SET_LIST_INT, 0, 0, "", "[512, 64]", NULL, false, ""},
    {"cuts", SET_LIST_REAL, 0, 0, "", "[0.5]", NULL, false, ""},
    {"probes", SET_LIST_TEXT, 0, 0, "", "(\"linear\", \"mlp\")", NULL, false, ""},
    {"root", SET_TEXT, 0, 0, "", ".", NULL, true, ""},
    {"tasks[].name", SET_TEXT, 0, 0, "", NULL, NULL, false, ""},
};
static const struct setting_table table = {all_rows, COUNT(all_rows)};

static struct settings *finished(void)
{
    struct settings *s = settings_open(&table, 1);
    check_ok(settings_put(s, "tasks[1].name", "b", "plan.cfg:2"));
    check_ok(settings_put(s, "tasks[0].name", "a", "plan.cfg:2"));
    check_ok(settings_put_pair(s, "seed=7"));
    check_ok(settings_put_pair(s, "root=/data"));
    check_ok(settings_finish(s));
    return s;
}

static void every_type_has_its_getter(void **state)
{
    (void)state;
    struct settings *s = finished();
    assert_true(settings_int(s, "seed") == 7);
    assert_int_equal(settings_size(s, "seed"), 7);
    assert_true(settings_real(s, "seed") == 7.0);
    assert_true(settings_bool(s, "on"));
    assert_true(settings_real(s, "rate") == 20.0);
    assert_string_equal(settings_text(s, "name"), "x");
    assert_int_equal(settings_count(s, "hidden"), 2);
    assert_int_equal(settings_count(s, "tasks"), 2);
    assert_int_equal(settings_list_size(s, 0, "hidden"), 512);
    assert_true(settings_list_real(s, 1, "hidden") == 64.0);
    assert_true(settings_list_real(s, 0, "cuts") == 0.5);
    assert_string_equal(settings_list_text(s, 1, "probes"), "mlp");
    assert_true(settings_has(s, "probes", "linear"));
    assert_false(settings_has(s, "probes", "line"));
    settings_close(&s);
}

static void the_normal_form_is_sorted_and_leaves_this_machine_out(void **state)
{
    (void)state;
    struct settings *s = finished();
    char *normal = settings_normal(s);
    assert_string_equal(normal, "cuts=[0.5]\nhidden=[512,64]\nname=\"x\"\non=true\n"
                                "probes=[\"linear\",\"mlp\"]\nrate=20\nseed=7\n"
                                "tasks[0].name=\"a\"\ntasks[1].name=\"b\"\n");
    free(normal);
    settings_close(&s);
}

static void the_normal_form_does_not_tell_how_it_came_about(void **state)
{
    (void)state;
    struct settings *s = finished(), *other = settings_open(&table, 1);
    check_ok(settings_put(other, "seed", "+7L", "x:1"));
    check_ok(settings_put(other, "hidden", "(512 , 64)", "x:2"));
    check_ok(settings_put(other, "rate", "2e1", "x:3"));
    check_ok(settings_put(other, "tasks[0].name", "\"a\"", "x:4"));
    check_ok(settings_put(other, "tasks[1].name", "\"b\"", "x:5"));
    check_ok(settings_finish(other));
    char *normal = settings_normal(s), *same = settings_normal(other);
    assert_string_equal(normal, same);
    free(normal);
    free(same);
    settings_close(&s);
    settings_close(&other);
}

/* Keys that came later are said only where they say something. */
static void a_late_key_is_in_the_normal_form_when_it_is_not_the_default(void **state)
{
    (void)state;
    static const char *const late[] = {"probes", "rate", "tasks[].name", "nowhere"};
    static const struct {
        const char *what;
        const char *pairs[3];
        const char *want; /* of the late keys */
    } rows[] = {
        {"left alone", {NULL}, ""},
        {"their defaults, written out", {"rate=2e1", "probes=[linear,mlp]", NULL}, ""},
        {"another number", {"rate=20.5", NULL}, "rate=20.5\n"},
        {"fewer texts", {"probes=[linear]", NULL}, "probes=[\"linear\"]\n"},
        {"other texts", {"probes=[linear,mlq]", NULL}, "probes=[\"linear\",\"mlq\"]\n"},
    };
    static const struct setting some[] = {
        {"rate", SET_REAL, 0, 0, "", "20.0", NULL, false, ""},
        {"probes", SET_LIST_TEXT, 0, 0, "", "(\"linear\", \"mlp\")", NULL, false, ""},
        {"seed", SET_INT, 0, 9, "", "1", NULL, false, ""},
    };
    const struct setting_table few = {some, COUNT(some)};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct settings *s = settings_open(&few, 1);
        settings_late(s, late, COUNT(late));
        for (size_t k = 0; rows[i].pairs[k] != NULL; k++)
            check_ok(settings_put_pair(s, rows[i].pairs[k]));
        check_ok(settings_finish(s));
        char want[64], *normal = settings_normal(s);
        snprintf(want, sizeof want, "%sseed=1\n", rows[i].want);
        if (strcmp(normal, want) != 0)
            fail_msg("%s: %s", rows[i].what, normal);
        assert_true(settings_real(s, "rate") > 0); /* it has its value all the same */
        free(normal);
        settings_close(&s);
    }
}

static void collect(void *ctx, const char *key, const char *value, const char *origin)
{
    char *all = ctx;
    snprintf(all + strlen(all), 256 - strlen(all), "%s=%s (%s)\n", key, value, origin);
}

static void overrides_are_what_neither_the_file_nor_the_defaults_say(void **state)
{
    (void)state;
    struct settings *s = finished();
    char all[256] = "";
    settings_overrides(s, "plan.cfg", collect, all);
    assert_string_equal(all, "seed=7 (--set)\nroot=\"/data\" (--set)\n");
    all[0] = '\0';
    settings_overrides(s, "plan", collect, all); /* "plan.cfg:2" is not of a file "plan" */
    assert_non_null(strstr(all, "tasks[0].name=\"a\" (plan.cfg:2)\n"));
    settings_close(&s);
}

static void ask_unknown(void *s)
{
    settings_int(s, "sed");
}

static void ask_wrong_type(void *s)
{
    settings_int(s, "name");
}

static void ask_missing_record(void *s)
{
    settings_text(s, "tasks[%d].name", 2);
}

static void ask_past_the_end(void *s)
{
    settings_list_size(s, 2, "hidden");
}

static void put_late(void *s)
{
    (void)!settings_put(s, "seed", "1", "late");
}

static void finish_twice(void *s)
{
    (void)!settings_finish(s);
}

static void asking_for_what_cannot_be_stops(void **state)
{
    (void)state;
    void (*const asks[])(void *) = {ask_unknown,      ask_wrong_type, ask_missing_record,
                                    ask_past_the_end, put_late,       finish_twice};
    struct settings *s = finished(), *early = settings_open(&table, 1);
    char heard[256];
    for (size_t i = 0; i < COUNT(asks); i++)
        assert_true(stops(NULL, 0, asks[i], s));
    assert_true(stops(heard, sizeof(heard), ask_unknown, s));
    assert_non_null(strstr(heard, "`sed`"));
    assert_true(stops(heard, sizeof(heard), ask_unknown, early));
    assert_non_null(strstr(heard, "finished"));
    settings_close(&s);
    settings_close(&early);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_its_getter),
        cmocka_unit_test(the_normal_form_is_sorted_and_leaves_this_machine_out),
        cmocka_unit_test(the_normal_form_does_not_tell_how_it_came_about),
        cmocka_unit_test(a_late_key_is_in_the_normal_form_when_it_is_not_the_default),
        cmocka_unit_test(overrides_are_what_neither_the_file_nor_the_defaults_say),
        cmocka_unit_test(asking_for_what_cannot_be_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
