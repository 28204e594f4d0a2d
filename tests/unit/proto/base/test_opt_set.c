#include "proto/base/opt_set.h"

#include "tests/support/capture.h"
#include "tests/support/check.h"

static char seen[OPT_REPEAT_MAX * 8];
static size_t count;

static enum status run(const struct opt_verb *verb, struct json **data)
{
    const char *overrides[OPT_REPEAT_MAX];
    (void)verb, (void)data;
    count = opt_overrides(overrides);
    seen[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s;", overrides[i]);
    return ST_OK;
}

static const struct opt_row rows[] = {OPT_SET_ROW};
static const struct opt_verb verb = {"go", "", 0, 0, "Goes.", rows, COUNT(rows), run};

static int command(int argc, char **argv)
{
    struct capture out = capture_open(1), err = capture_open(2);
    int status = opt_main("program", "Goes.", &verb, 1, argc, argv);
    free(capture_close(&err));
    free(capture_close(&out));
    return status;
}

#define WORDS(...) ((char *[]){__VA_ARGS__})

static void overrides_come_in_the_order_they_were_given(void **state)
{
    (void)state;
    char program[] = "program", go[] = "go", set[] = "--set", a[] = "a=1",
         b[] = "--set=b=", c[] = "c= x y";
    assert_int_equal(command(2, WORDS(program, go, NULL)), 0);
    assert_int_equal(count, 0);
    assert_int_equal(command(7, WORDS(program, go, set, a, b, set, c, NULL)), 0);
    assert_int_equal(count, 3);
    assert_string_equal(seen, "a=1;b=;c= x y;");
}

static void as_many_as_there_is_room_for(void **state)
{
    (void)state;
    char program[] = "program", go[] = "go", one[] = "--set=a=1";
    char *argv[2 + OPT_REPEAT_MAX + 2] = {program, go};
    for (size_t i = 0; i < OPT_REPEAT_MAX + 1; i++)
        argv[2 + i] = one;
    assert_int_equal(command(2 + OPT_REPEAT_MAX, argv), 0);
    assert_int_equal(count, OPT_REPEAT_MAX);
    assert_int_equal(command(3 + OPT_REPEAT_MAX, argv), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overrides_come_in_the_order_they_were_given),
        cmocka_unit_test(as_many_as_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
