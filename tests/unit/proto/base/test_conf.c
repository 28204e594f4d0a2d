#include "proto/base/conf.h"

#include <limits.h>

#include "proto/base/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

/* The plan of the product page, with the schema that it needs. */
static const char plan[] =
    "# configs/tcga.cfg\n"
    "plan = \"tcga\";  seed = 1;  rounds = 60;\n"
    "data  = { root = \".\"; prepare = \"tcga_rnaseq\";            # a recipe\n"
    "          features = \"/x\"; sites = \"site\"; standardise = \"global\"; };\n"
    "tasks  = ( { name = \"stage\"; kind = \"binary\"; train = true; }, { name = \"death_3y\"; "
    "kind "
    "= \"binary\"; train = false; } );\n"
    "groups = ( { name = \"sex\"; kind = \"binary\"; }, { name = \"race\"; kind = \"categorical\"; "
    "}, { name = \"age>=65\"; kind = \"binary\"; } );\n"
    "model  = { name = \"debias-vae\"; latent = 64; hidden = 512; erase_first = true; beta = 1.0;\n"
    "           adversary = { hidden = [512, 64]; count = 3; steps = 5; weight = 20.0; };\n"
    "           release = { layer = \"latent\"; z = \"sampled\"; }; };\n"
    "local  = { epochs = 2; batch = 256; optimiser = \"adam\"; lr = 5e-4; clip_l2 = 5.0; };\n"
    "merge  = { rule = \"fedavg\"; };\n"
    "round  = { quorum = 0.7; patience_s = 600; required = []; };\n"
    "privacy = { min_cell = 11; };\n"
    "evaluate = { every = 10; probes = (\"linear\", \"mlp\"); seeds = 3; representations = "
    "(\"original\", \"erasure\", \"debiased\", \"noise\"); thresholds = (0.5); };\n";

#define ROW(key, type, lo, hi, initial, choices)                                                   \
    {                                                                                              \
        key, type, lo, hi, "", initial, choices, false, ""                                         \
    }

static const struct setting plan_rows[] = {
    ROW("plan", SET_TEXT, 0, 0, NULL, NULL),
    ROW("seed", SET_INT, 0, 9e15, NULL, NULL),
    ROW("rounds", SET_INT, 1, 1e6, NULL, NULL),
    ROW("data.root", SET_TEXT, 0, 0, ".", NULL),
    ROW("data.prepare", SET_TEXT, 0, 0, "", NULL),
    ROW("data.features", SET_TEXT, 0, 0, "/x", NULL),
    ROW("data.sites", SET_TEXT, 0, 0, NULL, NULL),
    ROW("data.standardise", SET_TEXT, 0, 0, "global", "global|site"),
    ROW("tasks[].name", SET_TEXT, 0, 0, NULL, NULL),
    ROW("tasks[].kind", SET_TEXT, 0, 0, "binary", "binary|real"),
    ROW("tasks[].train", SET_BOOL, 0, 0, "true", NULL),
    ROW("groups[].name", SET_TEXT, 0, 0, NULL, NULL),
    ROW("groups[].kind", SET_TEXT, 0, 0, "binary", "binary|categorical"),
    ROW("model.name", SET_TEXT, 0, 0, NULL, NULL),
    ROW("model.latent", SET_INT, 1, 4096, "64", NULL),
    ROW("model.hidden", SET_INT, 1, 65536, "512", NULL),
    ROW("model.erase_first", SET_BOOL, 0, 0, "false", NULL),
    ROW("model.beta", SET_REAL, 0, 1e6, "1", NULL),
    ROW("model.adversary.hidden", SET_LIST_INT, 1, 65536, "[64]", NULL),
    ROW("model.adversary.count", SET_INT, 1, 64, "1", NULL),
    ROW("model.adversary.steps", SET_INT, 1, 64, "1", NULL),
    ROW("model.adversary.weight", SET_REAL, 0, 1e6, "1", NULL),
    ROW("model.release.layer", SET_TEXT, 0, 0, "latent", "latent|decoder"),
    ROW("model.release.z", SET_TEXT, 0, 0, "sampled", "sampled|mean"),
    ROW("local.epochs", SET_INT, 1, 1000, "1", NULL),
    ROW("local.batch", SET_INT, 1, 65536, "256", NULL),
    ROW("local.optimiser", SET_TEXT, 0, 0, "adam", "adam|sgd"),
    ROW("local.lr", SET_REAL, 0, 10, "1e-3", NULL),
    ROW("local.clip_l2", SET_REAL, 0, 1e6, "5", NULL),
    ROW("merge.rule", SET_TEXT, 0, 0, "fedavg", NULL),
    ROW("round.quorum", SET_REAL, 0, 1, "1", NULL),
    ROW("round.patience_s", SET_INT, 1, 1e6, "600", NULL),
    ROW("round.required", SET_LIST_TEXT, 0, 0, "[]", NULL),
    ROW("privacy.min_cell", SET_INT, 0, 1000, "11", NULL),
    ROW("evaluate.every", SET_INT, 1, 1e6, "10", NULL),
    ROW("evaluate.probes", SET_LIST_TEXT, 0, 0, "[]", "linear|mlp"),
    ROW("evaluate.seeds", SET_INT, 1, 64, "1", NULL),
    ROW("evaluate.representations", SET_LIST_TEXT, 0, 0, "[]", NULL),
    ROW("evaluate.thresholds", SET_LIST_REAL, 0, 1, "[0.5]", NULL),
};
static const struct setting_table plan_table = {plan_rows, COUNT(plan_rows)};

