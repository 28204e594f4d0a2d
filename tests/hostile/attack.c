/*
 * attack.c - what strangers, and sites that mean ill, do to a coordinator.
 *
 *     attack HOW tcp://127.0.0.1:PORT COORDINATOR.pub NAME.key AMOUNT
 *
 *   unknown, null, plain, wrongkey   AMOUNT connections: CURVE by this key, which is not enrolled;
 *                                    no security; a password; CURVE for another server's key
 *   huge      AMOUNT connections that announce a frame of 1 GiB and send of it what is taken
 *   garbage   AMOUNT frames by this key, which is enrolled: random, damaged, cut, lying
 *   flood     AMOUNT seconds of good frames by this key, as fast as they are taken
 *   replay    AMOUNT messages by this key, and then all frames of that connection on another one
 *
 * Prints what it did. Status 1: somebody was let in or answered who should not have been.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "crypto/hash.h"
#include "crypto/keys.h"
#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"
#include "proto/wire/codec.h"
#include "proto/wire/frame.h"

#define CROWD       50    /* strangers at a time */
#define PATIENCE_MS 15000 /* for what takes milliseconds */
#define LISTEN_MS   1500  /* for an answer that should not come */
#define FLOOD_AHEAD 64    /* messages said before we look how far they came */
#define ANSWER_MAX  (WIRE_FRAME_MAX + 1)
#define HUGE_BLOCK  (64 << 10)
#define HUGE_BYTES  ((size_t)1 << 30)

struct attack {
    const char *endpoint;
    struct public_key server;
    struct identity self;
    size_t amount;
    void *context;
    struct clock clock;
};

/* Prints the outcome; the status of the program. */
static int told(bool well, const char *how, const char *what, size_t count)
{
    printf("%s: %zu %s%s\n", how, count, what, well ? "" : "  THIS SHOULD NOT BE");
    return well ? 0 : 1;
}

static void set_int(void *s, int option, int value)
{
    must(zmq_setsockopt(s, option, &value, sizeof value) == 0);
}

static void *new_socket(const struct attack *a)
{
    void *s = zmq_socket(a->context, ZMQ_DEALER);
    must(s != NULL);
    set_int(s, ZMQ_LINGER, 0);
    set_int(s, ZMQ_RECONNECT_IVL, -1);
    return s;
}

static void set_curve(void *s, const struct attack *a, const uint8_t *server)
{
    must(zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, server, KEY_BYTES) == 0);
    must(zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, a->self.pub.curve, KEY_BYTES) == 0);
    must(zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, a->self.secret, KEY_BYTES) == 0);
}

/* --- strangers ------------------------------------------------------------------------------- */

enum how { UNKNOWN, NONE, PLAIN, WRONG_KEY };

struct stranger {
    void *socket, *watch;
};

static struct stranger knock(const struct attack *a, enum how how, size_t number)
{
    char name[64];
    struct stranger s = {.socket = new_socket(a)};
    if (how == UNKNOWN)
        set_curve(s.socket, a, a->server.curve);
    if (how == WRONG_KEY)
        set_curve(s.socket, a, a->self.pub.curve);
    if (how == PLAIN) {
        must(zmq_setsockopt(s.socket, ZMQ_PLAIN_USERNAME, "admin", 5) == 0);
        must(zmq_setsockopt(s.socket, ZMQ_PLAIN_PASSWORD, "admin", 5) == 0);
    }
    snprintf(name, sizeof name, "inproc://watch-%zu", number);
    must(zmq_socket_monitor(s.socket, name, ZMQ_EVENT_ALL) == 0);
    s.watch = zmq_socket(a->context, ZMQ_PAIR);
    must(s.watch != NULL);
    must(zmq_connect(s.watch, name) == 0);
    must(zmq_connect(s.socket, a->endpoint) == 0);
    (void)zmq_send(s.socket, "let me in", 9, ZMQ_DONTWAIT);
    return s;
}

