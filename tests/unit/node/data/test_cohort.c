#include "tests/support/check.h"

#include <math.h>

#include "node/data/cohort.h"

/* No embedding is made here, so people are cheap at full scale. */
static struct cohort_spec spec_of(double scale, size_t sites, uint64_t seed)
{
    return (struct cohort_spec){
        .scale = scale, .sites = sites, .seed = seed, .rms = 1, .alpha = 0.5, .zipf = 1.1};
}

static struct cohort cohort_of(double scale, size_t sites, uint64_t seed)
{
    struct cohort c;
    struct cohort_spec spec = spec_of(scale, sites, seed);
    check_ok(cohort_open(&c, &spec));
    return c;
}

static unsigned ones(unsigned bits)
{
    return (unsigned)__builtin_popcount(bits);
}

static void scale_multiplies_training_patients_and_features_together(void **state)
{
    (void)state;
    static const struct {
        double scale;
        size_t train, width;
    } rows[] = {
        {1, 10299, 1408},
        {0.125, 1287, 176},
        {1.0 / 64, 161, 22},
        {2, 20598, 2816},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cohort c = cohort_of(rows[i].scale, 1, 1);
        assert_int_equal(c.train, rows[i].train);
        assert_int_equal(c.count - c.train, 2199);
        assert_int_equal(c.width, rows[i].width);
        for (size_t p = 0; p < c.count; p++)
            assert_int_equal(c.person[p].test, p >= c.train);
        cohort_close(&c);
    }
}

/* Means over patients (images by patient where a patient has several) and their standard errors. */
struct tally {
    double n, sum, square;
};

static void add(struct tally *t, double v)
{
    t->n++;
    t->sum += v;
    t->square += v * v;
}

static void check_mean(const char *what, const struct tally *t, double want)
{
    double mean = t->sum / t->n, sd = sqrt(t->square / t->n - mean * mean);
    print_message("    %-22s %.4f, %.4f planted\n", what, mean, want);
    if (fabs(mean - want) > 3.5 * sd / sqrt(t->n))
        fail_msg("%s: mean %.5f, SE %.5f, %.5f wanted", what, mean, sd / sqrt(t->n), want);
}

static void people_are_as_the_trial_had_them(void **state)
{
    (void)state;
    struct cohort c = cohort_of(4, 1, 1); /* 43,395 patients */
    struct tally female = {0}, age = {0}, race[RACE_COUNT] = {0}, images = {0}, swapped = {0};
    struct tally bin[4] = {0};
    for (size_t i = 0; i < c.count; i++) {
        const struct person *p = &c.person[i];
        add(&female, p->female);
        add(&swapped, p->swapped);
        add(&age, p->age);
        add(&images, p->images);
        assert_in_range(p->age, 55, 74);
        assert_in_range(p->images, 1, COHORT_IMAGES_MAX);
        for (size_t r = 0; r < RACE_COUNT; r++)
            add(&race[r], p->race == r);
        for (size_t b = 0; b < 4; b++)
            add(&bin[b], (size_t)(p->age - 55) / 5 == b);
    }
    check_mean("women", &female, 0.405);
    check_mean("swapped", &swapped, 0.002);
    check_mean("images", &images, 5.12);
    check_mean("age", &age, 61.63);
    check_mean("55-59", &bin[0], 0.428);
    check_mean("60-64", &bin[1], 0.306);
    check_mean("65-69", &bin[2], 0.178);
    check_mean("70-74", &bin[3], 0.088);
    check_mean("White", &race[RACE_WHITE], 0.9306);
    check_mean("Black", &race[RACE_BLACK], 0.0368);
    check_mean("Asian", &race[RACE_ASIAN], 0.0125);
    check_mean("Other", &race[RACE_OTHER], 0.0201);
    double mean = age.sum / age.n, sd = sqrt(age.square / age.n - mean * mean);
    assert_true(fabs(sd - 5.08) < 0.06); /* SE of an SD: 5.08 / sqrt(2 n) = .017 */
    cohort_close(&c);
}

