#include "tests/unit/models/linear/toy.h"

static void the_vector_is_laid_out_as_the_header_draws_it(void **state)
{
    (void)state;
    struct toy toy;
    struct model *m;
    toy_open(&toy, .4);
    check_ok(probes_open(&m, &toy.spec, &toy_who));

    enum { L0 = (1 + 1 + 4) * (4 + 1), L1 = (4 + 1) * (4 + 1) };
    enum { HIDDEN = 2 * TOY_HIDDEN * (4 + 1) };
    enum { M0 = HIDDEN + (1 + 4) * (TOY_HIDDEN + 1), M1 = HIDDEN + (4 + 1) * (TOY_HIDDEN + 1) };
    assert_int_equal(m->phases, 2);
    assert_int_equal(m->part[0].at, 0);
    assert_int_equal(m->part[0].count, L0 + L1);
    assert_int_equal(m->part[1].at, L0 + L1);
    assert_int_equal(m->part[1].count, M0 + M1);
    assert_int_equal(m->params, L0 + L1 + M0 + M1);
    assert_true(m->part[0].lr == .05 && m->part[0].decay == .1);
    assert_true(m->part[1].lr == .02 && m->part[1].decay == .03);
    assert_int_equal(m->loss_count, 2);
    assert_string_equal(m->loss_name[0], "linear");
    assert_string_equal(m->loss_name[1], "mlp");

    size_t outputs = 0;
    for (size_t h = 0; h < TOY_HEADS; h++) {
        assert_int_equal(toy.head[h].out_at, outputs);
        outputs += toy.head[h].outputs;
    }
    assert_int_equal(m->outputs, outputs);
    assert_int_equal(outputs, 1 + 4 + 1 + 4 + 1 + 4 + 1 + 1 + 4);
    m->ops->close(&m);
    assert_null(m);
}

/* Weights of a linear head start at 0, so that labels turned round turn its gradient round. */
static void a_head_of_other_labels_learns_those(void **state)
{
    (void)state;
    struct toy toy;
    struct model *m;
    toy_open(&toy, 0);
    static real labels[3 * TOY_ROWS];
    memcpy(labels, toy.task, sizeof toy.task);
    for (size_t i = 0; i < TOY_ROWS; i++)
        labels[2 * TOY_ROWS + i] = 1 - toy.task[i];
    toy.batch.task = labels;
    toy.spec.head_count = 2;
    for (size_t h = 0; h < 2; h++)
        toy.head[h] = (struct probe_head){.labels = h};
    check_ok(probes_open(&m, &toy.spec, &toy_who));
    real *theta = must_alloc(m->params, sizeof *theta);
    real *grad = must_alloc(m->params, sizeof *grad);
    double losses[MODEL_LOSSES_MAX];
    struct step_key key = {0};
    struct arena arena;
    unsigned char *slab = NULL;
    toy_arena(&arena, &slab, m, TOY_ROWS);
    m->ops->step(grad, losses, m, theta, &toy.batch, 0, &key, &arena);
    for (size_t i = 0; i < 4; i++) {
        assert_true(fabs((double)grad[i]) > 1e-6);
        assert_true(fabs((double)(grad[i] + grad[4 + i])) < 1e-6);
    }
    free(slab);
    free(theta);
    free(grad);
    m->ops->close(&m);
}

static void a_phase_is_there_for_each_kind_of_head_and_no_other(void **state)
{
    (void)state;
    static const enum probe_kind kinds[] = {PROBE_LINEAR, PROBE_MLP};
    static const char *names[] = {"linear", "mlp"};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct toy toy;
        struct model *m;
        toy_open(&toy, 0);
        for (size_t h = 0; h < TOY_HEADS; h++)
            toy.head[h].kind = kinds[k];
        check_ok(probes_open(&m, &toy.spec, &toy_who));
        assert_int_equal(m->phases, 1);
        assert_int_equal(m->part[0].count, m->params);
        assert_int_equal(m->loss_count, 1);
        assert_string_equal(m->loss_name[0], names[k]);
        assert_true(m->part[0].lr == (kinds[k] == PROBE_LINEAR ? .05 : .02));
        real *theta = must_alloc(m->params, sizeof *theta);
        m->ops->init(theta, m, 1);
        toy_train(theta, m, &toy.batch, 2);
        free(theta);
        m->ops->close(&m);
    }
}

