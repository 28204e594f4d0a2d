#include "tests/support/check.h"

#include <glob.h>

#include "proto/adopt/parts.h"
#include "proto/wire/plan.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

static const char lines[] = "rounds = 3; model = { name = \"linear\"; };\n";

static enum status load(struct plan *p, const struct scratch *s, const char *more,
                        const char *const *overrides, size_t count)
{
    char text[2048];
    char path[SCRATCH_MAX];
    snprintf(text, sizeof text, "%s%s", more[0] == '!' ? "" : lines,
             more[0] == '!' ? more + 1 : more);
    check_ok(fixture_plan(path, sizeof path, s->path, text));
    return plan_load(p, path, overrides, count, adopt_parts, adopt_part_count);
}

static void a_contradiction_is_refused_with_its_code(void **state)
{
    (void)state;
    static const struct {
        const char *what, *lines;
        enum complaint want;
        const char *says;
    } rows[] = {
        {"a misspelt key", "local = { batch_sise = 3; };", EC_CFG_UNKNOWN_KEY, "local.batch"},
        {"a number out of range", "update = { clip = -1.0; };", EC_CFG_RANGE, "update.clip"},
        {"a word that is no choice", "data = { standardise = \"sites\"; };", EC_CFG_CHOICE, "site"},
        {"bits that do not exist", "update = { bits = 48; };", EC_CFG_CHOICE, "48"},
        {"scoring on training rows", "evaluate = { score = \"train\"; };", EC_EVAL_IN_SAMPLE,
         "train"},
        {"choosing settings in sample", "evaluate = { mode = \"in-sample\"; score = \"valid\"; };",
         EC_CFG_CONFLICT, "mode"},
        {"an attack in sample",
         "evaluate = { mode = \"in-sample\"; }; attacks = ( { task = \"disease\"; group = \"sex\"; "
         "level = \"female\"; } );",
         EC_CFG_CONFLICT, "attacks"},
        {"no model", "!rounds = 3;", EC_CFG_MISSING_KEY, "model.name"},
        {"an unknown model", "!rounds = 3; model = { name = \"liner\"; };", EC_CFG_CHOICE,
         "linear"},
        {"an unknown merge rule", "merge = { rule = \"fedavgg\"; };", EC_CFG_CHOICE, "fedavg"},
        {"no rounds", "!model = { name = \"linear\"; };", EC_CFG_MISSING_KEY, "rounds"},
        {"another model's key", "!rounds = 3; model = { name = \"linear\"; latent = 4; };",
         EC_CFG_UNKNOWN_KEY, "latent"},
        {"an integer that would be cut", "local = { steps = 5000000000; };", EC_CFG_INTEGER,
         "5000000000"},
    };
    struct scratch s = scratch_open();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan p;
        enum status st = load(&p, &s, rows[i].lines, NULL, 0);
        if (st == ST_OK || fault_kept()->what != rows[i].want ||
            strstr(fault_text(), rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "accepted" : fault_text());
    }
    scratch_close(&s);
}

static void the_digest_is_of_meaning_not_of_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *what, *lines;
        const char *override;
        bool same;
    } rows[] = {
        {"as it is", "", NULL, true},
        {"a default written out", "merge = { rule = \"fedavg\"; };", NULL, true},
        {"another place of the data", "", "data.root=/elsewhere", true},
        {"another fold of the data", "", "data.fold=2", true},
        {"another seed", "", "seed=8", false},
        {"another learning rate", "local = { lr = 1e-3; };", NULL, false},
        {"the same number otherwise", "local = { lr = 0.0005; };", NULL, true},
    };
    struct scratch s = scratch_open();
    struct plan first;
    check_ok(load(&first, &s, "", NULL, 0));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan p;
        check_ok(load(&p, &s, rows[i].lines, &rows[i].override, rows[i].override != NULL));
        if ((digest_equal(&p.digest, &first.digest) != 0) != rows[i].same)
            fail_msg("%s", rows[i].what);
        plan_close(&p);
    }
    plan_close(&first);
    scratch_close(&s);
}

static void a_place_is_relative_to_whoever_named_it(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct plan p;
    char place[SCRATCH_MAX * 2];
    char want[SCRATCH_MAX * 2];
    check_ok(load(&p, &s, "data = { root = \"here\"; };", NULL, 0));
    check_ok(plan_place(place, sizeof place, &p, "data.root"));
    snprintf(want, sizeof want, "%s/here", s.path);
    assert_string_equal(place, want);
    plan_close(&p);
    check_ok(load(&p, &s, "", (const char *const[]){"data.root=there"}, 1));
    check_ok(plan_place(place, sizeof place, &p, "data.root"));
    assert_string_equal(place, "there");
    plan_close(&p);
    scratch_close(&s);
}

static void an_override_can_choose_another_model(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct plan p;
    check_ok(load(&p, &s, "", (const char *const[]){"model.name=mlp", "model.hidden=9"}, 2));
    assert_int_equal(settings_size(p.set, "model.hidden"), 9);
    plan_close(&p);
    scratch_close(&s);
}