/* Until its connection came to an end; false: it was let in, or there was none. */
static bool is_refused(const struct stranger *s)
{
    const unsigned over = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                          ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_DISCONNECTED;
    set_int(s->watch, ZMQ_RCVTIMEO, PATIENCE_MS);
    for (;;) {
        uint16_t what = 0;
        uint8_t event[6], address[256];
        if (zmq_recv(s->watch, event, sizeof event, 0) != sizeof event ||
            zmq_recv(s->watch, address, sizeof address, 0) < 0)
            return false;
        memcpy(&what, event, sizeof what);
        if (what == ZMQ_EVENT_HANDSHAKE_SUCCEEDED || what == ZMQ_EVENT_CLOSED)
            return false;
        if ((what & over) != 0)
            return zmq_recv(s->socket, address, sizeof address, ZMQ_DONTWAIT) < 0;
    }
}

static int strangers(const struct attack *a, const char *name, enum how how)
{
    size_t refused = 0;
    for (size_t at = 0; at < a->amount; at += CROWD) {
        struct stranger crowd[CROWD];
        size_t count = a->amount - at < CROWD ? a->amount - at : CROWD;
        for (size_t i = 0; i < count; i++)
            crowd[i] = knock(a, how, at + i);
        for (size_t i = 0; i < count; i++)
            refused += is_refused(&crowd[i]);
        for (size_t i = 0; i < count; i++) {
            (void)zmq_socket_monitor(crowd[i].socket, NULL, 0);
            zmq_close(crowd[i].socket);
            zmq_close(crowd[i].watch);
        }
    }
    return told(refused == a->amount, name, "refused", refused);
}

