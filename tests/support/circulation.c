#include "tests/support/circulation.h"

#include <string.h>

#include "proto/base/must.h"

/* By how much the flow from u to v may still grow: forward along arcs, or by taking some back. */
struct room {
    size_t nodes;
    int64_t left[CIRCULATION_NODES_MAX][CIRCULATION_NODES_MAX];
};

size_t circulation_add(struct circulation *c, size_t from, size_t to, int64_t truth, bool known)
{
    must(c->arcs < CIRCULATION_ARCS_MAX);
    must(from < CIRCULATION_NODES_MAX);
    must(to < CIRCULATION_NODES_MAX);
    must(from != to);
    must(truth >= 0);
    size_t last = from > to ? from : to;
    c->nodes = c->nodes > last ? c->nodes : last + 1;
    c->arc[c->arcs] = (struct arc){from, to, truth, known};
    return c->arcs++;
}

static void room_open(struct room *r, const struct circulation *c, size_t without)
{
    memset(r, 0, sizeof(*r));
    r->nodes = c->nodes;
    int64_t balance[CIRCULATION_NODES_MAX] = {0};
    for (size_t i = 0; i < c->arcs; i++) {
        const struct arc *a = &c->arc[i];
        balance[a->from] -= a->truth;
        balance[a->to] += a->truth;
        if (i == without || a->known)
            continue;
        r->left[a->from][a->to] += CIRCULATION_ENDLESS;
        r->left[a->to][a->from] += a->truth;
    }
    for (size_t i = 0; i < c->nodes; i++)
        must(balance[i] == 0);
}

/* A shortest path, breadth first; before[v] is the node it comes to v from. */
static bool find_path(size_t *before, const struct room *r, size_t from, size_t to)
{
    size_t queue[CIRCULATION_NODES_MAX], head = 0, tail = 0;
    bool met[CIRCULATION_NODES_MAX] = {false};
    met[from] = true;
    queue[tail++] = from;
    while (head < tail && !met[to]) {
        size_t at = queue[head++];
        for (size_t next = 0; next < r->nodes; next++) {
            if (met[next] || r->left[at][next] == 0)
                continue;
            met[next] = true;
            before[next] = at;
            queue[tail++] = next;
        }
    }
    return met[to];
}

/* The most that can flow from one node to another, up to CIRCULATION_ENDLESS. Uses up the room. */
static int64_t flow_through(struct room *r, size_t from, size_t to)
{
    size_t before[CIRCULATION_NODES_MAX];
    int64_t sum = 0;
    while (sum < CIRCULATION_ENDLESS && find_path(before, r, from, to)) {
        int64_t step = CIRCULATION_ENDLESS;
        for (size_t at = to; at != from; at = before[at])
            if (r->left[before[at]][at] < step)
                step = r->left[before[at]][at];
        for (size_t at = to; at != from; at = before[at]) {
            r->left[before[at]][at] -= step;
            r->left[at][before[at]] += step;
        }
        sum += step;
    }
    return sum < CIRCULATION_ENDLESS ? sum : CIRCULATION_ENDLESS;
}

/* What more flows along the arc must come back another way; what less, must go another way. */
void circulation_reach(int64_t *least, int64_t *most, const struct circulation *c, size_t arc)
{
    const struct arc *a = &c->arc[arc];
    *least = *most = a->truth;
    struct room room;
    room_open(&room, c, arc);
    if (a->known)
        return;
    int64_t more = flow_through(&room, a->to, a->from);
    *most = more < CIRCULATION_ENDLESS ? a->truth + more : CIRCULATION_ENDLESS;
    room_open(&room, c, arc);
    int64_t fewer = flow_through(&room, a->from, a->to);
    *least = a->truth - (fewer < a->truth ? fewer : a->truth);
}
