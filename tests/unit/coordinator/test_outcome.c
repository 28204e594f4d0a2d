/* With what a run ends, and what the log keeps of its promises. */
#include "coordinator/outcome.h"

#include <math.h>

#include "proto/base/file.h"
#include "proto/base/log.h"
#include "tests/support/capture.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

static void a_run_ends_with_the_worst_of_what_it_has_to_say(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t missed;
        enum gate_verdict a, b;
        bool ok;
        int want;
    } rows[] = {
        {"all is well", 0, GATE_MET, GATE_MET, true, 0},
        {"a site missed a round", 1, GATE_MET, GATE_MET, true, 3},
        {"nobody can tell of one", 0, GATE_MET, GATE_NOT_ENOUGH, true, 3},
        {"one is not met", 0, GATE_NOT_MET, GATE_MET, true, 1},
        {"one not met, of one nobody can tell", 0, GATE_NOT_MET, GATE_NOT_ENOUGH, true, 1},
        {"the same the other way", 1, GATE_NOT_ENOUGH, GATE_NOT_MET, true, 1},
        {"a check fails", 1, GATE_MET, GATE_NOT_ENOUGH, false, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct report_site site = {.rounds_missed = rows[i].missed};
        struct gate gate[2] = {{.verdict = rows[i].a}, {.verdict = rows[i].b}};
        struct report_check check = {.ok = rows[i].ok};
        const struct report r = {.site = &site,
                                 .site_count = 1,
                                 .gate = gate,
                                 .gate_count = 2,
                                 .check = &check,
                                 .check_count = 1};
        if (outcome_exit(&r) != rows[i].want)
            fail_msg("%s: %d, %d wanted", rows[i].what, outcome_exit(&r), rows[i].want);
    }
    const struct report nothing = {0};
    assert_int_equal(outcome_exit(&nothing), 0);
}

static void the_log_keeps_every_verdict(void **state)
{
    (void)state;
    struct gate gate[2] = {
        {.metric = "tpr_gap",
         .representation = "debiased",
         .probe = "mlp",
         .rule = "interval",
         .threshold = 0.5,
         .most = 0.125,
         .least = (double)NAN,
         .value = 0.25,
         .lo = 0.1875,
         .hi = 0.5,
         .verdict = GATE_NOT_MET},
        {.metric = "auc_min",
         .representation = "",
         .probe = "",
         .rule = "value",
         .threshold = (double)NAN,
         .most = (double)NAN,
         .least = 0.75,
         .value = (double)NAN,
         .lo = (double)NAN,
         .hi = (double)NAN,
         .verdict = GATE_NOT_ENOUGH},
    };
    snprintf(gate[0].attribute, sizeof(gate[0].attribute), "sex*race");
    const struct report r = {
        .run = {.aggregation = "plain", .engine = "local"}, .gate = gate, .gate_count = 2};
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    uint8_t *text = NULL;
    size_t len = 0;
    struct json *data = NULL;
    struct capture out = capture_open(1), err = capture_open(2);
    enum status st = log_to_file(scratch_file(path, &s, "log.jsonl"));
    if (st == ST_OK)
        st = outcome_tell(&data, &r, s.path);
    if (st == ST_OK)
        st = log_to_file(NULL);
    free(capture_close(&err));
    free(capture_close(&out));
    check_ok(st);
    check_ok(file_read(&text, &len, path, 1 << 20));
    assert_true(len > 0 && text[len - 1] == '\n');
    text[len - 1] = '\0';
    static const char *const says[] = {
        "\"verdict\":\"not met\"",
        "\"attribute\":\"sex*race\"",
        "\"most\":0.125",
        "\"lo\":0.1875",
        "\"verdict\":\"not enough evidence\"",
        "\"least\":0.75",
        "\"exit\":1",
    };
    for (size_t i = 0; i < COUNT(says); i++)
        if (strstr((const char *)text, says[i]) == NULL)
            fail_msg("the log does not say %s: %s", says[i], (const char *)text);
    free(text);
    json_close(&data);
    scratch_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_ends_with_the_worst_of_what_it_has_to_say),
        cmocka_unit_test(the_log_keeps_every_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
