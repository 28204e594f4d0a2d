/*
 * exam_setup.h - an evaluation with everything in it, and logits as somebody's heads may give them.
 *
 * Tasks: disease (binary, read by the subject's own head too), stage (levels A to D, B the largest,
 * C in no training row). Groups: sex, age (regression). Three seeds of linear probes read the
 * original features. Rows of the evaluation: 0 disease, 1 stage=A/B, 2 stage=D/B, 3 sex, 4 age,
 * 5 disease by the subject's own head.
 */
#ifndef EVENHAND_TEST_EXAM_SETUP_H
#define EVENHAND_TEST_EXAM_SETUP_H

#include "tests/support/check.h"

#include <math.h>

#include "models/exam.h"
#include "proto/adopt/parts.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/rng.h"
#include "proto/wire/plan.h"
#include "tests/support/scratch.h"

#define ROWS   240
#define SEEDS  3
#define WIDTH  2
#define LEVELS 4

static const char text[] = "plan = \"exam\"; rounds = 1; model = { name = \"linear\"; };\n"
                           "tasks = ( { name = \"disease\"; } ); groups = ( { name = \"sex\"; },\n"
                           "  { name = \"band\"; kind = \"categorical\"; } );\n"
                           "evaluate = { seeds = 3; probes = [\"linear\"]; patience = 2;\n"
                           "  representations = [\"original\"]; thresholds = [0.5, 0.3]; };\n";

/* Rows in order of their patients, with the logits that somebody's heads gave them. */
struct cohort {
    size_t rows;
    uint64_t patient[ROWS];
    real task[2 * ROWS], group[2 * ROWS]; /* disease, stage; sex, age */
    real *fresh;                          /* [rows, outputs of the probes] */
    real own[ROWS];
};

struct setup {
    struct scratch scratch;
    struct plan plan;
    struct population who;
    struct model subject;
    struct exam e;
    struct cohort cohort;
    double *test, *place;
};

static const struct model_ops subject_ops = {.name = "linear"};

/* Level 2 of the stage was seen by no training row; level 1 is the largest. */
static inline struct population population(void)
{
    struct population who = {.width = WIDTH, .rows = 900, .task_count = 2, .group_count = 2};
    who.task[0] = (struct target){.name = "disease", .levels = 2, .known = 900, .train = true};
    who.task[0].share[0] = .7, who.task[0].share[1] = .3;
    struct target *stage = &who.task[1];
    *stage = (struct target){.name = "stage", .kind = TARGET_CATEGORICAL, .levels = LEVELS};
    for (size_t l = 0; l < LEVELS; l++)
        snprintf(stage->level[l], sizeof stage->level[l], "%c", (char)('A' + l));
    stage->known = 800;
    stage->share[0] = .3, stage->share[1] = .5, stage->share[3] = .2;
    who.group[0] = (struct target){.name = "sex", .levels = 2, .level = {"m", "f"}, .known = 900};
    who.group[0].share[0] = who.group[0].share[1] = .5;
    who.group[1] = (struct target){.name = "age", .kind = TARGET_REGRESSION, .known = 900};
    return who;
}

/* Multiples of 1/8, exact in a float and each in a bin of its own; many ties. */
static inline real grid(struct rng *rng, double centre)
{
    return (real)(round((centre + rng_normal(rng)) * 8) / 8);
}

static inline real unless(struct rng *rng, double unknown, double value)
{
    return rng_uniform(rng) < unknown ? (real)NAN : (real)value;
}

/* Patients of 1..images rows; a row's label is its own, so both classes meet in one patient. */
static inline void draw(struct setup *s, size_t images)
{
    struct cohort *c = &s->cohort;
    struct rng rng = rng_open(images, RNG_TEST, 1, 0, 0);
    size_t outputs = s->e.probes == NULL ? 0 : s->e.probes->outputs;
    c->rows = ROWS;
    c->fresh = must_alloc(ROWS * (outputs + 1), sizeof *c->fresh);
    uint64_t id = 1000;
    size_t left = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (left == 0) {
            id += 1 + rng_below(&rng, 1000);
            left = 1 + rng_below(&rng, (uint32_t)images);
        }
        left--;
        c->patient[i] = id;
        double sick = rng_uniform(&rng) < .4;
        double stage = rng_below(&rng, LEVELS);
        c->task[i] = unless(&rng, .1, sick);
        c->task[ROWS + i] = unless(&rng, .1, stage);
        c->group[i] = unless(&rng, .1, rng_uniform(&rng) < .5);
        c->group[ROWS + i] = unless(&rng, .1, (double)grid(&rng, 0));
        c->own[i] = grid(&rng, sick);
        for (size_t k = 0; k < outputs; k++)
            c->fresh[i * outputs + k] = grid(&rng, k % 2 == 0 ? sick : stage / 2);
    }
}

static inline void open_setup(struct setup *s, const char *const *overrides, size_t count)
{
    char path[SCRATCH_MAX];
    *s = (struct setup){.scratch = scratch_open(), .who = population()};
    check_ok(file_write(scratch_file(path, &s->scratch, "plan.cfg"), text, strlen(text)));
    check_ok(plan_load(&s->plan, path, overrides, count, adopt_parts, adopt_part_count));
    s->subject = (struct model){.ops = &subject_ops, .who = &s->who, .outputs = 1};
    s->subject.task_at[1] = SIZE_MAX;
    check_ok(exam_open(&s->e, s->plan.set, &s->who, &s->subject));
    s->test = must_alloc(s->e.test_values, sizeof *s->test);
    s->place = must_alloc(s->e.place_values, sizeof *s->place);
}

static inline void close_setup(struct setup *s)
{
    exam_close(&s->e);
    plan_close(&s->plan);
    free(s->cohort.fresh);
    free(s->test);
    free(s->place);
    scratch_close(&s->scratch);
}

/* Rows at..at+n as a batch of their own. */
struct piece {
    struct batch b;
    const real *fresh, *own;
    const uint64_t *patient;
    real task[2 * ROWS], group[2 * ROWS];
};

static inline void cut(struct piece *p, const struct setup *s, size_t at, size_t n)
{
    const struct cohort *c = &s->cohort;
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < n; i++) {
            p->task[t * n + i] = c->task[t * ROWS + at + i];
            p->group[t * n + i] = c->group[t * ROWS + at + i];
        }
    p->b = (struct batch){.rows = n, .task = p->task, .group = p->group};
    p->fresh = s->e.probes == NULL ? NULL : c->fresh + at * s->e.probes->outputs;
    p->own = c->own + at;
    p->patient = c->patient + at;
}

static inline void add_test(struct setup *s, size_t at, size_t n)
{
    struct piece p;
    cut(&p, s, at, n);
    exam_tally(s->test, &s->e, p.fresh, p.own, &p.b, true);
}

static inline void add_place(struct setup *s, size_t at, size_t n)
{
    struct piece p;
    cut(&p, s, at, n);
    exam_place(s->place, &s->e, p.fresh, p.own, &p.b, p.patient);
}

/* Both passes over all rows at one site. */
static inline void publish(struct setup *s)
{
    add_test(s, 0, s->cohort.rows);
    exam_fold_test(&s->e, s->test);
    add_place(s, 0, s->cohort.rows);
    exam_fold_place(&s->e, s->place);
}

/* Sums of doubles in another order: what is left is rounding of a few hundred terms. */
static inline void near(const char *what, double got, double want)
{
    if (!(fabs(got - want) <= 1e-10 * (1 + fabs(want))))
        fail_msg("%s: %.15g, by hand %.15g", what, got, want);
}

#endif
