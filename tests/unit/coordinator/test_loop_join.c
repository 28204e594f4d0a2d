/* Who joins a run when: early, late, again, with nothing, with another plan. */
#include "tests/support/check.h"

#include "node/greet.h"
#include "tests/support/meeting.h"

/* Adam keeps state at the sites, so a leg computed twice would be seen. */
#define PLAN                                                                                       \
    "rounds = 3; model = { name = \"linear\"; };\n"                                                \
    "local = { batch = 16; };\n"

static const char two_of_three[] = PLAN "evaluate = { probes = []; }; round = { quorum = 0.6; };\n";
static const char with_probes[] =
    PLAN "evaluate = { rounds = 3; seeds = 1; }; round = { quorum = 0.6; };\n";

static bool names(const char *site)
{
    return strstr(fault_text(), site) != NULL;
}

/* A message as this site's link would carry it. */
static void forge(struct meeting *m, uint32_t site, struct msg *forged)
{
    struct link *l = hub_site(m->hub, site);
    forged->head.config = m->plan.digest;
    check_ok(l->ops->send(l, forged));
}

static struct msg join_as(const char *name, uint8_t *schema, size_t len)
{
    struct msg join = {.head = {.type = MSG_JOIN}};
    snprintf(join.as.join.site, sizeof join.as.join.site, "%s", name);
    join.as.join.schema = schema;
    join.as.join.schema_len = len;
    return join;
}

/* What the coordinator told this site last; it is refused with this code. */
static void assert_refused(struct meeting *m, uint32_t site, enum complaint why)
{
    struct msg said = {.head = {.type = 0}};
    struct link *l = hub_site(m->hub, site);
    for (bool got = true; got;) {
        struct msg next;
        check_ok(l->ops->receive(l, &next, &got));
        if (got) {
            msg_free(&said);
            said = next;
        }
    }
    assert_int_equal(said.head.type, MSG_REFUSED);
    assert_string_equal(said.as.refused.code, complaint_row(why)->code);
    msg_free(&said);
}

static void undisturbed(char out[static DIGEST_TEXT], const char *lines)
{
    struct meeting m;
    meeting_open(&m, lines, 3, 3);
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished);
    meeting_model(out, &m);
    meeting_close(&m);
}

/* --- the beginning --------------------------------------------------------------------------- */

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
    assert_int_equal(m.coordinator.presence.site[2].rounds_missed, 9);
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

static void a_run_does_not_begin_before_so_many_are_enrolled(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, two_of_three, 2, 2);
    m.coordinator.o.begin_sites = 3;
    check_ok(meeting_run(&m));
    assert_int_equal(m.coordinator.coord.phase, CO_LISTEN);
    assert_false(m.coordinator.begun);
    m.coordinator.o.begin_sites = 2;
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished);
    meeting_close(&m);
}

/* --- late and again -------------------------------------------------------------------------- */

/* At any leg: what the site missed it folds, what it needs of earlier legs it makes. */
static void a_site_that_comes_late_catches_up_and_takes_part(void **state)
{
    (void)state;
    static const struct {
        enum leg_kind kind;
        uint64_t index;
    } rows[] = {{LEG_TRAIN, 1}, {LEG_SCALE, 0}, {LEG_SPREAD, 0}, {LEG_PROBE, 1},
                {LEG_VALID, 1}, {LEG_TEST, 0},  {LEG_PLACE, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct meeting m;
        meeting_open_kept(&m, with_probes, 3, 2);
        check_ok(meeting_run(&m));
        meeting_wait(&m);
        check_ok(meeting_run_to(&m, rows[i].kind, rows[i].index));
        uint64_t missed = coord_loop_done(&m.coordinator);
        meeting_come(&m, 2);
        m.silent[0] = true; /* the due round waits for it, and so for the late one */
        check_ok(meeting_run(&m));
        assert_int_equal(coord_loop_done(&m.coordinator), missed);
        m.silent[0] = false;
        check_ok(meeting_run(&m));
        assert_true(m.coordinator.finished);
        const struct presence_site *late = &m.coordinator.presence.site[2];
        assert_true(m.node[2].finished);
        assert_string_equal(late->name, "south");
        assert_int_equal(late->rounds_missed, missed);
        assert_int_equal(late->rounds_joined, m.coordinator.rounds_done - missed);
        assert_true(digest_equal(&m.node[2].fingerprint, &m.coordinator.fingerprint));
        meeting_close(&m);
    }
}

static void without_kept_sums_a_late_site_is_told_that_it_cannot_take_part(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, two_of_three, 3, 2);
    check_ok(meeting_run(&m));
    meeting_wait(&m);
    check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
    meeting_come(&m, 2);
    check_fault(meeting_run(&m), EC_RUN_WITHOUT); /* the site's own fault: it reads the answer */
    meeting_close(&m);
}

