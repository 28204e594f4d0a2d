#include "coordinator/loop.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/core/schema.h"
#include "proto/adopt/adopt.h"
#include "proto/base/log.h"
#include "proto/base/must.h"

/* A sum that fails three times will fail a fourth. */
#define BURNS_MAX 3

static enum status step(struct coord_loop *l, enum event what);

/* --- out ----------------------------------------------------------------------------------- */

static struct msg blank(const struct coord_loop *l, enum msg_kind kind)
{
    return (struct msg){.head = {.type = (uint8_t)kind,
                                 .phase = (uint8_t)l->coord.phase,
                                 .config = l->plan->digest,
                                 .model = l->fingerprint,
                                 .round = l->turn}};
}

static enum status send_to(struct coord_loop *l, struct msg *m, uint32_t site)
{
    m->head.recipient = party_of_site(site);
    return l->link->ops->send(l->link, m);
}

static enum status send_all(struct coord_loop *l, struct msg *m)
{
    enum status st = ST_OK;
    for (uint32_t i = 0; i < l->presence.sites && st == ST_OK; i++)
        if (l->presence.site[i].joined)
            st = send_to(l, m, i);
    return st;
}

static void set_deadline(struct coord_loop *l)
{
    uint64_t patience = (uint64_t)settings_int(l->plan->set, "round.patience_s");
    l->deadline_ms = clock_now_ms(l->clock) + 1000 * patience;
}

/* --- actions ------------------------------------------------------------------------------- */

static enum status open_round(struct coord_loop *l)
{
    unsigned bits = 0;
    size_t words = 0;
    adopt_shape(&bits, &words, &l->course);
    intake_begin(&l->intake, bits, words);
    presence_new_round(&l->presence);
    l->turn++;
    set_deadline(l);
    struct msg m = blank(l, MSG_ROUND_OPEN);
    m.head.attempt = (uint32_t)l->burnt;
    m.as.open = (struct msg_open){(uint32_t)l->course.leg.kind, l->course.leg.values};
    enum status st = send_all(l, &m);
    return st == ST_OK ? step(l, EV_OPENED) : st;
}

static enum status check(struct coord_loop *l)
{
    l->closed = l->course.leg;
    enum status st = adopt_sum(&l->course, &l->fingerprint, &l->intake.sum, l->presence.sites,
                               presence_counted(&l->presence));
    if (st == ST_OK)
        return step(l, EV_SUM_GOOD);
    if (fault_kept()->what != EC_RUN_SUM)
        return st;
    log_warn("sum refused", LOG_NUM("round", l->turn), LOG_TEXT("why", fault_text()));
    if (l->burnt + 1 >= BURNS_MAX)
        return st;
    return step(l, EV_SUM_BAD);
}

static enum status publish(struct coord_loop *l)
{
    presence_new_phase(&l->presence);
    set_deadline(l);
    struct msg m = blank(l, MSG_RESULT);
    m.as.result.sites = presence_counted(&l->presence);
    m.vector = l->intake.sum; /* borrowed by send */
    enum status st = send_all(l, &m);
    return st == ST_OK ? step(l, EV_PUBLISHED) : st;
}

static void remember(struct coord_loop *l, const char *kind, const char *name, double value)
{
    if (l->history_count == l->history_cap) {
        l->history_cap = l->history_cap > 0 ? 2 * l->history_cap : 64;
        l->history = realloc(l->history, l->history_cap * sizeof *l->history);
        must(l->history != NULL);
    }
    l->history[l->history_count++] = (struct coord_point){l->closed.index + 1, kind, name, value};
}

static void remember_leg(struct coord_loop *l)
{
    const struct course *c = &l->course;
    if (l->closed.kind == LEG_TRAIN)
        for (size_t i = 0; i < c->model->loss_count; i++)
            remember(l, "loss", c->model->loss_name[i], c->loss[i]);
    if (l->closed.kind == LEG_GUARD)
        for (size_t i = 0; i < c->guard_count; i++)
            remember(l, "guard", c->guard[i].name, c->guard[i].value);
}

static enum status commit(struct coord_loop *l)
{
    struct msg m = blank(l, MSG_COMMIT);
    enum status st = send_all(l, &m);
    if (st != ST_OK)
        return st;
    presence_account(&l->presence);
    remember_leg(l);
    l->rounds_done++;
    l->burnt = 0;
    if (l->committed != NULL)
        l->committed(l->ctx, l);
    return step(l, EV_COMMITTED);
}

