/* The task head in the double build; its derivative is checked with the whole model's. */
#include "models/vae/head.h"
#include "tests/unit/models/vae/toy.h"

#define ROWS   40
#define LATENT 3

static double weight_of(bool balanced, const struct target *t, size_t level)
{
    return balanced ? 1 / ((double)t->levels * t->share[level]) : 1;
}

/* Cross-entropy of one known value by its definition. */
static double entropy_of(const struct target *t, const real *logits, size_t level)
{
    double sum = 0;
    if (t->kind == TARGET_BINARY)
        return log1p(exp((level == 1 ? -1 : 1) * (double)logits[0]));
    for (size_t l = 0; l < t->levels; l++)
        sum += exp((double)logits[l]);
    return log(sum) - (double)logits[level];
}

static double by_hand(const struct head *h, const struct head_acts *acts, const struct batch *b,
                      bool balanced)
{
    double total = 0;
    for (size_t t = 0; t < h->who->task_count; t++) {
        const struct target *task = &h->who->task[t];
        double sum = 0, weights = 0;
        for (size_t i = 0; i < b->rows && h->at[t] != SIZE_MAX; i++) {
            double y = (double)b->task[t * b->rows + i];
            const real *logits = acts->logits + i * h->outputs + h->at[t];
            if (isnan(y))
                continue;
            double w = task->kind == TARGET_REGRESSION ? 1 : weight_of(balanced, task, (size_t)y);
            sum += w * (task->kind == TARGET_REGRESSION
                            ? (y - (double)logits[0]) * (y - (double)logits[0]) / 2
                            : entropy_of(task, logits, (size_t)y));
            weights += w;
        }
        total += weights > 0 ? sum / weights : 0;
    }
    return total;
}

static void a_loss_is_the_mean_over_rows_or_over_levels(void **state)
{
    (void)state;
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    double loss[2];
    for (size_t balanced = 0; balanced < COUNT(loss); balanced++) {
        struct head h;
        struct head_acts acts;
        struct arena arena;
        real theta[64], z[ROWS * LATENT], dlogits[ROWS * 16];
        head_plan(&h, &toy_who, LATENT, 0, balanced == 1);
        assert_true(head_params(&h) <= COUNT(theta) && h.outputs <= 16);
        head_init(theta, &h, 3, 0);
        struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
        for (size_t i = 0; i < COUNT(z); i++)
            z[i] = (real)rng_normal(&rng);
        arena_open(&arena, 1 << 16);
        head_forward(&acts, &h, theta, z, ROWS, &arena);
        loss[balanced] = head_loss(dlogits, &h, &acts, &r.batch, 1);
        assert_true(fabs(loss[balanced] - by_hand(&h, &acts, &r.batch, balanced == 1)) < 1e-12);
        arena_close(&arena);
    }
    assert_true(fabs(loss[0] - loss[1]) > 1e-3);
    toy_free(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loss_is_the_mean_over_rows_or_over_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
