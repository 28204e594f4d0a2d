#include "coordinator/eval/release.h"

#include <string.h>

#include "proto/base/must.h"
#include "proto/base/status.h"

#define TP  (1U << RELEASE_TP)
#define FP  (1U << RELEASE_FP)
#define TN  (1U << RELEASE_TN)
#define FN  (1U << RELEASE_FN)
#define ALL (TP | FP | TN | FN)

static const struct {
    const char *metric;
    uint32_t needs;
} rows[] = {
    {"tpr", TP | FN},       {"fnr", TP | FN},           {"tpr_gap", TP | FN},
    {"fnr_gap", TP | FN},   {"fpr", FP | TN},           {"tnr", FP | TN},
    {"fpr_gap", FP | TN},   {"tnr_gap", FP | TN},       {"ppv", TP | FP},
    {"fdr", TP | FP},       {"ppv_gap", TP | FP},       {"npv", TN | FN},
    {"for", TN | FN},       {"npv_gap", TN | FN},       {"f1", TP | FP | FN},
    {"rows", ALL},          {"prevalence", ALL},        {"accuracy", ALL},
    {"accuracy_gap", ALL},  {"balanced_accuracy", ALL}, {"selection", ALL},
    {"selection_gap", ALL}, {"selection_ratio", ALL},   {"eqodds_max", ALL},
    {"eqodds_mean", ALL},   {"fairmedfm_eod", ALL},
};

uint32_t release_needs(const char *metric)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].metric, metric) == 0)
            return rows[i].needs;
    return 0;
}

bool release_shows(const struct release_line *line, uint32_t needs)
{
    must(needs >> RELEASE_COLUMNS_MAX == 0);
    for (size_t c = 0; c < RELEASE_COLUMNS_MAX; c++)
        if ((needs >> c & 1) != 0 && line->cell[c] == RELEASE_WITHHELD)
            return false;
    return needs != 0;
}

size_t release_groups_shown(const struct release *r, uint32_t needs)
{
    size_t shown = 0;
    for (size_t g = 0; g < r->groups; g++)
        shown += release_shows(&r->group[g], needs) ? 1 : 0;
    return shown;
}