static void the_plan_of_the_product_page_is_read(void **state)
{
    (void)state;
    struct settings *s = settings_open(&plan_table, 1);
    check_ok(conf_parse(s, plan, "tcga.cfg"));
    check_ok(settings_finish(s));
    assert_string_equal(settings_text(s, "plan"), "tcga");
    assert_int_equal(settings_count(s, "tasks"), 2);
    assert_string_equal(settings_text(s, "tasks[%d].name", 1), "death_3y");
    assert_false(settings_bool(s, "tasks[%d].train", 1));
    assert_int_equal(settings_count(s, "groups"), 3);
    assert_string_equal(settings_text(s, "groups[2].name"), "age>=65");
    assert_int_equal(settings_list_size(s, 1, "model.adversary.hidden"), 64);
    assert_true(settings_real(s, "model.adversary.weight") == 20.0);
    assert_true(settings_real(s, "local.lr") == 5e-4);
    assert_int_equal(settings_count(s, "round.required"), 0);
    assert_int_equal(settings_count(s, "evaluate.representations"), 4);
    assert_true(settings_has(s, "evaluate.probes", "mlp"));
    assert_true(settings_list_real(s, 0, "evaluate.thresholds") == 0.5);
    assert_string_equal(settings_origin(s, "local.lr"), "tcga.cfg:10");
    assert_string_equal(settings_origin(s, "groups[0].kind"), "tcga.cfg:6");
    settings_close(&s);
}

static const struct setting rows_of_all[] = {
    {"int", SET_INT, -9.3e18, 9.3e18, "", "0", NULL, false, ""},
    {"real", SET_REAL, 0, 0, "", "0", NULL, false, ""},
    {"bool", SET_BOOL, 0, 0, "", "false", NULL, false, ""},
    {"text", SET_TEXT, 0, 0, "", "", NULL, false, ""},
    {"reals", SET_LIST_REAL, 0, 0, "", "[]", NULL, false, ""},
    {"texts", SET_LIST_TEXT, 0, 0, "", "[]", NULL, false, ""},
    {"a.b.c", SET_INT, 0, 0, "", "0", NULL, false, ""},
    {"list[].x", SET_INT, 0, 0, "", "0", NULL, false, ""},
    {"list[].in[].y", SET_INT, 0, 0, "", "0", NULL, false, ""},
};
static const struct setting_table table = {rows_of_all, COUNT(rows_of_all)};

#define RECORDS "list = ( { x = 1; in = ( { y = 2; }, { y = 3; } ); }, { x = 5; } );"

