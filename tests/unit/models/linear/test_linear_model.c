#include "tests/unit/models/linear/toy.h"

#define ROWS 400

static const struct setting lr_row = {.key = "local.lr",
                                      .type = SET_REAL,
                                      .lo = 0,
                                      .hi = 1,
                                      .unit = "",
                                      .initial = "0.02",
                                      .about = "Learning rate."};

static struct settings *plan_of(const struct model_ops *ops)
{
    struct setting_table tables[] = {{&lr_row, 1}, ops->settings};
    struct settings *plan = settings_open(tables, COUNT(tables));
    return plan;
}

/* Two binary tasks; the heads are to learn the second. */
static struct population two_tasks(size_t width)
{
    return (struct population){
        .width = width,
        .rows = ROWS,
        .task_count = 2,
        .task = {{.name = "death", .kind = TARGET_BINARY, .levels = 2},
                 {.name = "ill", .kind = TARGET_BINARY, .levels = 2, .train = true}},
    };
}

struct rows {
    real x[ROWS * 4], task[2 * ROWS];
    struct batch batch;
};

static void draw_rows(struct rows *r, size_t width, bool exclusive_or, uint64_t seed)
{
    struct rng rng = rng_open(seed, RNG_TEST, 0, 0, 0);
    r->batch = (struct batch){.rows = ROWS, .width = width, .x = r->x, .task = r->task};
    for (size_t i = 0; i < ROWS; i++) {
        real *x = r->x + i * width;
        for (size_t j = 0; j < width; j++)
            x[j] = (real)rng_normal(&rng);
        bool ill = exclusive_or ? (x[0] > 0) != (x[1] > 0) : x[0] - x[1] > 0;
        r->task[i] = (real)NAN;
        r->task[ROWS + i] = ill ? 1 : 0;
    }
}

/* Of all pairs of an ill and a well row, those that the logits order rightly. */
static double auc(const real *logits, const real *y)
{
    double right = 0, pairs = 0;
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < ROWS; j++)
            if (y[i] == 1 && y[j] == 0) {
                pairs++;
                right += logits[i] > logits[j] ? 1 : logits[i] < logits[j] ? 0 : .5;
            }
    return right / pairs;
}

/* Trains on one draw, answers with the AUC on another. */
static double learned(const struct model_ops *ops, bool exclusive_or)
{
    static struct rows train, test;
    static real logits[ROWS];
    struct population who = two_tasks(4);
    struct settings *plan = plan_of(ops);
    struct model *m;
    check_ok(settings_finish(plan));
    check_ok(ops->open(&m, plan, &who));
    draw_rows(&train, 4, exclusive_or, 1);
    draw_rows(&test, 4, exclusive_or, 2);
    real *theta = must_alloc(m->params, sizeof *theta);
    m->ops->init(theta, m, 1);
    toy_train(theta, m, &train.batch, 300);

    struct arena arena;
    unsigned char *slab;
    toy_arena(&arena, &slab, m, ROWS);
    m->ops->predict(logits, m, theta, test.x, ROWS, &arena);
    free(slab);
    free(theta);
    m->ops->close(&m);
    settings_close(&plan);
    return auc(logits, test.task + ROWS);
}

static void logistic_regression_learns_what_a_plane_divides(void **state)
{
    (void)state;
    assert_true(learned(&linear_ops, false) > .95);
    assert_true(learned(&mlp_ops, false) > .95);
}

static void only_the_net_learns_what_no_plane_divides(void **state)
{
    (void)state;
    assert_true(learned(&mlp_ops, true) > .95);
    double plane = learned(&linear_ops, true);
    assert_true(plane > .4 && plane < .6);
}

static void a_plan_says_shape_and_rates(void **state)
{
    (void)state;
    struct population who = two_tasks(10);
    struct settings *plan = plan_of(&mlp_ops);
    struct model *m;
    check_ok(settings_put_pair(plan, "model.hidden=7"));
    check_ok(settings_put_pair(plan, "model.dropout=0.5"));
    check_ok(settings_put_pair(plan, "model.decay=0.25"));
    check_ok(settings_finish(plan));
    check_ok(mlp_ops.open(&m, plan, &who));
    assert_ptr_equal(m->ops, &mlp_ops);
    assert_int_equal(m->params, 7 * 11 + 8);
    assert_int_equal(m->outputs, 1);
    assert_true(m->task_at[0] == SIZE_MAX); /* not for training */
    assert_int_equal(m->task_at[1], 0);
    assert_true(m->task_at[2] == SIZE_MAX);
    assert_true(m->part[0].lr == .02 && m->part[0].decay == .25);
    assert_true(probes_spec(m)->dropout == .5);
    assert_int_equal(m->release_width, 0);
    assert_true(m->ops->release == NULL && m->ops->guard_add == NULL);
    m->ops->close(&m);
    assert_null(m);
    settings_close(&plan);
}

static void logits_of_a_task_start_where_the_model_says(void **state)
{
    (void)state;
    struct population who = toy_who;
    struct settings *plan = plan_of(&linear_ops);
    struct model *m;
    who.task[2] = (struct target){.kind = TARGET_CATEGORICAL, .levels = 3, .train = true};
    who.task[3] = (struct target){.kind = TARGET_BINARY, .levels = 2, .train = true};
    who.task_count = 4;
    check_ok(settings_finish(plan));
    check_ok(linear_ops.open(&m, plan, &who));
    assert_int_equal(m->outputs, 6);
    assert_int_equal(m->task_at[1], 1);
    assert_int_equal(m->task_at[2], 2);
    assert_int_equal(m->task_at[3], 5);
    m->ops->close(&m);
    settings_close(&plan);
}

static void a_plan_without_a_training_task_is_refused(void **state)
{
    (void)state;
    static const struct model_ops *both[] = {&linear_ops, &mlp_ops};
    for (size_t i = 0; i < COUNT(both); i++) {
        struct population who = two_tasks(4);
        struct settings *plan = plan_of(both[i]);
        struct model *m = NULL;
        check_ok(settings_finish(plan));
        who.task[1].train = false;
        check_fault(both[i]->open(&m, plan, &who), EC_MODEL_SHAPE);
        assert_null(m);
        both[i]->close(&m);
        settings_close(&plan);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(logistic_regression_learns_what_a_plane_divides),
        cmocka_unit_test(only_the_net_learns_what_no_plane_divides),
        cmocka_unit_test(a_plan_says_shape_and_rates),
        cmocka_unit_test(logits_of_a_task_start_where_the_model_says),
        cmocka_unit_test(a_plan_without_a_training_task_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
