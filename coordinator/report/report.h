/*
 * report.h - what a report contains, once. JSON, text and HTML are renderings of it.
 *
 * The keys and their meaning are product.md section 6 (schema evenhand.report/1). Numbers live in
 * report.json only; text and HTML for people are made from its tree, or from the file again.
 */
#ifndef EVENHAND_REPORT_H
#define EVENHAND_REPORT_H

#include <stdio.h>

#include "coordinator/eval/frontier.h"
#include "coordinator/eval/gate.h"
#include "coordinator/eval/trial.h"
#include "models/metrics/measure.h"
#include "proto/base/json.h"

#define REPORT_SCHEMA   "evenhand.report/1"
#define REPORT_NAME_MAX 128

struct report_span {
    uint64_t first, last;
};

struct report_site {
    char name[REPORT_NAME_MAX];
    const char *state; /* "done", "late", "lost", "refused" */
    size_t rounds_joined, rounds_missed;
    struct report_span *missed; /* [missed_count] malloc'ed; which rounds, from 1, training and
                                   evaluation in the order of the run */
    size_t missed_count;
};

struct report_point {
    size_t round;
    char metric[REPORT_NAME_MAX]; /* "loss.recon", "guard.recon_r2" */
    double value;
};

struct report_check {
    char name[REPORT_NAME_MAX]; /* "collapse guard: active units" */
    bool ok;
    char why[320];
};

struct report {
    struct {
        char id[64], plan[REPORT_NAME_MAX], plan_digest[65], model_digest[65];
        char model[REPORT_NAME_MAX];
        int64_t seed;
        size_t rounds_planned, rounds_done;
        const char *aggregation; /* "plain" until masks exist */
        const char *engine;      /* "local" */
        char version[32];
    } run;
    struct report_site *site;
    size_t site_count;
    struct measure *measure;
    size_t measure_count;
    struct panel *panel; /* for whom it works; closed with the report */
    size_t panel_count;
    struct trial *trial; /* of attacks; closed with the report */
    size_t trial_count;
    struct gate *gate;
    size_t gate_count;
    const struct frontier *frontier; /* borrowed; NULL: no search chose the settings */
    struct report_point *history;
    size_t history_count;
    struct report_check *check;
    size_t check_count;
    struct {
        char key[REPORT_NAME_MAX], value[REPORT_NAME_MAX];
    } * override; /* what differs from the plan file */
    size_t override_count;
    int64_t min_cell;
    struct {
        double bytes_up, bytes_down, bytes_model;
    } traffic;
    struct {
        double total_s, train_s, wait_s, aggregate_s, evaluate_s;
    } time;
    double memory_peak; /* bytes that this process held at most */
};

/* Frees what the report owns (its arrays). */
void report_close(struct report *r);

/* The tree of report.json; the caller closes it. */
struct json *report_json(const struct report *r);
/* Writes folder/report.json, then folder/report.html, each atomically. */
MUST_CHECK enum status report_write(const struct report *r, const char *folder);
/* Writes folder/report.html from a parsed report.json, atomically. */
MUST_CHECK enum status report_write_html(const struct json *report, const char *folder);
/* Is this a report of our schema? EC_IO_JSON. */
MUST_CHECK enum status report_judge(const struct json *report);
/*
 * The words for people, from a parsed report.json: verdict first, with the plan's tolerances, then
 * who took part, utility, for whom it works, and leakage; utility and leakage as before/after tables
 * (a row a target and probe; columns original, debiased, noise, erasure where present) with intervals
 * and patients, then the paired changes from the original; checks, provenance. width: columns of the
 * terminal (at least 80 is assumed).
 */
MUST_CHECK enum status report_text(FILE *to, const struct json *report, size_t width);
/*
 * The same as one page of at most 2 MB that needs nothing beside it: no file, no network, and no
 * script but the two it carries, which draw figures; a policy in the page says so to the browser.
 * Every figure has a table that says the same without them. Light and dark, on paper, on a phone.
 */
MUST_CHECK enum status report_html(FILE *to, const struct json *report);

#endif