static int dial(const struct attack *a)
{
    const char *port = strrchr(a->endpoint, ':') + 1;
    struct timeval limit = {.tv_sec = 2};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0);
    must(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    must(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
    return fd;
}

/* All at once: what each of them is given adds up. */
static int huge(const struct attack *a)
{
    static char block[HUGE_BLOCK];
    static const uint8_t greeting[64] = {0xff, 0, 0, 0,   0,   0,   0,   0,  1,
                                         0x7f, 3, 0, 'C', 'U', 'R', 'V', 'E'};
    static const uint8_t frame[9] = {0x06, 0, 0, 0, 0, 0x40, 0, 0, 0}; /* a long command, 1 GiB */
    int *fd = must_alloc(a->amount, sizeof *fd);
    size_t taken = 0;
    for (size_t i = 0; i < a->amount; i++) {
        fd[i] = dial(a);
        (void)!send(fd[i], greeting, sizeof greeting, MSG_NOSIGNAL);
        (void)!send(fd[i], frame, sizeof frame, MSG_NOSIGNAL);
    }
    for (size_t i = 0; i < a->amount; i++) {
        ssize_t put = 1;
        for (size_t sent = 0; put > 0 && sent<HUGE_BYTES; sent += put> 0 ? (size_t)put : 0) {
            put = send(fd[i], block, sizeof block, MSG_NOSIGNAL);
            taken += put > 0 ? (size_t)put : 0;
        }
        close(fd[i]);
    }
    free(fd);
    return told(taken < a->amount << 23, "huge", "bytes taken", taken);
}

/* --- a site that means ill ------------------------------------------------------------------- */

struct site {
    const struct attack *a;
    void *socket;
    struct party session;
    uint32_t connection;
    uint64_t next;        /* number of the next message */
    struct digest config; /* of the plan, once we were told */
    struct rng rng;
};

static void dial_in(struct site *s)
{
    if (s->socket != NULL)
        zmq_close(s->socket);
    s->socket = new_socket(s->a);
    set_curve(s->socket, s->a, s->a->server.curve);
    set_int(s->socket, ZMQ_SNDTIMEO, PATIENCE_MS);
    must(zmq_connect(s->socket, s->a->endpoint) == 0);
}

static bool put(struct site *s, const void *bytes, size_t len)
{
    return zmq_send(s->socket, bytes, len, 0) == (int)len;
}

static struct msg_header header(const struct site *s, enum msg_kind kind)
{
    return (struct msg_header){
        .type = (uint8_t)kind, .session = s->session, .config = s->config, .sequence = s->next};
}

/* A frame of this message; its length. */
static size_t frame_of(uint8_t *out, const struct msg_header *head, const struct msg *m)
{
    uint8_t body[WIRE_BODY_MAX];
    struct msg_header h = *head;
    struct msg said = *m;
    said.head = h;
    h.body_len = h.type == MSG_PING ? 0 : codec_pack(body, sizeof body, &said);
    frame_write(out, &h, body);
    return frame_bytes(&h);
}

/* Begins as another process, on this connection. */
static bool greet(struct site *s)
{
    uint8_t frame[FRAME_HEADER_BYTES];
    key_random(s->session.byte, sizeof s->session.byte);
    s->next = 1;
    struct msg_header h = header(s, MSG_PING);
    h.attempt = ++s->connection;
    return put(s, frame, frame_of(frame, &h, &(struct msg){.head = h}));
}

/* The next answer that is a frame, within ms. Its type; MSG_KINDS: none. *number: of a message,
 * or what an acknowledgement says is awaited. */
static unsigned answer(uint64_t *number, struct site *s, int ms)
{
    static uint8_t bytes[ANSWER_MAX];
    struct frame f;
    set_int(s->socket, ZMQ_RCVTIMEO, ms);
    int len = zmq_recv(s->socket, bytes, sizeof bytes, 0);
    if (len < 0)
        return MSG_KINDS;
    must(frame_parse(&f, bytes, (size_t)len) == ST_OK);
    *number = f.head.sequence;
    s->config = f.head.type == MSG_PLAN ? f.head.config : s->config;
    struct msg m = {.head = f.head};
    if (f.head.type == MSG_CHUNK_ACK && codec_unpack(&m, f.body, (size_t)f.head.body_len) == ST_OK)
        *number = m.as.chunk_ack.sequence;
    return f.head.type;
}

/* One of the messages that cost the coordinator an answer each. */
static struct msg word(const struct site *s)
{
    static const enum msg_kind kinds[] = {MSG_HELLO, MSG_ASK, MSG_JOIN};
    struct msg m = {.head = header(s, kinds[s->next % COUNT(kinds)])};
    if (m.head.type == MSG_JOIN)
        snprintf(m.as.join.site, sizeof m.as.join.site, "%s", s->a->self.pub.name);
    if (m.head.type == MSG_ASK)
        m.as.ask.leg = UINT32_MAX;
    return m;
}

/* --- garbage --------------------------------------------------------------------------------- */

enum garbage {
    RANDOM,          /* any bytes */
    PARTS,           /* a message of three parts */
    FOREIGN_SESSION, /* a PING of a process that never was */
    DAMAGED,         /* one bit is wrong */
    OTHER_VERSION,   /* of the protocol */
    CUT_HEADER,
    CUT_BODY,
    UNKNOWN_KIND,
    RANDOM_BODY, /* well framed, and no protobuf */
    STRAY_PIECE, /* of nothing that was announced */
    STRAY_ACK,   /* of what was never said */
    WIDE_VECTOR, /* announces a gigabyte */
    OTHERS_NAME, /* joins as somebody else, and says so in the frame */
    TOO_LONG,    /* longer than any frame: the connection is over */
    GARBAGE_KINDS
};

static bool throw_bytes(struct site *s, uint8_t *bytes, size_t len, enum garbage kind)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)rng_below(&s->rng, 256);
    for (size_t part = 1; kind == PARTS && part < 3; part++)
        if (zmq_send(s->socket, bytes, len, ZMQ_SNDMORE) < 0)
            return false;
    return put(s, bytes, len);
}

