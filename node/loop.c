#include "node/loop.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/core/schema.h"
#include "proto/base/log.h"
#include "proto/base/must.h"

/* The same sums that do not end in the same state twice never will. */
#define RESTARTS_MAX 3

static struct msg blank(const struct node_loop *l, enum msg_kind kind, uint64_t round)
{
    return (struct msg){.head = {.type = (uint8_t)kind,
                                 .phase = (uint8_t)l->node.phase,
                                 .config = l->o.plan->digest,
                                 .model = l->fingerprint,
                                 .round = round}};
}

static enum status say(struct node_loop *l, const struct msg *m)
{
    return l->o.link->ops->send(l->o.link, m);
}

uint64_t node_loop_done(const struct node_loop *l)
{
    return l->work.begun ? l->work.course.leg.round - 1 : 0;
}

static enum status send_join(struct node_loop *l)
{
    struct msg m = blank(l, MSG_JOIN, 0);
    struct writer count = {0};
    schema_write(&count, &l->work.data.schema);
    uint8_t *bytes = must_alloc(1, count.done);
    struct writer w = {.at = bytes, .left = count.done};
    schema_write(&w, &l->work.data.schema);
    must(!w.spent);
    snprintf(m.as.join.site, sizeof m.as.join.site, "%s", l->name);
    m.as.join.schema = bytes;
    m.as.join.schema_len = count.done;
    m.as.join.done = node_loop_done(l);
    enum status st = say(l, &m);
    free(bytes);
    return st;
}

static enum status upload(struct node_loop *l)
{
    struct msg m = blank(l, MSG_MASKED, l->node.round);
    m.vector = l->work.out; /* borrowed by send */
    return say(l, &m);
}

static enum status adopt(struct node_loop *l, const struct msg *result)
{
    enum status st =
        work_adopt(&l->work, &l->fingerprint, &result->vector, result->as.result.sites);
    if (st != ST_OK)
        return st;
    struct msg m = blank(l, MSG_ACCEPT, l->node.round);
    return say(l, &m);
}

/* Do both ends mean the same leg? */
static enum status same_leg(const struct node_loop *l, const struct msg *open)
{
    const struct leg *leg = &l->work.course.leg;
    bool same = open->as.open.leg == (uint32_t)leg->kind && open->as.open.values == leg->values;
    if (same && leg->kind != LEG_END)
        return ST_OK;
    return fault(EC_RUN_MISMATCH, l->name,
                 "the coordinator opens leg %" PRIu32 " of %" PRIu64
                 " values, here `%s` of %zu is due",
                 open->as.open.leg, open->as.open.values, leg_name(leg->kind), leg->values);
}

static enum status obey(struct node_loop *l, enum order todo, const struct msg *m);

static enum status hear(struct node_loop *l, enum heard what, const struct msg *m)
{
    enum order todo = OR_WAIT;
    enum status st = node_hear(&l->node, what, m != NULL ? m->head.round : l->node.round, &todo);
    return st == ST_OK ? obey(l, todo, m) : st;
}

static enum status train(struct node_loop *l, const struct msg *open)
{
    enum status st = same_leg(l, open);
    if (st == ST_OK)
        st = work_contribute(&l->work);
    return st == ST_OK ? hear(l, HE_TRAINED, NULL) : st;
}

/* --- catching up ----------------------------------------------------------------------------- */

static enum status ask(struct node_loop *l)
{
    struct msg m = blank(l, MSG_ASK, 0);
    m.as.ask.leg = node_loop_done(l) + 1;
    return say(l, &m);
}

static enum status fold(struct node_loop *l, const struct msg *past)
{
    if (past->as.past.leg != node_loop_done(l) + 1)
        return fault(EC_RUN_STATE, l->name, "the sum of leg %" PRIu64 " came, %" PRIu64 " is due",
                     past->as.past.leg, node_loop_done(l) + 1);
    enum status st = work_adopt(&l->work, &l->fingerprint, &past->vector, past->as.past.sites);
    if (st != ST_OK)
        return st;
    return node_loop_done(l) < l->target ? ask(l) : hear(l, HE_LEVEL, NULL);
}

/* What was folded here belongs to another run of the same plan. */
static enum status begin_with_nothing(struct node_loop *l)
{
    log_warn("begins with nothing", LOG_TEXT("site", l->name),
             LOG_TEXT("why", "the coordinator's run is another than ours"));
    if (++l->restarts > RESTARTS_MAX)
        return fault(EC_RUN_MISMATCH, l->name,
                     "the coordinator's sums lead to another state here than there");
    work_close(&l->work);
    l->fingerprint = (struct digest){{0}};
    return work_open(&l->work, l->o.plan, l->o.flat_path);
}

static bool same_run(const struct node_loop *l, const struct msg *m)
{
    const struct msg_welcome *w = &m->as.welcome;
    uint64_t done = node_loop_done(l);
    if (l->work.begun && (l->work.site != w->site || l->work.sites != w->sites))
        return false;
    return w->done > done || (w->done == done && digest_equal(&m->head.model, &l->fingerprint));
}

