/*
 * Changes from the originals. tests/golden/change.txt says how its numbers were made.
 */
#include "models/exam_inside.h"
#include "models/metrics/interval.h"
#include "tests/unit/models/exam_setup.h"

#define GOLDEN "tests/golden/change.txt"
#define Z      1.9599639845400545

/* Rows of the evaluation, original and noise: 0, 5 disease; 3, 8 sex; 4, 9 age. */
static const char *const both[] = {"evaluate.representations=[\"original\", \"noise\"]"};
static const char *const both_once[] = {"evaluate.representations=[\"original\", \"noise\"]",
                                        "evaluate.seeds=1"};
#define TARGETS 5

/* The change from a row's original, in a list of measures as exam_measures wrote it. */
static const struct measure_change *change_at(const struct measure *m, size_t row)
{
    assert_string_equal(m[row].representation, "noise");
    assert_string_equal(m[row].change.from, "original");
    return &m[row].change;
}

static double variance_of(const struct measure_change *c)
{
    assert_true(fabs(c->hi - c->value - (c->value - c->lo)) < 1e-12);
    return pow((c->hi - c->lo) / 2 / Z, 2);
}

/* --- as somebody else has it --------------------------------------------------------------- */

struct reference {
    const char *name;
    double rows, patients, positives, value, variance;
};

/* Is this a line of `word`? Then v has the numbers behind it. */
static bool line_of(double v[static 4], const char *line, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(line, word, len) != 0)
        return false;
    char *end = NULL;
    line += len;
    for (size_t i = 0; i < 4; i++, line = end)
        v[i] = strtod(line, &end);
    return true;
}

static void put_row(struct setup *s, const double v[static 4], size_t at)
{
    const struct exam_row *original = &s->e.row[at], *noise = &s->e.row[TARGETS + at];
    const struct probe_head *head = probes_spec(s->e.probes)->head;
    struct cohort *c = &s->cohort;
    size_t i = c->rows++;
    real *logits = c->fresh + i * s->e.probes->outputs;
    assert_true(i < ROWS);
    c->patient[i] = (uint64_t)v[0];
    (original->r2 ? c->group + ROWS : c->task)[i] = (real)v[1];
    logits[head[s->e.unit[original->unit].head].out_at] = (real)v[2];
    logits[head[s->e.unit[noise->unit].head].out_at] = (real)v[3];
}

/* The cohort of this name: its truth and its two scores as row `at`'s target of the setup. */
static struct reference read_cohort(struct setup *s, const char *name, size_t at)
{
    FILE *f = fopen(GOLDEN, "r");
    if (f == NULL)
        fail_msg("%s cannot be read; tests run in the project's root", GOLDEN);
    char line[128], head[64];
    double v[4] = {0}, rows = 0;
    struct reference r = {.name = name};
    bool whole = false;
    s->cohort.rows = 0;
    snprintf(head, sizeof head, "cohort %s ", name);
    while (!whole && fgets(line, sizeof line, f) != NULL) {
        if (line_of(v, line, head))
            rows = v[0];
        if (rows > 0 && line_of(v, line, "row ")) {
            put_row(s, v, at);
            r.rows++, r.patients = v[0], r.positives += v[1];
        }
        whole = rows > 0 && line_of(v, line, "change ");
        r.value = v[0], r.variance = v[1];
    }
    assert_true(whole && r.rows == rows);
    fclose(f);
    return r;
}

/* What rounding every patient's part to the grain may do to the variance of an AUC's change. */
static double slack_of(const struct reference *r, bool r2)
{
    double each = r->patients * EXAM_GRAIN / 2;
    double m = r->positives, n = r->rows - r->positives;
    return r2 ? 1e-6 : 1.2 * each * (1 / (m * m) + 1 / (n * n) + 2 / (m * n));
}

static void same_as_reference(const struct setup *s, const struct reference *r, bool r2)
{
    struct measure m[32];
    bool by_row = r->rows == r->patients;
    exam_measures(m, &s->e, 1);
    const struct measure_change *c = change_at(m, TARGETS + (r2 ? 4 : 0));
    near(r->name, c->value, r->value);
    if (!(fabs(variance_of(c) - r->variance) <= slack_of(r, r2)))
        fail_msg("%s: variance %.15g, the reference says %.15g", r->name, variance_of(c),
                 r->variance);
    assert_string_equal(c->interval, !by_row ? "clustered" : r2 ? "delta" : "delong");
}

static void changes_agree_with_the_reference(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t row; /* disease, age */
    } rows[] = {{"auc-rows", 0}, {"auc-patients", 0}, {"r2-rows", 4}, {"r2-patients", 4}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct setup s;
        open_setup(&s, both_once, COUNT(both_once));
        draw(&s, 1);
        struct reference r = read_cohort(&s, rows[i].name, rows[i].row);
        publish(&s);
        same_as_reference(&s, &r, rows[i].row == 4);
        close_setup(&s);
    }
}

/* --- by hand ------------------------------------------------------------------------------- */

/* The placement of row i of a row of the exam, averaged over seeds: its part of the other class
 * that it is right about. NAN for a row of neither class. */
