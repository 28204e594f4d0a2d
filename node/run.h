/*
 * run.h - a node as a program: configuration, data, line, plan, and then its loop until the end.
 *
 *     evenhand-data packs the data -> the line -> HELLO, PLAN -> JOIN ... END
 *
 * What it does is told in the log, and to whoever asks in the state folder (proto/store/beacon.h).
 * A line that breaks is made anew; a coordinator that is away is waited for as long as the
 * configuration says.
 */
#ifndef EVENHAND_NODE_RUN_H
#define EVENHAND_NODE_RUN_H

#include "node/config.h"

/* Until the run is over: ST_OK, or the fault that ended it. */
MUST_CHECK enum status node_run(const struct node_config *c);
/* Is the configuration's `data` a flat file already? */
bool node_is_packed(const struct node_config *c);
/* The flat file of this site's data; where `data` is none, evenhand-data makes it in the folder. */
MUST_CHECK enum status node_pack(char *flat, size_t cap, const struct node_config *c,
                                 const char *folder);

#endif
