#include "coordinator/loop.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/assess.h"
#include "coordinator/loop_inside.h"
#include "proto/adopt/adopt.h"
#include "proto/base/log.h"
#include "proto/base/must.h"

/* A sum that fails three times will fail a fourth. */
#define BURNS_MAX 3

/* --- out ----------------------------------------------------------------------------------- */

struct msg coord_blank(const struct coord_loop *l, enum msg_kind kind)
{
    return (struct msg){.head = {.type = (uint8_t)kind,
                                 .phase = (uint8_t)l->coord.phase,
                                 .config = l->plan->digest,
                                 .model = l->fingerprint,
                                 .round = l->turn}};
}

enum status coord_send(struct coord_loop *l, struct msg *m, uint32_t site)
{
    m->head.recipient = l->presence.site[site].party;
    return l->o.link->ops->send(l->o.link, m);
}

/* To all that take part; to_all: to those as well that do not, or not yet. */
static enum status send_all(struct coord_loop *l, const struct msg *m, bool to_all)
{
    struct party *to = must_alloc(l->presence.sites + 1u, sizeof *to);
    size_t count = 0;
    for (uint32_t i = 0; i < l->presence.sites; i++)
        if (l->presence.site[i].reachable && (to_all || l->presence.site[i].level))
            to[count++] = l->presence.site[i].party;
    enum status st = l->o.link->ops->send_all(l->o.link, m, to, count);
    free(to);
    return st;
}

static struct msg opening(const struct coord_loop *l)
{
    struct msg m = coord_blank(l, MSG_ROUND_OPEN);
    m.head.attempt = (uint32_t)l->burnt;
    m.as.open = (struct msg_open){(uint32_t)l->course.leg.kind, l->course.leg.values};
    return m;
}

enum status coord_send_open(struct coord_loop *l, uint32_t site)
{
    struct msg m = opening(l);
    return coord_send(l, &m, site);
}

enum status coord_send_welcome(struct coord_loop *l, uint32_t site)
{
    struct msg m = coord_blank(l, MSG_WELCOME);
    m.as.welcome = (struct msg_welcome){site, l->presence.sites, coord_loop_done(l)};
    /* The round that is open is yet to be opened to this site. */
    m.head.round = l->turn > 0 ? l->turn - 1 : 0;
    return coord_send(l, &m, site);
}

static void set_deadline(struct coord_loop *l)
{
    uint64_t patience_ms = 1000 * (uint64_t)settings_int(l->plan->set, "round.patience_s");
    if (!l->begun && l->o.begin_ms > 0)
        patience_ms = l->o.begin_ms;
    l->deadline_ms = clock_now_ms(l->o.clock) + patience_ms;
}

/* --- actions ------------------------------------------------------------------------------- */

/* From now on sites have numbers. */
static enum status begin(struct coord_loop *l)
{
    enum status st = coord_keep_beginning(l);
    l->begun = true;
    for (uint32_t i = 0; i < l->presence.sites && st == ST_OK; i++)
        if (l->presence.site[i].level)
            st = coord_send_welcome(l, i);
    return st;
}

static enum status open_round(struct coord_loop *l)
{
    unsigned bits = 0;
    size_t words = 0;
    enum status st = l->begun ? ST_OK : begin(l);
    if (st != ST_OK)
        return st;
    adopt_shape(&bits, &words, &l->course);
    intake_begin(&l->intake, bits, words);
    if (l->opening != NULL)
        l->opening(l->ctx, ring_bytes(bits, words));
    presence_new_round(&l->presence);
    l->turn++;
    set_deadline(l);
    l->opened_s = clock_seconds();
    struct msg m = opening(l);
    st = send_all(l, &m, false);
    return st == ST_OK ? coord_event(l, EV_OPENED) : st;
}

static void take_time(struct coord_loop *l)
{
    double spent = clock_seconds() - l->opened_s;
    if (l->course.leg.kind <= LEG_TRACE)
        l->times.train_s += spent;
    else
        l->times.evaluate_s += spent;
}

static enum status check(struct coord_loop *l)
{
    take_time(l);
    l->closed = l->course.leg;
    enum status st = adopt_sum(&l->course, &l->fingerprint, &l->intake.sum, l->presence.sites,
                               presence_counted(&l->presence));
    if (st == ST_OK)
        st = coord_keep_sum(l);
    if (st == ST_OK)
        return coord_event(l, EV_SUM_GOOD);
    if (fault_kept()->what != EC_RUN_SUM)
        return st;
    log_warn("sum refused", LOG_NUM("round", l->turn), LOG_TEXT("why", fault_text()));
    if (l->burnt + 1 >= BURNS_MAX)
        return st;
    return coord_event(l, EV_SUM_BAD);
}

