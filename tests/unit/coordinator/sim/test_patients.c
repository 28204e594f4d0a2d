/*
 * T13 of methods.md section 8: five images of one patient are not five patients. On the synthetic
 * cohort, whose images are alike (ICC .7), intervals that count rows are too narrow.
 */
#include "tests/support/check.h"

#include <math.h>
#include <string.h>

#include "coordinator/sim/sim.h"
#include "node/data/cohort.h"
#include "node/flat.h"
#include "proto/adopt/parts.h"
#include "proto/base/arena.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

static const char lines[] =
    "rounds = 1; model = { name = \"linear\"; };\n"
    "evaluate = { seeds = 1; rounds = 6; probes = [\"linear\"]; representations = [\"original\"];\n"
    "  trace = false; replicates = 100; };\n";

static void name_targets(struct flat *f)
{
    f->task_count = 1;
    f->group_count = 3;
    f->task[0] = (struct target){.name = "disease", .levels = 2, .level = {"no", "yes"}};
    f->group[0] = (struct target){.name = "sex", .levels = 2, .level = {"male", "female"}};
    f->group[1] = (struct target){.name = "race",
                                  .kind = TARGET_CATEGORICAL,
                                  .levels = 4,
                                  .level = {"White", "Black", "Asian", "Other"}};
    f->group[2] = (struct target){.name = "age", .kind = TARGET_REGRESSION};
}

/* All of the cohort's images as one site; the disease is cancer within two years. */
static void write_site(const char *path, const struct cohort *c)
{
    struct flat f = {.site = "everybody", .width = c->width};
    name_targets(&f);
    for (size_t i = 0; i < c->count; i++)
        f.rows += c->person[i].images;
    uint64_t *patient = must_alloc(f.rows, sizeof *patient);
    uint8_t *split = must_alloc(f.rows, 1);
    float *value = must_alloc(f.rows * 4, sizeof *value);
    float *x = must_alloc(f.rows * f.width, sizeof *x);
    float *scratch = must_alloc(f.width, sizeof *scratch);
    size_t row = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct person *p = &c->person[i];
        cohort_embed(x + row * f.width, c, i, scratch);
        for (unsigned k = 0; k < p->images; k++, row++) {
            patient[row] = i;
            split[row] = p->test ? SPLIT_TEST : SPLIT_TRAIN;
            value[row] = (float)(p->cancer_2y >> k & 1);
            value[f.rows + row] = p->female ? 1 : 0;
            value[2 * f.rows + row] = (float)p->race;
            value[3 * f.rows + row] = (float)p->age;
        }
    }
    f.patient = patient, f.split = split, f.value = value, f.x = x;
    check_ok(flat_write(&f, path));
    free(patient);
    free(split);
    free(value);
    free(x);
    free(scratch);
}

struct width {
    double value, interval;
    double patients;
};

/* What the report says of a target when intervals count this. */
static void widths_of(struct width *w, const char *const *targets, size_t count,
                      const struct scratch *s, const char *flat, const char *unit)
{
    char path[SCRATCH_MAX];
    struct plan plan;
    struct report report;
    check_ok(fixture_plan(path, sizeof path, s->path, lines));
    check_ok(plan_load(&plan, path, &unit, 1, adopt_parts, adopt_part_count));
    check_ok(sim_run(&report, &plan, &flat, 1, NULL, &(struct sim_options){.jobs = 1}));
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < report.measure_count; i++) {
            const struct measure *m = &report.measure[i];
            if (strcmp(m->target, targets[t]) == 0 && strcmp(m->representation, "original") == 0)
                w[t] = (struct width){m->value, m->hi - m->lo, m->patients};
        }
    report_close(&report);
    plan_close(&plan);
}

static void rows_that_count_as_patients_make_intervals_too_narrow(void **state)
{
    (void)state;
    /* Not cancer: hardly anybody has it on two images. */
    static const char *const targets[] = {"sex", "age", "race=Black/White"};
    struct cohort c;
    struct cohort_spec spec = {
        .scale = 1.0 / 32, .sites = 1, .seed = 1, .rms = 1, .alpha = .5, .zipf = 1.1};
    struct width patient[COUNT(targets)] = {0}, row[COUNT(targets)] = {0};
    struct scratch s = scratch_open();
    char flat[SCRATCH_MAX];
    check_ok(cohort_open(&c, &spec));
    write_site(scratch_file(flat, &s, "everybody.flat"), &c);
    cohort_close(&c);
    widths_of(patient, targets, COUNT(targets), &s, flat, "evaluate.unit=patient");
    widths_of(row, targets, COUNT(targets), &s, flat, "evaluate.unit=row");
    for (size_t t = 0; t < COUNT(targets); t++) {
        double ratio = patient[t].interval / row[t].interval;
        assert_true(patient[t].value == row[t].value);
        assert_true(patient[t].patients < row[t].patients / 4);
        if (!(ratio > 1.2))
            fail_msg("%s: %.3f times as wide", targets[t], ratio);
    }
    scratch_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_count_as_patients_make_intervals_too_narrow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