static void what_nothing_can_be_learned_of_is_refused(void **state)
{
    (void)state;
    struct toy toy;
    struct model *m = NULL;
    toy_open(&toy, 0);

    toy.spec.head_count = 0;
    check_fault(probes_open(&m, &toy.spec, &toy_who), EC_MODEL_SHAPE);
    toy.spec.head_count = PROBE_HEADS_MAX + 1;
    check_fault(probes_open(&m, &toy.spec, &toy_who), EC_MODEL_SHAPE);
    toy.spec.head_count = TOY_HEADS;
    static const size_t levels[] = {0, 1, TARGET_LEVELS_MAX + 1};
    for (size_t i = 0; i < COUNT(levels); i++) {
        struct population who = toy_who;
        who.group[0].levels = levels[i];
        check_fault(probes_open(&m, &toy.spec, &who), EC_MODEL_SHAPE);
    }
    assert_null(m);
}

static void linear_heads_start_at_zero_and_mlp_heads_at_their_seed(void **state)
{
    (void)state;
    struct toy toy;
    struct model *m;
    toy_open(&toy, 0);
    check_ok(probes_open(&m, &toy.spec, &toy_who));
    size_t bytes = m->params * sizeof(real);
    real *one = must_alloc(1, bytes), *two = must_alloc(1, bytes), *other = must_alloc(1, bytes);
    memset(one, 0xff, bytes);
    m->ops->init(one, m, 5);
    m->ops->init(two, m, 5);
    m->ops->init(other, m, 6);
    assert_memory_equal(one, two, bytes);
    for (size_t i = 0; i < m->params; i++) {
        bool linear = i < m->part[0].count;
        assert_true(isfinite(one[i]));
        assert_true((one[i] == 0) == linear);
        assert_true((one[i] != other[i]) == !linear);
        assert_true(fabs((double)one[i]) <= .5); /* 1 / sqrt(4), the narrower of the two layers */
    }

    toy.head[0].seed = 77; /* another seed: other weights of that head, the same of all others */
    m->ops->init(two, m, 5);
    probes_copy_head(one, m, two, 0);
    assert_memory_equal(one, two, bytes);
    toy.head[0].seed = 1;
    m->ops->init(one, m, 5);
    assert_memory_not_equal(one, two, bytes);
    free(one);
    free(two);
    free(other);
    m->ops->close(&m);
}

static void copying_all_heads_copies_all_weights_each_once(void **state)
{
    (void)state;
    struct toy toy;
    struct model *m;
    toy_open(&toy, 0);
    check_ok(probes_open(&m, &toy.spec, &toy_who));
    real *to = must_alloc(m->params, sizeof *to), *from = must_alloc(m->params, sizeof *from);
    size_t copied = 0;
    for (size_t h = 0; h < TOY_HEADS; h++) {
        for (size_t i = 0; i < m->params; i++)
            from[i] = (real)(h + 1);
        probes_copy_head(to, m, from, h);
    }
    for (size_t h = 0; h < TOY_HEADS; h++) { /* a later head took nothing from an earlier one */
        size_t in = 4, out = toy.head[h].outputs, want;
        want = toy.head[h].kind == PROBE_LINEAR ? out * (in + 1)
                                                : TOY_HIDDEN * (in + 1) + out * (TOY_HIDDEN + 1);
        size_t has = 0;
        for (size_t i = 0; i < m->params; i++)
            has += to[i] == (real)(h + 1);
        assert_int_equal(has, want);
        copied += has;
    }
    assert_int_equal(copied, m->params);
    free(to);
    free(from);
    m->ops->close(&m);
}

static void every_weight_has_a_name(void **state)
{
    (void)state;
    static struct map map;
    struct toy toy;
    struct model *m;
    toy_open(&toy, 0);
    check_ok(probes_open(&m, &toy.spec, &toy_who));
    model_map(&map, m);
    assert_int_equal(map.count, 2 * (2 + 2 + 4)); /* linear, hidden and second layers */
    assert_int_equal(map.end, m->params);
    assert_int_equal(map_find(&map, "linear.1.weight")->rows, 4 + 1);
    assert_int_equal(map_find(&map, "hidden.0.weight")->at, m->part[1].at);
    assert_int_equal(map_find(&map, "head.5.weight")->rows, 4);
    assert_int_equal(map_find(&map, "head.5.weight")->cols, TOY_HIDDEN);
    m->ops->close(&m);
}

static double relu(double v)
{
    return v > 0 ? v : 0;
}

