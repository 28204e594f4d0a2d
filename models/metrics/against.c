/* Every group against a privileged one, signed as AIF360 has it: fairness.h. */
#include <math.h>

#include "models/metrics/confusion.h"

/* Group against privileged, in one rate: the difference with Newcombe's interval. */
static struct interval difference(double *value, const struct inquiry *in, const struct tables *t,
                                  size_t slot, enum rate r)
{
    double a = rate_told(t, slot, r), b = rate_told(t, in->privileged, r);
    *value = a - b;
    return interval_difference(a, rate_wilson(in, t, slot, r), b,
                               rate_wilson(in, t, in->privileged, r));
}

static struct fairness_measure *add_against(struct inquiry *in, const char *metric, size_t slot,
                                            double threshold)
{
    struct fairness_measure *m = fairness_add_of(in, metric, slot);
    m->other = in->name[in->privileged];
    m->threshold = threshold;
    return m;
}

static void add_difference(struct inquiry *in, const char *metric, const struct tables *t,
                           size_t slot, enum rate r, double threshold)
{
    struct fairness_measure *m = add_against(in, metric, slot, threshold);
    fairness_set_interval(m, difference(&m->value, in, t, slot, r));
    if (isnan(m->value)) {
        bool own = isnan(rate_told(t, slot, r));
        bool some = t->few[r][own ? slot : in->privileged];
        fairness_deny(m, "group %s has %s %s", own ? m->group : m->other, some ? "too few" : "no",
                      rate_missing(r));
    }
}

/* Adds the variances of a slot's TPR and FPR over its patients, and their covariance. */
static void add_covariance(double *of_tpr, double *of_fpr, double *of_both,
                           const struct inquiry *in, const struct tables *t, size_t slot,
                           size_t index)
{
    const struct group_clusters *g = &in->q->clusters[in->group[slot]];
    const struct confusion *c = &t->of[slot];
    double positives = rate_total(c, RATE_TPR), negatives = rate_total(c, RATE_FPR);
    double tpr = rate_of(c, RATE_TPR), fpr = rate_of(c, RATE_FPR);
    const double a[CLUSTERS_CELLS] = {
        [CLUSTERS_TP] = (1 - tpr) / positives, [CLUSTERS_FN] = -tpr / positives};
    const double b[CLUSTERS_CELLS] = {
        [CLUSTERS_FP] = (1 - fpr) / negatives, [CLUSTERS_TN] = -fpr / negatives};
    const double *moment = g->table[index].moment;
    *of_tpr += clusters_product(moment, a, a, CLUSTERS_CELLS);
    *of_fpr += clusters_product(moment, b, b, CLUSTERS_CELLS);
    *of_both += clusters_product(moment, a, b, CLUSTERS_CELLS);
}

/* Of the two differences: 0 where no patient has rows of both classes. */
static double odds_correlation(const struct inquiry *in, const struct tables *t, size_t slot,
                               size_t index)
{
    double of_tpr = 0, of_fpr = 0, of_both = 0;
    if (in->q->clusters == NULL)
        return 0;
    add_covariance(&of_tpr, &of_fpr, &of_both, in, t, slot, index);
    add_covariance(&of_tpr, &of_fpr, &of_both, in, t, in->privileged, index);
    if (!(of_tpr > 0 && of_fpr > 0))
        return 0;
    return fmax(-1, fmin(1, of_both / sqrt(of_tpr * of_fpr)));
}

static double reach_of_both(double x, double y, double correlation)
{
    return hypot(x + correlation * y, sqrt(1 - correlation * correlation) * y);
}

/*
 * The mean of two differences that rest on different rows: their reaches, squared and added, with
 * what patients have in common who are in both.
 */
static void add_average_odds(struct inquiry *in, const struct tables *t, size_t slot,
                             double threshold, size_t index)
{
    struct fairness_measure *m = add_against(in, "average_odds_difference", slot, threshold);
    double tpr, fpr;
    struct interval i = difference(&tpr, in, t, slot, RATE_TPR);
    struct interval j = difference(&fpr, in, t, slot, RATE_FPR);
    m->value = (tpr + fpr) / 2;
    if (isnan(m->value)) {
        bool own = isnan(rate_told(t, slot, RATE_TPR)) || isnan(rate_told(t, slot, RATE_FPR));
        size_t who = own ? slot : in->privileged;
        bool some = t->few[RATE_TPR][who] || t->few[RATE_FPR][who];
        fairness_deny(m, "group %s has %s", own ? m->group : m->other,
                      some ? "too few of a class" : "one class only");
        return;
    }
    double both = odds_correlation(in, t, slot, index);
    fairness_set_interval(m, (struct interval){
                                 .lo = m->value - reach_of_both(tpr - i.lo, fpr - j.lo, both) / 2,
                                 .hi = m->value + reach_of_both(i.hi - tpr, j.hi - fpr, both) / 2,
                                 .method = "mover",
                             });
}

/* Katz et al., Biometrics 34:469, 1978: the log of a ratio of proportions, each by its effect. */
static void add_disparate_impact(struct inquiry *in, const struct tables *t, size_t slot,
                                 double threshold)
{
    struct fairness_measure *m = add_against(in, "disparate_impact", slot, threshold);
    const struct confusion *c = &t->of[slot], *p = &t->of[in->privileged];
    double k = c->tp + c->fp, n = confusion_rows(c), k_p = p->tp + p->fp, n_p = confusion_rows(p);
    if (n == 0 || k_p == 0) {
        fairness_deny(m, "group %s has no %s", n == 0 ? m->group : m->other,
                      rate_missing(n == 0 ? RATE_SELECTION : RATE_PPV));
        return;
    }
    m->value = k / n / (k_p / n_p);
    const double *effect = t->effect[RATE_SELECTION];
    double variance = effect[slot] * (1 / k - 1 / n) + effect[in->privileged] * (1 / k_p - 1 / n_p);
    if (k == 0 || !(variance > 0))
        return;
    double half = -normal_quantile((1 - in->q->level) / 2) * sqrt(variance);
    fairness_set_interval(m, (struct interval){.lo = m->value * exp(-half),
                                               .hi = m->value * exp(half),
                                               .method = "katz"});
}

void against_measures(struct inquiry *in, const struct tables *t, double threshold, size_t index)
{
    for (size_t slot = 0; slot < in->count; slot++) {
        if (slot == in->privileged)
            continue;
        add_difference(in, "statistical_parity_difference", t, slot, RATE_SELECTION, threshold);
        add_difference(in, "tpr_difference", t, slot, RATE_TPR, threshold);
        add_average_odds(in, t, slot, threshold, index);
        add_disparate_impact(in, t, slot, threshold);
    }
}

static bool is_among(const struct inquiry *shown, size_t group)
{
    for (size_t slot = 0; slot < shown->count; slot++)
        if (shown->group[slot] == group)
            return true;
    return false;
}

void against_withhold(struct inquiry *in, const struct inquiry *shown, double threshold)
{
    static const char *const metric[] = {"statistical_parity_difference", "tpr_difference",
                                         "average_odds_difference", "disparate_impact"};
    for (size_t slot = 0; in->privileged != FAIRNESS_NOBODY && slot < in->count; slot++) {
        bool both = is_among(shown, in->group[slot]) && shown->privileged != FAIRNESS_NOBODY;
        if (slot == in->privileged || both)
            continue;
        for (size_t i = 0; i < sizeof(metric) / sizeof(metric[0]); i++)
            fairness_withhold(in, metric[i], in->name[slot], in->name[in->privileged], threshold);
    }
}
