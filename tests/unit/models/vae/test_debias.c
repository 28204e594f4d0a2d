#include "models/core/vec.h"
#include "tests/unit/models/vae/toy.h"

#define ROWS 12

static const struct step_key key = {.seed = 5, .site = 2, .round = 3, .step = 4, .progress = 1};

static void release(real *z, struct toy_model *t, const real *x, const uint64_t *patient,
                    size_t rows, uint64_t seed)
{
    size_t mark = arena_mark(&t->arena);
    t->m->ops->release(z, t->m, t->theta, x, patient, rows, seed, &t->arena);
    arena_rewind(&t->arena, mark);
}

/* Sums of products round differently beside other rows: float, and a few hundred terms at most. */
static bool same(const real *a, const real *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)a[i] - (double)b[i]) < 1e-5))
            return false;
    return true;
}

static void a_patient_gets_one_draw_in_every_row_and_call(void **state)
{
    (void)state;
    static const struct {
        const char *layer, *z;
        size_t width;
        bool drawn;
    } rows[] = {
        {"model.release.layer=latent", "model.release.z=sampled", 3, true},
        {"model.release.layer=decoder", "model.release.z=sampled", 7, true},
        {"model.release.layer=latent", "model.release.z=mean", 3, false},
        {"model.release.layer=decoder", "model.release.z=mean", 7, false},
    };
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    memcpy(r.x + 5 * TOY_WIDTH, r.x, TOY_WIDTH * sizeof *r.x); /* rows 0, 5, 6: one embedding */
    memcpy(r.x + 6 * TOY_WIDTH, r.x, TOY_WIDTH * sizeof *r.x);
    uint64_t patient[ROWS] = {70, 71, 72, 73, 74, 70, UINT64_C(70) + (UINT64_C(1) << 32)};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct toy_model t;
        toy_open(&t, &toy_who, (const char *[]){rows[i].layer, rows[i].z, NULL}, ROWS);
        assert_int_equal(t.m->release_width, rows[i].width);
        size_t w = rows[i].width;
        real z[ROWS * TOY_WIDTH], alone[TOY_WIDTH], other[ROWS * TOY_WIDTH];
        release(z, &t, r.x, patient, ROWS, 9);
        release(alone, &t, r.x + 5 * TOY_WIDTH, patient + 5, 1, 9);
        release(other, &t, r.x, patient, ROWS, 10);
        bool row = same(z, z + 5 * w, w), call = same(z + 5 * w, alone, w);
        bool patients = same(z, z + 6 * w, w), seeds = same(z, other, w);
        if (!row || !call || patients == rows[i].drawn || seeds == rows[i].drawn)
            fail_msg("%s, %s: row %d, call %d, patients %d, seeds %d", rows[i].layer, rows[i].z,
                     row, call, patients, seeds);
        toy_close(&t);
    }
    toy_free(&r);
}

/* Without weights nothing but the draw is left: mean 0, spread 1. */
static void a_row_may_have_a_draw_of_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *draw;
        bool a_row;
    } rows[] = {{"model.release.draw=patient", false}, {"model.release.draw=row", true}};
    struct toy_rows r;
    toy_draw(&r, 4, 1, 1);
    for (size_t k = 0; k < TOY_WIDTH; k++)
        r.x[3 * TOY_WIDTH + k] = r.x[k];
    const uint64_t patient[] = {70, 70, 71, 70}; /* rows 0 and 3: one embedding, one patient */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct toy_model t;
        toy_open(&t, &toy_who, (const char *[]){rows[i].draw, NULL}, 4);
        memset(t.theta, 0, t.m->params * sizeof *t.theta);
        real z[4 * 3], alone[3];
        release(z, &t, r.x, patient, 4, 9);
        release(alone, &t, r.x + TOY_WIDTH, patient + 1, 1, 9);
        assert_int_equal(z[0] != z[3], rows[i].a_row);
        assert_memory_equal(z, z + 9, sizeof alone); /* asked twice, told once */
        assert_memory_equal(z + 3, alone, sizeof alone);
        assert_memory_not_equal(z, z + 6, sizeof alone);
        toy_close(&t);
    }
    toy_free(&r);
}

/* Over many patients, the draws of one row are normal around its mean with its own spread. */
static void released_samples_spread_as_the_encoder_says(void **state)
{
    (void)state;
    enum { MANY = 4000 };
    struct toy_model t;
    toy_open(&t, &toy_who, NULL, MANY);
    real *x = must_alloc(MANY * TOY_WIDTH, sizeof *x), *z = must_alloc(MANY * 3, sizeof *z);
    uint64_t *patient = must_alloc(MANY, sizeof *patient);
    for (size_t i = 0; i < MANY; i++)
        patient[i] = i;
    release(z, &t, x, patient, MANY, 9); /* x = 0: what the biases say */
    struct toy_model mean;
    toy_open(&mean, &toy_who, (const char *[]){"model.release.z=mean", NULL}, 1);
    real mu[3];
    release(mu, &mean, x, patient, 1, 9);
    for (size_t j = 0; j < 3; j++) {
        double sum = 0, square = 0;
        for (size_t i = 0; i < MANY; i++) {
            double off = (double)z[i * 3 + j] - (double)mu[j];
            sum += off, square += off * off;
        }
        double sigma = sqrt(square / MANY);
        assert_true(fabs(sum / MANY) < 5 * sigma / sqrt(MANY)); /* five standard errors */
        assert_true(sigma > .5 && sigma < 2);                   /* logvar is near 0 at the start */
    }
    free(x);
    free(z);
    free(patient);
    toy_close(&t);
    toy_close(&mean);
}

