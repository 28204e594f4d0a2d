/*
 * verbs.h - the verbs of evenhand-node that have a file of their own.
 *
 *     init, run, settings   main.c
 *     status                verb_status.c   what a running node says of itself
 *     doctor                verb_doctor.c   what would keep it from running, one line a check
 */
#ifndef EVENHAND_NODE_VERBS_H
#define EVENHAND_NODE_VERBS_H

#include "node/config.h"
#include "proto/base/opt.h"

extern const struct opt_verb node_status_verb;
extern const struct opt_verb node_doctor_verb;

/* The configuration that the verb's first argument and --set name. */
MUST_CHECK enum status node_verb_config(struct node_config *c);

#endif
