/* A tiny run's site, transformed with its model: against what the run saw, and files that are refused. */
#include "node/data/transform.h"

#include <math.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/opt_help.h"
#include "tests/support/check.h"
#include "tests/support/tiny_run.h"

#define WIDTH 6

static struct tiny_run run;
static struct trained model;
static char out[SCRATCH_MAX];

static void open_run(size_t width, const char *const *overrides, size_t count)
{
    tiny_run_open(&run, width, overrides, count);
    check_ok(trained_open(&model, run.model));
    scratch_file(out, &run.scratch, "z.h5");
}

static void close_run(void)
{
    trained_close(&model);
    tiny_run_close(&run);
}

static enum status transform_it(const char *in, const char *to)
{
    struct transformed done;
    return transform(&done, &model, in, to, &site_paths_ours);
}

static void assert_released(const struct site *z)
{
    for (size_t row = 0; row < z->flat.rows; row++)
        assert_memory_equal(z->x + row * z->flat.width, tiny_run_released(&run, row),
                            z->flat.width * sizeof *z->x);
}

static void assert_same_columns(const struct flat *x, const struct flat *z)
{
    size_t targets = x->task_count + x->group_count;
    assert_string_equal(z->site, x->site);
    assert_int_equal(z->rows, x->rows);
    assert_int_equal(z->task_count, x->task_count);
    assert_int_equal(z->group_count, x->group_count);
    assert_memory_equal(z->patient, x->patient, x->rows * sizeof *x->patient);
    assert_memory_equal(z->split, x->split, x->rows);
    assert_memory_equal(z->value, x->value, targets * x->rows * sizeof *x->value);
    for (size_t i = 0; i < targets; i++) {
        const struct target *a = i < x->task_count ? &x->task[i] : &x->group[i - x->task_count];
        const struct target *b = i < x->task_count ? &z->task[i] : &z->group[i - x->task_count];
        assert_string_equal(b->name, a->name);
        assert_int_equal(b->kind, a->kind);
        assert_int_equal(b->levels, a->levels);
        for (size_t k = 0; k < a->levels; k++)
            assert_string_equal(b->level[k], a->level[k]);
    }
}

static void assert_note(const struct h5_reader *r, const char *name, const char *want)
{
    char word[80];
    bool found;
    check_ok(h5_note_read_text(word, sizeof word, &found, r, "/", name));
    assert_true(found);
    assert_string_equal(word, want);
}

static void a_site_comes_out_as_its_run_saw_it(void **state)
{
    (void)state;
    struct site x, z;
    struct transformed done;
    struct h5_texts before, after;
    struct h5_reader *r;
    open_run(WIDTH, NULL, 0);
    check_ok(transform(&done, &model, run.h5, out, &site_paths_ours));
    assert_string_equal(done.site, "north");
    assert_int_equal(done.rows, 660);
    assert_int_equal(done.width, WIDTH);
    assert_int_equal(done.released, 3);
    check_ok(site_read(&x, run.h5, &site_paths_ours));
    check_ok(site_read(&z, out, &site_paths_ours));
    check_ok(flat_judge(&z.flat, out));
    assert_int_equal(z.flat.width, 3);
    assert_released(&z);
    assert_same_columns(&x.flat, &z.flat);
    site_free(&x);
    site_free(&z);

    check_ok(h5_open(&r, run.h5));
    check_ok(h5_read_texts(&before, r, "/patient"));
    h5_close(&r);
    check_ok(h5_open(&r, out));
    check_ok(h5_read_texts(&after, r, "/patient"));
    for (size_t i = 0; i < before.count; i++)
        assert_string_equal(after.text[i], before.text[i]);
    h5_texts_free(&before);
    h5_texts_free(&after);
    assert_note(r, "model_digest", model.file.model_digest);
    assert_note(r, "plan_digest", model.file.plan_digest);
    assert_note(r, "release.layer", "latent");
    assert_note(r, "release.z", "sampled");
    assert_note(r, "evenhand_version", EVENHAND_VERSION);
    h5_close(&r);
    close_run();
}

/* Longer than the rows that are held at a time: 512 of this width. */
static void a_file_of_several_stretches_is_one(void **state)
{
    (void)state;
    static const char *const narrow[] = {"evaluate.representations=[\"debiased\"]", "rounds=1"};
    struct site z;
    open_run(8192, narrow, COUNT(narrow));
    check_ok(transform_it(run.h5, out));
    check_ok(site_read(&z, out, &site_paths_ours));
    assert_int_equal(z.flat.rows, 660);
    assert_released(&z);
    site_free(&z);
    close_run();
}

