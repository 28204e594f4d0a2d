#include "proto/wire/link_zmq.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "proto/base/arena.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/wire/link_zmq_inside.h"
#include "proto/wire/thread.h"

#define WAKE_EVERY 4 /* pieces written between two calls to the I/O thread */

#if ZMQ_VERSION < ZMQ_MAKE_VERSION(4, 3, 4)
#error "libzmq before 4.3.4 has holes that strangers can use"
#endif

/* --- the program sends ---------------------------------------------------------------------- */

static void wake(struct net_link *l)
{
    must(eventfd_write(l->wake, 1) == 0);
}

static void queue(struct net_link *l, struct cargo *c, uint32_t site)
{
    if (l->out_count == l->out_cap) {
        l->out_cap = l->out_cap > 0 ? 2 * l->out_cap : 16;
        l->out = realloc(l->out, l->out_cap * sizeof *l->out);
        must(l->out != NULL);
    }
    l->out[l->out_count++] = (struct parting){c, site};
}

static bool site_of(uint32_t *site, const struct net_link *l, const struct party *p)
{
    *site = 0;
    if (!l->coordinator)
        return true; /* there is but the coordinator */
    for (uint32_t i = 0, sites = roster_sites(l->roster); i < sites; i++) {
        struct party one = party_of_site(i);
        *site = i;
        if (party_equal(&one, p))
            return true;
    }
    return false;
}

static enum status net_send_all(struct link *link, const struct msg *m, const struct party *to,
                                size_t count)
{
    struct net_link *l = (struct net_link *)link;
    struct msg said = *m; /* borrows what m owns */
    uint32_t site = 0;
    for (size_t i = 0; i < count; i++)
        if (!site_of(&site, l, &to[i]))
            return fault(EC_INTERNAL, "link", "no such site");
    if (count == 0)
        return ST_OK;
    said.head.session = l->session;
    struct cargo *c = cargo_open(&said, ++l->number);
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < count; i++) {
        (void)site_of(&site, l, &to[i]);
        queue(l, cargo_keep(c), site);
    }
    pthread_mutex_unlock(&l->lock);
    wake(l);
    for (uint32_t at = 0; at < c->pieces; at++) { /* the first are sent while we write the last */
        cargo_write(c, &said, at);
        if (at % WAKE_EVERY == 0 || at + 1 == c->pieces)
            wake(l);
    }
    cargo_drop(&c);
    l->link.bytes_out += count * msg_body_bytes(m);
    return ST_OK;
}

static enum status net_send(struct link *link, const struct msg *m)
{
    return net_send_all(link, m, &m->head.recipient, 1);
}

/* --- the program receives ------------------------------------------------------------------- */

/* The coordinator counts long vectors: their room is limited. */
static bool is_long(const struct msg *m)
{
    return m->vector.word != NULL && ring_bytes(m->vector.bits, m->vector.words) > WIRE_PARCEL_MAX;
}

static enum status net_receive_one(struct link *link, struct msg *m, bool *got)
{
    struct net_link *l = (struct net_link *)link;
    pthread_mutex_lock(&l->lock);
    *got = l->in_count > 0;
    if (*got) {
        struct desk *d = &l->desk[l->in[0].site];
        *m = l->in[0].msg;
        l->in_count--;
        memmove(l->in, l->in + 1, l->in_count * sizeof *l->in);
        d->waiting--;
        d->vectors -= is_long(m);
    }
    pthread_mutex_unlock(&l->lock);
    if (*got && is_long(m))
        wake(l); /* there is room for another */
    return ST_OK;
}

static const struct link_ops net_ops = {net_send, net_receive_one, net_send_all};

