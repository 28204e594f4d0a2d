#include "coordinator/sim/sim.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/keep.h"
#include "coordinator/loop.h"
#include "coordinator/summary.h"
#include "models/core/blas.h"
#include "node/loop.h"
#include "proto/base/must.h"
#include "proto/wire/link_mem.h"

#define JOBS_MAX 64

/* A turn of one site, done by whichever worker is free. */
struct turn {
    struct node_loop *node;
    enum status st;
    struct complaint_kept complaint;
};

/* Workers that take turns from a list until it is empty, and wait for the next list. */
struct crew {
    pthread_t thread[JOBS_MAX];
    size_t threads;
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    struct turn *turn;
    size_t turns, taken, finished;
    bool stop;
};

struct sim {
    struct hub *hub;
    struct coord_loop coordinator;
    struct node_loop *node;
    uint32_t nodes;
    struct crew crew;
    struct turn *turn; /* [nodes] */
    struct clock clock;
    const struct sim_options *options;
    double started;
};

/* --- the crew ------------------------------------------------------------------------------ */

static void take_turn(struct turn *t)
{
    t->st = node_loop_turn(t->node);
    if (t->st != ST_OK)
        t->complaint = *fault_kept();
}

static void *worker(void *arg)
{
    struct crew *c = arg;
    pthread_mutex_lock(&c->lock);
    while (!c->stop) {
        if (c->taken == c->turns) {
            pthread_cond_wait(&c->work, &c->lock);
            continue;
        }
        struct turn *t = &c->turn[c->taken++];
        pthread_mutex_unlock(&c->lock);
        take_turn(t);
        pthread_mutex_lock(&c->lock);
        if (++c->finished == c->turns)
            pthread_cond_signal(&c->idle);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static void crew_open(struct crew *c, size_t jobs)
{
    *c = (struct crew){0};
    must(pthread_mutex_init(&c->lock, NULL) == 0);
    must(pthread_cond_init(&c->work, NULL) == 0);
    must(pthread_cond_init(&c->idle, NULL) == 0);
    /* One job needs nobody else. */
    for (size_t i = 0; jobs > 1 && i < jobs && i < JOBS_MAX; i++) {
        must(pthread_create(&c->thread[i], NULL, worker, c) == 0);
        c->threads++;
    }
}

static void crew_close(struct crew *c)
{
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    pthread_cond_broadcast(&c->work);
    pthread_mutex_unlock(&c->lock);
    for (size_t i = 0; i < c->threads; i++)
        pthread_join(c->thread[i], NULL);
    pthread_cond_destroy(&c->work);
    pthread_cond_destroy(&c->idle);
    pthread_mutex_destroy(&c->lock);
}

static void crew_run(struct crew *c, struct turn *turn, size_t turns)
{
    if (c->threads == 0 || turns < 2) {
        for (size_t i = 0; i < turns; i++)
            take_turn(&turn[i]);
        return;
    }
    pthread_mutex_lock(&c->lock);
    c->turn = turn;
    c->turns = turns;
    c->taken = c->finished = 0;
    pthread_cond_broadcast(&c->work);
    while (c->finished < turns)
        pthread_cond_wait(&c->idle, &c->lock);
    c->turns = c->taken = 0;
    pthread_mutex_unlock(&c->lock);
}

/* --- the run ------------------------------------------------------------------------------- */

static void committed(void *ctx, const struct coord_loop *l)
{
    struct sim *s = ctx;
    struct coord_progress p = coord_progress(l, clock_seconds() - s->started);
    coord_progress_log(&p);
    if (s->options->progress != NULL)
        s->options->progress(s->options->ctx, &p);
}

static enum status first_fault(const struct turn *turn, size_t turns)
{
    for (size_t i = 0; i < turns; i++)
        if (turn[i].st != ST_OK) {
            fault_restore(&turn[i].complaint);
            return turn[i].st;
        }
    return ST_OK;
}

/* Every site with mail takes a turn. */
static enum status nodes_turn(struct sim *s)
{
    size_t turns = 0;
    for (uint32_t i = 0; i < s->nodes; i++)
        if (hub_has_mail(s->hub, i))
            s->turn[turns++] = (struct turn){.node = &s->node[i]};
    if (turns == 0)
        return fault(EC_INTERNAL, "simulator", "nobody has anything to do, in phase %s",
                     coord_phase_name(s->coordinator.coord.phase));
    crew_run(&s->crew, s->turn, turns);
    return first_fault(s->turn, turns);
}

static enum status run(struct sim *s)
{
    for (;;) {
        enum status st = coord_loop_turn(&s->coordinator);
        if (st != ST_OK)
            return st;
        if (s->coordinator.finished)
            return ST_OK;
        st = nodes_turn(s);
        if (st != ST_OK)
            return st;
    }
}

static enum status open_all(struct sim *s, const struct plan *plan, const char *const *flat_paths,
                            const struct sim_options *options)
{
    s->hub = hub_open(s->nodes, options->shuffle);
    s->node = must_alloc(s->nodes, sizeof *s->node);
    s->turn = must_alloc(s->nodes, sizeof *s->turn);
    s->clock = clock_machine();
    struct coord_options all = {
        .plan = plan, .link = hub_coordinator(s->hub), .clock = &s->clock, .begin_sites = s->nodes};
    enum status st = coord_loop_open(&s->coordinator, &all);
    s->coordinator.committed = committed;
    s->coordinator.ctx = s;
    for (uint32_t i = 0; i < s->nodes && st == ST_OK; i++) {
        struct party party = party_of_site(i);
        struct node_options one = {
            .plan = plan, .flat_path = flat_paths[i], .link = hub_site(s->hub, i)};
        coord_loop_enrol(&s->coordinator, &party, NULL);
        st = node_loop_open(&s->node[i], &one);
    }
    return st;
}

static void close_all(struct sim *s)
{
    crew_close(&s->crew);
    for (uint32_t i = 0; i < s->nodes; i++)
        node_loop_close(&s->node[i]);
    coord_loop_close(&s->coordinator);
    hub_close(&s->hub);
    free(s->node);
    free(s->turn);
}

enum status sim_run(struct report *report, const struct plan *plan, const char *const *flat_paths,
                    size_t sites, const char *folder, const struct sim_options *options)
{
    must(options->jobs > 0);
    *report = (struct report){0};
    if (sites == 0)
        return fault(EC_DATA_EMPTY, plan->path, "there is no site");
    struct sim s = {.nodes = (uint32_t)sites, .options = options, .started = clock_seconds()};
    /* Sites run side by side; a product inside one uses one thread: bytes depend on no job. */
    blas_threads(1);
    crew_open(&s.crew, options->jobs);
    enum status st = open_all(&s, plan, flat_paths, options);
    if (st == ST_OK)
        st = run(&s);
    if (st == ST_OK) {
        summary_fill(report, &s.coordinator, "local", clock_seconds() - s.started);
        report->frontier = options->frontier;
        if (folder != NULL)
            st = keep_run(report, &s.coordinator, folder);
    }
    close_all(&s);
    return st;
}
