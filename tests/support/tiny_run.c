#include "tests/support/tiny_run.h"

#include <stdio.h>
#include <string.h>

#include "coordinator/keep.h"
#include "node/data/site.h"
#include "proto/adopt/parts.h"
#include "proto/base/must.h"
#include "tests/support/check.h"
#include "tests/support/fixture.h"
#include "tests/support/sample.h"

#define ID_MAX 24

static const char debiaser[] = "rounds = 2; local = { batch = 64; };\n"
                               "model = { name = \"debias-vae\"; latent = 3; hidden = 8;\n"
                               "  adversary = { hidden = [4]; count = 1; steps = 1; }; };\n"
                               "evaluate = { seeds = 1; rounds = 1; hidden = 4; };\n";
static const char linear[] = "rounds = 1; model = { name = \"linear\"; };\n"
                             "evaluate = { seeds = 1; rounds = 1; hidden = 4; };\n";

/* The fixture's flat file has numbers for patients; a file of people has names. */
static void make_files(struct tiny_run *r, size_t width)
{
    const struct fixture f = {
        .seed = 3, .patients = 220, .images = 3, .width = width, .signal = 1, .test_share = .5};
    struct site s = {0};
    check_ok(fixture_flat(r->flat, sizeof r->flat, r->scratch.path, "north", &f));
    check_ok(flat_open(&s.flat, r->flat));
    size_t rows = s.flat.rows;
    char(*id)[ID_MAX] = must_alloc(rows, sizeof *id);
    s.patient_text = must_alloc(rows, sizeof *s.patient_text);
    s.x = must_alloc(rows * width, sizeof *s.x);
    memcpy(s.x, s.flat.x, rows * width * sizeof *s.x);
    for (size_t i = 0; i < rows; i++) {
        snprintf(id[i], ID_MAX, "p%llu", (unsigned long long)s.flat.patient[i]);
        s.patient_text[i] = id[i];
        s.x[i * width + width - 1] = 2.5f;
    }
    s.flat.x = s.x;
    check_ok(site_write(&s, scratch_file(r->h5, &r->scratch, "north.h5"), ""));
    site_free(&s);
    free(id);
    check_ok(site_read(&s, r->h5, &site_paths_ours));
    check_ok(flat_write(&s.flat, r->flat));
    site_free(&s);
}

static void train(struct tiny_run *r)
{
    check_ok(work_open(&r->w, &r->plan, r->flat));
    check_ok(work_begin(&r->w, 0, 1));
    for (;;) {
        struct digest print;
        check_ok(work_contribute(&r->w));
        if (r->w.course.leg.kind == LEG_SCALE)
            return;
        check_ok(work_adopt(&r->w, &print, &r->w.out, 1));
        assert_int_not_equal(r->w.course.leg.kind, LEG_END);
    }
}

static void keep(struct tiny_run *r)
{
    struct report report = sample_report(3, false);
    const struct coord_loop loop = {.plan = &r->plan, .course = r->w.course};
    check_ok(keep_run(&report, &loop, scratch_file(r->folder, &r->scratch, "run")));
    report_close(&report);
    scratch_file(r->model, &r->scratch, "run/model.evh");
}

static void open_with(struct tiny_run *r, const char *lines, size_t width,
                      const char *const *overrides, size_t count)
{
    char path[SCRATCH_MAX];
    *r = (struct tiny_run){.scratch = scratch_open()};
    check_ok(fixture_plan(path, sizeof path, r->scratch.path, lines));
    check_ok(plan_load(&r->plan, path, overrides, count, adopt_parts, adopt_part_count));
    make_files(r, width);
    train(r);
    keep(r);
}

void tiny_run_open(struct tiny_run *r, size_t width, const char *const *overrides, size_t count)
{
    open_with(r, debiaser, width, overrides, count);
}

void tiny_run_open_linear(struct tiny_run *r)
{
    open_with(r, linear, 6, NULL, 0);
}

void tiny_run_close(struct tiny_run *r)
{
    work_close(&r->w);
    plan_close(&r->plan);
    scratch_close(&r->scratch);
}

const real *tiny_run_released(const struct tiny_run *r, size_t row)
{
    const struct exam *exam = &r->w.course.exam;
    for (size_t s = 0; s < exam->spec.slice_count; s++)
        if (exam->slice_of[s] == REP_DEBIASED)
            return r->w.evaluation.features + row * exam->spec.width + exam->spec.slice[s].at;
    must_fail("a run that releases something", __FILE__, __LINE__);
}
