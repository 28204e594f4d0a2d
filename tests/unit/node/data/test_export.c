#include <math.h>

#include "node/data/export.h"
#include "node/h5/read.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

static void make(struct ckpt *c, real *theta, double *mean, double *scale)
{
    static char plan[] = "plan=t\nseed=1\n";

    *c =
        (struct ckpt){.model = "linear", .plan_digest = "abc", .model_digest = "def", .plan = plan};
    c->who.width = 3;
    c->who.task_count = 1;
    c->who.task[0] = (struct target){
        .name = "disease", .kind = TARGET_BINARY, .levels = 2, .level = {"no", "yes"}};
    c->who.group_count = 1;
    c->who.group[0] =
        (struct target){.name = "age", .kind = TARGET_REGRESSION, .mean = 61, .sd = 9};
    (void)map_add(&c->map, 2, 3, false, "head.weight");
    (void)map_add(&c->map, 2, 1, true, "head.bias");
    for (size_t i = 0; i < 8; i++)
        theta[i] = (real)i / 8;
    for (size_t i = 0; i < 3; i++) {
        mean[i] = 0.1 * (double)i;
        scale[i] = (double)i;
    }
    c->theta = theta;
    c->mean = mean;
    c->scale = scale;
}

static void assert_note(const struct h5_reader *r, const char *path, const char *name,
                        const char *want)
{
    char word[64];
    bool found;

    check_ok(h5_note_read_text(word, sizeof word, &found, r, path, name));
    assert_true(found);
    assert_string_equal(word, want);
}

static void a_model_is_all_there_for_whoever_reads_hdf5(void **state)
{
    (void)state;
    static struct ckpt c;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    real theta[8];
    double mean[3], scale[3], got_mean[3];
    float got[8];
    struct h5_shape shape;
    struct h5_texts t;
    struct h5_reader *r;
    make(&c, theta, mean, scale);
    scratch_file(path, &s, "model.h5");
    check_ok(export_model(&c, path));

    check_ok(h5_open(&r, path));
    check_ok(h5_read_f32(got, 8, r, "/theta"));
    for (size_t i = 0; i < 8; i++)
        assert_true(got[i] == (float)i / 8);
    check_ok(h5_look(&shape, r, "/tensor/head.weight"));
    assert_int_equal(shape.rank, 2);
    assert_int_equal(shape.dim[0], 2);
    assert_int_equal(shape.dim[1], 3);
    check_ok(h5_read_f32(got, 2, r, "/tensor/head.bias"));
    assert_true(got[0] == 6.0f / 8 && got[1] == 7.0f / 8);
    check_ok(h5_read_f64(got_mean, 3, r, "/feature_mean"));
    assert_memory_equal(got_mean, mean, sizeof mean);
    check_ok(h5_read_texts(&t, r, "/task/disease"));
    assert_string_equal(t.text[1], "yes");
    h5_texts_free(&t);
    check_ok(h5_read_texts(&t, r, "/plan"));
    assert_string_equal(t.text[0], c.plan);
    h5_texts_free(&t);
    assert_note(r, "/", "model", "linear");
    assert_note(r, "/", "plan_digest", "abc");
    assert_note(r, "/", "model_digest", "def");
    assert_note(r, "/group/age", "kind", "regression");
    assert_note(r, "/tensor/head.bias", "stays", "at its site");
    h5_close(&r);
    check_fault(export_model(&c, "/nowhere/model.h5"), EC_IO_CREATE);
    scratch_close(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_is_all_there_for_whoever_reads_hdf5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
