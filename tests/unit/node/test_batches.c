#include "tests/support/check.h"

#include "node/batches.h"

#define ROWS  50
#define WIDTH 3

/* Row r holds r, r+.25, r+.5; its task is 100+r, its groups 200+r and 300+r. */
struct fixture {
    real x[ROWS * WIDTH], task[ROWS], group[2 * ROWS];
    uint32_t row[ROWS], order[ROWS];
    struct rows_view view;
    struct arena arena;
};

static void fixture_open(struct fixture *f, size_t count)
{
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t j = 0; j < WIDTH; j++)
            f->x[r * WIDTH + j] = (real)r + (real)j / 4;
        f->task[r] = (real)(100 + r);
        f->group[r] = (real)(200 + r);
        f->group[ROWS + r] = (real)(300 + r);
        f->row[r] = (uint32_t)(ROWS - 1 - r); /* a view need not be ascending */
    }
    f->view = (struct rows_view){.width = WIDTH,
                                 .x = f->x,
                                 .task = f->task,
                                 .group = f->group,
                                 .total = ROWS,
                                 .task_count = 1,
                                 .group_count = 2,
                                 .row = f->row,
                                 .count = count};
    arena_open(&f->arena, 1u << 20);
}

static size_t row_of(const struct batch *b, size_t i)
{
    return (size_t)b->task[i] - 100;
}

static void check_rows(const struct batch *b)
{
    assert_int_equal(b->width, WIDTH);
    for (size_t i = 0; i < b->rows; i++) {
        size_t r = row_of(b, i);
        for (size_t j = 0; j < WIDTH; j++)
            assert_true(b->x[i * WIDTH + j] == (real)r + (real)j / 4);
        assert_true(b->group[i] == (real)(200 + r));
        assert_true(b->group[b->rows + i] == (real)(300 + r));
    }
}

static void every_pass_holds_every_row_once_in_batches_of_the_promised_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t count, batch, per_pass, last;
    } rows[] = {
        {"it divides", 48, 16, 3, 16},
        {"a rest of half a batch stands", 40, 16, 3, 8},
        {"a smaller rest joins the last", 39, 16, 2, 23},
        {"an odd batch, half of it is more", 7, 5, 1, 7},
        {"an odd batch, the rest is 3 of 5", 8, 5, 2, 3},
        {"a batch larger than the view", 10, 99, 1, 10},
        {"one row", 1, 16, 1, 1},
        {"batches of one", 5, 1, 5, 1},
    };
    struct fixture f;
    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture_open(&f, rows[i].count);
        struct batches b;
        batches_open(&b, &f.view, rows[i].batch, 7, 1, 2, f.order);
        if (b.per_pass != rows[i].per_pass)
            fail_msg("%s: %zu batches", rows[i].what, b.per_pass);
        for (size_t pass = 0; pass < 3; pass++) {
            unsigned seen[ROWS] = {0};
            for (size_t k = 0; k < b.per_pass; k++) {
                size_t mark = arena_mark(&f.arena);
                struct batch batch = batches_next(&b, &f.arena);
                size_t want = k + 1 == b.per_pass ? rows[i].last : b.batch;
                if (batch.rows != want)
                    fail_msg("%s: batch %zu has %zu rows", rows[i].what, k, batch.rows);
                check_rows(&batch);
                for (size_t r = 0; r < batch.rows; r++)
                    seen[row_of(&batch, r)]++;
                arena_rewind(&f.arena, mark);
            }
            for (size_t r = 0; r < ROWS; r++)
                if (seen[r] != (r >= ROWS - rows[i].count ? 1u : 0u))
                    fail_msg("%s: row %zu came %u times", rows[i].what, r, seen[r]);
            assert_int_equal(b.pass, pass + 1);
        }
        arena_close(&f.arena);
    }
}

