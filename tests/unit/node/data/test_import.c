/* Small tables through the whole of an import, read back from the files it made. */
#include <math.h>
#include <unistd.h>

#include "models/core/score.h"
#include "tests/unit/node/data/import_setup.h"

static int64_t counted(const struct json *data, const char *key)
{
    return json_int(json_get(json_get(data, "counts"), key), -1);
}

static const struct target *named(const struct target *t, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(t[i].name, name) == 0)
            return &t[i];
    fail_msg("no target %s", name);
    return t;
}

static void assert_values(const struct flat *f, const char *name, const float *want)
{
    size_t at = 0;
    while (at < f->task_count + f->group_count &&
           strcmp((at < f->task_count ? f->task[at] : f->group[at - f->task_count]).name, name) !=
               0)
        at++;
    assert_true(at < f->task_count + f->group_count);
    for (size_t i = 0; i < f->rows; i++) {
        float got = f->value[at * f->rows + i];
        if (!(got == want[i] || (isnan(got) && isnan(want[i]))))
            fail_msg("%s of row %zu is %g, %g wanted", name, i, (double)got, (double)want[i]);
    }
}

static const char people[] = "id,hospital,set,sex,age,kind,outcome,ethnic,status,keep\n"
                             "p1,North,train,F,50,10,1,White,alive,y\n"
                             "p2,North,train,M,70,2,0,Black,dead,y\n"
                             "p3,South (new),train,F,65,1,,NotReported,alive,y\n"
                             "p4,North,test,M,NA,2,0,Caucasian,lost,y\n"
                             "p5,North,test,M,40,2,0,White,alive,n\n"
                             "p6,South (new),valid,F,30,10,1,Black,dead,y\n";
/* Another order, and a row that nobody asks for. */
static const char genes[] = "g1,patient,g2,h\n"
                            "0.25,p6,9,1\n"
                            "-7.5,p1,1,1\n"
                            "2,p9,3,1\n"
                            "1,p4,,1\n"
                            "2,p2,4,1\n"
                            "3,p3,NA,1\n"
                            "4,p5,5,1\n";

#define TABLES                                                                                     \
    "name = \"t\"; tables = ( { file = \"people.csv\"; }, "                                        \
    "{ file = \"genes.csv\"; key = \"patient\"; on = \"id\"; } ); "                                \
    "patient = \"id\"; site = \"hospital\"; split = { column = \"set\"; }; "