static struct timespec after(uint64_t ms)
{
    struct timespec t;
    must(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

void net_wait(struct net_link *l, uint64_t ms)
{
    struct timespec end = after(ms);
    int waited = 0;
    pthread_mutex_lock(&l->lock);
    while (l->in_count == 0 && l->changes == l->seen && waited == 0)
        waited = pthread_cond_timedwait(&l->news, &l->lock, &end);
    l->seen = l->changes;
    pthread_mutex_unlock(&l->lock);
    must(waited == 0 || waited == ETIMEDOUT);
}

/* --- the I/O thread ------------------------------------------------------------------------- */

void net_take_out(struct net_link *l, void (*take)(void *ctx, struct parting p), void *ctx)
{
    eventfd_t spent;
    (void)eventfd_read(l->wake, &spent);
    pthread_mutex_lock(&l->lock);
    struct parting *out = l->out;
    size_t count = l->out_count;
    l->out = NULL;
    l->out_count = l->out_cap = 0;
    pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < count; i++)
        take(ctx, out[i]);
    free(out);
}

static struct desk *desk_of(struct net_link *l, uint32_t site)
{
    while (l->desks <= site) {
        l->desk = realloc(l->desk, (l->desks + 1u) * sizeof *l->desk);
        must(l->desk != NULL);
        l->desk[l->desks++] = (struct desk){0, 0, 0};
    }
    return &l->desk[site];
}

void net_deliver(struct net_link *l, struct msg *m, uint32_t site)
{
    if (l->coordinator)
        m->head.sender = party_of_site(site); /* what the frame says of it is nobody's word */
    pthread_mutex_lock(&l->lock);
    if (l->in_count == l->in_cap) {
        l->in_cap = l->in_cap > 0 ? 2 * l->in_cap : 16;
        l->in = realloc(l->in, l->in_cap * sizeof *l->in);
        must(l->in != NULL);
    }
    l->in[l->in_count++] = (struct arrival){*m, site};
    struct desk *d = desk_of(l, site);
    d->waiting++;
    d->vectors += is_long(m);
    pthread_cond_signal(&l->news);
    pthread_mutex_unlock(&l->lock);
    *m = (struct msg){.head = {.type = 0}};
}

void net_heard(struct net_link *l, uint32_t site, uint64_t now_ms)
{
    pthread_mutex_lock(&l->lock);
    desk_of(l, site)->heard_ms = now_ms;
    pthread_mutex_unlock(&l->lock);
}

/* Asking does not change a link, but its lock. */
static pthread_mutex_t *lock_of(const struct net_link *l)
{
    return &((struct net_link *)(uintptr_t)l)->lock;
}

struct desk net_desk(const struct net_link *l, uint32_t site)
{
    struct desk d = {0, 0, 0};
    pthread_mutex_lock(lock_of(l));
    if (site < l->desks)
        d = l->desk[site];
    pthread_mutex_unlock(lock_of(l));
    return d;
}

size_t net_room(const struct net_link *l)
{
    pthread_mutex_lock(lock_of(l));
    size_t room = l->room;
    pthread_mutex_unlock(lock_of(l));
    return room;
}

bool net_closing(uint64_t *by_ms, const struct net_link *l)
{
    pthread_mutex_lock(lock_of(l));
    bool closing = l->closing;
    *by_ms = l->close_ms;
    pthread_mutex_unlock(lock_of(l));
    return closing;
}

void net_set_line(struct net_link *l, enum line_state state)
{
    pthread_mutex_lock(&l->lock);
    l->changes += state != l->state;
    l->state = state;
    pthread_cond_signal(&l->news);
    pthread_mutex_unlock(&l->lock);
}

void net_new_life(struct net_link *l)
{
    pthread_mutex_lock(&l->lock);
    l->lives++;
    l->changes++;
    pthread_cond_signal(&l->news);
    pthread_mutex_unlock(&l->lock);
}

/* --- what the program asks ------------------------------------------------------------------ */

enum line_state net_line(const struct net_link *l)
{
    pthread_mutex_lock(lock_of(l));
    enum line_state state = l->state;
    pthread_mutex_unlock(lock_of(l));
    return state;
}

uint32_t net_lives(const struct net_link *l)
{
    pthread_mutex_lock(lock_of(l));
    uint32_t lives = l->lives;
    pthread_mutex_unlock(lock_of(l));
    return lives;
}

bool net_clock_offset_ms(int64_t *ms, const struct net_link *l)
{
    pthread_mutex_lock(lock_of(l));
    *ms = l->offset_ms;
    bool dated = l->dated;
    pthread_mutex_unlock(lock_of(l));
    return dated;
}

void net_vector_room(struct net_link *l, size_t bytes)
{
    pthread_mutex_lock(&l->lock);
    l->room = bytes < WIRE_VECTOR_MAX ? bytes : WIRE_VECTOR_MAX;
    pthread_mutex_unlock(&l->lock);
}

uint32_t net_coord_sites(const struct net_link *l)
{
    return roster_sites(l->roster);
}

bool net_coord_site_name(char out[static KEY_NAME_MAX], const struct net_link *l, uint32_t site)
{
    return roster_name(out, l->roster, site);
}

uint64_t net_coord_quiet_ms(const struct net_link *l, uint32_t site)
{
    uint64_t heard = net_desk(l, site).heard_ms;
    return heard == 0 ? UINT64_MAX : clock_now_ms(&l->clock) - heard;
}

void net_bound_endpoint(char *out, size_t cap, const struct net_link *l)
{
    must((size_t)snprintf(out, cap, "%s", l->endpoint) < cap);
}

struct link *net_as_link(struct net_link *l)
{
    return &l->link;
}

/* --- opening and closing -------------------------------------------------------------------- */

static bool port_is_good(const char *port, bool any)
{
    size_t digits = strspn(port, "0123456789");
    if (strcmp(port, "*") == 0 || strcmp(port, "0") == 0)
        return any;
    long number = digits <= 5 && port[digits] == '\0' ? strtol(port, NULL, 10) : 0;
    return number >= 1 && number <= UINT16_MAX;
}

/* libzmq takes port 99999 for 34463, and says of a bad name nothing at all. */
static bool endpoint_is_good(const char *text, bool any_port)
{
    static const char scheme[] = "tcp://",
                      letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-_:[]%*";
    if (strncmp(text, scheme, strlen(scheme)) != 0 || strlen(text) >= NET_ENDPOINT_MAX)
        return false;
    const char *host = text + strlen(scheme), *colon = strrchr(host, ':');
    if (colon == NULL || colon == host || host[strspn(host, letters)] != '\0')
        return false;
    bool bracketed = host[0] == '[' && colon[-1] == ']';
    bool plain = memchr(host, ':', (size_t)(colon - host)) == NULL;
    return (bracketed || plain) && port_is_good(colon + 1, any_port);
}

static uint32_t or_else(uint32_t given, uint32_t usual)
{
    return given != 0 ? given : usual;
}

static enum status link_new(struct net_link **out, const char *endpoint,
                            const struct identity *self, struct net_pace pace, bool coordinator)
{
    int major = 0, minor = 0, patch = 0;
    zmq_version(&major, &minor, &patch);
    if (!endpoint_is_good(endpoint, coordinator))
        return fault(EC_NET_ENDPOINT, endpoint, "not of the form tcp://host:port");
    if (ZMQ_MAKE_VERSION(major, minor, patch) < ZMQ_MAKE_VERSION(4, 3, 4) || zmq_has("curve") != 1)
        return fault(EC_INTERNAL, "libzmq", "%d.%d.%d is too old, or has no CURVE", major, minor,
                     patch);
    struct net_link *l = must_alloc(1, sizeof *l);
    pthread_condattr_t monotonic;
    must(pthread_condattr_init(&monotonic) == 0);
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&l->news, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
    must(pthread_mutex_init(&l->lock, NULL) == 0);
    l->link.ops = &net_ops;
    l->coordinator = coordinator;
    l->pace = (struct net_pace){or_else(pace.ping_ms, WIRE_PING_MS),
                                or_else(pace.silence_ms, WIRE_SILENCE_MS),
                                or_else(pace.handshake_ms, WIRE_HANDSHAKE_MS),
                                or_else(pace.retry_min_ms, WIRE_RETRY_MIN_MS),
                                or_else(pace.retry_max_ms, WIRE_RETRY_MAX_MS)};
    l->clock = clock_machine();
    l->self = self;
    l->room = WIRE_VECTOR_MAX;
    snprintf(l->endpoint, sizeof l->endpoint, "%s", endpoint);
    key_random(l->session.byte, sizeof l->session.byte);
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(l->wake >= 0);
    l->context = zmq_ctx_new();
    must(l->context != NULL);
    (void)desk_of(l, 0);
    *out = l;
    return ST_OK;
}

/* Everything but the I/O thread, which has ended or never began. */
static void link_free(struct net_link *l)
{
    net_socket_close(&l->bound, NULL, 0);
    zap_close(&l->zap);
    roster_close(&l->roster);
    while (zmq_ctx_term(l->context) != 0)
        must(errno == EINTR);
    for (size_t i = 0; i < l->in_count; i++)
        msg_free(&l->in[i].msg);
    for (size_t i = 0; i < l->out_count; i++)
        cargo_drop(&l->out[i].cargo);
    free(l->in);
    free(l->out);
    free(l->desk);
    close(l->wake);
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->news);
    free(l);
}