static void a_rest_that_is_kept_is_a_batch_of_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t count, batch, per_pass, last;
    } rows[] = {
        {"a rest of one", 33, 16, 3, 1},
        {"it divides", 48, 16, 3, 16},
        {"less than a batch", 7, 16, 1, 7},
        {"what would stand anyway", 40, 16, 3, 8},
    };
    struct fixture f;
    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture_open(&f, rows[i].count);
        struct batches b;
        batches_open(&b, &f.view, rows[i].batch, 7, 1, 2, f.order);
        batches_keep_rest(&b);
        if (b.per_pass != rows[i].per_pass)
            fail_msg("%s: %zu batches", rows[i].what, b.per_pass);
        for (size_t k = 0; k < 2 * b.per_pass; k++) {
            struct batch batch = batches_next(&b, &f.arena);
            bool last = k % b.per_pass + 1 == b.per_pass;
            if (batch.rows != (last ? rows[i].last : b.batch))
                fail_msg("%s: batch %zu has %zu rows", rows[i].what, k, batch.rows);
            check_rows(&batch);
        }
        arena_close(&f.arena);
    }
}

/* The order of one pass of (seed, site, round), the first `passes` of them thrown away. */
static void order_of(uint32_t out[ROWS], struct fixture *f, uint64_t seed, uint64_t site,
                     uint64_t round, size_t passes)
{
    struct batches b;
    batches_open(&b, &f->view, ROWS, seed, site, round, f->order);
    for (size_t pass = 0; pass <= passes; pass++) {
        size_t mark = arena_mark(&f->arena);
        struct batch batch = batches_next(&b, &f->arena);
        for (size_t i = 0; i < ROWS; i++)
            out[i] = (uint32_t)row_of(&batch, i);
        arena_rewind(&f->arena, mark);
    }
}

static void the_order_belongs_to_seed_site_round_and_pass(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint64_t seed, site, round;
        size_t pass;
        bool same;
    } rows[] = {
        {"the same", 7, 1, 2, 0, true},      {"another seed", 8, 1, 2, 0, false},
        {"another site", 7, 2, 2, 0, false}, {"another round", 7, 1, 3, 0, false},
        {"another pass", 7, 1, 2, 1, false},
    };
    struct fixture f;
    fixture_open(&f, ROWS);
    uint32_t first[ROWS], again[ROWS];
    order_of(first, &f, 7, 1, 2, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        order_of(again, &f, rows[i].seed, rows[i].site, rows[i].round, rows[i].pass);
        if ((memcmp(first, again, sizeof(first)) == 0) != rows[i].same)
            fail_msg("%s", rows[i].what);
    }
    arena_close(&f.arena);
}

static void batches_bytes_is_enough_for_the_largest_batch(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 7, 16, 33, 50, 64};
    struct fixture f;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        fixture_open(&f, 49);
        arena_close(&f.arena);
        struct batches b;
        batches_open(&b, &f.view, sizes[i], 1, 1, 1, f.order);
        arena_open(&f.arena, batches_bytes(&b));
        for (size_t k = 0; k < 2 * b.per_pass; k++) {
            (void)batches_next(&b, &f.arena); /* stops when the arena is too small */
            arena_rewind(&f.arena, 0);
        }
        arena_close(&f.arena);
    }
}

static void a_slice_is_the_views_rows_in_order(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, 20);
    struct batch b = batches_slice(&f.view, 5, 10, &f.arena);
    assert_int_equal(b.rows, 10);
    check_rows(&b);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(row_of(&b, i), ROWS - 1 - (5 + i));
    struct batch none = batches_slice(&f.view, 20, 0, &f.arena);
    assert_int_equal(none.rows, 0);
    arena_close(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rest_that_is_kept_is_a_batch_of_its_own),
        cmocka_unit_test(every_pass_holds_every_row_once_in_batches_of_the_promised_sizes),
        cmocka_unit_test(the_order_belongs_to_seed_site_round_and_pass),
        cmocka_unit_test(batches_bytes_is_enough_for_the_largest_batch),
        cmocka_unit_test(a_slice_is_the_views_rows_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
