/*
 * facts.h - what a report says beside its verdict and its tables of measures, in words.
 *
 * A fact is a name and a text ("seed", "7"); a terminal and a page print the same facts, each in
 * its own way. Texts may hold what came from files: whoever prints them cleans or escapes them.
 */
#ifndef EVENHAND_FACTS_H
#define EVENHAND_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "coordinator/report/rows.h"
#include "proto/base/json.h"

#define FACTS_MAX     12
#define FACT_TEXT_MAX 512

struct fact {
    const char *name; /* "" for a sentence */
    char text[FACT_TEXT_MAX];
};

struct facts {
    struct fact fact[FACTS_MAX];
    size_t count;
};

/* A text of an object; "-" when it has none. */
const char *facts_text(const struct json *object, const char *key);

/* Done, and in every round? */
bool facts_whole(const struct json *site);
/* Which rounds it missed: "3 to 5, 9"; cut with "..." where they are too many; "" for none. */
struct fact facts_missed(const struct json *site);
/* "4 sites, 3 of them in every round". */
struct fact facts_sites(const struct json *report);
/* "5 of 6 checks held"; "" without checks. */
struct fact facts_checks(const struct json *report);
/* What aggregation without masks lets a coordinator do, as half a sentence; NULL when masked. */
const char *facts_plain(const struct json *report);
struct facts facts_privacy(const struct json *report);
/* And the memory of the process that made the report: a simulation's holds all sites' rows. */
struct facts facts_time(const struct json *report);
struct facts facts_traffic(const struct json *report);
/* Run, plan, model, seed, rounds, engine, version; a digest with its first so many hex digits. */
struct facts facts_provenance(const struct json *report, size_t digest_shown);
/* A table's title and how to look at it: "Leakage, before and after", "held-out patients; ...". */
struct fact facts_leakage(const struct measure_rows *leakage);
struct fact facts_utility(const struct measure_rows *utility);
/* What one answer for everybody is worth, for below such a table; "" where nothing says. */
struct fact facts_majority(const struct measure_rows *rows, bool in_sample);
/* Of the table of changes that follows such a table. */
struct fact facts_changes(void);
/* Of rows that are not from test patients: validation patients', or the compatibility mode's. */
struct fact facts_in_sample(const struct measure_rows *leakage, const struct measure_rows *utility);
/* Sentences: what the numbers of the tables mean. None without rows. */
struct facts facts_reading(const struct measure_rows *leakage, const struct measure_rows *utility);

/* One metric over the rounds. */
struct course {
    const char *metric; /* borrowed from the report */
    size_t points;      /* that have a number */
    int64_t first_round, last_round;
    double first, last, lowest, highest; /* NAN without a point */
};

/*
 * The metrics of the history, in the order of their first points; at most max of them. Those named
 * "lo." and "hi." are ends of another's interval and no courses of their own.
 */
size_t facts_courses(struct course *courses, size_t max, const struct json *report);

#endif
