#include "proto/wire/zap.h"

#include <poll.h>
#include <unistd.h>
#include <zmq.h>

#include "crypto/hash.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/must.h"
#include "tests/support/capture.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"
#include "tests/support/stops.h"

#define PATIENCE_MS 10000

/* A door with a gatekeeper: sites "a" and "b" have keys, only "a" is enrolled. */
struct house {
    struct scratch scratch;
    void *context, *door, *watch; /* watch: what becomes of those who knock */
    struct roster *roster;
    struct zap *zap;
    struct identity coord, a, b;
    char endpoint[128];
};

static void copy_file(const struct house *h, const char *from, const char *to)
{
    char path[SCRATCH_MAX];
    uint8_t *bytes = NULL;
    size_t len = 0;
    check_ok(file_read(&bytes, &len, scratch_file(path, &h->scratch, from), 4096));
    check_ok(file_write(scratch_file(path, &h->scratch, to), bytes, len));
    free(bytes);
}

static void set_int(void *socket, int option, int value)
{
    assert_int_equal(zmq_setsockopt(socket, option, &value, sizeof value), 0);
}

static void *door_open(const struct house *h, bool guarded)
{
    void *s = zmq_socket(h->context, ZMQ_ROUTER);
    set_int(s, ZMQ_CURVE_SERVER, 1);
    set_int(s, ZMQ_LINGER, 0);
    assert_int_equal(zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, h->coord.secret, KEY_BYTES), 0);
    if (guarded)
        check_ok(zap_guard(s));
    return s;
}

static void house_open(struct house *h, bool kept)
{
    char path[SCRATCH_MAX];
    *h = (struct house){.scratch = scratch_open(), .context = zmq_ctx_new()};
    scratch_file(path, &h->scratch, "keys");
    check_ok(identity_make(&h->coord, path, "coord"));
    check_ok(identity_make(&h->a, path, "a"));
    check_ok(identity_make(&h->b, path, "b"));
    scratch_file(path, &h->scratch, "sites");
    check_ok(file_folder(path));
    copy_file(h, "keys/a.pub", "sites/a.pub");
    check_ok(roster_open(&h->roster, path));
    if (kept)
        check_ok(zap_open(&h->zap, h->context, h->roster));
    h->door = door_open(h, true);
    assert_int_equal(
        zmq_socket_monitor(h->door, "inproc://watch",
                           ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                               ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_SUCCEEDED),
        0);
    h->watch = zmq_socket(h->context, ZMQ_PAIR);
    set_int(h->watch, ZMQ_RCVTIMEO, PATIENCE_MS);
    assert_int_equal(zmq_connect(h->watch, "inproc://watch"), 0);
    size_t len = sizeof h->endpoint;
    assert_int_equal(zmq_bind(h->door, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(h->door, ZMQ_LAST_ENDPOINT, h->endpoint, &len), 0);
}

static void house_close(struct house *h)
{
    zmq_close(h->watch);
    zmq_close(h->door);
    zap_close(&h->zap);
    zap_close(&h->zap); /* harmless */
    zmq_ctx_term(h->context);
    roster_close(&h->roster);
    identity_close(&h->coord);
    identity_close(&h->a);
    identity_close(&h->b);
    scratch_close(&h->scratch);
}

enum how { CURVE, WRONG_SERVER, NO_CURVE, PLAIN };

/* Somebody who knocks and says a word at once. */
static void *knock(const struct house *h, enum how how, const struct identity *as)
{
    static const uint8_t wrong[KEY_BYTES] = {9};
    void *s = zmq_socket(h->context, ZMQ_DEALER);
    set_int(s, ZMQ_LINGER, 0);
    set_int(s, ZMQ_RECONNECT_IVL, -1);
    if (how == CURVE || how == WRONG_SERVER) {
        const uint8_t *server = how == CURVE ? h->coord.pub.curve : wrong;
        zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, server, KEY_BYTES);
        zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, as->pub.curve, KEY_BYTES);
        zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, as->secret, KEY_BYTES);
    } else if (how == PLAIN) {
        zmq_setsockopt(s, ZMQ_PLAIN_USERNAME, "a", 1);
        zmq_setsockopt(s, ZMQ_PLAIN_PASSWORD, "a", 1);
    }
    assert_int_equal(zmq_connect(s, h->endpoint), 0);
    assert_int_equal(zmq_send(s, "hello", 5, 0), 5);
    return s;
}

/* The next event at the door. */
static unsigned event(const struct house *h)
{
    uint8_t frame[6] = {0};
    assert_int_equal(zmq_recv(h->watch, frame, sizeof frame, 0), sizeof frame);
    assert_true(zmq_recv(h->watch, NULL, 0, 0) >= 0);
    return frame[0] | (unsigned)frame[1] << 8;
}

/* The user id under which the next message comes; empty when none comes within ms. */
static void heard(char *user, size_t cap, const struct house *h, int ms)
{
    zmq_msg_t m;
    user[0] = '\0';
    set_int(h->door, ZMQ_RCVTIMEO, ms);
    for (bool more = true; more;) {
        zmq_msg_init(&m);
        int len = zmq_msg_recv(&m, h->door, 0);
        more = len >= 0 && zmq_msg_more(&m);
        if (len >= 0 && !more) {
            const char *id = zmq_msg_gets(&m, "User-Id");
            snprintf(user, cap, "%s", id == NULL ? "none" : id);
        }
        zmq_msg_close(&m);
    }
}

