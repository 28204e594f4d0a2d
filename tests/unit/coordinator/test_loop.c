/* Real sites and the real coordinator, turned by hand: who is silent, wrong or out of order. */
#include "tests/support/check.h"

#include "tests/support/meeting.h"

/* Adam keeps state at the sites, so a leg computed twice would be seen. */
#define PLAN                                                                                       \
    "rounds = 3; model = { name = \"linear\"; };\n"                                                \
    "local = { batch = 16; }; evaluate = { probes = []; };\n"

static const char two_of_three[] = PLAN "round = { quorum = 0.6; };\n";
static const char all_of_them[] = PLAN "round = { quorum = 1.0; };\n";
static const char with_east[] = PLAN "round = { quorum = 0.3; required = [\"east\"]; };\n";

/* What the run ends in when nothing goes wrong. */
static void undisturbed(char out[static DIGEST_TEXT], const char *lines)
{
    struct meeting m;
    meeting_open(&m, lines, 3, 3);
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(m.node[i].finished);
        assert_int_equal(m.coordinator.presence.site[i].rounds_joined, 9);
    }
    assert_int_equal(m.coordinator.turn, 9);
    meeting_model(out, &m);
    meeting_close(&m);
}

static bool names(const char *site)
{
    return strstr(fault_text(), site) != NULL;
}

/* Turns everybody until the coordinator rests in this phase of this round. */
static void step_to(struct meeting *m, uint64_t turn, enum coord_phase phase)
{
    const struct coord_loop *c = &m->coordinator;
    for (size_t steps = 0; c->turn < turn || c->coord.phase != phase; steps++) {
        bool moved = false;
        assert_true(steps < 100);
        check_ok(meeting_step(m, &moved));
    }
}

/* A message as this site's link would carry it. */
static void forge(struct meeting *m, uint32_t site, struct msg *forged)
{
    struct link *l = hub_site(m->hub, site);
    forged->head.config = m->plan.digest;
    check_ok(l->ops->send(l, forged));
}

/* --- silence ------------------------------------------------------------------------------- */

static void a_silent_site_is_waited_for_until_the_deadline(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, two_of_three, 3, 3);
    check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
    m.silent[1] = true;
    check_ok(meeting_run(&m));
    assert_int_equal(m.coordinator.coord.phase, CO_COLLECT_MASKED);
    clock_turn(&m.clock, 599999);
    check_ok(meeting_run(&m));
    assert_int_equal(m.coordinator.coord.phase, CO_COLLECT_MASKED);
    clock_turn(&m.clock, 1);
    check_ok(coord_loop_turn(&m.coordinator));
    assert_int_equal(m.coordinator.coord.phase, CO_COLLECT_ACCEPT);
    assert_int_equal(presence_counted(&m.coordinator.presence), 2);
    check_ok(meeting_run(&m)); /* once is enough: nobody waits for it any more */
    assert_true(m.coordinator.finished);
    assert_int_equal(m.coordinator.presence.site[1].rounds_missed, 7);
    meeting_close(&m);
}

static void with_a_quorum_the_round_goes_on_and_the_missed_one_is_counted(void **state)
{
    (void)state;
    struct meeting m;
    char whole[DIGEST_TEXT];
    char model[DIGEST_TEXT];
    undisturbed(whole, two_of_three);
    meeting_open(&m, two_of_three, 3, 3);
    check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
    m.silent[1] = true;
    check_ok(meeting_run(&m));
    meeting_wait(&m);
    check_ok(coord_loop_turn(&m.coordinator));
    m.silent[1] = false; /* its mail has waited: it trains too late, adopts, and goes on */
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished && m.node[1].finished);
    const struct presence_site *site = m.coordinator.presence.site;
    assert_int_equal(site[0].rounds_missed, 0);
    assert_int_equal(site[1].rounds_missed, 1);
    assert_int_equal(site[1].rounds_joined, 8);
    assert_true(meeting_logged(&m, "refused", "\"east\"")); /* what came too late */
    assert_string_not_equal(meeting_model(model, &m), whole);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(digest_equal(&m.node[i].fingerprint, &m.coordinator.fingerprint));
    meeting_close(&m);
}

