#include "models/core/optim.h"
#include "models/vae/adversary.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"
#include "tests/support/gradient.h"

#define ROWS  20
#define K     3
#define WORDS 800

/* sex 3 : 2, race 6 : 3 : 1 (an unseen fourth level), age; 20 rows hold exactly these shares. */
static const struct population who = {
    .width = 1,
    .rows = 1000,
    .group_count = 3,
    .group = {{.name = "sex", .levels = 2, .share = {.6, .4}, .known = 1000},
              {.name = "race",
               .kind = TARGET_CATEGORICAL,
               .levels = 4,
               .share = {.6, .3, .1, 0},
               .known = 1000},
              {.name = "age", .kind = TARGET_REGRESSION, .sd = 1, .known = 1000}},
};

static const struct adversary_shape shapes[] = {
    {.latent = K, .copies = 2, .hidden_count = 0},
    {.latent = K, .copies = 2, .hidden_count = 1, .hidden = {5}},
    {.latent = K, .copies = 3, .hidden_count = 2, .hidden = {5, 4}},
};

struct game {
    struct adversaries a;
    struct batch batch;
    real theta[WORDS], z[ROWS * K], group[3 * ROWS];
    double weight[GROUPS_MAX];
    struct arena arena;
};

static void game_open(struct game *g, const struct adversary_shape *shape)
{
    *g = (struct game){.weight = {2, .7, 1.3}};
    g->batch = (struct batch){.rows = ROWS, .group = g->group};
    adversary_plan(&g->a, &who, shape);
    must(g->a.params <= WORDS);
    adversary_init(g->theta, &g->a, 9, 3);
    struct rng rng = rng_open(4, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < ROWS * K; i++)
        g->z[i] = rng_normal(&rng);
    for (size_t i = 0; i < ROWS; i++) {
        g->group[i] = i % 5 < 3 ? 0 : 1;
        g->group[ROWS + i] = i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2;
        g->group[2 * ROWS + i] = rng_normal(&rng);
    }
    size_t reals = adversary_scratch_reals(&g->a, ROWS);
    arena_open(&g->arena, arena_need(reals * sizeof(real), ADVERSARY_SCRATCH_PIECES));
}

static void forget_some(struct game *g)
{
    g->group[1] = g->group[ROWS + 2] = g->group[ROWS + 9] = g->group[2 * ROWS + 7] = (real)NAN;
}

/* Sum over players of their losses; grad of the weights where wanted. */
static double own(struct game *g, real *grad)
{
    struct adversary_acts acts, d;
    adversary_forward(&acts, &g->a, g->theta, g->z, ROWS, &g->arena);
    double mean = adversary_loss(&d, &g->a, &acts, &g->batch, &g->arena);
    if (grad != NULL)
        adversary_backward(grad, NULL, &g->a, g->theta, g->z, &acts, &d);
    arena_rewind(&g->arena, 0);
    return mean * (double)g->a.count;
}

/* The weighted pull; its gradient is added to dz where wanted. */
static double pull(struct game *g, double *mean, real *dz)
{
    struct adversary_acts acts, d;
    double value;
    adversary_forward(&acts, &g->a, g->theta, g->z, ROWS, &g->arena);
    *mean = adversary_confuse(&d, &value, &g->a, &acts, &g->batch, g->weight, &g->arena);
    if (dz != NULL)
        adversary_backward(NULL, dz, &g->a, g->theta, g->z, &acts, &d);
    arena_rewind(&g->arena, 0);
    return value;
}

static double own_of(void *ctx)
{
    return own(ctx, NULL);
}

static double pull_of(void *ctx)
{
    double mean;
    return pull(ctx, &mean, NULL);
}

static void a_player_s_gradient_is_the_derivative_of_its_loss(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct game g;
        game_open(&g, &shapes[i]);
        forget_some(&g);
        real grad[WORDS] = {0};
        own(&g, grad);
        check_gradient("own loss", own_of, &g, g.theta, grad, g.a.params);
        arena_close(&g.arena);
    }
}

