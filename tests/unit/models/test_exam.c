/* The numbers of an evaluation against counting pairs by hand, row by row. */
#include "models/metrics/interval.h"
#include "tests/support/fixture.h"
#include "tests/unit/models/exam_setup.h"

/* --- the same by hand ---------------------------------------------------------------------- */

/* A row of the evaluation as plain columns: scores [seed, rows], class 1, 0 or -1 (neither). */
struct columns {
    size_t rows, seeds;
    const uint64_t *patient;
    double score[SEEDS][ROWS];
    int class[ROWS];
    double y[ROWS]; /* of R^2, NAN unknown */
};

static double logit_of(const struct setup *s, const struct exam_unit *u, size_t seed, size_t i,
                       size_t output)
{
    const struct exam *e = &s->e;
    if (u->own)
        return (double)s->cohort.own[i];
    size_t at = probes_spec(e->probes)->head[u->head + seed].out_at + output;
    return (double)s->cohort.fresh[i * e->probes->outputs + at];
}

static void columns_of(struct columns *c, const struct setup *s, const struct exam_row *row)
{
    const struct exam_unit *u = &s->e.unit[row->unit];
    const struct target *t = u->group ? &s->who.group[u->target] : &s->who.task[u->target];
    const real *value = (u->group ? s->cohort.group : s->cohort.task) + u->target * ROWS;
    c->rows = s->cohort.rows;
    c->seeds = u->seeds;
    c->patient = s->cohort.patient;
    for (size_t i = 0; i < c->rows; i++) {
        c->y[i] = (double)value[i];
        c->class[i] = value[i] == (real)row->level ? 1 : value[i] == (real)row->base ? 0 : -1;
        for (size_t k = 0; k < c->seeds; k++)
            c->score[k][i] = t->kind == TARGET_CATEGORICAL ? logit_of(s, u, k, i, row->level) -
                                                                 logit_of(s, u, k, i, row->base)
                                                           : logit_of(s, u, k, i, 0);
    }
}

/* Share of the other class that row i of one seed is right about; a tie counts half. */
static double placement(const struct columns *c, size_t seed, size_t i)
{
    double right = 0;
    double others = 0;
    for (size_t j = 0; j < c->rows; j++) {
        if (c->class[j] != 1 - c->class[i])
            continue;
        double up = c->score[seed][i] - c->score[seed][j];
        if (c->class[i] == 0)
            up = -up;
        right += up > 0 ? 1 : up == 0 ? .5 : 0;
        others++;
    }
    return right / others;
}

struct by_hand {
    double auc;
    struct cluster_sums s;
};

/* Obuchowski's sums; patients are found by looking at all rows, wherever they stand. */
static struct by_hand auc_by_hand(const struct columns *c)
{
    struct by_hand h = {0};
    static double mean[ROWS];
    for (size_t i = 0; i < c->rows; i++) {
        mean[i] = 0;
        for (size_t k = 0; k < c->seeds && c->class[i] >= 0; k++)
            mean[i] += placement(c, k, i) / (double)c->seeds;
        h.s.positives += c->class[i] == 1;
        h.s.negatives += c->class[i] == 0;
        h.auc += c->class[i] == 1 ? mean[i] : 0;
    }
    h.auc /= h.s.positives;
    for (size_t i = 0; i < c->rows; i++) {
        double d[2] = {0, 0};
        double n[2] = {0, 0};
        bool first = true;
        for (size_t j = 0; j < c->rows; j++) {
            if (c->patient[j] != c->patient[i] || c->class[j] < 0)
                continue;
            first = first && j >= i;
            d[c->class[j]] += mean[j] - h.auc;
            n[c->class[j]]++;
        }
        if (!first || c->class[i] < 0)
            continue;
        h.s.xx += d[1] * d[1], h.s.yy += d[0] * d[0], h.s.xy += d[0] * d[1];
        h.s.patients++;
        h.s.with_positive += n[1] > 0, h.s.with_negative += n[0] > 0;
    }
    return h;
}

static double r2_by_hand(const struct columns *c)
{
    double n = 0;
    double mean = 0;
    for (size_t i = 0; i < c->rows; i++)
        if (!isnan(c->y[i]))
            mean += c->y[i], n++;
    mean /= n;
    double total = 0;
    double error = 0;
    for (size_t i = 0; i < c->rows; i++) {
        if (isnan(c->y[i]))
            continue;
        total += (c->y[i] - mean) * (c->y[i] - mean);
        for (size_t k = 0; k < c->seeds; k++)
            error += pow(c->y[i] - c->score[k][i], 2) / (double)c->seeds;
    }
    return 1 - error / total;
}

