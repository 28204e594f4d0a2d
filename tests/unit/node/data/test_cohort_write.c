#include "tests/support/check.h"

#include <time.h>
#include <unistd.h>

#include "node/data/cohort_write.h"
#include "node/h5/read.h"
#include "proto/adopt/parts.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/wire/plan.h"
#include "tests/support/capture.h"
#include "tests/support/scratch.h"

#define SITES 4

static struct cohort cohort_of(uint64_t seed)
{
    struct cohort c;
    struct cohort_spec spec = {
        .scale = 1.0 / 64, .sites = SITES, .seed = seed, .rms = 1, .alpha = 0.5, .zipf = 1.1};
    check_ok(cohort_open(&c, &spec));
    return c;
}

struct fixture {
    struct scratch scratch;
    struct cohort cohort;
};

static struct fixture fixture_open(uint64_t seed)
{
    struct fixture f = {.scratch = scratch_open(), .cohort = cohort_of(seed)};
    check_ok(cohort_write(&f.cohort, f.scratch.path));
    return f;
}

static void fixture_close(struct fixture *f)
{
    cohort_close(&f->cohort);
    scratch_close(&f->scratch);
}

static void site_path(char out[static SCRATCH_MAX], const struct scratch *s, size_t site)
{
    char file[COHORT_FILE_MAX];
    cohort_site_file(file, site);
    scratch_file(out, s, file);
}

/* Integers of one dataset; yours, to free. */
static int64_t *integers(const struct h5_reader *r, const char *path, size_t rows)
{
    int64_t *v = must_alloc(rows, sizeof(*v));
    check_ok(h5_read_i64(v, rows, r, path));
    return v;
}

static void check_columns(const struct h5_reader *r, const struct cohort *c, size_t site,
                          size_t rows)
{
    int64_t *patient = integers(r, "/patient", rows);
    int64_t *two = integers(r, "/label/cancer_2y", rows);
    int64_t *one = integers(r, "/label/cancer_1y", rows);
    int64_t *sex = integers(r, "/group/sex", rows);
    int64_t *race = integers(r, "/group/race", rows);
    int64_t *old = integers(r, "/group/age>=65", rows);
    double *age = must_alloc(rows, sizeof(*age));
    struct h5_texts split;
    check_ok(h5_read_f64(age, rows, r, "/group/age"));
    check_ok(h5_read_texts(&split, r, "/split"));
    assert_int_equal(split.count, rows);
    for (size_t row = 0, image = 0; row < rows; row++) {
        image = row > 0 && patient[row] == patient[row - 1] ? image + 1 : 0;
        const struct person *p = &c->person[patient[row] - 1];
        assert_int_equal(p->site, site);
        assert_true(image < p->images);
        assert_string_equal(split.text[row], p->test ? "test" : "train");
        assert_int_equal(two[row], p->cancer_2y >> image & 1);
        assert_int_equal(one[row], p->cancer_1y >> image & 1);
        assert_int_equal(sex[row], p->female);
        assert_int_equal(race[row], site == SITES - 2 ? -1 : p->race);
        assert_int_equal(old[row], p->age >= 65);
        assert_true(age[row] == (double)p->age);
    }
    h5_texts_free(&split);
    free(patient), free(two), free(one), free(sex), free(race), free(old), free(age);
}

static void check_names(const struct h5_reader *r, const char *path, const char *const *names,
                        size_t count)
{
    struct h5_texts texts;
    bool found;
    check_ok(h5_note_read_texts(&texts, &found, r, path, "names"));
    assert_true(found);
    assert_int_equal(texts.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(texts.text[i], names[i]);
    h5_texts_free(&texts);
}

static void check_rows(const struct h5_reader *r, const struct cohort *c, size_t site, size_t rows)
{
    float *x = must_alloc(rows * c->width, sizeof(*x));
    float *y = must_alloc(COHORT_IMAGES_MAX * c->width, sizeof(*y));
    float *scratch = must_alloc(c->width, sizeof(*scratch));
    check_ok(h5_read_f32(x, rows * c->width, r, "/x"));
    size_t row = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->person[i].site != site)
            continue;
        cohort_embed(y, c, i, scratch);
        size_t values = c->person[i].images * c->width;
        assert_memory_equal(x + row * c->width, y, values * sizeof(*y));
        row += c->person[i].images;
    }
    assert_int_equal(row, rows);
    free(x), free(y), free(scratch);
}

