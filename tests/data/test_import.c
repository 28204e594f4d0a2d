/*
 * The recipes that ship, on the real files (EVENHAND_DATA names their folder).
 *
 * The expected numbers were made apart from this code: Python's csv and numpy in float64 over the
 * same files, the TCGA values cut to +-5 after rounding to float32.
 */
#include <math.h>

#include "crypto/hash.h"
#include "node/data/import.h"
#include "node/data/site.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

static struct scratch s;

static int open_scratch(void **state)
{
    (void)state;
    crypto_start();
    s = scratch_open();
    return 0;
}

static int close_scratch(void **state)
{
    (void)state;
    scratch_close(&s);
    return 0;
}

/* Imports EVENHAND_DATA/folder by a recipe of ours into the scratch folder. */
/* pair: what is otherwise than in the recipe, or NULL. */
static struct json *import(const char *name, const char *folder, const char *pair)
{
    char recipe[SCRATCH_MAX], root[SCRATCH_MAX], out[SCRATCH_MAX];
    const char *data = getenv("EVENHAND_DATA");
    struct json *result;
    struct recipe *r;

    if (data == NULL)
        fail_msg("EVENHAND_DATA names the folder of the real data");
    snprintf(recipe, sizeof recipe, "configs/data/%s.cfg", name);
    snprintf(root, sizeof root, "%s/%s", data, folder);
    check_ok(recipe_open(&r, recipe, &pair, pair == NULL ? 0 : 1));
    struct import_order order = {r, root, scratch_file(out, &s, name), true, true};
    check_ok(import_run(&result, &order));
    recipe_close(&r);
    return result;
}

struct expected {
    const char *file, *site;
    size_t rows, train;
    double sum; /* of x */
    struct {
        const char *name;
        size_t level, rows;
    } count[4];
};

static size_t count_level(const struct flat *f, const char *name, size_t level)
{
    size_t n = 0;

    for (size_t t = 0; t < f->task_count + f->group_count; t++) {
        const struct target *target =
            t < f->task_count ? &f->task[t] : &f->group[t - f->task_count];
        if (strcmp(target->name, name) != 0)
            continue;
        for (size_t i = 0; i < f->rows; i++) {
            float v = f->value[t * f->rows + i];
            n += (level == SIZE_MAX ? isnan(v) != 0 : v == (float)level) ? 1 : 0;
        }
        return n;
    }
    fail_msg("no target %s", name);
    return 0;
}

/* Both files of a site hold what is expected, and the same. */
static void assert_site(const char *folder, const struct expected *want, size_t width)
{
    char name[SCRATCH_MAX], path[SCRATCH_MAX];
    struct site h5;
    struct flat flat;

    snprintf(name, sizeof name, "%s/%s.h5", folder, want->file);
    check_ok(site_read(&h5, scratch_file(path, &s, name), &site_paths_ours));
    snprintf(name, sizeof name, "%s/%s.flat", folder, want->file);
    check_ok(flat_open(&flat, scratch_file(path, &s, name)));
    assert_string_equal(h5.flat.site, want->site);
    assert_string_equal(flat.site, want->site);
    assert_int_equal(h5.flat.rows, want->rows);
    assert_int_equal(flat.width, width);
    assert_memory_equal(h5.x, flat.x, want->rows * width * sizeof(float));
    assert_memory_equal(h5.patient, flat.patient, want->rows * sizeof(uint64_t));
    assert_memory_equal(h5.split, flat.split, want->rows);

    double sum = 0;
    size_t train = 0;
    for (size_t i = 0; i < want->rows; i++)
        train += flat.split[i] == SPLIT_TRAIN;
    for (size_t i = 0; i < want->rows * width; i++)
        sum += (double)flat.x[i];
    assert_int_equal(train, want->train);
    /* float32 rounds a value of up to 600 by at most 3e-5, and the errors do not all agree. */
    if (fabs(sum - want->sum) > 0.02)
        fail_msg("%s: the features sum to %.6f, %.6f wanted", want->site, sum, want->sum);
    for (size_t i = 0; i < COUNT(want->count) && want->count[i].name != NULL; i++)
        assert_int_equal(count_level(&flat, want->count[i].name, want->count[i].level),
                         want->count[i].rows);
    flat_close(&flat);
    site_free(&h5);
}

