/*
 * config.h - what an operator says in coordinator.cfg: where to listen, which plan, which sites.
 *
 *     listen = "tcp://0.0.0.0:7443";  state = "coordinator.state";
 *     plan = "tcga.cfg";  sites = "sites/";  out = "run";
 *
 * Places are relative to the file's folder. The secret key and the sums of an unfinished run lie in
 * the state folder; one public-key file a site lies in the folder of sites, and is picked up there
 * without a restart.
 */
#ifndef EVENHAND_COORD_CONFIG_H
#define EVENHAND_COORD_CONFIG_H

#include <limits.h>

#include "proto/base/settings.h"

#define COORD_KEY_NAME "coordinator"

struct coord_config {
    struct settings *set;
    const char *listen; /* in set */
    char state[PATH_MAX], store[PATH_MAX], key[PATH_MAX];
    char plan[PATH_MAX], sites[PATH_MAX], out[PATH_MAX];
    uint32_t begin_sites;
    uint64_t begin_ms;
};

MUST_CHECK enum status coord_config_open(struct coord_config *c, const char *path,
                                         const char *const *overrides, size_t count);
void coord_config_close(struct coord_config *c); /* harmless on a zeroed one */
struct setting_table coord_config_rows(void);
/* A commented file to start from. malloc, yours. */
char *coord_config_template(void);

#endif
