/* How far a node's clock is from the coordinator's. */
#include <zmq.h>

#include "proto/base/clock.h"
#include "proto/base/must.h"
#include "proto/wire/frame.h"
#include "proto/wire/link_zmq.h"
#include "tests/support/check.h"
#include "tests/support/federation.h"
#include "tests/support/proxy.h"

#define HOUR_MS 3600000
#define NEAR_MS 30000 /* of a busy machine, where half an hour would be wrong */

static bool near(int64_t a, int64_t b, int64_t by)
{
    return a - b <= by && b - a <= by;
}

static void on_one_machine_clocks_agree(void **state)
{
    (void)state;
    static struct fed f;
    int64_t ms = 77;
    fed_open(&f, 1);
    fed_start_coord(&f);
    struct proxy *p = proxy_open(fed_port(&f), 1);
    proxy_stall(p, true);
    fed_start_site(&f, 0, proxy_port(p));
    assert_false(net_clock_offset_ms(&ms, f.site[0])); /* nobody answered yet */
    assert_int_equal(ms, 0);
    proxy_stall(p, false);
    assert_true(fed_line(&f, 0, LINE_UP));
    assert_true(net_clock_offset_ms(&ms, f.site[0]));
    struct clock clock = clock_machine();
    uint64_t end = clock_now_ms(&clock) + FED_PATIENCE_MS;
    while (!near(ms, 0, 1000) && clock_now_ms(&clock) < end) { /* an answer was held up */
        net_wait(f.site[0], 50);
        assert_true(net_clock_offset_ms(&ms, f.site[0]));
    }
    assert_true(near(ms, 0, 1000));
    fed_close(&f);
    proxy_close(&p);
}

/* --- a coordinator with a clock of its own --------------------------------------------------- */

struct oracle {
    void *context, *door;
    unsigned port;
};

static void oracle_open(struct oracle *o, const struct identity *as)
{
    char endpoint[64];
    size_t len = sizeof endpoint;
    const int yes = 1, patience = FED_PATIENCE_MS, none = 0;
    o->context = zmq_ctx_new();
    o->door = zmq_socket(o->context, ZMQ_ROUTER);
    must(zmq_setsockopt(o->door, ZMQ_CURVE_SERVER, &yes, sizeof yes) == 0);
    must(zmq_setsockopt(o->door, ZMQ_CURVE_SECRETKEY, as->secret, KEY_BYTES) == 0);
    must(zmq_setsockopt(o->door, ZMQ_RCVTIMEO, &patience, sizeof patience) == 0);
    must(zmq_setsockopt(o->door, ZMQ_LINGER, &none, sizeof none) == 0);
    must(zmq_bind(o->door, "tcp://127.0.0.1:*") == 0);
    must(zmq_getsockopt(o->door, ZMQ_LAST_ENDPOINT, endpoint, &len) == 0);
    o->port = (unsigned)strtoul(strrchr(endpoint, ':') + 1, NULL, 10);
}

static void oracle_close(struct oracle *o)
{
    zmq_close(o->door);
    zmq_ctx_term(o->context);
}

/* Answers the next question with this time. */
static void oracle_answers(struct oracle *o, uint64_t utc_ms)
{
    uint8_t from[256], bytes[1024], answer[FRAME_HEADER_BYTES];
    struct frame f;
    int address = zmq_recv(o->door, from, sizeof from, 0);
    int len = zmq_recv(o->door, bytes, sizeof bytes, 0);
    assert_true(address > 0);
    assert_true(len > 0);
    check_ok(frame_parse(&f, bytes, (size_t)len));
    assert_int_equal(f.head.type, MSG_PING);
    struct msg_header h = {.type = MSG_PONG,
                           .session = {{1}},
                           .attempt = f.head.attempt,
                           .sequence = 1,
                           .round = utc_ms};
    frame_write(answer, &h, NULL);
    assert_int_equal(zmq_send(o->door, from, (size_t)address, ZMQ_SNDMORE), address);
    assert_int_equal(zmq_send(o->door, answer, sizeof answer, 0), sizeof answer);
}

static void the_difference_is_the_coordinators_clock_minus_ours(void **state)
{
    (void)state;
    const int64_t now = (int64_t)clock_utc_ms();
    const struct {
        const char *what;
        uint64_t says;
        bool known;
        int64_t offset;
    } rows[] = {
        {"an hour ahead", (uint64_t)now + HOUR_MS, true, HOUR_MS},
        {"an hour behind", (uint64_t)now - HOUR_MS, true, -HOUR_MS},
        {"a machine that does not know", 0, false, 0},
        {"the last date of all", INT64_MAX, true, INT64_MAX - now},
        {"a date that does not exist", (uint64_t)INT64_MAX + 1, false, 0},
        {"the first date of all", 1, true, 1 - now},
        {"the largest number", UINT64_MAX, false, 0},
    };
    struct clock clock = clock_machine();
    struct oracle o;
    static struct fed f;
    fed_open(&f, 1);
    f.pace.ping_ms = 20;
    oracle_open(&o, &f.coord_id);
    fed_start_site(&f, 0, o.port);
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t end = clock_now_ms(&clock) + FED_PATIENCE_MS;
        int64_t ms = 0;
        bool known = false, as_told = false;
        oracle_answers(&o, rows[i].says);
        while (!as_told && clock_now_ms(&clock) < end) {
            net_wait(f.site[0], 5);
            known = net_clock_offset_ms(&ms, f.site[0]);
            as_told = known == rows[i].known && near(ms, rows[i].offset, NEAR_MS);
        }
        if (!as_told)
            fail_msg("%s: known %d, %lld ms", rows[i].what, (int)known, (long long)ms);
    }
    fed_close(&f);
    oracle_close(&o);
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_one_machine_clocks_agree),
        cmocka_unit_test(the_difference_is_the_coordinators_clock_minus_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