static void a_site_that_starts_anew_comes_back_in_the_same_round(void **state)
{
    (void)state;
    for (int contributed = 0; contributed < 2; contributed++) {
        struct meeting m;
        meeting_open_kept(&m, two_of_three, 3, 3);
        check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
        m.silent[1] = true;
        m.silent[2] = contributed == 0;
        check_ok(meeting_run(&m)); /* waits for the silent */
        assert_int_equal(m.coordinator.coord.phase, CO_COLLECT_MASKED);
        uint64_t turn = m.coordinator.turn;
        meeting_restart_site(&m, 2);
        m.silent[2] = false;
        check_ok(meeting_run(&m));
        assert_int_equal(m.coordinator.turn, turn);
        assert_true(m.coordinator.presence.site[2].counted);
        m.silent[1] = false;
        check_ok(meeting_run(&m));
        assert_true(m.coordinator.finished);
        for (uint32_t i = 0; i < 3; i++) {
            assert_int_equal(m.coordinator.presence.site[i].rounds_missed, 0);
            assert_true(m.node[i].finished);
            assert_true(digest_equal(&m.node[i].fingerprint, &m.coordinator.fingerprint));
        }
        meeting_close(&m);
    }
}

static void a_join_that_says_what_an_acceptance_would_is_one(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open_kept(&m, two_of_three, 3, 3);
    check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
    check_ok(coord_loop_turn(&m.coordinator));
    for (uint32_t i = 0; i < 3; i++)
        check_ok(node_loop_turn(&m.node[i])); /* all have contributed */
    m.silent[2] = true;
    check_ok(meeting_run(&m));
    assert_int_equal(m.coordinator.coord.phase, CO_COLLECT_ACCEPT);
    uint64_t turn = m.coordinator.turn;
    meeting_restart_site(&m, 2);
    m.silent[2] = false;
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished);
    assert_true(m.coordinator.turn > turn);
    assert_int_equal(m.coordinator.presence.site[2].rounds_missed, 0);
    meeting_close(&m);
}

/* Wherever it is stopped: the sums are kept, and sites keep what they had contributed. */
static void a_coordinator_that_starts_anew_goes_on_and_ends_in_the_same_bytes(void **state)
{
    (void)state;
    char whole[DIGEST_TEXT];
    char model[DIGEST_TEXT];
    undisturbed(whole, with_probes);
    size_t stops = 0;
    for (size_t steps = 1;; steps++) {
        struct meeting m;
        meeting_open_kept(&m, with_probes, 3, 3);
        bool moved = true;
        for (size_t i = 0; i < steps && moved; i++)
            check_ok(meeting_step(&m, &moved));
        bool over = m.coordinator.finished;
        if (!over) {
            uint64_t done = coord_loop_done(&m.coordinator);
            meeting_restart_coordinator(&m);
            assert_int_equal(coord_loop_done(&m.coordinator), done);
            check_ok(meeting_run(&m));
            assert_true(m.coordinator.finished);
            assert_string_equal(meeting_model(model, &m), whole);
            for (uint32_t i = 0; i < 3; i++) {
                assert_int_equal(m.coordinator.presence.site[i].rounds_missed, 0);
                assert_int_equal(m.coordinator.presence.site[i].rounds_joined,
                                 m.coordinator.rounds_done);
                assert_true(m.node[i].finished);
            }
            stops++;
        }
        meeting_close(&m);
        if (over)
            break;
    }
    assert_true(stops > 20);
}

