#include "tests/support/check.h"

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
        {"a mode without its rows", "evaluate = { mode = \"in-sample\"; };", EC_CFG_CONFLICT,
         "mode"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_contradiction_is_refused_with_its_code),
        cmocka_unit_test(the_digest_is_of_meaning_not_of_spelling),
        cmocka_unit_test(a_place_is_relative_to_whoever_named_it),
        cmocka_unit_test(an_override_can_choose_another_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