static struct msg lie(struct site *s, enum garbage kind)
{
    struct msg m = {.head = header(s, MSG_HELLO)};
    if (kind == STRAY_ACK) {
        m.head.type = MSG_CHUNK_ACK;
        m.as.chunk_ack = (struct msg_chunk_ack){(uint64_t)1 << 60, WIRE_CHUNKS_MAX};
    } else if (kind == WIDE_VECTOR) {
        m.head.type = MSG_MASKED;
        m.vector = (struct ring){.bits = 32, .words = WIRE_VECTOR_MAX / 4};
    } else if (kind == OTHERS_NAME) {
        m.head.type = MSG_JOIN;
        m.head.sender = party_of_site(0);
        snprintf(m.as.join.site, sizeof m.as.join.site, "site-1");
    }
    return m;
}

static bool throw_frame(struct site *s, uint8_t *bytes, enum garbage kind)
{
    struct msg m = lie(s, kind);
    if (kind == FOREIGN_SESSION) {
        key_random(m.head.session.byte, sizeof m.head.session.byte);
        m.head.type = MSG_PING;
    }
    if (kind == STRAY_PIECE || kind == RANDOM_BODY) {
        m.head.type = kind == STRAY_PIECE ? MSG_CHUNK : MSG_JOIN;
        m.head.body_len = 100;
        m.head.chunks = kind == STRAY_PIECE;
        key_random(bytes + ANSWER_MAX / 2, 100);
        frame_write(bytes, &m.head, bytes + ANSWER_MAX / 2);
        return put(s, bytes, frame_bytes(&m.head));
    }
    size_t len = frame_of(bytes, &m.head, &m);
    if (kind == DAMAGED)
        bytes[rng_below(&s->rng, (uint32_t)len)] ^= 1;
    if (kind == OTHER_VERSION)
        bytes[4] ^= 2;
    if (kind == UNKNOWN_KIND)
        bytes[6] = 200;
    return put(s, bytes, kind == CUT_HEADER ? len / 2 : kind == CUT_BODY ? len - 1 : len);
}

static int garbage(const struct attack *a)
{
    uint8_t *bytes = must_alloc(ANSWER_MAX, 4);
    struct site s = {.a = a, .rng = rng_open(1, RNG_TEST, 0, 0, 0)};
    size_t sent = 0;
    dial_in(&s);
    for (size_t i = 0; i < a->amount; i++) {
        enum garbage kind = (enum garbage)(i % GARBAGE_KINDS);
        bool well = greet(&s);
        if (kind == RANDOM || kind == PARTS)
            well = well && throw_bytes(&s, bytes, i % 400, kind);
        else if (kind == TOO_LONG)
            well = well && throw_bytes(&s, bytes, (size_t)4 * ANSWER_MAX, kind);
        else
            well = well && throw_frame(&s, bytes, kind);
        sent += well;
        if (kind == TOO_LONG)
            dial_in(&s);
    }
    zmq_close(s.socket);
    free(bytes);
    return told(sent == a->amount, "garbage", "frames sent", sent);
}

/* --- flood ----------------------------------------------------------------------------------- */

/* Never acknowledges an answer, and says again what found no room. */
static int flood(const struct attack *a)
{
    static uint8_t bytes[ANSWER_MAX];
    struct site s = {.a = a};
    size_t sent = 0;
    uint64_t end = clock_now_ms(&a->clock) + 1000 * a->amount, number = 0;
    dial_in(&s);
    must(greet(&s));
    struct msg ping = {.head = header(&s, MSG_PING)};
    ping.head.attempt = s.connection;
    set_int(s.socket, ZMQ_SNDTIMEO, 1);
    while (clock_now_ms(&a->clock) < end) {
        sent += put(&s, bytes, frame_of(bytes, &ping.head, &ping));
        for (size_t i = 0; i < FLOOD_AHEAD; i++, s.next++, sent++) {
            struct msg m = word(&s);
            if (!put(&s, bytes, frame_of(bytes, &m.head, &m)))
                break;
        }
        unsigned kind = answer(&number, &s, 0);
        for (; kind != MSG_KINDS; kind = answer(&number, &s, 0))
            if (kind == MSG_CHUNK_ACK)
                s.next = number;
    }
    zmq_close(s.socket);
    return told(sent > 0, "flood", "frames sent", sent);
}

/* --- replay ---------------------------------------------------------------------------------- */