static void a_recipe_makes_what_it_says(void **state)
{
    (void)state;
    struct json *data;
    struct site north, south;
    put_file("people.csv", people);
    put_file("genes.csv", genes);
    check_ok(import(
        &data,
        TABLES "select = ( { column = \"keep\"; words = [\"y\"]; } ); "
               "features = ( { columns = [\"g1\"]; clip = 5; }, "
               "  { columns = [\"g[2-9]\"]; fill = \"mean\"; }, "
               "  { columns = [\"kind\"]; onehot = true; drop_first = true; } ); "
               "labels = ( { name = \"outcome\"; }, "
               "  { name = \"died\"; column = \"status\"; positive = [\"dead\"]; "
               "    negative = [\"alive\"]; unknown = [\"lost\"]; } ); "
               "groups = ( { name = \"sex\"; kind = \"binary\"; }, "
               "  { name = \"age>=65\"; column = \"age\"; kind = \"binary\"; threshold = 65; }, "
               "  { name = \"age\"; kind = \"regression\"; }, "
               "  { name = \"race\"; column = \"ethnic\"; "
               "    levels = [\"White\", \"Caucasian\", \"Black\"]; "
               "    names = [\"white\", \"white\", \"black\"]; unknown = [\"NotReported\"]; } );",
        "made"));
    assert_int_equal(counted(data, "rows_read"), 6);
    assert_int_equal(counted(data, "rows_kept"), 5);
    assert_int_equal(counted(data, "rows_not_selected"), 1);
    assert_int_equal(counted(data, "joined_rows_unused"), 2);
    assert_int_equal(counted(data, "values_filled"), 2);
    assert_int_equal(counted(data, "values_clipped"), 1);
    json_close(&data);

    check_ok(site_read(&north, in_scratch("made/north.h5"), &site_paths_ours));
    assert_string_equal(north.flat.site, "North");
    assert_int_equal(north.flat.rows, 3);
    static const char *const names[] = {"g1", "g2", "kind_2", "kind_10"};
    assert_int_equal(north.flat.width, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(north.feature[i], names[i]);
    /* The mean of g2 over the training rows that have it, of all sites, is (1 + 4) / 2. */
    static const float x[] = {-5, 1, 0, 1, 2, 4, 1, 0, 1, 2.5, 1, 0};
    assert_memory_equal(north.x, x, sizeof x);
    assert_int_equal(north.split[0], SPLIT_TRAIN);
    assert_int_equal(north.split[2], SPLIT_TEST);
    assert_true(north.patient[1] == flat_patient("p2", 2));
    assert_values(&north.flat, "outcome", (const float[]){1, 0, 0});
    assert_values(&north.flat, "died", (const float[]){0, 1, NAN});
    assert_values(&north.flat, "sex", (const float[]){0, 1, 1});
    assert_values(&north.flat, "age>=65", (const float[]){0, 1, NAN});
    assert_values(&north.flat, "age", (const float[]){50, 70, NAN});
    assert_values(&north.flat, "race", (const float[]){0, 1, 0});
    const struct target *race = named(north.flat.group, north.flat.group_count, "race");
    assert_int_equal(race->levels, 2);
    assert_int_equal(race->kind, TARGET_CATEGORICAL);
    assert_string_equal(race->level[1], "black");
    assert_string_equal(named(north.flat.group, north.flat.group_count, "age>=65")->level[1],
                        ">=65");
    site_free(&north);

    check_ok(site_read(&south, in_scratch("made/south-new.h5"), &site_paths_ours));
    assert_string_equal(south.flat.site, "South (new)");
    assert_values(&south.flat, "outcome", (const float[]){NAN, 1});
    assert_values(&south.flat, "race", (const float[]){NAN, 1});
    assert_int_equal(south.split[1], SPLIT_VALID);
    site_free(&south);
}

static void import_and_pack_make_the_same_flat_file(void **state)
{
    (void)state;
    struct json *data;
    struct site site;
    uint8_t *a, *b;
    size_t a_len, b_len;
    put_file("people.csv", people);
    put_file("genes.csv", genes);
    check_ok(import(&data,
                    TABLES "features = ( { columns = [\"g1\", \"h\"]; } ); labels = ( { name = "
                           "\"outcome\"; } ); groups = ( { name = \"sex\"; kind = \"binary\"; }, { "
                           "name = \"age\"; kind = \"regression\"; } );",
                    "same"));
    json_close(&data);
    check_ok(site_read(&site, in_scratch("same/north.h5"), &site_paths_ours));
    check_ok(flat_write(&site.flat, in_scratch("packed.flat")));
    site_free(&site);
    check_ok(file_read(&a, &a_len, in_scratch("packed.flat"), 1 << 20));
    check_ok(file_read(&b, &b_len, in_scratch("same/north.flat"), 1 << 20));
    assert_int_equal(a_len, b_len);
    assert_memory_equal(a, b, a_len);
    free(a);
    free(b);
}

#define ONE "name = \"t\"; tables = ( { file = \"one.csv\"; } ); "
#define TWO                                                                                        \
    "name = \"t\"; tables = ( { file = \"one.csv\"; }, { file = \"two.csv\"; key = \"k\"; } ); "
#define X "features = ( { columns = [\"x\"]; } ); "

static const struct {
    const char *what, *one, *two, *recipe;
    enum complaint want;
    const char *where; /* behind the scratch folder's name */
} wrong[] = {
    /* clang-format off */
    {"a missing value", "k,x\na,1\nb,\n", NULL, ONE X, EC_DATA_NAN, "one.csv:3"},
    {"NaN that is not called missing", "x\n1\nnan\n", NULL, ONE X "missing = [];", EC_DATA_NAN,
     "one.csv:3"},
    {"infinity", "x\n1\ninf\n", NULL, ONE X, EC_DATA_NAN, "one.csv:3"},
    {"more than a float holds", "x\n1e39\n", NULL, ONE X, EC_DATA_NAN, "one.csv:2"},
    {"a word for a number", "x\n1\nhigh\n", NULL, ONE X, EC_DATA_VALUE, "one.csv:3"},
    {"no such column", "y\n1\n", NULL, ONE X, EC_DATA_COLUMN, "one.csv"},
    {"a column twice", "x,x\n1,2\n", NULL, ONE X, EC_DATA_COLUMN, "one.csv"},
    {"a column in both files", "k,x\na,1\n", "k,x\na,1\n", TWO X, EC_DATA_COLUMN, "two.csv"},
    {"a pattern without a column", "x\n1\n", NULL,
     ONE "features = ( { columns = [\"y*\"]; } );", EC_DATA_COLUMN, "one.csv"},
    {"one feature in both files by a pattern", "k,x\na,1\n", "k,x\na,1\n",
     TWO "features = ( { columns = [\"x*\"]; } );", EC_DATA_COLUMN, "one.csv"},
    {"a feature twice", "x\n1\n", NULL, ONE "features = ( { columns = [\"x\", \"x\"]; } );",
     EC_CFG_CONFLICT, NULL},
    {"a label as a feature", "x\n1\n", NULL, ONE X "labels = ( { name = \"x\"; } );",
     EC_CFG_CONFLICT, NULL},
    {"a row without a partner", "k\na\nb\n", "k,x\na,1\n", TWO X, EC_DATA_JOIN, "one.csv:3"},
    {"a key twice", "k\na\nb\n", "k,x\na,1\nb,2\na,1\n", TWO X, EC_DATA_JOIN, "two.csv:4"},
    {"no key column", "k\na\n", "l,x\na,1\n", TWO X, EC_DATA_COLUMN, "two.csv"},
    {"rows of different lengths", "k,x\na,1\nb\n", NULL, ONE X, EC_DATA_VALUE, "one.csv:3"},
    {"no rows", "x\n", NULL, ONE X, EC_DATA_EMPTY, "one.csv"},
    {"nothing selected", "k,x\na,1\n", NULL,
     ONE X "select = ( { column = \"k\"; words = [\"b\"]; } );", EC_DATA_EMPTY, "one.csv"},
    {"every row dropped", "x\n\"\"\n\"\"\n", NULL,
     ONE "features = ( { columns = [\"x\"]; fill = \"drop\"; } );", EC_DATA_EMPTY, "one.csv"},
    {"a split nobody knows", "k,x\ntrain,1\ndev,1\n", NULL,
     ONE X "split = { column = \"k\"; };", EC_DATA_VALUE, "one.csv:3"},
    {"one patient in two splits", "k,p,x\ntrain,a,1\ntest,b,1\ntest,a,1\n", NULL,
     ONE X "split = { column = \"k\"; }; patient = \"p\";", EC_DATA_SPLIT, "one.csv:4"},
    {"one patient in two splits at two sites", "k,p,x,s\ntrain,a,1,N\ntest,a,1,S\n", NULL,
     ONE X "split = { column = \"k\"; }; patient = \"p\"; site = \"s\";", EC_DATA_SPLIT,
     "one.csv:3"},
    {"a row without a patient", "p,x\na,1\nNA,1\n", NULL, ONE X "patient = \"p\";",
     EC_DATA_VALUE, "one.csv:3"},
    {"a row without a site", "s,x\na,1\n?,1\n", NULL, ONE X "site = \"s\";", EC_DATA_VALUE,
     "one.csv:3"},
    {"a label of neither word", "y,x\nyes,1\nmaybe,1\n", NULL,
     ONE X "labels = ( { name = \"y\"; positive = [\"yes\"]; negative = [\"no\"]; } );",
     EC_DATA_VALUE, "one.csv:3"},
    {"a label that is no number", "y,x\n1,1\nyes,1\n", NULL,
     ONE X "labels = ( { name = \"y\"; } );", EC_DATA_VALUE, "one.csv:3"},
    {"an age that is no number", "a,x\n63,1\n> 89,1\n", NULL,
     ONE X "groups = ( { name = \"a\"; kind = \"regression\"; } );", EC_DATA_VALUE,
     "one.csv:3"},
    {"a level nobody knows", "g,x\na,1\nc,1\n", NULL,
     ONE X "groups = ( { name = \"g\"; levels = [\"a\", \"b\"]; } );", EC_DATA_VALUE,
     "one.csv:3"},
    {"a binary group of three levels", "g,x\na,1\nb,1\nc,1\n", NULL,
     ONE X "groups = ( { name = \"g\"; kind = \"binary\"; } );", EC_DATA_VALUE, NULL},
    {"a group of one level and no names for more", "g,x\na,1\na,1\n", NULL,
     ONE X "groups = ( { name = \"g\"; kind = \"binary\"; } );", EC_DATA_VALUE, NULL},
    {"a one-hot of another level", "x\n1\n2\n3\n", NULL,
     ONE "features = ( { columns = [\"x\"]; onehot = true; levels = [\"1\", \"2\"]; } );",
     EC_DATA_VALUE, "one.csv:4"},
    {"a one-hot with a missing value", "x\n1\n?\n", NULL,
     ONE "features = ( { columns = [\"x\"]; onehot = true; } );", EC_DATA_NAN, "one.csv:3"},
    {"a file that is not there", NULL, NULL, ONE X, EC_IO_OPEN, "one.csv"},
};
/* clang-format on */

static void what_cannot_be_right_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct json *data;
        char where[SCRATCH_MAX + 64];
        print_message("%s\n", wrong[i].what);
        (void)unlink(in_scratch("one.csv"));
        if (wrong[i].one != NULL)
            put_file("one.csv", wrong[i].one);
        if (wrong[i].two != NULL)
            put_file("two.csv", wrong[i].two);
        check_fault(import(&data, wrong[i].recipe, "refused"), wrong[i].want);
        assert_null(data);
        if (wrong[i].where != NULL) {
            snprintf(where, sizeof where, "%s/%s", s.path, wrong[i].where);
            assert_string_equal(fault_kept()->where, where);
        }
        assert_int_equal(access(in_scratch("refused"), F_OK), -1); /* nothing was made */
    }
}

