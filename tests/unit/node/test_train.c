#include "tests/support/check.h"

#include <math.h>

#include "models/linear/probes.h"
#include "models/registry.h"
#include "node/train.h"
#include "tests/unit/models/vae/toy.h"

/* --- a model whose every step is known: two players on one vector --------------------------- */

#define PARAMS 6
#define ROWS   50

/* What its steps have seen. */
struct log {
    size_t steps, rows;
    uint64_t last_step;
};

static struct log seen;

static size_t no_scratch(const struct model *m, size_t rows)
{
    (void)m, (void)rows;
    return 0;
}

/* Phase p has gradient p + 1 in every weight, the other player's too: the trainer must not look. */
static void push(real *grad, double *losses, const struct model *m, const real *theta,
                 const struct batch *b, size_t phase, const struct step_key *key,
                 struct arena *arena)
{
    (void)theta, (void)arena;
    for (size_t i = 0; i < m->params; i++)
        grad[i] = (real)(phase + 1);
    losses[phase] = (double)key->step;
    seen.steps++;
    seen.rows += b->rows;
    seen.last_step = key->step;
}

static const struct model_ops push_ops = {
    .name = "push", .scratch_bytes = no_scratch, .step = push};

static struct model push_model(void)
{
    seen = (struct log){0};
    return (struct model){
        .ops = &push_ops,
        .params = PARAMS,
        .phases = 2,
        .part = {{.at = 0, .count = 2, .lr = .5}, {.at = 2, .count = 4, .lr = .25}},
        .loss_count = 2,
        .loss_name = {"first", "second"}};
}

static struct rows_view any_rows(void)
{
    static real x[ROWS];
    static uint32_t row[ROWS];
    for (uint32_t i = 0; i < ROWS; i++)
        row[i] = i;
    return (struct rows_view){.width = 1, .x = x, .total = ROWS, .row = row, .count = ROWS};
}

static struct train_spec plain_steps(size_t steps)
{
    return (struct train_spec){.pace[0] = {.epochs = 1, .steps = steps, .batch = 20},
                               .optim = {.rule = OPTIM_SGD}};
}

/* One round of that model from zero. */
static void round_of(struct trainer *t, double *losses, const struct model *m,
                     const struct train_spec *spec)
{
    const struct rows_view rows = any_rows();
    const real zero[PARAMS] = {0};
    trainer_open(t, m, spec, &rows);
    check_ok(trainer_round(t, losses, zero, &(struct step_key){.seed = 1}));
}

static void a_phase_moves_its_own_part_and_no_other(void **state)
{
    (void)state;
    struct model m = push_model();
    struct train_spec spec = plain_steps(3);
    struct trainer t;
    double losses[2];
    round_of(&t, losses, &m, &spec);
    for (size_t i = 0; i < PARAMS; i++)
        assert_true(t.theta[i] == (i < 2 ? -3 * .5F * 1 : -3 * .25F * 2));
    trainer_close(&t);
    m.phases = 1;
    round_of(&t, losses, &m, &spec);
    for (size_t i = 2; i < PARAMS; i++)
        assert_true(t.theta[i] == 0);
    trainer_close(&t);
}

static void losses_are_means_over_the_steps_of_a_round(void **state)
{
    (void)state;
    struct model m = push_model();
    struct train_spec spec = plain_steps(5);
    struct trainer t;
    double losses[2] = {99, 99};
    round_of(&t, losses, &m, &spec);
    assert_true(fabs(losses[0] - 2) < 1e-12 && fabs(losses[1] - 2) < 1e-12); /* 0, 1, 2, 3, 4 */
    trainer_close(&t);
}

static void a_round_is_as_long_as_the_plan_says(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t epochs, steps, batch;
        size_t want, rows;
        bool alone;
    } rows[] = {
        {"one pass", 1, 0, 20, 3, 50, false}, /* 20, 20, 10 */
        {"three passes", 3, 0, 20, 9, 150, false},
        {"steps instead of passes", 3, 2, 20, 2, 40, false},
        {"a batch of all", 2, 0, 999, 2, 100, false},
        {"a rest that joins the last", 1, 0, 24, 2, 50, false}, /* 24, 26 */
        {"a rest alone", 2, 0, 24, 6, 100, true},               /* 24, 24, 2 */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct model m = push_model();
        m.phases = 1;
        struct train_spec spec = plain_steps(rows[i].steps);
        spec.pace[0].epochs = rows[i].epochs;
        spec.pace[0].batch = rows[i].batch;
        spec.pace[0].rest_alone = rows[i].alone;
        struct trainer t;
        double losses[2];
        round_of(&t, losses, &m, &spec);
        if (seen.steps != rows[i].want || seen.rows != rows[i].rows ||
            seen.last_step + 1 != rows[i].want)
            fail_msg("%s: %zu steps of together %zu rows", rows[i].what, seen.steps, seen.rows);
        trainer_close(&t);
    }
}

