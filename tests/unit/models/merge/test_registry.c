#include "models/merge/merge.h"

#include "tests/support/check.h"
#include "tests/support/stops.h"

static size_t count(void)
{
    size_t n = 0;
    while (merge_at(n) != NULL)
        n++;
    return n;
}

static void every_rule_is_found_by_its_name_and_is_whole(void **state)
{
    (void)state;
    assert_true(count() > 0);
    for (size_t i = 0; i < count(); i++) {
        const struct merge_ops *rule = merge_at(i);
        assert_ptr_equal(merge_find(rule->name), rule);
        assert_non_null(rule->about);
        assert_non_null(rule->state_doubles);
        assert_non_null(rule->finish);
        for (size_t r = 0; r < rule->settings.count; r++)
            assert_memory_equal(rule->settings.rows[r].key, "merge.", 6);
    }
    assert_null(merge_at(count() + 1));
}

static void other_names_are_not_found(void **state)
{
    (void)state;
    assert_null(merge_find(""));
    assert_null(merge_find("fedav"));
    assert_null(merge_find("FedAvg"));
}

static void one_table_too_few(void *ctx)
{
    struct setting_table tables[SETTINGS_TABLES_MAX];
    (void)ctx;
    merge_tables(tables, count() - 1);
}

static void a_schema_gets_the_settings_of_every_rule(void **state)
{
    (void)state;
    struct setting_table tables[SETTINGS_TABLES_MAX];
    assert_int_equal(merge_tables(tables, count()), count());
    for (size_t i = 0; i < count(); i++)
        assert_ptr_equal(tables[i].rows, merge_at(i)->settings.rows);
    assert_true(stops(NULL, 0, one_table_too_few, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_is_found_by_its_name_and_is_whole),
        cmocka_unit_test(other_names_are_not_found),
        cmocka_unit_test(a_schema_gets_the_settings_of_every_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
