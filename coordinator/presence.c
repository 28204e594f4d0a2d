#include "coordinator/presence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

void presence_open(struct presence *p, uint32_t sites)
{
    *p = (struct presence){.site = must_alloc(sites, sizeof *p->site), .sites = sites};
    for (uint32_t i = 0; i < sites; i++)
        snprintf(p->site[i].name, sizeof p->site[i].name, "site %" PRIu32, i + 1);
}

void presence_close(struct presence *p)
{
    free(p->site);
    *p = (struct presence){0};
}

bool presence_join(struct presence *p, uint32_t site, const char *name)
{
    must(site < p->sites);
    struct presence_site *s = &p->site[site];
    if (s->joined)
        return false;
    s->joined = s->answered = true;
    snprintf(s->name, sizeof s->name, "%s", name);
    return true;
}

uint32_t presence_joined(const struct presence *p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->sites; i++)
        n += p->site[i].joined;
    return n;
}

void presence_new_phase(struct presence *p)
{
    for (uint32_t i = 0; i < p->sites; i++)
        p->site[i].answered = false;
}

void presence_new_round(struct presence *p)
{
    presence_new_phase(p);
    for (uint32_t i = 0; i < p->sites; i++)
        p->site[i].counted = false;
}

bool presence_answer(struct presence *p, uint32_t site)
{
    must(site < p->sites);
    bool fresh = !p->site[site].answered;
    p->site[site].answered = true;
    return fresh;
}

uint32_t presence_answered(const struct presence *p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->sites; i++)
        n += p->site[i].answered;
    return n;
}

uint32_t presence_counted(const struct presence *p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->sites; i++)
        n += p->site[i].counted;
    return n;
}

void presence_account(struct presence *p)
{
    for (uint32_t i = 0; i < p->sites; i++) {
        p->site[i].rounds_joined += p->site[i].counted;
        p->site[i].rounds_missed += !p->site[i].counted;
    }
}

void presence_awaited(char *out, size_t cap, const struct presence *p)
{
    must(cap > 4);
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < p->sites; i++) {
        if (p->site[i].answered)
            continue;
        int n = snprintf(out + used, cap - used, "%s%s", used > 0 ? ", " : "", p->site[i].name);
        if (n < 0 || (size_t)n >= cap - used) {
            snprintf(out + cap - 4, 4, "...");
            return;
        }
        used += (size_t)n;
    }
}
