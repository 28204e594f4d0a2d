#include "tests/support/meeting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/adopt/adopt.h"
#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "tests/support/fixture.h"

static const char *const names[MEETING_SITES] = {"north", "east", "south"};

static void make_site(struct meeting *m, uint32_t at)
{
    must(at < MEETING_SITES);
    struct fixture f = {.seed = at + 1,
                        .patients = 40 + 10 * at,
                        .images = at == 1 ? 2 : 1,
                        .width = 6,
                        .signal = 1.5,
                        .test_share = .3};
    must(fixture_flat(m->flat[at], SCRATCH_MAX, m->scratch.path, names[at], &f) == ST_OK);
}

static void open_coordinator(struct meeting *m, bool kept)
{
    char path[SCRATCH_MAX];
    if (kept)
        must(store_open(&m->store, scratch_file(path, &m->scratch, "state")) == ST_OK);
    struct coord_options o = {
        .plan = &m->plan, .link = hub_coordinator(m->hub), .clock = &m->clock, .store = m->store};
    must(coord_loop_open(&m->coordinator, &o) == ST_OK);
    for (uint32_t i = 0; i < m->sites; i++) {
        must(i < MEETING_SITES);
        struct party party = party_of_site(i);
        coord_loop_enrol(&m->coordinator, &party, m->coordinator.begun ? names[i] : NULL);
    }
}

static void open_site(struct meeting *m, uint32_t site)
{
    struct node_options o = {
        .plan = &m->plan, .flat_path = m->flat[site], .link = hub_site(m->hub, site)};
    must(node_loop_open(&m->node[site], &o) == ST_OK);
}

static void open_all(struct meeting *m, const char *lines, uint32_t sites, uint32_t here, bool kept)
{
    must(here <= sites);
    must(sites <= MEETING_SITES);
    char path[SCRATCH_MAX];
    *m = (struct meeting){.scratch = scratch_open(), .clock = clock_by_hand(1000), .sites = sites};
    must(fixture_plan(path, sizeof path, m->scratch.path, lines) == ST_OK);
    must(plan_load(&m->plan, path, NULL, 0, adopt_parts, adopt_part_count) == ST_OK);
    log_to_stderr(LOG_ERROR, false);
    must(log_to_file(scratch_file(path, &m->scratch, "log.jsonl")) == ST_OK);
    m->hub = hub_open(sites, 0);
    open_coordinator(m, kept);
    for (uint32_t i = 0; i < here; i++)
        meeting_come(m, i);
}

void meeting_open(struct meeting *m, const char *lines, uint32_t sites, uint32_t here)
{
    open_all(m, lines, sites, here, false);
}

void meeting_open_kept(struct meeting *m, const char *lines, uint32_t sites, uint32_t here)
{
    open_all(m, lines, sites, here, true);
}

void meeting_close(struct meeting *m)
{
    for (uint32_t i = 0; i < MEETING_SITES; i++)
        if (m->node[i].o.link != NULL)
            node_loop_close(&m->node[i]);
    coord_loop_close(&m->coordinator);
    store_close(&m->store);
    hub_close(&m->hub);
    plan_close(&m->plan);
    must(log_to_file(NULL) == ST_OK);
    scratch_close(&m->scratch);
}

void meeting_come(struct meeting *m, uint32_t site)
{
    make_site(m, site);
    open_site(m, site);
}

void meeting_restart_site(struct meeting *m, uint32_t site)
{
    node_loop_close(&m->node[site]);
    open_site(m, site);
}

void meeting_restart_coordinator(struct meeting *m)
{
    bool kept = m->store != NULL;
    coord_loop_close(&m->coordinator);
    store_close(&m->store);
    open_coordinator(m, kept);
    for (uint32_t i = 0; i < m->sites; i++)
        if (m->node[i].o.link != NULL)
            must(node_loop_rejoin(&m->node[i]) == ST_OK);
}

enum status meeting_step(struct meeting *m, bool *moved)
{
    *moved = false;
    enum status st = coord_loop_turn(&m->coordinator);
    for (uint32_t i = 0; i < MEETING_SITES && st == ST_OK; i++) {
        if (m->node[i].o.link == NULL || m->silent[i] || !hub_has_mail(m->hub, i))
            continue;
        *moved = true;
        st = node_loop_turn(&m->node[i]);
    }
    return st;
}

enum status meeting_run(struct meeting *m)
{
    return meeting_run_to(m, LEG_END, 0);
}

enum status meeting_run_to(struct meeting *m, enum leg_kind kind, uint64_t index)
{
    for (bool moved = true; moved;) {
        enum status st = meeting_step(m, &moved);
        if (st != ST_OK)
            return st;
        const struct leg *due = &m->coordinator.course.leg;
        bool there = m->coordinator.course_opened && due->kind == kind && due->index == index;
        if (kind != LEG_END && there)
            return ST_OK;
    }
    return ST_OK;
}

void meeting_wait(struct meeting *m)
{
    clock_turn(&m->clock, 1000 * (uint64_t)settings_int(m->plan.set, "round.patience_s"));
}

bool meeting_logged(const struct meeting *m, const char *word, const char *other)
{
    char path[SCRATCH_MAX];
    uint8_t *bytes = NULL;
    size_t len = 0;
    scratch_file(path, &m->scratch, "log.jsonl");
    must(file_read(&bytes, &len, path, 1u << 24) == ST_OK);
    bool found = false;
    char *rest = NULL;
    for (char *line = strtok_r((char *)bytes, "\n", &rest); line != NULL && !found;
         line = strtok_r(NULL, "\n", &rest))
        found = strstr(line, word) != NULL && strstr(line, other) != NULL;
    free(bytes);
    return found;
}

const char *meeting_model(char out[static DIGEST_TEXT], const struct meeting *m)
{
    struct digest model = adopt_model_digest(&m->coordinator.course);
    digest_text(out, &model);
    return out;
}
