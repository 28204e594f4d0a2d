/* Files as product and foreign tools write them, made with our writer and then spoiled. */
#include <math.h>

#include "crypto/hash.h"
#include "models/core/score.h"
#include "node/data/agree.h"
#include "node/data/describe.h"
#include "node/data/site.h"
#include "node/h5/write.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

#define N 4
#define D 2

static struct scratch s;
static char path[SCRATCH_MAX];

static int open_scratch(void **state)
{
    (void)state;
    crypto_start();
    s = scratch_open();
    scratch_file(path, &s, "north.h5");
    return 0;
}

static int close_scratch(void **state)
{
    (void)state;
    scratch_close(&s);
    return 0;
}

enum spoil {
    SOUND,
    NO_X,
    X_OF_ONE_DIMENSION,
    X_OF_WORDS,
    X_WITHOUT_ROWS,
    NO_PATIENT,
    PATIENTS_TOO_FEW,
    PATIENTS_OF_REALS,
    PATIENT_WITHOUT_NAME,
    NO_SPLIT,
    SPLIT_OF_NUMBERS,
    SPLIT_OF_A_STRANGE_WORD,
    LABEL_OF_REALS,
    LABEL_TOO_SHORT,
    LABEL_OF_TWO_WITH_TWO_NAMES,
    LABEL_MINUS_TWO,
    GROUP_OF_WORDS,
    GROUP_OF_ONE_NAME,
    GROUP_OF_A_HUNDRED_WITHOUT_NAMES,
    AGE_INFINITE,
    FEATURE_NAMES_TOO_FEW,
    NAN_IN_X,
    PATIENT_IN_TWO_SPLITS,
    SPOILS
};

static void put_x(struct h5_writer *w, enum spoil how)
{
    static float x[N * D] = {0, 1, 2, 3, 4, 5, 6, 7};
    static const char *const words[] = {"a", "b", "c", "d"};

    x[5] = how == NAN_IN_X ? NAN : 5;
    if (how == X_OF_ONE_DIMENSION)
        check_ok(h5_put_f32(w, "/x", x, N));
    else if (how == X_OF_WORDS)
        check_ok(h5_put_texts(w, "/x", words, N));
    else if (how != NO_X)
        check_ok(h5_put_tensor(w, "/x", x, (size_t[]){how == X_WITHOUT_ROWS ? 0 : N, D}, 2));
}

static void put_people(struct h5_writer *w, enum spoil how)
{
    static const int64_t patient[N] = {7, 8, 9, 7};
    static const float half[N] = {0.5f};
    static const char *const unnamed[] = {"a", "b", "", "a"};
    const char *split[N] = {"train", "train", "test", "train"};
    static const int64_t numbers[N] = {0, 0, 2, 0};

    if (how == PATIENTS_OF_REALS)
        check_ok(h5_put_f32(w, "/patient", half, N));
    else if (how == PATIENT_WITHOUT_NAME)
        check_ok(h5_put_texts(w, "/patient", unnamed, N));
    else if (how != NO_PATIENT)
        check_ok(h5_put_i64(w, "/patient", patient, how == PATIENTS_TOO_FEW ? N - 1 : N));
    if (how == SPLIT_OF_A_STRANGE_WORD)
        split[1] = "dev";
    if (how == PATIENT_IN_TWO_SPLITS)
        split[3] = "valid";
    if (how == SPLIT_OF_NUMBERS)
        check_ok(h5_put_i64(w, "/split", numbers, N));
    else if (how != NO_SPLIT)
        check_ok(h5_put_texts(w, "/split", split, N));
}

