/* Every group against a privileged one, signed as AIF360 has it: fairness.h. */
#include <math.h>

#include "models/metrics/confusion.h"

/* Group against privileged, in one rate: the difference with Newcombe's interval. */
static struct interval difference(double *value, const struct inquiry *in,
                                  const struct confusion *c, const struct confusion *privileged,
                                  enum rate r)
{
    double a = rate_of(c, r), b = rate_of(privileged, r);
    *value = a - b;
    return interval_difference(
        a, interval_wilson(rate_hits(c, r), rate_total(c, r), in->q->level), b,
        interval_wilson(rate_hits(privileged, r), rate_total(privileged, r), in->q->level));
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
    fairness_set_interval(m, difference(&m->value, in, &t->of[slot], &t->of[in->privileged], r));
    if (isnan(m->value)) {
        bool own = isnan(rate_of(&t->of[slot], r));
        fairness_deny(m, "group %s has no %s", own ? m->group : m->other, rate_missing(r));
    }
}

/* The mean of two differences that rest on different rows: their reaches, squared and added. */
static void add_average_odds(struct inquiry *in, const struct tables *t, size_t slot,
                             double threshold)
{
    struct fairness_measure *m = add_against(in, "average_odds_difference", slot, threshold);
    double tpr, fpr;
    struct interval i = difference(&tpr, in, &t->of[slot], &t->of[in->privileged], RATE_TPR);
    struct interval j = difference(&fpr, in, &t->of[slot], &t->of[in->privileged], RATE_FPR);
    m->value = (tpr + fpr) / 2;
    if (isnan(m->value)) {
        bool own = isnan(rate_of(&t->of[slot], RATE_TPR)) || isnan(rate_of(&t->of[slot], RATE_FPR));
        fairness_deny(m, "group %s has one class only", own ? m->group : m->other);
        return;
    }
    fairness_set_interval(m, (struct interval){
                                 .lo = m->value - hypot(tpr - i.lo, fpr - j.lo) / 2,
                                 .hi = m->value + hypot(i.hi - tpr, j.hi - fpr) / 2,
                                 .method = "mover",
                             });
}

/* Katz et al., Biometrics 34:469, 1978: the log of a ratio of proportions. */
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
    double variance = 1 / k - 1 / n + 1 / k_p - 1 / n_p;
    if (k == 0 || !(variance > 0))
        return;
    double half = -normal_quantile((1 - in->q->level) / 2) * sqrt(variance);
    fairness_set_interval(m, (struct interval){.lo = m->value * exp(-half),
                                               .hi = m->value * exp(half),
                                               .method = "katz"});
}

void against_measures(struct inquiry *in, const struct tables *t, double threshold)
{
    for (size_t slot = 0; slot < in->count; slot++) {
        if (slot == in->privileged)
            continue;
        add_difference(in, "statistical_parity_difference", t, slot, RATE_SELECTION, threshold);
        add_difference(in, "tpr_difference", t, slot, RATE_TPR, threshold);
        add_average_odds(in, t, slot, threshold);
        add_disparate_impact(in, t, slot, threshold);
    }
}
