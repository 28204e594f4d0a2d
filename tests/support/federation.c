#include "tests/support/federation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/must.h"

static void site_file(char out[static SCRATCH_MAX], const struct fed *f, const char *folder,
                      uint32_t site)
{
    char name[64];
    snprintf(name, sizeof name, "%s/s%03u.pub", folder, (unsigned)site);
    scratch_file(out, &f->scratch, name);
}

void fed_open(struct fed *f, uint32_t sites)
{
    char keys[SCRATCH_MAX], folder[SCRATCH_MAX], name[16];
    must(sites <= FED_SITES_MAX);
    *f = (struct fed){.scratch = scratch_open(),
                      .sites = sites,
                      .pace = {.ping_ms = 200,
                               .silence_ms = 1500,
                               .handshake_ms = 1500,
                               .retry_min_ms = 50,
                               .retry_max_ms = 400}};
    scratch_file(keys, &f->scratch, "keys");
    must(file_folder(scratch_file(folder, &f->scratch, "sites")) == ST_OK);
    must(identity_make(&f->coord_id, keys, "coord") == ST_OK);
    for (uint32_t i = 0; i < sites; i++) {
        snprintf(name, sizeof name, "s%03u", (unsigned)i);
        must(identity_make(&f->site_id[i], keys, name) == ST_OK);
        fed_enrol(f, i);
    }
}

void fed_close(struct fed *f)
{
    for (uint32_t i = 0; i < f->sites; i++)
        net_close(&f->site[i], 0);
    net_close(&f->coord, 0);
    for (uint32_t i = 0; i < f->sites; i++)
        identity_close(&f->site_id[i]);
    identity_close(&f->coord_id);
    scratch_close(&f->scratch);
}

void fed_enrol(const struct fed *f, uint32_t site)
{
    char from[SCRATCH_MAX], to[SCRATCH_MAX];
    uint8_t *bytes = NULL;
    size_t len = 0;
    site_file(from, f, "keys", site);
    site_file(to, f, "sites", site);
    must(file_read(&bytes, &len, from, 4096) == ST_OK);
    must(file_write(to, bytes, len) == ST_OK);
    free(bytes);
}

void fed_revoke(const struct fed *f, uint32_t site)
{
    char path[SCRATCH_MAX];
    site_file(path, f, "sites", site);
    must(unlink(path) == 0);
}

void fed_start_coord(struct fed *f)
{
    char folder[SCRATCH_MAX];
    struct net_coord_options o = {.endpoint =
                                      f->endpoint[0] != '\0' ? f->endpoint : "tcp://127.0.0.1:*",
                                  .self = &f->coord_id,
                                  .sites_folder = scratch_file(folder, &f->scratch, "sites"),
                                  .pace = f->pace};
    must(net_coord_open(&f->coord, &o) == ST_OK);
    net_bound_endpoint(f->endpoint, sizeof f->endpoint, f->coord);
}

unsigned fed_port(const struct fed *f)
{
    return (unsigned)strtoul(strrchr(f->endpoint, ':') + 1, NULL, 10);
}

void fed_start_site(struct fed *f, uint32_t site, unsigned port)
{
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", port != 0 ? port : fed_port(f));
    struct net_node_options o = {.endpoint = endpoint,
                                 .self = &f->site_id[site],
                                 .server = &f->coord_id.pub,
                                 .pace = f->pace};
    must(net_node_open(&f->site[site], &o) == ST_OK);
}

bool fed_line(const struct fed *f, uint32_t site, enum line_state want)
{
    struct clock clock = clock_machine();
    uint64_t end = clock_now_ms(&clock) + FED_PATIENCE_MS;
    while (net_line(f->site[site]) != want && clock_now_ms(&clock) < end)
        net_wait(f->site[site], 20);
    return net_line(f->site[site]) == want;
}

bool fed_receive(struct msg *m, struct net_link *l, uint64_t ms)
{
    struct clock clock = clock_machine();
    struct link *link = net_as_link(l);
    bool got = false;
    uint64_t now = clock_now_ms(&clock), end = now + ms;
    for (;;) {
        must(link->ops->receive(link, m, &got) == ST_OK);
        now = clock_now_ms(&clock);
        if (got || now >= end)
            return got;
        net_wait(l, end - now);
    }
}

static uint32_t word_at(uint64_t round, size_t i)
{
    return (uint32_t)(round * 0x9E3779B97F4A7C15u >> 32) + (uint32_t)i * 2654435761u;
}

struct msg fed_message(uint64_t round, size_t words)
{
    struct msg m = {.head = {.type = words > 0 ? MSG_MASKED : MSG_ACCEPT, .round = round}};
    if (words == 0)
        return m;
    uint32_t *word = must_alloc(words, sizeof *word);
    for (size_t i = 0; i < words; i++)
        word[i] = word_at(round, i);
    m.vector = (struct ring){.bits = 32, .words = words, .word = word};
    return m;
}

bool fed_intact(const struct msg *m)
{
    const uint32_t *word = m->vector.word;
    for (size_t i = 0; i < m->vector.words; i++)
        if (word[i] != word_at(m->head.round, i))
            return false;
    return true;
}