static void same_auc(const struct setup *s, const struct exam_row *row, const struct measure *m)
{
    struct columns *c = calloc(1, sizeof *c);
    assert_non_null(c);
    columns_of(c, s, row);
    struct by_hand h = auc_by_hand(c);
    const double *place = s->e.place + row->place_at;
    near(m->target, m->value, h.auc);
    /* Each patient's part is rounded to the grain. */
    double *sums[] = {&h.s.xx, &h.s.yy, &h.s.xy};
    for (size_t i = 0; i < COUNT(sums); i++) {
        assert_true(fabs(place[i] - *sums[i]) <= h.s.patients * EXAM_GRAIN / 2);
        *sums[i] = place[i];
    }
    assert_true(place[3] == h.s.patients);
    assert_true(place[4] == h.s.with_positive && place[5] == h.s.with_negative);
    assert_true(m->rows == h.s.positives + h.s.negatives && m->patients == h.s.patients);
    struct interval i = interval_auc(h.auc, &h.s, .95);
    near("lo", m->lo, i.lo);
    near("hi", m->hi, i.hi);
    assert_string_equal(m->interval, i.method);
    assert_true(m->lo < m->value && m->value < m->hi);
    free(c);
}

static void same_r2(const struct setup *s, const struct exam_row *row, const struct measure *m)
{
    struct columns *c = calloc(1, sizeof *c);
    assert_non_null(c);
    columns_of(c, s, row);
    near("r2", m->value, r2_by_hand(c));
    assert_true(m->lo < m->value && m->value < m->hi);
    free(c);
}

static void every_number_is_what_counting_pairs_gives(void **state)
{
    (void)state;
    for (size_t images = 1; images <= 4; images += 3) {
        struct setup s;
        struct measure m[32];
        open_setup(&s, NULL, 0);
        draw(&s, images);
        publish(&s);
        /* disease, stage A, D against B, sex, age; the subject's own disease with its accuracy;
         * what the majority is worth for the five */
        assert_int_equal(s.e.row_count, 6);
        assert_int_equal(exam_measure_count(&s.e), 6 + 1 + 5);
        exam_measures(m, &s.e, 3);
        for (size_t w = 0; w < s.e.row_count; w++) {
            if (s.e.row[w].r2)
                same_r2(&s, &s.e.row[w], &m[w]);
            else
                same_auc(&s, &s.e.row[w], &m[w]);
        }
        assert_string_equal(m[0].interval, images == 1 ? "delong" : "clustered");
        assert_int_equal(m[0].seeds, SEEDS);
        assert_int_equal(m[5].seeds, 1);
        close_setup(&s);
    }
}

static void levels_are_compared_with_the_largest_and_unseen_ones_left_out(void **state)
{
    (void)state;
    struct setup s;
    struct measure m[32];
    open_setup(&s, NULL, 0);
    draw(&s, 2);
    publish(&s);
    exam_measures(m, &s.e, 3);
    assert_string_equal(m[1].target, "stage=A/B");
    assert_string_equal(m[2].target, "stage=D/B");
    double a_or_b = 0;
    for (size_t i = 0; i < ROWS; i++)
        a_or_b += s.cohort.task[ROWS + i] == 0 || s.cohort.task[ROWS + i] == 1;
    assert_true(a_or_b > 50 && m[1].rows == a_or_b); /* neither C, nor D, nor the unknown */
    assert_false(m[1].leakage);
    assert_string_equal(m[3].target, "sex");
    assert_true(m[3].leakage);
    close_setup(&s);
}

static void sites_and_chunks_add_up_to_the_whole(void **state)
{
    (void)state;
    static const char *const changes[] = {"evaluate.representations=[\"original\", \"noise\"]"};
    struct setup whole;
    struct setup parts;
    open_setup(&whole, changes, 1);
    open_setup(&parts, changes, 1);
    draw(&whole, 3);
    draw(&parts, 3);
    publish(&whole);
    for (size_t at = 0; at < ROWS; at += 7) /* a histogram may cut a patient in two */
        add_test(&parts, at, ROWS - at < 7 ? ROWS - at : 7);
    assert_memory_equal(parts.test, whole.test, whole.e.test_values * sizeof(double));
    exam_fold_test(&parts.e, parts.test);
    size_t sites = 0;
    double *sum = must_alloc(whole.e.place_values, sizeof *sum);
    for (size_t at = 0, next = 0; at < ROWS; at = next, sites++) {
        next = at + 20 < ROWS ? at + 20 : ROWS;
        while (next < ROWS && parts.cohort.patient[next] == parts.cohort.patient[next - 1])
            next++; /* a site has whole patients */
        memset(parts.place, 0, whole.e.place_values * sizeof *sum);
        add_place(&parts, at, next - at);
        for (size_t i = 0; i < whole.e.place_values; i++)
            sum[i] +=
                ldexp(rint(ldexp(parts.place[i], EXAM_SHIFT)), -EXAM_SHIFT); /* as it travels */
    }
    assert_true(sites > 5);
    assert_memory_equal(sum, whole.place, whole.e.place_values * sizeof(double));
    free(sum);
    close_setup(&whole);
    close_setup(&parts);
}

