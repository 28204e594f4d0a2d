/*
 * cli.h - the verbs of the front command `evenhand`, one file each.
 *
 *     simulate run, evaluate      cli_run.c   plan -> cli_sites.c -> sim_run -> report
 *     simulate sweep              cli_sweep.c grid.h -> sweep.h -> runs, the report of the chosen one
 *     simulate new                cli_new.c   a plan to start from
 *     simulate settings, report   cli_show.c
 *     data, cohort                main.c      handed on to evenhand-data
 */
#ifndef EVENHAND_CLI_H
#define EVENHAND_CLI_H

#include "coordinator/sim/sim.h"
#include "proto/base/opt.h"

#define CLI_PATH_MAX PLAN_PATH_MAX

extern const struct opt_verb cli_run;
extern const struct opt_verb cli_evaluate; /* of plans whose model learns nothing */
extern const struct opt_verb cli_sweep;
extern const struct opt_verb cli_new;
extern const struct opt_verb cli_settings;
extern const struct opt_verb cli_report;

/* The plan that `simulate new` writes, with this name in it. malloc, yours. */
char *cli_new_plan(const char *name);

#endif