static enum status publish(struct coord_loop *l)
{
    presence_new_phase(&l->presence);
    set_deadline(l);
    struct msg m = coord_blank(l, MSG_RESULT);
    m.as.result.sites = presence_counted(&l->presence);
    m.vector = l->intake.sum; /* borrowed by send */
    enum status st = send_all(l, &m, false);
    return st == ST_OK ? coord_event(l, EV_PUBLISHED) : st;
}

static void remember(void *ctx, const char *kind, const char *name, double value)
{
    struct coord_loop *l = ctx;
    if (l->history_count == l->history_cap) {
        l->history_cap = l->history_cap > 0 ? 2 * l->history_cap : 64;
        l->history = realloc(l->history, l->history_cap * sizeof *l->history);
        must(l->history != NULL);
    }
    struct coord_point *p = &l->history[l->history_count++];
    *p = (struct coord_point){.round = l->closed.index + 1, .value = value};
    snprintf(p->metric, sizeof p->metric, "%s.%s", kind, name);
}

static void remember_trace(struct coord_loop *l)
{
    const struct course *c = &l->course;
    uint32_t *site = must_alloc(l->presence.sites + 1, sizeof *site);
    size_t sites = 0;
    for (uint32_t i = 0; i < l->presence.sites; i++)
        if (l->presence.site[i].counted)
            site[sites++] = i;
    if (l->traced == NULL)
        l->traced = must_alloc(c->trace.census.table_count + 1, sizeof *l->traced);
    assess_trace(remember, l, l->traced, c, site, sites);
    free(site);
}

void coord_remember_leg(struct coord_loop *l)
{
    const struct course *c = &l->course;
    presence_account(&l->presence, l->closed.round);
    l->rounds_done++;
    if (l->closed.kind == LEG_TRAIN)
        for (size_t i = 0; i < c->model->loss_count; i++)
            remember(l, "loss", c->model->loss_name[i], c->loss[i]);
    if (l->closed.kind == LEG_GUARD)
        for (size_t i = 0; i < c->guard_count; i++)
            remember(l, "guard", c->guard[i].name, c->guard[i].value);
    if (l->closed.kind == LEG_TRACE)
        remember_trace(l);
}

static enum status commit(struct coord_loop *l)
{
    struct msg m = coord_blank(l, MSG_COMMIT);
    enum status st = send_all(l, &m, false);
    if (st != ST_OK)
        return st;
    coord_remember_leg(l);
    l->burnt = 0;
    if (l->committed != NULL)
        l->committed(l->ctx, l);
    return coord_event(l, EV_COMMITTED);
}

static enum status burn(struct coord_loop *l)
{
    struct msg m = coord_blank(l, MSG_BURN);
    l->burnt++;
    enum status st = send_all(l, &m, false);
    if (st == ST_OK && l->burnt >= BURNS_MAX) {
        char awaited[256];
        presence_awaited(awaited, sizeof awaited, &l->presence);
        return fault(EC_RUN_QUORUM, "round",
                     "%zu attempts at round %" PRIu64 " failed; awaited at last: %s", l->burnt,
                     l->rounds_done + 1, awaited);
    }
    return st == ST_OK ? coord_event(l, EV_BURNT) : st;
}

static enum status finish(struct coord_loop *l)
{
    struct msg m = coord_blank(l, MSG_END);
    l->finished = true;
    return send_all(l, &m, true);
}

static enum status halt(struct coord_loop *l)
{
    char awaited[256];
    presence_awaited(awaited, sizeof awaited, &l->presence);
    return fault(EC_RUN_QUORUM, "round", "round %" PRIu64 " ends without a quorum; awaited: %s",
                 l->rounds_done + 1, awaited[0] != '\0' ? awaited : "any site: none is enrolled");
}

static enum status obey(struct coord_loop *l, enum action todo)
{
    enum status st = ST_OK;
    switch (todo) {
    case AC_NONE:
        return ST_OK;
    case AC_LOAD:
        st = coord_resume(l);
        return st == ST_OK ? coord_event(l, EV_LOADED) : st;
    case AC_AWAIT_SITES:
        set_deadline(l);
        return ST_OK;
    case AC_OPEN:
        return open_round(l);
    case AC_CHECK:
        return check(l);
    case AC_PUBLISH:
        return publish(l);
    case AC_COMMIT:
        return commit(l);
    case AC_BURN:
        return burn(l);
    case AC_FINISH:
        return finish(l);
    case AC_HALT:
        return halt(l);
    }
    must(!"every action is obeyed");
    return ST_STATE;
}

enum status coord_event(struct coord_loop *l, enum event what)
{
    enum action todo = AC_NONE;
    enum status st = coord_step(&l->coord, what, &todo);
    return st == ST_OK ? obey(l, todo) : st;
}

/* --- what the clock and the presence say ------------------------------------------------------ */

static bool required_answered(const struct coord_loop *l)
{
    const struct presence *p = &l->presence;
    size_t count = settings_count(l->plan->set, "round.required");
    for (size_t i = 0; i < count; i++) {
        uint32_t site = presence_of_name(p, settings_list_text(l->plan->set, i, "round.required"));
        if (site == p->sites || !(l->begun ? p->site[site].answered : p->site[site].level))
            return false;
    }
    return true;
}

