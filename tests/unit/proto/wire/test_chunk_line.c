/* Whole transfers over bad lines, in turned time, by seed. */
#include "proto/base/clock.h"
#include "proto/base/rng.h"
#include "proto/wire/chunk.h"
#include "proto/wire/frame.h"
#include "tests/support/check.h"

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

/*
 * A line that loses, doubles, delays and damages by seed. Frames travel in both directions; a cut
 * drops what is on its way.
 */
struct flight {
    uint8_t *bytes;
    size_t len;
    uint64_t due_ms;
    bool up; /* to the receiver */
};

struct line {
    struct rng rng;
    double lost, doubled, damaged;
    uint32_t delay_ms; /* at most */
    struct flight *flight;
    size_t count, cap;
    size_t pieces, refused; /* sent up; damaged on arrival */
};

static void launch(struct line *l, const struct msg_header *h, const uint8_t *body, uint64_t now_ms)
{
    unsigned copies = rng_uniform(&l->rng) < l->lost ? 0 : 1;
    copies += rng_uniform(&l->rng) < l->doubled ? 1 : 0;
    l->pieces += h->type == MSG_CHUNK;
    for (; copies > 0; copies--) {
        if (l->count == l->cap) {
            l->cap = l->cap > 0 ? 2 * l->cap : 16;
            l->flight = realloc(l->flight, l->cap * sizeof *l->flight);
            assert_non_null(l->flight);
        }
        struct flight f = {.len = frame_bytes(h), .up = h->type == MSG_CHUNK};
        f.bytes = malloc(f.len);
        assert_non_null(f.bytes);
        frame_write(f.bytes, h, body);
        f.due_ms = now_ms + 1 + rng_below(&l->rng, l->delay_ms);
        if (rng_uniform(&l->rng) < l->damaged)
            f.bytes[rng_below(&l->rng, (uint32_t)f.len)] ^= (uint8_t)(1u << rng_below(&l->rng, 8));
        l->flight[l->count++] = f;
    }
}

/* Takes what arrives first; false when nothing is on its way before that time. */
static bool land(struct flight *f, struct line *l, uint64_t before_ms)
{
    size_t first = 0;
    for (size_t i = 1; i < l->count; i++)
        if (l->flight[i].due_ms < l->flight[first].due_ms)
            first = i;
    if (l->count == 0 || l->flight[first].due_ms >= before_ms)
        return false;
    *f = l->flight[first];
    l->flight[first] = l->flight[--l->count];
    return true;
}

static void cut(struct line *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->flight[i].bytes);
    l->count = 0;
}

/* One transfer over such a line, in turned time. */
struct transfer {
    struct line line;
    struct clock clock;
    struct chunk_out out;
    struct chunk_in in;
    size_t wholes;  /* how often it became whole */
    size_t forgets; /* how often the receiver lost what it had */
};

static void acknowledge(struct transfer *t)
{
    struct msg_header h = {.type = MSG_CHUNK_ACK, .sequence = 7, .body_len = 4};
    uint8_t below[4];
    for (unsigned k = 0; k < 4; k++)
        below[k] = (uint8_t)(t->in.below >> (8 * k));
    launch(&t->line, &h, below, clock_now_ms(&t->clock));
}

static void arrive(struct transfer *t, const struct flight *at)
{
    struct frame f;
    if (frame_parse(&f, at->bytes, at->len) != ST_OK) {
        t->line.refused++;
        return;
    }
    assert_int_equal(f.head.sequence, 7);
    if (!at->up) {
        uint32_t below = 0;
        for (unsigned k = 0; k < 4; k++)
            below |= (uint32_t)f.body[k] << (8 * k);
        chunk_out_ack(&t->out, below, clock_now_ms(&t->clock));
        return;
    }
    assert_int_equal(f.head.chunks, t->in.count);
    bool was = chunk_in_whole(&t->in);
    check_ok(chunk_in_take(&t->in, f.head.chunk, f.body, (size_t)f.head.body_len));
    t->wholes += !was && chunk_in_whole(&t->in);
    acknowledge(t);
}

static void send_what_is_due(struct transfer *t)
{
    uint32_t at;
    while (chunk_out_next(&at, &t->out, clock_now_ms(&t->clock))) {
        assert_true(at >= t->out.acked);
        assert_true(at < t->out.acked + WIRE_WINDOW);
        struct msg_header h = {.type = MSG_CHUNK,
                               .sequence = 7,
                               .chunk = at,
                               .chunks = t->out.count,
                               .body_len = chunk_len(t->out.len, at)};
        launch(&t->line, &h, t->out.bytes + at * PIECE, clock_now_ms(&t->clock));
    }
}

