/* What a coordinator says of itself and of its sites. */
#include "coordinator/status.h"

#include "proto/adopt/parts.h"
#include "proto/base/log.h"
#include "tests/support/check.h"
#include "tests/support/federation.h"
#include "tests/support/fixture.h"
#include "tests/support/sample.h"

/* A coordinator of three enrolled sites, of which the first is connected. */
struct office {
    struct fed f;
    struct plan plan;
    struct clock clock;
    struct coord_loop loop;
};

static void office_open(struct office *o)
{
    char path[SCRATCH_MAX];
    fed_open(&o->f, 3);
    fed_start_coord(&o->f);
    fed_start_site(&o->f, 0, 0);
    assert_true(fed_line(&o->f, 0, LINE_UP));
    check_ok(fixture_plan(path, sizeof path, o->f.scratch.path,
                          "rounds = 3; model = { name = \"linear\"; };"));
    check_ok(plan_load(&o->plan, path, NULL, 0, adopt_parts, adopt_part_count));
    o->clock = clock_by_hand(1000);
    struct coord_options options = {
        .plan = &o->plan, .link = net_as_link(o->f.coord), .clock = &o->clock};
    check_ok(coord_loop_open(&o->loop, &options));
    for (uint32_t i = 0; i < 3; i++) {
        struct party party = party_of_site(i);
        char name[KEY_NAME_MAX];
        assert_true(net_coord_site_name(name, o->f.coord, i));
        coord_loop_enrol(&o->loop, &party, name);
    }
}

static void office_close(struct office *o)
{
    coord_loop_close(&o->loop);
    plan_close(&o->plan);
    fed_close(&o->f);
}

static const struct json *site_of(const struct json *said, uint32_t site)
{
    return json_at(json_get(said, "sites"), site);
}

static const char *text_of(const struct json *j, const char *key)
{
    return json_string(json_get(j, key), "(none)");
}

static const struct {
    const char *what;
    uint32_t site; /* 0: connected, 1: never was */
    struct presence_site is;
    bool begun;
    enum coord_phase phase;
    const char *state, *note;
} seen[] = {
    {"enrolled", 1, {.reachable = true}, false, CO_LISTEN, "not here yet", ""},
    {"its doctor looked", 0, {.reachable = true}, false, CO_LISTEN, "connected", ""},
    {"joined", 0, {.reachable = true, .joined = true, .level = true}, false, CO_LISTEN, "here", ""},
    {"came too late", 0, {.reachable = true}, true, CO_COLLECT_MASKED, "catching up", ""},
    {"trains",
     0,
     {.reachable = true, .joined = true, .level = true},
     true,
     CO_COLLECT_MASKED,
     "working",
     ""},
    {"answered that it cannot",
     0,
     {.reachable = true, .joined = true, .level = true, .answered = true},
     true,
     CO_COLLECT_MASKED,
     "working",
     ""},
    {"is in the sum",
     0,
     {.reachable = true, .joined = true, .level = true, .answered = true, .counted = true},
     true,
     CO_COLLECT_MASKED,
     "delivered",
     ""},
    {"folds",
     0,
     {.reachable = true, .joined = true, .level = true, .counted = true},
     true,
     CO_COLLECT_ACCEPT,
     "folding the sum",
     ""},
    {"has folded",
     0,
     {.reachable = true, .joined = true, .level = true, .answered = true},
     true,
     CO_COLLECT_ACCEPT,
     "level",
     ""},
    {"between two rounds",
     0,
     {.reachable = true, .joined = true, .level = true},
     true,
     CO_LISTEN,
     "here",
     ""},
    {"missed a deadline",
     0,
     {.reachable = true, .joined = true, .level = true, .away = true},
     true,
     CO_COLLECT_MASKED,
     "working",
     "let a deadline pass"},
    {"is gone",
     1,
     {.reachable = true, .joined = true, .level = true},
     true,
     CO_COLLECT_MASKED,
     "LOST",
     ""},
    {"was struck off", 1, {.joined = true}, true, CO_LISTEN, "NOT ENROLLED", ""},
    {"will not",
     0,
     {.reachable = true, .refused = true, .why = "E-POL-001"},
     false,
     CO_LISTEN,
     "REFUSED",
     "policy does not allow the plan"},
    {"says a code of another version",
     0,
     {.reachable = true, .refused = true, .why = "E-NEW-001"},
     false,
     CO_LISTEN,
     "REFUSED",
     "E-NEW-001"},
};

static void a_site_is_where_it_was_seen_last(void **state)
{
    (void)state;
    static struct office o;
    office_open(&o);
    for (size_t i = 0; i < COUNT(seen); i++) {
        struct presence_site *s = &o.loop.presence.site[seen[i].site];
        struct presence_site before = *s;
        char name[sizeof s->name];
        memcpy(name, s->name, sizeof name);
        *s = seen[i].is;
        memcpy(s->name, name, sizeof name);
        o.loop.begun = seen[i].begun;
        o.loop.coord.phase = seen[i].phase;
        struct json *said = coord_status(&o.loop, o.f.coord);
        const struct json *site = site_of(said, seen[i].site);
        if (strcmp(text_of(site, "state"), seen[i].state) != 0 ||
            strstr(text_of(site, "note"), seen[i].note) == NULL ||
            (seen[i].note[0] == '\0' && text_of(site, "note")[0] != '\0'))
            fail_msg("%s: %s, note `%s`", seen[i].what, text_of(site, "state"),
                     text_of(site, "note"));
        assert_string_equal(text_of(site, "code"), seen[i].is.why);
        json_close(&said);
        *s = before;
    }
    o.loop.coord.phase = CO_LISTEN;
    office_close(&o);
}

