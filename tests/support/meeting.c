#include "tests/support/meeting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/sim/parts.h"
#include "proto/adopt/adopt.h"
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

void meeting_open(struct meeting *m, const char *lines, uint32_t sites, uint32_t here)
{
    must(here <= sites);
    must(sites <= MEETING_SITES);
    char path[SCRATCH_MAX];
    *m = (struct meeting){.scratch = scratch_open(), .clock = clock_by_hand(1000)};
    must(fixture_plan(path, sizeof path, m->scratch.path, lines) == ST_OK);
    must(plan_load(&m->plan, path, NULL, 0, sim_plan_parts, sim_plan_part_count) == ST_OK);
    log_to_stderr(LOG_ERROR, false);
    must(log_to_file(scratch_file(path, &m->scratch, "log.jsonl")) == ST_OK);
    m->hub = hub_open(sites, 0);
    struct link *link = hub_coordinator(m->hub);
    must(coord_loop_open(&m->coordinator, &m->plan, sites, link, &m->clock) == ST_OK);
    for (uint32_t i = 0; i < here; i++) {
        make_site(m, i);
        link = hub_site(m->hub, i);
        must(node_loop_open(&m->node[i], &m->plan, m->flat[i], link) == ST_OK);
    }
}

void meeting_close(struct meeting *m)
{
    for (uint32_t i = 0; i < MEETING_SITES; i++)
        if (m->node[i].link != NULL)
            node_loop_close(&m->node[i]);
    coord_loop_close(&m->coordinator);
    hub_close(&m->hub);
    plan_close(&m->plan);
    must(log_to_file(NULL) == ST_OK);
    scratch_close(&m->scratch);
}

enum status meeting_step(struct meeting *m, bool *moved)
{
    *moved = false;
    enum status st = coord_loop_turn(&m->coordinator);
    for (uint32_t i = 0; i < MEETING_SITES && st == ST_OK; i++) {
        if (m->node[i].link == NULL || m->silent[i] || !hub_has_mail(m->hub, i))
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