static enum status burn(struct coord_loop *l)
{
    struct msg m = blank(l, MSG_BURN);
    l->burnt++;
    enum status st = send_all(l, &m);
    if (st == ST_OK && l->burnt >= BURNS_MAX) {
        char awaited[256];
        presence_awaited(awaited, sizeof awaited, &l->presence);
        return fault(EC_RUN_QUORUM, "round",
                     "%zu attempts at round %" PRIu64 " failed; awaited at last: %s", l->burnt,
                     l->rounds_done + 1, awaited);
    }
    return st == ST_OK ? step(l, EV_BURNT) : st;
}

static enum status finish(struct coord_loop *l)
{
    struct msg m = blank(l, MSG_END);
    l->finished = true;
    return send_all(l, &m);
}

static enum status halt(struct coord_loop *l)
{
    char awaited[256];
    presence_awaited(awaited, sizeof awaited, &l->presence);
    return fault(EC_RUN_QUORUM, "round", "round %" PRIu64 " ends without a quorum; awaited: %s",
                 l->rounds_done + 1, awaited);
}

static enum status obey(struct coord_loop *l, enum action todo)
{
    switch (todo) {
    case AC_NONE:
        return ST_OK;
    case AC_LOAD: /* nothing is kept from run to run yet: durable state is the store's */
        return step(l, EV_LOADED);
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

static enum status step(struct coord_loop *l, enum event what)
{
    enum action todo = AC_NONE;
    enum status st = coord_step(&l->coord, what, &todo);
    return st == ST_OK ? obey(l, todo) : st;
}

/* --- in ------------------------------------------------------------------------------------ */

static enum status same_schema(struct coord_loop *l, const struct msg_join *j)
{
    if (l->schema == NULL) {
        struct population who;
        struct reader r = {.at = j->schema, .left = j->schema_len};
        enum status st = schema_read(&who, &r, j->site);
        if (st != ST_OK)
            return st;
        l->schema = must_alloc(1, j->schema_len);
        memcpy(l->schema, j->schema, j->schema_len);
        l->schema_len = j->schema_len;
        snprintf(l->schema_of, sizeof l->schema_of, "%s", j->site);
        l->course_opened = true;
        return course_open(&l->course, l->plan->set, &who);
    }
    if (j->schema_len == l->schema_len && memcmp(j->schema, l->schema, l->schema_len) == 0)
        return ST_OK;
    return fault(EC_DATA_DISAGREE, j->site,
                 "its features, tasks or groups differ from those of `%s`", l->schema_of);
}

static enum status join(struct coord_loop *l, uint32_t site, const struct msg *m)
{
    if (m->as.join.schema == NULL || m->as.join.schema_len > SCHEMA_BYTES_MAX)
        return fault(EC_DATA_DISAGREE, m->as.join.site, "it does not describe its data");
    enum status st = same_schema(l, &m->as.join);
    if (st != ST_OK)
        return st;
    if (!presence_join(&l->presence, site, m->as.join.site))
        return fault(EC_RUN_STATE, m->as.join.site, "has joined already");
    struct msg welcome = blank(l, MSG_WELCOME);
    welcome.as.welcome = (struct msg_welcome){.site = site, .sites = l->presence.sites};
    return send_to(l, &welcome, site);
}

static enum status accept(struct coord_loop *l, uint32_t site, const struct msg *m)
{
    if (!digest_equal(&m->head.model, &l->fingerprint)) {
        enum action halted = AC_NONE;
        enum status st = coord_step(&l->coord, EV_DIFFERS, &halted);
        must(st == ST_OK && halted == AC_HALT);
        return fault(EC_RUN_MISMATCH, l->presence.site[site].name,
                     "computed another state from the sum of round %" PRIu64, l->turn);
    }
    if (!presence_answer(&l->presence, site))
        return fault(EC_RUN_STATE, l->presence.site[site].name, "has accepted already");
    return ST_OK;
}

static enum status not_due(const struct coord_loop *l, uint32_t site, const struct msg *m)
{
    return fault(EC_RUN_STATE, l->presence.site[site].name,
                 "message kind %u of round %" PRIu64 " is not due in phase %s of round %" PRIu64,
                 m->head.type, m->head.round, coord_phase_name(l->coord.phase), l->turn);
}

/* Whose message it is: links authenticate senders, so an unknown one is our bug. */
static uint32_t site_of(const struct coord_loop *l, const struct msg *m)
{
    for (uint32_t i = 0; i < l->presence.sites; i++) {
        struct party p = party_of_site(i);
        if (party_equal(&p, &m->head.sender))
            return i;
    }
    must(!"a link delivers known senders only");
    return 0;
}

static enum status handle(struct coord_loop *l, const struct msg *m)
{
    uint32_t site = site_of(l, m);
    bool joins = m->head.type == MSG_JOIN;
    if (!digest_equal(&m->head.config, &l->plan->digest))
        return fault(EC_RUN_MISMATCH, joins ? m->as.join.site : l->presence.site[site].name,
                     "runs another plan");
    enum coord_phase phase = l->coord.phase;
    if (joins && phase == CO_LISTEN && l->turn == 0)
        return join(l, site, m);
    if (m->head.round != l->turn || !l->presence.site[site].joined)
        return not_due(l, site, m);
    if (m->head.type == MSG_MASKED && phase == CO_COLLECT_MASKED) {
        enum status st = intake_add(&l->intake, &l->presence, site, m);
        if (st == ST_OK)
            (void)presence_answer(&l->presence, site);
        return st;
    }
    if (m->head.type == MSG_ACCEPT && phase == CO_COLLECT_ACCEPT)
        return accept(l, site, m);
    return not_due(l, site, m);
}

/* --- what the clock and the presence say ------------------------------------------------------ */

static bool required_answered(const struct coord_loop *l)
{
    size_t count = settings_count(l->plan->set, "round.required");
    for (size_t i = 0; i < count; i++) {
        const char *name = settings_list_text(l->plan->set, i, "round.required");
        bool here = false;
        for (uint32_t s = 0; s < l->presence.sites; s++)
            here = here ||
                   (l->presence.site[s].answered && strcmp(l->presence.site[s].name, name) == 0);
        if (!here)
            return false;
    }
    return true;
}

static uint32_t quorum_of(const struct coord_loop *l)
{
    double share = settings_real(l->plan->set, "round.quorum");
    return (uint32_t)ceil(share * l->presence.sites - 1e-9);
}

static bool enough(const struct coord_loop *l)
{
    return presence_answered(&l->presence) >= quorum_of(l) && required_answered(l);
}

/* Who takes part is settled when the first round opens: a site that joins later has missed sums. */
static enum event due_in_listen(const struct coord_loop *l)
{
    if (l->course_opened && l->course.leg.kind == LEG_END)
        return EV_FINISHED;
    if (l->turn > 0 || presence_joined(&l->presence) == l->presence.sites)
        return EV_PRESENT;
    if (clock_now_ms(l->clock) < l->deadline_ms)
        return EV_COUNT;
    return enough(l) ? EV_PRESENT : EV_DEADLINE_SHORT;
}

/* The event that is due now, EV_COUNT for none. */
static enum event due(const struct coord_loop *l)
{
    if (l->coord.phase == CO_LISTEN)
        return due_in_listen(l);
    if (l->coord.phase != CO_COLLECT_MASKED && l->coord.phase != CO_COLLECT_ACCEPT)
        return EV_COUNT;
    if (presence_answered(&l->presence) == presence_joined(&l->presence))
        return EV_COMPLETE;
    if (clock_now_ms(l->clock) < l->deadline_ms)
        return EV_COUNT;
    return enough(l) ? EV_DEADLINE_ENOUGH : EV_DEADLINE_SHORT;
}

enum status coord_loop_open(struct coord_loop *l, const struct plan *plan, uint32_t sites,
                            struct link *link, const struct clock *clock)
{
    *l = (struct coord_loop){.plan = plan, .link = link, .clock = clock};
    presence_open(&l->presence, sites);
    return step(l, EV_START);
}

void coord_loop_close(struct coord_loop *l)
{
    if (l->course_opened)
        course_close(&l->course);
    presence_close(&l->presence);
    intake_close(&l->intake);
    free(l->schema);
    free(l->history);
    *l = (struct coord_loop){0};
}

enum status coord_loop_turn(struct coord_loop *l)
{
    for (bool busy = true; busy && !l->finished;) {
        struct msg m;
        busy = false;
        enum status st = l->link->ops->receive(l->link, &m, &busy);
        if (st == ST_OK && busy) {
            st = handle(l, &m);
            msg_free(&m);
            if (st == ST_STATE && fault_kept()->what == EC_RUN_STATE) {
                log_warn("refused", LOG_TEXT("site", fault_kept()->where),
                         LOG_TEXT("why", fault_text()));
                st = ST_OK;
            }
        }
        enum event what = st == ST_OK ? due(l) : EV_COUNT;
        if (what != EV_COUNT) {
            busy = true;
            st = step(l, what);
        }
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}
