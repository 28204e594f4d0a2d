/*
 * search.h - the settings that a report's own were chosen from, in words (keys `search`, `frontier`).
 */
#ifndef EVENHAND_SEARCH_H
#define EVENHAND_SEARCH_H

#include "proto/base/json.h"

#define SEARCH_TEXT_MAX 1024

/* "12 points, 5 of them on the frontier; point 7 is chosen, on 257 validation patients"; "" of a report without a search. */
void search_summary(char out[static SEARCH_TEXT_MAX], const struct json *report);
/* "model.beta=0.3, seed=2", of a point of the frontier. */
void search_settings(char out[static SEARCH_TEXT_MAX], const struct json *point);
/* "chosen", "frontier", "", "checks failed", or why a number is missing. */
void search_mark(char out[static SEARCH_TEXT_MAX], const struct json *point);
/* What the two numbers are, and that test patients had no part. */
extern const char *const search_reading[];
extern const size_t search_reading_count;

#endif
