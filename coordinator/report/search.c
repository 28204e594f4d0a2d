#include "coordinator/report/search.h"

#include <math.h>
#include <stdio.h>

#include "coordinator/report/words.h"
#include "proto/base/status.h"

const char *const search_reading[] = {
    "Every point is the plan with other settings, trained alone and scored on validation patients: "
    "what is chosen among several by such numbers looks better there than it is. Test patients "
    "were "
    "scored once, with the chosen settings, afterwards; all other numbers of this report are "
    "theirs.",
    "Utility: AUC of the strongest probe less the same from the originals, of the task that loses "
    "most; 0: nothing is lost. Leakage: AUC of the strongest probe, from .5 up, of the attribute "
    "that is read best; an R2 is taken for the AUC of an equal correlation.",
};
const size_t search_reading_count = COUNT(search_reading);

static bool is(const struct json *point, const char *key)
{
    return json_bool(json_get(point, key), false);
}

void search_summary(char out[static SEARCH_TEXT_MAX], const struct json *report)
{
    const struct json *points = json_get(report, "frontier");
    size_t count = json_count(points), best = 0;
    long long chosen = 0;
    double patients = (double)NAN;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const struct json *point = json_at(points, i);
        best += is(point, "on_frontier") ? 1 : 0;
        chosen = is(point, "chosen") ? (long long)json_int(json_get(point, "point"), 0) : chosen;
        patients = fmin(patients, json_real(json_get(point, "patients"), (double)NAN));
    }
    char figure[WORDS_FIGURE_MAX];
    words_count(figure, patients);
    if (count > 0)
        snprintf(out, SEARCH_TEXT_MAX,
                 "%zu point%s, %zu of them on the frontier; point %lld is chosen, on %s validation "
                 "patients",
                 count, count == 1 ? "" : "s", best, chosen, figure);
}

void search_settings(char out[static SEARCH_TEXT_MAX], const struct json *point)
{
    const struct json *settings = json_get(point, "settings");
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < json_count(settings) && at < SEARCH_TEXT_MAX; i++) {
        const char *key = json_key_at(settings, i);
        at += (size_t)snprintf(out + at, SEARCH_TEXT_MAX - at, "%s%s=%s", i == 0 ? "" : ", ", key,
                               json_string(json_get(settings, key), "?"));
    }
}

void search_mark(char out[static SEARCH_TEXT_MAX], const struct json *point)
{
    const char *why = json_string(json_get(point, "why"), "");
    const char *mark = is(point, "chosen") ? "chosen" : is(point, "on_frontier") ? "frontier" : "";
    bool failed = !is(point, "checks_held") && why[0] == '\0';
    snprintf(out, SEARCH_TEXT_MAX, "%s%s%s%s", mark, failed && mark[0] != '\0' ? ", " : "",
             failed ? "checks failed" : "", why);
}