static void predictions_are_the_head_on_the_mean(void **state)
{
    (void)state;
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    struct toy_model t;
    toy_open(&t, &toy_who, (const char *[]){"model.release.z=mean", NULL}, ROWS);
    const struct model *m = t.m;
    assert_int_equal(m->outputs, 1 + 3 + 1);
    static const size_t at[TOY_TASKS] = {0, SIZE_MAX, 1, 4};
    for (size_t i = 0; i < TASKS_MAX; i++)
        assert_int_equal(m->task_at[i], i < TOY_TASKS ? at[i] : SIZE_MAX);

    real logits[ROWS * 5], mu[ROWS * 3];
    uint64_t patient[ROWS] = {0};
    m->ops->predict(logits, m, t.theta, r.x, ROWS, &t.arena);
    arena_rewind(&t.arena, 0);
    release(mu, &t, r.x, patient, ROWS, 1);
    const real *w = t.theta + m->part[0].at - (5 * 3 + 5), *bias = w + 5 * 3;
    for (size_t row = 0; row < ROWS; row++)
        for (size_t o = 0; o < 5; o++) {
            double want = (double)bias[o];
            for (size_t j = 0; j < 3; j++)
                want += (double)w[o * 3 + j] * (double)mu[row * 3 + j];
            assert_true(fabs((double)logits[row * 5 + o] - want) < 1e-5);
        }
    toy_close(&t);
    toy_free(&r);
}

static void initial_weights_come_from_the_seed_alone(void **state)
{
    (void)state;
    struct toy_model t, again;
    toy_open(&t, &toy_who, NULL, ROWS);
    toy_open(&again, &toy_who, NULL, 2);
    assert_memory_equal(t.theta, again.theta, t.m->params * sizeof(real));
    debias_vae_ops.init(again.theta, again.m, 18);
    size_t moved = 0;
    for (size_t i = 0; i < t.m->params; i++)
        moved += t.theta[i] != again.theta[i];
    assert_true(moved > t.m->params - 5);
    toy_close(&t);
    toy_close(&again);
}

/* One thread, one build: the same step twice gives the same bytes. */
static void a_step_can_be_replayed(void **state)
{
    (void)state;
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    struct toy_model t, again;
    toy_open(&t, &toy_who, NULL, ROWS);
    toy_open(&again, &toy_who, NULL, ROWS);
    for (size_t phase = 0; phase < t.m->phases; phase++) {
        toy_step(&t, &r.batch, phase, &key);
        toy_step(&again, &r.batch, phase, &key);
    }
    assert_memory_equal(t.grad, again.grad, t.m->params * sizeof(real));
    assert_memory_equal(t.losses, again.losses, sizeof t.losses);
    toy_close(&t);
    toy_close(&again);
    toy_free(&r);
}

/* T14: whatever a site does not know, its gradients are finite, and the unknown pulls at nobody. */
static void a_batch_may_lack_an_attribute_or_hold_one_level(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *form;
        double group, task; /* all values of all groups, of all tasks */
    } rows[] = {
        {"nothing known, confusion", "model.adversary.form=confusion", (double)NAN, (double)NAN},
        {"nothing known, reverse", "model.adversary.form=reverse", (double)NAN, (double)NAN},
        {"one level, confusion", "model.adversary.form=confusion", 0, 0},
        {"one level, reverse", "model.adversary.form=reverse", 1, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t count = 1; count <= ROWS; count += ROWS - 1) {
            struct toy_rows r;
            toy_draw(&r, count, 1, 1);
            for (size_t j = 0; j < count * TOY_GROUPS; j++)
                r.group[j] = (real)rows[i].group;
            for (size_t j = 0; j < count * TOY_TASKS; j++)
                r.task[j] = (real)rows[i].task;
            struct toy_model t;
            toy_open(&t, &toy_who, (const char *[]){rows[i].form, NULL}, ROWS);
            for (size_t phase = 0; phase < t.m->phases; phase++)
                toy_step(&t, &r.batch, phase, &key);
            if (!vec_finite(t.grad, t.m->params))
                fail_msg("%s, %zu rows: a gradient is not finite", rows[i].what, count);
            for (size_t j = 0; j < t.m->loss_count; j++)
                assert_true(isfinite(t.losses[j]));
            if (isnan(rows[i].group)) {
                const struct model_part *p = &t.m->part[0];
                assert_true(vec_norm(t.grad + p->at, p->count) == 0);
                assert_true(toy_loss(&t, "adversary") == 0);
                assert_true(toy_loss(&t, "task") == 0);
            }
            toy_close(&t);
            toy_free(&r);
        }
}