static void a_gradient_is_clipped_to_its_length_within_its_phase(void **state)
{
    (void)state;
    static const struct {
        double clip, first, second; /* the step of a weight of either part */
    } rows[] = {
        {0, 1, 2}, /* no limit */
        {1e9, 1, 2},
        {2, 1, 1}, /* lengths are sqrt 2 and 4 */
        {.5, .35355339059327, .25},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct model m = push_model();
        struct train_spec spec = plain_steps(1);
        spec.clip = rows[i].clip;
        struct trainer t;
        double losses[2];
        round_of(&t, losses, &m, &spec);
        assert_true(fabs((double)t.theta[1] + .5 * rows[i].first) < 1e-6);
        assert_true(fabs((double)t.theta[5] + .25 * rows[i].second) < 1e-6);
        trainer_close(&t);
    }
}

static void optimiser_state_stays_at_the_site_from_round_to_round(void **state)
{
    (void)state;
    struct model m = push_model();
    struct train_spec spec = plain_steps(1);
    spec.optim.beta1 = .5;
    struct trainer t;
    double losses[2];
    round_of(&t, losses, &m, &spec);
    assert_true(t.theta[0] == -.5F);
    const real again[PARAMS] = {0}; /* the next round begins where everybody begins */
    check_ok(trainer_round(&t, losses, again, &(struct step_key){.seed = 1, .round = 1}));
    assert_true(t.theta[0] == -.75F); /* velocity 1.5 */
    trainer_close(&t);
}

/* With a constant gradient every step of Adam has the length lr, if it knows its number. */
static void phases_that_share_a_part_count_their_steps_together(void **state)
{
    (void)state;
    struct model m = push_model();
    m.phases = 3;
    m.part[1] = m.part[0];
    m.part[2] = (struct model_part){.at = 2, .count = 4, .lr = .25};
    m.loss_count = 0;
    struct train_spec spec = plain_steps(4);
    spec.optim = (struct optim){.rule = OPTIM_ADAM, .beta1 = .9, .beta2 = .999, .eps = 1e-30};
    spec.clip = 1; /* phases 0 and 1 then have one gradient */
    struct trainer t;
    double losses[MODEL_LOSSES_MAX];
    round_of(&t, losses, &m, &spec);
    assert_true(fabs((double)t.theta[0] + 8 * .5) < 1e-4);
    assert_true(fabs((double)t.theta[2] + 4 * .25) < 1e-4);
    trainer_close(&t);
}

/* --- real models --------------------------------------------------------------------------- */

static struct rows_view toy_view(const struct toy_rows *r, size_t rows)
{
    static uint32_t row[1024];
    assert_true(rows <= COUNT(row));
    for (uint32_t i = 0; i < rows; i++)
        row[i] = i;
    return (struct rows_view){.width = TOY_WIDTH,
                              .x = r->x,
                              .task = r->task,
                              .group = r->group,
                              .total = rows,
                              .task_count = TOY_TASKS,
                              .group_count = TOY_GROUPS,
                              .row = row,
                              .count = rows};
}

/* The digest of a round's result would do; the vector says where it differs. */
static real *trained(const struct model *m, const real *global, const struct toy_rows *r,
                     const struct step_key *key)
{
    const struct rows_view rows = toy_view(r, ROWS);
    const struct train_spec spec = {
        .pace[0] = {.epochs = 2, .batch = 16}, .optim = {OPTIM_ADAM, .9, .999, 1e-8}, .clip = 5};
    struct trainer t;
    double losses[MODEL_LOSSES_MAX];
    real *theta = must_alloc(m->params, sizeof *theta);
    trainer_open(&t, m, &spec, &rows);
    check_ok(trainer_round(&t, losses, global, key));
    memcpy(theta, t.theta, m->params * sizeof *theta);
    trainer_close(&t);
    return theta;
}

