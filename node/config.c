#include "node/config.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/conf.h"
#include "proto/base/file.h"
#include "proto/base/must.h"
#include "proto/wire/msg.h"

/* clang-format off */
static const struct setting rows[] = {
    {"name", SET_TEXT, 0, 0, "", NULL, NULL, true,
     "This site's name: letters, digits, '-', '_', '.'; its public key is enrolled under it."},
    {"title", SET_TEXT, 0, 0, "", "\"\"", NULL, true,
     "What reports call this site: printable ASCII; empty: its name."},
    {"coordinator", SET_TEXT, 0, 0, "", NULL, NULL, true,
     "Where the coordinator listens: tcp://host:port."},
    {"coordinator_key", SET_TEXT, 0, 0, "", NULL, NULL, true,
     "The coordinator's public key: 64 hexadecimal digits, or the line of its .pub file."},
    {"state", SET_TEXT, 0, 0, "", "\"node.state\"", NULL, true,
     "Folder of the secret key and of all that the node writes; nobody else may read it."},
    {"data", SET_TEXT, 0, 0, "", NULL, NULL, true,
     "The site's patients: an HDF5 file, or the flat file that evenhand-data made of it."},
    {"features", SET_TEXT, 0, 0, "", "\"/x\"", NULL, true,
     "Path of the embeddings in the HDF5 file."},
    {"patience_s", SET_INT, 1, 31536000, "s", "86400", NULL, true,
     "How long the node tries to reach its coordinator before it gives up."},
    {"policy.models", SET_LIST_TEXT, 0, 0, "", "[]", NULL, true,
     "Models that this hospital trains; empty: any that this version knows."},
    {"policy.max_rounds", SET_INT, 0, 1e6, "rounds", "1000", NULL, true,
     "Most training rounds of a plan; 0: any number."},
};
/* clang-format on */

struct setting_table node_config_rows(void)
{
    return (struct setting_table){rows, COUNT(rows)};
}

/* As the wire takes it. */
static bool is_plain(const char *title)
{
    for (const char *c = title; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            return false;
    return strlen(title) < sizeof(((struct msg_join *)0)->site);
}

static enum status resolve(struct node_config *c, const char *path)
{
    char file[KEY_NAME_MAX + sizeof ".key"];
    c->name = settings_text(c->set, "name");
    c->title = settings_text(c->set, "title");
    c->title = c->title[0] != '\0' ? c->title : c->name;
    c->endpoint = settings_text(c->set, "coordinator");
    c->patience_ms = 1000 * (uint64_t)settings_int(c->set, "patience_s");
    if (!key_can_name(c->name))
        return fault(EC_CFG_CHOICE, path,
                     "`name = \"%s\"`: a name has letters, digits, '-', '_' and '.'", c->name);
    if (!is_plain(c->title))
        return fault(EC_CFG_CHOICE, path, "`title = \"%s\"`: at most 63 printable ASCII characters",
                     c->title);
    enum status st = conf_place(c->state, sizeof c->state, c->set, path, "state");
    if (st == ST_OK)
        st = conf_place(c->data, sizeof c->data, c->set, path, "data");
    snprintf(file, sizeof file, "%s.key", c->name);
    if (st == ST_OK)
        st = file_join(c->key, sizeof c->key, c->state, file);
    return st;
}

enum status node_config_open(struct node_config *c, const char *path, const char *const *overrides,
                             size_t count)
{
    *c = (struct node_config){0};
    struct setting_table table = node_config_rows();
    enum status st = conf_open(&c->set, &table, path, overrides, count);
    if (st == ST_OK)
        st = resolve(c, path);
    if (st == ST_OK &&
        public_key_parse(&c->server, settings_text(c->set, "coordinator_key")) != ST_OK)
        st = fault(EC_KEY_FILE, path, "`coordinator_key`: %s", fault_text());
    if (st != ST_OK)
        node_config_close(c);
    return st;
}

enum status node_config_home(char name[static KEY_NAME_MAX], char state[static PATH_MAX],
                             const char *path, const char *const *overrides, size_t count)
{
    struct node_config c = {0};
    struct setting_table table = node_config_rows();
    enum status st = conf_open(&c.set, &table, path, overrides, count);
    if (st == ST_OK)
        st = resolve(&c, path);
    if (st == ST_OK) {
        snprintf(name, KEY_NAME_MAX, "%s", c.name);
        memcpy(state, c.state, sizeof c.state);
    }
    node_config_close(&c);
    return st;
}

void node_config_close(struct node_config *c)
{
    settings_close(&c->set);
    *c = (struct node_config){0};
}

enum status node_config_allows(const struct node_config *c, const struct plan *p)
{
    const char *plan = settings_text(p->set, "plan");
    const char *model = settings_text(p->set, "model.name");
    int64_t rounds = settings_int(p->set, "rounds");
    int64_t most = settings_int(c->set, "policy.max_rounds");
    if (settings_count(c->set, "policy.models") > 0 &&
        !settings_has(c->set, "policy.models", model))
        return fault(EC_POL_PLAN, plan, "it trains `%s`, which `policy.models` does not name",
                     model);
    if (most > 0 && rounds > most)
        return fault(EC_POL_PLAN, plan, "it has %lld rounds, `policy.max_rounds` is %lld",
                     (long long)rounds, (long long)most);
    return ST_OK;
}

char *node_config_template(const char *name)
{
    char *text = NULL;
    must(asprintf(
             &text,
             "# A hospital's node. `evenhand-node doctor THIS` says what is missing;\n"
             "# `evenhand-node settings` lists every key.\n"
             "name = \"%s\";\n"
             "\n"
             "# From the coordinator's operator. Compare the key's fingerprint by phone.\n"
             "coordinator = \"tcp://coordinator.example:7443\";\n"
             "coordinator_key = \"\";\n"
             "\n"
             "# The patients: one HDF5 file (/x, /patient, /split, /label/..., /group/...), or\n"
             "# the flat file that `evenhand-data pack` makes of it. It never leaves this "
             "machine.\n"
             "data = \"%s.h5\";\n"
             "\n"
             "# The secret key and all that the node writes.\n"
             "state = \"%s.state\";\n"
             "\n"
             "# What this hospital allows, whatever a plan says.\n"
             "policy = { models = [ \"debias-vae\", \"linear\", \"mlp\", \"given\" ]; max_rounds = "
             "200; };\n",
             name, name, name) > 0);
    return text;
}