static void names_and_rates_are_those_of_the_plan(void **state)
{
    (void)state;
    struct toy_model t;
    toy_open(&t, &toy_who,
             (const char *[]){"local.lr=0.25", "model.decay=0.5", "model.adversary.lr=0.125",
                              "model.adversary.decay=0.75", "model.adversary.steps=2", NULL},
             1);
    assert_int_equal(t.m->phases, 3);
    for (size_t i = 0; i < 2; i++)
        assert_true(t.m->part[i].lr == .125 && t.m->part[i].decay == .75);
    assert_true(t.m->part[2].lr == .25 && t.m->part[2].decay == .5);
    static const char *const names[] = {"recon", "kl", "task", "confusion", "adversary"};
    assert_int_equal(t.m->loss_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(t.m->loss_name[i], names[i]);

    struct map map;
    model_map(&map, t.m); /* stops when the names leave a gap */
    const struct tensor *mu = map_find(&map, "encoder.1.weight");
    assert_true(mu != NULL && mu->rows == 6 && mu->cols == 5);
    assert_non_null(map_find(&map, "adversary.5.later"));
    assert_true(map_find(&map, "head.0.weight")->rows == 5);
    toy_close(&t);
}

/* methods.md 1.4: two linear players of 501 weights beside the published encoder and decoder. */
static void the_published_shape_has_the_published_parameters(void **state)
{
    (void)state;
    struct population who = {.width = 1408, .rows = 100, .group_count = 2};
    who.group[0] = toy_who.group[0];
    who.group[1] = toy_who.group[2];
    struct toy_model t;
    toy_open(&t, &who,
             (const char *[]){"model.hidden=0", "model.latent=500", "model.adversary.hidden=[]",
                              "model.adversary.count=1", "model.release.layer=decoder", NULL},
             1);
    assert_int_equal(t.m->part[0].count, 2 * 501);
    assert_int_equal(t.m->part[toy_main(&t)].count, 1409000 + 705408);
    assert_int_equal(t.m->params, 2115410);
    assert_int_equal(t.m->release_width, 1408);
    toy_close(&t);
}

static void a_model_without_tasks_or_groups_is_a_plain_auto_encoder(void **state)
{
    (void)state;
    static const struct population plain = {.width = TOY_WIDTH, .rows = 1};
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    struct toy_model t;
    toy_open(&t, &plain, NULL, ROWS);
    assert_int_equal(t.m->phases, 1);
    assert_int_equal(t.m->outputs, 0);
    assert_int_equal(t.m->loss_count, 2);
    toy_step(&t, &r.batch, 0, &key);
    assert_true(vec_finite(t.grad, t.m->params));
    assert_true(vec_norm(t.grad, t.m->params) > 0);
    struct map map;
    model_map(&map, t.m);
    toy_close(&t);
    toy_free(&r);
}

static void a_plan_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct model *m = NULL;
    struct settings *plan = toy_plan(&toy_who, NULL);
    struct population who = toy_who;
    who.group_count = 2;
    check_fault(debias_vae_ops.open(&m, plan, &who), EC_MODEL_SHAPE);
    who = toy_who;
    who.width = 0;
    check_fault(debias_vae_ops.open(&m, plan, &who), EC_MODEL_SHAPE);
    who.width = (size_t)1 << 26;
    check_fault(debias_vae_ops.open(&m, plan, &who), EC_MODEL_SHAPE);
    settings_close(&plan);
    plan = toy_plan(&toy_who, (const char *[]){"model.adversary.hidden=[9, 8, 7, 6, 5]", NULL});
    check_fault(debias_vae_ops.open(&m, plan, &toy_who), EC_CFG_RANGE);
    assert_non_null(strstr(fault_text(), "5 layers"));
    settings_close(&plan);
    assert_null(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_patient_gets_one_draw_in_every_row_and_call),
        cmocka_unit_test(a_row_may_have_a_draw_of_its_own),
        cmocka_unit_test(released_samples_spread_as_the_encoder_says),
        cmocka_unit_test(predictions_are_the_head_on_the_mean),
        cmocka_unit_test(initial_weights_come_from_the_seed_alone),
        cmocka_unit_test(a_step_can_be_replayed),
        cmocka_unit_test(a_batch_may_lack_an_attribute_or_hold_one_level),
        cmocka_unit_test(names_and_rates_are_those_of_the_plan),
        cmocka_unit_test(the_published_shape_has_the_published_parameters),
        cmocka_unit_test(a_model_without_tasks_or_groups_is_a_plain_auto_encoder),
        cmocka_unit_test(a_plan_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
