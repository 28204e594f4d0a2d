#include "coordinator/config.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/conf.h"
#include "proto/base/file.h"
#include "proto/base/must.h"

/* clang-format off */
static const struct setting rows[] = {
    {"listen", SET_TEXT, 0, 0, "", "\"tcp://0.0.0.0:7443\"", NULL, true,
     "Where the sites connect to: tcp://address:port of this machine."},
    {"plan", SET_TEXT, 0, 0, "", NULL, NULL, true, "The plan's file."},
    {"plan_overrides", SET_LIST_TEXT, 0, 0, "", "[]", NULL, true,
     "Keys of the plan that this run sets otherwise: \"key=value\" each; the report says so."},
    {"sites", SET_TEXT, 0, 0, "", "\"sites\"", NULL, true,
     "Folder with one public-key file (NAME.pub) a site: who may take part."},
    {"state", SET_TEXT, 0, 0, "", "\"coordinator.state\"", NULL, true,
     "Folder of the secret key and of the sums of an unfinished run."},
    {"out", SET_TEXT, 0, 0, "", "\"run\"", NULL, true,
     "Folder that the run fills: report, model, log."},
    {"begin.sites", SET_INT, 0, 65535, "sites", "0", NULL, true,
     "The run does not begin before so many sites are enrolled and here; 0: those that are enrolled."},
    {"begin.patience_s", SET_INT, 1, 31536000, "s", "86400", NULL, true,
     "How long the beginning waits for all of them; after that a quorum is enough."},
};
/* clang-format on */

struct setting_table coord_config_rows(void)
{
    return (struct setting_table){rows, COUNT(rows)};
}

static enum status resolve(struct coord_config *c, const char *path)
{
    const struct {
        const char *key;
        char *out;
    } places[] = {{"state", c->state}, {"plan", c->plan}, {"sites", c->sites}, {"out", c->out}};
    enum status st = ST_OK;
    c->listen = settings_text(c->set, "listen");
    c->begin_sites = (uint32_t)settings_int(c->set, "begin.sites");
    c->begin_ms = 1000 * (uint64_t)settings_int(c->set, "begin.patience_s");
    for (size_t i = 0; i < COUNT(places) && st == ST_OK; i++)
        st = conf_place(places[i].out, PATH_MAX, c->set, path, places[i].key);
    if (st == ST_OK)
        st = file_join(c->store, sizeof c->store, c->state, "store");
    if (st == ST_OK)
        st = file_join(c->key, sizeof c->key, c->state, COORD_KEY_NAME ".key");
    return st;
}

enum status coord_config_open(struct coord_config *c, const char *path,
                              const char *const *overrides, size_t count)
{
    *c = (struct coord_config){0};
    struct setting_table table = coord_config_rows();
    enum status st = conf_open(&c->set, &table, path, overrides, count);
    if (st == ST_OK)
        st = resolve(c, path);
    if (st != ST_OK)
        coord_config_close(c);
    return st;
}

void coord_config_close(struct coord_config *c)
{
    settings_close(&c->set);
    *c = (struct coord_config){0};
}

char *coord_config_template(void)
{
    char *text = NULL;
    must(asprintf(&text,
                  "# A coordinator. `evenhand-coordinator settings` lists every key.\n"
                  "listen = \"tcp://0.0.0.0:7443\";   # one port, open to the sites\n"
                  "\n"
                  "# What is trained, and how: everybody sees it. `evenhand simulate new` writes "
                  "one.\n"
                  "plan = \"plan.cfg\";\n"
                  "\n"
                  "# Put each site's NAME.pub here, after comparing its fingerprint by phone. No "
                  "restart.\n"
                  "sites = \"sites\";\n"
                  "\n"
                  "# The run begins when so many sites are here (0: all that are enrolled).\n"
                  "begin = { sites = 0; patience_s = 86400; };\n"
                  "\n"
                  "state = \"coordinator.state\";     # the secret key; sums of an unfinished run\n"
                  "out = \"run\";                     # report, model, log\n") > 0);
    return text;
}
