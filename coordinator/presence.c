#include "coordinator/presence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/must.h"

void presence_open(struct presence *p)
{
    *p = (struct presence){0};
}

void presence_close(struct presence *p)
{
    for (uint32_t i = 0; i < p->sites; i++)
        free(p->site[i].missed);
    free(p->site);
    *p = (struct presence){0};
}

uint32_t presence_enrol(struct presence *p, const char *name, const struct party *party)
{
    if (p->sites == p->cap) {
        p->cap = p->cap > 0 ? 2 * p->cap : 16;
        p->site = realloc(p->site, p->cap * sizeof *p->site);
        must(p->site != NULL);
    }
    struct presence_site *s = &p->site[p->sites];
    memset(s, 0, sizeof *s);
    if (name != NULL)
        snprintf(s->name, sizeof s->name, "%s", name);
    else
        snprintf(s->name, sizeof s->name, "site %" PRIu32, p->sites + 1);
    memcpy(s->title, s->name, sizeof s->title);
    s->named = name != NULL;
    s->reachable = party != NULL;
    if (party != NULL)
        s->party = *party;
    return p->sites++;
}

uint32_t presence_of_party(const struct presence *p, const struct party *party)
{
    uint32_t i = 0;
    while (i < p->sites && !(p->site[i].reachable && party_equal(&p->site[i].party, party)))
        i++;
    return i;
}

uint32_t presence_of_name(const struct presence *p, const char *name)
{
    uint32_t i = 0;
    while (i < p->sites && strcmp(p->site[i].name, name) != 0 &&
           strcmp(p->site[i].title, name) != 0)
        i++;
    return i;
}

static struct presence_site *at(struct presence *p, uint32_t site)
{
    must(site < p->sites);
    return &p->site[site];
}

bool presence_call(struct presence *p, uint32_t site, const char *title)
{
    struct presence_site *s = at(p, site);
    uint32_t other = presence_of_name(p, title);
    bool before = strcmp(s->title, s->name) != 0 || (!s->named && s->joined);
    if ((other != p->sites && other != site) || (before && strcmp(s->title, title) != 0))
        return false;
    snprintf(s->title, sizeof s->title, "%s", title);
    if (!s->named)
        memcpy(s->name, s->title, sizeof s->name);
    return true;
}

void presence_join(struct presence *p, uint32_t site)
{
    struct presence_site *s = at(p, site);
    s->joined = s->level = true;
    s->away = false;
    presence_refuse(p, site, "");
}

void presence_behind(struct presence *p, uint32_t site)
{
    at(p, site)->level = false;
}

void presence_refuse(struct presence *p, uint32_t site, const char *code)
{
    struct presence_site *s = at(p, site);
    s->refused = code[0] != '\0';
    s->level = s->level && !s->refused;
    snprintf(s->why, sizeof s->why, "%s", code);
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
    struct presence_site *s = at(p, site);
    bool fresh = !s->answered;
    s->answered = true;
    s->away = false;
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

static bool expected(const struct presence_site *s)
{
    return s->joined && !s->away && !s->refused;
}

static bool awaited(const struct presence_site *s)
{
    return expected(s) && !s->answered;
}

bool presence_level(const struct presence *p)
{
    for (uint32_t i = 0; i < p->sites; i++)
        if (expected(&p->site[i]) && !p->site[i].level)
            return false;
    return true;
}

bool presence_complete(const struct presence *p)
{
    for (uint32_t i = 0; i < p->sites; i++)
        if (awaited(&p->site[i]))
            return false;
    return true;
}

void presence_give_up(struct presence *p)
{
    for (uint32_t i = 0; i < p->sites; i++)
        p->site[i].away = p->site[i].away || awaited(&p->site[i]);
}

static void miss(struct presence_site *s, uint64_t leg)
{
    s->rounds_missed++;
    if (s->missed_count > 0 && s->missed[s->missed_count - 1].last + 1 == leg) {
        s->missed[s->missed_count - 1].last = leg;
        return;
    }
    if (s->missed_count == s->missed_cap) {
        s->missed_cap = s->missed_cap > 0 ? 2 * s->missed_cap : 4;
        s->missed = realloc(s->missed, s->missed_cap * sizeof *s->missed);
        must(s->missed != NULL);
    }
    s->missed[s->missed_count++] = (struct presence_span){leg, leg};
}

void presence_account(struct presence *p, uint64_t leg)
{
    for (uint32_t i = 0; i < p->sites; i++) {
        if (p->site[i].counted)
            p->site[i].rounds_joined++;
        else
            miss(&p->site[i], leg);
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
        int n = snprintf(out + used, cap - used, "%s%s", used > 0 ? ", " : "", p->site[i].title);
        if (n < 0 || (size_t)n >= cap - used) {
            snprintf(out + cap - 4, 4, "...");
            return;
        }
        used += (size_t)n;
    }
}
