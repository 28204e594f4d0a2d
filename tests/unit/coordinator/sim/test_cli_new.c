#include "tests/support/check.h"

#include "coordinator/sim/cli.h"
#include "crypto/hash.h"
#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "tests/support/scratch.h"

static void a_new_plan_loads_and_says_its_name(void **state)
{
    (void)state;
    struct scratch folder = scratch_open();
    char path[SCRATCH_MAX];
    char *text = cli_new_plan("lung-2.v1");
    check_ok(file_write(scratch_file(path, &folder, "p.cfg"), text, strlen(text)));
    free(text);
    struct plan plan;
    check_ok(plan_load(&plan, path, NULL, 0, adopt_parts, adopt_part_count));
    assert_string_equal(settings_text(plan.set, "plan"), "lung-2.v1");
    assert_string_equal(settings_text(plan.set, "model.name"), "debias-vae");
    assert_true(settings_count(plan.set, "groups") > 1);
    plan_close(&plan);
    scratch_close(&folder);
}

static void a_plan_to_start_from_leaves_defaults_alone(void **state)
{
    (void)state;
    struct scratch folder = scratch_open();
    char path[SCRATCH_MAX];
    char *text = cli_new_plan("x");
    /* As the file has it, but for what has no default: a plan that only says what it must. */
    static const char bare[] = "plan = \"x\"; rounds = 40;\n"
                               "tasks = ({ name = \"disease\"; });\n"
                               "groups = ({ name = \"sex\"; }, { name = \"race\"; kind = "
                               "\"categorical\"; }, { name = \"age\"; kind = \"regression\"; });\n"
                               "model = { name = \"debias-vae\"; };\n";
    struct plan ours, least;
    check_ok(file_write(scratch_file(path, &folder, "p.cfg"), text, strlen(text)));
    check_ok(plan_load(&ours, path, NULL, 0, adopt_parts, adopt_part_count));
    check_ok(file_write(path, bare, strlen(bare)));
    check_ok(plan_load(&least, path, NULL, 0, adopt_parts, adopt_part_count));
    char *a = settings_normal(ours.set), *b = settings_normal(least.set);
    assert_string_equal(a, b);
    free(a);
    free(b);
    free(text);
    plan_close(&ours);
    plan_close(&least);
    scratch_close(&folder);
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_plan_loads_and_says_its_name),
        cmocka_unit_test(a_plan_to_start_from_leaves_defaults_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
