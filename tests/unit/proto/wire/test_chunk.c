#include "proto/wire/chunk.h"

#include "proto/base/rng.h"
#include "tests/support/check.h"
#include "tests/support/stops.h"

#define PIECE ((size_t)WIRE_CHUNK_BYTES)

static uint8_t *random_bytes(size_t len, struct rng *r)
{
    uint8_t *bytes = malloc(len + 8);
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = rng_u64(r);
        memcpy(bytes + i, &word, 8);
    }
    return bytes;
}

static void pieces_cover_every_byte_once(void **state)
{
    (void)state;
    static const struct {
        size_t bytes, count, last;
    } rows[] = {
        {1, 1, 1},
        {PIECE - 1, 1, PIECE - 1},
        {PIECE, 1, PIECE},
        {PIECE + 1, 2, 1},
        {20 * PIECE, 20, PIECE},
        {20 * PIECE + 7, 21, 7},
        {WIRE_VECTOR_MAX, WIRE_CHUNKS_MAX, PIECE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t sum = 0;
        assert_int_equal(chunk_count(rows[i].bytes), rows[i].count);
        for (uint32_t at = 0; at < rows[i].count; at++)
            sum += chunk_len(rows[i].bytes, at);
        assert_int_equal(sum, rows[i].bytes);
        assert_int_equal(chunk_len(rows[i].bytes, (uint32_t)rows[i].count - 1), rows[i].last);
    }
}

static void a_piece_of_a_wrong_length_or_number_is_refused(void **state)
{
    (void)state;
    struct rng r = rng_open(1, RNG_TEST, 0, 0, 0);
    size_t len = 2 * PIECE + 10;
    uint8_t *want = random_bytes(len, &r), *room = calloc(1, len);
    assert_non_null(room);
    struct chunk_in in;
    chunk_in_open(&in, room, len);
    static const struct {
        uint32_t at;
        size_t len;
    } rows[] = {{0, 0},     {0, PIECE - 1},   {1, PIECE - 1}, {1, 10},
                {2, 9},     {2, 11},          {2, PIECE},     {3, 10},
                {3, PIECE}, {UINT32_MAX, 10}, {0, PIECE + 1}, {2, 0}};
    for (size_t i = 0; i < COUNT(rows); i++)
        check_fault(chunk_in_take(&in, rows[i].at, want, rows[i].len), EC_WIRE_BODY);
    assert_int_equal(in.below, 0);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(room[i], 0);
    free(want);
    free(room);
}

static void a_piece_counts_once_and_the_first_copy_stays(void **state)
{
    (void)state;
    struct rng r = rng_open(2, RNG_TEST, 0, 0, 0);
    size_t len = 3 * PIECE;
    uint8_t *want = random_bytes(len, &r), *other = random_bytes(PIECE, &r), *room = calloc(1, len);
    assert_non_null(room);
    struct chunk_in in;
    chunk_in_open(&in, room, len);
    static const struct {
        uint32_t at, below;
    } rows[] = {{1, 0}, {1, 0}, {0, 2}, {0, 2}, {1, 2}, {2, 3}, {2, 3}};
    bool first[3] = {true, true, true};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t at = rows[i].at;
        assert_false(chunk_in_whole(&in));
        if (i == COUNT(rows) - 1)
            break;
        check_ok(chunk_in_take(&in, at, first[at] ? want + at * PIECE : other, PIECE));
        first[at] = false;
        assert_int_equal(in.below, rows[i].below);
        if (in.below == 3)
            break;
    }
    assert_true(chunk_in_whole(&in));
    check_ok(chunk_in_take(&in, 2, other, PIECE));
    assert_memory_equal(room, want, len);
    struct digest d = chunk_digest(want, len);
    check_ok(chunk_in_judge(&in, &d));
    free(want);
    free(other);
    free(room);
}