static void the_run_is_told_with_plan_and_deadline(void **state)
{
    (void)state;
    static struct office o;
    char digest[DIGEST_TEXT];
    office_open(&o);
    o.loop.presence.site[2].rounds_joined = 4;
    o.loop.presence.site[2].rounds_missed = 2;
    struct json *said = coord_status(&o.loop, o.f.coord);
    digest_text(digest, &o.plan.digest);
    assert_string_equal(text_of(said, "schema"), "evenhand.coordinator-status/1");
    assert_string_equal(text_of(said, "plan"), "fixture");
    assert_string_equal(text_of(said, "plan_digest"), digest);
    assert_string_equal(text_of(said, "phase"), "LISTEN");
    assert_int_equal(json_int(json_get(said, "rounds"), -1), 3);
    assert_int_equal(json_int(json_get(said, "legs_done"), -1), 0);
    assert_int_equal(json_count(json_get(said, "sites")), 3);
    assert_string_equal(text_of(site_of(said, 2), "name"), "s002");
    assert_int_equal(json_int(json_get(site_of(said, 2), "rounds_joined"), -1), 4);
    assert_int_equal(json_int(json_get(site_of(said, 2), "rounds_missed"), -1), 2);
    assert_true(json_real(json_get(site_of(said, 0), "quiet_s"), -1) >= 0);
    assert_true(json_real(json_get(site_of(said, 2), "quiet_s"), -1) < 0); /* null: never */
    json_close(&said);
    office_close(&o);
}

/* --- in words -------------------------------------------------------------------------------- */

static char *printed(const char *json, bool alive)
{
    char *text = NULL;
    size_t len = 0;
    struct json *said = sample_json(json);
    FILE *to = open_memstream(&text, &len);
    assert_non_null(to);
    coord_status_print(to, said, alive);
    fclose(to);
    json_close(&said);
    return text;
}

#define HEAD                                                                                       \
    "\"time\":\"2026-11-25T10:00:00Z\",\"plan\":\"tcga\",\"plan_digest\":"                         \
    "\"0123456789abcdef0123\","                                                                    \
    "\"legs_done\":14,"

static void every_site_is_a_line_of_the_table(void **state)
{
    (void)state;
    char *text =
        printed("{" HEAD "\"phase\":\"COLLECT_MASKED\",\"leg\":\"train\",\"deadline_s\":90,"
                "\"sites\":[{\"name\":\"north\",\"state\":\"delivered\",\"note\":\"\","
                "\"rounds_joined\":14,\"rounds_missed\":0,\"quiet_s\":2},"
                "{\"name\":\"a long name\",\"state\":\"LOST\",\"note\":\"gone\","
                "\"rounds_joined\":9,\"rounds_missed\":5,\"quiet_s\":null}]}",
                true);
    assert_string_equal(
        text, "plan tcga 0123456789ab  COLLECT_MASKED train  14 legs done  deadline in 90.0 s\n"
              "site         state            joined/missed  last contact  note\n"
              "north        delivered        14/0           2.0 s         \n"
              "a long name  LOST             9/5            never         gone\n");
    free(text);
}

static void what_is_over_is_said_to_be_over(void **state)
{
    (void)state;
    char *text = printed("{" HEAD "\"phase\":\"DONE\",\"leg\":\"\",\"sites\":[]}", false);
    assert_string_equal(text, "plan tcga 0123456789ab  DONE  14 legs done\n"
                              "NOT RUNNING: what it said at 2026-11-25T10:00:00Z follows\n"
                              "site  state            joined/missed  last contact  note\n");
    free(text);
    text = printed("{}", true); /* of another version: nothing to say, no harm */
    assert_non_null(strstr(text, "0 legs done"));
    free(text);
}

static void names_do_not_command_the_terminal(void **state)
{
    (void)state;
    char *text = printed("{\"plan\":\"a\\u001b[2Jb\",\"plan_digest\":\"\",\"phase\":\"LISTEN\","
                         "\"sites\":[{\"name\":\"n\\u009b1mx\\u0007\\ny\",\"state\":\"REFUSED\","
                         "\"note\":\"\\u001b]0;owned\\u0007\"}]}",
                         true);
    for (const char *c = text; *c != '\0'; c++)
        if (((unsigned char)*c < ' ' && *c != '\n') || *c == 0x7f)
            fail_msg("a control character: %d", *c);
    assert_null(strstr(text, "\xc2\x9b"));
    assert_non_null(strstr(text, "plan a?[2Jb "));
    assert_non_null(strstr(text, "\nn?1mx??y"));
    assert_non_null(strstr(text, "?]0;owned?"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_is_where_it_was_seen_last),
        cmocka_unit_test(the_run_is_told_with_plan_and_deadline),
        cmocka_unit_test(every_site_is_a_line_of_the_table),
        cmocka_unit_test(what_is_over_is_said_to_be_over),
        cmocka_unit_test(names_do_not_command_the_terminal),
    };
    crypto_start();
    log_to_stderr(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
