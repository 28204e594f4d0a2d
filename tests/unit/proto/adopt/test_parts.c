#include "tests/support/check.h"

#include "crypto/hash.h"
#include "models/merge/merge.h"
#include "models/registry.h"
#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "tests/support/scratch.h"

#define PLAN(model, rest)                                                                          \
    "plan = \"t\"; tasks = ({ name = \"y\"; }); model = { name = \"" model "\"; " rest

static enum status load(struct plan *plan, const char *text, const char *const *overrides,
                        size_t count)
{
    struct scratch folder = scratch_open();
    char path[SCRATCH_MAX];
    check_ok(file_write(scratch_file(path, &folder, "p.cfg"), text, strlen(text)));
    enum status st = plan_load(plan, path, overrides, count, adopt_parts, adopt_part_count);
    scratch_close(&folder);
    return st;
}

static void every_model_and_every_rule_can_be_named(void **state)
{
    (void)state;
    size_t met = 0;
    for (size_t m = 0; model_at(m) != NULL; m++)
        for (size_t r = 0; merge_at(r) != NULL; r++) {
            char model[128], rule[128];
            snprintf(model, sizeof(model), "model.name=%s", model_at(m)->name);
            snprintf(rule, sizeof(rule), "merge.rule=%s", merge_at(r)->name);
            const char *overrides[] = {model, rule, "rounds=1"}; /* where anything is trained */
            struct plan plan;
            check_ok(load(&plan, PLAN("linear", "};"), overrides, model_at(m)->fixed ? 2 : 3));
            assert_string_equal(settings_text(plan.set, "model.name"), model_at(m)->name);
            plan_close(&plan);
            met++;
        }
    assert_true(met >= 3);
}

static void what_is_not_there_is_refused_with_what_is(void **state)
{
    (void)state;
    /* a model and a rule that we do not have, and a key of another model */
    static const struct {
        const char *text, *override, *hint;
        enum complaint want;
    } rows[] = {
        {PLAN("resnet", "};"), NULL, "debias-vae", EC_CFG_CHOICE},
        {PLAN("linear", "};"), "merge.rule=best", "fedavg", EC_CFG_CHOICE},
        {PLAN("linear", "latent = 8; };"), NULL, "latent", EC_CFG_UNKNOWN_KEY},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan plan;
        const char *overrides[] = {rows[i].override};
        check_fault(load(&plan, rows[i].text, overrides, rows[i].override == NULL ? 0 : 1),
                    rows[i].want);
        if (strstr(fault_text(), rows[i].hint) == NULL)
            fail_msg("%s: %s", rows[i].hint, fault_text());
    }
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_and_every_rule_can_be_named),
        cmocka_unit_test(what_is_not_there_is_refused_with_what_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