static void heart_disease_is_what_flamby_made_of_it(void **state)
{
    (void)state;
    static const char *const names[] = {"age",     "sex",       "trestbps", "chol", "fbs",
                                        "thalach", "exang",     "oldpeak",  "cp_2", "cp_3",
                                        "cp_4",    "restecg_1", "restecg_2"};
    /* clang-format off */
    static const struct expected sites[] = {
        {"cleveland",
         "cleveland",
         303,
         199,
         177573.0,
         {{"disease", 1, 139}, {"sex", 0, 97}, {"age>=60", 1, 91}}},
        {"hungarian",
         "hungarian",
         261,
         172,
         149125.8,
         {{"disease", 1, 98}, {"sex", 0, 69}, {"age>=60", 1, 10}}},
        {"switzerland",
         "switzerland",
         46,
         30,
         14240.8,
         {{"disease", 1, 45}, {"sex", 0, 3}, {"age>=60", 1, 19}}},
        {"va", "va", 130, 85, 64795.2, {{"disease", 1, 101}, {"sex", 0, 5}, {"age>=60", 1, 68}}},
    };
    /* clang-format on */
    struct json *data = import("heart_disease", "heart_disease", NULL);
    assert_int_equal(json_int(json_get(data, "rows"), 0), 740);
    assert_int_equal(json_count(json_get(data, "sites")), COUNT(sites));
    const struct json *features = json_get(data, "features");
    assert_int_equal(json_count(features), COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(json_string(json_at(features, i), ""), names[i]);
    for (size_t i = 0; i < COUNT(sites); i++)
        assert_site("heart_disease", &sites[i], COUNT(names));
    json_close(&data);
}

static void tcga_joins_3553_patients_of_14_hospitals(void **state)
{
    (void)state;
#define STAGE(known_1, unknown)                                                                    \
    {"stage", 1, known_1},                                                                         \
    {                                                                                              \
        "stage", SIZE_MAX, unknown                                                                 \
    }
    /* clang-format off */
    static const struct expected sites[] = {
        {"asterand", "Asterand", 199, 140, 9150.63006, {STAGE(54, 0), {"race", 1, 2}}},
        {"christiana-healthcare",
         "Christiana Healthcare",
         155,
         108,
         13842.77003,
         {STAGE(38, 0), {"race", 1, 40}}},
        {"greater-poland-cancer-center",
         "Greater Poland Cancer Center",
         143,
         100,
         7743.86,
         {STAGE(55, 9), {"race", 1, 0}}},
        {"ilsbio", "ILSBio", 90, 64, 5418.82002, {STAGE(39, 0), {"race", 2, 90}}},
        {"indivumed", "Indivumed", 162, 114, -6942.59992, {STAGE(56, 6), {"race", SIZE_MAX, 162}}},
        {"international-genomics-consortium",
         "International Genomics Consortium",
         269,
         188,
         3922.61005,
         {STAGE(47, 11), {"race", 1, 42}}},
        {"md-anderson-cancer-center",
         "MD Anderson Cancer Center",
         199,
         139,
         -4895.64997,
         {STAGE(117, 10), {"race", 1, 17}}},
        {"mskcc", "MSKCC", 216, 151, 3086.59005, {STAGE(72, 0), {"race", 1, 20}}},
        {"mayo-clinic", "Mayo Clinic", 241, 169, 492.98999, {STAGE(44, 2), {"race", 1, 4}}},
        {"other-sites-pooled",
         "Other sites (pooled)",
         1193,
         835,
         -54272.37964,
         {STAGE(331, 70), {"race", 1, 207}}},
        {"roswell-park", "Roswell Park", 167, 117, -3788.76996, {STAGE(44, 4), {"race", 1, 26}}},
        {"unc", "UNC", 122, 85, 5069.87003, {STAGE(44, 24), {"race", 1, 43}}},
        {"university-of-pittsburgh",
         "University of Pittsburgh",
         307,
         214,
         5091.51008,
         {STAGE(129, 5), {"race", 1, 26}}},
        {"walter-reed", "Walter Reed", 90, 63, 3653.34002, {STAGE(24, 0), {"race", 1, 20}}},
    };
    /* clang-format on */
#undef STAGE
    struct json *data = import("tcga_rnaseq", "tcga_rnaseq", NULL);
    assert_int_equal(json_int(json_get(data, "rows"), 0), 3553);
    assert_int_equal(json_count(json_get(data, "sites")), COUNT(sites));
    for (size_t i = 0; i < COUNT(sites); i++)
        assert_site("tcga_rnaseq", &sites[i], 1526);
    json_close(&data);
    data = import("tcga_rnaseq_128", "tcga_rnaseq", NULL);
    assert_int_equal(json_int(json_get(data, "width"), 0), 128);
    assert_int_equal(json_int(json_get(data, "rows"), 0), 3553);
    json_close(&data);
}

static void chest_x_rays_are_dealt_by_patient(void **state)
{
    (void)state;
    struct json *data = import("nih_cxr", "nih_cxr_embeddings", NULL);
    const struct json *sites = json_get(data, "sites");
    size_t patients = 0, rows = 0, test = 0, women = 0, abnormal = 0, ap = 0, old = 0;
    double sum = 0;
    for (size_t i = 0; i < json_count(sites); i++) {
        char name[SCRATCH_MAX], path[SCRATCH_MAX];
        struct flat f;
        snprintf(name, sizeof name, "nih_cxr/%s",
                 json_string(json_get(json_at(sites, i), "flat"), ""));
        check_ok(flat_open(&f, scratch_file(path, &s, name))); /* one split a patient */
        rows += f.rows;
        patients += site_patients(&f, SPLIT_NONE);
        test += site_patients(&f, SPLIT_TEST);
        women += count_level(&f, "sex", 0);
        abnormal += count_level(&f, "abnormal", 1);
        ap += count_level(&f, "view", 1);
        old += count_level(&f, "age>=60", 1);
        for (size_t k = 0; k < f.rows * f.width; k++)
            sum += (double)f.x[k];
        assert_int_equal(f.width, 1024);
        flat_close(&f);
    }
    assert_int_equal(rows, 749);
    assert_int_equal(patients, 177); /* nobody is at two sites */
    assert_in_range(test, 14, 57);   /* a fifth wanted, four standard deviations are 21 */
    assert_int_equal(women, 383);
    assert_int_equal(abnormal, 390);
    assert_int_equal(ap, 309);
    assert_int_equal(old, 371);
    assert_true(fabs(sum - 430950.9676) < 0.02);
    json_close(&data);
}

static void every_x_ray_patient_is_in_the_test_of_one_fold(void **state)
{
    (void)state;
    size_t patients = 0, rows = 0;
    for (int fold = 0; fold < 5; fold++) {
        char pair[32];
        snprintf(pair, sizeof pair, "split.fold=%d", fold);
        struct json *data = import("nih_cxr", "nih_cxr_embeddings", pair);
        const struct json *sites = json_get(data, "sites");
        for (size_t i = 0; i < json_count(sites); i++) {
            char name[SCRATCH_MAX], path[SCRATCH_MAX];
            struct flat f;
            snprintf(name, sizeof name, "nih_cxr/%s",
                     json_string(json_get(json_at(sites, i), "flat"), ""));
            check_ok(flat_open(&f, scratch_file(path, &s, name)));
            patients += site_patients(&f, SPLIT_TEST);
            rows += (size_t)json_int(json_get(json_at(sites, i), "test"), 0);
            flat_close(&f);
        }
        json_close(&data);
    }
    assert_int_equal(patients, 177);
    assert_int_equal(rows, 749);
}

static void the_teaching_split_of_the_x_rays_leaks_and_is_refused(void **state)
{
    (void)state;
    char recipe[] = "split = { column = \"kcr_split\"; }; name = \"leaky\"; "
                    "tables = ( { file = \"images.csv\"; } ); patient = \"patient_id\"; "
                    "features = ( { columns = [\"age\"]; } );";
    char root[SCRATCH_MAX], out[SCRATCH_MAX];
    struct recipe *r;
    struct json *data;
    snprintf(root, sizeof root, "%s/nih_cxr_embeddings", getenv("EVENHAND_DATA"));
    check_ok(recipe_parse(&r, recipe, "leaky"));
    struct import_order order = {r, root, scratch_file(out, &s, "leaky"), true, true};
    check_fault(import_run(&data, &order), EC_DATA_SPLIT);
    recipe_close(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(heart_disease_is_what_flamby_made_of_it),
        cmocka_unit_test(tcga_joins_3553_patients_of_14_hospitals),
        cmocka_unit_test(chest_x_rays_are_dealt_by_patient),
        cmocka_unit_test(every_x_ray_patient_is_in_the_test_of_one_fold),
        cmocka_unit_test(the_teaching_split_of_the_x_rays_leaks_and_is_refused),
    };
    return cmocka_run_group_tests(tests, open_scratch, close_scratch);
}
