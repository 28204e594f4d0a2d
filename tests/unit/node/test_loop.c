/* One real site; the coordinator is a puppet that may say anything. */
#include "tests/support/check.h"

#include "node/loop.h"
#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/wire/link_mem.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

static const char lines[] = "rounds = 2; model = { name = \"linear\"; };\n"
                            "local = { batch = 16; }; evaluate = { probes = []; };\n";

struct stage {
    struct scratch scratch;
    struct plan plan;
    char flat[SCRATCH_MAX];
    struct hub *hub;
    struct link *puppet;
    struct node_loop node;
    struct msg last; /* what the site said last */
};

static void open_stage(struct stage *s, const char *plan_lines)
{
    char path[SCRATCH_MAX];
    static const struct fixture f = {
        .seed = 4, .patients = 50, .images = 1, .width = 5, .signal = 1, .test_share = .3};
    *s = (struct stage){.scratch = scratch_open(), .hub = hub_open(1, 0)};
    check_ok(fixture_plan(path, sizeof path, s->scratch.path, plan_lines));
    check_ok(plan_load(&s->plan, path, NULL, 0, adopt_parts, adopt_part_count));
    log_to_stderr(LOG_ERROR, false);
    check_ok(log_to_file(scratch_file(path, &s->scratch, "log.jsonl")));
    check_ok(fixture_flat(s->flat, sizeof s->flat, s->scratch.path, "north", &f));
    s->puppet = hub_coordinator(s->hub);
    struct node_options o = {.plan = &s->plan, .flat_path = s->flat, .link = hub_site(s->hub, 0)};
    check_ok(node_loop_open(&s->node, &o));
}

static void close_stage(struct stage *s)
{
    msg_free(&s->last);
    node_loop_close(&s->node);
    hub_close(&s->hub);
    plan_close(&s->plan);
    check_ok(log_to_file(NULL));
    scratch_close(&s->scratch);
}

/* What the site said since; false when nothing. */
static bool hears(struct stage *s, enum msg_kind kind)
{
    bool got = false;
    struct msg m;
    check_ok(s->puppet->ops->receive(s->puppet, &m, &got));
    if (!got)
        return false;
    msg_free(&s->last);
    s->last = m;
    assert_int_equal(m.head.type, kind);
    assert_true(digest_equal(&m.head.config, &s->plan.digest));
    return true;
}

static struct msg word(const struct stage *s, enum msg_kind kind, uint64_t round)
{
    return (struct msg){.head = {.type = (uint8_t)kind,
                                 .config = s->plan.digest,
                                 .model = s->node.fingerprint,
                                 .round = round,
                                 .recipient = party_of_site(0)}};
}

static enum status say(struct stage *s, const struct msg *m)
{
    check_ok(s->puppet->ops->send(s->puppet, m));
    return node_loop_turn(&s->node);
}

static struct msg opening(const struct stage *s, uint64_t round)
{
    struct msg m = word(s, MSG_ROUND_OPEN, round);
    m.as.open =
        (struct msg_open){(uint32_t)s->node.work.course.leg.kind, s->node.work.course.leg.values};
    return m;
}

static void greet(struct stage *s)
{
    assert_true(hears(s, MSG_JOIN));
    assert_string_equal(s->last.as.join.site, "north");
    struct msg m = word(s, MSG_WELCOME, 0);
    m.as.welcome = (struct msg_welcome){0, 1, 0};
    check_ok(say(s, &m));
    assert_int_equal(s->node.node.phase, PH_IDLE);
}

static void open_round(struct stage *s, uint64_t round)
{
    struct msg m = opening(s, round);
    check_ok(say(s, &m));
    assert_true(hears(s, MSG_MASKED));
    assert_int_equal(s->last.head.round, round);
}

/* The sum of one site is what it sent. */
static struct msg result(const struct stage *s, uint64_t round)
{
    struct msg m = word(s, MSG_RESULT, round);
    m.vector = s->node.work.out;
    m.as.result.sites = 1;
    return m;
}