static void the_pull_on_z_is_the_derivative_of_either_form(void **state)
{
    (void)state;
    size_t met = 0;
    for (size_t i = 0; i < COUNT(shapes); i++)
        for (enum adversary_form form = ADVERSARY_CONFUSION; form <= ADVERSARY_REVERSE; form++) {
            struct game g;
            struct adversary_shape shape = shapes[i];
            shape.form = form;
            game_open(&g, &shape);
            forget_some(&g);
            real dz[ROWS * K] = {0};
            double mean;
            pull(&g, &mean, dz);
            check_gradient("pull", pull_of, &g, g.z, dz, ROWS * K);
            for (size_t j = 0; j < ROWS * K; j++)
                dz[j] += 1; /* what was in dz stays */
            real twice[ROWS * K];
            memcpy(twice, dz, sizeof twice);
            pull(&g, &mean, twice);
            for (size_t j = 0; j < ROWS * K; j++)
                assert_true(fabs(twice[j] - (2 * dz[j] - 1)) < 1e-12);
            arena_close(&g.arena);
            met++;
        }
    assert_int_equal(met, 6);
}

static void the_reversed_form_is_minus_the_players_loss(void **state)
{
    (void)state;
    struct game g;
    struct adversary_shape shape = shapes[2];
    shape.form = ADVERSARY_REVERSE;
    game_open(&g, &shape);
    forget_some(&g);
    for (size_t i = 0; i < 3; i++)
        g.weight[i] = 3;
    double mean, loss = own(&g, NULL), value = pull(&g, &mean, NULL);
    assert_true(fabs(mean * (double)g.a.count + loss) < 1e-12);
    assert_true(fabs(value + 3 * loss / 3) < 1e-12); /* weight 3, mean over 3 copies */
    arena_close(&g.arena);
}

/*
 * A batch without a value of an attribute is of a site that lacks it: its players pull at nobody, in
 * either form; one known value, and they pull at every row, or at that one.
 */
static void what_nobody_in_a_batch_knows_pulls_at_nobody(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum adversary_form form;
        size_t known, pulled; /* values of race; rows */
    } rows[] = {
        {"confusion, none", ADVERSARY_CONFUSION, 0, 0},
        {"confusion, one", ADVERSARY_CONFUSION, 1, ROWS},
        {"reverse, none", ADVERSARY_REVERSE, 0, 0},
        {"reverse, one", ADVERSARY_REVERSE, 1, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct game g;
        struct adversary_shape shape = shapes[2];
        shape.form = rows[i].form;
        game_open(&g, &shape);
        for (size_t j = 0; j < 3; j++)
            g.weight[j] = j == 1 ? 2 : 0;
        for (size_t row = rows[i].known; row < ROWS; row++)
            g.group[ROWS + row] = (real)NAN;
        real dz[ROWS * K] = {0};
        double mean, value = pull(&g, &mean, dz);
        size_t pulled = 0;
        for (size_t row = 0; row < ROWS; row++)
            pulled += dz[row * K] != 0;
        if (pulled != rows[i].pulled || (value != 0) != (pulled > 0))
            fail_msg("%s: %zu rows are pulled at, by %g", rows[i].what, pulled, value);
        arena_close(&g.arena);
    }
}

