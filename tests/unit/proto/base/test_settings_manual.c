#include "proto/base/settings.h"

#include "tests/support/check.h"

static void every_key_is_a_row_of_the_page(void **state)
{
    (void)state;
    static const struct setting rows[] = {
        {"local.batch", SET_INT, 1, 65536, "rows", "256", NULL, false, "Rows of one step."},
        {"tasks[].kind", SET_TEXT, 0, 0, "", NULL, "binary|real", false, "What a|b it is."},
        {"data.root", SET_TEXT, 0, 0, "", "", NULL, true, "Where the files are."},
    };
    const struct setting_table table = {rows, COUNT(rows)};
    char *manual = settings_manual(&table, 1);
    assert_string_equal(
        manual,
        "| key | type | allowed | unit | default | meaning |\n|---|---|---|---|---|---|\n"
        "| `local.batch` | integer | 1 to 65536 | rows | `256` | Rows of one step. |\n"
        "| `tasks[].kind` | text | `binary`, `real` |  | must be given | What a\\|b it is. |\n"
        "| `data.root` | text | any |  | empty | Where the files are. (of this machine, not of the "
        "plan) |\n");
    free(manual);
}

static void a_table_of_this_machine_alone_need_not_say_so(void **state)
{
    (void)state;
    static const struct setting rows[] = {
        {"name", SET_TEXT, 0, 0, "", NULL, NULL, true, "Whose."},
        {"state", SET_TEXT, 0, 0, "", "", NULL, true, "Where."},
    };
    const struct setting_table table = {rows, COUNT(rows)};
    char *manual = settings_manual(&table, 1);
    assert_null(strstr(manual, "of this machine"));
    assert_non_null(strstr(manual, "| Where. |\n"));
    free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_a_row_of_the_page),
        cmocka_unit_test(a_table_of_this_machine_alone_need_not_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
