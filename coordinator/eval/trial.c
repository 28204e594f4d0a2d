#include "coordinator/eval/trial.h"

#include <math.h>
#include <string.h>

#include "proto/base/must.h"

void trial_close(struct trial *t)
{
    panel_close(&t->panel);
    *t = (struct trial){0};
}

bool trial_tells(const struct fairness_measure *m)
{
    static const char *const metrics[] = {"auc", "fnr", "fpr", "accuracy", "fnr_gap"};
    for (size_t i = 0; i < COUNT(metrics); i++)
        if (strcmp(m->metric, metrics[i]) == 0)
            return true;
    return strcmp(m->metric, "n") == 0 && m->withheld;
}

const char *trial_rule(const struct trial *t, double threshold)
{
    if (isnan(threshold))
        return "";
    return threshold == t->rank ? "rank" : "fixed";
}
