/*
 * dataset_setup.h - a site of eight rows, and what a dataset reads of a plan.
 */
#ifndef EVENHAND_TEST_DATASET_SETUP_H
#define EVENHAND_TEST_DATASET_SETUP_H

#include "tests/support/check.h"

#include <math.h>

#include "node/dataset.h"
#include "tests/support/scratch.h"

#define KINDS "binary|categorical|regression"

/* What dataset_open reads of a plan. */
static const struct setting plan_rows[] = {
    {"seed", SET_INT, 0, 0, "", "1", NULL, false, "keys the validation split"},
    {"model.name", SET_TEXT, 0, 0, "", "linear", NULL, false, "learns it anything?"},
    {"data.validation", SET_REAL, 0, 0.5, "", "0.2", NULL, false, "its share"},
    {"evaluate.score", SET_TEXT, 0, 0, "", "test", "test|valid|train", false, "whom it scores"},
    {"evaluate.mode", SET_TEXT, 0, 0, "", "held-out", "held-out|in-sample", false, "how"},
    {"tasks[].name", SET_TEXT, 0, 0, "", NULL, NULL, false, "a label"},
    {"tasks[].kind", SET_TEXT, 0, 0, "", NULL, KINDS, false, "its kind"},
    {"tasks[].train", SET_BOOL, 0, 0, "", "true", NULL, false, "is it learnt?"},
    {"groups[].name", SET_TEXT, 0, 0, "", NULL, NULL, false, "an attribute"},
    {"groups[].kind", SET_TEXT, 0, 0, "", NULL, KINDS, false, "its kind"},
};

static inline struct settings *plan_of(const char *const *pairs, size_t count)
{
    const struct setting_table table = {plan_rows, COUNT(plan_rows)};
    struct settings *plan = settings_open(&table, 1);
    for (size_t i = 0; i < count; i++)
        check_ok(settings_put_pair(plan, pairs[i]));
    check_ok(settings_finish(plan));
    return plan;
}

#define PLAN(...)                                                                                  \
    plan_of((const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})))

#define ROWS  8
#define WIDTH 3

/* Patients 10 and 11 have two rows each; the last two rows are test patients. */
static const uint64_t patients[ROWS] = {10, 10, 11, 12, 11, 13, 20, 21};
static const uint8_t splits[ROWS] = {SPLIT_TRAIN, SPLIT_TRAIN, SPLIT_TRAIN, SPLIT_TRAIN,
                                     SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST,  SPLIT_TEST};
static const float values[5 * ROWS] = {
    0,  1,  0,  1,   NAN, 1,  0,  1,  /* stage */
    2,  0,  1,  NAN, 1,   0,  2,  1,  /* type */
    0,  0,  1,  1,   1,   0,  1,  0,  /* sex */
    0,  0,  1,  2,   1,   0,  1,  2,  /* race */
    60, 60, 70, NAN, 71,  65, 58, 80, /* age */
};
/* One feature far from zero with little spread, one without any, one ordinary. */
static const float features[ROWS * WIDTH] = {
    1000.25F, 7, 1, 1000.5F, 7, 2,  1000.75F, 7, 3,    1001, 7, 4,
    1001.25F, 7, 5, 1002,    7, -4, 999,      7, 1e6F, 1000, 8, 0,
};

static inline struct target target_of(const char *name, enum target_kind kind, size_t levels)
{
    struct target t = {.kind = kind, .levels = levels};
    snprintf(t.name, sizeof(t.name), "%s", name);
    for (size_t i = 0; i < levels; i++)
        snprintf(t.level[i], sizeof(t.level[i]), "%s %zu", name, i);
    return t;
}

static inline struct flat small_site(void)
{
    struct flat f = {.site = "Zurich",
                     .rows = ROWS,
                     .width = WIDTH,
                     .task_count = 2,
                     .group_count = 3,
                     .patient = patients,
                     .split = splits,
                     .value = values,
                     .x = features};
    f.task[0] = target_of("stage", TARGET_BINARY, 2);
    f.task[1] = target_of("type", TARGET_CATEGORICAL, 3);
    f.group[0] = target_of("sex", TARGET_BINARY, 2);
    f.group[1] = target_of("race", TARGET_CATEGORICAL, 3);
    f.group[2] = target_of("age", TARGET_REGRESSION, 0);
    return f;
}

struct fixture {
    struct scratch scratch;
    char path[SCRATCH_MAX];
};

static inline struct fixture fixture_open(const struct flat *f)
{
    struct fixture x = {.scratch = scratch_open()};
    scratch_file(x.path, &x.scratch, "site.flat");
    check_ok(flat_write(f, x.path));
    return x;
}

#endif