/* --- over the wire --------------------------------------------------------------------------- */

static enum status parse(struct plan *p, const char *text, size_t len)
{
    return plan_parse(p, (const uint8_t *)text, len, adopt_parts, adopt_part_count);
}

/* What came when there were plans already changes none that has no word of it. */
static void a_late_key_changes_the_digest_of_those_who_use_it(void **state)
{
    (void)state;
    static const struct {
        const char *override;
        bool same;
    } rows[] = {{"groups[2].ramp=-1", true}, {"groups[2].ramp=0.5", false}};
    struct scratch s = scratch_open();
    struct plan first;
    check_ok(load(&first, &s, "", NULL, 0));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan sent, got;
        check_ok(load(&sent, &s, "", &rows[i].override, 1));
        char *text = settings_normal(sent.set);
        check_ok(parse(&got, text, strlen(text)));
        assert_true(digest_equal(&sent.digest, &got.digest));
        assert_true(settings_real(got.set, "groups[2].ramp") == (rows[i].same ? -1 : .5));
        assert_true((strstr(text, ".ramp") == NULL) == rows[i].same);
        assert_true((digest_equal(&sent.digest, &first.digest) != 0) == rows[i].same);
        free(text);
        plan_close(&sent);
        plan_close(&got);
    }
    plan_close(&first);
    scratch_close(&s);
}

/* One plan has one form: its default is not said, and whoever says it is refused. */
static void a_late_default_that_is_said_is_no_normal_form(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct plan p;
    check_ok(load(&p, &s, "", NULL, 0));
    char *normal = settings_normal(p.set);
    char text[8192];
    const char *weight = strstr(normal, "groups[2].weight");
    assert_non_null(weight);
    int n = snprintf(text, sizeof text, "%.*sgroups[2].ramp=-1\n%s", (int)(weight - normal), normal,
                     weight);
    assert_true(n > 0 && (size_t)n < sizeof text);
    plan_close(&p);
    check_fault(parse(&p, text, (size_t)n), EC_CFG_SYNTAX);
    free(normal);
    scratch_close(&s);
}

static bool is_a_plan(const char *path)
{
    return strstr(path, "node.cfg") == NULL && strstr(path, "coordinator.cfg") == NULL;
}

static void every_plan_of_ours_is_the_same_at_the_other_end(void **state)
{
    (void)state;
    glob_t found;
    size_t plans = 0;
    assert_int_equal(glob("configs/*.cfg", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct plan sent, got;
        if (!is_a_plan(found.gl_pathv[i]))
            continue;
        check_ok(plan_load(&sent, found.gl_pathv[i], NULL, 0, adopt_parts, adopt_part_count));
        char *text = settings_normal(sent.set);
        check_ok(parse(&got, text, strlen(text)));
        assert_true(digest_equal(&sent.digest, &got.digest));
        assert_string_equal(got.path, "");
        assert_string_equal(settings_text(got.set, "plan"), settings_text(sent.set, "plan"));
        assert_string_equal(settings_text(got.set, "data.root"), "."); /* places stay at home */
        char *again = settings_normal(got.set);
        assert_string_equal(text, again);
        free(text);
        free(again);
        plan_close(&sent);
        plan_close(&got);
        plans++;
    }
    globfree(&found);
    assert_true(plans >= 4);
}

/* The normal form of a small plan, with the first `from` in it replaced; malloc, yours. */
static char *forged(const struct scratch *s, const char *from, const char *to)
{
    struct plan p;
    char *text = NULL;
    check_ok(load(&p, s, "", NULL, 0));
    char *normal = settings_normal(p.set);
    char *at = strstr(normal, from);
    assert_non_null(at);
    assert_true(asprintf(&text, "%.*s%s%s", (int)(at - normal), normal, to, at + strlen(from)) > 0);
    free(normal);
    plan_close(&p);
    return text;
}

static void what_is_no_normal_form_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *from, *to;
        enum complaint want;
        const char *says;
    } rows[] = {
        {"nothing was changed", "seed=7", "seed=7", EC_NONE, ""},
        {"another value", "seed=7", "seed=8", EC_NONE, ""},
        {"a value out of range", "rounds=3\nseed", "rounds=0\nseed", EC_CFG_RANGE, "rounds"},
        {"a value of another type", "seed=7", "seed=seven", EC_CFG_TYPE, "seed"},
        {"an unknown key", "seed=7", "sede=7", EC_CFG_UNKNOWN_KEY, "seed"},
        {"another model's key", "seed=7\n", "seed=7\nmodel.latent=4\n", EC_CFG_UNKNOWN_KEY,
         "model.latent"},
        {"an unknown model", "model.name=\"linear\"", "model.name=\"liner\"", EC_CFG_CHOICE,
         "linear"},
        {"no model", "model.name=\"linear\"\n", "", EC_CFG_MISSING_KEY, "model.name"},
        {"no model, as it seems", "model.name=", "xmodel.name=", EC_CFG_MISSING_KEY, "model.name"},
        {"a key twice", "seed=7\n", "seed=7\nseed=7\n", EC_CFG_SYNTAX, "normal form"},
        {"a default left out", "merge.lr=1\n", "", EC_CFG_SYNTAX, "normal form"},
        {"a number written otherwise", "seed=7", "seed=07", EC_CFG_SYNTAX, "normal form"},
        {"a space", "seed=7", "seed= 7", EC_CFG_SYNTAX, "normal form"},
        {"a place on this machine", "seed=7\n", "data.root=\"/etc\"\nseed=7\n", EC_CFG_SYNTAX,
         "normal form"},
        {"an empty line", "seed=7\n", "seed=7\n\n", EC_CFG_SYNTAX, "key=value"},
        {"no value", "seed=7\n", "seed\n", EC_CFG_SYNTAX, "key=value"},
        {"lines out of order", "rounds=3\nseed=7\n", "seed=7\nrounds=3\n", EC_CFG_SYNTAX,
         "normal form"},
        {"records out of order", "groups[0].name=\"sex\"", "groups[4].name=\"sex\"",
         EC_CFG_MISSING_KEY, "groups[0]"},
        {"a record beyond all bounds", "groups[0].name", "groups[99].name", EC_CFG_UNKNOWN_KEY,
         "groups"},
        {"a key longer than any", "seed=7",
         "seed.seed.seed.seed.seed.seed.seed.seed.seed.seed.seed."
         "seed.seed.seed.seed.seed.seed.seed.seed.seed.seed.seed."
         "seed.seed.seed.seed.seed.seed.seed.seed.seed.seed=7",
         EC_CFG_UNKNOWN_KEY, "seed"},
        {"a contradiction", "evaluate.score=\"test\"", "evaluate.score=\"train\"",
         EC_EVAL_IN_SAMPLE, "train"},
    };
    struct scratch s = scratch_open();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan p;
        char *text = forged(&s, rows[i].from, rows[i].to);
        enum status st = parse(&p, text, strlen(text));
        if ((st == ST_OK) != (rows[i].want == EC_NONE) ||
            (st != ST_OK &&
             (fault_kept()->what != rows[i].want || strstr(fault_text(), rows[i].says) == NULL)))
            fail_msg("%s: %s: %s", rows[i].what,
                     st == ST_OK ? "-" : complaint_row(fault_kept()->what)->code,
                     st == ST_OK ? "accepted" : fault_text());
        assert_int_equal(p.set != NULL, st == ST_OK);
        plan_close(&p);
        free(text);
    }
    scratch_close(&s);
}

