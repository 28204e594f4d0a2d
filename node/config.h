/*
 * config.h - what a hospital says in its node.cfg: who it is, whom it speaks to, what it allows.
 *
 *     name = "north";  coordinator = "tcp://coord.example:7443";  coordinator_key = "<64 hex>";
 *     data = "north.h5";  policy = { models = [ "debias-vae" ]; max_rounds = 200; };
 *
 * Places are relative to the file's folder. The secret key and all that the node writes lie in the
 * state folder.
 */
#ifndef EVENHAND_NODE_CONFIG_H
#define EVENHAND_NODE_CONFIG_H

#include <limits.h>

#include "crypto/keys.h"
#include "proto/wire/plan.h"

struct node_config {
    struct settings *set;
    const char *name, *title, *endpoint; /* in set */
    struct public_key server;
    char state[PATH_MAX]; /* the folder */
    char key[PATH_MAX];   /* the secret one: state/NAME.key */
    char data[PATH_MAX];
    uint64_t patience_ms; /* for a coordinator that cannot be reached */
};

/* EC_CFG_*, EC_KEY_FILE (coordinator_key), EC_NET_ENDPOINT is judged by the link. */
MUST_CHECK enum status node_config_open(struct node_config *c, const char *path,
                                        const char *const *overrides, size_t count);
/* The site's name and state folder alone: the coordinator's key need not be known yet. */
MUST_CHECK enum status node_config_home(char name[static KEY_NAME_MAX], char state[static PATH_MAX],
                                        const char *path, const char *const *overrides,
                                        size_t count);
void node_config_close(struct node_config *c); /* harmless on a zeroed one */
struct setting_table node_config_rows(void);
/* A commented file to start from. malloc, yours. */
char *node_config_template(const char *name);

/* Does this hospital allow the plan? EC_POL_PLAN. */
MUST_CHECK enum status node_config_allows(const struct node_config *c, const struct plan *p);

#endif
