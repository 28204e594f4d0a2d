/*
 * sample.h - a report with a little of everything, for tests of what is made of it.
 *
 * Targets: sex (auc), age (r2, negative after), race=Asian/White (withheld), cancer_2y (auc) and
 * cancer_1y (not estimable from the debiased). Probes linear and mlp; four sites, one of them lost;
 * two checks, the second failed when asked for.
 */
#ifndef EVENHAND_SAMPLE_H
#define EVENHAND_SAMPLE_H

#include "coordinator/report/report.h"

/* The first so many of original, debiased, noise, erasure. Close with report_close. */
struct report sample_report(size_t representations, bool check_fails);
/* The text of the report, through its JSON as a file would have it. malloc, yours. */
char *sample_text(const struct report *r, size_t width);
/* The page, the same way. malloc, yours. */
char *sample_html(const struct report *r);
/* Any JSON, as a parsed report would be. Stops when it does not parse. */
struct json *sample_json(const char *text);

#endif