static void no_beginning_of_a_plan_is_a_plan(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct plan p;
    char *text = forged(&s, "seed=7", "seed=7");
    size_t len = strlen(text);
    for (size_t cut = 1; cut < len; cut += 7)
        assert_int_not_equal(parse(&p, text, cut), ST_OK);
    check_fault(parse(&p, text, len - 1), EC_CFG_SYNTAX); /* the last newline is missing */
    check_fault(parse(&p, text, len + 1), EC_CFG_SYNTAX); /* the terminating zero */
    text[len / 2] = '\0';
    check_fault(parse(&p, text, len), EC_CFG_SYNTAX);
    assert_non_null(strstr(fault_text(), "zero byte"));
    check_fault(parse(&p, "\n", 1), EC_CFG_MISSING_KEY);
    free(text);
    scratch_close(&s);
}

static void a_huge_line_is_judged_in_peace(void **state)
{
    (void)state;
    static const struct {
        const char *what, *begins;
        char fill;
    } rows[] = {
        {"a key without an end", "seed", 'x'},
        {"a number without an end", "seed=", '1'},
        {"a list without an end", "evaluate.thresholds=[0.", '1'},
        {"brackets", "groups[", '['},
        {"a model's name", "model.name=\"", 'm'},
    };
    enum { BYTES = 60000 };
    static char fill[BYTES + 1];
    struct scratch s = scratch_open();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan p;
        char *line = NULL;
        memset(fill, rows[i].fill, BYTES);
        assert_true(asprintf(&line, "%s%s\nseed=7", rows[i].begins, fill) > 0);
        char *text = forged(&s, "seed=7", line);
        if (parse(&p, text, strlen(text)) == ST_OK)
            fail_msg("%s is accepted", rows[i].what);
        assert_null(p.set);
        free(text);
        free(line);
    }
    scratch_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_plan_of_ours_is_the_same_at_the_other_end),
        cmocka_unit_test(what_is_no_normal_form_is_refused),
        cmocka_unit_test(no_beginning_of_a_plan_is_a_plan),
        cmocka_unit_test(a_huge_line_is_judged_in_peace),
        cmocka_unit_test(a_contradiction_is_refused_with_its_code),
        cmocka_unit_test(the_digest_is_of_meaning_not_of_spelling),
        cmocka_unit_test(a_late_key_changes_the_digest_of_those_who_use_it),
        cmocka_unit_test(a_late_default_that_is_said_is_no_normal_form),
        cmocka_unit_test(a_place_is_relative_to_whoever_named_it),
        cmocka_unit_test(an_override_can_choose_another_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