/* Every logit again from theta by the header's drawing, one product at a time. */
static void predict_is_the_formula_of_the_header_without_dropout(void **state)
{
    (void)state;
    struct toy toy;
    struct model *m;
    struct arena arena;
    unsigned char *slab;
    toy_open(&toy, .4);
    check_ok(probes_open(&m, &toy.spec, &toy_who));
    real *theta = must_alloc(m->params, sizeof *theta);
    real *mine = must_alloc(m->params, sizeof *mine);
    real *logits = must_alloc(TOY_ROWS * m->outputs, sizeof *logits);
    struct rng rng = rng_open(2, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < m->params; i++)
        theta[i] = (real)(rng_normal(&rng) + 4); /* never 0, which marks what is not mine */
    for (size_t i = 0; i < m->params; i += 3)
        theta[i] -= 8;
    toy_arena(&arena, &slab, m, TOY_ROWS);
    m->ops->predict(logits, m, theta, toy.x, TOY_ROWS, &arena);

    for (size_t h = 0; h < TOY_HEADS; h++) {
        const struct probe_head *head = &toy.head[h];
        size_t out = head->outputs, at = 0, in = 4, first;
        memset(mine, 0, m->params * sizeof *mine);
        probes_copy_head(mine, m, theta, h);
        for (size_t i = 0; i < m->params; i++) /* its weights in their order */
            if (mine[i] != 0)
                mine[at++] = mine[i];
        first = head->kind == PROBE_LINEAR ? out : TOY_HIDDEN;
        for (size_t row = 0; row < TOY_ROWS; row++) {
            const real *x = toy.x + row * TOY_WIDTH + (head->slice == 0 ? 0 : 5);
            double layer[TOY_HIDDEN];
            for (size_t j = 0; j < first; j++) {
                layer[j] = (double)mine[first * in + j];
                for (size_t i = 0; i < in; i++)
                    layer[j] += (double)mine[j * in + i] * (double)x[i];
            }
            for (size_t j = 0; j < out; j++) {
                const real *w2 = mine + first * (in + 1);
                double want = layer[j];
                if (head->kind == PROBE_MLP) {
                    want = (double)w2[out * TOY_HIDDEN + j];
                    for (size_t i = 0; i < TOY_HIDDEN; i++)
                        want += (double)w2[j * TOY_HIDDEN + i] * relu(layer[i]);
                }
                double got = (double)logits[row * m->outputs + head->out_at + j];
                if (!(fabs(got - want) < 1e-4 * fmax(1, fabs(want)))) /* float32, sums near 200 */
                    fail_msg("head %zu row %zu output %zu: %g, not %g", h, row, j, got, want);
            }
        }
    }
    free(slab);
    free(theta);
    free(mine);
    free(logits);
    m->ops->close(&m);
}

static void a_step_writes_its_own_part_and_loss_and_the_same_bytes_twice(void **state)
{
    (void)state;
    struct toy toy;
    struct model *m;
    struct arena arena;
    unsigned char *slab;
    toy_open(&toy, .4);
    check_ok(probes_open(&m, &toy.spec, &toy_who));
    size_t bytes = m->params * sizeof(real);
    real *theta = must_alloc(1, bytes), *grad = must_alloc(1, bytes), *again = must_alloc(1, bytes);
    toy_arena(&arena, &slab, m, TOY_ROWS);
    m->ops->init(theta, m, 1);
    for (size_t phase = 0; phase < 2; phase++) {
        double losses[2] = {-1, -1};
        struct step_key key = {.seed = 1, .step = 4};
        memset(grad, 0xff, bytes);
        memset(again, 0xff, bytes);
        m->ops->step(grad, losses, m, theta, &toy.batch, phase, &key, &arena);
        m->ops->step(again, losses, m, theta, &toy.batch, phase, &key, &arena);
        assert_memory_equal(grad, again, bytes);
        for (size_t i = 0; i < m->params; i++) {
            bool ours = i >= m->part[phase].at && i < m->part[phase].at + m->part[phase].count;
            assert_true(isnan(grad[i]) == !ours);
        }
        assert_true(losses[phase] > 0);
        assert_true(losses[1 - phase] == -1);

        key.step = 5; /* another mask, which the linear heads do not have */
        m->ops->step(again, losses, m, theta, &toy.batch, phase, &key, &arena);
        assert_int_equal(memcmp(grad, again, bytes) == 0, phase == 0);
    }
    free(slab);
    free(theta);
    free(grad);
    free(again);
    m->ops->close(&m);
}