struct tape {
    uint8_t *bytes;
    size_t *len;
    size_t count;
};

static void record(struct tape *t, const struct site *s, const struct msg *m)
{
    size_t room = FRAME_HEADER_BYTES + 256;
    t->len[t->count] = frame_of(t->bytes + t->count * room, &m->head, m);
    must(t->len[t->count] <= room);
    must(zmq_send(s->socket, t->bytes + t->count * room, t->len[t->count], 0) >= 0);
    t->count++;
}

static void play(const struct tape *t, struct site *s, size_t from)
{
    for (size_t i = from; i < t->count; i++)
        must(put(s, t->bytes + i * (FRAME_HEADER_BYTES + 256), t->len[i]));
}

/* Reads answers until it is told that message `number` is awaited, or ms are over. */
static bool awaits(struct site *s, uint64_t number, int ms)
{
    uint64_t heard = 0;
    for (unsigned kind = answer(&heard, s, ms); kind != MSG_KINDS; kind = answer(&heard, s, ms))
        if (kind == MSG_CHUNK_ACK && heard >= number)
            return heard == number;
    return false;
}

/* First as it was, then with a PING of today in front: old messages are old in either case. */
static int replay(const struct attack *a)
{
    struct site s = {.a = a, .connection = 1, .next = 1};
    struct tape t = {must_alloc(a->amount + 1, FRAME_HEADER_BYTES + 256),
                     must_alloc(a->amount + 1, sizeof(size_t)), 0};
    uint64_t number = 0;
    dial_in(&s);
    key_random(s.session.byte, sizeof s.session.byte);
    struct msg ping = {.head = header(&s, MSG_PING)};
    ping.head.attempt = 1;
    record(&t, &s, &ping);
    for (size_t i = 0; i < a->amount; i++, s.next++) {
        struct msg m = {.head = header(&s, MSG_HELLO)};
        record(&t, &s, &m);
    }
    bool well = awaits(&s, s.next, PATIENCE_MS);
    dial_in(&s);
    play(&t, &s, 0);
    well = well && answer(&number, &s, LISTEN_MS) == MSG_KINDS;
    uint8_t frame[FRAME_HEADER_BYTES];
    ping.head.attempt = 2;
    must(put(&s, frame, frame_of(frame, &ping.head, &ping)));
    play(&t, &s, 1);
    well = well && awaits(&s, s.next, PATIENCE_MS);
    zmq_close(s.socket);
    free(t.bytes);
    free(t.len);
    return told(well, "replay", "frames sent three times", t.count);
}

static int carry_out(const struct attack *a, const char *how)
{
    static const char *const ways[] = {
        [UNKNOWN] = "unknown", [NONE] = "null", [PLAIN] = "plain", [WRONG_KEY] = "wrongkey"};
    static const struct {
        const char *how;
        int (*run)(const struct attack *a);
    } others[] = {{"huge", huge}, {"garbage", garbage}, {"flood", flood}, {"replay", replay}};
    for (size_t i = 0; i < COUNT(ways); i++)
        if (strcmp(how, ways[i]) == 0)
            return strangers(a, how, (enum how)i);
    for (size_t i = 0; i < COUNT(others); i++)
        if (strcmp(how, others[i].how) == 0)
            return others[i].run(a);
    fprintf(stderr, "attack: no such way: %s\n", how);
    return 64;
}

int main(int argc, char **argv)
{
    crypto_start();
    must(argc == 6);
    struct attack a = {.endpoint = argv[2],
                       .amount = strtoul(argv[5], NULL, 10),
                       .context = zmq_ctx_new(),
                       .clock = clock_machine()};
    must(a.context != NULL);
    if (public_key_open(&a.server, argv[3]) != ST_OK || identity_open(&a.self, argv[4]) != ST_OK) {
        fprintf(stderr, "attack: %s\n", fault_text());
        return 66;
    }
    int status = carry_out(&a, argv[1]);
    zmq_ctx_term(a.context);
    identity_close(&a.self);
    return status;
}
