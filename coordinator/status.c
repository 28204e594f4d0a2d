#include "coordinator/status.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "coordinator/report/words.h"
#include "proto/adopt/adopt.h"
#include "proto/wire/limits.h"

static const char *in_the_open_phase(const struct coord_loop *l, const struct presence_site *s)
{
    if (l->coord.phase == CO_COLLECT_MASKED)
        return s->counted ? "delivered" : "working";
    if (l->coord.phase == CO_COLLECT_ACCEPT)
        return s->answered ? "level" : "folding the sum";
    return "here";
}

static const char *state_of(const struct coord_loop *l, const struct presence_site *s,
                            uint64_t quiet_ms)
{
    if (s->refused)
        return "REFUSED";
    if (!s->reachable)
        return "NOT ENROLLED";
    if (quiet_ms >= WIRE_SILENCE_MS) /* also for a site that only looked, as its doctor does */
        return s->joined ? "LOST" : "not here yet";
    if (!l->begun)
        return s->level ? "here" : "connected";
    return s->level ? in_the_open_phase(l, s) : "catching up";
}

static const char *note_of(const struct presence_site *s)
{
    enum complaint why = complaint_find(s->why);
    if (s->refused)
        return why != EC_NONE ? complaint_row(why)->cause : s->why;
    return s->away ? "let a deadline pass; nobody waits for it until it is heard of" : "";
}

/* Milliseconds since a valid frame of this site. Most have the same number there as here. */
static uint64_t quiet_ms_of(const struct net_link *link, const char *name, uint32_t site)
{
    char there[KEY_NAME_MAX];
    uint32_t sites = net_coord_sites(link);
    for (uint32_t i = 0; i < sites; i++) {
        uint32_t at = (site + i) % sites;
        if (net_coord_site_name(there, link, at) && strcmp(there, name) == 0)
            return net_coord_quiet_ms(link, at);
    }
    return UINT64_MAX;
}

static struct json *site_status(const struct coord_loop *l, const struct net_link *link,
                                uint32_t site)
{
    const struct presence_site *s = &l->presence.site[site];
    uint64_t quiet_ms = quiet_ms_of(link, s->name, site);
    struct json *j = json_object();
    json_put_text(j, "name", s->name);
    json_put_text(j, "title", s->title);
    json_put_text(j, "state", state_of(l, s, quiet_ms));
    json_put_text(j, "note", note_of(s));
    json_put_text(j, "code", s->why);
    json_put_int(j, "rounds_joined", (int64_t)s->rounds_joined);
    json_put_int(j, "rounds_missed", (int64_t)s->rounds_missed);
    json_put_real(j, "quiet_s", quiet_ms == UINT64_MAX ? (double)NAN : (double)quiet_ms / 1000);
    return j;
}

struct json *coord_status(const struct coord_loop *l, const struct net_link *link)
{
    const struct settings *plan = l->plan->set;
    struct json *j = json_object(), *sites = json_array();
    char now[21], digest[DIGEST_TEXT];
    uint64_t now_ms = clock_now_ms(l->o.clock), wake_ms = coord_loop_wake_ms(l);
    clock_utc(now);
    digest_text(digest, &l->plan->digest);
    json_put_text(j, "schema", "evenhand.coordinator-status/1");
    json_put_text(j, "time", now);
    json_put_text(j, "plan", settings_text(plan, "plan"));
    json_put_text(j, "plan_digest", digest);
    json_put_text(j, "phase", coord_phase_name(l->coord.phase));
    json_put_text(j, "leg", l->course_opened ? leg_name(l->course.leg.kind) : "");
    json_put_int(j, "legs_done", (int64_t)coord_loop_done(l));
    json_put_int(j, "rounds", settings_int(plan, "rounds"));
    json_put_real(j, "quorum", settings_real(plan, "round.quorum"));
    json_put_bool(j, "begun", l->begun);
    json_put_bool(j, "finished", l->finished);
    json_put_real(j, "deadline_s",
                  l->finished || wake_ms < now_ms ? (double)NAN
                                                  : (double)(wake_ms - now_ms) / 1000);
    for (uint32_t i = 0; i < l->presence.sites; i++)
        json_add(sites, site_status(l, link, i));
    json_put(j, "sites", sites);
    return j;
}

static const char *text_of(const struct json *object, const char *key)
{
    return json_string(json_get(object, key), "");
}

static const char *title_of(const struct json *site)
{
    const char *title = text_of(site, "title");
    return title[0] != '\0' ? title : text_of(site, "name");
}

static size_t longest_name(const struct json *sites)
{
    size_t longest = strlen("site");
    for (size_t i = 0; i < json_count(sites); i++) {
        size_t len = words_columns(title_of(json_at(sites, i)));
        longest = len > longest ? len : longest;
    }
    return longest;
}

static void print_site(FILE *to, const struct json *site, size_t name_columns)
{
    char quiet[WORDS_FIGURE_MAX] = "never", counts[64];
    double quiet_s = json_real(json_get(site, "quiet_s"), (double)NAN);
    if (!isnan(quiet_s))
        words_seconds(quiet, quiet_s);
    snprintf(counts, sizeof counts, "%" PRId64 "/%" PRId64,
             json_int(json_get(site, "rounds_joined"), 0),
             json_int(json_get(site, "rounds_missed"), 0));
    words_cell(to, title_of(site), name_columns + 2);
    words_cell(to, text_of(site, "state"), 17);
    words_cell(to, counts, 15);
    words_cell(to, quiet, 14);
    words_cell(to, text_of(site, "note"), 0);
    fputc('\n', to);
}

void coord_status_print(FILE *to, const struct json *said, bool alive)
{
    const struct json *sites = json_get(said, "sites");
    double deadline_s = json_real(json_get(said, "deadline_s"), (double)NAN);
    char left[WORDS_FIGURE_MAX] = "";
    size_t columns = longest_name(sites);
    if (!isnan(deadline_s))
        words_seconds(left, deadline_s);
    fputs("plan ", to);
    words_cell(to, text_of(said, "plan"), 0);
    fprintf(to, " %.12s  %s%s%s  %" PRId64 " legs done%s%s\n", text_of(said, "plan_digest"),
            text_of(said, "phase"), text_of(said, "leg")[0] != '\0' ? " " : "",
            text_of(said, "leg"), json_int(json_get(said, "legs_done"), 0),
            left[0] != '\0' ? "  deadline in " : "", left);
    if (!alive)
        fprintf(to, "NOT RUNNING: what it said at %s follows\n", text_of(said, "time"));
    words_cell(to, "site", columns + 2);
    fputs("state            joined/missed  last contact  note\n", to);
    for (size_t i = 0; i < json_count(sites); i++)
        print_site(to, json_at(sites, i), columns);
}