static void the_same_again_is_the_same_file(void **state)
{
    (void)state;
    char again[SCRATCH_MAX];
    uint8_t *a, *b;
    size_t a_len, b_len;
    open_run(WIDTH, NULL, 0);
    check_ok(transform_it(run.h5, out));
    check_ok(transform_it(run.h5, scratch_file(again, &run.scratch, "again.h5")));
    check_ok(file_read(&a, &a_len, out, 1u << 24));
    check_ok(file_read(&b, &b_len, again, 1u << 24));
    assert_int_equal(a_len, b_len);
    assert_memory_equal(a, b, a_len);
    free(a);
    free(b);
    close_run();
}

enum kind_of_file {
    SOUND,
    OF_NUMBERED_PATIENTS,
    OF_PATCHES,
    WITHOUT_LABELS,
    TOO_WIDE,
    WITH_NAN_IN_ITS_LAST_ROW,
    WITHOUT_PATIENT,
    WITH_A_PATIENT_IN_TWO_SPLITS,
    FILES
};

#define N 300

/* Written by somebody else. */
static void make_file(const char *path, enum kind_of_file kind)
{
    static float x[N * (WIDTH + 1)];
    static int64_t id[N];
    static int8_t label[N];
    static const char *split[N], *name[N];
    static char names[N][8];
    struct h5_writer *w;
    size_t width = kind == TOO_WIDE ? WIDTH + 1 : WIDTH;
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < width; k++)
            x[i * width + k] = (float)((i * 7 + k * 3) % 11) - 5;
        id[i] = (int64_t)i / 2;
        snprintf(names[i], sizeof names[i], "%zu", i / 2);
        name[i] = names[i];
        split[i] = i < N / 2 ? "test" : "train";
        label[i] = (int8_t)(i % 4) - 1;
    }
    if (kind == WITH_NAN_IN_ITS_LAST_ROW)
        x[N * width - 1] = NAN;
    if (kind == WITH_A_PATIENT_IN_TWO_SPLITS)
        split[1] = "valid";
    const char *const levels[] = {"a", "b", "c"};
    const char *const two[] = {"left", "right"};
    check_ok(h5_create(&w, path));
    if (kind == OF_PATCHES)
        check_ok(h5_put_tensor(w, "/x", x, (const size_t[]){N, 2, WIDTH / 2}, 3));
    else
        check_ok(h5_put_tensor(w, "/x", x, (const size_t[]){N, width}, 2));
    if (kind == OF_NUMBERED_PATIENTS)
        check_ok(h5_put_i64(w, "/patient", id, N));
    else if (kind != WITHOUT_PATIENT)
        check_ok(h5_put_texts(w, "/patient", name, N));
    check_ok(h5_put_texts(w, "/split", split, N));
    if (kind != WITHOUT_LABELS) {
        check_ok(h5_put_i8(w, "/label/stage", label, N));
        check_ok(h5_note_texts(w, "/label/stage", "names", levels, 3));
        for (size_t i = 0; i < N; i++)
            label[i] = (int8_t)(i % 2);
        check_ok(h5_put_i8(w, "/label/side", label, N));
        check_ok(h5_note_texts(w, "/label/side", "names", two, 2));
        check_ok(h5_note_text(w, "/label/side", "kind", "categorical"));
    }
    check_ok(h5_finish(&w));
}