static void every_way_of_writing_comes_through(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"int = 5000000000L;", "int=5000000000\n"},
        {"int = -2147483648;", "int=-2147483648\n"},
        {"int = 0x10;", "int=16\n"},
        {"int : 7", "int=7\n"},
        {"real = 3;", "real=3\n"},
        {"real = 20.0;", "real=20\n"},
        {"real = .1;", "real=0.1\n"},
        {"real = 1e-300;", "real=1e-300\n"},
        {"bool = TRUE;", "bool=true\n"},
        {"text = \"a \\\"q\\\" \\\\ \\t, [1]\";", "text=\"a \\\"q\\\" \\\\ \\u0009, [1]\"\n"},
        {"text = \"\";", "text=\"\"\n"},
        {"text = \"one \" \"two\";", "text=\"one two\"\n"},
        {"text = \"two\nlines\";", "text=\"two\\nlines\"\n"},
        {"reals = [1.5, 2.0];", "reals=[1.5,2]\n"},
        {"reals = (1, 2.5);", "reals=[1,2.5]\n"},
        {"reals = 4;", "reals=[4]\n"},
        {"texts = (\"a,b\", \"\");", "texts=[\"a,b\",\"\"]\n"},
        {"a = { b = { c = 4; }; };", "a.b.c=4\n"},
        {"a = { };", "a.b.c=0\n"},
        {RECORDS, "list[0].in[0].y=2\nlist[0].in[1].y=3\nlist[0].x=1\nlist[1].x=5\n"},
        {"list = ( );", "int=0\nreal=0\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct settings *s = settings_open(&table, 1);
        check_ok(conf_parse(s, rows[i].text, "p"));
        check_ok(settings_finish(s));
        char *normal = settings_normal(s);
        if (strstr(normal, rows[i].want) == NULL)
            fail_msg("%s: wanted %s in\n%s", rows[i].text, rows[i].want, normal);
        free(normal);
        settings_close(&s);
    }
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum complaint what;
        const char *where, *detail;
    } rows[] = {
        {"int = 1;\nint = 2;", EC_CFG_SYNTAX, "p:2", "duplicate setting name"},
        {"int = 1;\n\nreal = = 2;", EC_CFG_SYNTAX, "p:3", "syntax error"},
        {"int = 1;\nreal = 1-2;", EC_CFG_SYNTAX, "p:2", "syntax error"},
        {"\nint = 5000000000;", EC_CFG_INTEGER, "p:2", "5000000000 does not fit"},
        {"int = 1;\n@include \"x\"\n", EC_CFG_SYNTAX, "p:2", "@include"},
        {"a = { b = {\n d = 1; }; };", EC_CFG_UNKNOWN_KEY, "p:2", "did you mean `a.b.c`?"},
        {"nothing = { };", EC_CFG_UNKNOWN_KEY, "p:1", "`nothing`"},
        {"nothing = ( );", EC_CFG_UNKNOWN_KEY, "p:1", "`nothing`"},
        {"int = 20.0;", EC_CFG_TYPE, "p:1", "`20.0` was given"},
        {"int = 1e999;", EC_CFG_TYPE, "p:1", "an integer"},
        {"real = 1e999;", EC_CFG_RANGE, "p:1", "1e999"},
        {"int = \"5\";", EC_CFG_TYPE, "p:1", "an integer"},
        {"bool = 1;", EC_CFG_TYPE, "p:1", "true or false"},
        {"a = 5;", EC_CFG_TYPE, "p:1", "`a` is a group"},
        {"list = ( { x = 1; }, 2 );", EC_CFG_TYPE, "p:1", "mixes"},
        {"list = ( ( 1 ) );", EC_CFG_TYPE, "p:1", "mixes"},
        {"list = ( { } );", EC_CFG_TYPE, "p:1", "`list[0]` is a group"},
        {"int = [1];", EC_CFG_TYPE, "p:1", "an integer"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct settings *s = settings_open(&table, 1);
        enum status st = conf_parse(s, rows[i].text, "p");
        const struct complaint_kept *kept = fault_kept();
        if (st == ST_OK || kept->what != rows[i].what || strcmp(kept->where, rows[i].where) != 0 ||
            strstr(kept->detail, rows[i].detail) == NULL)
            fail_msg("%s: %s %s: %s", rows[i].text, complaint_row(kept->what)->code, kept->where,
                     kept->detail);
        settings_close(&s);
    }
}

