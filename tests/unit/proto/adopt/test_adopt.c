#include "tests/support/check.h"

#include <math.h>

#include "crypto/fixed.h"
#include "proto/adopt/adopt.h"
#include "proto/adopt/parts.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/wire/plan.h"
#include "tests/support/scratch.h"

#define SITES 3

static const char text[] =
    "plan = \"adopt\"; rounds = 2; model = { name = \"linear\"; };\n"
    "tasks = ( { name = \"disease\"; } ); groups = ( { name = \"sex\"; } );\n"
    "evaluate = { probes = []; };\n";

/* The two ends of one run, and the sum of the leg that is due. */
struct ends {
    struct scratch scratch;
    struct plan plan;
    struct course node, coordinator;
    struct ring sum;
};

static struct population schema(void)
{
    struct population who = {.width = 3, .task_count = 1, .group_count = 1};
    who.task[0] = (struct target){.name = "disease", .levels = 2, .train = true};
    who.group[0] = (struct target){.name = "sex", .levels = 2};
    return who;
}

static void open_ends(struct ends *e, const char *const *overrides, size_t count)
{
    char path[SCRATCH_MAX];
    struct population who = schema();
    *e = (struct ends){.scratch = scratch_open()};
    check_ok(file_write(scratch_file(path, &e->scratch, "plan.cfg"), text, strlen(text)));
    check_ok(plan_load(&e->plan, path, overrides, count, adopt_parts, adopt_part_count));
    check_ok(course_open(&e->node, e->plan.set, &who));
    check_ok(course_open(&e->coordinator, e->plan.set, &who));
}

static void close_ends(struct ends *e)
{
    course_close(&e->node);
    course_close(&e->coordinator);
    plan_close(&e->plan);
    free(e->sum.word);
    scratch_close(&e->scratch);
}

/* What site number s contributes to the due leg. */
static void contribute(struct ring *out, const struct course *c, size_t s)
{
    double *v = must_alloc(c->leg.values, sizeof *v);
    float *f = must_alloc(c->leg.values, sizeof *f);
    for (size_t i = 0; i < c->leg.values; i++) {
        v[i] = c->leg.kind == LEG_MOMENTS ? (double)(10 + s) : 0;
        f[i] = (float)(.01 * sin((double)(i + 7 * s)));
    }
    if (c->leg.mean) {
        struct quant q;
        size_t clipped = 0;
        check_ok(adopt_quant(&q, c, SITES));
        check_ok(quant_encode(out, &q, f, c->leg.values, (double)(10 + s), &clipped));
    } else {
        check_ok(fixed_encode(out, v, c->leg.values, c->leg.shift, SITES));
    }
    free(v);
    free(f);
}

static void add_up(struct ends *e)
{
    struct ring term = {0};
    adopt_shape(&term.bits, &term.words, &e->node);
    size_t bytes = ring_bytes(term.bits, term.words);
    term.word = must_alloc(1, bytes);
    free(e->sum.word);
    e->sum = (struct ring){.bits = term.bits, .words = term.words, .word = must_alloc(1, bytes)};
    for (size_t s = 0; s < SITES; s++) {
        contribute(&term, &e->node, s);
        ring_add(&e->sum, &term);
    }
    free(term.word);
}

/* Walks both ends on until this leg is due, with the same sums. */
static void walk_to(struct ends *e, enum leg_kind kind)
{
    while (e->node.leg.kind != kind) {
        struct digest a;
        struct digest b;
        add_up(e);
        check_ok(adopt_sum(&e->node, &a, &e->sum, SITES, SITES));
        check_ok(adopt_sum(&e->coordinator, &b, &e->sum, SITES, SITES));
        assert_true(digest_equal(&a, &b));
    }
    add_up(e);
}

static bool same_weights(const struct course *a, const struct course *b)
{
    return memcmp(a->theta, b->theta, a->model->params * sizeof(real)) == 0;
}

static void both_ends_compute_the_same_from_the_same_sum(void **state)
{
    (void)state;
    static const char *const bits[] = {"update.bits=32", "update.bits=64"};
    for (size_t i = 0; i < COUNT(bits); i++) {
        struct ends e;
        open_ends(&e, &bits[i], 1);
        walk_to(&e, LEG_TRAIN);
        real before = e.node.theta[0];
        walk_to(&e, LEG_END);
        assert_true(e.node.theta[0] != before);
        assert_true(same_weights(&e.node, &e.coordinator));
        struct digest a = adopt_model_digest(&e.node);
        struct digest b = adopt_model_digest(&e.coordinator);
        assert_true(digest_equal(&a, &b));
        close_ends(&e);
    }
}

static void another_sum_or_another_round_has_another_fingerprint(void **state)
{
    (void)state;
    struct ends e;
    struct digest print[3];
    struct digest other;
    open_ends(&e, NULL, 0);
    walk_to(&e, LEG_MOMENTS);
    check_ok(adopt_sum(&e.node, &print[0], &e.sum, SITES, SITES));
    ring_put(&e.sum, 0, ring_get(&e.sum, 0) + 1); /* one grain of one feature */
    check_ok(adopt_sum(&e.coordinator, &other, &e.sum, SITES, SITES));
    assert_false(digest_equal(&print[0], &other));
    close_ends(&e);

    open_ends(&e, NULL, 0);
    walk_to(&e, LEG_TRAIN);
    ring_put(&e.sum, 0, ring_get(&e.sum, 0) + (1 << 20)); /* enough to be seen in a float */
    check_ok(adopt_sum(&e.node, &print[0], &e.sum, SITES, SITES));
    add_up(&e);
    check_ok(adopt_sum(&e.coordinator, &other, &e.sum, SITES, SITES));
    assert_false(digest_equal(&print[0], &other));
    /* Nobody has any weight: the model stays, the round is another. */
    real kept = e.node.theta[0];
    ring_clear(&e.sum);
    ring_put(&e.sum, e.node.leg.values, SITES);
    check_ok(adopt_sum(&e.node, &print[1], &e.sum, SITES, SITES));
    assert_true(e.node.theta[0] == kept);
    assert_false(digest_equal(&print[0], &print[1]));
    close_ends(&e);
}

