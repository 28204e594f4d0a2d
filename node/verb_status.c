#include <math.h>
#include <stdio.h>
#include <string.h>

#include "node/verbs.h"
#include "proto/base/must.h"
#include "proto/base/opt_set.h"
#include "proto/base/text.h"
#include "proto/store/beacon.h"

static const char *text_of(const struct json *said, const char *key)
{
    return json_string(json_get(said, key), "-");
}

/* A plan is named by the coordinator: its name must not command this terminal. */
static void print_row(const char *what, const char *text)
{
    printf("%-13s", what);
    text_clean(stdout, text, strlen(text));
}

static void print(const struct json *said, bool alive)
{
    const char *code = json_string(json_get(said, "line_code"), NULL);
    double offset_s = json_real(json_get(said, "clock_offset_s"), (double)NAN);
    if (!alive)
        printf("NOT RUNNING: what it said at %s follows\n", text_of(said, "time"));
    print_row("site", text_of(said, "name"));
    putchar('\n');
    print_row("coordinator", text_of(said, "coordinator"));
    printf("  line %s%s%s%s\n", text_of(said, "line"), code != NULL ? "  [" : "",
           code != NULL ? code : "", code != NULL ? "]" : "");
    if (isfinite(offset_s))
        printf("clock        %.1f s from the coordinator's\n", fabs(offset_s));
    printf("phase        %s\n", text_of(said, "phase"));
    if (json_get(said, "plan") == NULL)
        return;
    print_row("plan", text_of(said, "plan"));
    printf(" %.12s\n", text_of(said, "plan_digest"));
    printf("done         %lld legs, now %s\n", (long long)json_int(json_get(said, "legs_done"), 0),
           text_of(said, "leg"));
    printf("sent         %.0f bytes of messages\n", json_real(json_get(said, "bytes_out"), 0));
}

static enum status run(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    struct node_config c;
    bool alive = false;
    enum status st = node_verb_config(&c);
    if (st != ST_OK)
        return st;
    st = beacon_read(data, &alive, c.state);
    if (st == ST_OK && *data == NULL)
        st = fault(EC_IO_OPEN, c.state, "no node ever ran with this state folder");
    node_config_close(&c);
    if (st != ST_OK)
        return st;
    json_put_bool(*data, "running", alive);
    if (!opt_json())
        print(*data, alive);
    return ST_OK;
}

static const struct opt_row rows[] = {OPT_SET_ROW};

const struct opt_verb node_status_verb = {
    .name = "status",
    .arguments = "NODE.cfg",
    .least = 1,
    .most = 1,
    .about = "What a running node says of itself: its line, its phase, its plan.",
    .rows = rows,
    .row_count = COUNT(rows),
    .run = run,
};