/* The line is cut; the receiver has what it had, or not, and says so. */
static void resume(struct transfer *t, bool forgets)
{
    cut(&t->line);
    if (forgets) {
        memset(t->in.bytes, 0xee, t->in.len);
        chunk_in_open(&t->in, t->in.bytes, t->in.len);
        t->wholes = 0;
        t->forgets++;
    }
    chunk_out_rewind(&t->out, clock_now_ms(&t->clock));
    acknowledge(t);
}

/* Runs until done, with a cut every cut_ms (0: none). Answers how many cuts there were. */
static size_t run(struct transfer *t, uint64_t cut_ms, bool forgets)
{
    uint64_t next_cut = cut_ms > 0 ? clock_now_ms(&t->clock) + cut_ms : UINT64_MAX;
    size_t cuts = 0;
    for (size_t step = 0; !chunk_out_done(&t->out); step++) {
        assert_true(step < 1000000);
        uint64_t now = clock_now_ms(&t->clock), wake = now + 1000;
        struct flight f;
        if (now >= next_cut) {
            resume(t, forgets && cuts == 0); /* once */
            cuts++;
            next_cut = now + cut_ms;
        }
        send_what_is_due(t);
        wake = next_cut < wake ? next_cut : wake;
        if (!land(&f, &t->line, wake)) {
            clock_turn(&t->clock, wake - now);
            continue;
        }
        clock_turn(&t->clock, f.due_ms - now);
        arrive(t, &f);
        free(f.bytes);
    }
    cut(&t->line);
    free(t->line.flight);
    t->line.flight = NULL;
    return cuts;
}

static size_t carry(struct transfer *t, size_t len, uint64_t seed, struct line line,
                    uint64_t cut_ms)
{
    bool forgets = seed % 4 == 0;
    struct rng r = rng_open(seed, RNG_TEST, 1, len, 0);
    uint8_t *want = random_bytes(len, &r), *room = malloc(len);
    assert_non_null(room);
    memset(t, 0, sizeof *t);
    line.rng = rng_open(seed, RNG_TEST, 2, len, 0);
    t->line = line;
    t->clock = clock_by_hand(123456);
    chunk_out_open(&t->out, want, len, clock_now_ms(&t->clock));
    chunk_in_open(&t->in, room, len);
    size_t cuts = run(t, cut_ms, forgets);
    assert_int_equal(t->wholes, 1);
    assert_memory_equal(room, want, len);
    struct digest d = chunk_digest(want, len);
    check_ok(chunk_in_judge(&t->in, &d));
    free(want);
    free(room);
    return cuts;
}

static void any_vector_arrives_whole_and_once_on_any_line(void **state)
{
    (void)state;
    static const size_t edges[] = {1,         2,         PIECE - 1,     PIECE,          PIECE + 1,
                                   2 * PIECE, 8 * PIECE, 8 * PIECE + 1, 17 * PIECE - 3, 20 * PIECE};
    struct rng r = rng_open(11, RNG_TEST, 0, 0, 0);
    size_t cuts = 0, refused = 0, doubled = 0, forgets = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        size_t len = 1 + rng_below(&r, 20 * WIRE_CHUNK_BYTES);
        if (seed <= COUNT(edges))
            len = edges[seed - 1];
        struct line line = {.lost = 0.4 * rng_uniform(&r),
                            .doubled = 0.3 * rng_uniform(&r),
                            .damaged = 0.2 * rng_uniform(&r),
                            .delay_ms = 1 + rng_below(&r, 8000)};
        uint64_t cut_ms = seed % 2 == 0 ? 9000 + rng_below(&r, 9000) : 0;
        struct transfer t;
        cuts += carry(&t, len, seed, line, cut_ms);
        refused += t.line.refused;
        forgets += t.forgets;
        doubled += t.line.pieces > t.out.count;
    }
    assert_true(cuts > 10);
    assert_true(refused > 50);
    assert_true(doubled > 30);
    assert_true(forgets > 5);
}

static void a_clean_line_carries_every_piece_once(void **state)
{
    (void)state;
    struct transfer t;
    carry(&t, 20 * PIECE, 1, (struct line){.delay_ms = 200}, 0);
    assert_int_equal(t.line.pieces, 20);
}

static void a_cut_costs_no_more_than_a_window(void **state)
{
    (void)state;
    struct transfer t;
    size_t cuts = carry(&t, 20 * PIECE, 1, (struct line){.delay_ms = 900}, 1000);
    assert_true(cuts >= 2);
    assert_true(t.line.pieces <= 20 + cuts * WIRE_WINDOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_vector_arrives_whole_and_once_on_any_line),
        cmocka_unit_test(a_clean_line_carries_every_piece_once),
        cmocka_unit_test(a_cut_costs_no_more_than_a_window),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
