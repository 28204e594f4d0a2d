#include "node/config.h"

#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "tests/support/check.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

#define KEY "6a3803d5f059902a1c6dafbc2ba4729212f7caac08634cc9ae76f27529b4ca4f"

static const char good[] = "name = \"north\"; coordinator = \"tcp://coord.example:7443\";\n"
                           "coordinator_key = \"" KEY "\"; data = \"north.h5\";\n";

static const char *write_config(char path[static SCRATCH_MAX], const struct scratch *s,
                                const char *text)
{
    check_ok(file_write(scratch_file(path, s, "node.cfg"), text, strlen(text)));
    return path;
}

static void a_hospital_says_who_it_is_and_whom_it_speaks_to(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX], want[SCRATCH_MAX];
    struct node_config c;
    struct public_key key;
    check_ok(node_config_open(&c, write_config(path, &s, good), NULL, 0));
    check_ok(public_key_parse(&key, KEY));
    assert_string_equal(c.name, "north");
    assert_string_equal(c.endpoint, "tcp://coord.example:7443");
    assert_true(key_equal(c.server.curve, key.curve));
    assert_string_equal(c.state, scratch_file(want, &s, "node.state"));
    assert_string_equal(c.key, scratch_file(want, &s, "node.state/north.key"));
    assert_string_equal(c.data, scratch_file(want, &s, "north.h5"));
    assert_int_equal(c.patience_ms, 86400000);
    node_config_close(&c);
    node_config_close(&c);
    scratch_close(&s);
}

static void what_is_wrong_with_it_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *what, *override;
        enum complaint want;
        const char *says;
    } rows[] = {
        {"a name that is a path", "name=../north", EC_CFG_CHOICE, "../north"},
        {"no name", "name=", EC_CFG_CHOICE, "name"},
        {"a name too long for a key",
         "name=n123456789012345678901234567890123456789012345678901234"
         "567890123",
         EC_CFG_CHOICE, "name"},
        {"no key yet", "coordinator_key=", EC_KEY_FILE, "coordinator_key"},
        {"half a key", "coordinator_key=6a3803d5f059902a", EC_KEY_FILE, "coordinator_key"},
        {"a key of no secret",
         "coordinator_key=0000000000000000000000000000000000000000000000000000000000000000",
         EC_KEY_FILE, "no key"},
        {"a misspelt key", "policy.max_round=1", EC_CFG_UNKNOWN_KEY, "policy.max_rounds"},
        {"a negative policy", "policy.max_rounds=-1", EC_CFG_RANGE, "policy.max_rounds"},
        {"no patience", "patience_s=0", EC_CFG_RANGE, "patience_s"},
    };
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    write_config(path, &s, good);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct node_config c;
        enum status st = node_config_open(&c, path, &rows[i].override, 1);
        if (st == ST_OK || fault_kept()->what != rows[i].want ||
            strstr(fault_text(), rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "accepted" : fault_text());
        assert_null(c.set);
    }
    struct node_config c;
    check_fault(node_config_open(&c, write_config(path, &s, "name = \"north\";"), NULL, 0),
                EC_CFG_MISSING_KEY);
    check_fault(node_config_open(&c, scratch_file(path, &s, "gone.cfg"), NULL, 0), EC_IO_OPEN);
    scratch_close(&s);
}

static void the_home_is_known_before_the_coordinators_key(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX], want[SCRATCH_MAX], name[KEY_NAME_MAX], home[PATH_MAX];
    char *text = node_config_template("hills-2");
    write_config(path, &s, text);
    free(text);
    check_ok(node_config_home(name, home, path, NULL, 0));
    assert_string_equal(name, "hills-2");
    assert_string_equal(home, scratch_file(want, &s, "hills-2.state"));
    struct node_config c;
    check_fault(node_config_open(&c, path, NULL, 0), EC_KEY_FILE); /* all that the template lacks */
    check_ok(node_config_open(&c, path, (const char *const[]){"coordinator_key=" KEY}, 1));
    assert_int_equal(settings_count(c.set, "policy.models"), 4);
    node_config_close(&c);
    scratch_close(&s);
}

static void a_policy_is_kept_whatever_a_plan_says(void **state)
{
    (void)state;
    static const struct {
        const char *what, *models, *rounds;
        const char *refuses; /* NULL: allows */
    } rows[] = {
        {"no policy of models", "policy.models=[]", "policy.max_rounds=1000", NULL},
        {"the model is named", "policy.models=[\"mlp\",\"linear\"]", "policy.max_rounds=3", NULL},
        {"any number of rounds", "policy.models=[\"linear\"]", "policy.max_rounds=0", NULL},
        {"another model", "policy.models=[\"mlp\"]", "policy.max_rounds=1000", "policy.models"},
        {"part of its name", "policy.models=[\"line\"]", "policy.max_rounds=1000", "`linear`"},
        {"a round too many", "policy.models=[]", "policy.max_rounds=2",
         "3 rounds, `policy.max_rounds` is 2"},
    };
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX], plan_path[SCRATCH_MAX];
    struct plan p;
    write_config(path, &s, good);
    check_ok(fixture_plan(plan_path, sizeof plan_path, s.path,
                          "rounds = 3; model = { name = \"linear\"; };"));
    check_ok(plan_load(&p, plan_path, NULL, 0, adopt_parts, adopt_part_count));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct node_config c;
        const char *const given[] = {rows[i].models, rows[i].rounds};
        check_ok(node_config_open(&c, path, given, COUNT(given)));
        enum status st = node_config_allows(&c, &p);
        bool refused = st != ST_OK && fault_kept()->what == EC_POL_PLAN;
        if (refused != (rows[i].refuses != NULL) || (st != ST_OK && !refused))
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "allowed" : fault_text());
        if (rows[i].refuses != NULL && strstr(fault_text(), rows[i].refuses) == NULL)
            fail_msg("%s: %s", rows[i].what, fault_text());
        node_config_close(&c);
    }
    plan_close(&p);
    scratch_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hospital_says_who_it_is_and_whom_it_speaks_to),
        cmocka_unit_test(what_is_wrong_with_it_is_said),
        cmocka_unit_test(the_home_is_known_before_the_coordinators_key),
        cmocka_unit_test(a_policy_is_kept_whatever_a_plan_says),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