static void finish_round(struct stage *s, uint64_t round)
{
    struct msg m = result(s, round);
    check_ok(say(s, &m));
    assert_true(hears(s, MSG_ACCEPT));
    assert_true(digest_equal(&s->last.head.model, &s->node.fingerprint));
    m = word(s, MSG_COMMIT, round);
    check_ok(say(s, &m));
    assert_int_equal(s->node.node.phase, PH_IDLE);
}

static bool logged(const struct stage *s, const char *text)
{
    char path[SCRATCH_MAX];
    uint8_t *bytes = NULL;
    size_t len = 0;
    check_ok(file_read(&bytes, &len, scratch_file(path, &s->scratch, "log.jsonl"), 1u << 24));
    bool found = strstr((const char *)bytes, text) != NULL;
    free(bytes);
    return found;
}

static void a_run_with_one_site_goes_from_its_join_to_the_end(void **state)
{
    (void)state;
    static const enum leg_kind legs[] = {LEG_MOMENTS, LEG_TRAIN, LEG_TRAIN,  LEG_TRACE,
                                         LEG_TEST,    LEG_PLACE, LEG_GROUPS, LEG_PATIENTS};
    struct stage s;
    open_stage(&s, lines);
    greet(&s);
    for (size_t i = 0; i < COUNT(legs); i++) {
        assert_int_equal(s.node.work.course.leg.kind, legs[i]);
        open_round(&s, i + 1);
        finish_round(&s, i + 1);
    }
    assert_int_equal(s.node.work.course.leg.kind, LEG_END);
    struct msg m = word(&s, MSG_END, COUNT(legs));
    check_ok(say(&s, &m));
    assert_true(s.node.finished);
    assert_false(hears(&s, MSG_ACCEPT));
    assert_false(logged(&s, "refused"));
    close_stage(&s);
}

static void what_is_not_due_is_refused_and_the_run_goes_on(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint8_t type;
        enum node_phase in; /* IDLE: between rounds 1 and 2; UPLOADED, APPLIED: in round 2 */
        uint64_t round;
    } rows[] = {
        {"a sum that nobody asked for", MSG_PAST, PH_IDLE, 0},
        {"a welcome in the middle of a round", MSG_WELCOME, PH_UPLOADED, 2},
        {"another, with the result in hand", MSG_WELCOME, PH_APPLIED, 2},
        {"a result of no round", MSG_RESULT, PH_IDLE, 2},
        {"a commit out of the blue", MSG_COMMIT, PH_IDLE, 1},
        {"nothing to burn", MSG_BURN, PH_IDLE, 1},
        {"a round that is over", MSG_ROUND_OPEN, PH_IDLE, 1},
        {"a word for coordinators", MSG_MASKED, PH_IDLE, 2},
        {"another word for them", MSG_JOIN, PH_IDLE, 2},
        {"a word that does not exist", 200, PH_IDLE, 2},
        {"a second opening", MSG_ROUND_OPEN, PH_UPLOADED, 3},
        {"the result of another round", MSG_RESULT, PH_UPLOADED, 1},
        {"a commit before the result", MSG_COMMIT, PH_UPLOADED, 2},
        {"the burning of another", MSG_BURN, PH_UPLOADED, 1},
        {"the end before the end", MSG_END, PH_UPLOADED, 2},
        {"a second result", MSG_RESULT, PH_APPLIED, 2},
        {"burning what has happened", MSG_BURN, PH_APPLIED, 2},
        {"the commit of another round", MSG_COMMIT, PH_APPLIED, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stage s;
        open_stage(&s, lines);
        greet(&s);
        open_round(&s, 1);
        finish_round(&s, 1);
        if (rows[i].in != PH_IDLE)
            open_round(&s, 2);
        struct msg m = result(&s, 2);
        if (rows[i].in == PH_APPLIED) {
            check_ok(say(&s, &m));
            assert_true(hears(&s, MSG_ACCEPT));
        }
        struct node before = s.node.node;
        m = word(&s, (enum msg_kind)rows[i].type, rows[i].round);
        if (rows[i].type == MSG_WELCOME)
            m.as.welcome = (struct msg_welcome){0, 1, 0};
        enum status st = say(&s, &m);
        bool silent = !hears(&s, MSG_ACCEPT);
        if (st != ST_OK || !silent || !logged(&s, "refused") || !logged(&s, "north"))
            fail_msg("%s: %s", rows[i].what, fault_text());
        assert_memory_equal(&s.node.node, &before, sizeof before);
        if (rows[i].in == PH_IDLE)
            open_round(&s, 2);
        if (rows[i].in != PH_APPLIED) {
            finish_round(&s, 2);
        } else {
            m = word(&s, MSG_COMMIT, 2);
            check_ok(say(&s, &m));
        }
        assert_int_equal(s.node.work.course.leg.index, 1);
        close_stage(&s);
    }
}