static void without_a_quorum_the_run_ends_and_names_who_was_awaited(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, all_of_them, 3, 3);
    check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
    m.silent[1] = true;
    for (int attempt = 0; attempt < 2; attempt++) {
        check_ok(meeting_run(&m));
        meeting_wait(&m);
    }
    check_ok(meeting_run(&m));
    meeting_wait(&m);
    check_fault(meeting_run(&m), EC_RUN_QUORUM);
    assert_true(names("east"));
    assert_false(names("north") || names("south"));
    meeting_close(&m);
}

static void without_a_required_site_no_round_counts(void **state)
{
    (void)state;
    static const struct {
        uint32_t silent;
        size_t burnt;
    } rows[] = {
        {1, 1},
        {2, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct meeting m;
        meeting_open(&m, with_east, 3, 3);
        check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
        m.silent[rows[i].silent] = true;
        check_ok(meeting_run(&m));
        meeting_wait(&m);
        check_ok(meeting_run(&m));
        assert_int_equal(m.coordinator.burnt, rows[i].burnt);
        meeting_close(&m);
    }
}

static void a_burnt_round_is_tried_again_and_ends_in_the_same_bytes(void **state)
{
    (void)state;
    char whole[DIGEST_TEXT];
    char model[DIGEST_TEXT];
    undisturbed(whole, all_of_them);
    for (int attempts = 1; attempts <= 2; attempts++) {
        struct meeting m;
        meeting_open(&m, all_of_them, 3, 3);
        for (uint64_t leg = 1; leg <= 2; leg++) { /* attempts are counted for each leg anew */
            check_ok(meeting_run_to(&m, LEG_TRAIN, leg));
            m.silent[2] = true;
            for (int i = 0; i < attempts; i++) {
                check_ok(meeting_run(&m));
                meeting_wait(&m);
            }
            m.silent[2] = false;
        }
        check_ok(meeting_run(&m));
        assert_true(m.coordinator.finished);
        assert_int_equal(m.coordinator.turn, 9 + 2 * attempts);
        assert_int_equal(m.coordinator.rounds_done, 9);
        assert_int_equal(m.coordinator.presence.site[2].rounds_missed, 0);
        assert_string_equal(meeting_model(model, &m), whole);
        meeting_close(&m);
    }
}

static void a_site_that_goes_silent_after_its_sum_is_not_needed_to_commit(void **state)
{
    (void)state;
    struct meeting m;
    char whole[DIGEST_TEXT];
    char model[DIGEST_TEXT];
    undisturbed(whole, two_of_three);
    meeting_open(&m, two_of_three, 3, 3);
    check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
    step_to(&m, 3, CO_COLLECT_MASKED); /* everybody has contributed by its end */
    m.silent[0] = true;
    check_ok(meeting_run(&m));
    assert_int_equal(m.coordinator.coord.phase, CO_COLLECT_ACCEPT);
    meeting_wait(&m);
    check_ok(coord_loop_turn(&m.coordinator));
    assert_int_equal(m.coordinator.turn, 4);
    m.silent[0] = false;
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished);
    assert_int_equal(m.coordinator.presence.site[0].rounds_missed, 0);
    assert_string_equal(meeting_model(model, &m), whole);
    meeting_close(&m);
}

static void without_a_quorum_of_the_same_result_nothing_is_committed(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, all_of_them, 3, 3);
    check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
    step_to(&m, 3, CO_COLLECT_MASKED);
    uint64_t done = m.coordinator.rounds_done;
    m.silent[0] = true;
    check_ok(meeting_run(&m));
    meeting_wait(&m);
    check_fault(meeting_run(&m), EC_RUN_QUORUM);
    assert_true(names("north") && !names("east"));
    assert_int_equal(m.coordinator.rounds_done, done);
    assert_int_equal(m.coordinator.coord.phase, CO_HALT);
    meeting_close(&m);
}

