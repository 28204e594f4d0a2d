#include "models/metrics/catalogue.h"

#include <string.h>

#include "proto/base/status.h"

#define RATE(id)                                                                                   \
    {id, ABOUT_GROUPS, true}, {id "_gap", ABOUT_BETWEEN, true},                                    \
        {id "_ratio", ABOUT_BETWEEN, true}, {id "_gap_overall", ABOUT_BETWEEN, true},              \
    {                                                                                              \
        id "_ratio_overall", ABOUT_BETWEEN, true                                                   \
    }

static const struct fairness_metric rows[] = {
    {"n", ABOUT_GROUPS, false},
    {"prevalence", ABOUT_GROUPS, false},
    {"selection_rate", ABOUT_GROUPS, true},
    {"selection_gap", ABOUT_BETWEEN, true},
    {"selection_ratio", ABOUT_BETWEEN, true},
    {"selection_gap_overall", ABOUT_BETWEEN, true},
    {"selection_ratio_overall", ABOUT_BETWEEN, true},
    RATE("tpr"),
    RATE("fpr"),
    RATE("tnr"),
    RATE("fnr"),
    RATE("ppv"),
    RATE("npv"),
    RATE("accuracy"),
    {"eqodds_max", ABOUT_BETWEEN, true},
    {"eqodds_mean", ABOUT_BETWEEN, true},
    {"eqodds_ratio", ABOUT_BETWEEN, true},
    {"eqodds_max_overall", ABOUT_BETWEEN, true},
    {"eqodds_mean_overall", ABOUT_BETWEEN, true},
    {"eqodds_ratio_overall", ABOUT_BETWEEN, true},
    {"fairmedfm_eod", ABOUT_BETWEEN, true},
    {"pqd", ABOUT_BETWEEN, true},
    {"dpm", ABOUT_BETWEEN, true},
    {"eom", ABOUT_BETWEEN, true},
    {"generalized_entropy_index", ABOUT_BETWEEN, true},
    {"theil_index", ABOUT_BETWEEN, true},
    {"statistical_parity_difference", ABOUT_ONE, true},
    {"disparate_impact", ABOUT_ONE, true},
    {"average_odds_difference", ABOUT_ONE, true},
    {"tpr_difference", ABOUT_ONE, true},
    {"net_benefit", ABOUT_GROUPS, true},
    {"auc", ABOUT_GROUPS, false},
    {"auc_gap", ABOUT_BETWEEN, false},
    {"auc_min", ABOUT_BETWEEN, false},
    {"es_auc", ABOUT_BETWEEN, false},
    {"xauc", ABOUT_ONE, false},
    {"xauc_bpsn", ABOUT_ONE, false},
    {"xauc_bnsp", ABOUT_ONE, false},
    {"ece", ABOUT_GROUPS, false},
    {"mce", ABOUT_GROUPS, false},
    {"ece_debiased", ABOUT_GROUPS, false},
    {"brier", ABOUT_GROUPS, false},
    {"log_loss", ABOUT_GROUPS, false},
    {"mean_score", ABOUT_GROUPS, false},
    {"o_over_e", ABOUT_GROUPS, false},
    {"calibration_in_the_large", ABOUT_GROUPS, false},
    {"calibration_intercept", ABOUT_GROUPS, false},
    {"calibration_slope", ABOUT_GROUPS, false},
    {"ece_gap", ABOUT_BETWEEN, false},
};

const struct fairness_metric *fairness_metric_at(size_t at)
{
    return at < COUNT(rows) ? &rows[at] : NULL;
}

const struct fairness_metric *fairness_metric_find(const char *name)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}