static void a_welcome_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const struct msg_welcome rows[] = {{0, 0, 0}, {3, 3, 0}, {UINT32_MAX, 2, 0}};
    struct stage s;
    open_stage(&s, lines);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct msg m = word(&s, MSG_WELCOME, 0);
        m.as.welcome = rows[i];
        check_ok(say(&s, &m));
        assert_int_equal(s.node.node.phase, PH_AUTH);
    }
    assert_true(logged(&s, "welcome as number 3 of 3"));
    greet(&s);
    open_round(&s, 1);
    close_stage(&s);
}

static void another_plan_ends_the_run_whatever_was_said(void **state)
{
    (void)state;
    for (int type = 0; type < MSG_KINDS; type++) {
        struct stage s;
        open_stage(&s, lines);
        greet(&s);
        struct msg m = word(&s, (enum msg_kind)type, 1);
        if (type == MSG_ROUND_OPEN)
            m = opening(&s, 1);
        m.head.config.byte[DIGEST_BYTES - 1] ^= 1;
        if (type == MSG_REFUSED) /* what it will not have us for may be just that */
            msg_refuse(&m, EC_RUN_PLAN, "another plan");
        check_fault(say(&s, &m), EC_RUN_PLAN);
        assert_non_null(strstr(fault_text(), "another plan"));
        assert_false(hears(&s, MSG_MASKED));
        close_stage(&s);
    }
}

static void a_refusal_ends_the_run_with_its_code(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s, lines);
    struct msg m = word(&s, MSG_REFUSED, 0);
    msg_refuse(&m, EC_RUN_WITHOUT, "too late");
    check_fault(say(&s, &m), EC_RUN_WITHOUT);
    assert_string_equal(fault_text(), "too late");
    snprintf(m.as.refused.code, sizeof m.as.refused.code, "E-NEW-001");
    check_fault(say(&s, &m), EC_RUN_REFUSED);
    assert_non_null(strstr(fault_text(), "E-NEW-001"));
    close_stage(&s);
}

/* Sums that another site's life has left, one by one, in order. */
static void what_was_missed_is_asked_for_and_folded(void **state)
{
    (void)state;
    struct stage s, past;
    struct msg sum[2];
    open_stage(&past, lines);
    greet(&past);
    for (uint64_t leg = 1; leg <= 2; leg++) {
        open_round(&past, leg);
        struct msg r = result(&past, leg);
        sum[leg - 1] = msg_clone(&r);
        sum[leg - 1].head.type = MSG_PAST;
        sum[leg - 1].as.past = (struct msg_past){leg, 1};
        finish_round(&past, leg);
    }
    open_stage(&s, lines);
    assert_true(hears(&s, MSG_JOIN));
    assert_int_equal(s.last.as.join.done, 0);
    struct msg m = word(&s, MSG_WELCOME, 5);
    m.as.welcome = (struct msg_welcome){0, 1, 2};
    check_ok(say(&s, &m));
    for (uint64_t leg = 1; leg <= 2; leg++) {
        assert_true(hears(&s, MSG_ASK));
        assert_int_equal(s.last.as.ask.leg, leg);
        sum[2 - leg].head.config = s.plan.digest;
        check_ok(say(&s, &sum[2 - leg])); /* the other one: refused, or none is due */
        if (leg == 1) {
            assert_true(logged(&s, "the sum of leg 2 came, 1 is due"));
            assert_false(hears(&s, MSG_ASK));
            check_ok(say(&s, &sum[0]));
        } else {
            assert_true(logged(&s, "the sum of leg 1 came, 2 is due"));
            check_ok(say(&s, &sum[1]));
        }
    }
    assert_true(hears(&s, MSG_JOIN));
    assert_int_equal(s.last.as.join.done, 2);
    assert_true(digest_equal(&s.last.head.model, &past.node.fingerprint));
    m = word(&s, MSG_WELCOME, 5);
    m.as.welcome = (struct msg_welcome){0, 1, 2};
    check_ok(say(&s, &m));
    assert_int_equal(s.node.node.phase, PH_IDLE);
    open_round(&s, 6);
    msg_free(&sum[0]);
    msg_free(&sum[1]);
    close_stage(&s);
    close_stage(&past);
}

