#include "proto/wire/zap.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/wire/thread.h"

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define ZAP_DOMAIN   "evh"
/* Works in every libzmq since 4.3.0; zmq.h shows the name to DRAFT builds only. */
#define ZAP_ENFORCE_DOMAIN 93
#define ZAP_FRAMES         7 /* of a request for CURVE */
#define ZAP_FRAME_MAX      256
#define ZAP_ANSWER_MS      5000 /* a request of our own; takes a millisecond */
#define USER_ID_MAX        24
#define SELF               "self" /* id of that request; libzmq's own ids are numbers */

struct zap {
    struct roster *roster;
    void *socket;
    pthread_t thread;
    int stop; /* eventfd: readable when the end was asked for */
};

enum part { VERSION, REQUEST_ID, DOMAIN, ADDRESS, IDENTITY, MECHANISM, CREDENTIALS };

struct request {
    size_t frames; /* that came; the first ZAP_FRAMES are kept */
    bool cut;      /* a frame was longer than any of ours */
    size_t len[ZAP_FRAMES];
    char text[ZAP_FRAMES][ZAP_FRAME_MAX + 1];
};

static bool is(const struct request *q, enum part at, const char *want)
{
    return q->frames > (size_t)at && q->len[at] == strlen(want) &&
           memcmp(q->text[at], want, q->len[at]) == 0;
}

static bool hear(struct request *q, void *socket)
{
    *q = (struct request){0};
    for (int more = 1; more != 0;) {
        char spare[ZAP_FRAME_MAX], *to = q->frames < ZAP_FRAMES ? q->text[q->frames] : spare;
        size_t size = sizeof more;
        int len = zmq_recv(socket, to, ZAP_FRAME_MAX, 0);
        if (len < 0)
            return false;
        q->cut = q->cut || len > ZAP_FRAME_MAX;
        if (q->frames < ZAP_FRAMES)
            q->len[q->frames] = (size_t)(len > ZAP_FRAME_MAX ? ZAP_FRAME_MAX : len);
        q->frames++;
        must(zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) == 0);
    }
    return true;
}

/* NULL: the door is open, and p says for whom. */
static const char *judge(struct pass *p, const struct request *q, const struct roster *r)
{
    if (q->cut || !is(q, VERSION, "1.0"))
        return "a request that is no ZAP 1.0";
    if (!is(q, MECHANISM, "CURVE"))
        return "not CURVE";
    if (!is(q, DOMAIN, ZAP_DOMAIN))
        return "not our domain";
    if (q->frames != ZAP_FRAMES || q->len[CREDENTIALS] != KEY_BYTES)
        return "no key";
    if (!roster_find(p, r, (const uint8_t *)q->text[CREDENTIALS]))
        return "its key is not enrolled";
    return NULL;
}

static void log_refusal(const struct request *q, const char *why)
{
    char print[FINGERPRINT_MAX] = "none";
    if (q->frames == ZAP_FRAMES && q->len[CREDENTIALS] == KEY_BYTES) {
        struct public_key k = {{0}, {0}};
        memcpy(k.curve, q->text[CREDENTIALS], KEY_BYTES);
        fingerprint_text(print, &k);
    }
    log_warn("refused at the door", LOG_TEXT("why", why), LOG_TEXT("from", q->text[ADDRESS]),
             LOG_TEXT("fingerprint", print));
}

static bool say(void *socket, const void *bytes, size_t len, bool last)
{
    return zmq_send(socket, bytes, len, last ? 0 : ZMQ_SNDMORE) == (int)len;
}

static bool answer(struct zap *z)
{
    struct request q;
    struct pass p = {0, 0};
    if (!hear(&q, z->socket))
        return false;
    const char *why = judge(&p, &q, z->roster);
    char user[USER_ID_MAX] = "";
    if (why == NULL)
        snprintf(user, sizeof user, "%" PRIu32 ".%" PRIu32, p.site, p.version);
    else if (!is(&q, REQUEST_ID, SELF))
        log_refusal(&q, why);
    return say(z->socket, "1.0", 3, false) &&
           say(z->socket, q.text[REQUEST_ID], q.len[REQUEST_ID], false) &&
           say(z->socket, why == NULL ? "200" : "400", 3, false) && say(z->socket, "", 0, false) &&
           say(z->socket, user, strlen(user), false) && say(z->socket, "", 0, true);
}

