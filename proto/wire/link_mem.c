#include "proto/wire/link_mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"

struct mailbox {
    struct msg *msg; /* in order of arrival */
    size_t count, cap;
};

struct mem_link {
    struct link link; /* first: a struct link * is a struct mem_link * */
    struct hub *hub;
    struct mailbox box; /* what waits for this party */
    struct party self;
};

struct hub {
    pthread_mutex_t lock;
    uint32_t sites;
    bool shuffled;
    struct rng rng;
    struct mem_link *party; /* [sites + 1], the coordinator last */
};

static void put(struct mailbox *box, struct msg m)
{
    if (box->count == box->cap) {
        box->cap = box->cap > 0 ? 2 * box->cap : 8;
        box->msg = realloc(box->msg, box->cap * sizeof *box->msg);
        must(box->msg != NULL);
    }
    box->msg[box->count++] = m;
}

static struct msg take(struct mailbox *box, size_t at)
{
    struct msg m = box->msg[at];
    memmove(box->msg + at, box->msg + at + 1, (box->count - at - 1) * sizeof m);
    box->count--;
    return m;
}

/* A random waiting sender's oldest message: order is kept within a site. */
static size_t choose(struct hub *h, const struct mailbox *box)
{
    if (!h->shuffled)
        return 0;
    size_t at = rng_below(&h->rng, (uint32_t)box->count);
    for (size_t i = 0; i < at; i++)
        if (party_equal(&box->msg[i].head.sender, &box->msg[at].head.sender))
            return i;
    return at;
}

static struct mem_link *find(struct hub *h, const struct party *who)
{
    for (uint32_t i = 0; i <= h->sites; i++)
        if (party_equal(&h->party[i].self, who))
            return &h->party[i];
    return NULL;
}

static enum status mem_send(struct link *l, const struct msg *m)
{
    struct mem_link *from = (struct mem_link *)l;
    struct msg copy = msg_clone(m);
    copy.head.sender = from->self;
    pthread_mutex_lock(&from->hub->lock);
    struct mem_link *to = find(from->hub, &m->head.recipient);
    if (to != NULL)
        put(&to->box, copy);
    pthread_mutex_unlock(&from->hub->lock);
    if (to == NULL) {
        msg_free(&copy);
        return fault(EC_INTERNAL, "link", "no such party on this hub");
    }
    l->bytes_out += msg_body_bytes(m);
    return ST_OK;
}

static enum status mem_receive(struct link *l, struct msg *m, bool *got)
{
    struct mem_link *to = (struct mem_link *)l;
    pthread_mutex_lock(&to->hub->lock);
    *got = to->box.count > 0;
    if (*got)
        *m = take(&to->box, choose(to->hub, &to->box));
    pthread_mutex_unlock(&to->hub->lock);
    return ST_OK;
}

static enum status mem_send_all(struct link *l, const struct msg *m, const struct party *to,
                                size_t count)
{
    enum status st = ST_OK;
    struct msg one = *m; /* borrows what m owns */
    for (size_t i = 0; i < count && st == ST_OK; i++) {
        one.head.recipient = to[i];
        st = mem_send(l, &one);
    }
    return st;
}

static const struct link_ops mem_ops = {mem_send, mem_receive, mem_send_all};

struct hub *hub_open(uint32_t sites, uint64_t shuffle)
{
    struct hub *h = must_alloc(1, sizeof *h);
    must(pthread_mutex_init(&h->lock, NULL) == 0);
    h->sites = sites;
    h->shuffled = shuffle != 0;
    h->rng = rng_open(shuffle, RNG_SHUFFLE, 0, 0, 0);
    h->party = must_alloc(sites + 1u, sizeof *h->party);
    for (uint32_t i = 0; i <= sites; i++) {
        h->party[i].link.ops = &mem_ops;
        h->party[i].hub = h;
        if (i < sites)
            h->party[i].self = party_of_site(i);
    }
    return h;
}

void hub_close(struct hub **hub)
{
    struct hub *h = *hub;
    if (h == NULL)
        return;
    for (uint32_t i = 0; i <= h->sites; i++) {
        for (size_t k = 0; k < h->party[i].box.count; k++)
            msg_free(&h->party[i].box.msg[k]);
        free(h->party[i].box.msg);
    }
    pthread_mutex_destroy(&h->lock);
    free(h->party);
    free(h);
    *hub = NULL;
}

struct link *hub_coordinator(struct hub *h)
{
    return &h->party[h->sites].link;
}

struct link *hub_site(struct hub *h, uint32_t site)
{
    must(site < h->sites);
    return &h->party[site].link;
}

bool hub_has_mail(struct hub *h, uint32_t site)
{
    must(site < h->sites);
    pthread_mutex_lock(&h->lock);
    bool mail = h->party[site].box.count > 0;
    pthread_mutex_unlock(&h->lock);
    return mail;
}