/* --- what sites say ------------------------------------------------------------------------ */

static void what_is_not_due_is_refused_and_changes_no_byte(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint8_t type;
        uint64_t round; /* 3 is open */
    } rows[] = {
        {"a contribution to a round that is over", MSG_MASKED, 2},
        {"a contribution to a round to come", MSG_MASKED, 4},
        {"an acceptance before the result", MSG_ACCEPT, 3},
        {"a word for nodes", MSG_COMMIT, 3},
        {"another word for them", MSG_RESULT, 3},
        {"a word that does not exist", MSG_KINDS, 3},
    };
    char whole[DIGEST_TEXT];
    char model[DIGEST_TEXT];
    undisturbed(whole, all_of_them);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct meeting m;
        meeting_open(&m, all_of_them, 3, 3);
        check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
        check_ok(coord_loop_turn(&m.coordinator)); /* opens it; nobody has heard of it yet */
        assert_int_equal(m.coordinator.turn, 3);
        struct msg said = {.head = {.type = rows[i].type, .round = rows[i].round}};
        forge(&m, 1, &said);
        check_ok(meeting_run(&m));
        if (!m.coordinator.finished || !meeting_logged(&m, "refused", "not due"))
            fail_msg("%s: %s", rows[i].what, fault_text());
        assert_string_equal(meeting_model(model, &m), whole);
        meeting_close(&m);
    }
}

static void a_second_contribution_or_acceptance_counts_for_nothing(void **state)
{
    (void)state;
    static const struct {
        enum coord_phase in;
        enum msg_kind kind;
        const char *why;
    } rows[] = {
        {CO_COLLECT_MASKED, MSG_MASKED, "counted already"},
        {CO_COLLECT_ACCEPT, MSG_ACCEPT, "accepted already"},
    };
    char whole[DIGEST_TEXT];
    char model[DIGEST_TEXT];
    undisturbed(whole, all_of_them);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct meeting m;
        meeting_open(&m, all_of_them, 3, 3);
        check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
        m.silent[2] = rows[i].in == CO_COLLECT_MASKED; /* keeps the phase open */
        step_to(&m, 3, CO_COLLECT_MASKED);
        m.silent[2] = true;
        check_ok(meeting_run(&m));
        assert_int_equal(m.coordinator.coord.phase, rows[i].in);
        struct msg again = {.head = {.type = (uint8_t)rows[i].kind, .round = m.coordinator.turn}};
        again.head.model = m.coordinator.fingerprint;
        if (rows[i].kind == MSG_MASKED)
            again.vector = m.node[0].work.out;
        forge(&m, 0, &again);
        m.silent[2] = false;
        check_ok(meeting_run(&m));
        assert_true(m.coordinator.finished);
        assert_true(meeting_logged(&m, "refused", rows[i].why));
        assert_string_equal(meeting_model(model, &m), whole);
        meeting_close(&m);
    }
}

static void a_site_that_contributes_another_shape_is_refused_and_the_others_go_on(void **state)
{
    (void)state;
    struct meeting m;
    uint64_t words[2] = {0};
    meeting_open(&m, two_of_three, 3, 3);
    check_ok(coord_loop_turn(&m.coordinator)); /* opens the first round */
    struct msg said = {.head = {.type = MSG_MASKED, .round = m.coordinator.turn}};
    said.vector = (struct ring){.bits = 64, .words = 2, .word = words};
    m.silent[1] = true;
    forge(&m, 1, &said);
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished);
    assert_true(m.coordinator.presence.site[1].refused);
    assert_string_equal(m.coordinator.presence.site[1].why, "E-RUN-003");
    assert_int_equal(m.coordinator.presence.site[1].rounds_missed, 9);
    m.silent[1] = false;
    check_fault(meeting_run(&m), EC_RUN_SUM); /* the site reads why */
    meeting_close(&m);
}