static void outcomes_are_rare_nested_clustered_and_equal_for_both_sexes(void **state)
{
    (void)state;
    struct cohort c = cohort_of(4, 1, 1);
    double images = 0, two = 0, one = 0, pairs = 0, both = 0, by_sex[2][2] = {{0}};
    for (size_t i = 0; i < c.count; i++) {
        const struct person *p = &c.person[i];
        assert_int_equal(p->cancer_2y >> p->images, 0);
        assert_int_equal(p->cancer_1y & ~p->cancer_2y, 0);
        unsigned ill = ones(p->cancer_2y);
        images += p->images;
        two += ill;
        one += ones(p->cancer_1y);
        pairs += (double)ill * (p->images - 1);
        both += (double)ill * (ill - 1);
        by_sex[p->female][0] += p->images;
        by_sex[p->female][1] += ill;
    }
    print_message("    2 years %.4f, 1 year %.4f; another image of the same patient %.4f\n",
                  two / images, one / images, both / pairs);
    /* Targets 2.30 % and 1.45 %; 222,000 images, clustered: SE .04 %. */
    assert_true(fabs(two / images - 0.0230) < 0.0015);
    assert_true(fabs(one / images - 0.0145) < 0.0012);
    assert_true(fabs(one / two - 0.63) < 0.03);
    assert_true(both / pairs > 1.5 * two / images);
    assert_true(fabs(by_sex[0][1] / by_sex[0][0] - by_sex[1][1] / by_sex[1][0]) < 0.002);
    cohort_close(&c);
}

static void the_same_seed_gives_the_same_people_at_any_number_of_sites(void **state)
{
    (void)state;
    struct cohort one = cohort_of(0.125, 1, 7), again = cohort_of(0.125, 1, 7);
    struct cohort eight = cohort_of(0.125, 8, 7), other = cohort_of(0.125, 1, 8);
    size_t moved = 0, differ = 0;
    for (size_t i = 0; i < one.count; i++) {
        struct person p = one.person[i], q = eight.person[i];
        assert_memory_equal(&p, &again.person[i], sizeof(p));
        moved += q.site != 0;
        q.site = 0;
        assert_memory_equal(&p, &q, sizeof(p));
        differ += p.risk != other.person[i].risk;
    }
    assert_true(moved > one.count / 4);
    assert_int_equal(differ, one.count);
    cohort_close(&one);
    cohort_close(&again);
    cohort_close(&eight);
    cohort_close(&other);
}

static void sites_follow_zipf_in_size_in_both_splits(void **state)
{
    (void)state;
    static const double zipfs[] = {0, 1.1, 2};
    for (size_t z = 0; z < COUNT(zipfs); z++) {
        struct cohort_spec spec = spec_of(1, 5, 3);
        struct cohort c;
        spec.zipf = zipfs[z];
        check_ok(cohort_open(&c, &spec));
        double count[2][5] = {{0}}, total = 0;
        for (size_t i = 0; i < c.count; i++)
            count[c.person[i].test][c.person[i].site]++;
        for (size_t h = 0; h < 5; h++)
            total += pow((double)h + 1, -zipfs[z]);
        for (size_t h = 0; h < 5; h++) {
            double want = pow((double)h + 1, -zipfs[z]) / total;
            double train = count[0][h] / (double)c.train, test = count[1][h] / 2199;
            /* Drawn strata of a drawn population: 4 binomial SE, and 1 % for cancers sent away. */
            if (fabs(train - want) > 0.01 + 4 * sqrt(want / (double)c.train) ||
                fabs(test - want) > 0.01 + 4 * sqrt(want / 2199))
                fail_msg("zipf %g, site %zu: %.3f, %.3f, %.3f wanted", zipfs[z], h + 1, train, test,
                         want);
        }
        cohort_close(&c);
    }
}

/* How much the shares of women and of people under 60 differ between sites: an SD. */
static double unlikeness(const struct cohort *c)
{
    double n[COHORT_SITES_MAX] = {0}, women[COHORT_SITES_MAX] = {0}, young[COHORT_SITES_MAX] = {0};
    for (size_t i = 0; i < c->count; i++) {
        const struct person *p = &c->person[i];
        n[p->site]++;
        women[p->site] += p->female;
        young[p->site] += p->age < 60;
    }
    double spread = 0;
    for (size_t h = 0; h < c->spec.sites; h++)
        spread += pow(women[h] / n[h] - 0.405, 2) + pow(young[h] / n[h] - 0.428, 2);
    return sqrt(spread / (double)c->spec.sites);
}

