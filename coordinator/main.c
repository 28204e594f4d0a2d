/* evenhand-coordinator: the meeting room. No HDF5, no patient file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/keep.h"
#include "coordinator/outcome.h"
#include "coordinator/progress_line.h"
#include "coordinator/run.h"
#include "coordinator/status.h"
#include "crypto/keys.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/base/opt_help.h"
#include "proto/base/opt_set.h"
#include "proto/store/beacon.h"

#define PROGRAM "evenhand-coordinator"

static enum status read_config(struct coord_config *c)
{
    const char *overrides[OPT_REPEAT_MAX];
    return coord_config_open(c, opt_argument(0), overrides, opt_overrides(overrides));
}

/* --- init ------------------------------------------------------------------------------------ */

static enum status tell_key(const struct coord_config *c, const struct identity *id,
                            struct json **data)
{
    char print[FINGERPRINT_MAX], path[PATH_MAX];
    fingerprint_text(print, &id->pub);
    enum status st = file_join(path, sizeof path, c->state, COORD_KEY_NAME ".pub");
    if (st != ST_OK)
        return st;
    *data = json_object();
    json_put_text(*data, "public_key", path);
    json_put_text(*data, "fingerprint", print);
    if (opt_json())
        return ST_OK;
    printf("%s\n", path);
    fprintf(stderr,
            "fingerprint  %s\n"
            "Send that file to every site for its `coordinator_key`, and read the fingerprint to "
            "them by phone.\nPut each site's NAME.pub into %s after comparing its fingerprint.\n",
            print, c->sites);
    return ST_OK;
}

static enum status run_init(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    struct coord_config c;
    struct identity id = {0};
    const char *path = opt_argument(0);
    if (access(path, F_OK) != 0) {
        char *text = coord_config_template();
        enum status written = file_write(path, text, strlen(text));
        free(text);
        if (written != ST_OK)
            return written;
        fprintf(stderr, "%s is new: name the plan in it, and look at the rest\n", path);
    }
    enum status st = read_config(&c);
    if (st != ST_OK)
        return st;
    st = file_folder(c.sites);
    if (st == ST_OK)
        st = file_folder_private(c.state);
    if (st == ST_OK)
        st = identity_make(&id, c.state, COORD_KEY_NAME);
    if (st == ST_OK)
        st = tell_key(&c, &id, data);
    identity_close(&id);
    coord_config_close(&c);
    return st;
}

/* --- run ------------------------------------------------------------------------------------- */

static void print_line(struct json *line)
{
    char *text = json_text(line, 0);
    printf("%s\n", text);
    fflush(stdout);
    free(text);
    json_close(&line);
}

static void line_listening(void *ctx, const char *endpoint)
{
    (void)ctx;
    struct json *line = json_object();
    json_put_text(line, "event", "listening");
    json_put_text(line, "endpoint", endpoint);
    print_line(line);
}

static void line_round(void *ctx, const struct coord_progress *p)
{
    (void)ctx;
    struct json *line = json_object(), *losses = json_object();
    json_put_text(line, "event", "round");
    json_put_text(line, "stage", p->stage);
    json_put_int(line, "leg", (int64_t)p->round);
    json_put_int(line, "round", (int64_t)p->train_round);
    json_put_int(line, "rounds", (int64_t)p->train_rounds);
    json_put_real(line, "done", p->done);
    json_put_real(line, "seconds", p->seconds);
    json_put_real(line, "seconds_left", p->seconds_left);
    for (size_t i = 0; i < p->loss_count; i++)
        json_put_real(losses, p->loss_name[i], p->loss[i]);
    json_put(line, "losses", losses);
    print_line(line);
}

static void say_listening(void *ctx, const char *endpoint)
{
    (void)ctx;
    fprintf(stderr, "listening at %s\n", endpoint);
}

static enum status run_to_the_end(const struct coord_config *c, struct json **data)
{
    struct progress progress = progress_open();
    struct coord_run_options o = {.engine = opt_value("engine", "network"),
                                  .listening = say_listening,
                                  .progress = progress_round,
                                  .ctx = &progress};
    struct report report;
    if (opt_given("lines")) {
        o.listening = line_listening;
        o.progress = line_round;
    }
    enum status st = coord_run(&report, c, &o);
    progress_close(&progress);
    if (st == ST_OK)
        st = keep_export(&report, c->out);
    if (st == ST_OK)
        st = outcome_tell(data, &report, c->out);
    report_close(&report);
    return st;
}

static enum status run_run(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    struct coord_config c;
    const char *engine = opt_value("engine", "network");
    if (strcmp(engine, "network") != 0 && strcmp(engine, "process") != 0)
        return fault(EC_USAGE, "--engine", "`%s` is neither network nor process", engine);
    enum status st = read_config(&c);
    if (st != ST_OK)
        return st;
    log_to_stderr(LOG_WARN, false);
    st = file_folder(c.out);
    if (st == ST_OK)
        st = log_begin(c.out);
    if (st == ST_OK)
        st = log_end(run_to_the_end(&c, data));
    coord_config_close(&c);
    return st;
}

/* --- status, settings ------------------------------------------------------------------------- */

static enum status run_status(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    struct coord_config c;
    bool alive = false;
    enum status st = read_config(&c);
    if (st != ST_OK)
        return st;
    st = beacon_read(data, &alive, c.state);
    if (st == ST_OK && *data == NULL)
        st = fault(EC_IO_OPEN, c.state, "no coordinator ever ran with this state folder");
    coord_config_close(&c);
    if (st != ST_OK)
        return st;
    json_put_bool(*data, "running", alive);
    if (!opt_json())
        coord_status_print(stdout, *data, alive);
    return ST_OK;
}

static enum status run_settings(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    opt_show_settings(data, coord_config_rows());
    return ST_OK;
}

static const struct opt_row config_rows[] = {OPT_SET_ROW};

static const struct opt_row run_rows[] = {
    OPT_SET_ROW,
    {"lines", NULL, "one JSON object a line on stdout for every event, for programs that watch"},
    {"engine", "NAME", "what the report says of how it ran: network (default) or process"},
};

static const struct opt_verb init_verb = {
    .name = "init",
    .arguments = "COORDINATOR.cfg",
    .least = 1,
    .most = 1,
    .about =
        "Makes the key (and a configuration to start from, where there is none); twice is safe.",
    .rows = config_rows,
    .row_count = COUNT(config_rows),
    .run = run_init,
};

static const struct opt_verb run_verb = {
    .name = "run",
    .arguments = "COORDINATOR.cfg",
    .least = 1,
    .most = 1,
    .about = "The run, to its report; stopped and started again it goes on where it was.",
    .rows = run_rows,
    .row_count = COUNT(run_rows),
    .run = run_run,
};

static const struct opt_verb status_verb = {
    .name = "status",
    .arguments = "COORDINATOR.cfg",
    .least = 1,
    .most = 1,
    .about = "Who is here, who is awaited, since when and why.",
    .rows = config_rows,
    .row_count = COUNT(config_rows),
    .run = run_status,
};

static const struct opt_verb settings_verb = {
    .name = "settings",
    .arguments = "",
    .about = "Every key of a coordinator's configuration, with range, default and meaning.",
    .run = run_settings,
};

int main(int argc, char **argv)
{
    const struct opt_verb verbs[] = {init_verb, run_verb, status_verb, settings_verb, opt_explain};
    crypto_start();
    return opt_main(PROGRAM,
                    "Brings hospitals' nodes together: adds up what they send, and reports.", verbs,
                    COUNT(verbs), argc, argv);
}
