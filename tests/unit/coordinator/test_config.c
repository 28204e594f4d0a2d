#include "coordinator/config.h"

#include <limits.h>

#include "proto/base/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

static const char *write_config(char path[static SCRATCH_MAX], const struct scratch *s,
                                const char *text)
{
    check_ok(file_write(scratch_file(path, s, "co.cfg"), text, strlen(text)));
    return path;
}

static void places_are_relative_to_the_file(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX], want[SCRATCH_MAX];
    struct coord_config c;
    write_config(path, &s, "plan = \"p.cfg\"; out = \"/elsewhere/run\";");
    check_ok(coord_config_open(&c, path, (const char *const[]){"sites=here"}, 1));
    assert_string_equal(c.listen, "tcp://0.0.0.0:7443");
    assert_string_equal(c.plan, scratch_file(want, &s, "p.cfg"));
    assert_string_equal(c.state, scratch_file(want, &s, "coordinator.state"));
    assert_string_equal(c.key, scratch_file(want, &s, "coordinator.state/coordinator.key"));
    assert_string_equal(c.store, scratch_file(want, &s, "coordinator.state/store"));
    assert_string_equal(c.out, "/elsewhere/run");
    assert_string_equal(c.sites, "here"); /* --set: relative to where one stands */
    assert_int_equal(c.begin_sites, 0);
    assert_int_equal(c.begin_ms, 86400000);
    coord_config_close(&c);
    coord_config_close(&c);
    scratch_close(&s);
}

static void what_is_wrong_with_it_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text;
        enum complaint want;
        const char *says;
    } rows[] = {
        {"no plan", "listen = \"tcp://0.0.0.0:1\";", EC_CFG_MISSING_KEY, "plan"},
        {"a misspelt key", "plan = \"p\"; begin = { site = 1; };", EC_CFG_UNKNOWN_KEY,
         "begin.sites"},
        {"more sites than there can be", "plan = \"p\"; begin = { sites = 65536; };", EC_CFG_RANGE,
         "begin.sites"},
        {"a key of a node", "plan = \"p\"; policy = { max_rounds = 1; };", EC_CFG_UNKNOWN_KEY,
         "policy"},
        {"a number cut silently", "plan = \"p\"; begin = { patience_s = 5000000000; };",
         EC_CFG_INTEGER, "5000000000"},
    };
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct coord_config c;
        enum status st = coord_config_open(&c, write_config(path, &s, rows[i].text), NULL, 0);
        if (st == ST_OK || fault_kept()->what != rows[i].want ||
            strstr(fault_text(), rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "accepted" : fault_text());
        assert_null(c.set);
    }
    scratch_close(&s);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX], out[PATH_MAX + 16] = "out=";
    struct coord_config c;
    memset(out + 4, 'x', PATH_MAX);
    write_config(path, &s, "plan = \"p.cfg\";");
    assert_int_not_equal(coord_config_open(&c, path, (const char *const[]){out}, 1), ST_OK);
    assert_null(c.set);
    scratch_close(&s);
}

static void a_new_configuration_is_whole(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    struct coord_config c;
    char *text = coord_config_template();
    check_ok(coord_config_open(&c, write_config(path, &s, text), NULL, 0));
    assert_int_equal(c.begin_sites, 0);
    free(text);
    coord_config_close(&c);
    scratch_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_relative_to_the_file),
        cmocka_unit_test(what_is_wrong_with_it_is_said),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
        cmocka_unit_test(a_new_configuration_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