static void files_of_others_are_transformed_or_refused(void **state)
{
    (void)state;
    static const struct {
        enum complaint want; /* EC_NONE: it is transformed */
        const char *says;
    } rows[FILES] = {
        [TOO_WIDE] = {EC_DATA_SHAPE, "rows of 7 numbers found, 6 wanted"},
        [WITH_NAN_IN_ITS_LAST_ROW] = {EC_DATA_NAN, "x[299,5]"},
        [WITHOUT_PATIENT] = {EC_DATA_SHAPE, "/patient: nothing found"},
        [WITH_A_PATIENT_IN_TWO_SPLITS] = {EC_DATA_SPLIT, "one patient"},
    };
    char in[SCRATCH_MAX];
    float *sound = NULL;
    open_run(WIDTH, NULL, 0);
    scratch_file(in, &run.scratch, "theirs.h5");
    for (enum kind_of_file kind = SOUND; kind < FILES; kind++) {
        struct site x, z;
        print_message("file %d\n", (int)kind);
        make_file(in, kind);
        if (rows[kind].want != EC_NONE) {
            check_fault(transform_it(in, out), rows[kind].want);
            assert_non_null(strstr(fault_text(), rows[kind].says));
            assert_int_not_equal(access(out, F_OK), 0);
            continue;
        }
        check_ok(transform_it(in, out));
        check_ok(site_read(&x, in, &site_paths_ours));
        check_ok(site_read(&z, out, &site_paths_ours));
        memcpy(z.flat.site, x.flat.site, sizeof x.flat.site); /* the file's name, here */
        assert_same_columns(&x.flat, &z.flat);
        if (kind == SOUND) {
            sound = z.x;
            z.x = NULL;
        } else { /* 12 and "12" are one patient, and so is the draw */
            assert_memory_equal(z.x, sound, (size_t)N * 3 * sizeof *sound);
        }
        site_free(&x);
        site_free(&z);
        assert_int_equal(unlink(out), 0);
    }
    free(sound);
    close_run();
}

static void feature_names_go_along_where_there_is_a_number_for_each(void **state)
{
    (void)state;
    static const char *const decoder[] = {"model.release.layer=decoder"};
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    for (size_t decoded = 0; decoded < 2; decoded++) {
        struct site x, z;
        char in[SCRATCH_MAX];
        open_run(WIDTH, decoder, decoded);
        check_ok(site_read(&x, run.h5, &site_paths_ours));
        x.feature = names;
        x.patient_text = must_alloc(x.flat.rows, sizeof *x.patient_text);
        for (size_t i = 0; i < x.flat.rows; i++)
            x.patient_text[i] = x.flat.split[i] == SPLIT_TEST ? "test" : "train";
        check_ok(site_write(&x, scratch_file(in, &run.scratch, "named.h5"), ""));
        site_free(&x);
        check_ok(transform_it(in, out));
        check_ok(site_read(&z, out, &site_paths_ours));
        assert_int_equal(z.feature != NULL, decoded);
        if (z.feature != NULL)
            assert_string_equal(z.feature[5], "f");
        site_free(&z);
        close_run();
    }
}

static void a_file_that_is_there_is_kept(void **state)
{
    (void)state;
    uint8_t *bytes;
    size_t len;
    open_run(WIDTH, NULL, 0);
    check_ok(file_write(out, "mine", 4));
    check_fault(transform_it(run.h5, out), EC_IO_CREATE);
    check_ok(file_read(&bytes, &len, out, 100));
    assert_string_equal((const char *)bytes, "mine");
    free(bytes);
    check_fault(transform_it(run.h5, run.h5), EC_IO_CREATE);
    check_fault(transform_it(run.h5, "/nowhere/z.h5"), EC_IO_CREATE);
    close_run();
}

static void a_model_is_named_by_its_folder_its_file_or_its_copy(void **state)
{
    (void)state;
    char path[SCRATCH_MAX], copy[SCRATCH_MAX], lone[SCRATCH_MAX];
    open_run(WIDTH, NULL, 0);
    check_ok(file_write(scratch_file(copy, &run.scratch, "run/model.h5"), "h5", 2));
    check_ok(file_write(scratch_file(lone, &run.scratch, "lone.h5"), "h5", 2));
    const char *const names[] = {run.folder, run.model, copy};
    for (size_t i = 0; i < COUNT(names); i++) {
        check_ok(transform_model_path(path, sizeof path, names[i]));
        assert_string_equal(path, run.model);
    }
    check_fault(transform_model_path(path, sizeof path, lone), EC_MODEL_FILE);
    assert_non_null(strstr(fault_text(), "lone.evh"));
    check_fault(transform_model_path(path, sizeof path, "/nowhere"), EC_IO_OPEN);
    check_fault(transform_model_path(path, 4, run.model), EC_IO_OPEN);
    close_run();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_comes_out_as_its_run_saw_it),
        cmocka_unit_test(a_file_of_several_stretches_is_one),
        cmocka_unit_test(the_same_again_is_the_same_file),
        cmocka_unit_test(files_of_others_are_transformed_or_refused),
        cmocka_unit_test(feature_names_go_along_where_there_is_a_number_for_each),
        cmocka_unit_test(a_file_that_is_there_is_kept),
        cmocka_unit_test(a_model_is_named_by_its_folder_its_file_or_its_copy),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