static double placed(const struct setup *s, const struct exam_row *row, size_t i)
{
    const struct cohort *c = &s->cohort;
    const struct exam_unit *u = &s->e.unit[row->unit];
    const real *label = (u->group ? c->group : c->task) + u->target * ROWS;
    double right = 0, others = 0;
    for (size_t k = 0; k < u->seeds; k++) {
        size_t at = probes_spec(s->e.probes)->head[u->head + k].out_at;
        for (size_t j = 0; j < c->rows; j++) {
            if (!(label[j] == 1 - label[i]))
                continue;
            double mine = (double)c->fresh[i * s->e.probes->outputs + at];
            double its = (double)c->fresh[j * s->e.probes->outputs + at];
            double up = label[i] == 1 ? mine - its : its - mine;
            right += up > 0 ? 1 : up == 0 ? .5 : 0;
            others++;
        }
    }
    return isnan(label[i]) ? (double)NAN : right / others;
}

/* Sums of patients' differences between two rows of the exam, and the change of their AUC. */
static double by_hand(struct cluster_sums *sums, const struct setup *s, size_t now, size_t before)
{
    const struct cohort *c = &s->cohort;
    const struct exam_unit *u = &s->e.unit[s->e.row[now].unit];
    const real *label = (u->group ? c->group : c->task) + u->target * ROWS;
    double mean[2] = {0, 0}, rows[2] = {0, 0}, d[ROWS];
    *sums = (struct cluster_sums){.xx = 0};
    for (size_t i = 0; i < c->rows; i++) {
        d[i] = placed(s, &s->e.row[now], i) - placed(s, &s->e.row[before], i);
        if (isnan(d[i]))
            continue;
        rows[(size_t)label[i]]++;
        mean[(size_t)label[i]] += d[i];
    }
    double change = mean[1] / rows[1];
    near("either class tells the change", mean[0] / rows[0], change);
    for (size_t i = 0, end; i < c->rows; i = end) {
        double own[2] = {0, 0};
        for (end = i; end < c->rows && c->patient[end] == c->patient[i]; end++)
            if (!isnan(d[end]))
                own[(size_t)label[end]] += d[end] - change;
        sums->xx += own[1] * own[1], sums->yy += own[0] * own[0], sums->xy += own[1] * own[0];
    }
    return change;
}

static void a_change_is_of_the_mean_of_all_probes(void **state)
{
    (void)state;
    static const size_t rows[] = {0, 3};
    struct setup s;
    struct measure m[32];
    open_setup(&s, both, 1);
    draw(&s, 4);
    publish(&s);
    exam_measures(m, &s.e, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cluster_sums sums;
        size_t now = TARGETS + rows[i];
        double change = by_hand(&sums, &s, now, rows[i]);
        const double *place = s.e.place + s.e.row[now].place_at + AUC_PLACE_VALUES;
        const double want[] = {sums.xx, sums.yy, sums.xy};
        for (size_t k = 0; k < COUNT(want); k++)
            if (!(fabs(place[k] - want[k]) <= ROWS * EXAM_GRAIN / 2))
                fail_msg("sum %zu of row %zu: %.15g, by hand %.15g", k, now, place[k], want[k]);
        near("change", change_at(m, now)->value, change);
        near("it is the difference", m[now].value - m[rows[i]].value, change);
    }
    close_setup(&s);
}

/* --- which, and which not ------------------------------------------------------------------ */

static void only_what_the_originals_have_too_is_a_change(void **state)
{
    (void)state;
    static const char *const noise[] = {"evaluate.representations=[\"noise\"]"};
    struct setup s;
    struct measure m[32];
    open_setup(&s, both, 1);
    draw(&s, 2);
    publish(&s);
    exam_measures(m, &s.e, 1);
    /* Two of five rows, the subject's own head with its accuracy, and what needs no head. */
    assert_int_equal(s.e.row_count, 2 * TARGETS + 1);
    assert_int_equal(exam_measure_count(&s.e), 2 * TARGETS + 2 + TARGETS);
    for (size_t i = 0; i < exam_measure_count(&s.e); i++)
        assert_true((m[i].change.from != NULL) == (i >= TARGETS && i < 2 * TARGETS));
    for (size_t i = 0; i < TARGETS; i++) {
        assert_int_equal(s.e.row[TARGETS + i].original, i);
        assert_string_equal(m[TARGETS + i].target, m[i].target);
    }
    close_setup(&s);
    open_setup(&s, noise, 1);
    for (size_t w = 0; w < s.e.row_count; w++)
        assert_true(s.e.row[w].original == EXAM_NO_ROW);
    close_setup(&s);
}