/* Its folder was lost: the sites begin with nothing as well, and say so. */
static void a_coordinator_that_forgot_everything_begins_anew(void **state)
{
    (void)state;
    char whole[DIGEST_TEXT];
    char model[DIGEST_TEXT];
    undisturbed(whole, two_of_three);
    struct meeting m;
    meeting_open(&m, two_of_three, 3, 3);
    check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
    meeting_restart_coordinator(&m);
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished);
    assert_string_equal(meeting_model(model, &m), whole);
    assert_true(meeting_logged(&m, "begins with nothing", "east"));
    meeting_close(&m);
}

static void the_store_of_another_plan_is_left_alone(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open_kept(&m, two_of_three, 3, 3);
    check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
    coord_loop_close(&m.coordinator);
    uint64_t sums = store_sums(m.store);
    m.plan.digest.byte[0] ^= 1;
    struct coord_options o = {
        .plan = &m.plan, .link = hub_coordinator(m.hub), .clock = &m.clock, .store = m.store};
    check_fault(coord_loop_open(&m.coordinator, &o), EC_IO_LEFTOVER);
    assert_int_equal(store_sums(m.store), sums);
    meeting_close(&m);
}

/* --- who may not ----------------------------------------------------------------------------- */

static void a_party_that_the_run_began_without_is_told_so(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open_kept(&m, two_of_three, 3, 2);
    m.coordinator.presence.sites = 2; /* the third was not enrolled when the run began */
    check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
    struct party late = party_of_site(2);
    coord_loop_enrol(&m.coordinator, &late, "west");
    assert_int_equal(m.coordinator.presence.sites, 2);
    struct msg join = join_as("west", m.coordinator.schema, m.coordinator.schema_len);
    forge(&m, 2, &join);
    check_ok(coord_loop_turn(&m.coordinator));
    assert_refused(&m, 2, EC_RUN_WITHOUT);
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished);
    meeting_close(&m);
}

static void names_cannot_be_taken_or_changed(void **state)
{
    (void)state;
    static const struct {
        uint32_t from;
        const char *name;
    } rows[] = {{2, "north"}, {0, "another north"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct meeting m;
        meeting_open(&m, two_of_three, 3, 2);
        check_ok(meeting_run(&m));
        struct msg join = join_as(rows[i].name, m.coordinator.schema, m.coordinator.schema_len);
        forge(&m, rows[i].from, &join);
        check_ok(coord_loop_turn(&m.coordinator));
        assert_refused(&m, rows[i].from, EC_DATA_DISAGREE);
        assert_string_equal(m.coordinator.presence.site[0].name, "north");
        meeting_close(&m);
    }
}

static void a_site_whose_data_differ_is_told_and_the_others_go_on(void **state)
{
    (void)state;
    uint8_t schema[4096], short_one[3] = {1, 2, 3};
    for (int what = 0; what < 3; what++) {
        struct meeting m;
        meeting_open(&m, two_of_three, 3, 2);
        check_ok(meeting_run(&m));
        size_t len = m.coordinator.schema_len;
        assert_true(len <= sizeof schema);
        memcpy(schema, m.coordinator.schema, len);
        schema[0]++; /* one feature more */
        struct msg join = what == 0   ? join_as("west", schema, len)
                          : what == 1 ? join_as("west", short_one, sizeof short_one)
                                      : join_as("west", NULL, 0);
        forge(&m, 2, &join);
        check_ok(coord_loop_turn(&m.coordinator));
        assert_refused(&m, 2, EC_DATA_DISAGREE);
        assert_true(what == 2 || meeting_logged(&m, "site refused", "`north`"));
        meeting_wait(&m);
        check_ok(meeting_run(&m));
        assert_true(m.coordinator.finished);
        assert_true(m.coordinator.presence.site[2].refused);
        meeting_close(&m);
    }
}

static void a_first_schema_that_does_not_parse_is_nobodys(void **state)
{
    (void)state;
    struct meeting m;
    uint8_t schema[3] = {1, 2, 3};
    meeting_open(&m, two_of_three, 3, 0);
    struct msg join = join_as("west", schema, sizeof schema);
    forge(&m, 2, &join);
    check_ok(coord_loop_turn(&m.coordinator));
    assert_refused(&m, 2, EC_DATA_DISAGREE);
    meeting_come(&m, 0);
    meeting_come(&m, 1);
    check_ok(meeting_run(&m));
    meeting_wait(&m);
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished);
    meeting_close(&m);
}

