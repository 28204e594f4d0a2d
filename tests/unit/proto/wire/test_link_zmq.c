/* Messages over good lines and bad ones; whom the door refuses is in test_link_zmq_line.c. */
#include "proto/wire/link_zmq.h"

#include "proto/base/clock.h"
#include "proto/wire/limits.h"
#include "tests/support/check.h"
#include "tests/support/federation.h"
#include "tests/support/proxy.h"

static void send_to(struct net_link *l, uint64_t round, size_t words, struct party to)
{
    struct msg m = fed_message(round, words);
    m.head.recipient = to;
    check_ok(net_as_link(l)->ops->send(net_as_link(l), &m));
    msg_free(&m);
}

static const struct party coordinator;

static void assert_next(struct net_link *l, uint64_t round, size_t words, const struct party *from)
{
    struct msg m;
    assert_true(fed_receive(&m, l, FED_PATIENCE_MS));
    assert_int_equal(m.head.round, round);
    assert_int_equal(m.vector.words, words);
    assert_true(party_equal(&m.head.sender, from));
    assert_true(fed_intact(&m));
    msg_free(&m);
}

static void assert_silence(struct net_link *l, uint64_t ms)
{
    struct msg m;
    assert_false(fed_receive(&m, l, ms));
}

static void messages_and_vectors_go_both_ways(void **state)
{
    (void)state;
    static const size_t words[] = {0, 1, 3, 16384, 16385, 65536, 65537, 600000, 0};
    static struct fed f;
    struct party s0 = party_of_site(0), s1 = party_of_site(1);
    fed_open(&f, 2);
    fed_start_coord(&f);
    for (uint64_t i = 0; i < 7; i++) /* before anybody is there; one long vector among them */
        send_to(f.coord, 100 + i, words[i], s1);
    fed_start_site(&f, 0, 0);
    fed_start_site(&f, 1, 0);
    for (uint64_t i = 0; i < 7; i++)
        assert_next(f.site[1], 100 + i, words[i], &coordinator);
    for (uint64_t i = 0; i < COUNT(words); i++) { /* one after the other */
        send_to(f.site[0], i, words[i], coordinator);
        assert_next(f.coord, i, words[i], &s0);
        send_to(f.coord, i, words[i], s0);
        assert_next(f.site[0], i, words[i], &coordinator);
    }
    for (uint64_t i = 0; i < COUNT(words); i++) /* and all at once */
        send_to(f.site[0], i, words[i], coordinator);
    for (uint64_t i = 0; i < COUNT(words); i++)
        assert_next(f.coord, i, words[i], &s0);
    assert_int_equal(net_line(f.site[0]), LINE_UP);
    assert_int_equal(net_lives(f.site[0]), 1);
    assert_true(net_coord_quiet_ms(f.coord, 0) < FED_PATIENCE_MS);
    assert_true(net_as_link(f.site[0])->bytes_out > 2 * 4 * 600000);
    fed_close(&f);
}

static void a_result_goes_to_all_and_a_long_schema_comes(void **state)
{
    (void)state;
    enum { SITES = 5 };
    static struct fed f;
    struct party to[SITES];
    fed_open(&f, SITES);
    fed_start_coord(&f);
    for (uint32_t i = 0; i < SITES; i++) {
        struct msg m = {.head = {.type = MSG_JOIN}};
        snprintf(m.as.join.site, sizeof m.as.join.site, "site %u", (unsigned)i);
        m.as.join.schema_len = 1000 + i * 16000; /* the last takes more than a frame */
        m.as.join.schema = malloc(m.as.join.schema_len);
        assert_non_null(m.as.join.schema);
        memset(m.as.join.schema, 'a' + (int)i, m.as.join.schema_len);
        to[i] = party_of_site(i);
        fed_start_site(&f, i, 0);
        check_ok(net_as_link(f.site[i])->ops->send(net_as_link(f.site[i]), &m));
        msg_free(&m);
        assert_true(fed_receive(&m, f.coord, FED_PATIENCE_MS));
        assert_int_equal(m.head.type, MSG_JOIN);
        assert_int_equal(m.as.join.schema_len, 1000 + i * 16000);
        assert_int_equal(m.as.join.schema[m.as.join.schema_len - 1], 'a' + (int)i);
        msg_free(&m);
    }
    struct msg m = fed_message(7, 2000000);
    check_ok(net_as_link(f.coord)->ops->send_all(net_as_link(f.coord), &m, to, SITES));
    memset(m.vector.word, 0, 8000000); /* it was borrowed */
    msg_free(&m);
    for (uint32_t i = 0; i < SITES; i++)
        assert_next(f.site[i], 7, 2000000, &coordinator);
    m = fed_message(8, 0);
    m.head.recipient = party_of_site(SITES);
    check_fault(net_as_link(f.coord)->ops->send(net_as_link(f.coord), &m), EC_INTERNAL);
    fed_close(&f);
}

