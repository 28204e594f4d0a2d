#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/loop_inside.h"
#include "models/core/schema.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/wire/limits.h"

static const char *name_of(const struct coord_loop *l, uint32_t site)
{
    return site < l->presence.sites ? l->presence.site[site].title : "a site";
}

void coord_tell(struct coord_loop *l, const struct party *party, enum coord_told what,
                const char *code, const char *why)
{
    static const char *const events[] = {[TOLD_NOT_DUE] = "refused",
                                         [TOLD_REFUSED] = "site refused",
                                         [TOLD_UNWILLING] = "site will not take part"};
    uint32_t sites = l->presence.sites, site = presence_of_party(&l->presence, party);
    uint64_t times = 0;
    if (l->told_sites < sites + 1) {
        l->told = realloc(l->told, (sites + 1u) * sizeof *l->told);
        must(l->told != NULL);
        memset(l->told + l->told_sites, 0, (sites + 1u - l->told_sites) * sizeof *l->told);
        l->told_sites = sites + 1;
    }
    size_t at = site < sites ? site + 1u : 0;
    if (log_due(&times, &l->told[at][what], clock_now_ms(l->o.clock)))
        log_warn(events[what], LOG_TEXT("site", name_of(l, site)), LOG_TEXT("code", code),
                 LOG_TEXT("why", why), LOG_NUM("times", times));
}

/* --- who may take part ----------------------------------------------------------------------- */

void coord_loop_enrol(struct coord_loop *l, const struct party *party, const char *name)
{
    uint32_t site = name != NULL ? presence_of_name(&l->presence, name) : l->presence.sites;
    if (site < l->presence.sites) { /* restored by its name: now it has a party as well */
        l->presence.site[site].party = *party;
        l->presence.site[site].reachable = true;
    } else if (!l->begun) {
        (void)presence_enrol(&l->presence, name, party);
    }
}

/* Tells a party that it does not take part, and why. It may not be a site of the run. */
static enum status refuse(struct coord_loop *l, const struct party *to, enum complaint why,
                          const char *text)
{
    struct msg m = coord_blank(l, MSG_REFUSED);
    m.head.recipient = *to;
    msg_refuse(&m, why, text);
    coord_tell(l, to, TOLD_REFUSED, m.as.refused.code, text);
    return l->o.link->ops->send(l->o.link, &m);
}

/* The fault that st is of is this site's own: it is told, and nobody waits for it. */
static enum status refuse_site(struct coord_loop *l, uint32_t site, enum status st)
{
    must(st != ST_OK);
    const struct complaint_kept *kept = fault_kept();
    presence_refuse(&l->presence, site, complaint_row(kept->what)->code);
    return refuse(l, &l->presence.site[site].party, kept->what, fault_text());
}

/* --- joining --------------------------------------------------------------------------------- */

enum status coord_open_course(struct coord_loop *l, const uint8_t *schema, size_t len,
                              const char *from)
{
    struct population who;
    struct reader r = {.at = schema, .left = len};
    enum status st = schema_read(&who, &r, from);
    if (st != ST_OK)
        return st;
    l->schema = must_alloc(1, len);
    memcpy(l->schema, schema, len);
    l->schema_len = len;
    snprintf(l->schema_of, sizeof l->schema_of, "%s", from);
    l->course_opened = true;
    return course_open(&l->course, l->plan->set, &who);
}

static enum status same_schema(struct coord_loop *l, const struct msg_join *j)
{
    if (j->schema == NULL || j->schema_len > SCHEMA_BYTES_MAX)
        return fault(EC_DATA_DISAGREE, j->site, "it does not describe its data");
    if (l->schema == NULL)
        return coord_open_course(l, j->schema, j->schema_len, j->site);
    if (j->schema_len == l->schema_len && memcmp(j->schema, l->schema, l->schema_len) == 0)
        return ST_OK;
    return fault(EC_DATA_DISAGREE, j->site,
                 "its features, tasks or groups differ from those of `%s`", l->schema_of);
}

static bool is_level(const struct coord_loop *l, const struct msg *join)
{
    return join->as.join.done == coord_loop_done(l) &&
           digest_equal(&join->head.model, &l->fingerprint);
}

/* What a site that is level may do in the open phase. */
static enum status let_in(struct coord_loop *l, uint32_t site)
{
    presence_join(&l->presence, site);
    if (l->coord.phase == CO_COLLECT_ACCEPT) /* its JOIN said what an ACCEPT would */
        (void)presence_answer(&l->presence, site);
    if (l->coord.phase != CO_COLLECT_MASKED)
        return ST_OK;
    l->presence.site[site].answered = l->presence.site[site].counted;
    return coord_send_open(l, site);
}

