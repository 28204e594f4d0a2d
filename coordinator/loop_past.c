#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/loop_inside.h"
#include "proto/adopt/adopt.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/base/text.h"

#define FACT_PLAN   "plan_digest"
#define FACT_SCHEMA "schema"

/* --- keeping --------------------------------------------------------------------------------- */

enum status coord_keep_beginning(struct coord_loop *l)
{
    struct store *store = l->o.store;
    if (store == NULL)
        return ST_OK;
    char digest[DIGEST_TEXT];
    char *schema = text_hex(l->schema, l->schema_len);
    const char **names = must_alloc(l->presence.sites, sizeof *names);
    for (uint32_t i = 0; i < l->presence.sites; i++)
        names[i] = l->presence.site[i].name;
    digest_text(digest, &l->plan->digest);
    enum status st = store_put_text(store, FACT_PLAN, digest);
    if (st == ST_OK)
        st = store_put_text(store, FACT_SCHEMA, schema);
    if (st == ST_OK) /* last: with its sites the run has begun */
        st = store_put_sites(store, names, l->presence.sites);
    free(schema);
    free(names);
    return st;
}

enum status coord_keep_sum(struct coord_loop *l)
{
    if (l->o.store == NULL)
        return ST_OK;
    uint32_t sites = l->presence.sites;
    bool *counted = must_alloc(sites, sizeof *counted);
    for (uint32_t i = 0; i < sites; i++)
        counted[i] = l->presence.site[i].counted;
    enum status st = store_keep_sum(l->o.store, l->closed.round, presence_counted(&l->presence),
                                    counted, sites, &l->intake.sum);
    free(counted);
    return st;
}

/* --- folding again --------------------------------------------------------------------------- */

/* Presence as it was when this sum was made: who is counted belongs to the run. */
static void restore_presence(struct presence *p, const bool *counted)
{
    presence_new_round(p);
    for (uint32_t i = 0; i < p->sites; i++) {
        p->site[i].counted = counted[i];
        p->site[i].joined = p->site[i].joined || counted[i];
        p->site[i].away = !counted[i];
    }
}

static enum status refold(struct coord_loop *l, uint64_t leg)
{
    struct ring sum = {0};
    uint32_t sites = 0;
    bool *counted = must_alloc(l->presence.sites, sizeof *counted);
    l->closed = l->course.leg;
    enum status st = store_read_sum(&sum, &sites, counted, l->o.store, leg, l->presence.sites);
    if (st == ST_OK) {
        restore_presence(&l->presence, counted);
        st = adopt_sum(&l->course, &l->fingerprint, &sum, l->presence.sites, sites);
    }
    if (st == ST_OK)
        coord_remember_leg(l);
    free(sum.word);
    free(counted);
    return st;
}

static enum status same_plan(const struct coord_loop *l)
{
    char digest[DIGEST_TEXT];
    char *kept = NULL;
    digest_text(digest, &l->plan->digest);
    enum status st = store_get_text(&kept, l->o.store, FACT_PLAN);
    if (st == ST_OK && (kept == NULL || strcmp(kept, digest) != 0))
        st = fault(EC_IO_LEFTOVER, l->plan->path,
                   "the state folder holds an unfinished run of another plan");
    free(kept);
    return st;
}

static enum status restore_schema(struct coord_loop *l)
{
    char *hex = NULL;
    uint8_t *schema = NULL;
    size_t len = 0;
    enum status st = store_get_text(&hex, l->o.store, FACT_SCHEMA);
    if (st == ST_OK && (hex == NULL || !text_unhex(&schema, &len, hex)))
        st = fault(EC_STORE_DAMAGED, FACT_SCHEMA, "it is not there, or is not what was kept");
    if (st == ST_OK)
        st = coord_open_course(l, schema, len, FACT_SCHEMA);
    free(hex);
    free(schema);
    return st;
}

enum status coord_resume(struct coord_loop *l)
{
    size_t sites = 0;
    char **names = NULL;
    enum status st = l->o.store == NULL ? ST_OK : store_sites(&names, &sites, l->o.store);
    if (st != ST_OK || sites == 0)
        return st;
    st = same_plan(l);
    for (size_t i = 0; i < sites && st == ST_OK; i++) /* reachable once they are enrolled again */
        (void)presence_enrol(&l->presence, names[i], NULL);
    free(names);
    if (st == ST_OK)
        st = restore_schema(l);
    uint64_t sums = store_sums(l->o.store);
    for (uint64_t leg = 1; leg <= sums && st == ST_OK; leg++)
        st = refold(l, leg);
    if (st != ST_OK)
        return st;
    l->begun = true;
    log_info("run goes on", LOG_NUM("legs_done", l->rounds_done),
             LOG_NUM("sites", l->presence.sites));
    return ST_OK;
}

/* --- giving ---------------------------------------------------------------------------------- */

enum status coord_send_past(struct coord_loop *l, uint32_t site, uint64_t leg)
{
    const char *name = l->presence.site[site].title;
    if (l->o.store == NULL || leg == 0 || leg > coord_loop_done(l))
        return fault(EC_RUN_STATE, name, "asks for the sum of leg %" PRIu64 ", which is not kept",
                     leg);
    struct msg m = coord_blank(l, MSG_PAST);
    enum status st =
        store_read_sum(&m.vector, &m.as.past.sites, NULL, l->o.store, leg, l->presence.sites);
    m.as.past.leg = leg;
    if (st == ST_OK)
        st = coord_send(l, &m, site);
    free(m.vector.word);
    return st;
}