static void send_plan(struct net_link *l, uint32_t site, size_t len)
{
    struct msg m = {.head = {.type = MSG_PLAN, .recipient = party_of_site(site)}};
    m.as.plan = (struct msg_plan){malloc(len), len};
    assert_non_null(m.as.plan.text);
    memset(m.as.plan.text, 'p', len);
    m.as.plan.text[len - 1] = '\n';
    check_ok(net_as_link(l)->ops->send(net_as_link(l), &m));
    memset(m.as.plan.text, 0, len); /* it was borrowed */
    msg_free(&m);
}

static void assert_plan(struct net_link *l, size_t len)
{
    struct msg m;
    assert_true(fed_receive(&m, l, FED_PATIENCE_MS));
    assert_int_equal(m.head.type, MSG_PLAN);
    assert_int_equal(m.as.plan.text_len, len);
    for (size_t i = 0; i + 1 < len; i++)
        assert_int_equal(m.as.plan.text[i], 'p');
    assert_int_equal(m.as.plan.text[len - 1], '\n');
    msg_free(&m);
}

static void short_and_long_plans_arrive_intact(void **state)
{
    (void)state;
    static const size_t len[] = {1, 5000, WIRE_BODY_MAX - 4, WIRE_BODY_MAX - 3, WIRE_PLAN_MAX};
    static struct fed f;
    fed_open(&f, 1);
    fed_start_coord(&f);
    fed_start_site(&f, 0, 0);
    for (size_t i = 0; i < COUNT(len); i++) {
        struct msg m = {.head = {.type = MSG_HELLO, .round = i}};
        check_ok(net_as_link(f.site[0])->ops->send(net_as_link(f.site[0]), &m));
        assert_true(fed_receive(&m, f.coord, FED_PATIENCE_MS));
        assert_int_equal(m.head.type, MSG_HELLO);
        send_plan(f.coord, 0, len[i]);
        assert_plan(f.site[0], len[i]);
    }
    struct msg m = {.head = {.round = 1}};
    msg_refuse(&m, EC_DATA_DISAGREE, "");
    check_ok(net_as_link(f.site[0])->ops->send(net_as_link(f.site[0]), &m));
    assert_true(fed_receive(&m, f.coord, FED_PATIENCE_MS));
    assert_int_equal(m.head.type, MSG_REFUSED);
    assert_string_equal(m.as.refused.text, complaint_row(EC_DATA_DISAGREE)->cause);
    fed_close(&f);
}

static void past_sums_arrive_as_results_do(void **state)
{
    (void)state;
    static const size_t words[] = {1, 16384, 16640, 65537, 2000000};
    static struct fed f;
    fed_open(&f, 1);
    fed_start_coord(&f);
    fed_start_site(&f, 0, 0);
    for (size_t i = 0; i < COUNT(words); i++) {
        struct msg ask = {.head = {.type = MSG_ASK}}, m = fed_message(i, words[i]);
        ask.as.ask.leg = i + 1;
        check_ok(net_as_link(f.site[0])->ops->send(net_as_link(f.site[0]), &ask));
        assert_true(fed_receive(&ask, f.coord, FED_PATIENCE_MS));
        assert_int_equal(ask.head.type, MSG_ASK);
        m.head.type = MSG_PAST;
        m.head.recipient = ask.head.sender;
        m.as.past = (struct msg_past){ask.as.ask.leg, 4};
        check_ok(net_as_link(f.coord)->ops->send(net_as_link(f.coord), &m));
        msg_free(&m);
        assert_true(fed_receive(&m, f.site[0], FED_PATIENCE_MS));
        assert_int_equal(m.head.type, MSG_PAST);
        assert_int_equal(m.as.past.leg, i + 1);
        assert_int_equal(m.as.past.sites, 4);
        assert_int_equal(m.vector.words, words[i]);
        assert_non_null(m.vector.word);
        assert_true(fed_intact(&m));
        msg_free(&m);
    }
    fed_close(&f);
}