/* Is column j of rows [from, from + TOY_HIDDEN) of a gradient [.., 4] all zero? */
static bool column_is_zero(const real *grad, size_t from, size_t j)
{
    for (size_t i = from; i < from + TOY_HIDDEN; i++)
        if (grad[i * 4 + j] != 0)
            return false;
    return true;
}

/* With a batch of one row, a dropped feature is a column without gradient in the hidden layer. */
static void the_heads_of_a_slice_share_a_mask_that_drops_at_its_rate(void **state)
{
    (void)state;
    struct toy toy;
    struct model *m;
    struct arena arena;
    unsigned char *slab;
    toy_open(&toy, .4);
    memset(toy.task, 0, sizeof toy.task);
    memset(toy.group, 0, sizeof toy.group);
    toy.batch.rows = 1;
    check_ok(probes_open(&m, &toy.spec, &toy_who));
    real *theta = must_alloc(m->params, sizeof *theta);
    real *grad = must_alloc(m->params, sizeof *grad);
    toy_arena(&arena, &slab, m, 1);
    for (size_t i = 0; i < m->params; i++)
        theta[i] = REAL(0.1) + (real)(i % 7) / 10; /* all positive, as x: no hidden unit sleeps */
    for (size_t j = 0; j < 4; j++)
        toy.x[j] = 1;

    const real *hidden = grad + m->part[1].at; /* of slice 0: heads 0 and 5 */
    size_t dropped = 0, columns = 0;
    for (uint64_t step = 0; step < 300; step++) {
        double losses[2];
        struct step_key key = {.seed = 9, .step = step};
        m->ops->step(grad, losses, m, theta, &toy.batch, 1, &key, &arena);
        for (size_t j = 0; j < 4; j++, columns++) {
            bool zero = column_is_zero(hidden, 0, j);
            assert_int_equal(zero, column_is_zero(hidden, TOY_HIDDEN, j));
            dropped += zero;
        }
    }
    double off = fabs((double)dropped / (double)columns - .4);
    assert_true(off < 4 * sqrt(.4 * .6 / 1200)); /* 4 standard errors */
    free(slab);
    free(theta);
    free(grad);
    m->ops->close(&m);
}

static void scratch_is_enough_for_any_number_of_rows(void **state)
{
    (void)state;
    static const size_t rows[] = {1, 2, 7, TOY_ROWS};
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t drop = 0; drop < 2; drop++) {
            struct toy toy;
            struct model *m;
            struct arena arena;
            unsigned char *slab;
            double losses[2];
            struct step_key key = {.seed = 1};
            toy_open(&toy, drop == 0 ? 0 : .5);
            toy.batch.rows = rows[i];
            memset(toy.task, 0, sizeof toy.task); /* their rows have another length now */
            memset(toy.group, 0, sizeof toy.group);
            check_ok(probes_open(&m, &toy.spec, &toy_who));
            real *theta = must_alloc(m->params, sizeof *theta);
            real *grad = must_alloc(m->params, sizeof *grad);
            real *logits = must_alloc(rows[i] * m->outputs, sizeof *logits);
            toy_arena(&arena, &slab, m, rows[i]);
            for (size_t phase = 0; phase < m->phases; phase++)
                m->ops->step(grad, losses, m, theta, &toy.batch, phase, &key, &arena);
            m->ops->predict(logits, m, theta, toy.x, rows[i], &arena);
            assert_int_equal(arena_mark(&arena), 0);
            free(slab);
            free(theta);
            free(grad);
            free(logits);
            m->ops->close(&m);
        }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vector_is_laid_out_as_the_header_draws_it),
        cmocka_unit_test(a_head_of_other_labels_learns_those),
        cmocka_unit_test(a_phase_is_there_for_each_kind_of_head_and_no_other),
        cmocka_unit_test(what_nothing_can_be_learned_of_is_refused),
        cmocka_unit_test(linear_heads_start_at_zero_and_mlp_heads_at_their_seed),
        cmocka_unit_test(copying_all_heads_copies_all_weights_each_once),
        cmocka_unit_test(every_weight_has_a_name),
        cmocka_unit_test(predict_is_the_formula_of_the_header_without_dropout),
        cmocka_unit_test(a_step_writes_its_own_part_and_loss_and_the_same_bytes_twice),
        cmocka_unit_test(the_heads_of_a_slice_share_a_mask_that_drops_at_its_rate),
        cmocka_unit_test(scratch_is_enough_for_any_number_of_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