/* Players share products, not weights: what one of them knows changes no other's gradient. */
static void players_do_not_touch_each_other(void **state)
{
    (void)state;
    struct game g;
    game_open(&g, &shapes[2]);
    real before[WORDS] = {0}, after[WORDS] = {0};
    own(&g, before);
    const struct player *last = &g.a.player[g.a.count - 1];
    for (size_t i = last->weights; i < g.a.params; i++)
        g.theta[i] += 1;
    for (size_t i = 0; i < 5 * K; i++)
        g.theta[last->column * K + i] += 1;
    own(&g, after);
    size_t same = 0, moved = 0, first_w = last->column * K, first_b = g.a.columns * K;
    for (size_t i = 0; i < g.a.params; i++) {
        bool of_last = i >= last->weights || (i >= first_w && i < first_w + 5 * K) ||
                       (i >= first_b + last->column && i < first_b + last->column + 5);
        if (of_last)
            moved += before[i] != after[i];
        else
            same += before[i] == after[i];
    }
    assert_int_equal(same, g.a.params - (5 * K + 5 + 6 * 4 + 4 + 1));
    assert_true(moved > 10);
    arena_close(&g.arena);
}

static void copies_start_apart_and_alike_for_everybody(void **state)
{
    (void)state;
    struct game g, again;
    game_open(&g, &shapes[1]);
    game_open(&again, &shapes[1]);
    assert_memory_equal(g.theta, again.theta, g.a.params * sizeof(real));
    const struct player *p = g.a.player;
    for (size_t i = 1; i < g.a.count; i++)
        assert_true(g.theta[p[i].column * K] != g.theta[p[0].column * K]);
    for (size_t i = 0; i < g.a.params; i++)
        assert_true(g.theta[i] != 0 && fabs(g.theta[i]) <= 1 / sqrt(3));
    arena_close(&g.arena);
    arena_close(&again.arena);
}

/*
 * Linear players without a slope, whose biases say the prior: over rows that hold exactly the
 * shares they have nothing to learn, and the encoder has nothing to confuse.
 */
static void a_clueless_player_learns_nothing_and_pulls_at_nobody(void **state)
{
    (void)state;
    struct game g;
    game_open(&g, &shapes[0]);
    memset(g.theta, 0, sizeof g.theta);
    for (size_t i = 0; i < ROWS; i++)
        g.group[2 * ROWS + i] = i % 2 == 0 ? 1 : -1;
    for (size_t i = 0; i < g.a.count; i++) {
        const struct player *p = &g.a.player[i];
        real *bias = g.theta + g.a.columns * K + p->column;
        if (p->group == 0)
            bias[0] = log(.4 / .6);
        for (size_t j = 0; p->group == 1 && j < 4; j++)
            bias[j] = j < 3 ? 7 : -700; /* weighted by 1 / share, all seen levels are alike */
    }
    real grad[WORDS] = {0}, dz[ROWS * K] = {0};
    own(&g, grad);
    double mean, value = pull(&g, &mean, dz);
    assert_true(fabs(mean) < 1e-12 && fabs(value) < 1e-12);
    for (size_t i = g.a.columns * K; i < g.a.params; i++)
        assert_true(fabs(grad[i]) < 1e-12);
    for (size_t i = 0; i < ROWS * K; i++)
        assert_true(fabs(dz[i]) < 1e-12);
    arena_close(&g.arena);
}

static void rare_levels_weigh_more_but_not_without_limit(void **state)
{
    (void)state;
    struct population some = who;
    some.group[1].share[0] = .9;
    some.group[1].share[1] = .099;
    some.group[1].share[2] = .001;
    struct adversaries a;
    adversary_plan(&a, &some, &shapes[0]);
    assert_true(fabs(a.class_weight[1][0] - 1 / 2.7) < 1e-12);
    assert_true(fabs(a.class_weight[1][1] - 1 / .297) < 1e-12);
    assert_true(a.class_weight[1][2] == TARGET_BALANCE_MAX);
    double sum = 1 / 3. + 1 / 3. + .01;
    assert_true(fabs(a.prior[1][0] - 1 / 3. / sum) < 1e-12);
    assert_true(fabs(a.prior[1][2] - .01 / sum) < 1e-12);
    assert_true(a.prior[1][3] == 0);
    assert_true(a.class_weight[0][1] == 1 && a.prior[0][1] == .4); /* binary: the share itself */
}

