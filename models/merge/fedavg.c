#include "models/merge/merge.h"

/* McMahan et al., AISTATS 2017, with the server learning rate of Reddi et al., ICLR 2021. */

static const struct setting rows[] = {
    {.key = "merge.lr",
     .type = SET_REAL,
     .lo = 1e-6,
     .hi = 10,
     .unit = "",
     .initial = "1",
     .about = "Server learning rate: how much of the sites' mean difference the model takes."},
};

static size_t state_doubles(size_t params)
{
    (void)params;
    return 0;
}

static void finish(real *theta, double *state, const double *mean, size_t n,
                   const struct settings *plan, uint64_t round)
{
    (void)state, (void)round;
    double lr = settings_real(plan, "merge.lr");
    for (size_t i = 0; i < n; i++)
        theta[i] = (real)((double)theta[i] + lr * mean[i]);
}

const struct merge_ops merge_fedavg = {
    .name = "fedavg",
    .about = "weighted mean of the sites' differences",
    .settings = {.rows = rows, .count = COUNT(rows)},
    .state_doubles = state_doubles,
    .finish = finish,
};
