#include "models/vae/collapse.h"
#include "tests/unit/models/vae/toy.h"

#define K 3

static const struct guard *guard_named(const struct guard *guards, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(guards[i].name, name) == 0)
            return &guards[i];
    fail_msg("no guard called %s", name);
    return guards;
}

static void the_sums_are_those_of_the_mean_path(void **state)
{
    (void)state;
    enum { ROWS = 5 };
    struct toy_rows r;
    toy_draw(&r, ROWS, 1, 1);
    struct toy_model t, decoded;
    toy_open(&t, &toy_who, (const char *[]){"model.release.z=mean", NULL}, ROWS);
    toy_open(&decoded, &toy_who,
             (const char *[]){"model.release.z=mean", "model.release.layer=decoder", NULL}, ROWS);
    real mu[ROWS * K], xhat[ROWS * TOY_WIDTH];
    uint64_t patient[ROWS] = {0};
    debias_vae_ops.release(mu, t.m, t.theta, r.x, patient, ROWS, 0, &t.arena);
    debias_vae_ops.release(xhat, decoded.m, t.theta, r.x, patient, ROWS, 0, &decoded.arena);
    arena_rewind(&t.arena, 0);

    double sums[2 * K + 3] = {0}, want[2 * K + 3] = {0};
    assert_int_equal(t.m->guard_words, COUNT(sums));
    struct step_key key = {0};
    for (size_t again = 0; again < 2; again++) { /* sums add */
        debias_vae_ops.guard_add(sums, t.m, t.theta, &r.batch, &key, &t.arena);
        arena_rewind(&t.arena, 0);
    }
    for (size_t i = 0; i < ROWS * K; i++) {
        want[i % K] += 2 * (double)mu[i];
        want[K + i % K] += 2 * (double)mu[i] * (double)mu[i];
    }
    for (size_t i = 0; i < ROWS * TOY_WIDTH; i++) {
        double x = (double)r.x[i], off = (double)xhat[i] - x;
        want[2 * K + 1] += 2 * off * off / TOY_WIDTH;
        want[2 * K + 2] += 2 * x * x / TOY_WIDTH;
    }
    for (size_t i = 0; i < COUNT(sums); i++)
        if (i != 2 * K && !(fabs(sums[i] - want[i]) < 1e-5)) /* floats of order one */
            fail_msg("sum %zu: %g, %g wanted", i, sums[i], want[i]);
    assert_true(sums[2 * K] > 0);
    toy_close(&t);
    toy_close(&decoded);
    toy_free(&r);
}

/* With every weight 0, a row's KL is 0; with the bias of one mu at 2, it is 2 nats. */
static void the_kl_of_a_row_is_in_nats(void **state)
{
    (void)state;
    struct toy_rows r;
    toy_draw(&r, 4, 1, 1);
    struct toy_model t;
    toy_open(&t, &toy_who, (const char *[]){"model.hidden=0", NULL}, 4);
    memset(t.theta, 0, t.m->params * sizeof *t.theta);
    t.theta[2 * K * TOY_WIDTH] = 2;
    double sums[2 * K + 3] = {0};
    struct step_key key = {0};
    debias_vae_ops.guard_add(sums, t.m, t.theta, &r.batch, &key, &t.arena);
    assert_true(fabs(sums[2 * K] - 4 * 2) < 1e-9);
    struct guard guards[MODEL_GUARDS_MAX];
    size_t count = debias_vae_ops.guard_judge(guards, t.m, sums, 4);
    const struct guard *kl = guard_named(guards, count, "kl_per_row");
    assert_true(kl->ok && fabs(kl->value - 2) < 1e-9);
    assert_false(guard_named(guards, count, "active_units")->ok); /* a constant is not active */
    assert_false(guard_named(guards, count, "recon_r2")->ok);     /* nor is 0 an explanation */
    toy_close(&t);
    toy_free(&r);
}

