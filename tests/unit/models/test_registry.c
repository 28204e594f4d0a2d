#include "tests/support/check.h"

#include "models/registry.h"

static void every_model_is_found_by_its_name_and_has_what_a_trainer_calls(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct model_ops *ops; (ops = model_at(count)) != NULL; count++) {
        assert_ptr_equal(model_find(ops->name), ops);
        assert_true(ops->about != NULL && ops->about[0] != '\0');
        assert_true(ops->open != NULL && ops->close != NULL && ops->init != NULL);
        assert_true(ops->scratch_bytes != NULL && (ops->step != NULL) == !ops->fixed);
        assert_true(ops->release != NULL || ops->predict != NULL); /* of some use */
        assert_true((ops->guard_add == NULL) == (ops->guard_judge == NULL));
        for (size_t i = 0; i < ops->settings.count; i++)
            if (strncmp(ops->settings.rows[i].key, "model.", 6) != 0 && !ops->fixed)
                fail_msg("%s: key %s", ops->name, ops->settings.rows[i].key);
    }
    assert_int_equal(count, 4);
    assert_null(model_at(count));
    assert_null(model_find("Linear"));
    assert_null(model_find(""));
}

static void every_model_brings_its_table(void **state)
{
    (void)state;
    struct setting_table tables[SETTINGS_TABLES_MAX];
    size_t count = model_tables(tables, COUNT(tables));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(tables[i].rows, model_at(i)->settings.rows);
        assert_int_equal(tables[i].count, model_at(i)->settings.count);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_is_found_by_its_name_and_has_what_a_trainer_calls),
        cmocka_unit_test(every_model_brings_its_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