static void every_site_has_its_file_and_every_row_is_its_patients(void **state)
{
    (void)state;
    static const char *const sexes[] = {"male", "female"};
    static const char *const races[] = {"White", "Black", "Asian", "Other"};
    struct fixture f = fixture_open(1);
    size_t rows = 0, patients = 0;
    for (size_t site = 0; site < SITES; site++) {
        char path[SCRATCH_MAX];
        struct h5_reader *r = NULL;
        struct h5_shape shape;
        struct cohort_count count;
        cohort_counts(&count, &f.cohort, site);
        site_path(path, &f.scratch, site);
        check_ok(h5_open(&r, path));
        check_ok(h5_look(&shape, r, "/x"));
        assert_int_equal(shape.rank, 2);
        assert_int_equal(shape.dim[0], count.rows);
        assert_int_equal(shape.dim[1], f.cohort.width);
        assert_int_equal(shape.element_bytes, 4);
        check_columns(r, &f.cohort, site, count.rows);
        check_rows(r, &f.cohort, site, count.rows);
        check_names(r, "/group/sex", sexes, COUNT(sexes));
        check_names(r, "/group/race", races, COUNT(races)); /* also where race is unknown */
        h5_close(&r);
        rows += count.rows;
        patients += count.patients;
    }
    assert_int_equal(patients, f.cohort.count);
    assert_true(rows > 4 * patients);
    fixture_close(&f);
}

static bool same_bytes(const char *a, const char *b)
{
    uint8_t *left, *right;
    size_t left_len, right_len;
    check_ok(file_read(&left, &left_len, a, 1u << 28));
    check_ok(file_read(&right, &right_len, b, 1u << 28));
    bool same = left_len == right_len && memcmp(left, right, left_len) == 0;
    free(left), free(right);
    return same;
}

static void the_same_seed_gives_the_same_bytes_and_another_does_not(void **state)
{
    (void)state;
    struct fixture f = fixture_open(1), again = fixture_open(1), other = fixture_open(2);
    for (size_t site = 0; site < SITES; site++) {
        char a[SCRATCH_MAX], b[SCRATCH_MAX], c[SCRATCH_MAX];
        site_path(a, &f.scratch, site);
        site_path(b, &again.scratch, site);
        site_path(c, &other.scratch, site);
        assert_true(same_bytes(a, b));
        assert_false(same_bytes(a, c));
    }
    fixture_close(&f);
    fixture_close(&again);
    fixture_close(&other);
}

/* HDF5 would stamp each dataset with 1, three zeros and the second it was made in. */
static void no_clock_gets_into_a_file(void **state)
{
    (void)state;
    uint32_t first = (uint32_t)time(NULL);
    struct fixture f = fixture_open(1);
    uint32_t last = (uint32_t)time(NULL);
    char path[SCRATCH_MAX];
    uint8_t *bytes;
    size_t len;
    site_path(path, &f.scratch, 0);
    check_ok(file_read(&bytes, &len, path, 1u << 28));
    for (size_t at = 0; at + 8 <= len; at++) {
        uint32_t second;
        memcpy(&second, bytes + at + 4, sizeof(second));
        if (memcmp(bytes + at, "\1\0\0", 4) == 0 && second >= first && second <= last)
            fail_msg("byte %zu: the time", at);
    }
    free(bytes);
    fixture_close(&f);
}

static void a_larger_cohorts_sites_are_not_left_among_ours(void **state)
{
    (void)state;
    struct fixture f = fixture_open(1);
    char extra[SCRATCH_MAX], plan[SCRATCH_MAX];
    check_ok(cohort_write(&f.cohort, f.scratch.path)); /* over its own files it may write */
    scratch_file(plan, &f.scratch, "plan.cfg");
    assert_int_equal(unlink(plan), 0);
    site_path(extra, &f.scratch, SITES);
    check_ok(file_write(extra, "x", 1));
    check_fault(cohort_write(&f.cohort, f.scratch.path), EC_IO_LEFTOVER);
    assert_int_equal(access(plan, F_OK), -1);
    fixture_close(&f);
}

static struct plan plan_of(const struct scratch *s)
{
    struct plan plan;
    char path[SCRATCH_MAX];
    scratch_file(path, s, "plan.cfg");
    check_ok(plan_load(&plan, path, NULL, 0, adopt_parts, adopt_part_count));
    return plan;
}

