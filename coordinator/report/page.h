/*
 * page.h - the parts of report.html that out_html.c puts together.
 *
 * A section is a function that prints what stands below its heading, from what a page holds; it
 * is one row of the table in out_html.c. Style is in page_style.c alone: the page's policy names
 * the digest of those bytes, so no style and no script from anywhere else can take effect.
 */
#ifndef EVENHAND_PAGE_H
#define EVENHAND_PAGE_H

#include <stdio.h>

#include "coordinator/report/rows.h"
#include "coordinator/report/verdict.h"

struct page {
    const struct json *report; /* borrowed */
    struct measure_rows leakage, utility;
    struct verdict verdict;
};

/*
 * A before/after table and its footnotes: a group of rows a target, columns as representations
 * are there. Nothing without rows.
 */
void page_measures(FILE *to, const struct measure_rows *rows, bool in_sample,
                   const char *target_title, const char *caption);
/* A row a metric: first, lowest, highest, last, and its course as a line. */
void page_history(FILE *to, const struct json *report);

/* The style sheet, as it stands between <style> and </style>. */
void page_style(FILE *to);
/* What the policy says of it: the SHA-256 of these bytes, in base64. A test compares. */
#define PAGE_STYLE_SHA256 "/h/qkOoPKGYLYVlvXw//NFq8bo1N9eEBijrrgiX7xCw="

#endif
