/* T1 to T5 and T14 of methods.md section 8, and the checklist of 1.11, in the double build. */
#include "tests/support/gradient.h"
#include "tests/unit/models/vae/toy.h"

#define ROWS 9

static const struct step_key key = {.seed = 5, .site = 2, .round = 3, .step = 4, .progress = .1};
static const struct step_key late = {.seed = 5, .site = 2, .round = 3, .step = 4, .progress = 1};

/* What one phase descends, put together from the losses that it reports. */
struct descent {
    struct toy_model *t;
    const struct batch *b;
    size_t phase;
    double recon, kl, task, pull; /* their weights in the main phase */
};

static double descended(void *ctx)
{
    struct descent *d = ctx;
    real *kept = d->t->grad;
    d->t->grad = must_alloc(d->t->m->params, sizeof(real));
    toy_step(d->t, d->b, d->phase, &key);
    free(d->t->grad);
    d->t->grad = kept;
    if (d->phase < toy_main(d->t))
        return 6 * toy_loss(d->t, "adversary"); /* 3 attributes, 2 players each */
    return d->recon * toy_loss(d->t, "recon") + d->kl * toy_loss(d->t, "kl") +
           d->task * toy_loss(d->t, "task") + d->pull * toy_loss(d->t, "confusion");
}

/* T5, with dropout, sampling, warm-up, ramp and unknown rows. */
static void backward_is_the_derivative_of_every_phase(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *pairs[4];
        bool summed;
    } rows[] = {
        {"confusion", {NULL}, false},
        {"reverse", {"model.adversary.form=reverse", NULL}, false},
        {"linear all over", {"model.hidden=0", "model.adversary.hidden=[]", NULL}, false},
        {"hidden layer in head",
         {"model.task.hidden=4", "model.adversary.hidden=[5]", NULL},
         false},
        {"no dropout", {"model.dropout=0", NULL}, false},
        {"balanced tasks", {"model.task.balanced=true", NULL}, false},
        {"a KL term that is summed", {"model.kl=summed", NULL}, true},
    };
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct toy_model t;
        toy_open(&t, &toy_who, rows[i].pairs, ROWS);
        double ramp = 2 / (1 + exp(-10 * .1 / .3)) - 1;
        struct descent d = {.t = &t,
                            .b = &r.batch,
                            .recon = .3,
                            .kl = .1 / .2 * (rows[i].summed ? ROWS : 2.0 / TOY_WIDTH),
                            .task = 3,
                            .pull = 3 * 20 * ramp};
        assert_int_equal(t.m->phases, 6);
        for (d.phase = 4; d.phase < 6; d.phase++) {
            const struct model_part *p = &t.m->part[d.phase];
            toy_step(&t, &r.batch, d.phase, &key);
            check_gradient(rows[i].what, descended, &d, t.theta + p->at, t.grad + p->at, p->count);
        }
        toy_close(&t);
    }
    toy_free(&r);
}

/* The main gradient of a plan, malloc. */
static real *main_gradient(const char *const *pairs, const struct batch *b,
                           const struct step_key *at, size_t *count)
{
    struct toy_model t;
    toy_open(&t, &toy_who, pairs, b->rows);
    toy_step(&t, b, toy_main(&t), at);
    *count = t.m->part[toy_main(&t)].count;
    real *grad = must_alloc(*count, sizeof *grad);
    memcpy(grad, t.grad, *count * sizeof *grad);
    toy_close(&t);
    return grad;
}

/* 1.11 item 3: weights of 0 leave a plain auto-encoder, to the bit. */
static void zero_weights_are_no_adversaries(void **state)
{
    (void)state;
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    size_t plain_count, zero_count, full_count;
    real *plain = main_gradient((const char *[]){"model.adversary.count=0", NULL}, &r.batch, &late,
                                &plain_count);
    real *zero = main_gradient((const char *[]){"model.adversary.weight=0", NULL}, &r.batch, &late,
                               &zero_count);
    real *full = main_gradient(NULL, &r.batch, &late, &full_count);
    assert_int_equal(plain_count, zero_count);
    assert_memory_equal(plain, zero, plain_count * sizeof(real));
    assert_memory_not_equal(plain, full, plain_count * sizeof(real));
    free(plain);
    free(zero);
    free(full);
    toy_free(&r);
}

struct pull {
    struct toy_model *t;
    const struct batch *b;
};

static double pulled(void *ctx)
{
    struct pull *p = ctx;
    toy_step(p->t, p->b, toy_main(p->t), &late);
    double ramp = 2 / (1 + exp(-10)) - 1; /* .9999: the ramp's end is not quite 1 */
    return 3 * 20 * ramp * toy_loss(p->t, "confusion");
}

