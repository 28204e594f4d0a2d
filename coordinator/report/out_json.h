/*
 * out_json.h - what the makers of report.json share.
 */
#ifndef EVENHAND_OUT_JSON_H
#define EVENHAND_OUT_JSON_H

#include "coordinator/report/report.h"

/* A count that a double carries: an integer in the file, null when it is not known. */
void out_count(struct json *object, const char *key, double v);
/* An empty text means: there is none. */
void out_words(struct json *object, const char *key, const char *words);

/*
 * The lists of product.md section 6 that are made of panels and gates. A row of "fairness" is a
 * metric at a threshold (and, of pairs, against one other group): its value is everybody's or lies
 * between groups, and what the groups have of the same metric nests in it.
 */
struct json *out_fairness(const struct report *r);
struct json *out_figures(const struct report *r);
struct json *out_gates(const struct report *r);
/* A row a number of a trial: of a group, of everybody ("group" null) or between groups (fnr_gap). */
struct json *out_attack(const struct report *r);
/* The points that the settings of a run were chosen from, and the rule and what to compare with. */
struct json *out_frontier(const struct frontier *f);
struct json *out_search(const struct frontier *f);

#endif