static void a_long_or_deep_file_is_refused_in_peace(void **state)
{
    (void)state;
    struct settings *s = settings_open(&table, 1);
    size_t len = 200000;
    char *text = malloc(len + 1);
    memset(text, '(', len);
    memcpy(text, "list=", 5);
    text[len] = '\0';
    check_fault(conf_parse(s, text, "p"), EC_CFG_SYNTAX);
    memset(text, 'k', len);
    memcpy(text + len - 4, "=1;", 4);
    check_fault(conf_parse(s, text, "p"), EC_CFG_UNKNOWN_KEY);
    free(text);

    char records[1024] = "list = ( { x = 1; }";
    size_t at = strlen(records);
    for (int i = 1; i <= SETTINGS_LIST_MAX; i++, at += strlen(",{x=1;}"))
        snprintf(records + at, sizeof(records) - at, ",{x=1;}");
    snprintf(records + at, sizeof(records) - at, ");");
    check_fault(conf_parse(s, records, "p"), EC_CFG_UNKNOWN_KEY);
    assert_non_null(strstr(fault_text(), "list[64].x"));
    settings_close(&s);
}

static void a_file_is_read_with_its_name(void **state)
{
    (void)state;
    struct scratch scratch = scratch_open();
    char path[SCRATCH_MAX], where[SCRATCH_MAX + 8];
    scratch_file(path, &scratch, "plan.cfg");
    struct settings *s = settings_open(&table, 1);
    check_fault(conf_load(s, path), EC_IO_OPEN);
    check_ok(file_write(path, "int = 5;\nreal = \"x\";\n", 21));
    check_fault(conf_load(s, path), EC_CFG_TYPE);
    snprintf(where, sizeof(where), "%s:2", path);
    assert_string_equal(fault_kept()->where, where);
    check_ok(file_write(path, "int = 6;\0real = 1;", 18));
    check_fault(conf_load(s, path), EC_CFG_SYNTAX);
    check_ok(file_write(path, "int = 7;", 8));
    check_ok(conf_load(s, path));
    check_ok(settings_finish(s));
    assert_true(settings_int(s, "int") == 7);
    settings_close(&s);
    scratch_close(&scratch);
}

static void one_text_can_be_seen_before_the_schema_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *key, *want;
    } rows[] = {
        {"model.name", "mlp"}, {"plan", "p"},       {"model.size", ""},
        {"model", ""},         {"absent.name", ""},
    };
    static const char text[] = "plan = \"p\"; model = { name = \"mlp\"; size = 5; };";
    struct scratch scratch = scratch_open();
    char path[SCRATCH_MAX], out[4];
    scratch_file(path, &scratch, "plan.cfg");
    check_ok(file_write(path, text, strlen(text)));
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_ok(conf_peek(out, sizeof(out), path, rows[i].key));
        assert_string_equal(out, rows[i].want);
    }
    check_ok(conf_peek(out, 3, path, "model.name")); /* does not fit */
    assert_string_equal(out, "");
    check_ok(file_write(path, "a = ;", 5));
    check_fault(conf_peek(out, sizeof(out), path, "a"), EC_CFG_SYNTAX);
    scratch_close(&scratch);
}