/* 1.11 item 4: what the weight adds to the encoder's gradient is d pull / d theta, and no more. */
static void the_adversarial_gradient_is_exactly_its_own(void **state)
{
    (void)state;
    static const char *const forms[] = {"model.adversary.form=confusion",
                                        "model.adversary.form=reverse"};
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    for (size_t i = 0; i < COUNT(forms); i++) {
        size_t count;
        real *with = main_gradient((const char *[]){forms[i], NULL}, &r.batch, &late, &count);
        real *without = main_gradient((const char *[]){forms[i], "model.adversary.weight=0", NULL},
                                      &r.batch, &late, &count);
        for (size_t j = 0; j < count; j++)
            with[j] -= without[j];
        struct toy_model t;
        toy_open(&t, &toy_who, (const char *[]){forms[i], NULL}, ROWS);
        struct pull p = {.t = &t, .b = &r.batch};
        check_gradient(forms[i], pulled, &p, t.theta, with, count);
        toy_close(&t);
        free(with);
        free(without);
    }
    toy_free(&r);
}

static void an_attribute_s_own_weight_counts(void **state)
{
    (void)state;
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    size_t n;
    real *usual = main_gradient(NULL, &r.batch, &late, &n);
    real *named = main_gradient(
        (const char *[]){"groups[0].weight=20", "groups[1].weight=20", "groups[2].weight=20", NULL},
        &r.batch, &late, &n);
    real *other = main_gradient((const char *[]){"groups[1].weight=0", NULL}, &r.batch, &late, &n);
    assert_memory_equal(usual, named, n * sizeof(real));
    assert_memory_not_equal(usual, other, n * sizeof(real));
    free(usual);
    free(named);
    free(other);
    toy_free(&r);
}

/* With a ramp until t and a weight of w it weighs what w * ramp weighs with a ramp that is over. */
static void an_attribute_s_own_ramp_counts(void **state)
{
    (void)state;
    static const struct step_key middle = {.seed = 5, .site = 2, .round = 3, .progress = .25};
    static const struct {
        const char *ramp; /* of race */
        double until;
    } rows[] = {
        {"groups[1].ramp=0.5", .5},
        {"groups[1].ramp=1", 1},
        {"groups[1].ramp=0", .25}, /* none: over at any time */
        {"groups[1].ramp=-1", .8}, /* the model's */
    };
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char weight[64];
        size_t n;
        double grown = 2 / (1 + exp(-10 * .25 / rows[i].until)) - 1;
        double over = 2 / (1 + exp(-10)) - 1;
        snprintf(weight, sizeof weight, "groups[1].weight=%.17g", 20 * grown / over);
        real *ramped = main_gradient((const char *[]){rows[i].ramp, "model.adversary.ramp=0.8",
                                                      "groups[0].ramp=0", "groups[2].ramp=0", NULL},
                                     &r.batch, &middle, &n);
        real *weighed = main_gradient((const char *[]){weight, "model.adversary.ramp=0", NULL},
                                      &r.batch, &middle, &n);
        for (size_t j = 0; j < n; j++)
            if (!(fabs(ramped[j] - weighed[j]) < 1e-12)) /* doubles of order one */
                fail_msg("%s, weight %zu: %g, %g wanted", rows[i].ramp, j, ramped[j], weighed[j]);
        free(ramped);
        free(weighed);
    }
    toy_free(&r);
}

/* A few steps of one phase, on one batch and one draw of eps. */
static void walk(struct toy_model *t, const struct batch *b, size_t phase, size_t steps, double lr)
{
    for (size_t i = 0; i < steps; i++) {
        toy_step(t, b, phase, &late);
        toy_move(t, phase, lr, i + 1);
    }
}

static double adversary_loss_now(struct toy_model *t, const struct batch *b)
{
    toy_step(t, b, 0, &late);
    return toy_loss(t, "adversary");
}

/* T1, T2: each side pulls its own way while the other is frozen. */
static void adversaries_learn_and_the_encoder_undoes_it(void **state)
{
    (void)state;
    static const char *const plans[][7] = {
        {"model.adversary.form=confusion", "model.reconstruct=0", "model.beta=0",
         "model.task.weight=0", "model.dropout=0", NULL},
        {"model.adversary.form=reverse", "model.reconstruct=0", "model.beta=0",
         "model.task.weight=0", "model.dropout=0", NULL},
    };
    struct toy_rows r;
    toy_draw(&r, 64, 3, 2);
    for (size_t i = 0; i < COUNT(plans); i++) {
        struct toy_model t;
        toy_open(&t, &toy_who, plans[i], 64);
        double start = adversary_loss_now(&t, &r.batch);
        walk(&t, &r.batch, 0, 50, 1e-2);
        double learned = adversary_loss_now(&t, &r.batch);
        toy_step(&t, &r.batch, toy_main(&t), &late);
        double seen = toy_loss(&t, "confusion");
        walk(&t, &r.batch, toy_main(&t), 50, 1e-3);
        double undone = adversary_loss_now(&t, &r.batch);
        toy_step(&t, &r.batch, toy_main(&t), &late);
        if (!(learned < .9 * start))
            fail_msg("%s: the adversaries' loss went from %g to %g", plans[i][0], start, learned);
        if (!(undone > learned))
            fail_msg("%s: the encoder moved their loss from %g to %g", plans[i][0], learned,
                     undone);
        assert_true(toy_loss(&t, "confusion") < seen);
        toy_close(&t);
    }
    toy_free(&r);
}

