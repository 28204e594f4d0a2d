/* Who is in the run: the meeting's first phase, turned by hand. */
#include "tests/support/check.h"

#include "tests/support/meeting.h"

static const char two_of_three[] = "rounds = 3; model = { name = \"linear\"; };\n"
                                   "local = { batch = 16; }; evaluate = { probes = []; };\n"
                                   "round = { quorum = 0.6; };\n";

static bool names(const char *site)
{
    return strstr(fault_text(), site) != NULL;
}

static void a_site_that_never_joins_is_awaited_and_then_done_without(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, two_of_three, 3, 2);
    check_ok(meeting_run(&m));
    assert_int_equal(m.coordinator.coord.phase, CO_LISTEN);
    meeting_wait(&m);
    check_ok(meeting_run(&m)); /* no deadline but the first: nobody waits for it any more */
    assert_true(m.coordinator.finished);
    assert_false(m.coordinator.presence.site[2].joined);
    assert_int_equal(m.coordinator.presence.site[2].rounds_missed, 6);
    assert_int_equal(m.coordinator.presence.site[1].rounds_missed, 0);
    meeting_close(&m);
}

static void too_few_that_join_end_the_run_and_the_missing_are_named(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, two_of_three, 3, 1);
    check_ok(meeting_run(&m));
    meeting_wait(&m);
    check_fault(meeting_run(&m), EC_RUN_QUORUM);
    assert_true(names("site 2, site 3"));
    assert_false(names("north"));
    assert_int_equal(m.coordinator.turn, 0);
    meeting_close(&m);
}

/* A message as this site's link would carry it. */
static void forge(struct meeting *m, uint32_t site, struct msg *forged)
{
    struct link *l = hub_site(m->hub, site);
    forged->head.config = m->plan.digest;
    check_ok(l->ops->send(l, forged));
}

static void a_site_that_joins_late_is_refused(void **state)
{
    (void)state;
    struct meeting m;
    uint8_t schema[4] = {0};
    meeting_open(&m, two_of_three, 3, 2);
    check_ok(meeting_run(&m));
    meeting_wait(&m);
    check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
    struct msg join = {.head = {.type = MSG_JOIN}};
    snprintf(join.as.join.site, sizeof join.as.join.site, "west");
    join.as.join.schema = schema, join.as.join.schema_len = sizeof schema;
    forge(&m, 2, &join);
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished);
    assert_false(m.coordinator.presence.site[2].joined);
    assert_true(meeting_logged(&m, "refused", "not due"));
    assert_false(hub_has_mail(m.hub, 2));
    meeting_close(&m);
}

static void a_second_join_is_refused(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, two_of_three, 3, 2);
    check_ok(meeting_run(&m));
    struct msg join = {.head = {.type = MSG_JOIN}};
    snprintf(join.as.join.site, sizeof join.as.join.site, "another north");
    join.as.join.schema = m.coordinator.schema;
    join.as.join.schema_len = m.coordinator.schema_len;
    forge(&m, 0, &join);
    check_ok(meeting_run(&m));
    assert_string_equal(m.coordinator.presence.site[0].name, "north");
    assert_true(meeting_logged(&m, "refused", "another north"));
    meeting_close(&m);
}

static void sites_that_disagree_about_their_data_are_both_named(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, two_of_three, 3, 2);
    check_ok(meeting_run(&m));
    struct msg join = {.head = {.type = MSG_JOIN}};
    snprintf(join.as.join.site, sizeof join.as.join.site, "west");
    uint8_t schema[4096];
    size_t len = m.coordinator.schema_len;
    assert_true(len <= sizeof schema);
    memcpy(schema, m.coordinator.schema, len);
    schema[0]++; /* one feature more */
    join.as.join.schema = schema, join.as.join.schema_len = len;
    forge(&m, 2, &join);
    check_fault(meeting_run(&m), EC_DATA_DISAGREE);
    assert_true(names("north"));
    assert_string_equal(fault_kept()->where, "west");
    meeting_close(&m);
}

static void a_join_without_a_schema_that_parses_is_refused(void **state)
{
    (void)state;
    for (int what = 0; what < 2; what++) {
        struct meeting m;
        uint8_t schema[3] = {1, 2, 3};
        meeting_open(&m, two_of_three, 3, 0);
        struct msg join = {.head = {.type = MSG_JOIN}};
        snprintf(join.as.join.site, sizeof join.as.join.site, "west");
        if (what == 1)
            join.as.join.schema = schema, join.as.join.schema_len = sizeof schema;
        forge(&m, 2, &join);
        check_fault(meeting_run(&m), EC_DATA_DISAGREE);
        assert_string_equal(fault_kept()->where, "west");
        meeting_close(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_that_never_joins_is_awaited_and_then_done_without),
        cmocka_unit_test(too_few_that_join_end_the_run_and_the_missing_are_named),
        cmocka_unit_test(a_site_that_joins_late_is_refused),
        cmocka_unit_test(a_second_join_is_refused),
        cmocka_unit_test(sites_that_disagree_about_their_data_are_both_named),
        cmocka_unit_test(a_join_without_a_schema_that_parses_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