static void the_plan_names_what_the_files_hold(void **state)
{
    (void)state;
    struct fixture f = fixture_open(UINT64_C(5000000000)); /* needs more than 32 bits */
    struct plan loaded = plan_of(&f.scratch);
    const struct settings *plan = loaded.set;
    assert_int_equal(settings_int(plan, "seed"), INT64_C(5000000000));
    assert_int_equal(settings_size(plan, "model.latent"), 16);
    char path[SCRATCH_MAX];
    struct h5_reader *r = NULL;
    site_path(path, &f.scratch, 0);
    check_ok(h5_open(&r, path));
    assert_int_equal(settings_count(plan, "tasks"), 2);
    assert_int_equal(settings_count(plan, "groups"), 3);
    for (size_t i = 0; i < 2; i++) {
        char name[128];
        snprintf(name, sizeof(name), "/label/%s", settings_text(plan, "tasks[%zu].name", i));
        assert_true(h5_has(r, name));
        assert_int_equal(settings_bool(plan, "tasks[%zu].train", i), i == 0);
    }
    for (size_t i = 0; i < 3; i++) {
        char name[128];
        snprintf(name, sizeof(name), "/group/%s", settings_text(plan, "groups[%zu].name", i));
        assert_true(h5_has(r, name));
    }
    h5_close(&r);
    plan_close(&loaded);
    fixture_close(&f);
}

/* Runs the verb; what it says on stdout (yours), its complaint on stderr is thrown away. */
static char *say(int *exit_status, const char *const *words, size_t count)
{
    char *argv[24] = {0};
    for (size_t i = 0; i < count; i++)
        argv[i] = strdup(words[i]);
    struct capture errors = capture_open(2), out = capture_open(1);
    *exit_status = opt_main("evenhand-data", "data", &cohort_verb, 1, (int)count, argv);
    char *said = capture_close(&out);
    free(capture_close(&errors));
    for (size_t i = 0; i < count; i++)
        free(argv[i]);
    return said;
}

#define SAY(status, ...)                                                                           \
    say(status, (const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})))

static void the_verb_writes_the_cohort_it_was_asked_for(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char folder[SCRATCH_MAX];
    int status = -1;
    scratch_file(folder, &s, "new/folder");
    char *said =
        SAY(&status, "evenhand-data", "cohort", "--preset", "nlst", "--scale", "1/64", "--sites",
            "2", "--seed", "3", "--rho-age", "0.2", "--rms", ".06", "--out", folder, "--json");
    assert_int_equal(status, 0);
    struct json *j = NULL;
    check_ok(json_parse(&j, said, strlen(said), "stdout"));
    const struct json *data = json_get(j, "data");
    assert_int_equal(json_int(json_get(data, "features"), 0), 22);
    assert_int_equal(json_int(json_get(data, "train_patients"), 0), 161);
    const struct json *sites = json_get(data, "sites");
    assert_int_equal(json_count(sites), 2);
    for (size_t i = 0; i < 2; i++) {
        char path[SCRATCH_MAX];
        struct scratch inside;
        snprintf(inside.path, sizeof(inside.path), "%s", folder);
        scratch_file(path, &inside, json_string(json_get(json_at(sites, i), "file"), ""));
        assert_int_equal(access(path, F_OK), 0);
    }
    json_close(&j);
    free(said);
    scratch_close(&s);
}

static void a_command_line_that_makes_no_sense_writes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *option, *value;
    } rows[] = {
        {"--scale", "1/0"},
        {"--scale", "1/"},
        {"--scale", "/8"},
        {"--scale", "1/8x"},
        {"--scale", ""},
        {"--scale", "nan"},
        {"--scale", "1000"},
        {"--sites", "0"},
        {"--sites", "-1"},
        {"--sites", "2.5"},
        {"--seed", "99999999999999999999"},
        {"--seed", "-18446744073709551615"},
        {"--seed", " 5"},
        {"--preset", "mimic"},
        {"--rho-age", "1"},
    };
    struct scratch s = scratch_open();
    char folder[SCRATCH_MAX];
    int status = -1;
    scratch_file(folder, &s, "out");
    for (size_t i = 0; i < COUNT(rows); i++) {
        free(SAY(&status, "evenhand-data", "cohort", "--out", folder, rows[i].option,
                 rows[i].value));
        if (status != 64 || access(folder, F_OK) == 0)
            fail_msg("%s %s: exit status %d", rows[i].option, rows[i].value, status);
    }
    free(SAY(&status, "evenhand-data", "cohort", "--scale", "1/64"));
    assert_int_equal(status, 64); /* where to? */
    scratch_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_site_has_its_file_and_every_row_is_its_patients),
        cmocka_unit_test(the_same_seed_gives_the_same_bytes_and_another_does_not),
        cmocka_unit_test(no_clock_gets_into_a_file),
        cmocka_unit_test(a_larger_cohorts_sites_are_not_left_among_ours),
        cmocka_unit_test(the_plan_names_what_the_files_hold),
        cmocka_unit_test(the_verb_writes_the_cohort_it_was_asked_for),
        cmocka_unit_test(a_command_line_that_makes_no_sense_writes_nothing),
    };
    log_to_stderr(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
