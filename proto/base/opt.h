/*
 * opt.h - command lines: a table of verbs, each with a table of options.
 *
 * Every verb has --help and --json. stdout is data, stderr is for people.
 * With --json stdout holds one envelope:
 *   {"schema":"evenhand.result/1","command":...,"ok":...,"exit":...,
 *    "data":{...} | "error":{"code","message","where","cause","fix","retry"}}
 */
#ifndef EVENHAND_OPT_H
#define EVENHAND_OPT_H

#include "proto/base/json.h"
#include "proto/base/status.h"

#define OPT_REPEAT_MAX 64

/* One --name of a verb. */
struct opt_row {
    const char *name;  /* without dashes */
    const char *value; /* what its value is called in the help, NULL: a switch */
    const char *about;
};

struct opt_verb {
    const char *name;      /* "simulate run" */
    const char *arguments; /* "PLAN.cfg", "" */
    size_t least, most;    /* how many arguments */
    const char *about;
    const struct opt_row *rows;
    size_t row_count;
    /* Does the work; *data is the JSON result (NULL: none), which opt_main prints and frees. */
    enum status (*run)(const struct opt_verb *verb, struct json **data);
};

/* For use inside run(): what was given. */
bool opt_given(const char *name);
const char *opt_value(const char *name, const char *otherwise); /* the last one given */
size_t opt_repeats(const char *name);
const char *opt_repeat(const char *name, size_t at);
size_t opt_arguments(void);
const char *opt_argument(size_t at);
bool opt_json(void);
/* The exit status of a run that is neither done nor a fault: 1 the answer is no, 3 incomplete. */
void opt_exit_with(int status);

/* Finds the verb, parses, runs it, prints errors and the envelope; returns the exit status. */
int opt_main(const char *program, const char *about, const struct opt_verb *verbs, size_t count,
             int argc, char **argv);

/* The `explain CODE` verb, ready to stand in a program's table; without CODE it lists all. */
extern const struct opt_verb opt_explain;

#endif