enum status net_node_open(struct net_link **out, const struct net_node_options *o)
{
    struct net_link *l = NULL;
    *out = NULL;
    enum status st = link_new(&l, o->endpoint, o->self, o->pace, false);
    if (st != ST_OK)
        return st;
    l->config = o->config;
    l->server = *o->server;
    thread_start(&l->thread, net_run_node, l);
    *out = l;
    return ST_OK;
}

/* Every connection takes a file of the process, strangers' too: as many as we may have. */
static void raise_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max)
        return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

/* Port 0 or * becomes the one it was. */
static void name_port(struct net_link *l)
{
    char bound[NET_ENDPOINT_MAX];
    size_t len = sizeof bound;
    must(zmq_getsockopt(l->bound, ZMQ_LAST_ENDPOINT, bound, &len) == 0);
    const char *port = strrchr(bound, ':');
    char *ours = strrchr(l->endpoint, ':');
    must(port != NULL);
    must(ours != NULL);
    must((size_t)(ours - l->endpoint) + strlen(port) < sizeof l->endpoint);
    memcpy(ours, port, strlen(port) + 1);
}

enum status net_coord_open(struct net_link **out, const struct net_coord_options *o)
{
    struct net_link *l = NULL;
    *out = NULL;
    enum status st = link_new(&l, o->endpoint, o->self, o->pace, true);
    if (st != ST_OK)
        return st;
    l->config = o->config;
    raise_files();
    st = roster_open(&l->roster, o->sites_folder);
    if (st == ST_OK)
        st = zap_open(&l->zap, l->context, l->roster); /* before there is a door */
    if (st == ST_OK)
        st = net_door(&l->bound, l);
    if (st != ST_OK) {
        link_free(l);
        return st;
    }
    name_port(l);
    thread_start(&l->thread, net_run_coord, l);
    *out = l;
    return ST_OK;
}

void net_close(struct net_link **link, uint64_t ms)
{
    struct net_link *l = *link;
    if (l == NULL)
        return;
    pthread_mutex_lock(&l->lock);
    l->closing = true;
    l->close_ms = clock_now_ms(&l->clock) + ms;
    pthread_mutex_unlock(&l->lock);
    wake(l);
    must(pthread_join(l->thread, NULL) == 0);
    link_free(l);
    *link = NULL;
}
