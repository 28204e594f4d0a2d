/*
 * T6 of methods.md section 8, small: a planted attribute can be read from the rows, and from a
 * latent that was trained without adversaries; with them a fresh probe on held-out rows fails, and
 * the planted task survives. The released sample is what is read.
 */
#include "models/core/vec.h"
#include "tests/support/ridge.h"
#include "tests/unit/models/vae/toy.h"

#define ROWS   1500 /* of training, and as many held out */
#define WIDTH  16
#define LATENT 8
#define BATCH  128
#define STEPS  600

static const struct population who = {
    .width = WIDTH,
    .rows = ROWS,
    .task_count = 1,
    .group_count = 1,
    .task = {{.name = "ill", .train = true, .levels = 2, .share = {.5, .5}, .known = ROWS}},
    .group = {{.name = "sex", .levels = 2, .share = {.5, .5}, .known = ROWS}},
};

struct cohort {
    real x[2 * ROWS * WIDTH], sex[2 * ROWS], ill[2 * ROWS];
    double label[2][2 * ROWS]; /* the same, for the probe: sex, ill */
    uint64_t patient[2 * ROWS];
};

/* Unit noise; sex shifts the first four features, illness the next four, d' = 2.4 each. */
static struct cohort *cohort_draw(void)
{
    struct cohort *c = must_alloc(1, sizeof *c);
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < 2 * ROWS; i++) {
        real *x = c->x + i * WIDTH;
        c->patient[i] = i;
        c->sex[i] = (real)rng_below(&rng, 2);
        c->ill[i] = (real)rng_below(&rng, 2);
        c->label[0][i] = (double)c->sex[i];
        c->label[1][i] = (double)c->ill[i];
        for (size_t j = 0; j < WIDTH; j++) {
            double shift = j < 4 ? c->label[0][i] : j < 8 ? c->label[1][i] : .5;
            x[j] = (real)(rng_normal(&rng) + 1.2 * (shift - .5));
        }
    }
    return c;
}

/* Held-out AUC of a fresh linear probe: v [2 ROWS, width]. */
static struct auc probed(const real *v, size_t width, const double *label, const uint64_t *patient)
{
    double weight[WIDTH + 1], score[ROWS];
    ridge_fit(weight, v, label, ROWS, width, 1, 1e-3);
    ridge_scores(score, weight, v + ROWS * width, ROWS, width);
    return auc_by_patient(score, label + ROWS, patient + ROWS, ROWS);
}

static void train(struct toy_model *t, const struct cohort *c)
{
    struct rng order = rng_open(2, RNG_TEST, 0, 0, 0);
    size_t last = toy_main(t);
    for (size_t step = 0; step < STEPS; step++)
        for (size_t phase = 0; phase <= last; phase++) {
            size_t at = rng_below(&order, ROWS - BATCH);
            struct batch b = {.rows = BATCH,
                              .width = WIDTH,
                              .x = c->x + at * WIDTH,
                              .task = c->ill + at,
                              .group = c->sex + at};
            struct step_key key = {.seed = 1, .step = step, .progress = (double)step / STEPS};
            const struct model_part *p = &t->m->part[phase];
            toy_step(t, &b, phase, &key);
            vec_scale(t->grad + p->at, vec_clip(t->grad + p->at, p->count, 5), p->count);
            uint64_t moved = phase < last ? step * last + phase : step;
            toy_move(t, phase, p->lr, moved + 1);
        }
}

static void adversaries_remove_what_they_are_told_to(void **state)
{
    (void)state;
    static const struct {
        const char *weight, *form;
        bool removed;
    } rows[] = {
        {"model.adversary.weight=0", "model.adversary.form=confusion", false},
        {"model.adversary.weight=20", "model.adversary.form=confusion", true},
        {"model.adversary.weight=1", "model.adversary.form=reverse", true},
    };
    struct cohort *c = cohort_draw();
    real *z = must_alloc((size_t)2 * ROWS * LATENT, sizeof *z);
    struct auc before = probed(c->x, WIDTH, c->label[0], c->patient);
    assert_true(fabs(before.value - .9552) < 3 * before.se); /* Phi(2.4 / sqrt 2) */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct toy_model t;
        toy_open(&t, &who,
                 (const char *[]){rows[i].weight, rows[i].form, "model.latent=8", "model.hidden=32",
                                  "model.adversary.hidden=[32]", "model.beta=0.1",
                                  "model.reconstruct=1", "local.lr=2e-3", "model.adversary.lr=4e-3",
                                  NULL},
                 2 * ROWS);
        train(&t, c);
        debias_vae_ops.release(z, t.m, t.theta, c->x, c->patient, 2 * ROWS, 9, &t.arena);
        double sex = probed(z, LATENT, c->label[0], c->patient).value;
        double ill = probed(z, LATENT, c->label[1], c->patient).value;
        if (!(rows[i].removed ? sex <= .55 : sex > .85) || !(ill > .85))
            fail_msg("%s, %s: held-out AUC of sex %.3f, of ill %.3f", rows[i].weight, rows[i].form,
                     sex, ill);
        toy_close(&t);
    }
    free(z);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adversaries_remove_what_they_are_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