static void an_attribute_that_cannot_be_read_has_no_player(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum target_kind kind;
        double share[2], known;
        bool left_out;
    } rows[] = {
        {"nothing known", TARGET_CATEGORICAL, {0, 0}, 0, true},
        {"one level", TARGET_BINARY, {1, 0}, 9, true},
        {"two levels", TARGET_BINARY, {.9, .1}, 9, false},
        {"a regression", TARGET_REGRESSION, {0, 0}, 9, false},
        {"an unknown regression", TARGET_REGRESSION, {0, 0}, 0, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct population some = {.width = 1, .group_count = 2};
        some.group[0] = (struct target){.kind = rows[i].kind,
                                        .levels = rows[i].kind == TARGET_REGRESSION ? 0 : 2,
                                        .share = {rows[i].share[0], rows[i].share[1]},
                                        .known = rows[i].known};
        some.group[1] = who.group[0];
        struct adversaries a;
        adversary_plan(&a, &some, &shapes[1]);
        if (a.left_out[0] != rows[i].left_out || a.left_out[1])
            fail_msg("%s: left out %d", rows[i].what, a.left_out[0]);
        assert_int_equal(a.left_out_count, rows[i].left_out ? 1 : 0);
        assert_int_equal(a.count, rows[i].left_out ? 2 : 4);
        assert_int_equal(a.player[0].group, rows[i].left_out ? 1 : 0);
    }
}

/* methods.md 1.11 item 5: AUC above .95 within 200 steps, and never a step back on the way. */
static void an_adversary_learns_a_separable_attribute(void **state)
{
    (void)state;
    struct game g;
    game_open(&g, &shapes[1]);
    for (size_t i = 0; i < ROWS; i++)
        g.z[i * K] += g.group[i] == 1 ? 3 : -3;
    for (size_t i = ROWS; i < 3 * ROWS; i++)
        g.group[i] = (real)NAN; /* the players of race and age rest */
    real grad[WORDS], adam_state[2 * WORDS] = {0};
    const struct optim adam = {.rule = OPTIM_ADAM, .beta1 = .9, .beta2 = .999, .eps = 1e-8};
    double before = own(&g, NULL);
    for (size_t step = 0; step < 199; step++) {
        memset(grad, 0, sizeof grad);
        double now = own(&g, grad);
        assert_true(now <= before);
        before = now;
        optim_step(g.theta, adam_state, &adam, grad, g.a.params,
                   &(struct optim_move){.lr = 1e-2, .scale = 1, .t = step + 1});
    }
    struct adversary_acts acts;
    adversary_forward(&acts, &g.a, g.theta, g.z, ROWS, &g.arena);
    for (size_t player = 0; player < 2; player++) {
        size_t right = 0, pairs = 0;
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < ROWS; j++)
                if (g.group[i] == 1 && g.group[j] == 0) {
                    const real *said = acts.later + player * ROWS;
                    right += said[i] > said[j];
                    pairs++;
                }
        assert_int_equal(pairs, 8 * 12);
        assert_true((double)right > .95 * (double)pairs);
    }
    arena_close(&g.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_player_s_gradient_is_the_derivative_of_its_loss),
        cmocka_unit_test(the_pull_on_z_is_the_derivative_of_either_form),
        cmocka_unit_test(the_reversed_form_is_minus_the_players_loss),
        cmocka_unit_test(what_nobody_in_a_batch_knows_pulls_at_nobody),
        cmocka_unit_test(players_do_not_touch_each_other),
        cmocka_unit_test(copies_start_apart_and_alike_for_everybody),
        cmocka_unit_test(a_clueless_player_learns_nothing_and_pulls_at_nobody),
        cmocka_unit_test(rare_levels_weigh_more_but_not_without_limit),
        cmocka_unit_test(an_attribute_that_cannot_be_read_has_no_player),
        cmocka_unit_test(an_adversary_learns_a_separable_attribute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
