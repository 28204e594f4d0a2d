#include "models/core/loss.h"

#include "models/core/exp.h"
#include "models/core/vec.h"
#include "proto/base/must.h"

/* What one logit says: log(1 + e^x) without overflow, and 1 / (1 + e^-x). */
struct sigmoid {
    real softplus, p;
};

static struct sigmoid sigmoid(real x)
{
    real e = real_exp(-real_fabs(x));
    real p = 1 / (1 + e);
    return (struct sigmoid){
        .softplus = (x > 0 ? x : 0) + real_log1p(e),
        .p = x > 0 ? p : e * p,
    };
}

/* What a row adds to the gradient: weight / sum of the weights of rows, 0 when there are none. */
static double per_row(double weight, double total)
{
    return total > 0 ? weight / total : 0;
}

double loss_binary(real *grad, const real *logit, const real *y, size_t batch, size_t stride,
                   double weight, double positive_weight)
{
    double total = 0;
    for (size_t i = 0; i < batch; i++)
        if (!isnan(y[i]))
            total += y[i] > 0 ? positive_weight : 1;

    double scale = per_row(weight, total), sum = 0;
    for (size_t i = 0; i < batch; i++) {
        if (isnan(y[i])) {
            grad[i * stride] = 0;
            continue;
        }
        must(y[i] == 0 || y[i] == 1);
        double of_row = y[i] > 0 ? positive_weight : 1;
        struct sigmoid s = sigmoid(logit[i * stride]);
        sum += of_row * (double)(s.softplus - y[i] * logit[i * stride]);
        grad[i * stride] = (real)(of_row * scale) * (s.p - y[i]);
    }
    return total > 0 ? sum / total : 0;
}

/* p = softmax(logits); returns log(sum of e^logit) - shift, where *shift is the largest logit. */
static double softmax(real *p, real *shift, const real *logits, size_t levels)
{
    must(levels > 0);

    real top = logits[0];
    for (size_t k = 1; k < levels; k++)
        if (logits[k] > top)
            top = logits[k];
    double sum = 0; /* ends at 1 or more: the largest logit adds 1 */
    size_t at = 0;
    do {
        p[at] = real_exp(logits[at] - top);
        sum += (double)p[at];
    } while (++at < levels);
    for (size_t k = 0; k < levels; k++)
        p[k] = (real)((double)p[k] / sum);
    *shift = top;
    return log(sum);
}

static void clear_row(real *grad, size_t levels)
{
    for (size_t k = 0; k < levels; k++)
        grad[k] = 0;
}

static size_t level_of(real y, size_t levels)
{
    must(y >= 0);
    size_t level = (size_t)y;
    must((real)level == y);
    must(level < levels);
    return level;
}

double loss_categorical(real *grad, const real *logits, const real *y, size_t batch, size_t levels,
                        size_t stride, double weight, const double *class_weight)
{
    double total = 0;
    for (size_t i = 0; i < batch; i++)
        if (!isnan(y[i]))
            total += class_weight != NULL ? class_weight[level_of(y[i], levels)] : 1;

    double scale = per_row(weight, total), sum = 0;
    for (size_t i = 0; i < batch; i++) {
        real *g = grad + i * stride;
        if (isnan(y[i])) {
            clear_row(g, levels);
            continue;
        }
        size_t level = level_of(y[i], levels);
        double of_row = class_weight != NULL ? class_weight[level] : 1;
        real shift;
        double log_sum = softmax(g, &shift, logits + i * stride, levels);
        sum += of_row * (log_sum - (double)(logits[i * stride + level] - shift));
        g[level] -= 1;
        for (size_t k = 0; k < levels; k++)
            g[k] *= (real)(of_row * scale);
    }
    return total > 0 ? sum / total : 0;
}