static void alpha_says_how_alike_sites_are(void **state)
{
    (void)state;
    static const struct {
        double alpha, least, most;
    } rows[] = {
        {0.05, 0.25, 1}, {0.5, 0.1, 0.4}, {1e6, 0, 0.03}, /* chance alone: sqrt(.5 / 2500) = .014 */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cohort_spec spec = spec_of(1, 4, 5);
        struct cohort c;
        spec.alpha = rows[i].alpha;
        check_ok(cohort_open(&c, &spec));
        double u = unlikeness(&c);
        print_message("    alpha %-8g unlikeness %.3f\n", rows[i].alpha, u);
        if (u < rows[i].least || u > rows[i].most)
            fail_msg("alpha %g: %.3f", rows[i].alpha, u);
        cohort_close(&c);
    }
}

static void the_last_site_has_few_training_cancers_and_the_one_before_knows_no_race(void **state)
{
    (void)state;
    static const struct {
        double scale;
        size_t sites;
        bool few, unknown;
    } rows[] = {
        {1, 1, false, false}, {1, 2, true, false},    {1, 3, true, true},
        {1, 8, true, true},   {0.125, 4, true, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cohort c = cohort_of(rows[i].scale, rows[i].sites, 11);
        size_t last = rows[i].sites - 1, train = 0, test = 0, without = 0;
        for (size_t p = 0; p < c.count; p++)
            if (c.person[p].site == last)
                *(c.person[p].test ? &test : &train) += ones(c.person[p].cancer_2y);
        for (size_t h = 0; h < rows[i].sites; h++)
            without += !cohort_site_knows_race(&c, h);
        assert_int_equal(cohort_site_has_few_positives(&c, last), rows[i].few);
        assert_int_equal(train <= COHORT_POSITIVES_MAX, rows[i].few);
        assert_int_equal(without, rows[i].unknown ? 1 : 0);
        if (rows[i].sites >= 3)
            assert_false(cohort_site_knows_race(&c, last - 1));
        assert_true(test > COHORT_POSITIVES_MAX); /* test patients stay where they were drawn */
        cohort_close(&c);
    }
}

static void a_spec_out_of_range_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct cohort_spec spec; /* scale, sites, seed, rho_sex, rho_age, rms, alpha, zipf */
        enum complaint wants;
    } rows[] = {
        {"too small", {0.01, 1, 1, 0, 0, 1, 0.5, 1.1}, EC_USAGE},
        {"no number", {(double)NAN, 1, 1, 0, 0, 1, 0.5, 1.1}, EC_USAGE},
        {"too large", {5, 1, 1, 0, 0, 1, 0.5, 1.1}, EC_USAGE},
        {"no sites", {1, 0, 1, 0, 0, 1, 0.5, 1.1}, EC_USAGE},
        {"too many sites", {1, 65, 1, 0, 0, 1, 0.5, 1.1}, EC_USAGE},
        {"no cosine", {1, 1, 1, 1.5, 0, 1, 0.5, 1.1}, EC_USAGE},
        {"no direction left", {1, 1, 1, 0.8, 0.8, 1, 0.5, 1.1}, EC_USAGE},
        {"no size", {1, 1, 1, 0, 0, 0, 0.5, 1.1}, EC_USAGE},
        {"no Dirichlet", {1, 1, 1, 0, 0, 1, 0, 1.1}, EC_USAGE},
        {"larger sites later", {1, 1, 1, 0, 0, 1, 0.5, -1}, EC_USAGE},
        {"an empty site", {1.0 / 64, 64, 1, 0, 0, 1, 0.5, 2}, EC_DATA_EMPTY},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cohort c;
        if (cohort_open(&c, &rows[i].spec) == ST_OK)
            fail_msg("%s: succeeded", rows[i].what);
        if (fault_kept()->what != rows[i].wants)
            fail_msg("%s: %s", rows[i].what, fault_text());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scale_multiplies_training_patients_and_features_together),
        cmocka_unit_test(people_are_as_the_trial_had_them),
        cmocka_unit_test(outcomes_are_rare_nested_clustered_and_equal_for_both_sexes),
        cmocka_unit_test(the_same_seed_gives_the_same_people_at_any_number_of_sites),
        cmocka_unit_test(sites_follow_zipf_in_size_in_both_splits),
        cmocka_unit_test(alpha_says_how_alike_sites_are),
        cmocka_unit_test(the_last_site_has_few_training_cancers_and_the_one_before_knows_no_race),
        cmocka_unit_test(a_spec_out_of_range_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