/* More uploads at a time than there is room for. */
static void uploads_take_turns(void **state)
{
    (void)state;
    enum { SITES = 8, WORDS = 300000 };
    static struct fed f;
    uint64_t next[SITES] = {0};
    fed_open(&f, SITES);
    fed_start_coord(&f);
    for (uint32_t i = 0; i < SITES; i++) {
        fed_start_site(&f, i, 0);
        for (uint64_t k = 0; k < 3; k++)
            send_to(f.site[i], 10 * i + k, WORDS, coordinator);
    }
    for (size_t got = 0; got < 3 * SITES; got++) {
        struct msg m;
        assert_true(fed_receive(&m, f.coord, FED_PATIENCE_MS));
        size_t site = (size_t)(m.head.round / 10);
        struct party p = party_of_site((uint32_t)site);
        assert_true(party_equal(&m.head.sender, &p));
        assert_int_equal(m.head.round % 10, next[site]++);
        assert_true(fed_intact(&m));
        msg_free(&m);
    }
    assert_silence(f.coord, 0);
    fed_close(&f);
}

/* --- bad lines ------------------------------------------------------------------------------- */

struct exchange {
    uint64_t rounds;
    size_t up, down; /* words */
};

/* Site 0 and the coordinator answer each other, over whatever lies between. */
static void play(struct fed *f, const struct exchange *x,
                 void (*disturb)(void *ctx, uint64_t round), void *ctx)
{
    struct party s0 = party_of_site(0);
    for (uint64_t r = 1; r <= x->rounds; r++) {
        send_to(f->site[0], r, x->up, coordinator);
        disturb(ctx, r);
        assert_next(f->coord, r, x->up, &s0);
        send_to(f->coord, r, x->down, s0);
        assert_next(f->site[0], r, x->down, &coordinator);
    }
    assert_silence(f->coord, 0);
    assert_silence(f->site[0], 0);
    assert_int_equal(net_lives(f->site[0]), 1);
}

static void cut_some(void *ctx, uint64_t round)
{
    if (round % 3 == 0)
        proxy_cut(ctx);
}

static void a_line_that_is_cut_loses_and_doubles_nothing(void **state)
{
    (void)state;
    static const struct exchange rows[] = {{30, 0, 0}, {20, 100000, 1}, {10, 1, 500000}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fed f;
        fed_open(&f, 1);
        fed_start_coord(&f);
        struct proxy *p = proxy_open(fed_port(&f), 1);
        fed_start_site(&f, 0, proxy_port(p));
        play(&f, &rows[i], cut_some, p);
        assert_true(proxy_connections(p) > 3);
        fed_close(&f);
        proxy_close(&p);
    }
}

static void flip_some(void *ctx, uint64_t round)
{
    if (round % 4 == 0)
        proxy_flip(ctx, round % 8 == 0 ? PROXY_UP : PROXY_DOWN);
}

static void a_line_that_damages_delivers_no_wrong_bit(void **state)
{
    (void)state;
    struct exchange x = {16, 200000, 300000};
    static struct fed f;
    fed_open(&f, 1);
    fed_start_coord(&f);
    struct proxy *p = proxy_open(fed_port(&f), 2);
    fed_start_site(&f, 0, proxy_port(p));
    play(&f, &x, flip_some, p);
    assert_int_equal(proxy_flips(p), 4);
    assert_true(proxy_connections(p) >= 5); /* each cost a connection */
    fed_close(&f);
    proxy_close(&p);
}