static void a_site_that_computed_something_else_ends_the_run(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, two_of_three, 3, 3);
    step_to(&m, 3, CO_COLLECT_MASKED);
    m.silent[1] = true;
    check_ok(meeting_run(&m));
    assert_int_equal(m.coordinator.coord.phase, CO_COLLECT_ACCEPT);
    struct msg said = {.head = {.type = MSG_ACCEPT, .round = m.coordinator.turn}};
    said.head.model = m.coordinator.fingerprint;
    said.head.model.byte[31] ^= 1;
    forge(&m, 1, &said);
    check_fault(meeting_run(&m), EC_RUN_MISMATCH);
    assert_string_equal(fault_kept()->where, "east");
    assert_int_equal(m.coordinator.coord.phase, CO_HALT);
    meeting_close(&m);
}

/* --- sums that do not hold ----------------------------------------------------------------- */

/* A link that spoils a guard word of its site's next contributions. */
struct spoiler {
    struct link link; /* first */
    struct link *real;
    size_t times;
};

static enum status spoil(struct link *l, const struct msg *m)
{
    struct spoiler *s = (struct spoiler *)l;
    if (m->head.type != MSG_MASKED || s->times == 0)
        return s->real->ops->send(s->real, m);
    s->times--;
    struct msg bad = msg_clone(m);
    ring_put(&bad.vector, bad.vector.words - 1, 1);
    enum status st = s->real->ops->send(s->real, &bad);
    msg_free(&bad);
    return st;
}

static enum status pass_on(struct link *l, struct msg *m, bool *got)
{
    struct spoiler *s = (struct spoiler *)l;
    return s->real->ops->receive(s->real, m, got);
}

static void a_sum_that_fails_burns_its_round_three_times_end_the_run(void **state)
{
    (void)state;
    static const struct link_ops spoiling = {.send = spoil, .receive = pass_on};
    char whole[DIGEST_TEXT];
    char model[DIGEST_TEXT];
    undisturbed(whole, all_of_them);
    for (size_t times = 1; times <= 3; times++) {
        struct meeting m;
        meeting_open(&m, all_of_them, 3, 3);
        check_ok(meeting_run_to(&m, LEG_TRAIN, 1));
        struct spoiler s = {.link = {.ops = &spoiling}, .real = m.node[1].o.link, .times = times};
        m.node[1].o.link = &s.link;
        if (times == 3) {
            check_fault(meeting_run(&m), EC_RUN_SUM);
        } else {
            check_ok(meeting_run(&m));
            assert_true(m.coordinator.finished);
            assert_int_equal(m.coordinator.turn, 9 + times);
            assert_string_equal(meeting_model(model, &m), whole);
        }
        assert_true(meeting_logged(&m, "sum refused", "guard word"));
        meeting_close(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_site_is_waited_for_until_the_deadline),
        cmocka_unit_test(with_a_quorum_the_round_goes_on_and_the_missed_one_is_counted),
        cmocka_unit_test(without_a_quorum_the_run_ends_and_names_who_was_awaited),
        cmocka_unit_test(without_a_required_site_no_round_counts),
        cmocka_unit_test(a_burnt_round_is_tried_again_and_ends_in_the_same_bytes),
        cmocka_unit_test(a_site_that_goes_silent_after_its_sum_is_not_needed_to_commit),
        cmocka_unit_test(without_a_quorum_of_the_same_result_nothing_is_committed),
        cmocka_unit_test(what_is_not_due_is_refused_and_changes_no_byte),
        cmocka_unit_test(a_second_contribution_or_acceptance_counts_for_nothing),
        cmocka_unit_test(a_site_that_contributes_another_shape_is_refused_and_the_others_go_on),
        cmocka_unit_test(a_site_that_computed_something_else_ends_the_run),
        cmocka_unit_test(a_sum_that_fails_burns_its_round_three_times_end_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
