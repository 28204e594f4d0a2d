#include "tests/support/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/flat.h"
#include "proto/adopt/parts.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"
#include "tests/support/scratch.h"

static void name_targets(struct flat *f)
{
    f->task_count = 1;
    f->group_count = 3;
    f->task[0] = (struct target){.name = "disease", .levels = 2, .level = {"no", "yes"}};
    f->group[0] = (struct target){.name = "sex", .levels = 2, .level = {"male", "female"}};
    f->group[1] = (struct target){.name = "race",
                                  .kind = TARGET_CATEGORICAL,
                                  .levels = 3,
                                  .level = {"White", "Black", "Asian"}};
    f->group[2] = (struct target){.name = "age", .kind = TARGET_REGRESSION};
}

struct person {
    uint64_t id;
    enum split split;
    float value[4];
};

static struct person person_of(const struct fixture *f, struct rng *rng)
{
    struct person p = {.id = rng_u64(rng)};
    p.split = rng_uniform(rng) < f->test_share ? SPLIT_TEST : SPLIT_TRAIN;
    p.value[0] = rng_uniform(rng) < .5 ? 1 : 0;
    p.value[1] = f->one_sex == 0 && rng_uniform(rng) < .5 ? 1 : 0;
    double u = rng_uniform(rng);
    p.value[2] = f->no_race ? NAN : u < .6 ? 0 : u < .85 ? 1 : 2;
    p.value[3] = (float)(60 + 8 * rng_normal(rng));
    return p;
}

static void put_row(float *x, const struct fixture *f, const struct person *p, struct rng *rng)
{
    for (size_t k = 0; k < f->width; k++)
        x[k] = (float)rng_normal(rng);
    float s = (float)f->signal;
    x[0] += s * p->value[0];
    x[1] += s * p->value[1];
    x[2] += p->value[2] == 1 ? s : 0;
    x[3] += s * (p->value[3] - 60) / 8;
    if (f->loud > 0 && p->value[1] == 1)
        x[4] *= (float)f->loud;
}

enum status fixture_flat(char *out, size_t cap, const char *folder, const char *site,
                         const struct fixture *f)
{
    must(f->width >= (f->loud > 0 ? 5 : 4));
    size_t rows = f->patients * f->images;
    struct flat flat = {.rows = rows, .width = f->width};
    snprintf(flat.site, sizeof flat.site, "%s", site);
    name_targets(&flat);
    uint64_t *patient = must_alloc(rows, sizeof *patient);
    uint8_t *split = must_alloc(rows, 1);
    float *value = must_alloc(rows * 4, sizeof *value);
    float *x = must_alloc(rows * f->width, sizeof *x);
    struct rng rng = rng_open(f->seed, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < f->patients; i++) {
        struct person p = person_of(f, &rng);
        for (size_t k = 0; k < f->images; k++) {
            size_t row = i * f->images + k;
            patient[row] = p.id;
            split[row] = (uint8_t)p.split;
            for (size_t t = 0; t < 4; t++)
                value[t * rows + row] = p.value[t];
            put_row(x + row * f->width, f, &p, &rng);
        }
    }
    flat.patient = patient, flat.split = split, flat.value = value, flat.x = x;
    snprintf(out, cap, "%s/%s.flat", folder, site);
    enum status st = flat_write(&flat, out);
    free(patient);
    free(split);
    free(value);
    free(x);
    return st;
}

enum status fixture_plan(char *out, size_t cap, const char *folder, const char *lines)
{
    static const char head[] = "plan = \"fixture\"; seed = 7;\n"
                               "tasks = ( { name = \"disease\"; kind = \"binary\"; } );\n"
                               "groups = ( { name = \"sex\"; kind = \"binary\"; },\n"
                               "           { name = \"race\"; kind = \"categorical\"; },\n"
                               "           { name = \"age\"; kind = \"regression\"; } );\n";
    char text[4096];
    int n = snprintf(text, sizeof text, "%s%s\n", head, lines);
    must(n > 0 && (size_t)n < sizeof text);
    snprintf(out, cap, "%s/plan.cfg", folder);
    return file_write(out, text, (size_t)n);
}

enum status fixture_load_plan(struct plan *p, const char *lines)
{
    char text[2048], path[SCRATCH_MAX];
    struct scratch s = scratch_open();
    int n = snprintf(text, sizeof text, "rounds = 1; model = { name = \"linear\"; };\n%s", lines);
    must(n > 0 && (size_t)n < sizeof text);
    enum status st = fixture_plan(path, sizeof path, s.path, text);
    if (st == ST_OK)
        st = plan_load(p, path, NULL, 0, adopt_parts, adopt_part_count);
    scratch_close(&s);
    return st;
}