static void put_targets(struct h5_writer *w, enum spoil how)
{
    int8_t label[N] = {0, 1, -1, 1};
    int32_t sex[N] = {0, 1, 1, -1};
    float age[N] = {60.5f, 40, NAN, 50};
    static const char *const names[] = {"female", "male"};

    if (how == LABEL_OF_TWO_WITH_TWO_NAMES)
        label[0] = 2;
    if (how == LABEL_MINUS_TWO)
        label[0] = -2;
    if (how == GROUP_OF_A_HUNDRED_WITHOUT_NAMES)
        sex[0] = 100;
    if (how == AGE_INFINITE)
        age[0] = INFINITY;
    if (how == LABEL_OF_REALS)
        check_ok(h5_put_f32(w, "/label/cancer", age, N));
    else
        check_ok(h5_put_i8(w, "/label/cancer", label, how == LABEL_TOO_SHORT ? N - 1 : N));
    if (how == LABEL_OF_TWO_WITH_TWO_NAMES)
        check_ok(h5_note_texts(w, "/label/cancer", "names", names, 2));
    if (how == GROUP_OF_WORDS)
        check_ok(h5_put_texts(w, "/group/sex", (const char *[]){"F", "M", "M", ""}, N));
    else
        check_ok(h5_put_i32(w, "/group/sex", sex, N));
    if (how != GROUP_OF_A_HUNDRED_WITHOUT_NAMES)
        check_ok(h5_note_texts(w, "/group/sex", "names", names, how == GROUP_OF_ONE_NAME ? 1 : 2));
    check_ok(h5_put_f32(w, "/group/age", age, N));
}

static void make(const char *to, enum spoil how)
{
    static const char *const features[] = {"left", "right"};
    struct h5_writer *w;

    check_ok(h5_create(&w, to));
    put_x(w, how);
    put_people(w, how);
    put_targets(w, how);
    check_ok(h5_put_texts(w, "/feature_names", features, how == FEATURE_NAMES_TOO_FEW ? 1 : D));
    check_ok(h5_note_text(w, "/", "features", "/feature_names"));
    check_ok(h5_finish(&w));
}

static void a_sound_file_is_read_as_the_contract_says(void **state)
{
    (void)state;
    struct site site;
    make(path, SOUND);
    check_ok(site_read(&site, path, &site_paths_ours));
    check_ok(flat_judge(&site.flat, path));
    assert_string_equal(site.flat.site, "north"); /* no attribute: the file's name */
    assert_int_equal(site.flat.rows, N);
    assert_int_equal(site.flat.width, D);
    assert_string_equal(site.feature[1], "right");
    assert_true(site.patient[0] == flat_patient("7", 1)); /* an integer is its digits */
    assert_true(site.patient[0] == site.patient[3]);
    assert_int_equal(site_patients(&site.flat, SPLIT_NONE), 3);
    assert_int_equal(site_patients(&site.flat, SPLIT_TRAIN), 2);
    assert_int_equal(site.flat.task[0].kind, TARGET_BINARY);
    assert_true(isnan(site.value[2]) && site.value[3] == 1);
    assert_string_equal(site.flat.group[0].name, "age");
    assert_int_equal(site.flat.group[0].kind, TARGET_REGRESSION);
    assert_string_equal(site.flat.group[1].level[1], "male");
    site_free(&site);
}