static void a_whole_that_is_not_the_announced_one_is_refused(void **state)
{
    (void)state;
    struct rng r = rng_open(3, RNG_TEST, 0, 0, 0);
    size_t len = PIECE + 1000;
    uint8_t *want = random_bytes(len, &r), *room = calloc(1, len);
    assert_non_null(room);
    struct digest d = chunk_digest(want, len);
    for (size_t i = 0; i < 200; i++) {
        size_t bit = rng_below(&r, (uint32_t)len * 8);
        want[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        struct chunk_in in;
        chunk_in_open(&in, room, len);
        check_ok(chunk_in_take(&in, 0, want, PIECE));
        check_ok(chunk_in_take(&in, 1, want + PIECE, 1000));
        check_fault(chunk_in_judge(&in, &d), EC_WIRE_DIGEST);
        want[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    free(want);
    free(room);
}

/* Sends all that may be sent now; how many. */
static uint32_t burst(struct chunk_out *o, uint64_t now_ms)
{
    uint32_t sent = 0, at;
    for (; chunk_out_next(&at, o, now_ms); sent++)
        assert_true(at >= o->acked && at < o->acked + WIRE_WINDOW && at < o->count);
    return sent;
}

static void the_window_moves_with_the_acknowledgements_alone(void **state)
{
    (void)state;
    static uint8_t bytes[1]; /* chunk_out never reads them */
    struct chunk_out o;
    chunk_out_open(&o, bytes, 30 * PIECE, 1000);
    assert_int_equal(burst(&o, 1000), WIRE_WINDOW);
    assert_int_equal(burst(&o, 1001), 0);
    chunk_out_ack(&o, 3, 1002);
    assert_int_equal(burst(&o, 1002), 3);
    chunk_out_ack(&o, 2, 1003); /* late */
    assert_int_equal(o.acked, 3);
    chunk_out_ack(&o, 31, 1003); /* of more than there is */
    assert_int_equal(o.acked, 3);
    assert_int_equal(burst(&o, 1003), 0);
    chunk_out_ack(&o, 11, 1004);
    assert_int_equal(burst(&o, 1004), WIRE_WINDOW);
    chunk_out_ack(&o, 30, 1005); /* more than was sent now: it arrived before a cut */
    assert_true(chunk_out_done(&o));
    assert_int_equal(burst(&o, 1000000), 0);
}

static void silence_makes_the_window_go_again_each_time_later(void **state)
{
    (void)state;
    static uint8_t bytes[1];
    struct chunk_out o;
    chunk_out_open(&o, bytes, 30 * PIECE, 0);
    assert_int_equal(burst(&o, 777000), WIRE_WINDOW); /* opened long ago: that was no silence */
    assert_int_equal(o.next, WIRE_WINDOW);
    uint64_t now = 777000;
    static const uint64_t waits[] = {5000, 10000, 20000, 40000, 60000, 60000};
    for (size_t i = 0; i < COUNT(waits); i++) {
        assert_int_equal(burst(&o, now + waits[i] - 1), 0);
        now += waits[i];
        assert_int_equal(burst(&o, now), WIRE_WINDOW);
    }
    chunk_out_ack(&o, 2, now + 59990); /* progress starts the wait again */
    chunk_out_ack(&o, 2, now + 59999); /* saying so twice does not */
    assert_int_equal(burst(&o, now + 60001), 2);
    assert_int_equal(o.heard_ms, now + 59990);
    assert_int_equal(o.next, 10);
    chunk_out_rewind(&o, now + 60001); /* a new line is patient again from the start */
    assert_int_equal(burst(&o, now + 60001), WIRE_WINDOW);
    assert_int_equal(burst(&o, now + 65000), 0);
    assert_int_equal(burst(&o, now + 65001), WIRE_WINDOW);
}

static void a_cut_line_goes_on_where_the_receiver_is(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint32_t says, from;
    } rows[] = {
        {"as far as we knew", 5, 5},  {"further: its acknowledgements were lost", 9, 9},
        {"it lost everything", 0, 0}, {"it lost something", 3, 3},
        {"it has all", 12, 12},
    };
    static uint8_t bytes[1];
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct chunk_out o;
        uint32_t at = 99;
        chunk_out_open(&o, bytes, 12 * PIECE, 0);
        assert_int_equal(burst(&o, 0), WIRE_WINDOW);
        chunk_out_ack(&o, 5, 1);
        chunk_out_rewind(&o, 2);
        assert_true(chunk_out_next(&at, &o, 2)); /* it need not wait for the answer */
        assert_int_equal(at, 5);
        chunk_out_ack(&o, rows[i].says, 3);
        assert_int_equal(o.acked, rows[i].from);
        bool more = chunk_out_next(&at, &o, 3);
        if (more != (rows[i].from < 12) || (more && at != rows[i].from + (rows[i].from == 5)))
            fail_msg("%s: piece %u", rows[i].what, (unsigned)at);
        chunk_out_ack(&o, 0, 4); /* only the first answer may go back */
        assert_int_equal(o.acked, rows[i].from);
    }
}

/* 256 KiB in 30 s: eight pieces on their way need four minutes. */
static void a_slow_line_is_not_flooded(void **state)
{
    (void)state;
    static uint8_t bytes[1];
    struct chunk_out o;
    uint32_t sent = 0, arrived = 0;
    chunk_out_open(&o, bytes, 20 * PIECE, 0);
    for (uint64_t now = 0; !chunk_out_done(&o); now += 1000) {
        sent += burst(&o, now);
        if (now > 0 && now % 30000 == 0 && arrived < sent)
            chunk_out_ack(&o, ++arrived < o.count ? arrived : o.count, now);
    }
    assert_true(sent >= 20);
    assert_true(sent <= 20 + 3 * WIRE_WINDOW); /* after 5, 10 and 20 s; 40 s are never reached */
}

static void open_nothing(void *ctx)
{
    chunk_in_open(&(struct chunk_in){0}, ctx, 0);
}

static void open_too_much(void *ctx)
{
    chunk_out_open(&(struct chunk_out){0}, ctx, (size_t)WIRE_VECTOR_MAX + 1, 0);
}

static void judge_early(void *ctx)
{
    struct chunk_in in;
    struct digest d = {{0}};
    chunk_in_open(&in, ctx, 1);
    (void)!chunk_in_judge(&in, &d);
}

static void broken_promises_stop(void **state)
{
    (void)state;
    uint8_t byte = 0;
    assert_true(stops(NULL, 0, open_nothing, &byte));
    assert_true(stops(NULL, 0, open_too_much, &byte));
    assert_true(stops(NULL, 0, judge_early, &byte));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_cover_every_byte_once),
        cmocka_unit_test(a_piece_of_a_wrong_length_or_number_is_refused),
        cmocka_unit_test(a_piece_counts_once_and_the_first_copy_stays),
        cmocka_unit_test(a_whole_that_is_not_the_announced_one_is_refused),
        cmocka_unit_test(the_window_moves_with_the_acknowledgements_alone),
        cmocka_unit_test(silence_makes_the_window_go_again_each_time_later),
        cmocka_unit_test(a_cut_line_goes_on_where_the_receiver_is),
        cmocka_unit_test(a_slow_line_is_not_flooded),
        cmocka_unit_test(broken_promises_stop),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
