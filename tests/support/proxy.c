#include "tests/support/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"

#define LINES_MAX 512
#define HOLD      (64u << 10)

/* One direction of a connection: bytes read and not yet written. */
struct flow {
    uint8_t *held;
    size_t at, len;
    bool ended;
};

struct line {
    int end[2];          /* the client's, the target's; -1: free */
    struct flow flow[2]; /* PROXY_UP, PROXY_DOWN */
};

struct proxy {
    int listener, wake;
    unsigned port;
    pthread_t thread;
    atomic_uint target, flips, connections, min_ms, max_ms;
    atomic_bool stop, stalled, cut, flip[2];
    struct line line[LINES_MAX];
    struct rng rng; /* from here on the thread's alone */
    uint64_t next_flip_ms;
    struct clock clock;
};

static struct sockaddr_in local(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void make_ready(int fd)
{
    const int on = 1;
    must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void end_line(struct line *l)
{
    for (size_t i = 0; i < 2; i++) {
        if (l->end[i] >= 0)
            close(l->end[i]);
        l->end[i] = -1;
        free(l->flow[i].held);
        l->flow[i] = (struct flow){.held = NULL};
    }
}

static void take(struct proxy *p)
{
    int client = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    struct sockaddr_in to = local(atomic_load(&p->target));
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(server >= 0);
    struct line *l = NULL;
    for (size_t i = 0; i < LINES_MAX && l == NULL; i++)
        l = p->line[i].end[0] < 0 ? &p->line[i] : NULL;
    if (l == NULL || connect(server, (struct sockaddr *)&to, sizeof to) != 0) {
        close(server);
        close(client);
        return;
    }
    make_ready(client);
    make_ready(server);
    *l = (struct line){.end = {client, server}};
    for (size_t i = 0; i < 2; i++)
        l->flow[i].held = must_alloc(1, HOLD);
    atomic_fetch_add(&p->connections, 1);
}

static void flip_bit(struct proxy *p, struct flow *f)
{
    uint32_t bit = rng_below(&p->rng, (uint32_t)(8 * f->len));
    f->held[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    atomic_fetch_add(&p->flips, 1);
}

/* Moves what can be moved from one end to the other; false: the connection is over. */
static bool move(struct proxy *p, struct line *l, enum proxy_way way)
{
    struct flow *f = &l->flow[way];
    int from = l->end[way == PROXY_UP ? 0 : 1], to = l->end[way == PROXY_UP ? 1 : 0];
    if (f->len == 0) {
        ssize_t got = read(from, f->held, HOLD);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            return false;
        f->at = 0;
        f->len = got > 0 ? (size_t)got : 0;
        if (f->len > 0 && atomic_exchange(&p->flip[way], false))
            flip_bit(p, f);
    }
    while (f->len > 0) {
        ssize_t put = send(to, f->held + f->at, f->len, MSG_NOSIGNAL);
        if (put < 0)
            return errno == EAGAIN;
        f->at += (size_t)put;
        f->len -= (size_t)put;
    }
    return true;
}

static void plan_flip(struct proxy *p)
{
    uint64_t now = clock_now_ms(&p->clock);
    unsigned min = atomic_load(&p->min_ms), max = atomic_load(&p->max_ms);
    if (max == 0) {
        p->next_flip_ms = 0;
        return;
    }
    if (p->next_flip_ms != 0 && now >= p->next_flip_ms)
        atomic_store(&p->flip[rng_below(&p->rng, 2)], true);
    if (p->next_flip_ms == 0 || now >= p->next_flip_ms)
        p->next_flip_ms = now + min + rng_below(&p->rng, max - min + 1);
}

static void *forward(void *of)
{
    struct proxy *p = of;
    struct pollfd on[2 + 2 * LINES_MAX];
    while (!atomic_load(&p->stop)) {
        bool stalled = atomic_load(&p->stalled);
        nfds_t n = 2;
        on[0] = (struct pollfd){p->wake, POLLIN, 0};
        on[1] = (struct pollfd){p->listener, POLLIN, 0};
        for (size_t i = 0; i < LINES_MAX && !stalled; i++)
            for (size_t e = 0; e < 2 && p->line[i].end[0] >= 0; e++) {
                const struct flow *in = &p->line[i].flow[e], *out = &p->line[i].flow[1 - e];
                short want = (short)((in->len == 0 ? POLLIN : 0) | (out->len > 0 ? POLLOUT : 0));
                on[n++] = (struct pollfd){p->line[i].end[e], want, 0};
            }
        must(poll(on, n, 20) >= 0 || errno == EINTR);
        eventfd_t spent;
        if ((on[0].revents & POLLIN) != 0)
            (void)eventfd_read(p->wake, &spent);
        if ((on[1].revents & POLLIN) != 0)
            take(p);
        plan_flip(p);
        bool cut = atomic_exchange(&p->cut, false);
        for (size_t i = 0; i < LINES_MAX; i++)
            if (p->line[i].end[0] >= 0 &&
                (cut || (!stalled &&
                         (!move(p, &p->line[i], PROXY_UP) || !move(p, &p->line[i], PROXY_DOWN)))))
                end_line(&p->line[i]);
    }
    return NULL;
}

struct proxy *proxy_open(unsigned target, uint64_t seed)
{
    struct proxy *p = must_alloc(1, sizeof *p);
    struct sockaddr_in here = local(0);
    socklen_t len = sizeof here;
    p->rng = rng_open(seed, RNG_TEST, 0, 0, 0);
    p->clock = clock_machine();
    atomic_store(&p->target, target);
    for (size_t i = 0; i < LINES_MAX; i++)
        p->line[i].end[0] = p->line[i].end[1] = -1;
    p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    must(p->wake >= 0);
    must(p->listener >= 0);
    must(bind(p->listener, (struct sockaddr *)&here, sizeof here) == 0);
    must(listen(p->listener, LINES_MAX) == 0);
    must(getsockname(p->listener, (struct sockaddr *)&here, &len) == 0);
    p->port = ntohs(here.sin_port);
    must(pthread_create(&p->thread, NULL, forward, p) == 0);
    return p;
}

static void wake(struct proxy *p)
{
    must(eventfd_write(p->wake, 1) == 0);
}

void proxy_close(struct proxy **proxy)
{
    struct proxy *p = *proxy;
    if (p == NULL)
        return;
    atomic_store(&p->stop, true);
    wake(p);
    must(pthread_join(p->thread, NULL) == 0);
    for (size_t i = 0; i < LINES_MAX; i++)
        end_line(&p->line[i]);
    close(p->listener);
    close(p->wake);
    free(p);
    *proxy = NULL;
}

unsigned proxy_port(const struct proxy *p)
{
    return p->port;
}

void proxy_target(struct proxy *p, unsigned target)
{
    atomic_store(&p->target, target);
}

void proxy_flip(struct proxy *p, enum proxy_way way)
{
    atomic_store(&p->flip[way], true);
}

void proxy_flip_every(struct proxy *p, unsigned min_ms, unsigned max_ms)
{
    atomic_store(&p->min_ms, min_ms);
    atomic_store(&p->max_ms, max_ms);
    wake(p);
}

void proxy_cut(struct proxy *p)
{
    atomic_store(&p->cut, true);
    wake(p);
}

void proxy_stall(struct proxy *p, bool yes)
{
    atomic_store(&p->stalled, yes);
    wake(p);
}

unsigned proxy_flips(const struct proxy *p)
{
    return atomic_load(&p->flips);
}

unsigned proxy_connections(const struct proxy *p)
{
    return atomic_load(&p->connections);
}
