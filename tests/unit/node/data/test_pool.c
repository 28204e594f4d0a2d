#include "node/data/pool.h"
#include "tests/support/check.h"

static void each_text_has_one_number_and_keeps_it(void **state)
{
    (void)state;
    struct pool p;
    char text[32];
    pool_open(&p);
    assert_int_equal(pool_find(&p, ""), POOL_NONE);
    for (uint32_t i = 0; i < 20000; i++) { /* many times more than it opens with */
        snprintf(text, sizeof text, "word %u", i);
        assert_int_equal(pool_put(&p, text), i);
    }
    for (uint32_t i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "word %u", i);
        assert_int_equal(pool_put(&p, text), i);
        assert_int_equal(pool_find(&p, text), i);
        assert_string_equal(pool_text(&p, i), text);
    }
    assert_int_equal(p.count, 20000);
    assert_int_equal(pool_put(&p, ""), 20000);
    assert_int_equal(pool_find(&p, "word 20000"), POOL_NONE);
    pool_close(&p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_has_one_number_and_keeps_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