/* Whatever ends this loop but zap_close ends the process: nobody must be let in unasked. */
static void *keep_gate(void *of)
{
    struct zap *z = of;
    struct clock clock = clock_machine();
    uint64_t read_ms = clock_now_ms(&clock);
    for (;;) {
        uint64_t now = clock_now_ms(&clock);
        if (now - read_ms >= ROSTER_READ_MS) {
            roster_read(z->roster);
            read_ms = now = clock_now_ms(&clock);
        }
        uint64_t left = now - read_ms < ROSTER_READ_MS ? ROSTER_READ_MS - (now - read_ms) : 0;
        zmq_pollitem_t on[] = {{z->socket, 0, ZMQ_POLLIN, 0}, {NULL, z->stop, ZMQ_POLLIN, 0}};
        int ready = zmq_poll(on, COUNT(on), (long)left);
        must(ready >= 0 || errno == EINTR);
        if (ready > 0 && on[1].revents != 0)
            return NULL;
        if (ready > 0 && on[0].revents != 0)
            must(answer(z)); /* the gatekeeper must live as long as the door */
    }
}

/* A request like libzmq's, with a key that nobody has: the answer must be no. */
static bool answers(void *context)
{
    static const uint8_t nobody[KEY_BYTES];
    const int wait = ZAP_ANSWER_MS, none = 0;
    char id[8] = "", verdict[8] = "";
    void *s = zmq_socket(context, ZMQ_REQ);
    if (s == NULL)
        return false;
    bool well = zmq_setsockopt(s, ZMQ_RCVTIMEO, &wait, sizeof wait) == 0 &&
                zmq_setsockopt(s, ZMQ_LINGER, &none, sizeof none) == 0 &&
                zmq_connect(s, ZAP_ENDPOINT) == 0;
    well = well && say(s, "1.0", 3, false) && say(s, SELF, strlen(SELF), false) &&
           say(s, ZAP_DOMAIN, strlen(ZAP_DOMAIN), false) && say(s, "", 0, false) &&
           say(s, "", 0, false) && say(s, "CURVE", 5, false) && say(s, nobody, KEY_BYTES, true);
    well = well && zmq_recv(s, verdict, sizeof verdict, 0) == 3 &&
           zmq_recv(s, id, sizeof id, 0) == (int)strlen(SELF) &&
           zmq_recv(s, verdict, sizeof verdict, 0) == 3;
    zmq_close(s);
    return well && memcmp(id, SELF, strlen(SELF)) == 0 && memcmp(verdict, "400", 3) == 0;
}

enum status zap_open(struct zap **out, void *context, struct roster *r)
{
    *out = NULL;
    void *socket = zmq_socket(context, ZMQ_REP);
    if (socket == NULL || zmq_bind(socket, ZAP_ENDPOINT) != 0) {
        const char *why = zmq_strerror(errno);
        if (socket != NULL)
            zmq_close(socket);
        return fault(EC_INTERNAL, "zap", "the gatekeeper cannot start: %s", why);
    }
    struct zap *z = must_alloc(1, sizeof *z);
    *z = (struct zap){.roster = r, .socket = socket, .stop = eventfd(0, EFD_CLOEXEC)};
    must(z->stop >= 0);
    thread_start(&z->thread, keep_gate, z);
    if (!answers(context)) {
        zap_close(&z);
        return fault(EC_INTERNAL, "zap", "the gatekeeper does not answer");
    }
    *out = z;
    return ST_OK;
}

void zap_close(struct zap **out)
{
    struct zap *z = *out;
    if (z == NULL)
        return;
    must(eventfd_write(z->stop, 1) == 0);
    must(pthread_join(z->thread, NULL) == 0);
    zmq_close(z->socket);
    close(z->stop);
    free(z);
    *out = NULL;
}

enum status zap_guard(void *socket)
{
    const int on = 1;
    int enforced = 0;
    size_t size = sizeof enforced;
    /* An empty domain would let everybody in, whatever 93 says. */
    if (zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN, strlen(ZAP_DOMAIN)) != 0 ||
        zmq_setsockopt(socket, ZAP_ENFORCE_DOMAIN, &on, sizeof on) != 0 ||
        zmq_getsockopt(socket, ZAP_ENFORCE_DOMAIN, &enforced, &size) != 0 || enforced != 1)
        return fault(EC_INTERNAL, "zap", "this libzmq does not enforce who may connect: %s",
                     zmq_strerror(errno));
    return ST_OK;
}

bool zap_pass(struct pass *p, const char *user_id)
{
    char form[USER_ID_MAX], *dot = NULL;
    if (user_id == NULL)
        return false;
    struct pass said = {.site = (uint32_t)strtoul(user_id, &dot, 10)};
    if (*dot == '.')
        said.version = (uint32_t)strtoul(dot + 1, NULL, 10);
    /* It must be what we would have written, so signs, spaces and overflow show here. */
    snprintf(form, sizeof form, "%" PRIu32 ".%" PRIu32, said.site, said.version);
    if (strcmp(form, user_id) != 0)
        return false;
    *p = said;
    return true;
}