static uint32_t quorum_of(const struct coord_loop *l)
{
    double share = settings_real(l->plan->set, "round.quorum");
    uint32_t sites = l->presence.sites;
    if (!l->begun && sites < l->o.begin_sites)
        sites = l->o.begin_sites;
    return (uint32_t)ceil(share * sites - 1e-9);
}

static bool enough(const struct coord_loop *l)
{
    return presence_answered(&l->presence) >= quorum_of(l) && required_answered(l);
}

static uint32_t level_sites(const struct coord_loop *l)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->presence.sites; i++)
        n += l->presence.site[i].level;
    return n;
}

static bool deadline_passed(const struct coord_loop *l)
{
    return clock_now_ms(l->o.clock) >= l->deadline_ms;
}

static enum event due_before_the_beginning(const struct coord_loop *l)
{
    uint32_t here = level_sites(l);
    bool all = here > 0 && here == l->presence.sites && here >= l->o.begin_sites;
    if (all && required_answered(l))
        return EV_PRESENT;
    if (!deadline_passed(l))
        return EV_COUNT;
    return here > 0 && here >= quorum_of(l) && required_answered(l) ? EV_PRESENT
                                                                    : EV_DEADLINE_SHORT;
}

/* Between rounds nobody is waited for, but after a restart: then the sites are on their way. */
static enum event due_in_listen(const struct coord_loop *l)
{
    if (l->course_opened && l->course.leg.kind == LEG_END)
        return EV_FINISHED;
    if (!l->begun)
        return due_before_the_beginning(l);
    bool all = l->turn > 0 || presence_level(&l->presence);
    return all || deadline_passed(l) ? EV_PRESENT : EV_COUNT;
}

/* The event that is due now, EV_COUNT for none. */
static enum event due(struct coord_loop *l)
{
    if (l->coord.phase == CO_LISTEN)
        return due_in_listen(l);
    if (l->coord.phase != CO_COLLECT_MASKED && l->coord.phase != CO_COLLECT_ACCEPT)
        return EV_COUNT;
    if (presence_complete(&l->presence) && enough(l))
        return EV_COMPLETE;
    if (!deadline_passed(l))
        return EV_COUNT;
    presence_give_up(&l->presence);
    return enough(l) ? EV_DEADLINE_ENOUGH : EV_DEADLINE_SHORT;
}

/* --- the loop ------------------------------------------------------------------------------- */

enum status coord_loop_open(struct coord_loop *l, const struct coord_options *options)
{
    *l = (struct coord_loop){.o = *options, .plan = options->plan};
    presence_open(&l->presence);
    enum status st = coord_event(l, EV_START);
    if (st != ST_OK)
        coord_loop_close(l);
    return st;
}

void coord_loop_close(struct coord_loop *l)
{
    if (l->course_opened)
        course_close(&l->course);
    presence_close(&l->presence);
    intake_close(&l->intake);
    free(l->schema);
    free(l->history);
    free(l->traced);
    free(l->told);
    *l = (struct coord_loop){0};
}

uint64_t coord_loop_done(const struct coord_loop *l)
{
    return l->course_opened ? l->course.leg.round - 1 : 0;
}

uint64_t coord_loop_wake_ms(const struct coord_loop *l)
{
    return l->finished ? UINT64_MAX : l->deadline_ms;
}

/* A message that is not due is told of, and the run goes on. */
static enum status take_message(bool *got, struct coord_loop *l)
{
    struct msg m;
    enum status st = l->o.link->ops->receive(l->o.link, &m, got);
    if (st != ST_OK || !*got)
        return st;
    struct party from = m.head.sender;
    l->bytes_in += msg_body_bytes(&m);
    st = coord_hear(l, &m);
    msg_free(&m);
    if (st == ST_STATE && fault_kept()->what == EC_RUN_STATE) {
        coord_tell(l, &from, TOLD_NOT_DUE, complaint_row(EC_RUN_STATE)->code, fault_text());
        return ST_OK;
    }
    return st;
}

static enum status turn_once(bool *busy, size_t *heard, struct coord_loop *l)
{
    bool may_hear = l->o.turn_messages == 0 || *heard < l->o.turn_messages;
    *busy = false;
    enum status st = may_hear ? take_message(busy, l) : ST_OK;
    *heard += *busy;
    enum event what = st == ST_OK ? due(l) : EV_COUNT;
    if (what == EV_COUNT)
        return st;
    *busy = true;
    return coord_event(l, what);
}

enum status coord_loop_turn(struct coord_loop *l)
{
    double from = clock_seconds();
    enum status st = ST_OK;
    size_t heard = 0;
    for (bool busy = true; busy && !l->finished && st == ST_OK;)
        st = turn_once(&busy, &heard, l);
    l->times.aggregate_s += clock_seconds() - from;
    return st;
}