static void another_plan_is_refused_at_the_door(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, two_of_three, 3, 2);
    struct msg join = {.head = {.type = MSG_JOIN}};
    snprintf(join.as.join.site, sizeof join.as.join.site, "west");
    struct link *l = hub_site(m.hub, 2);
    check_ok(l->ops->send(l, &join)); /* a digest of zeros */
    check_ok(coord_loop_turn(&m.coordinator));
    assert_refused(&m, 2, EC_RUN_PLAN);
    meeting_close(&m);
}

static void a_site_may_say_that_it_will_not_take_part(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, two_of_three, 3, 3);
    check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
    m.silent[1] = true;
    check_ok(meeting_run(&m)); /* waits for it */
    assert_int_equal(m.coordinator.coord.phase, CO_COLLECT_MASKED);
    check_fault(fault(EC_POL_PLAN, "", "a detail of ours"), EC_POL_PLAN);
    greet_leave(hub_site(m.hub, 1), &m.plan.digest);
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished); /* nobody waited for a deadline */
    assert_true(meeting_logged(&m, "will not take part", "E-POL-001"));
    assert_false(meeting_logged(&m, "will not take part", "a detail of ours"));
    assert_int_equal(m.coordinator.presence.site[1].rounds_missed, 7);
    meeting_close(&m);
}

static void whoever_asks_is_told_the_plan(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, two_of_three, 3, 2);
    struct link *l = hub_site(m.hub, 2);
    struct msg hello = {.head = {.type = MSG_HELLO}}, said;
    bool got = false;
    check_ok(l->ops->send(l, &hello));
    check_ok(coord_loop_turn(&m.coordinator));
    check_ok(l->ops->receive(l, &said, &got));
    assert_true(got);
    assert_int_equal(said.head.type, MSG_PLAN);
    assert_true(digest_equal(&said.head.config, &m.plan.digest));
    char *normal = settings_normal(m.plan.set);
    assert_int_equal(said.as.plan.text_len, strlen(normal));
    assert_memory_equal(said.as.plan.text, normal, strlen(normal));
    free(normal);
    msg_free(&said);
    meeting_close(&m);
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_that_never_joins_is_awaited_and_then_done_without),
        cmocka_unit_test(too_few_that_join_end_the_run_and_the_missing_are_named),
        cmocka_unit_test(a_run_does_not_begin_before_so_many_are_enrolled),
        cmocka_unit_test(a_site_that_comes_late_catches_up_and_takes_part),
        cmocka_unit_test(without_kept_sums_a_late_site_is_told_that_it_cannot_take_part),
        cmocka_unit_test(a_site_that_starts_anew_comes_back_in_the_same_round),
        cmocka_unit_test(a_join_that_says_what_an_acceptance_would_is_one),
        cmocka_unit_test(a_coordinator_that_starts_anew_goes_on_and_ends_in_the_same_bytes),
        cmocka_unit_test(a_coordinator_that_forgot_everything_begins_anew),
        cmocka_unit_test(the_store_of_another_plan_is_left_alone),
        cmocka_unit_test(a_party_that_the_run_began_without_is_told_so),
        cmocka_unit_test(names_cannot_be_taken_or_changed),
        cmocka_unit_test(a_site_whose_data_differ_is_told_and_the_others_go_on),
        cmocka_unit_test(a_first_schema_that_does_not_parse_is_nobodys),
        cmocka_unit_test(another_plan_is_refused_at_the_door),
        cmocka_unit_test(a_site_may_say_that_it_will_not_take_part),
        cmocka_unit_test(whoever_asks_is_told_the_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