static void rounds_end_however_often_bits_flip(void **state)
{
    (void)state;
    static struct fed f;
    struct party s0 = party_of_site(0);
    fed_open(&f, 1);
    f.pace.ping_ms = 100;
    f.pace.silence_ms = f.pace.handshake_ms = 500;
    fed_start_coord(&f);
    struct proxy *p = proxy_open(fed_port(&f), 5);
    fed_start_site(&f, 0, proxy_port(p));
    proxy_flip_every(p, 5, 100);
    for (uint64_t r = 1; r <= 50 || proxy_flips(p) < 25; r++) {
        send_to(f.site[0], r, 40000, coordinator);
        assert_next(f.coord, r, 40000, &s0);
        send_to(f.coord, r, 40000, s0);
        assert_next(f.site[0], r, 40000, &coordinator);
    }
    assert_silence(f.coord, 0);
    assert_silence(f.site[0], 0);
    assert_int_equal(net_lives(f.site[0]), 1);
    fed_close(&f);
    proxy_close(&p);
}

static void a_line_that_stalls_is_found_out_and_made_anew(void **state)
{
    (void)state;
    static struct fed f;
    struct party s0 = party_of_site(0);
    fed_open(&f, 1);
    fed_start_coord(&f);
    struct proxy *p = proxy_open(fed_port(&f), 3);
    fed_start_site(&f, 0, proxy_port(p));
    assert_true(fed_line(&f, 0, LINE_UP));
    proxy_stall(p, true);
    send_to(f.site[0], 1, 100000, coordinator);
    assert_true(fed_line(&f, 0, LINE_SILENT));
    check_fault(net_line_fault(net_line(f.site[0]), "tcp://x:1"), EC_NET_SILENT);
    proxy_stall(p, false);
    assert_next(f.coord, 1, 100000, &s0);
    assert_true(fed_line(&f, 0, LINE_UP));
    fed_close(&f);
    proxy_close(&p);
}

/* --- lives ----------------------------------------------------------------------------------- */

static void a_node_that_starts_anew_gets_nothing_of_its_former_life(void **state)
{
    (void)state;
    static struct fed f;
    struct party s0 = party_of_site(0);
    fed_open(&f, 1);
    fed_start_coord(&f);
    fed_start_site(&f, 0, 0);
    send_to(f.site[0], 1, 10, coordinator);
    assert_next(f.coord, 1, 10, &s0);
    net_close(&f.site[0], 0);
    send_to(f.coord, 2, 10, s0); /* for a process that is no more */
    fed_start_site(&f, 0, 0);
    assert_true(fed_line(&f, 0, LINE_UP));
    send_to(f.site[0], 3, 70000, coordinator);
    assert_next(f.coord, 3, 70000, &s0);
    send_to(f.coord, 4, 70000, s0);
    assert_next(f.site[0], 4, 70000, &coordinator);
    assert_silence(f.site[0], 0);
    assert_int_equal(net_lives(f.site[0]), 1);
    fed_close(&f);
}

static void a_coordinator_that_starts_anew_is_noticed(void **state)
{
    (void)state;
    struct clock clock = clock_machine();
    static struct fed f;
    struct party s0 = party_of_site(0);
    fed_open(&f, 1);
    fed_start_coord(&f);
    fed_start_site(&f, 0, 0);
    send_to(f.site[0], 1, 10, coordinator);
    assert_next(f.coord, 1, 10, &s0);
    net_close(&f.coord, 0);
    send_to(f.site[0], 2, 10, coordinator);
    fed_start_coord(&f);
    uint64_t end = clock_now_ms(&clock) + FED_PATIENCE_MS;
    while (net_lives(f.site[0]) < 2 && clock_now_ms(&clock) < end)
        net_wait(f.site[0], 1000);
    assert_int_equal(net_lives(f.site[0]), 2);
    send_to(f.site[0], 3, 10, coordinator);
    assert_next(f.coord, 3, 10, &s0); /* and not the second, which was for the old one */
    send_to(f.coord, 4, 10, s0);
    assert_next(f.site[0], 4, 10, &coordinator);
    fed_close(&f);
}