static void another_run_of_the_same_plan_is_begun_with_nothing_three_times_at_most(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s, lines);
    greet(&s);
    open_round(&s, 1);
    finish_round(&s, 1);
    check_ok(node_loop_rejoin(&s.node));
    assert_true(hears(&s, MSG_JOIN));
    assert_int_equal(s.last.as.join.done, 1);
    struct msg m = word(&s, MSG_WELCOME, 0);
    m.as.welcome = (struct msg_welcome){0, 1, 0};
    check_ok(say(&s, &m)); /* it has folded nothing */
    assert_true(hears(&s, MSG_JOIN));
    assert_int_equal(s.last.as.join.done, 0);
    for (int i = 0; i < 3; i++) {
        m = word(&s, MSG_WELCOME, 0);
        m.head.model.byte[0] ^= 1; /* equally far, and elsewhere */
        m.as.welcome = (struct msg_welcome){0, 1, 0};
        if (i < 2)
            check_ok(say(&s, &m));
        else
            check_fault(say(&s, &m), EC_RUN_MISMATCH);
    }
    close_stage(&s);
}

static void a_contribution_outlives_the_coordinator_it_was_made_for(void **state)
{
    (void)state;
    static const char with_adam[] = "rounds = 2; model = { name = \"linear\"; };\n"
                                    "local = { batch = 16; optimiser = \"adam\"; };\n"
                                    "evaluate = { probes = []; };\n";
    struct stage s;
    open_stage(&s, with_adam);
    greet(&s);
    open_round(&s, 1);
    finish_round(&s, 1);
    open_round(&s, 2);
    struct msg before = msg_clone(&s.last);
    check_ok(node_loop_rejoin(&s.node));
    assert_true(hears(&s, MSG_JOIN));
    struct msg m = word(&s, MSG_WELCOME, 0);
    m.as.welcome = (struct msg_welcome){0, 1, 1};
    check_ok(say(&s, &m));
    open_round(&s, 1); /* its rounds are counted anew */
    assert_memory_equal(before.vector.word, s.last.vector.word,
                        ring_bytes(before.vector.bits, before.vector.words));
    msg_free(&before);
    close_stage(&s);
}

static void a_leg_that_differs_ends_the_run_and_nothing_is_sent(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint32_t leg;
        int64_t longer;
    } rows[] = {
        {"another kind", LEG_TRAIN, 0},
        {"another length", LEG_MOMENTS, 1},
        {"no such leg", 77, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stage s;
        open_stage(&s, lines);
        greet(&s);
        struct msg m = opening(&s, 1);
        m.as.open.leg = rows[i].leg;
        m.as.open.values += (uint64_t)rows[i].longer;
        check_fault(say(&s, &m), EC_RUN_MISMATCH);
        assert_string_equal(fault_kept()->where, "north");
        assert_false(hears(&s, MSG_MASKED));
        close_stage(&s);
    }
}

static void no_leg_opens_after_the_end(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s, lines);
    greet(&s);
    for (uint64_t round = 1; s.node.work.course.leg.kind != LEG_END; round++) {
        open_round(&s, round);
        finish_round(&s, round);
    }
    struct msg m = opening(&s, 99);
    assert_int_equal(m.as.open.leg, LEG_END);
    check_fault(say(&s, &m), EC_RUN_MISMATCH);
    close_stage(&s);
}