static void a_whole_file_is_read_overridden_and_finished(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text;
        const char *overrides[2];
        enum complaint want; /* EC_NONE: it is fine, and... */
        int64_t is;          /* ...this is `int` */
        const char *says;
    } rows[] = {
        {"defaults", "", {NULL}, EC_NONE, 0, ""},
        {"the file", "int = 5;", {NULL}, EC_NONE, 5, ""},
        {"the later override wins", "int = 5;", {"int=6", "int=7"}, EC_NONE, 7, ""},
        {"no value", "", {"int"}, EC_USAGE, 0, "int"},
        {"an override of no key", "", {"itn=6"}, EC_CFG_UNKNOWN_KEY, 0, "itn"},
        {"an override out of type", "", {"int=x"}, EC_CFG_TYPE, 0, "x"},
        {"a record that is missing",
         "",
         {"list[0].in[0].y=1", "list[2].x=1"},
         EC_CFG_MISSING_KEY,
         0,
         "list[1]"},
        {"a file that does not parse", "int = ;", {"int=6"}, EC_CFG_SYNTAX, 0, "syntax"},
    };
    struct scratch scratch = scratch_open();
    char path[SCRATCH_MAX];
    scratch_file(path, &scratch, "p.cfg");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct settings *s = NULL;
        size_t count = rows[i].overrides[0] == NULL ? 0 : rows[i].overrides[1] == NULL ? 1 : 2;
        check_ok(file_write(path, rows[i].text, strlen(rows[i].text)));
        enum status st = conf_open(&s, &table, path, rows[i].overrides, count);
        if ((st == ST_OK) != (rows[i].want == EC_NONE) ||
            (st != ST_OK &&
             (fault_kept()->what != rows[i].want || strstr(fault_text(), rows[i].says) == NULL)))
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "accepted" : fault_text());
        if (st == ST_OK)
            assert_int_equal(settings_int(s, "int"), rows[i].is);
        else
            assert_null(s);
        settings_close(&s);
    }
    struct settings *s = NULL;
    check_fault(conf_open(&s, &table, scratch_file(path, &scratch, "gone"), NULL, 0), EC_IO_OPEN);
    assert_null(s);
    scratch_close(&scratch);
}

static void a_place_is_relative_to_whoever_named_it(void **state)
{
    (void)state;
    static const struct {
        const char *what, *in_file, *override, *path, *want;
    } rows[] = {
        {"beside the file", "here/x", NULL, "/a/b/p.cfg", "/a/b/here/x"},
        {"beside a file that is here", "x", NULL, "p.cfg", "x"},
        {"beside a file below", "x", NULL, "sub/p.cfg", "sub/x"},
        {"beside a file at the root", "x", NULL, "/p.cfg", "/x"},
        {"absolute", "/x", NULL, "/a/p.cfg", "/x"},
        {"by --set: where one stands", "y", "text=x", "/a/p.cfg", "x"},
        {"by --set, absolute", "y", "text=/x", "/a/p.cfg", "/x"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct settings *s = settings_open(&table, 1);
        char out[64], small[2];
        check_ok(settings_put(s, "text", rows[i].in_file, "p.cfg:1"));
        if (rows[i].override != NULL)
            check_ok(settings_put_pair(s, rows[i].override));
        check_ok(settings_finish(s));
        check_ok(conf_place(out, sizeof out, s, rows[i].path, "text"));
        if (strcmp(out, rows[i].want) != 0)
            fail_msg("%s: %s", rows[i].what, out);
        assert_int_equal(conf_place(small, sizeof small, s, rows[i].path, "text") == ST_OK,
                         strlen(rows[i].want) < sizeof small);
        settings_close(&s);
    }
    struct settings *s = settings_open(&table, 1);
    char far[PATH_MAX + 8], out[64];
    memset(far, 'x', sizeof far);
    memcpy(far + PATH_MAX, "/p.cfg", sizeof "/p.cfg");
    check_ok(settings_put(s, "text", "x", "p.cfg:1"));
    check_ok(settings_finish(s));
    check_fault(conf_place(out, sizeof out, s, far, "text"), EC_IO_OPEN);
    settings_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_read_overridden_and_finished),
        cmocka_unit_test(a_place_is_relative_to_whoever_named_it),
        cmocka_unit_test(the_plan_of_the_product_page_is_read),
        cmocka_unit_test(every_way_of_writing_comes_through),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
        cmocka_unit_test(a_long_or_deep_file_is_refused_in_peace),
        cmocka_unit_test(a_file_is_read_with_its_name),
        cmocka_unit_test(one_text_can_be_seen_before_the_schema_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
