/* What patients with several rows take from what their rows say: fairness.h. */
#include <math.h>
#include <string.h>

#include "models/metrics/fairness_inside.h"
#include "proto/base/must.h"

const struct group_clusters *inquiry_patients(const struct inquiry *in, size_t slot)
{
    if (in->q->clusters == NULL)
        return NULL;
    const struct group_clusters *own = &in->q->clusters[in->group[slot]];
    return own->patients < own->rows ? own : NULL;
}

int64_t effective_rows(double rows, double effect)
{
    must(effect >= 1);
    return rows > 0 ? llround(fmax(1, rows / effect)) : 0;
}

struct interval interval_of_patients(struct interval i, const struct group_clusters *patients)
{
    static const char *const method[][2] = {
        {"wilson", "wilson-clustered"},
        {"clopper-pearson", "clopper-pearson-clustered"},
        {"normal", "normal-clustered"},
        {"wald", "wald-clustered"},
    };
    for (size_t k = 0; patients != NULL && k < sizeof(method) / sizeof(method[0]); k++)
        if (strcmp(i.method, method[k][0]) == 0) {
            i.method = method[k][1];
            break;
        }
    return i;
}

/* The squares of what patients have of these rows say how many patients there are, in effect. */
double few_patients(double rows, double squares, double level)
{
    double degrees = fmax(1, rows * rows / squares - 1), p = (1 + level) / 2;
    double ratio = student_quantile(p, degrees) / student_quantile(p, fmax(1, rows - 1));
    return ratio * ratio;
}

/* Over rows: p (1 - p) / (of - 1), so that patients of one row each have an effect of 1. */
double share_effect(const struct share *s)
{
    if (s->of == 0)
        return 1;
    double p = s->hits / s->of, residual[CLUSTERS_SUMS];
    double squares = clusters_product(s->moment, s->of_form, s->of_form, s->n);
    if (p == 0 || p == 1 || s->patients < 2)
        return fmax(1, squares / s->of);

    must(s->n <= CLUSTERS_SUMS);
    for (size_t i = 0; i < s->n; i++)
        residual[i] = s->hit[i] - p * s->of_form[i];
    double variance = clusters_variance(s->moment, residual, s->n, s->of, s->patients);
    double effect = variance / (p * (1 - p) / (s->of - 1));
    return fmax(1, effect * few_patients(s->of, squares, s->level));
}
