/* Sites that say more than they should: what it costs the coordinator. */
#include "tests/support/check.h"

#include "proto/base/file.h"
#include "tests/support/meeting.h"

static const char plan[] = "rounds = 2; model = { name = \"linear\"; };\n"
                           "local = { batch = 16; }; evaluate = { probes = []; };\n";

/* Asks for a sum that does not exist, so often. */
static void ask(struct meeting *m, uint32_t site, size_t times)
{
    struct link *l = hub_site(m->hub, site);
    struct msg said = {.head = {.type = MSG_ASK, .config = m->plan.digest}};
    said.as.ask.leg = 1000;
    for (size_t i = 0; i < times; i++)
        check_ok(l->ops->send(l, &said));
}

static size_t log_lines(const struct meeting *m, const char *word)
{
    char path[SCRATCH_MAX];
    uint8_t *bytes = NULL;
    size_t len = 0, count = 0;
    check_ok(file_read(&bytes, &len, scratch_file(path, &m->scratch, "log.jsonl"), 1u << 24));
    for (const char *at = (char *)bytes; (at = strstr(at, word)) != NULL; at++)
        count++;
    free(bytes);
    return count;
}

static void what_a_site_repeats_is_a_line_a_second_and_hides_no_other_site(void **state)
{
    (void)state;
    struct meeting m;
    meeting_open(&m, plan, 3, 3);
    check_ok(coord_loop_turn(&m.coordinator));
    ask(&m, 0, 100);
    ask(&m, 1, 100);
    check_ok(coord_loop_turn(&m.coordinator));
    assert_int_equal(log_lines(&m, "not kept"), 2);
    clock_turn(&m.clock, LOG_THRIFT_MS);
    ask(&m, 0, 1);
    check_ok(coord_loop_turn(&m.coordinator));
    assert_int_equal(log_lines(&m, "not kept"), 3);
    assert_true(meeting_logged(&m, "\"times\":100", "\"north\""));
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished);
    meeting_close(&m);
}

static void a_turn_ends_however_much_is_said(void **state)
{
    (void)state;
    enum { SAID = 10, A_TURN = 3 };
    struct meeting m;
    struct msg left;
    bool got = true;
    meeting_open(&m, plan, 3, 3);
    check_ok(coord_loop_turn(&m.coordinator));
    m.coordinator.o.turn_messages = A_TURN;
    ask(&m, 0, SAID);
    check_ok(coord_loop_turn(&m.coordinator));
    check_ok(coord_loop_turn(&m.coordinator));
    struct link *l = m.coordinator.o.link;
    for (size_t i = 0; i <= SAID - 2 * A_TURN; i++) {
        check_ok(l->ops->receive(l, &left, &got));
        assert_int_equal(got, i < SAID - 2 * A_TURN);
    }
    for (size_t i = 0; i < 100 && !m.coordinator.finished; i++) {
        bool moved = false;
        check_ok(meeting_step(&m, &moved));
    }
    assert_true(m.coordinator.finished);
    meeting_close(&m);
}

struct openings {
    size_t count, bytes;
};

static void on_opening(void *ctx, size_t bytes)
{
    struct openings *o = ctx;
    o->count++;
    o->bytes = bytes;
}

static void it_is_said_how_much_is_due_before_a_round_is_opened(void **state)
{
    (void)state;
    struct meeting m;
    struct openings o = {.bytes = 0};
    meeting_open(&m, plan, 3, 3);
    m.coordinator.opening = on_opening;
    m.coordinator.ctx = &o;
    for (uint64_t turn = 1; !m.coordinator.finished; turn++) {
        check_ok(coord_loop_turn(&m.coordinator)); /* opens it: nobody has heard of it yet */
        if (m.coordinator.finished)
            break;
        assert_int_equal(o.count, m.coordinator.turn);
        assert_int_equal(o.bytes,
                         ring_bytes(m.coordinator.intake.sum.bits, m.coordinator.intake.sum.words));
        assert_true(o.bytes > 0);
        bool moved = true;
        check_ok(meeting_step(&m, &moved));
        assert_true(turn < 100);
    }
    assert_true(o.count > 3);
    meeting_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_site_repeats_is_a_line_a_second_and_hides_no_other_site),
        cmocka_unit_test(a_turn_ends_however_much_is_said),
        cmocka_unit_test(it_is_said_how_much_is_due_before_a_round_is_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