static void patches_become_one_long_row(void **state)
{
    (void)state;
    static const float x[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    struct h5_writer *w;
    struct site site;
    check_ok(h5_create(&w, path));
    check_ok(h5_put_tensor(w, "/deep/x", x, (size_t[]){2, 3, 2}, 3));
    check_ok(h5_put_texts(w, "/who", (const char *[]){"a", "b"}, 2));
    check_ok(h5_put_texts(w, "/set", (const char *[]){"train", "test"}, 2));
    check_ok(h5_finish(&w));
    check_ok(site_read(&site, path, &(struct site_paths){"/deep/x", "/who", "/set"}));
    assert_int_equal(site.flat.rows, 2);
    assert_int_equal(site.flat.width, 6);
    assert_memory_equal(site.x, x, sizeof x);
    site_free(&site);
}

static void every_spoilt_file_is_refused_with_its_dataset(void **state)
{
    (void)state;
    static const struct {
        enum complaint want;
        const char *says;
    } rows[SPOILS] = {
        /* clang-format off */
        [NO_X] = {EC_DATA_SHAPE, "/x: nothing found"},
        [X_OF_ONE_DIMENSION] = {EC_DATA_SHAPE, "/x: float32 [4] found, float32 [N,D] wanted"},
        [X_OF_WORDS] = {EC_DATA_SHAPE, "/x: text [4] found"},
        [X_WITHOUT_ROWS] = {EC_DATA_EMPTY, "/x has no rows"},
        [NO_PATIENT] = {EC_DATA_SHAPE, "/patient: nothing found"},
        [PATIENTS_TOO_FEW] = {EC_DATA_SHAPE, "/patient: int64 [3] found, [4]"},
        [PATIENTS_OF_REALS] = {EC_DATA_SHAPE, "/patient: float32 [4] found, 4 integers"},
        [PATIENT_WITHOUT_NAME] = {EC_DATA_VALUE, "/patient: row 2"},
        [NO_SPLIT] = {EC_DATA_SHAPE, "/split: nothing found"},
        [SPLIT_OF_NUMBERS] = {EC_DATA_SHAPE, "/split: int64 [4] found, text [N] wanted"},
        [SPLIT_OF_A_STRANGE_WORD] = {EC_DATA_VALUE, "/split: row 1 is `dev`"},
        [LABEL_OF_REALS] = {EC_DATA_SHAPE, "/label/cancer: float32 [4] found, int8 [N] wanted"},
        [LABEL_TOO_SHORT] = {EC_DATA_SHAPE, "/label/cancer: int8 [3] found, [4]"},
        [LABEL_OF_TWO_WITH_TWO_NAMES] = {EC_DATA_VALUE, "/label/cancer: row 0 is 2; -1 to 1"},
        [LABEL_MINUS_TWO] = {EC_DATA_VALUE, "/label/cancer: row 0 is -2"},
        [GROUP_OF_WORDS] = {EC_DATA_SHAPE, "/group/sex: text [4] found"},
        [GROUP_OF_ONE_NAME] = {EC_DATA_SHAPE, "/group/sex: integers of 1 levels"},
        [GROUP_OF_A_HUNDRED_WITHOUT_NAMES] = {EC_DATA_SHAPE, "/group/sex: integers of 101"},
        [AGE_INFINITE] = {EC_DATA_NAN, "/group/age: row 0 is infinite"},
        [FEATURE_NAMES_TOO_FEW] = {EC_DATA_SHAPE, "/feature_names: text [1] found, text [2]"},
        [NAN_IN_X] = {EC_DATA_NAN, "x[2,1] is nan"},
        [PATIENT_IN_TWO_SPLITS] = {EC_DATA_SPLIT, "rows 0 (train) and 3 (valid) are one patient"},
    };
    /* clang-format on */
    size_t met = 0;
    for (enum spoil how = SOUND + 1; how < SPOILS; how++, met++) {
        struct site site;
        make(path, how);
        enum status st = site_read(&site, path, &site_paths_ours);
        if (st == ST_OK) {
            st = flat_judge(&site.flat, path);
            site_free(&site);
        }
        print_message("%s\n", rows[how].says);
        check_fault(st, rows[how].want);
        assert_string_equal(fault_kept()->where, path);
        if (strncmp(fault_text(), rows[how].says, strlen(rows[how].says)) != 0)
            fail_msg("`%s`, not `%s`", fault_text(), rows[how].says);
    }
    assert_int_equal(met, SPOILS - 1);
}

static void sites_of_one_study_agree_and_others_do_not(void **state)
{
    (void)state;
    struct site a, b;
    struct agreement together = {0};
    make(path, SOUND);
    check_ok(site_read(&a, path, &site_paths_ours));
    check_ok(site_read(&b, path, &site_paths_ours));
    check_ok(agree(&together, &a, "a.h5"));
    check_ok(agree(&together, &b, "b.h5"));
    b.names.text[1][0] = 'l';
    check_fault(agree(&together, &b, "b.h5"), EC_DATA_DISAGREE);
    assert_string_equal(fault_text(), "feature 1 is light here, right in a.h5");
    b.names.text[1][0] = 'r';
    b.flat.group[1].level[1][0] = 'M';
    check_fault(agree(&together, &b, "b.h5"), EC_DATA_DISAGREE);
    b.flat.group[1].level[1][0] = 'm';
    b.flat.task_count = 0;
    check_fault(agree(&together, &b, "b.h5"), EC_DATA_DISAGREE);
    b.flat.task_count = 1;
    b.flat.width = 1;
    check_fault(agree(&together, &b, "b.h5"), EC_DATA_DISAGREE);
    agree_free(&together);
    site_free(&a);
    site_free(&b);
}

static bool noted(const struct json *notes, const char *text)
{
    for (size_t i = 0; i < json_count(notes); i++)
        if (strstr(json_string(json_at(notes, i), ""), text) != NULL)
            return true;
    return false;
}

static void a_description_counts_what_is_there(void **state)
{
    (void)state;
    struct site site;
    make(path, NAN_IN_X);
    check_ok(site_read(&site, path, &site_paths_ours));
    site.x[0] = 2; /* rows 0 and 1 hold the same: 2 3 */
    site.x[1] = 3;
    site.value[1] = 0; /* one negative, one positive among the training rows, then none */
    struct json *about = describe(&site.flat, site.feature);
    assert_int_equal(json_int(json_get(about, "rows"), 0), N);
    assert_int_equal(json_int(json_get(about, "patients"), 0), 3);
    assert_int_equal(json_int(json_get(about, "duplicates"), 0), 1);
    assert_int_equal(json_int(json_get(json_get(about, "features"), "not_finite"), 0), 1);
    const struct json *train = json_get(json_get(about, "splits"), "train");
    assert_int_equal(json_int(json_get(train, "rows"), 0), 3);
    assert_int_equal(json_int(json_get(train, "patients"), 0), 2);
    const struct json *label = json_at(json_get(about, "labels"), 0);
    assert_int_equal(json_int(json_get(label, "known"), 0), 3);
    assert_true(fabs(json_real(json_get(label, "prevalence"), 0) - 1.0 / 3) < 1e-15);
    const struct json *sex = json_at(json_get(about, "groups"), 1);
    const struct json *male = json_at(json_get(sex, "levels"), 1);
    assert_string_equal(json_string(json_get(male, "name"), ""), "male");
    assert_int_equal(json_int(json_get(male, "rows"), 0), 2);
    const struct json *notes = json_get(about, "notes");
    assert_true(noted(notes, "1 value of x is NaN"));
    assert_true(noted(notes, "few patients in group sex: female 1, male 2"));
    json_close(&about);
    site_free(&site);
}

static void one_class_one_sex_and_constant_features_are_noted(void **state)
{
    (void)state;
    struct site site;
    make(path, SOUND);
    check_ok(site_read(&site, path, &site_paths_ours));
    for (size_t i = 0; i < N; i++) {
        site.value[i] = 1;              /* everybody ill */
        site.value[N + i] = NAN;        /* no age known */
        site.value[2 * N + i] = i == 2; /* women in training, a man in the test */
        site.x[i * D] = i == 2 ? 9 : 7; /* constant in training */
        site.split[i] = i == 2 ? SPLIT_VALID : SPLIT_TRAIN;
    }
    struct json *notes = describe_notes(&site.flat, site.feature);
    assert_true(noted(notes, "label cancer is `1` in every row"));
    assert_true(noted(notes, "group age is unknown in every row"));
    assert_true(noted(notes, "group sex is `female` in every training row"));
    assert_true(noted(notes, "1 feature is constant in the training rows and will be 0: left"));
    assert_true(noted(notes, "no test rows"));
    json_close(&notes);
    site_free(&site);
}

/* --- scores ---------------------------------------------------------------------------------- */

static void put_scored(struct h5_writer *w, bool split)
{
    static const int8_t label[N] = {0, 1, -1, 1};
    static const int64_t patient[N] = {7, 8, 9, 7};

    check_ok(h5_put_i64(w, "/patient", patient, N));
    check_ok(h5_put_i8(w, "/label/death", label, N));
    check_ok(h5_put_i8(w, "/label/stay", label, N));
    if (split)
        check_ok(h5_put_texts(w, "/split", (const char *[]){"train", "valid", "test", "train"}, N));
}

static double score_at(const struct site *site, size_t row, size_t task)
{
    real part[SCORE_PARTS];
    for (size_t k = 0; k < SCORE_PARTS; k++)
        part[k] = (real)site->x[row * site->flat.width + task * SCORE_PARTS + k];
    return score_join(part);
}

static void scores_of_any_width_are_read_as_the_numbers_they_were(void **state)
{
    (void)state;
    static const float narrow[N] = {0.7f, 0, 1, 0.1f};
    static const double wide[N] = {0.7, 0.1, 1.0 / 3, 0x1.fffffffffffffp-2};
    struct h5_writer *w;
    struct site site;
    check_ok(h5_create(&w, path));
    put_scored(w, false);
    check_ok(h5_put_f32(w, "/score/death", narrow, N));
    check_ok(h5_put_f64(w, "/score/stay", wide, N));
    check_ok(h5_finish(&w));
    check_ok(site_read(&site, path, &site_paths_ours));
    check_ok(flat_judge(&site.flat, path));
    assert_true(site.flat.scores);
    assert_int_equal(site.flat.width, 2 * SCORE_PARTS);
    assert_true(score_at(&site, 0, 0) == 0.7 && score_at(&site, 3, 0) == 0.1);
    assert_true(score_at(&site, 1, 0) == 0 && score_at(&site, 2, 0) == 1);
    for (size_t i = 0; i < N; i++) {
        assert_true(score_at(&site, i, 1) == wide[i]);
        assert_int_equal(site.split[i], SPLIT_TEST); /* there is no /split */
    }
    site.patient_text = must_alloc(N, sizeof *site.patient_text);
    for (size_t i = 0; i < N; i++)
        site.patient_text[i] = i == 3 ? "0" : "1";
    static char again[SCRATCH_MAX];
    scratch_file(again, &s, "again.h5");
    check_ok(site_write(&site, again, ""));
    struct site back;
    check_ok(site_read(&back, again, &(struct site_paths){"/score", "/patient", "/split"}));
    assert_memory_equal(back.x, site.x, N * 2 * SCORE_PARTS * sizeof(float));
    site_free(&back);
    site_free(&site);
}

static void a_score_that_is_none_is_refused_with_its_row(void **state)
{
    (void)state;
    static const struct {
        double p;
        enum complaint want;
        const char *says;
    } rows[] = {
        {1.5, EC_DATA_VALUE, "/score/stay: row 2 is 1.5"},
        {-1e-9, EC_DATA_VALUE, "/score/stay: row 2"},
        {(double)NAN, EC_DATA_NAN, "/score/stay: row 2 is nan"},
    };
    for (size_t i = 0; i <= COUNT(rows); i++) {
        double p[N] = {.2, .3, i < COUNT(rows) ? rows[i].p : .4, .5};
        struct h5_writer *w;
        struct site site;
        check_ok(h5_create(&w, path));
        put_scored(w, true);
        check_ok(h5_put_f64(w, "/score/death", (const double[]){.1, .2, .3, .4}, N));
        if (i < COUNT(rows))
            check_ok(h5_put_f64(w, "/score/stay", p, N));
        check_ok(h5_finish(&w));
        enum complaint want = i < COUNT(rows) ? rows[i].want : EC_DATA_SHAPE;
        check_fault(site_read(&site, path, &site_paths_ours), want);
        if (strstr(fault_text(), i < COUNT(rows) ? rows[i].says : "/score/stay: nothing") == NULL)
            fail_msg("%zu: %s", i, fault_text());
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_file_is_read_as_the_contract_says),
        cmocka_unit_test(patches_become_one_long_row),
        cmocka_unit_test(every_spoilt_file_is_refused_with_its_dataset),
        cmocka_unit_test(sites_of_one_study_agree_and_others_do_not),
        cmocka_unit_test(a_description_counts_what_is_there),
        cmocka_unit_test(one_class_one_sex_and_constant_features_are_noted),
        cmocka_unit_test(scores_of_any_width_are_read_as_the_numbers_they_were),
        cmocka_unit_test(a_score_that_is_none_is_refused_with_its_row),
    };
    return cmocka_run_group_tests(tests, open_scratch, close_scratch);
}