/* A word of the sum from its front, or from the end of its values on; 0 adds nothing. */
struct spoil {
    const char *what;
    bool tail;
    size_t at;
    int64_t add;
    uint32_t counted;
};

static void spoiled_sums_change_nothing(struct ends *e, enum leg_kind kind,
                                        const struct spoil *rows, size_t count)
{
    struct digest good;
    struct digest print;
    for (size_t i = 0; i < count; i++) {
        open_ends(e, NULL, 0);
        walk_to(e, kind);
        struct leg due = e->node.leg;
        size_t at = (rows[i].tail ? due.values : 0) + rows[i].at;
        ring_put(&e->sum, at, ring_get(&e->sum, at) + rows[i].add);
        if (adopt_sum(&e->node, &print, &e->sum, SITES, rows[i].counted) == ST_OK ||
            fault_kept()->what != EC_RUN_SUM)
            fail_msg("%s of `%s`: %s", rows[i].what, leg_name(kind), fault_text());
        assert_memory_equal(&e->node.leg, &due, sizeof due);
        add_up(e); /* tried again, it goes on as if nothing had been */
        check_ok(adopt_sum(&e->node, &print, &e->sum, SITES, SITES));
        check_ok(adopt_sum(&e->coordinator, &good, &e->sum, SITES, SITES));
        assert_true(digest_equal(&print, &good));
        assert_true(same_weights(&e->node, &e->coordinator));
        close_ends(e);
    }
}

static void a_spoiled_sum_leaves_the_course_as_it_was(void **state)
{
    (void)state;
    static const struct spoil sums[] = {
        {"a site too many", true, 0, 1, SITES},
        {"a site that is missing", true, 0, 0, SITES - 1},
        {"the first guard word", true, 1, 1, SITES},
        {"the last guard word", true, 4, -1, SITES},
    };
    static const struct spoil means[] = {
        {"a site too many", true, 0, 1, SITES},
        {"a site that is missing", true, 0, 0, SITES - 1},
        {"more sites than there are", true, 0, 1, SITES + 1},
        {"a weight beyond its cap", true, 2, 1, SITES},
        {"a negative weight", true, 1, -40, SITES},
        {"the first guard word", true, 3, 1, SITES},
        {"the last guard word", true, 6, 1 << 30, SITES},
        {"a value beyond the clip", false, 1, 2000000000, SITES},
    };
    struct ends e;
    spoiled_sums_change_nothing(&e, LEG_MOMENTS, sums, COUNT(sums));
    spoiled_sums_change_nothing(&e, LEG_TRAIN, means, COUNT(means));
}

/* A peer may send anything: none of it may stop the program. */
static void a_sum_of_another_shape_is_refused(void **state)
{
    (void)state;
    static const enum leg_kind kinds[] = {LEG_MOMENTS, LEG_TRAIN, LEG_TEST};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct ends e;
        struct digest print;
        open_ends(&e, NULL, 0);
        walk_to(&e, kinds[k]);
        struct ring shorter = e.sum;
        struct ring wider = e.sum;
        struct ring strange = e.sum;
        struct ring none = e.sum;
        shorter.words--;
        wider.bits = e.sum.bits == 32 ? 64 : 32;
        wider.words /= 2;
        strange.bits = 48;
        none.word = NULL;
        const struct ring *const rows[] = {&shorter, &wider, &strange, &none};
        for (size_t i = 0; i < COUNT(rows); i++)
            check_fault(adopt_sum(&e.node, &print, rows[i], SITES, SITES), EC_RUN_SUM);
        check_ok(adopt_sum(&e.node, &print, &e.sum, SITES, SITES));
        close_ends(&e);
    }
}

static void the_digest_of_a_model_is_of_its_weights_alone(void **state)
{
    (void)state;
    struct ends e;
    open_ends(&e, NULL, 0);
    walk_to(&e, LEG_TRAIN);
    struct digest before = adopt_model_digest(&e.node);
    e.node.leg.round++;
    e.node.mean[0] += 1;
    struct digest same = adopt_model_digest(&e.node);
    assert_true(digest_equal(&before, &same));
    e.node.theta[e.node.model->params - 1] += 1;
    struct digest other = adopt_model_digest(&e.node);
    assert_false(digest_equal(&before, &other));
    close_ends(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_compute_the_same_from_the_same_sum),
        cmocka_unit_test(another_sum_or_another_round_has_another_fingerprint),
        cmocka_unit_test(a_spoiled_sum_leaves_the_course_as_it_was),
        cmocka_unit_test(a_sum_of_another_shape_is_refused),
        cmocka_unit_test(the_digest_of_a_model_is_of_its_weights_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