static void a_pattern_takes_no_column_that_means_something_else(void **state)
{
    (void)state;
    struct json *data;
    put_file("one.csv", "p,y,s,sex,x1,x2\na,1,N,F,1,2\nb,0,S,M,3,4\n");
    check_ok(import(&data,
                    ONE "patient = \"p\"; site = \"s\"; features = ( { columns = [\"*\"]; } ); "
                        "labels = ( { name = \"y\"; } ); groups = ( { name = \"sex\"; } );",
                    "pattern"));
    const struct json *names = json_get(data, "features");
    assert_int_equal(json_count(names), 2);
    assert_string_equal(json_string(json_at(names, 0), ""), "x1");
    json_close(&data);
}

static void rows_may_be_left_out_when_the_recipe_says_so_and_are_counted(void **state)
{
    (void)state;
    struct json *data;
    put_file("one.csv", "k,x,z\na,1,1\nb,,1\nc,3,1\nd,4,NA\ne,5,1\n");
    put_file("two.csv", "k,w\na,1\nb,1\nc,\nd,1\n");
    check_ok(import(&data,
                    "name = \"t\"; tables = ( { file = \"one.csv\"; }, { file = \"two.csv\"; key = "
                    "\"k\"; unmatched = \"drop\"; } ); drop_missing = [\"z\", \"w\"]; "
                    "features = ( { columns = [\"x\"]; fill = \"drop\"; } );",
                    "left"));
    assert_int_equal(counted(data, "rows_read"), 5);
    assert_int_equal(counted(data, "rows_kept"), 1);
    assert_int_equal(counted(data, "rows_dropped_missing"), 3);
    assert_int_equal(counted(data, "rows_dropped_unmatched"), 1);
    json_close(&data);
}

