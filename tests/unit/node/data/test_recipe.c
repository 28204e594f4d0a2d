#include "node/data/recipe.h"
#include "tests/support/check.h"

#define TABLE   "name = \"t\"; tables = ( { file = \"a.csv\"; } ); "
#define FEATURE "features = ( { columns = [\"x\"]; } ); "

static void a_short_recipe_is_filled_with_defaults(void **state)
{
    (void)state;
    struct recipe *r;
    check_ok(recipe_parse(&r, TABLE FEATURE "labels = ( { name = \"y\"; } );", "t.cfg"));
    assert_string_equal(r->name, "t");
    assert_true(r->table[0].header);
    assert_int_equal(r->table[0].separator, ',');
    assert_true(words_have(&r->missing, ""));
    assert_true(words_have(&r->missing, "NA"));
    assert_false(words_have(&r->missing, "0"));
    assert_string_equal(r->label[0].column, "y");
    assert_int_equal(r->feature[0].fill, FILL_REFUSE);
    assert_true(words_have(&r->split_words[2], "test"));
    recipe_close(&r);
    assert_null(r);
}

static void targets_stand_in_the_order_of_their_names(void **state)
{
    (void)state;
    struct recipe *r;
    check_ok(recipe_parse(&r,
                          TABLE FEATURE "groups = ( { name = \"sex\"; }, { name = \"age\"; kind = "
                                        "\"regression\"; } );",
                          "t.cfg"));
    assert_string_equal(r->group[0].name, "age");
    assert_int_equal(r->group[0].kind, TARGET_REGRESSION);
    assert_string_equal(r->group[1].name, "sex");
    recipe_close(&r);
}

struct contradiction {
    const char *what, *text;
    enum complaint want;
};

static void check_refused(const struct contradiction *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct recipe *r;
        print_message("%s\n", rows[i].what);
        check_fault(recipe_parse(&r, rows[i].text, "t.cfg"), rows[i].want);
        assert_null(r);
    }
}

static void folds_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct contradiction rows[] = {
        {"folds and a split column", TABLE FEATURE "split = { column = \"s\"; folds = 5; };",
         EC_CFG_CONFLICT},
        {"folds and a share", TABLE FEATURE "split = { folds = 5; valid_share = 0.1; };",
         EC_CFG_CONFLICT},
        {"a fold of nothing", TABLE FEATURE "split = { fold = 0; };", EC_CFG_CONFLICT},
        {"one fold, and nothing to train on", TABLE FEATURE "split = { folds = 1; };",
         EC_CFG_CONFLICT},
        {"a fold behind the last", TABLE FEATURE "split = { folds = 5; fold = 5; };", EC_CFG_RANGE},
    };
    check_refused(rows, COUNT(rows));
}