/* --- what is measured at all --------------------------------------------------------------- */

static void what_nobody_can_learn_has_no_row(void **state)
{
    (void)state;
    struct setup s;
    open_setup(&s, NULL, 0);
    exam_close(&s.e);
    s.who.group[0].share[0] = 1, s.who.group[0].share[1] = 0; /* men only */
    s.who.group[1].known = 0;
    s.who.task[1].share[0] = s.who.task[1].share[3] = 0;
    check_ok(exam_open(&s.e, s.plan.set, &s.who, &s.subject));
    assert_int_equal(s.e.row_count, 2); /* disease, read by probes and by its own head */
    exam_close(&s.e);
    s.who.task[0].share[0] = 0;
    check_fault(exam_open(&s.e, s.plan.set, &s.who, &s.subject), EC_EVAL_TOO_FEW);
    s.who = population();
    check_ok(exam_open(&s.e, s.plan.set, &s.who, &s.subject)); /* for close_setup */
    close_setup(&s);
}

static void a_model_that_releases_is_read_by_probes_alone(void **state)
{
    (void)state;
    static const char *const all[] = {
        "evaluate.representations=[\"original\", \"debiased\", \"noise\"]"};
    struct setup s;
    open_setup(&s, all, 1);
    assert_int_equal(s.e.spec.slice_count, 2); /* nothing is released: no debiased */
    exam_close(&s.e);
    s.subject.release_width = 5;
    check_ok(exam_open(&s.e, s.plan.set, &s.who, &s.subject));
    assert_int_equal(s.e.spec.slice_count, 3);
    assert_int_equal(s.e.slice_of[1], REP_DEBIASED);
    assert_int_equal(s.e.spec.slice[1].at, WIDTH);
    assert_int_equal(s.e.spec.width, WIDTH + 5 + 5);
    for (size_t i = 0; i < s.e.unit_count; i++)
        assert_false(s.e.unit[i].own);
    close_setup(&s);
}

/* 1.11 item 10: whoever asks for nothing has every reference; where nobody is grouped, nothing is
 * erased. */
static void a_plan_that_says_nothing_has_every_reference(void **state)
{
    (void)state;
    static const char *const wide[] = {"evaluate.representations=[]"};
    struct setup s;
    struct plan bare;
    open_setup(&s, wide, 1);
    check_ok(fixture_load_plan(&bare, ""));
    exam_close(&s.e);
    s.subject.release_width = 5;
    check_ok(exam_open(&s.e, bare.set, &s.who, &s.subject));
    assert_int_equal(s.e.spec.slice_count, REP_COUNT);
    assert_int_equal(s.e.spec.slice[REP_NOISE].width, 5); /* of the width of what is released */
    exam_close(&s.e);
    s.who.group_count = 0;
    check_ok(exam_open(&s.e, bare.set, &s.who, &s.subject));
    assert_int_equal(s.e.spec.slice_count, REP_COUNT - 1);
    for (size_t i = 0; i < s.e.spec.slice_count; i++)
        assert_true(s.e.slice_of[i] != REP_ERASURE);
    plan_close(&bare);
    close_setup(&s);
}

static void more_probes_than_fit_are_refused(void **state)
{
    (void)state;
    static const char *const many[] = {"evaluate.seeds=32"};
    struct setup s;
    open_setup(&s, many, 1);
    exam_close(&s.e);
    for (size_t i = 0; i < TASKS_MAX; i++)
        s.who.task[i] = s.who.task[0], s.who.group[i] = s.who.group[0];
    s.who.task_count = TASKS_MAX, s.who.group_count = GROUPS_MAX;
    check_ok(exam_open(&s.e, s.plan.set, &s.who, &s.subject)); /* 32 * 32: just fits */
    exam_close(&s.e);
    s.subject.release_width = 5;
    plan_close(&s.plan);
    char path[SCRATCH_MAX];
    static const char *const more[] = {"evaluate.seeds=32",
                                       "evaluate.representations=[\"original\", \"debiased\"]"};
    scratch_file(path, &s.scratch, "plan.cfg");
    check_ok(plan_load(&s.plan, path, more, 2, adopt_parts, adopt_part_count));
    check_fault(exam_open(&s.e, s.plan.set, &s.who, &s.subject), EC_CFG_CONFLICT);
    s.who = population();
    check_ok(exam_open(&s.e, s.plan.set, &s.who, &s.subject));
    close_setup(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_is_what_counting_pairs_gives),
        cmocka_unit_test(levels_are_compared_with_the_largest_and_unseen_ones_left_out),
        cmocka_unit_test(sites_and_chunks_add_up_to_the_whole),
        cmocka_unit_test(what_nobody_can_learn_has_no_row),
        cmocka_unit_test(a_model_that_releases_is_read_by_probes_alone),
        cmocka_unit_test(a_plan_that_says_nothing_has_every_reference),
        cmocka_unit_test(more_probes_than_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