static void the_same_key_gives_the_same_bytes_and_another_others(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct step_key key;
        bool same;
    } rows[] = {
        {"again", {.seed = 3, .site = 1, .round = 4}, true},
        {"another seed", {.seed = 4, .site = 1, .round = 4}, false},
        {"another site", {.seed = 3, .site = 2, .round = 4}, false},
        {"another round", {.seed = 3, .site = 1, .round = 5}, false},
    };
    struct toy_rows r;
    struct toy_model toy;
    toy_draw(&r, ROWS, .8, 1);
    toy_open(&toy, &toy_who, NULL, ROWS);
    size_t bytes = toy.m->params * sizeof(real);
    real *first = trained(toy.m, toy.theta, &r, &rows[0].key);
    assert_memory_not_equal(first, toy.theta, bytes);
    for (size_t i = 0; i < COUNT(rows); i++) {
        real *other = trained(toy.m, toy.theta, &r, &rows[i].key);
        if ((memcmp(other, first, bytes) == 0) != rows[i].same)
            fail_msg("%s", rows[i].what);
        free(other);
    }
    free(first);
    toy_close(&toy);
    toy_free(&r);
}

/* methods.md 1.11, 3: batches, draws and moments of a plain auto-encoder, step after step. */
static void players_without_weight_change_no_byte_of_the_auto_encoder(void **state)
{
    (void)state;
    static const struct {
        const char *pair;
        bool plain;
    } rows[] = {
        {"model.adversary.weight=0", true},
        {"model.adversary.weight=0.1", false},
    };
    const struct step_key key = {.seed = 3, .site = 1, .round = 4, .progress = 1};
    struct toy_rows r;
    struct toy_model plain;
    toy_draw(&r, ROWS, .8, 1);
    toy_open(&plain, &toy_who, (const char *[]){"model.adversary.count=0", NULL}, ROWS);
    size_t bytes = plain.m->params * sizeof(real);
    real *want = trained(plain.m, plain.theta, &r, &key);
    assert_memory_not_equal(want, plain.theta, bytes);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct toy_model toy;
        toy_open(&toy, &toy_who, (const char *[]){rows[i].pair, NULL}, ROWS);
        assert_true(toy.m->phases > 1);
        real *got = trained(toy.m, toy.theta, &r, &key);
        if ((memcmp(got, want, bytes) == 0) != rows[i].plain)
            fail_msg("%s", rows[i].pair);
        free(got);
        toy_close(&toy);
    }
    free(want);
    toy_close(&plain);
    toy_free(&r);
}

/* Linear and mlp probes of every target, side by side. */
static struct model *probes_model(struct probe_head *heads, size_t width)
{
    struct probe_spec spec = {.width = width,
                              .slice_count = 1,
                              .slice[0] = {.width = width},
                              .head = heads,
                              .hidden = 4,
                              .lr = .1,
                              .plain = true,
                              .mlp_lr = .01};
    for (size_t k = 0; k < 2; k++)
        for (size_t g = 0; g < TOY_GROUPS; g++)
            heads[spec.head_count++] =
                (struct probe_head){.kind = (enum probe_kind)k, .group = true, .target = g};
    struct model *m = NULL;
    check_ok(probes_open(&m, &spec, &toy_who));
    return m;
}

static void separate_phases_train_alone_and_rest_alone(void **state)
{
    (void)state;
    struct probe_head heads[2 * TOY_GROUPS];
    struct toy_rows r;
    toy_draw(&r, ROWS, .8, 1);
    struct model *m = probes_model(heads, TOY_WIDTH);
    assert_true(m->separate && m->phases == 2);
    const struct rows_view rows = toy_view(&r, ROWS);
    const struct step_key key = {.seed = 3, .site = 1, .round = 2};
    size_t edge = m->part[1].at;
    real *global = must_alloc(m->params, sizeof *global);
    m->ops->init(global, m, 1);
    struct trainer t[3]; /* both train, the first rests, the second rests */
    double losses[3][MODEL_LOSSES_MAX];
    for (size_t i = 0; i < COUNT(t); i++) {
        struct train_spec spec = {.pace = {{.epochs = 1, .batch = 16}, {.epochs = 3, .batch = 8}},
                                  .optim = {OPTIM_ADAM, .9, .999, 1e-8}};
        if (i > 0)
            spec.pace[i - 1].rest = true;
        trainer_open(&t[i], m, &spec, &rows);
        check_ok(trainer_round(&t[i], losses[i], global, &key));
    }
    size_t first = edge * sizeof(real);
    size_t second = (m->params - edge) * sizeof(real);
    assert_memory_not_equal(t[0].theta, global, first);
    assert_memory_not_equal(t[0].theta + edge, global + edge, second);
    assert_memory_equal(t[1].theta, global, first);
    assert_memory_equal(t[1].theta + edge, t[0].theta + edge, second);
    assert_memory_equal(t[2].theta, t[0].theta, first);
    assert_memory_equal(t[2].theta + edge, global + edge, second);
    assert_true(losses[0][0] > 0 && losses[0][1] > 0);
    assert_true(losses[1][1] == losses[0][1] && losses[2][0] == losses[0][0]);
    for (size_t i = 0; i < COUNT(t); i++)
        trainer_close(&t[i]);
    m->ops->close(&m);
    free(global);
    toy_free(&r);
}