static void sites_of_one_spelling_get_files_of_their_own(void **state)
{
    (void)state;
    struct json *data;
    put_file("one.csv", "s,x\na b,1\nA-B,2\nA B 2,3\n,4\n");
    check_ok(import(&data,
                    ONE X "site = \"s\"; missing = [\"NA\"]; select = ( { column = \"s\"; "
                          "words = [\"a b\", \"A-B\", \"A B 2\"]; } );",
                    "spelling"));
    json_close(&data);
    static const char *const files[] = {"spelling/a-b.h5", "spelling/a-b-2.h5", "spelling/a-b-3.h5",
                                        "spelling/a-b-3.flat", "spelling/import.json"};
    for (size_t i = 0; i < COUNT(files); i++)
        assert_int_equal(access(in_scratch(files[i]), F_OK), 0);
}

/* --- scores ---------------------------------------------------------------------------------- */

#define SCORED                                                                                     \
    "name = \"p\"; tables = ( { file = \"p.csv\"; } ); patient = \"id\"; site = \"ward\";\n"       \
    "groups = ( { name = \"sex\"; } );\n"

static void predictions_become_files_of_scores_all_for_the_test(void **state)
{
    (void)state;
    struct json *data;
    struct site h5;
    struct flat f;
    put_file("p.csv",
             "id,ward,sex,dead,p\n1,a,f,0,0.7\n2,a,m,1,1\n2,a,m,0,0.1\n3,b,f,1,3e-4\n4,a,m,0,\n");
    check_ok(import(&data,
                    SCORED "labels = ( { name = \"died\"; column = \"dead\"; score = \"p\"; } );\n"
                           "drop_missing = [\"p\"];",
                    "scored"));
    assert_int_equal(json_int(json_get(data, "rows"), 0), 4);
    json_close(&data);
    check_ok(flat_open(&f, in_scratch("scored/a.flat")));
    assert_true(f.scores);
    assert_int_equal(f.rows, 3);
    static const double want[] = {.7, 1, .1};
    for (size_t i = 0; i < f.rows; i++) {
        real part[SCORE_PARTS];
        for (size_t k = 0; k < SCORE_PARTS; k++)
            part[k] = (real)f.x[i * SCORE_PARTS + k];
        assert_true(score_join(part) == want[i]);
        assert_int_equal(f.split[i], SPLIT_TEST);
    }
    check_ok(site_read(&h5, in_scratch("scored/a.h5"), &site_paths_ours));
    assert_memory_equal(h5.x, f.x, f.rows * f.width * sizeof(float));
    site_free(&h5);
    flat_close(&f);
}

