/* A site whose key is good and whose frames are not, or too many. */
#include <pthread.h>
#include <stdatomic.h>
#include <zmq.h>

#include "crypto/hash.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/wire/frame.h"
#include "proto/wire/limits.h"
#include "tests/support/capture.h"
#include "tests/support/check.h"
#include "tests/support/federation.h"

/* A socket that site 1 opens past the link. */
struct rogue {
    void *context, *socket;
    struct party session;
    uint32_t connection;
};

static void rogue_open(struct rogue *r, const struct fed *f)
{
    const int none = 0;
    *r = (struct rogue){.context = zmq_ctx_new()};
    r->socket = zmq_socket(r->context, ZMQ_DEALER);
    assert_non_null(r->socket);
    zmq_setsockopt(r->socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(r->socket, ZMQ_CURVE_SERVERKEY, f->coord_id.pub.curve, KEY_BYTES);
    zmq_setsockopt(r->socket, ZMQ_CURVE_PUBLICKEY, f->site_id[1].pub.curve, KEY_BYTES);
    zmq_setsockopt(r->socket, ZMQ_CURVE_SECRETKEY, f->site_id[1].secret, KEY_BYTES);
    assert_int_equal(zmq_connect(r->socket, f->endpoint), 0);
}

static void rogue_close(struct rogue *r)
{
    zmq_close(r->socket);
    zmq_ctx_term(r->context);
}

/* Waits for room. */
static void rogue_ping(struct rogue *r, bool intact)
{
    uint8_t frame[FRAME_HEADER_BYTES];
    struct msg_header h = {.type = MSG_PING, .session = r->session, .attempt = ++r->connection};
    frame_write(frame, &h, NULL);
    frame[20] ^= !intact;
    must(zmq_send(r->socket, frame, sizeof frame, 0) == (int)sizeof frame);
}

static size_t lines_with(const char *text, const char *words)
{
    size_t count = 0;
    for (const char *at = strstr(text, words); at != NULL; at = strstr(at + 1, words))
        count++;
    return count;
}

/* Site 0 contributes, and is answered. */
static void play_round(const struct fed *f, uint64_t round)
{
    struct party s0 = party_of_site(0);
    struct msg m = fed_message(round, 100000);
    check_ok(net_as_link(f->site[0])->ops->send(net_as_link(f->site[0]), &m));
    msg_free(&m);
    assert_true(fed_receive(&m, f->coord, FED_PATIENCE_MS));
    assert_true(party_equal(&m.head.sender, &s0));
    assert_int_equal(m.head.round, round);
    assert_true(fed_intact(&m));
    m.head.recipient = s0;
    check_ok(net_as_link(f->coord)->ops->send(net_as_link(f->coord), &m));
    msg_free(&m);
    assert_true(fed_receive(&m, f->site[0], FED_PATIENCE_MS));
    assert_int_equal(m.head.round, round);
    msg_free(&m);
}

static void wrong_frames_of_a_site_are_a_line_a_second(void **state)
{
    (void)state;
    enum { FRAMES = 2000 };
    static struct fed f;
    struct rogue r;
    fed_open(&f, 2);
    fed_start_coord(&f);
    fed_start_site(&f, 0, 0);
    assert_true(fed_line(&f, 0, LINE_UP));
    struct capture c = capture_open(2);
    struct clock clock = clock_machine();
    uint64_t from = clock_now_ms(&clock);
    rogue_open(&r, &f);
    for (size_t i = 0; i < FRAMES; i++) {
        rogue_ping(&r, false);
        key_random(r.session.byte, sizeof r.session.byte); /* and another process every time */
        rogue_ping(&r, true);
    }
    play_round(&f, 1);
    uint64_t seconds = (clock_now_ms(&clock) - from) / LOG_THRIFT_MS;
    char *said = capture_close(&c);
    size_t refused = lines_with(said, "frame refused"), anew = lines_with(said, "started anew");
    free(said);
    rogue_close(&r);
    fed_close(&f);
    assert_in_range(refused, 1, seconds + 1);
    assert_in_range(anew, 1, seconds + 1);
}

struct flood {
    struct rogue rogue;
    atomic_bool stop;
    size_t frames;
};

static void *pour(void *of)
{
    struct flood *flood = of;
    for (; !atomic_load(&flood->stop); flood->frames++)
        rogue_ping(&flood->rogue, true);
    return NULL;
}

static void a_flood_from_one_site_leaves_the_others_their_rounds(void **state)
{
    (void)state;
    enum { ROUNDS = 50 };
    static struct fed f;
    struct flood flood = {.frames = 0};
    pthread_t thread;
    fed_open(&f, 2);
    fed_start_coord(&f);
    fed_start_site(&f, 0, 0);
    assert_true(fed_line(&f, 0, LINE_UP));
    rogue_open(&flood.rogue, &f);
    assert_int_equal(pthread_create(&thread, NULL, pour, &flood), 0);
    while (net_coord_quiet_ms(f.coord, 1) == UINT64_MAX)
        net_wait(f.coord, 1);
    for (uint64_t round = 1; round <= ROUNDS; round++)
        play_round(&f, round);
    assert_int_equal(net_line(f.site[0]), LINE_UP);
    assert_int_equal(net_lives(f.site[0]), 1);
    atomic_store(&flood.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(flood.frames > 10 * ROUNDS);
    rogue_close(&flood.rogue);
    fed_close(&f);
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_frames_of_a_site_are_a_line_a_second),
        cmocka_unit_test(a_flood_from_one_site_leaves_the_others_their_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
