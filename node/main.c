/* evenhand-node: a hospital. It dials out to one coordinator, and its patients' rows stay here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/run.h"
#include "node/verbs.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/base/opt_help.h"
#include "proto/base/opt_set.h"
#include "proto/store/beacon.h"

#define PROGRAM "evenhand-node"

enum status node_verb_config(struct node_config *c)
{
    const char *overrides[OPT_REPEAT_MAX];
    return node_config_open(c, opt_argument(0), overrides, opt_overrides(overrides));
}

/* --- init ------------------------------------------------------------------------------------ */

static enum status new_config(const char *path)
{
    char host[KEY_NAME_MAX] = "";
    if (gethostname(host, sizeof host - 1) != 0 || !key_can_name(host))
        snprintf(host, sizeof host, "site");
    const char *name = opt_value("name", host);
    if (!key_can_name(name))
        return fault(EC_USAGE, "--name",
                     "`%s`: a name has letters, digits, '-', '_' and '.', 1 to 63 of them", name);
    char *text = node_config_template(name);
    enum status st = file_write(path, text, strlen(text));
    free(text);
    if (st == ST_OK)
        fprintf(stderr, "%s is new: fill in the coordinator, its key and the data\n", path);
    return st;
}

static enum status tell_key(const char *state, const struct identity *id, struct json **data)
{
    char print[FINGERPRINT_MAX], path[PATH_MAX], file[KEY_NAME_MAX + sizeof ".pub"];
    fingerprint_text(print, &id->pub);
    snprintf(file, sizeof file, "%s.pub", id->pub.name);
    enum status st = file_join(path, sizeof path, state, file);
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
            "Send that file to the coordinator's operator, and read the fingerprint to them by "
            "phone.\n",
            print);
    return ST_OK;
}

static enum status run_init(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    const char *path = opt_argument(0);
    struct identity id = {0};
    char name[KEY_NAME_MAX], state[PATH_MAX];
    enum status st = access(path, F_OK) == 0 ? ST_OK : new_config(path);
    if (st == ST_OK) { /* the coordinator's key may not be known yet */
        const char *overrides[OPT_REPEAT_MAX];
        st = node_config_home(name, state, path, overrides, opt_overrides(overrides));
    }
    if (st == ST_OK)
        st = file_folder_private(state);
    if (st == ST_OK)
        st = identity_make(&id, state, name);
    if (st == ST_OK)
        st = tell_key(state, &id, data);
    identity_close(&id);
    return st;
}

/* --- run ------------------------------------------------------------------------------------- */

static enum status run_run(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    (void)data;
    struct node_config c;
    enum status st = node_verb_config(&c);
    if (st != ST_OK)
        return st;
    log_to_stderr(opt_given("quiet") ? LOG_WARN : LOG_INFO, false);
    st = file_folder_private(c.state);
    if (st == ST_OK)
        st = log_begin(c.state);
    if (st == ST_OK)
        st = log_end(node_run(&c));
    node_config_close(&c);
    return st;
}

/* --- settings --------------------------------------------------------------------------------- */

static enum status run_settings(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    opt_show_settings(data, node_config_rows());
    return ST_OK;
}

static const struct opt_row init_rows[] = {
    OPT_SET_ROW,
    {"name", "NAME", "the site's name in a new configuration; default: this machine's"},
};

static const struct opt_row run_rows[] = {
    OPT_SET_ROW,
    {"quiet", NULL, "say only what goes wrong; the log in the state folder has everything"},
};

static const struct opt_verb init_verb = {
    .name = "init",
    .arguments = "NODE.cfg",
    .least = 1,
    .most = 1,
    .about =
        "Makes the key (and a configuration to start from, where there is none); twice is safe.",
    .rows = init_rows,
    .row_count = COUNT(init_rows),
    .run = run_init,
};

static const struct opt_verb run_verb = {
    .name = "run",
    .arguments = "NODE.cfg",
    .least = 1,
    .most = 1,
    .about = "Takes part in the coordinator's run until it is over.",
    .rows = run_rows,
    .row_count = COUNT(run_rows),
    .run = run_run,
};

static const struct opt_verb settings_verb = {
    .name = "settings",
    .arguments = "",
    .about = "Every key of a node's configuration, with range, default and meaning.",
    .run = run_settings,
};

int main(int argc, char **argv)
{
    const struct opt_verb verbs[] = {init_verb,        run_verb,      node_doctor_verb,
                                     node_status_verb, settings_verb, opt_explain};
    crypto_start();
    return opt_main(PROGRAM,
                    "A hospital's node: trains on its patients here, and sends sums and changes of "
                    "weights.",
                    verbs, COUNT(verbs), argc, argv);
}