static void what_is_no_score_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *labels;
        enum complaint want;
        const char *says;
    } rows[] = {
        {"labels = ( { name = \"dead\"; score = \"p\"; } );", EC_DATA_NAN, "p.csv:6"},
        {"labels = ( { name = \"dead\"; score = \"id\"; } );", EC_DATA_VALUE, "no probability"},
        {"labels = ( { name = \"dead\"; score = \"ward\"; } );", EC_DATA_VALUE, "not a number"},
        {"labels = ( { name = \"dead\"; score = \"q\"; } );", EC_DATA_COLUMN, "`q`"},
        {"labels = ( { name = \"dead\"; score = \"p\"; }, { name = \"b\"; column = \"dead\"; } );",
         EC_CFG_CONFLICT, "all labels have a score"},
        {"labels = ( { name = \"dead\"; score = \"p\"; } ); features = ( { columns = [\"p\"]; } );",
         EC_CFG_CONFLICT, "not both"},
    };
    put_file("p.csv",
             "id,ward,sex,dead,p\n1,a,f,0,0.7\n2,a,m,1,1\n2,a,m,0,0.1\n3,b,f,1,3e-4\n4,a,m,0,\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json *data;
        char recipe[1024];
        snprintf(recipe, sizeof recipe, "%s%s", SCORED, rows[i].labels);
        check_fault(import(&data, recipe, "refused"), rows[i].want);
        const struct complaint_kept *kept = fault_kept();
        if (strstr(fault_text(), rows[i].says) == NULL && strstr(kept->where, rows[i].says) == NULL)
            fail_msg("%zu: %s: %s", i, kept->where, fault_text());
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recipe_makes_what_it_says),
        cmocka_unit_test(import_and_pack_make_the_same_flat_file),
        cmocka_unit_test(what_cannot_be_right_is_refused_with_its_place),
        cmocka_unit_test(a_pattern_takes_no_column_that_means_something_else),
        cmocka_unit_test(rows_may_be_left_out_when_the_recipe_says_so_and_are_counted),
        cmocka_unit_test(sites_of_one_spelling_get_files_of_their_own),
        cmocka_unit_test(predictions_become_files_of_scores_all_for_the_test),
        cmocka_unit_test(what_is_no_score_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, open_scratch, close_scratch);
}