static enum status join(struct coord_loop *l, uint32_t site, const struct msg *m)
{
    enum status st = ST_OK;
    if (presence_call(&l->presence, site, m->as.join.site))
        st = same_schema(l, &m->as.join);
    else
        st = fault(EC_DATA_DISAGREE, m->as.join.site,
                   "another site is called so, or `%s` was called otherwise before",
                   name_of(l, site));
    if (st != ST_OK)
        return refuse_site(l, site, st);
    if (!l->begun) { /* whatever it did before: this run begins with nothing */
        presence_join(&l->presence, site);
        (void)presence_answer(&l->presence, site);
        return ST_OK;
    }
    bool level = is_level(l, m);
    if (!level && l->o.store == NULL)
        return refuse_site(l, site,
                           fault(EC_RUN_WITHOUT, name_of(l, site), "sums are not kept here"));
    if (!level)
        presence_behind(&l->presence, site);
    st = coord_send_welcome(l, site);
    return st == ST_OK && level ? let_in(l, site) : st;
}

/* --- everything else ------------------------------------------------------------------------- */

static enum status not_due(const struct coord_loop *l, uint32_t site, const struct msg *m)
{
    return fault(EC_RUN_STATE, name_of(l, site),
                 "`%s` of round %" PRIu64 " is not due in phase %s of round %" PRIu64,
                 msg_kind_name(m->head.type), m->head.round, coord_phase_name(l->coord.phase),
                 l->turn);
}

static enum status contribute(struct coord_loop *l, uint32_t site, const struct msg *m)
{
    enum status st = intake_add(&l->intake, &l->presence, site, m);
    if (st == ST_OK)
        (void)presence_answer(&l->presence, site);
    return st == ST_OK || fault_kept()->what == EC_RUN_STATE ? st : refuse_site(l, site, st);
}

static enum status accept(struct coord_loop *l, uint32_t site, const struct msg *m)
{
    if (!digest_equal(&m->head.model, &l->fingerprint)) {
        enum action halted = AC_NONE;
        enum status st = coord_step(&l->coord, EV_DIFFERS, &halted);
        must(st == ST_OK && halted == AC_HALT);
        return fault(EC_RUN_MISMATCH, name_of(l, site),
                     "computed another state from the sum of round %" PRIu64, l->turn);
    }
    if (!presence_answer(&l->presence, site))
        return fault(EC_RUN_STATE, name_of(l, site), "has accepted already");
    return ST_OK;
}

static enum status send_plan(struct coord_loop *l, const struct msg *hello)
{
    struct msg m = coord_blank(l, MSG_PLAN);
    char *text = settings_normal(l->plan->set);
    m.head.recipient = hello->head.sender;
    m.as.plan = (struct msg_plan){(uint8_t *)text, strlen(text)};
    enum status st = m.as.plan.text_len <= WIRE_PLAN_MAX
                         ? l->o.link->ops->send(l->o.link, &m)
                         : fault(EC_CFG_CONFLICT, l->plan->path, "its normal form has %zu bytes",
                                 m.as.plan.text_len);
    free(text);
    return st;
}

/* A site's own decision: nobody waits for it, and the report says so. */
static enum status on_refusal(struct coord_loop *l, uint32_t site, const struct msg_refused *r)
{
    coord_tell(l, &l->presence.site[site].party, TOLD_UNWILLING, r->code, r->text);
    presence_refuse(&l->presence, site, r->code);
    return ST_OK;
}

static bool takes_part(const struct coord_loop *l, uint32_t site)
{
    return l->begun && l->presence.site[site].level;
}

/* From a site of this run, about this plan. */
static enum status hear_site(struct coord_loop *l, uint32_t site, const struct msg *m)
{
    enum coord_phase phase = l->coord.phase;
    switch ((enum msg_kind)m->head.type) {
    case MSG_JOIN:
        return join(l, site, m);
    case MSG_ASK:
        return coord_send_past(l, site, m->as.ask.leg);
    case MSG_REFUSED:
        return on_refusal(l, site, &m->as.refused);
    case MSG_MASKED:
        if (phase == CO_COLLECT_MASKED && m->head.round == l->turn && takes_part(l, site))
            return contribute(l, site, m);
        break;
    case MSG_ACCEPT:
        if (phase == CO_COLLECT_ACCEPT && m->head.round == l->turn && takes_part(l, site))
            return accept(l, site, m);
        break;
    default:
        break;
    }
    return not_due(l, site, m);
}

enum status coord_hear(struct coord_loop *l, struct msg *m)
{
    const struct party *from = &m->head.sender;
    uint32_t site = presence_of_party(&l->presence, from);
    if (m->head.type == MSG_HELLO)
        return send_plan(l, m);
    if (site == l->presence.sites)
        return m->head.type == MSG_JOIN
                   ? refuse(l, from, EC_RUN_WITHOUT, "the run began without this site")
                   : not_due(l, site, m);
    if (m->head.type != MSG_REFUSED && !digest_equal(&m->head.config, &l->plan->digest))
        return refuse_site(l, site,
                           fault(EC_RUN_PLAN, name_of(l, site), "it works on another plan"));
    l->presence.site[site].away = false; /* late perhaps, but there */
    return hear_site(l, site, m);
}