static void a_change_is_from_the_same_kind_of_probe_and_never_of_poisoned_labels(void **state)
{
    (void)state;
    static const char *const all[] = {
        "evaluate.representations=[\"original\", \"erasure\", \"noise\"]",
        "evaluate.probes=[\"linear\", \"mlp\"]",
        "attacks[0].task=disease",
        "attacks[0].group=sex",
        "attacks[0].level=f",
    };
    struct setup s;
    size_t changes = 0, trials = 0;
    open_setup(&s, all, COUNT(all));
    for (size_t w = 0; w < s.e.row_count; w++) {
        const struct exam_row *row = &s.e.row[w];
        const struct exam_unit *u = &s.e.unit[row->unit];
        trials += u->trial > 0;
        if (row->original == EXAM_NO_ROW)
            continue;
        const struct exam_unit *from = &s.e.unit[s.e.row[row->original].unit];
        assert_int_equal(from->kind, u->kind);
        assert_int_equal(from->representation, REP_ORIGINAL);
        assert_true(from->trial == 0 && u->trial == 0);
        changes++;
    }
    assert_int_equal(changes, 2 * 2 * TARGETS);
    assert_true(trials > 0);
    close_setup(&s);
}

static void the_same_scores_are_no_change_and_say_nothing_of_its_error(void **state)
{
    (void)state;
    struct setup s;
    struct measure m[32];
    open_setup(&s, both, 1);
    draw(&s, 2);
    size_t outputs = s.e.probes->outputs, half = outputs / 2;
    for (size_t i = 0; i < ROWS; i++)
        memcpy(s.cohort.fresh + i * outputs + half, s.cohort.fresh + i * outputs,
               half * sizeof(real));
    publish(&s);
    exam_measures(m, &s.e, 1);
    for (size_t i = TARGETS; i < 2 * TARGETS; i++) {
        assert_true(change_at(m, i)->value == 0);
        assert_true(isnan(m[i].change.lo) && isnan(m[i].change.hi));
        assert_string_equal(m[i].change.interval, "");
        assert_true(m[i].lo < m[i].value);
    }
    close_setup(&s);
}

/* 10 patients of known sex and age. */
static void what_is_withheld_has_no_change(void **state)
{
    (void)state;
    struct setup s;
    struct measure m[32];
    open_setup(&s, both, 1);
    draw(&s, 3);
    size_t seen = 0;
    for (size_t i = 0; i < ROWS; i++) {
        seen += i == 0 || s.cohort.patient[i] != s.cohort.patient[i - 1];
        for (size_t t = 0; t < 2 && seen > 10; t++)
            s.cohort.group[t * ROWS + i] = (real)NAN;
    }
    publish(&s);
    exam_measures(m, &s.e, 11);
    for (size_t i = TARGETS + 3; i < 2 * TARGETS; i++) {
        assert_true(m[i].withheld);
        assert_true(isnan(change_at(m, i)->value) && isnan(m[i].change.lo));
    }
    assert_false(m[TARGETS].withheld);
    assert_true(m[TARGETS].change.lo < m[TARGETS].change.value);
    close_setup(&s);
}

static void a_class_of_nobody_has_no_change(void **state)
{
    (void)state;
    struct setup s;
    struct measure m[32];
    open_setup(&s, both, 1);
    draw(&s, 3);
    for (size_t i = 0; i < ROWS; i++)
        s.cohort.group[i] = 0;
    publish(&s);
    for (size_t k = 0; k < s.e.place_values; k++)
        assert_true(isfinite(s.place[k])); /* it must travel */
    exam_measures(m, &s.e, 1);
    assert_true(isnan(change_at(m, TARGETS + 3)->value) && isnan(m[TARGETS + 3].change.lo));
    assert_false(m[TARGETS + 3].withheld);
    close_setup(&s);
}

static void changes_that_no_patients_make_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t row, at;
        double value;
        bool good;
    } rows[] = {
        {"changes of the classes that go apart", TARGETS, AUC_PLACE_VALUES + 2, -.5, true},
        {"a negative square of positives", TARGETS, AUC_PLACE_VALUES, -.5, false},
        {"a negative square of negatives", TARGETS, AUC_PLACE_VALUES + 1, -.5, false},
        {"errors that grow where the spread is small", TARGETS + 4, R2_PLACE_VALUES + 1, -.5, true},
        {"a negative square of errors", TARGETS + 4, R2_PLACE_VALUES, -.5, false},
    };
    struct setup s;
    open_setup(&s, both, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        double *value = s.place + s.e.row[rows[i].row].place_at + rows[i].at;
        *value = rows[i].value;
        enum status st = exam_judge_place(&s.e, s.place);
        if ((st == ST_OK) != rows[i].good || (st != ST_OK && fault_kept()->what != EC_RUN_SUM))
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "taken" : fault_text());
        *value = 0;
    }
    close_setup(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_agree_with_the_reference),
        cmocka_unit_test(a_change_is_of_the_mean_of_all_probes),
        cmocka_unit_test(only_what_the_originals_have_too_is_a_change),
        cmocka_unit_test(a_change_is_from_the_same_kind_of_probe_and_never_of_poisoned_labels),
        cmocka_unit_test(the_same_scores_are_no_change_and_say_nothing_of_its_error),
        cmocka_unit_test(what_is_withheld_has_no_change),
        cmocka_unit_test(a_class_of_nobody_has_no_change),
        cmocka_unit_test(changes_that_no_patients_make_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
