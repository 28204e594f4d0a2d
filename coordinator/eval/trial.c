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

size_t trial_rules(const char *rule[static 2], const struct trial *t, double threshold)
{
    size_t count = 0;
    if (isnan(threshold))
        rule[count++] = "";
    if (threshold == t->fixed)
        rule[count++] = "fixed";
    if (threshold == t->rank)
        rule[count++] = "rank";
    return count;
}
