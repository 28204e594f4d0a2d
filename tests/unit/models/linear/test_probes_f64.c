#include "tests/support/gradient.h"

#include "tests/unit/models/linear/toy.h"

static const struct step_key key = {.seed = 4, .site = 1, .round = 2, .step = 3};

struct wiggled {
    const struct model *m;
    const struct toy *toy;
    size_t phase, heads;
    real *theta, *scrap;
    double losses[MODEL_LOSSES_MAX];
    struct arena arena;
};

/* A phase follows the sum of its heads' mean losses; it reports their mean. */
static double phase_loss(void *ctx)
{
    struct wiggled *w = ctx;
    w->m->ops->step(w->scrap, w->losses, w->m, w->theta, &w->toy->batch, w->phase, &key, &w->arena);
    return w->losses[w->phase] * (double)w->heads;
}

static void every_weight_of_every_kind_of_head_follows_its_slope(void **state)
{
    (void)state;
    static const double dropouts[] = {0, .4};
    static const size_t heads_of_phase[] = {5, 4};
    for (size_t d = 0; d < COUNT(dropouts); d++) {
        struct toy toy;
        struct model *m;
        unsigned char *slab;
        toy_open(&toy, dropouts[d]);
        check_ok(probes_open(&m, &toy.spec, &toy_who));
        assert_int_equal(m->phases, 2);

        struct wiggled w = {.m = m, .toy = &toy};
        toy_arena(&w.arena, &slab, m, TOY_ROWS);
        w.theta = must_alloc(m->params, sizeof *w.theta);
        w.scrap = must_alloc(m->params, sizeof *w.scrap);
        real *grad = must_alloc(m->params, sizeof *grad);
        struct rng rng = rng_open(6, RNG_TEST, d, 0, 0);
        for (size_t i = 0; i < m->params; i++)
            w.theta[i] = rng_normal(&rng) / 2;
        for (w.phase = 0; w.phase < 2; w.phase++) {
            struct model_part part = m->part[w.phase];
            w.heads = heads_of_phase[w.phase];
            m->ops->step(grad, w.losses, m, w.theta, &toy.batch, w.phase, &key, &w.arena);
            check_gradient(m->loss_name[w.phase], phase_loss, &w, w.theta + part.at, grad + part.at,
                           part.count);
        }
        free(slab);
        free(w.theta);
        free(w.scrap);
        free(grad);
        m->ops->close(&m);
    }
}

/* Heads trained side by side are the heads that each would have become alone. */
static void heads_do_not_influence_one_another(void **state)
{
    (void)state;
    struct toy toy;
    struct model *all;
    toy_open(&toy, .4);
    check_ok(probes_open(&all, &toy.spec, &toy_who));
    real *together = must_alloc(all->params, sizeof *together);
    real *start = must_alloc(all->params, sizeof *start);
    all->ops->init(start, all, 8);
    memcpy(together, start, all->params * sizeof *start);
    toy_train(together, all, &toy.batch, 20);

    size_t compared = 0;
    for (size_t h = 0; h < TOY_HEADS; h++) {
        struct probe_head lone = toy.head[h];
        struct probe_spec spec = toy.spec;
        struct model *m;
        spec.head = &lone;
        spec.head_count = 1;
        check_ok(probes_open(&m, &spec, &toy_who));

        /* Its weights, picked out of the whole: those that copying the head touches. */
        real *touched = must_alloc(all->params, sizeof *touched);
        real *ones = must_alloc(all->params, sizeof *ones);
        real *alone = must_alloc(m->params, sizeof *alone);
        for (size_t i = 0; i < all->params; i++)
            ones[i] = 1;
        probes_copy_head(touched, all, ones, h);
        size_t at = 0;
        for (size_t i = 0; i < all->params; i++)
            if (touched[i] == 1)
                alone[at++] = start[i];
        assert_int_equal(at, m->params);
        toy_train(alone, m, &toy.batch, 20);
        at = 0;
        for (size_t i = 0; i < all->params; i++)
            if (touched[i] == 1) {
                /* one gemm or another sums in another order; Adam divides noise by noise near 0 */
                if (!(fabs(together[i] - alone[at]) <= 1e-9 * fmax(1, fabs(alone[at]))))
                    fail_msg("head %zu, weight %zu: %.15g beside others, %.15g alone", h, at,
                             together[i], alone[at]);
                at++;
                compared++;
            }
        free(touched);
        free(ones);
        free(alone);
        m->ops->close(&m);
    }
    assert_int_equal(compared, all->params); /* every weight belongs to one head */
    free(together);
    free(start);
    all->ops->close(&all);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_weight_of_every_kind_of_head_follows_its_slope),
        cmocka_unit_test(heads_do_not_influence_one_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
