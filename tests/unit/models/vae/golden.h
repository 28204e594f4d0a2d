/*
 * golden.h - do we agree with an implementation that is not ours? tests/golden/debias_step.txt says
 * how it was made. The float and the double build make the same comparison.
 */
#ifndef EVENHAND_TEST_DEBIAS_GOLDEN_H
#define EVENHAND_TEST_DEBIAS_GOLDEN_H

#include "tests/unit/models/vae/toy.h"

#define GOLDEN "tests/golden/debias_step.txt"
#define ROWS   8

/*
 * Of the largest element of a vector: float rounds each of the sums behind it at 2^-24; in the
 * double build what is left is gelu, whose normal distribution is good to 3.4e-8 (normal.h).
 */
#ifdef EVENHAND_F64
#define TOLERANCE 1e-7
#else
#define TOLERANCE 1e-5
#endif

static const struct population who = {
    .width = TOY_WIDTH,
    .rows = 64,
    .task_count = 2,
    .group_count = 3,
    .task = {{.name = "ill", .train = true, .levels = 2, .share = {.5, .5}, .known = 64},
             {.name = "stage",
              .kind = TARGET_CATEGORICAL,
              .train = true,
              .levels = 3,
              .share = {.5, .25, .25},
              .known = 64}},
    .group = {{.name = "sex", .levels = 2, .share = {.625, .375}, .known = 64},
              {.name = "race",
               .kind = TARGET_CATEGORICAL,
               .levels = 3,
               .share = {.8125, .171875, .015625},
               .known = 64},
              {.name = "age", .kind = TARGET_REGRESSION, .sd = 1, .known = 64}},
};

struct vector {
    size_t count;
    double v[512];
};

static struct vector golden(const char *name)
{
    FILE *f = fopen(GOLDEN, "r");
    if (f == NULL)
        fail_msg("%s cannot be read; tests run in the project's root", GOLDEN);
    struct vector out = {0};
    char line[256], head[64], word[64];
    bool found = false;
    snprintf(head, sizeof head, "%s ", name);
    while (!found && fgets(line, sizeof line, f) != NULL)
        found = strncmp(line, head, strlen(head)) == 0;
    if (!found)
        fail_msg("%s holds no %s", GOLDEN, name);
    size_t count = strtoul(line + strlen(head), NULL, 10);
    must(count > 0);
    must(count <= COUNT(out.v));
    while (out.count < count && fscanf(f, "%63s", word) == 1)
        out.v[out.count++] = strtod(word, NULL);
    assert_int_equal(out.count, count);
    fclose(f);
    return out;
}

static real *reals(const char *name, size_t count)
{
    struct vector v = golden(name);
    assert_int_equal(v.count, count);
    real *out = must_alloc(count, sizeof *out);
    for (size_t i = 0; i < count; i++)
        out[i] = (real)v.v[i];
    return out;
}

static void check_vector(const char *phase, const char *what, const double *got, size_t count)
{
    char name[64];
    snprintf(name, sizeof name, "%s_%s", phase, what);
    struct vector want = golden(name);
    assert_int_equal(want.count, count);
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(want.v[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs(got[i] - want.v[i]) <= TOLERANCE * largest))
            fail_msg("%s[%zu]: %.17g, the reference says %.17g", name, i, got[i], want.v[i]);
}

static const char *const plans[][11] = {
    {"model.adversary.form=confusion", "model.reconstruct=0.3", "model.beta=0.7",
     "model.beta_warmup=0.2", "model.task.weight=3", "model.task.hidden=4",
     "model.adversary.ramp=0.3", "groups[1].weight=5", "groups[2].weight=2.5", NULL},
    {"model.adversary.form=reverse", "model.reconstruct=0.3", "model.beta=0.7",
     "model.beta_warmup=0.2", "model.task.weight=3", "model.task.hidden=4",
     "model.adversary.ramp=0.3", "groups[1].weight=5", "groups[2].weight=2.5", NULL},
};

typedef double phase_fn(real *grad, double *losses, const struct model *m, const real *theta,
                        const struct batch *b, const struct debias_draw *draw, struct arena *arena);

/* Runs a phase on the golden inputs and compares all that it gives back. */
static void check_phase(const char *name, size_t plan, phase_fn *run, size_t phase, size_t losses)
{
    struct toy_model t;
    toy_open(&t, &who, plans[plan], ROWS);
    real *theta = reals("theta", t.m->params);
    real *x = reals("x", ROWS * TOY_WIDTH), *mask = reals("mask", ROWS * TOY_WIDTH);
    real *eps = reals("eps", ROWS * 3);
    real *task = reals("task", 2 * ROWS), *group = reals("group", 3 * ROWS);
    struct batch b = {.rows = ROWS, .width = TOY_WIDTH, .x = x, .task = task, .group = group};
    for (size_t i = 0; i < ROWS * TOY_WIDTH; i++)
        mask[i] *= x[i];
    struct debias_draw draw = {.x = mask, .eps = eps, .progress = .15};

    double objective = run(t.grad, t.losses, t.m, theta, &b, &draw, &t.arena);
    double grad[512];
    const struct model_part *p = &t.m->part[phase < t.m->phases ? phase : toy_main(&t)];
    for (size_t i = 0; i < p->count; i++)
        grad[i] = (double)t.grad[p->at + i];
    check_vector(name, "objective", &objective, 1);
    check_vector(name, "grad", grad, p->count);
    check_vector(name, "losses", t.losses + (losses > 1 ? 0 : toy_loss_at(&t, "adversary")),
                 losses);

    real *all[] = {theta, x, mask, eps, task, group};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
    toy_close(&t);
}

static void the_main_phase_agrees_with_the_reference(void **state)
{
    (void)state;
    check_phase("confusion", 0, debias_main, SIZE_MAX, 4);
    check_phase("reverse", 1, debias_main, SIZE_MAX, 4);
}

static void the_adversaries_agree_with_the_reference(void **state)
{
    (void)state;
    check_phase("adversary", 0, debias_adversaries, 0, 1);
}

#endif