static enum status welcome(struct node_loop *l, const struct msg *m)
{
    const struct msg_welcome *w = &m->as.welcome;
    bool same = same_run(l, m);
    enum status st = ST_OK;
    if (w->site >= w->sites)
        return fault(EC_RUN_STATE, l->name, "welcome as number %" PRIu32 " of %" PRIu32 " sites",
                     w->site, w->sites);
    if (l->node.phase != PH_AUTH && l->node.phase != PH_IDLE)
        return hear(l, HE_WELCOME, m); /* refused there */
    if (!same)
        st = begin_with_nothing(l);
    if (st == ST_OK && !l->work.begun)
        st = work_begin(&l->work, w->site, w->sites);
    if (st != ST_OK)
        return st;
    l->target = w->done;
    if (w->done > node_loop_done(l))
        return hear(l, HE_BEHIND, m);
    return hear(l, same ? HE_WELCOME : HE_LINK_UP, m); /* else it has to hear where we are */
}

static enum status obey(struct node_loop *l, enum order todo, const struct msg *m)
{
    enum status st = ST_OK;
    switch (todo) {
    case OR_WAIT:
    case OR_FORGET: /* the contribution stays: the leg is tried again with the same bytes */
        return ST_OK;
    case OR_CONNECT:
        return hear(l, HE_LINK_UP, NULL);
    case OR_JOIN:
        return send_join(l);
    case OR_ASK:
        return ask(l);
    case OR_FOLD:
        return fold(l, m);
    case OR_TRAIN:
        return train(l, m);
    case OR_UPLOAD:
        st = upload(l);
        return st == ST_OK ? hear(l, HE_UPLOADED, NULL) : st;
    case OR_ADOPT:
        return adopt(l, m);
    case OR_STOP:
        l->finished = true;
        return ST_OK;
    case OR_HALT:
        return fault(EC_RUN_MISMATCH, l->name,
                     "the committed state of round %" PRIu64 " is not the one computed here",
                     l->node.round);
    }
    must(!"every order is obeyed");
    return ST_STATE;
}

/* The coordinator will not have us: its reason becomes ours. */
static enum status refused(const struct msg_refused *r)
{
    enum complaint what = complaint_find(r->code);
    if (what == EC_NONE)
        return fault(EC_RUN_REFUSED, "coordinator", "%s: %s", r->code, r->text);
    return fault(what, "coordinator", "%s", r->text);
}

static enum status handle(struct node_loop *l, const struct msg *m)
{
    if (m->head.type == MSG_REFUSED)
        return refused(&m->as.refused);
    if (!digest_equal(&m->head.config, &l->o.plan->digest))
        return fault(EC_RUN_PLAN, l->name, "the coordinator runs another plan");
    switch ((enum msg_kind)m->head.type) {
    case MSG_WELCOME:
        return welcome(l, m);
    case MSG_PAST:
        return hear(l, HE_PAST, m);
    case MSG_ROUND_OPEN:
        return hear(l, HE_ROUND_OPEN, m);
    case MSG_RESULT:
        return hear(l, HE_RESULT, m);
    case MSG_COMMIT:
        return hear(l, digest_equal(&m->head.model, &l->fingerprint) ? HE_COMMIT : HE_DIFFERS, m);
    case MSG_BURN:
        return hear(l, HE_BURN, m);
    case MSG_END:
        return hear(l, HE_END, m);
    default:
        return fault(EC_RUN_STATE, l->name, "message kind %u is not for a node", m->head.type);
    }
}

/* --- the loop -------------------------------------------------------------------------------- */

enum status node_loop_open(struct node_loop *l, const struct node_options *options)
{
    *l = (struct node_loop){.o = *options};
    enum status st = work_open(&l->work, l->o.plan, l->o.flat_path);
    if (st == ST_OK) {
        snprintf(l->name, sizeof l->name, "%s",
                 l->o.name != NULL ? l->o.name : l->work.data.flat.site);
        st = hear(l, HE_START, NULL);
    }
    if (st != ST_OK)
        node_loop_close(l);
    return st;
}

void node_loop_close(struct node_loop *l)
{
    work_close(&l->work);
    *l = (struct node_loop){0};
}

enum status node_loop_rejoin(struct node_loop *l)
{
    return hear(l, HE_LINK_UP, NULL);
}

/* What training complains about has no place of its own: it happened here. */
static enum status placed(const struct node_loop *l, enum status st)
{
    struct complaint_kept kept = *fault_kept();
    if (kept.where[0] == '\0') {
        snprintf(kept.where, sizeof kept.where, "%s", l->name);
        fault_restore(&kept);
    }
    return st;
}

enum status node_loop_turn(struct node_loop *l)
{
    for (;;) {
        struct msg m;
        bool got = false;
        enum status st = l->o.link->ops->receive(l->o.link, &m, &got);
        if (st != ST_OK || !got)
            return st;
        st = handle(l, &m);
        msg_free(&m);
        if (st == ST_STATE && fault_kept()->what == EC_RUN_STATE) {
            /* Not due: refused and said, never obeyed. */
            log_warn("refused", LOG_TEXT("site", l->name), LOG_TEXT("why", fault_text()));
            continue;
        }
        if (st != ST_OK)
            return placed(l, st);
    }
}