static void a_site_that_was_away_too_long_is_told(void **state)
{
    (void)state;
    static const struct {
        uint64_t messages;
        size_t words; /* of each */
        bool kept;
    } rows[] = {
        {WIRE_AWAY_MAX, 20000, true},
        {WIRE_AWAY_MAX + 1, 20000, false},
        {WIRE_QUEUE_MAX, 0, true},
        {WIRE_QUEUE_MAX + 1, 0, false},
    };
    struct clock clock = clock_machine();
    struct party s0 = party_of_site(0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct fed f;
        fed_open(&f, 1);
        fed_start_coord(&f);
        struct proxy *p = proxy_open(fed_port(&f), 4);
        fed_start_site(&f, 0, proxy_port(p));
        assert_true(fed_line(&f, 0, LINE_UP));
        proxy_stall(p, true);
        proxy_cut(p);
        for (uint64_t r = 1; r <= rows[i].messages; r++)
            send_to(f.coord, r, rows[i].words, s0);
        proxy_stall(p, false);
        for (uint64_t r = 1; rows[i].kept && r <= rows[i].messages; r++)
            assert_next(f.site[0], r, rows[i].words, &coordinator);
        uint32_t lives = rows[i].kept ? 1 : 2;
        uint64_t end = clock_now_ms(&clock) + FED_PATIENCE_MS;
        while (net_lives(f.site[0]) < lives && clock_now_ms(&clock) < end)
            net_wait(f.site[0], 1000);
        assert_int_equal(net_lives(f.site[0]), lives);
        send_to(f.site[0], 1000, 10, coordinator);
        assert_next(f.coord, 1000, 10, &s0);
        send_to(f.coord, 1001, 20000, s0);
        assert_next(f.site[0], 1001, 20000, &coordinator);
        fed_close(&f);
        proxy_close(&p);
    }
}

static void closing_sends_what_is_queued(void **state)
{
    (void)state;
    static struct fed f;
    struct party s0 = party_of_site(0), s1 = party_of_site(1);
    fed_open(&f, 2);
    fed_start_coord(&f);
    fed_start_site(&f, 0, 0);
    fed_start_site(&f, 1, 0);
    send_to(f.site[0], 1, 500000, coordinator);
    send_to(f.site[0], 2, 0, coordinator);
    net_close(&f.site[0], FED_PATIENCE_MS);
    assert_next(f.coord, 1, 500000, &s0);
    assert_next(f.coord, 2, 0, &s0);
    send_to(f.coord, 3, 500000, s0); /* is away: not waited for */
    send_to(f.coord, 3, 500000, s1);
    assert_true(fed_line(&f, 1, LINE_UP));
    net_close(&f.coord, FED_PATIENCE_MS);
    assert_next(f.site[1], 3, 500000, &coordinator);
    fed_close(&f);
}

static void a_vector_longer_than_due_is_not_kept(void **state)
{
    (void)state;
    static struct fed f;
    struct party s0 = party_of_site(0);
    fed_open(&f, 1);
    fed_start_coord(&f);
    net_vector_room(f.coord, 400000);
    fed_start_site(&f, 0, 0);
    send_to(f.site[0], 1, 100001, coordinator);
    send_to(f.site[0], 2, 100000, coordinator);
    assert_next(f.coord, 2, 100000, &s0);
    fed_close(&f);
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_and_vectors_go_both_ways),
        cmocka_unit_test(a_result_goes_to_all_and_a_long_schema_comes),
        cmocka_unit_test(short_and_long_plans_arrive_intact),
        cmocka_unit_test(past_sums_arrive_as_results_do),
        cmocka_unit_test(uploads_take_turns),
        cmocka_unit_test(a_line_that_is_cut_loses_and_doubles_nothing),
        cmocka_unit_test(a_line_that_damages_delivers_no_wrong_bit),
        cmocka_unit_test(rounds_end_however_often_bits_flip),
        cmocka_unit_test(a_line_that_stalls_is_found_out_and_made_anew),
        cmocka_unit_test(a_node_that_starts_anew_gets_nothing_of_its_former_life),
        cmocka_unit_test(a_coordinator_that_starts_anew_is_noticed),
        cmocka_unit_test(a_site_that_was_away_too_long_is_told),
        cmocka_unit_test(closing_sends_what_is_queued),
        cmocka_unit_test(a_vector_longer_than_due_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
