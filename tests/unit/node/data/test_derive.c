/* Who is dealt where: splits, folds and sites by hash, read back from the files of an import. */
#include "tests/unit/node/data/import_setup.h"

#define ONE "name = \"t\"; tables = ( { file = \"one.csv\"; } ); "
#define X   "features = ( { columns = [\"x\"]; } ); "

/* 40 patients of 1 to 3 rows each. */
static void put_many(void)
{
    char text[8192] = "p,x\n";
    size_t at = strlen(text);

    for (int p = 0; p < 40; p++)
        for (int i = 0; i <= p % 3; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "p%d,%d\n", p, i);
    put_file("one.csv", text);
}

static void a_hash_splits_patients_not_rows_and_the_same_way_again(void **state)
{
    (void)state;
    struct json *data;
    struct site a, b, c;
    put_many();
    const char *recipe = ONE X "patient = \"p\"; split = { test_share = 0.3; valid_share = 0.2; };";
    check_ok(import(&data, recipe, "hash"));
    json_close(&data);
    check_ok(site_read(&a, in_scratch("hash/t.h5"), &site_paths_ours));
    check_ok(flat_judge(&a.flat, "hash")); /* one split a patient */
    size_t test = site_patients(&a.flat, SPLIT_TEST), valid = site_patients(&a.flat, SPLIT_VALID);
    assert_in_range(test, 5, 20); /* of 40 at 0.3: 12 wanted, four standard deviations are 11.6 */
    assert_in_range(valid, 1, 18);
    assert_int_equal(test + valid + site_patients(&a.flat, SPLIT_TRAIN), 40);
    check_ok(import(&data, recipe, "again"));
    json_close(&data);
    check_ok(site_read(&b, in_scratch("again/t.h5"), &site_paths_ours));
    assert_memory_equal(a.split, b.split, a.flat.rows);
    check_ok(import(
        &data, ONE X "patient = \"p\"; split = { test_share = 0.3; valid_share = 0.2; seed = 2; };",
        "other"));
    json_close(&data);
    check_ok(site_read(&c, in_scratch("other/t.h5"), &site_paths_ours));
    assert_memory_not_equal(a.split, c.split, a.flat.rows);
    site_free(&a);
    site_free(&b);
    site_free(&c);
}

static void every_patient_is_in_the_test_of_one_fold(void **state)
{
    (void)state;
    enum { FOLDS = 4 };
    static size_t tested[128];
    size_t rows = 0, patients = 0;
    put_many();
    memset(tested, 0, sizeof tested);
    for (int fold = 0; fold < FOLDS; fold++) {
        char recipe[256];
        struct json *data;
        struct site site;
        snprintf(recipe, sizeof recipe,
                 ONE X "patient = \"p\"; split = { folds = %d; fold = %d; };", FOLDS, fold);
        check_ok(import(&data, recipe, "fold"));
        json_close(&data);
        check_ok(site_read(&site, in_scratch("fold/t.h5"), &site_paths_ours));
        check_ok(flat_judge(&site.flat, "fold")); /* one split a patient */
        size_t test = site_patients(&site.flat, SPLIT_TEST);
        assert_in_range(test, 1, 21); /* of 40: 10 wanted, four standard deviations are 11 */
        assert_int_equal(site_patients(&site.flat, SPLIT_VALID), 0);
        patients += test;
        rows = site.flat.rows;
        assert_true(rows <= COUNT(tested));
        for (size_t i = 0; i < rows; i++)
            tested[i] += site.split[i] == SPLIT_TEST;
        site_free(&site);
    }
    assert_int_equal(patients, 40);
    for (size_t i = 0; i < rows; i++)
        assert_int_equal(tested[i], 1);
}

static void artificial_sites_share_no_patient(void **state)
{
    (void)state;
    struct json *data;
    size_t patients = 0, rows = 0;
    put_many();
    check_ok(import(&data, ONE X "patient = \"p\"; artificial_sites = { count = 3; };", "sites"));
    assert_true(json_bool(json_get(data, "artificial_sites"), false));
    const struct json *sites = json_get(data, "sites");
    assert_int_equal(json_count(sites), 3);
    for (size_t i = 0; i < 3; i++) {
        patients += (size_t)json_int(json_get(json_at(sites, i), "patients"), 0);
        rows += (size_t)json_int(json_get(json_at(sites, i), "rows"), 0);
    }
    assert_int_equal(patients, 40);
    assert_int_equal(rows, json_int(json_get(data, "rows"), 0));
    assert_int_equal(json_int(json_get(json_get(data, "counts"), "patients_at_several_sites"), -1),
                     0);
    json_close(&data);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_splits_patients_not_rows_and_the_same_way_again),
        cmocka_unit_test(every_patient_is_in_the_test_of_one_fold),
        cmocka_unit_test(artificial_sites_share_no_patient),
    };
    return cmocka_run_group_tests(tests, open_scratch, close_scratch);
}
