#include "proto/base/conf_scan.h"

#include "tests/support/check.h"

static void what_fits_passes(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "a = 2147483647;",
        "a = -2147483648;",
        "a = 5000000000L; b = 9223372036854775807L; c = -9223372036854775808LL;",
        "a = 0x7fffffff; b = 0xffffffffL;",
        "a = 5e9; b = 99999999999.5; c = 12345678901e-3; d = .5; e = 5.;",
        "a5000000000 = 1; b-99999999999 = 2; *9999999999 = 3;",
        "a = \"5000000000\"; # 5000000000\nb = 1; // 5000000000\n/* 5000000000\n */ c = 2;",
        "a = \"x\\\" 5000000000\";",
        "a = \"@include\"; # @include\n",
        "a = ((((((((((((((((1))))))))))))))));",
        "a=(1);b=(1);c=(1);d=(1);e=(1);f=[1];g=[1];h={};i={};j=(1);k=(1);l=();m=();n=();o=();p=[];",
        "q=((1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1));",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check_ok(conf_scan(rows[i], "p"));
}

static void what_libconfig_would_cut_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line;
        const char *token;
        int bits;
    } rows[] = {
        {"a = 5000000000;", 1, "5000000000", 32},
        {"a = 1;\nb = (1,\n 2147483648);", 3, "2147483648", 32},
        {"a = -2147483649;", 1, "-2147483649", 32},
        {"a = +2147483648;", 1, "+2147483648", 32},
        {"a = 0x80000000;", 1, "0x80000000", 32},
        {"a = 0xeeeeeeeee;", 1, "0xeeeeeeeee", 32},
        {"a = 9223372036854775808L;", 1, "9223372036854775808L", 64},
        {"a = 0xffffffffffffffffL;", 1, "0xffffffffffffffffL", 64},
        {"a = 99999999999999999999999;", 1, "99999999999999999999999", 32},
        {"a = \"one\ntwo\"; b = 5000000000;", 2, "5000000000", 32},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char where[32], detail[128];
        snprintf(where, sizeof(where), "p:%d", rows[i].line);
        snprintf(detail, sizeof(detail), "%s does not fit %d bits%s", rows[i].token, rows[i].bits,
                 rows[i].bits == 64 ? "" : "; with an L behind it, it may take 64");
        check_fault(conf_scan(rows[i].text, "p"), EC_CFG_INTEGER);
        assert_string_equal(fault_kept()->where, where);
        assert_string_equal(fault_text(), detail);
    }
}

static void what_we_do_not_take_is_a_fault_of_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text;
        int line;
    } rows[] = {
        {"an include", "a = 1;\n@include \"other.cfg\"\n", 2},
        {"an open text", "a = 1;\nb = \"x\n\n", 2},
        {"an open text that ends in a backslash", "b = \"x\\", 1},
        {"an open comment", "a = 1;\n/* b\n\n*", 2},
        {"a number without a digit", "a = .;", 1},
        {"seventeen brackets", "a = (((((((((((((((((1)))))))))))))))));", 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_fault(conf_scan(rows[i].text, "p"), EC_CFG_SYNTAX);
        char where[32];
        snprintf(where, sizeof(where), "p:%d", rows[i].line);
        if (strcmp(fault_kept()->where, where) != 0)
            fail_msg("%s: at %s", rows[i].what, fault_kept()->where);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_passes),
        cmocka_unit_test(what_libconfig_would_cut_is_refused),
        cmocka_unit_test(what_we_do_not_take_is_a_fault_of_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