static void only_an_enrolled_key_is_heard_under_its_sites_number(void **state)
{
    (void)state;
    struct house h;
    house_open(&h, true);
    static const struct {
        const char *what;
        enum how how;
        bool enrolled, good;
        unsigned event;
        const char *told; /* in the log */
    } rows[] = {
        {"enrolled", CURVE, true, true, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, ""},
        {"not enrolled", CURVE, false, false, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, "not enrolled"},
        {"wrong server", WRONG_SERVER, true, false, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ""},
        {"no CURVE", NO_CURVE, true, false, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ""},
        {"PLAIN", PLAIN, true, false, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ""},
        {"enrolled, still", CURVE, true, true, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char user[32], print[FINGERPRINT_MAX];
        struct capture c = capture_open(2);
        void *s = knock(&h, rows[i].how, rows[i].enrolled ? &h.a : &h.b);
        unsigned what = event(&h);
        heard(user, sizeof user, &h, rows[i].good ? PATIENCE_MS : 0);
        char *said = capture_close(&c);
        if (what != rows[i].event || (user[0] != '\0') != rows[i].good)
            fail_msg("%s: event %04x, user `%s`", rows[i].what, what, user);
        assert_string_equal(user, rows[i].good ? "0.1" : "");
        fingerprint_text(print, &h.b.pub);
        if (rows[i].told[0] != '\0') {
            assert_non_null(strstr(said, rows[i].told));
            assert_non_null(strstr(said, print));
            assert_non_null(strstr(said, "127.0.0.1"));
            assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
        } else {
            assert_string_equal(said, "");
        }
        free(said);
        zmq_close(s);
    }
    house_close(&h);
}

static void the_roster_is_read_again_while_the_door_is_open(void **state)
{
    (void)state;
    struct house h;
    char user[32] = "", path[SCRATCH_MAX];
    house_open(&h, true);
    struct clock clock = clock_machine();
    uint64_t end = clock_now_ms(&clock) + PATIENCE_MS;
    copy_file(&h, "keys/b.pub", "sites/b.pub");
    while (roster_sites(h.roster) < 2 && clock_now_ms(&clock) < end)
        poll(NULL, 0, 10);
    void *s = knock(&h, CURVE, &h.b);
    assert_int_equal(event(&h), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    heard(user, sizeof user, &h, PATIENCE_MS);
    assert_string_equal(user, "1.1");
    zmq_close(s);

    assert_int_equal(unlink(scratch_file(path, &h.scratch, "sites/b.pub")), 0);
    while (roster_revoked(h.roster) < 1 && clock_now_ms(&clock) < end)
        poll(NULL, 0, 10);
    s = knock(&h, CURVE, &h.b);
    assert_int_equal(event(&h), ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    zmq_close(s);
    house_close(&h);
}

static void a_door_without_a_gatekeeper_lets_nobody_in(void **state)
{
    (void)state;
    struct house h;
    char user[32];
    house_open(&h, false);
    void *s = knock(&h, CURVE, &h.a);
    assert_int_not_equal(event(&h), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    heard(user, sizeof user, &h, 0);
    assert_string_equal(user, "");
    zmq_close(s);
    house_close(&h);
}

static void a_second_gatekeeper_is_refused(void **state)
{
    (void)state;
    struct house h;
    struct zap *second = NULL;
    house_open(&h, true);
    check_fault(zap_open(&second, h.context, h.roster), EC_INTERNAL);
    assert_null(second);
    house_close(&h);
}

/* The context is shut under the gatekeeper, as a bug of ours could. */
static void lose_gatekeeper(void *ctx)
{
    struct house *h = ctx;
    house_open(h, true);
    zmq_ctx_shutdown(h->context);
    for (;;)
        pause();
}

static void a_gatekeeper_that_dies_stops_the_process(void **state)
{
    (void)state;
    struct house h;
    char heard_text[512];
    assert_true(stops(heard_text, sizeof heard_text, lose_gatekeeper, &h));
    assert_non_null(strstr(heard_text, "zap.c"));
}

static void a_user_id_is_read_back_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        struct pass want;
    } rows[] = {
        {"0.1", true, {0, 1}},
        {"4294967295.17", true, {4294967295u, 17}},
        {"4294967296.1", false, {0, 0}},
        {"01.1", false, {0, 0}},
        {"1", false, {0, 0}},
        {"1.", false, {0, 0}},
        {"1.1 ", false, {0, 0}},
        {" 1.1", false, {0, 0}},
        {"-1.1", false, {0, 0}},
        {"north", false, {0, 0}},
        {"", false, {0, 0}},
        {NULL, false, {0, 0}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pass p = {0, 0};
        if (zap_pass(&p, rows[i].text) != rows[i].good || p.site != rows[i].want.site ||
            p.version != rows[i].want.version)
            fail_msg("`%s`", rows[i].text == NULL ? "NULL" : rows[i].text);
    }
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_an_enrolled_key_is_heard_under_its_sites_number),
        cmocka_unit_test(the_roster_is_read_again_while_the_door_is_open),
        cmocka_unit_test(a_door_without_a_gatekeeper_lets_nobody_in),
        cmocka_unit_test(a_second_gatekeeper_is_refused),
        cmocka_unit_test(a_gatekeeper_that_dies_stops_the_process),
        cmocka_unit_test(a_user_id_is_read_back_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