/* T3: the adversaries' weights reach the encoder's gradient, and nothing else of the main phase. */
static void the_encoder_feels_the_adversaries(void **state)
{
    (void)state;
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    struct toy_model t;
    toy_open(&t, &toy_who, NULL, ROWS);
    toy_step(&t, &r.batch, toy_main(&t), &late);
    const struct model_part *main = &t.m->part[toy_main(&t)], *players = &t.m->part[0];
    real *before = must_alloc(main->count, sizeof *before);
    memcpy(before, t.grad, main->count * sizeof *before);
    for (size_t i = 0; i < players->count; i++)
        t.theta[players->at + i] += .1;
    toy_step(&t, &r.batch, toy_main(&t), &late);

    size_t encoder = TOY_WIDTH * 5 + 5 + 5 * 6 + 6, changed = 0;
    for (size_t i = 0; i < encoder; i++)
        changed += before[i] != t.grad[i];
    assert_int_equal(changed, encoder);
    assert_memory_equal(before + encoder, t.grad + encoder,
                        (main->count - encoder) * sizeof *before);
    free(before);
    toy_close(&t);
    toy_free(&r);
}

/* T4: a phase writes its own part, and clears what was there; parts cover theta and do not meet. */
static void a_phase_writes_its_part_and_no_other(void **state)
{
    (void)state;
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    struct toy_model t;
    toy_open(&t, &toy_who, NULL, ROWS);
    const struct model_part *main = &t.m->part[toy_main(&t)];
    assert_int_equal(main->at, 0);
    assert_int_equal(main->at + main->count, t.m->part[0].at);
    assert_int_equal(t.m->part[0].at + t.m->part[0].count, t.m->params);
    real *theta = must_alloc(t.m->params, sizeof *theta);
    memcpy(theta, t.theta, t.m->params * sizeof *theta);
    for (size_t phase = 0; phase < t.m->phases; phase++) {
        const struct model_part *p = &t.m->part[phase];
        for (size_t i = 0; i < t.m->params; i++)
            t.grad[i] = 1e9;
        toy_step(&t, &r.batch, phase, &key);
        for (size_t i = 0; i < t.m->params; i++) {
            bool inside = i >= p->at && i < p->at + p->count;
            assert_true(inside ? fabs(t.grad[i]) < 1e6 : t.grad[i] == 1e9);
        }
        assert_memory_equal(theta, t.theta, t.m->params * sizeof *theta);
    }
    free(theta);
    toy_close(&t);
    toy_free(&r);
}

/* What each phase draws is its own: of the step, the phase, the site and the seed. */
static void every_phase_draws_its_own_noise(void **state)
{
    (void)state;
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    struct toy_model t;
    toy_open(&t, &toy_who, (const char *[]){"model.dropout=0", NULL}, ROWS);
    struct step_key keys[] = {key, key, key, key, key};
    keys[1].seed++, keys[2].site++, keys[3].round++, keys[4].step++;
    double seen[COUNT(keys) * 6];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(keys); i++)
        for (size_t phase = 0; phase < t.m->phases; phase++) {
            toy_step(&t, &r.batch, phase, &keys[i]);
            seen[count++] =
                phase < toy_main(&t) ? toy_loss(&t, "adversary") : toy_loss(&t, "recon");
        }
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            assert_true(seen[i] != seen[j]);
    toy_step(&t, &r.batch, 0, &key);
    assert_true(toy_loss(&t, "adversary") == seen[0]);
    toy_close(&t);
    toy_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backward_is_the_derivative_of_every_phase),
        cmocka_unit_test(zero_weights_are_no_adversaries),
        cmocka_unit_test(the_adversarial_gradient_is_exactly_its_own),
        cmocka_unit_test(an_attribute_s_own_weight_counts),
        cmocka_unit_test(an_attribute_s_own_ramp_counts),
        cmocka_unit_test(adversaries_learn_and_the_encoder_undoes_it),
        cmocka_unit_test(the_encoder_feels_the_adversaries),
        cmocka_unit_test(a_phase_writes_its_part_and_no_other),
        cmocka_unit_test(every_phase_draws_its_own_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
