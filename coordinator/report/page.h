/*
 * page.h - the parts of report.html that out_html.c puts together.
 *
 * A section is a function that prints what stands below its heading, from what a page holds; it
 * is one row of the table in out_html.c. Style is in page.css, the script in page.js and in the
 * chart library: the page's policy names the digests of these bytes (asset.h), so no style and no
 * script from anywhere else can take effect.
 */
#ifndef EVENHAND_PAGE_H
#define EVENHAND_PAGE_H

#include <stdio.h>

#include "coordinator/report/facts.h"
#include "coordinator/report/gates.h"
#include "coordinator/report/panels.h"
#include "coordinator/report/rows.h"
#include "coordinator/report/verdict.h"

struct page {
    const struct json *report; /* borrowed */
    struct measure_rows leakage, utility;
    struct verdict verdict;
    struct panels panels;
    struct gates gates;
};

/* <head>, and what the page runs, at its end. */
void page_head(FILE *to, const char *plan);
void page_scripts(FILE *to);
/* The licences of what the page carries. */
void page_licences(FILE *to);

/*
 * A before/after table and its footnotes: a group of rows a target, columns as representations
 * are there; then one of the changes from the originals. Nothing without rows.
 */
void page_measures(FILE *to, const struct measure_rows *rows, bool in_sample,
                   const char *target_title, const char *caption);
/* A row a metric: first, lowest, highest, last, and its course as a line; not what page_trends draws. */
void page_history(FILE *to, const struct json *report);
bool page_has_history(const struct json *report);

/* Metrics of the history whose names begin so, over the rounds: a figure; nothing without. */
enum page_trend { PAGE_GAPS, PAGE_LEAKAGE, PAGE_UTILITY, PAGE_TRENDS };
void page_trend(FILE *to, const struct json *report, enum page_trend trend);
/* Is it a metric that page_trend draws? */
bool page_is_trend(const char *metric);
/* Who took part in which round: a figure; its table is the caller's, between these two. */
struct figure;
void page_rounds(FILE *to, struct figure *f, const struct json *report);

/* For the page's beginning, as lists: verdicts on tolerances; the worst group of what is drawn. */
void page_gate_list(FILE *to, const struct gates *gates);
void page_group_list(FILE *to, const struct panels *panels);
/* Tolerances as a table; all panels as a table; then tables and figures of those that are drawn. */
void page_fairness(FILE *to, const struct page *page);
void page_calibration(FILE *to, const struct page *page);

/* One panel's figures. */
void page_forest(FILE *to, const struct panel_view *v);
void page_curves(FILE *to, const struct panel_view *v, size_t points_max);
void page_tradeoff(FILE *to, const struct panels *panels, const struct panel_view *v);
void page_calibration_figure(FILE *to, const struct panel_view *v);
/* "everybody" for a curve or a row of no group. */
const char *page_group(const struct json *row);

/* A table of facts. */
void page_facts(FILE *to, const char *caption, const struct facts *facts);
/* Is there a section of this id on the page? */
bool page_has(const struct page *page, const char *id);

/* The search that chose the settings: a figure and its table. */
bool page_has_frontier(const struct page *page);
void page_frontier(FILE *to, const struct page *page);

/* What poisoned labels did, or that no attack was tried. */
void page_attack(FILE *to, const struct page *page);
void page_left(FILE *to, const struct page *page);
void page_limits(FILE *to, const struct page *page);
void page_appendix(FILE *to, const struct page *page);

#endif