double loss_square(real *grad, const real *value, const real *y, size_t batch, size_t stride,
                   double weight)
{
    double known = 0;
    for (size_t i = 0; i < batch; i++)
        known += !isnan(y[i]);

    double sum = 0;
    real scale = (real)per_row(weight, known);
    for (size_t i = 0; i < batch; i++) {
        real off = isnan(y[i]) ? 0 : value[i * stride] - y[i];
        sum += (double)off * (double)off / 2;
        grad[i * stride] = scale * off;
    }
    return known > 0 ? sum / known : 0;
}

/* -p log p, 0 at 0. */
static double surprise(double p)
{
    return p > 0 ? -p * log(p) : 0;
}

double loss_confusion_binary(real *grad, const real *logit, size_t batch, size_t stride,
                             double weight, double share)
{
    must(share >= 0);
    must(share <= 1);

    double entropy = surprise(share) + surprise(1 - share), sum = 0;
    real scale = (real)per_row(weight, (double)batch);
    for (size_t i = 0; i < batch; i++) {
        struct sigmoid s = sigmoid(logit[i * stride]);
        sum += (double)s.softplus - share * (double)logit[i * stride] - entropy;
        grad[i * stride] = scale * (s.p - (real)share);
    }
    return batch > 0 ? sum / (double)batch : 0;
}

double loss_confusion_categorical(real *grad, const real *logits, size_t batch, size_t levels,
                                  size_t stride, double weight, const double *share)
{
    double entropy = 0, sum = 0;
    for (size_t k = 0; k < levels; k++)
        entropy += surprise(share[k]);

    real scale = (real)per_row(weight, (double)batch);
    for (size_t i = 0; i < batch; i++) {
        real *g = grad + i * stride;
        real shift;
        double log_sum = softmax(g, &shift, logits + i * stride, levels);
        for (size_t k = 0; k < levels; k++) {
            if (share[k] > 0) /* 0 * -inf must stay 0 */
                sum += share[k] * (log_sum - (double)(logits[i * stride + k] - shift));
            g[k] = scale * (g[k] - (real)share[k]);
        }
        sum -= entropy;
    }
    return batch > 0 ? sum / (double)batch : 0;
}

double loss_confusion_square(real *grad, const real *value, size_t batch, size_t stride,
                             double weight)
{
    double sum = 0;
    real scale = (real)per_row(weight, (double)batch);
    for (size_t i = 0; i < batch; i++) {
        real v = value[i * stride];
        sum += (double)v * (double)v / 2;
        grad[i * stride] = scale * v;
    }
    return batch > 0 ? sum / (double)batch : 0;
}

/* One latent of one row; its part of the KL. */
LOOP_BODY double kl_at(real *dmu, real *dlogvar, real mu, real logvar, real scale)
{
    real var = loop_exp(logvar);
    *dmu = scale * mu;
    *dlogvar = scale * REAL(0.5) * (var - 1);
    return ((double)mu * (double)mu + (double)var - 1 - (double)logvar) / 2;
}

CLONES static void add_kl(double *restrict lane, real *restrict dmu, real *restrict dlogvar,
                          const real *restrict mu, const real *restrict logvar, size_t whole,
                          real scale)
{
    double sum[VEC_LANES] = {0};
    for (size_t at = 0; at < whole; at += VEC_LANES)
        for (size_t i = at; i < at + VEC_LANES; i++)
            sum[i - at] += kl_at(&dmu[i], &dlogvar[i], mu[i], logvar[i], scale);
    for (size_t i = 0; i < VEC_LANES; i++)
        lane[i] += sum[i];
}

double loss_kl(real *dmu, real *dlogvar, const real *mu, const real *logvar, size_t batch, size_t k,
               double weight)
{
    double lane[VEC_LANES] = {0};
    real scale = (real)per_row(weight, (double)batch);
    size_t whole = batch * k - batch * k % VEC_LANES;
    add_kl(lane, dmu, dlogvar, mu, logvar, whole, scale);
    for (size_t i = whole; i < batch * k; i++)
        lane[i - whole] += kl_at(&dmu[i], &dlogvar[i], mu[i], logvar[i], scale);
    return batch > 0 ? vec_fold(lane) / (double)batch : 0;
}