static void a_row_adds_no_more_than_the_bound(void **state)
{
    (void)state;
    static const double weights[] = {1e30, -1e30, (double)NAN, (double)INFINITY};
    struct toy_rows r;
    toy_draw(&r, 2, 1, 1);
    for (size_t i = 0; i < COUNT(weights); i++) {
        struct toy_model t;
        toy_open(&t, &toy_who, NULL, 2);
        for (size_t j = 0; j < t.m->params; j++)
            t.theta[j] = (real)weights[i];
        double sums[2 * K + 3] = {0};
        struct step_key key = {0};
        debias_vae_ops.guard_add(sums, t.m, t.theta, &r.batch, &key, &t.arena);
        for (size_t j = 0; j < COUNT(sums); j++)
            assert_true(fabs(sums[j]) <= 2 * t.m->guard_bound);
        struct guard guards[MODEL_GUARDS_MAX];
        size_t count = debias_vae_ops.guard_judge(guards, t.m, sums, 2);
        assert_false(guard_named(guards, count, "recon_r2")->ok);
        toy_close(&t);
    }
    toy_free(&r);
}

static void totals_are_judged_by_the_stated_limits(void **state)
{
    (void)state;
    /* 100 rows; all latents have the same mean and variance. */
    static const struct {
        const char *what;
        const char *latent;
        const char *least;
        double variance, mean, off, size, rows;
        bool r2, units;
    } rows[] = {
        {"a healthy model", "12", ".2", 1, 0, 30, 100, 100, true, true},
        {"explains a fifth", "12", ".2", 1, 0, 79.9, 100, 100, true, true},
        {"explains less", "12", ".2", 1, 0, 80.1, 100, 100, false, true},
        {"explains less than nothing", "12", ".2", 1, 0, 150, 100, 100, false, true},
        {"explains what its plan wants", "12", ".04", 1, 0, 95, 100, 100, true, true},
        {"collapsed", "12", ".2", .009, 0, 100, 100, 100, false, false},
        {"constant but far away", "12", ".2", .009, 5, 30, 100, 100, true, false},
        {"four latents, all active", "4", ".2", .02, 0, 30, 100, 100, true, true},
        {"four latents, none active", "4", ".2", .005, 0, 30, 100, 100, true, false},
        {"no held-out rows", "12", ".2", 0, 0, 0, 0, 0, false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char latent[32], least[32];
        snprintf(latent, sizeof latent, "model.latent=%s", rows[i].latent);
        snprintf(least, sizeof least, "model.collapse_r2=%s", rows[i].least);
        struct toy_model t;
        toy_open(&t, &toy_who, (const char *[]){latent, least, NULL}, 1);
        size_t k = t.m->release_width;
        double sums[2 * 12 + 3] = {0};
        for (size_t j = 0; j < k; j++) {
            sums[j] = rows[i].rows * rows[i].mean;
            sums[k + j] = rows[i].rows * (rows[i].variance + rows[i].mean * rows[i].mean);
        }
        sums[2 * k + 1] = rows[i].off;
        sums[2 * k + 2] = rows[i].size;
        struct guard guards[MODEL_GUARDS_MAX];
        size_t count = debias_vae_ops.guard_judge(guards, t.m, sums, rows[i].rows);
        assert_int_equal(count, 3);
        if (guard_named(guards, count, "recon_r2")->ok != rows[i].r2 ||
            guard_named(guards, count, "active_units")->ok != rows[i].units)
            fail_msg("%s: %s; %s", rows[i].what, guards[0].why, guards[1].why);
        toy_close(&t);
    }
}

static void half_of_a_short_latent_must_be_active(void **state)
{
    (void)state;
    static const struct {
        const char *latent;
        size_t active;
        bool ok;
    } rows[] = {
        {"1", 0, false}, {"1", 1, true},  {"3", 1, false}, {"3", 2, true},   {"8", 3, false},
        {"8", 4, true},  {"9", 4, false}, {"9", 5, true},  {"12", 4, false}, {"12", 5, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char latent[32];
        snprintf(latent, sizeof latent, "model.latent=%s", rows[i].latent);
        struct toy_model t;
        toy_open(&t, &toy_who, (const char *[]){latent, NULL}, 1);
        double sums[2 * 12 + 3] = {0};
        for (size_t j = 0; j < rows[i].active; j++)
            sums[t.m->release_width + j] = 100;
        struct guard guards[MODEL_GUARDS_MAX];
        size_t count = debias_vae_ops.guard_judge(guards, t.m, sums, 100);
        const struct guard *units = guard_named(guards, count, "active_units");
        if (units->ok != rows[i].ok || units->value != (double)rows[i].active)
            fail_msg("%s of them: %s", rows[i].latent, units->why);
        toy_close(&t);
    }
}

/* T14: an attribute without an adversary is counted, and said. */
static void what_is_left_out_is_counted(void **state)
{
    (void)state;
    struct population who = toy_who;
    who.group[0].share[0] = 1, who.group[0].share[1] = 0;
    who.group[1].known = 0;
    struct toy_model t;
    toy_open(&t, &who, NULL, 1);
    double sums[2 * K + 3] = {0};
    struct guard guards[MODEL_GUARDS_MAX];
    size_t count = debias_vae_ops.guard_judge(guards, t.m, sums, 1);
    assert_int_equal(count, 4);
    const struct guard *left = guard_named(guards, count, "left_out");
    assert_true(!left->ok && left->value == 2);
    assert_non_null(strstr(left->why, "sex (one level)"));
    assert_non_null(strstr(left->why, "race (nothing known)"));
    assert_null(strstr(left->why, "age"));
    toy_close(&t);
}

#define WIDE  20
#define TRAIN 100
#define BATCH 32

/* Rows of five factors and a little noise, unit variance. */
static void draw_factors(real *x, size_t rows, uint64_t seed)
{
    struct rng mix = rng_open(77, RNG_TEST, 0, 0, 0), rng = rng_open(seed, RNG_TEST, 0, 0, 0);
    double load[WIDE][5];
    for (size_t j = 0; j < WIDE; j++)
        for (size_t f = 0; f < 5; f++)
            load[j][f] = rng_normal(&mix) * sqrt(.9 / 5);
    for (size_t i = 0; i < rows; i++) {
        double factor[5];
        for (size_t f = 0; f < 5; f++)
            factor[f] = rng_normal(&rng);
        for (size_t j = 0; j < WIDE; j++) {
            double v = sqrt(.1) * rng_normal(&rng);
            for (size_t f = 0; f < 5; f++)
                v += load[j][f] * factor[f];
            x[i * WIDE + j] = (real)v;
        }
    }
}

/* T10: a summed KL against a mean of errors is beta = B D / 2, and collapses. */
static void the_guard_fires_on_the_published_scaling(void **state)
{
    (void)state;
    static const struct population who = {.width = WIDE, .rows = TRAIN};
    static const struct {
        const char *beta;
        bool healthy;
    } rows[] = {
        {"model.beta=320", false}, /* BATCH * WIDE / 2 */
        {"model.beta=0.05", true},
    };
    real *x = must_alloc(2 * TRAIN * WIDE, sizeof *x);
    draw_factors(x, TRAIN, 1);
    draw_factors(x + TRAIN * WIDE, TRAIN, 2);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct toy_model t;
        toy_open(&t, &who,
                 (const char *[]){rows[i].beta, "model.beta_warmup=0", "model.reconstruct=1",
                                  "model.dropout=0", "model.hidden=0", "model.latent=10", NULL},
                 TRAIN);
        for (size_t step = 0; step < 400; step++) {
            size_t at = step % 4 * BATCH, left = TRAIN - at;
            struct batch b = {
                .rows = left < BATCH ? left : BATCH, .width = WIDE, .x = x + at * WIDE};
            struct step_key key = {.seed = 1, .step = step, .progress = 1};
            toy_step(&t, &b, 0, &key);
            toy_move(&t, 0, 5e-3, step + 1);
        }
        double sums[2 * 10 + 3] = {0};
        struct batch test = {.rows = TRAIN, .width = WIDE, .x = x + TRAIN * WIDE};
        struct step_key key = {0};
        debias_vae_ops.guard_add(sums, t.m, t.theta, &test, &key, &t.arena);
        struct guard guards[MODEL_GUARDS_MAX];
        debias_vae_ops.guard_judge(guards, t.m, sums, TRAIN);
        for (size_t g = 0; g < 2; g++) /* recon_r2 and active_units */
            if (guards[g].ok != rows[i].healthy)
                fail_msg("%s: %s", rows[i].beta, guards[g].why);
        toy_close(&t);
    }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sums_are_those_of_the_mean_path),
        cmocka_unit_test(the_kl_of_a_row_is_in_nats),
        cmocka_unit_test(a_row_adds_no_more_than_the_bound),
        cmocka_unit_test(totals_are_judged_by_the_stated_limits),
        cmocka_unit_test(half_of_a_short_latent_must_be_active),
        cmocka_unit_test(what_is_left_out_is_counted),
        cmocka_unit_test(the_guard_fires_on_the_published_scaling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