static void a_result_that_does_not_hold_is_not_accepted(void **state)
{
    (void)state;
    for (int what = 0; what < 4; what++) {
        struct stage s;
        open_stage(&s, lines);
        greet(&s);
        open_round(&s, 1);
        finish_round(&s, 1);
        open_round(&s, 2);
        struct msg whole = result(&s, 2);
        struct msg m = msg_clone(&whole);
        if (what == 0)
            ring_put(&m.vector, m.vector.words - 1, 1); /* a guard word */
        if (what == 1)
            m.as.result.sites = 2;
        if (what == 2)
            m.vector.bits = 64, m.vector.words /= 2;
        if (what == 3)
            m.vector.words = 0;
        check_fault(say(&s, &m), EC_RUN_SUM);
        assert_string_equal(fault_kept()->where, "north");
        assert_false(hears(&s, MSG_ACCEPT));
        msg_free(&m);
        close_stage(&s);
    }
}

static void a_committed_state_that_is_not_ours_ends_the_run(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s, lines);
    greet(&s);
    open_round(&s, 1);
    struct msg m = result(&s, 1);
    check_ok(say(&s, &m));
    m = word(&s, MSG_COMMIT, 1);
    m.head.model.byte[0] ^= 1;
    check_fault(say(&s, &m), EC_RUN_MISMATCH);
    assert_string_equal(fault_kept()->where, "north");
    assert_int_equal(s.node.node.phase, PH_HALT);
    close_stage(&s);
}

static void a_diverged_site_says_so_and_sends_nothing(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s, "rounds = 2; model = { name = \"debias-vae\"; latent = 3; hidden = 8; };\n"
                   "local = { optimiser = \"sgd\"; lr = 10.0; clip_l2 = 0.0; epochs = 50; };\n"
                   "evaluate = { representations = [\"original\"]; };\n");
    greet(&s);
    open_round(&s, 1);
    finish_round(&s, 1);
    struct msg m = opening(&s, 2);
    check_fault(say(&s, &m), EC_RUN_NAN);
    assert_string_equal(fault_kept()->where, "north");
    assert_false(hears(&s, MSG_MASKED));
    close_stage(&s);
}

/* Adam has moved on when the leg is asked for again: the contribution must be the first one. */
static void a_burnt_round_is_tried_again_with_the_same_bytes(void **state)
{
    (void)state;
    struct stage s;
    open_stage(&s, lines);
    greet(&s);
    uint64_t round = 0;
    for (size_t legs = 0; s.node.work.course.leg.kind != LEG_END; legs++) {
        open_round(&s, ++round);
        size_t bytes = ring_bytes(s.last.vector.bits, s.last.vector.words);
        void *first = must_alloc(1, bytes);
        memcpy(first, s.last.vector.word, bytes);
        struct msg m = word(&s, MSG_BURN, round);
        check_ok(say(&s, &m));
        assert_int_equal(s.node.node.phase, PH_IDLE);
        open_round(&s, ++round);
        assert_memory_equal(s.last.vector.word, first, bytes);
        finish_round(&s, round);
        free(first);
    }
    assert_int_equal(round, 16);
    close_stage(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_with_one_site_goes_from_its_join_to_the_end),
        cmocka_unit_test(what_is_not_due_is_refused_and_the_run_goes_on),
        cmocka_unit_test(a_welcome_that_makes_no_sense_is_refused),
        cmocka_unit_test(another_plan_ends_the_run_whatever_was_said),
        cmocka_unit_test(a_refusal_ends_the_run_with_its_code),
        cmocka_unit_test(what_was_missed_is_asked_for_and_folded),
        cmocka_unit_test(another_run_of_the_same_plan_is_begun_with_nothing_three_times_at_most),
        cmocka_unit_test(a_contribution_outlives_the_coordinator_it_was_made_for),
        cmocka_unit_test(a_leg_that_differs_ends_the_run_and_nothing_is_sent),
        cmocka_unit_test(no_leg_opens_after_the_end),
        cmocka_unit_test(a_result_that_does_not_hold_is_not_accepted),
        cmocka_unit_test(a_committed_state_that_is_not_ours_ends_the_run),
        cmocka_unit_test(a_diverged_site_says_so_and_sends_nothing),
        cmocka_unit_test(a_burnt_round_is_tried_again_with_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
