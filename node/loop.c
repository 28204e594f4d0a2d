#include "node/loop.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/core/schema.h"
#include "proto/base/log.h"
#include "proto/base/must.h"

static struct msg blank(const struct node_loop *l, enum msg_kind kind, uint64_t round)
{
    return (struct msg){.head = {.type = (uint8_t)kind,
                                 .phase = (uint8_t)l->node.phase,
                                 .config = l->work.plan->digest,
                                 .round = round}};
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
    enum status st = l->link->ops->send(l->link, &m);
    free(bytes);
    return st;
}

static enum status upload(struct node_loop *l)
{
    struct msg m = blank(l, MSG_MASKED, l->node.round);
    m.vector = l->work.out; /* borrowed by send */
    return l->link->ops->send(l->link, &m);
}

static enum status adopt(struct node_loop *l, const struct msg *result)
{
    enum status st =
        work_adopt(&l->work, &l->fingerprint, &result->vector, result->as.result.sites);
    if (st != ST_OK)
        return st;
    struct msg m = blank(l, MSG_ACCEPT, l->node.round);
    m.head.model = l->fingerprint;
    return l->link->ops->send(l->link, &m);
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

static enum status welcome(struct node_loop *l, const struct msg *m)
{
    uint32_t site = m->as.welcome.site;
    uint32_t sites = m->as.welcome.sites;
    if (site >= sites)
        return fault(EC_RUN_STATE, l->name, "welcome as number %" PRIu32 " of %" PRIu32 " sites",
                     site, sites);
    enum status st = hear(l, HE_WELCOME, m);
    return st == ST_OK ? work_begin(&l->work, site, sites) : st;
}

static enum status handle(struct node_loop *l, const struct msg *m)
{
    if (!digest_equal(&m->head.config, &l->work.plan->digest))
        return fault(EC_RUN_MISMATCH, l->name, "the coordinator runs another plan");
    switch ((enum msg_kind)m->head.type) {
    case MSG_WELCOME:
        return welcome(l, m);
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

enum status node_loop_open(struct node_loop *l, const struct plan *plan, const char *flat_path,
                           struct link *link)
{
    *l = (struct node_loop){.link = link};
    enum status st = work_open(&l->work, plan, flat_path);
    if (st == ST_OK) {
        snprintf(l->name, sizeof l->name, "%s", l->work.data.flat.site);
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
        enum status st = l->link->ops->receive(l->link, &m, &got);
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