/* 499 rows by 200 end in a batch of 299, by 256 in one of 243. */
static void the_longest_batch_of_any_pace_fits(void **state)
{
    (void)state;
    enum { MANY = 499, WIDE = 64 };
    struct probe_head heads[2 * TOY_GROUPS];
    struct toy_rows r;
    toy_draw(&r, MANY, .8, 1);
    real *x = must_alloc((size_t)MANY * WIDE, sizeof *x);
    struct rows_view rows = toy_view(&r, MANY);
    rows.x = x, rows.width = WIDE;
    static const struct train_spec spec = {
        .pace = {{.epochs = 1, .batch = 200}, {.epochs = 1, .batch = 256, .rest = true}},
        .optim = {OPTIM_ADAM, .9, .999, 1e-8}};
    struct model *m = probes_model(heads, WIDE);
    real *global = must_alloc(m->params, sizeof *global);
    struct trainer t;
    double losses[MODEL_LOSSES_MAX];
    trainer_open(&t, m, &spec, &rows);
    check_ok(trainer_round(&t, losses, global, &(struct step_key){.seed = 1}));
    trainer_close(&t);
    m->ops->close(&m);
    free(global);
    free(x);
    toy_free(&r);
}

static void a_diverging_model_is_a_complaint_that_names_the_loss(void **state)
{
    (void)state;
    struct toy_rows r;
    struct toy_model toy;
    toy_draw(&r, ROWS, .8, 1);
    toy_open(&toy, &toy_who, NULL, ROWS);
    for (size_t i = 0; i < toy.m->phases; i++)
        toy.m->part[i].lr = 1e30;
    const struct rows_view rows = toy_view(&r, ROWS);
    const struct train_spec spec = {.pace[0] = {.epochs = 3, .batch = 16},
                                    .optim = {.rule = OPTIM_SGD}};
    struct trainer t;
    double losses[MODEL_LOSSES_MAX];
    trainer_open(&t, toy.m, &spec, &rows);
    check_fault(trainer_round(&t, losses, toy.theta, &(struct step_key){.round = 6}), EC_RUN_NAN);
    assert_non_null(strstr(fault_text(), "recon"));
    assert_non_null(strstr(fault_text(), "training round 7"));
    trainer_close(&t);
    toy_close(&toy);
    toy_free(&r);
}

static void a_weight_that_is_not_finite_is_found_though_every_loss_is(void **state)
{
    (void)state;
    struct model m = push_model();
    m.part[1].lr = 1e300;
    struct train_spec spec = plain_steps(1);
    const struct rows_view rows = any_rows();
    const real zero[PARAMS] = {0};
    struct trainer t;
    double losses[2];
    trainer_open(&t, &m, &spec, &rows);
    check_fault(trainer_round(&t, losses, zero, &(struct step_key){.seed = 1}), EC_RUN_NAN);
    assert_non_null(strstr(fault_text(), "weight"));
    trainer_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phase_moves_its_own_part_and_no_other),
        cmocka_unit_test(losses_are_means_over_the_steps_of_a_round),
        cmocka_unit_test(a_round_is_as_long_as_the_plan_says),
        cmocka_unit_test(a_gradient_is_clipped_to_its_length_within_its_phase),
        cmocka_unit_test(optimiser_state_stays_at_the_site_from_round_to_round),
        cmocka_unit_test(phases_that_share_a_part_count_their_steps_together),
        cmocka_unit_test(the_same_key_gives_the_same_bytes_and_another_others),
        cmocka_unit_test(players_without_weight_change_no_byte_of_the_auto_encoder),
        cmocka_unit_test(separate_phases_train_alone_and_rest_alone),
        cmocka_unit_test(the_longest_batch_of_any_pace_fits),
        cmocka_unit_test(a_diverging_model_is_a_complaint_that_names_the_loss),
        cmocka_unit_test(a_weight_that_is_not_finite_is_found_though_every_loss_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