static void contradictions_are_found_before_a_file_is_opened(void **state)
{
    (void)state;
    static const struct contradiction rows[] = {
        /* clang-format off */
        {"no table", "name = \"t\"; " FEATURE, EC_CFG_RANGE},
        {"no feature", TABLE, EC_CFG_RANGE},
        {"an unknown key", TABLE FEATURE "sites = \"x\";", EC_CFG_UNKNOWN_KEY},
        {"no name", "tables = ( { file = \"a.csv\"; } ); " FEATURE, EC_CFG_MISSING_KEY},
        {"a second table without a key",
         "name = \"t\"; tables = ( { file = \"a\"; }, { file = \"b\"; } ); " FEATURE,
         EC_CFG_CONFLICT},
        {"one file twice",
         "name = \"t\"; tables = ( { file = \"a\"; }, { file = \"a\"; key = \"k\"; } ); " FEATURE,
         EC_CFG_CONFLICT},
        {"a header and names",
         "name = \"t\"; tables = ( { file = \"a\"; columns = [\"x\"]; } ); " FEATURE,
         EC_CFG_CONFLICT},
        {"no header and no names",
         "name = \"t\"; tables = ( { file = \"a\"; header = false; } ); " FEATURE, EC_CFG_CONFLICT},
        {"two separators",
         "name = \"t\"; tables = ( { file = \"a\"; separator = \"::\"; } ); " FEATURE,
         EC_CFG_CONFLICT},
        {"a split column and a share",
         TABLE FEATURE "split = { column = \"s\"; test_share = 0.3; };", EC_CFG_CONFLICT},
        {"shares that leave nothing",
         TABLE FEATURE "split = { valid_share = 0.6; test_share = 0.4; };", EC_CFG_CONFLICT},
        {"sites twice", TABLE FEATURE "site = \"s\"; artificial_sites = { count = 3; };",
         EC_CFG_CONFLICT},
        {"a one-hot with a mean",
         TABLE "features = ( { columns = [\"x\"]; onehot = true; fill = \"mean\"; } );",
         EC_CFG_CONFLICT},
        {"a number without its first level",
         TABLE "features = ( { columns = [\"x\"]; drop_first = true; } );", EC_CFG_CONFLICT},
        {"no column", TABLE "features = ( { columns = []; } );", EC_CFG_CONFLICT},
        {"an unknown way to fill", TABLE "features = ( { columns = [\"x\"]; fill = \"guess\"; } );",
         EC_CFG_CHOICE},
        {"no, but not yes", TABLE FEATURE "labels = ( { name = \"y\"; negative = [\"0\"]; } );",
         EC_CFG_CONFLICT},
        {"words and a number",
         TABLE FEATURE "labels = ( { name = \"y\"; positive = [\"1\"]; above = 2; } );",
         EC_CFG_CONFLICT},
        {"one label twice", TABLE FEATURE "labels = ( { name = \"y\"; }, { name = \"y\"; } );",
         EC_CFG_CONFLICT},
        {"a slash in a name", TABLE FEATURE "labels = ( { name = \"a/b\"; } );", EC_CFG_CONFLICT},
        {"a threshold of words",
         TABLE FEATURE "groups = ( { name = \"g\"; kind = \"binary\"; levels = [\"a\", \"b\"]; "
                       "threshold = 1; } );",
         EC_CFG_CONFLICT},
        {"a threshold of three levels",
         TABLE FEATURE "groups = ( { name = \"g\"; kind = \"categorical\"; threshold = 1; } );",
         EC_CFG_CONFLICT},
        {"levels of a regression",
         TABLE FEATURE "groups = ( { name = \"g\"; kind = \"regression\"; levels = [\"a\"]; } );",
         EC_CFG_CONFLICT},
        {"a name too few",
         TABLE FEATURE "groups = ( { name = \"g\"; levels = [\"a\", \"b\"]; names = [\"A\"]; } );",
         EC_CFG_CONFLICT},
    };
    /* clang-format on */
    check_refused(rows, COUNT(rows));
}

static void the_recipes_that_ship_are_recipes(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "configs/data/heart_disease.cfg",
        "configs/data/nih_cxr.cfg",
        "configs/data/tcga_rnaseq.cfg",
        "configs/data/tcga_rnaseq_128.cfg",
    };
    static const char *const pairs[] = {"split.seed=2", "artificial_sites.seed=5"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct recipe *r;
        check_ok(recipe_open(&r, paths[i], pairs, COUNT(pairs)));
        assert_int_equal(r->split_seed, 2);
        assert_int_equal(r->site_seed, 5);
        assert_true(r->label_count > 0);
        assert_true(r->group_count > 0);
        recipe_close(&r);
    }
    struct recipe *r;
    static const char *const wrong[] = {"split.sede=2"};
    check_fault(recipe_open(&r, paths[0], wrong, 1), EC_CFG_UNKNOWN_KEY);
    check_fault(recipe_open(&r, "/nowhere.cfg", NULL, 0), EC_IO_OPEN);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_recipe_is_filled_with_defaults),
        cmocka_unit_test(targets_stand_in_the_order_of_their_names),
        cmocka_unit_test(folds_that_are_none_are_refused),
        cmocka_unit_test(contradictions_are_found_before_a_file_is_opened),
        cmocka_unit_test(the_recipes_that_ship_are_recipes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
