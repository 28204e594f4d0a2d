#include "proto/wire/frame.h"

#include "proto/base/rng.h"
#include "proto/wire/limits.h"
#include "tests/support/check.h"
#include "tests/support/stops.h"

/* Where the fields that are judged by themselves lie in a frame. */
enum { VERSION_AT = 4, TYPE_AT = 6, CHUNK_AT = 188, BODY_LEN_AT = 196, DIGEST_AT = 204 };

/* A frame in room of its own, so that a sanitizer sees one byte too far. */
struct sent {
    uint8_t *bytes;
    size_t len;
};

static struct msg_header header(enum msg_kind kind, uint64_t body_len)
{
    struct msg_header h = {.type = (uint8_t)kind,
                           .phase = 3,
                           .round = UINT64_C(0x1122334455667788),
                           .attempt = 7,
                           .sequence = 42,
                           .body_len = body_len};
    memset(h.consortium.byte, 0xc0, PARTY_BYTES);
    memset(h.session.byte, 0x5e, PARTY_BYTES);
    memset(h.roster.byte, 1, DIGEST_BYTES);
    memset(h.config.byte, 2, DIGEST_BYTES);
    memset(h.model.byte, 3, DIGEST_BYTES);
    memset(h.sender.byte, 0x0a, PARTY_BYTES);
    memset(h.recipient.byte, 0x0b, PARTY_BYTES);
    return h;
}

static struct sent sent(const struct msg_header *h, const uint8_t *body)
{
    struct sent s = {.len = frame_bytes(h)};
    s.bytes = malloc(s.len);
    assert_non_null(s.bytes);
    frame_write(s.bytes, h, body);
    return s;
}

/* A body of random bytes. */
static struct sent sent_random(const struct msg_header *h, struct rng *r)
{
    uint8_t *body = malloc((size_t)h->body_len + 1);
    assert_non_null(body);
    for (size_t i = 0; i < h->body_len; i++)
        body[i] = (uint8_t)rng_u32(r);
    struct sent s = sent(h, body);
    free(body);
    return s;
}

static void every_field_arrives_as_it_was_sent(void **state)
{
    (void)state;
    static const uint8_t body[5] = {1, 2, 3, 4, 5};
    struct msg_header h = header(MSG_CHUNK, sizeof body);
    h.chunk = 11, h.chunks = 12;
    struct sent s = sent(&h, body);
    struct frame f;
    check_ok(frame_parse(&f, s.bytes, s.len));
    assert_int_equal(f.head.magic, FRAME_MAGIC);
    assert_int_equal(f.head.version, WIRE_VERSION);
    assert_int_equal(f.head.type, h.type);
    assert_int_equal(f.head.phase, h.phase);
    assert_true(party_equal(&f.head.consortium, &h.consortium));
    assert_true(party_equal(&f.head.session, &h.session));
    assert_true(digest_equal(&f.head.roster, &h.roster));
    assert_true(digest_equal(&f.head.config, &h.config));
    assert_true(digest_equal(&f.head.model, &h.model));
    assert_int_equal(f.head.round, h.round);
    assert_int_equal(f.head.attempt, h.attempt);
    assert_true(party_equal(&f.head.sender, &h.sender));
    assert_true(party_equal(&f.head.recipient, &h.recipient));
    assert_int_equal(f.head.sequence, h.sequence);
    assert_int_equal(f.head.chunk, 11);
    assert_int_equal(f.head.chunks, 12);
    assert_int_equal(f.head.body_len, sizeof body);
    assert_memory_equal(f.body, body, sizeof body);
    assert_ptr_equal(f.body, s.bytes + FRAME_HEADER_BYTES);
    free(s.bytes);
}

/* tests/golden/frame.txt, made by scripts/golden/frame.py. */
static void a_frame_is_the_bytes_that_another_implementation_makes(void **state)
{
    (void)state;
    static const uint8_t body[4] = {0x08, 3, 0x10, 7};
    struct msg_header h = header(MSG_WELCOME, sizeof body);
    struct sent s = sent(&h, body);
    FILE *file = fopen("tests/golden/frame.txt", "r");
    assert_non_null(file);
    char line[256];
    size_t at = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        for (const char *c = line; line[0] != '#' && *c != '\n'; c += 2) {
            char hex[3] = {c[0], c[1], '\0'};
            assert_true(at < s.len);
            if (s.bytes[at] != strtoul(hex, NULL, 16))
                fail_msg("byte %zu is %02x, %s wanted", at, s.bytes[at], hex);
            at++;
        }
    }
    assert_int_equal(at, s.len);
    assert_int_equal(at, FRAME_HEADER_BYTES + sizeof body);
    fclose(file);
    free(s.bytes);
}

static void what_may_not_stand_together_is_refused(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *what;
        uint8_t type;
        uint32_t chunk, chunks;
        uint64_t body_len;
        enum complaint want; /* EC_NONE: it is a frame */
    } rows[] = {
        {"an empty ping", MSG_PING, 0, 0, 0, EC_NONE},
        {"the longest message", MSG_JOIN, 0, 0, WIRE_BODY_MAX, EC_NONE},
        {"a message one too long", MSG_JOIN, 0, 0, WIRE_BODY_MAX + 1, EC_WIRE_FRAME},
        {"the last kind", MSG_KINDS - 1, 0, 0, 8, EC_NONE},
        {"a kind too many", MSG_KINDS, 0, 0, 8, EC_WIRE_FRAME},
        {"the highest kind", 255, 0, 0, 8, EC_WIRE_FRAME},
        {"a message that says it is a piece", MSG_JOIN, 0, 1, 8, EC_WIRE_FRAME},
        {"a message with a piece's number", MSG_JOIN, 1, 0, 8, EC_WIRE_FRAME},
        {"a piece in the middle", MSG_CHUNK, 1, 3, WIRE_CHUNK_BYTES, EC_NONE},
        {"a short piece in the middle", MSG_CHUNK, 1, 3, WIRE_CHUNK_BYTES - 1, EC_WIRE_FRAME},
        {"a short last piece", MSG_CHUNK, 2, 3, 1, EC_NONE},
        {"a full last piece", MSG_CHUNK, 2, 3, WIRE_CHUNK_BYTES, EC_NONE},
        {"an empty piece", MSG_CHUNK, 2, 3, 0, EC_WIRE_FRAME},
        {"a piece one too long", MSG_CHUNK, 0, 1, WIRE_CHUNK_BYTES + 1, EC_WIRE_FRAME},
        {"a piece behind the last", MSG_CHUNK, 3, 3, 1, EC_WIRE_FRAME},
        {"a full piece behind the last", MSG_CHUNK, 3, 3, WIRE_CHUNK_BYTES, EC_WIRE_FRAME},
        {"a piece of nothing", MSG_CHUNK, 0, 0, 1, EC_WIRE_FRAME},
        {"the last of the most pieces", MSG_CHUNK, WIRE_CHUNKS_MAX - 1, WIRE_CHUNKS_MAX, 1,
         EC_NONE},
        {"too many pieces", MSG_CHUNK, WIRE_CHUNKS_MAX, WIRE_CHUNKS_MAX + 1, 1, EC_WIRE_FRAME},
        {"the most pieces that can be said", MSG_CHUNK, 0, UINT32_MAX, WIRE_CHUNK_BYTES,
         EC_WIRE_FRAME},
        {"a length that wraps", MSG_CHUNK, 0, 1, UINT64_MAX, EC_WIRE_FRAME},
    };
    /* clang-format on */
    static uint8_t bytes[WIRE_FRAME_MAX];
    size_t met = 0;
    for (size_t i = 0; i < COUNT(rows); i++, met++) {
        /* Written by hand where frame_write would not: its digest is never looked at. */
        struct msg_header h = header(MSG_CHUNK, 0);
        h.chunks = 1, h.body_len = 1;
        if (rows[i].want == EC_NONE) {
            h.type = rows[i].type, h.chunk = rows[i].chunk, h.chunks = rows[i].chunks;
            h.body_len = rows[i].body_len;
        }
        struct sent s = {.len = frame_bytes(&h)};
        frame_write(bytes, &h, bytes + FRAME_HEADER_BYTES);
        struct frame f;
        if (rows[i].want == EC_NONE) {
            if (frame_parse(&f, bytes, s.len) != ST_OK)
                fail_msg("%s: %s", rows[i].what, fault_text());
            continue;
        }
        bytes[TYPE_AT] = rows[i].type;
        for (unsigned k = 0; k < 4; k++) {
            bytes[CHUNK_AT + k] = (uint8_t)(rows[i].chunk >> (8 * k));
            bytes[CHUNK_AT + 4 + k] = (uint8_t)(rows[i].chunks >> (8 * k));
        }
        for (unsigned k = 0; k < 8; k++)
            bytes[BODY_LEN_AT + k] = (uint8_t)(rows[i].body_len >> (8 * k));
        size_t room = sizeof bytes - FRAME_HEADER_BYTES;
        s.len = FRAME_HEADER_BYTES + (rows[i].body_len < room ? (size_t)rows[i].body_len : room);
        if (frame_parse(&f, bytes, s.len) == ST_OK || fault_kept()->what != rows[i].want)
            fail_msg("%s: %s", rows[i].what, fault_text());
    }
    assert_int_equal(met, COUNT(rows));
}

/* What the flip of a bit in this byte of a header must be called; EC_NONE: frame or digest. */
static enum complaint due(size_t at)
{
    if (at < VERSION_AT)
        return EC_WIRE_FRAME;
    if (at < TYPE_AT)
        return EC_WIRE_VERSION;
    if (at == TYPE_AT || (at >= CHUNK_AT && at < BODY_LEN_AT))
        return EC_NONE; /* another kind or place may be a possible one */
    return at >= BODY_LEN_AT && at < DIGEST_AT ? EC_WIRE_FRAME : EC_WIRE_DIGEST;
}

static void flip(struct sent *s, size_t bit, enum complaint want)
{
    struct frame f = {.body = s->bytes}, untouched = f;
    s->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    enum status st = frame_parse(&f, s->bytes, s->len);
    s->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    if (st == ST_OK)
        fail_msg("bit %zu of byte %zu flipped and nobody noticed", bit % 8, bit / 8);
    enum complaint got = fault_kept()->what;
    if (want == EC_NONE ? got != EC_WIRE_FRAME && got != EC_WIRE_DIGEST : got != want)
        fail_msg("bit %zu of byte %zu: %s", bit % 8, bit / 8, fault_text());
    assert_memory_equal(&f, &untouched, sizeof f);
}

static void any_flipped_bit_of_the_header_is_refused_by_its_name(void **state)
{
    (void)state;
    struct rng r = rng_open(1, RNG_TEST, 0, 0, 0);
    struct msg_header heads[] = {header(MSG_PING, 0), header(MSG_JOIN, 333), header(MSG_CHUNK, 77),
                                 header(MSG_RESULT, 48)};
    heads[2].chunk = 4, heads[2].chunks = 5;
    size_t flips = 0;
    for (size_t i = 0; i < COUNT(heads); i++) {
        struct sent s = sent_random(&heads[i], &r);
        for (size_t bit = 0; bit < (size_t)FRAME_HEADER_BYTES * 8; bit++, flips++)
            flip(&s, bit, due(bit / 8));
        struct frame f;
        check_ok(frame_parse(&f, s.bytes, s.len)); /* as it was again */
        free(s.bytes);
    }
    assert_int_equal(flips, 4 * 236 * 8);
}

static void any_flipped_bit_of_the_body_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum msg_kind kind;
        uint64_t len;
        size_t flips;
    } rows[] = {
        {MSG_JOIN, 1, 8},
        {MSG_JOIN, 1500, 98000},
        {MSG_JOIN, WIRE_BODY_MAX, 1500},
        {MSG_CHUNK, 128, 128 * 8},
        {MSG_CHUNK, WIRE_CHUNK_BYTES, 500},
    };
    struct rng r = rng_open(2, RNG_TEST, 0, 0, 0);
    size_t flips = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct msg_header h = header(rows[i].kind, rows[i].len);
        h.chunks = rows[i].kind == MSG_CHUNK;
        struct sent s = sent_random(&h, &r);
        size_t bits = (size_t)rows[i].len * 8;
        for (size_t k = 0; k < rows[i].flips; k++, flips++) {
            size_t bit = bits == rows[i].flips ? k : rng_below(&r, (uint32_t)bits);
            flip(&s, (size_t)FRAME_HEADER_BYTES * 8 + bit, EC_WIRE_DIGEST);
        }
        free(s.bytes);
    }
    assert_true(flips >= 100000);
}

static void a_frame_cut_or_lengthened_anywhere_is_refused(void **state)
{
    (void)state;
    struct rng r = rng_open(3, RNG_TEST, 0, 0, 0);
    struct msg_header h = header(MSG_JOIN, 600);
    struct sent s = sent_random(&h, &r);
    for (size_t len = 0; len < s.len + 40; len++) {
        uint8_t *part = calloc(1, len + 1);
        assert_non_null(part);
        uint8_t *end = part + 1; /* ends where the room ends */
        memcpy(end, s.bytes, len < s.len ? len : s.len);
        struct frame f;
        if (len == s.len)
            check_ok(frame_parse(&f, end, len));
        else
            check_fault(frame_parse(&f, end, len), EC_WIRE_FRAME);
        free(part);
    }
    free(s.bytes);
}

static void a_frame_of_another_version_is_named_even_when_it_is_shorter(void **state)
{
    (void)state;
    static const uint8_t later[8] = {'E', 'V', 'H', '1', WIRE_VERSION + 1, 0, 0, 0};
    struct frame f;
    check_fault(frame_parse(&f, later, sizeof later), EC_WIRE_VERSION);
    check_fault(frame_parse(&f, later, 5), EC_WIRE_FRAME);
}

static void write_too_long(void *ctx)
{
    (void)ctx;
    struct msg_header h = header(MSG_JOIN, WIRE_BODY_MAX + 1);
    (void)frame_bytes(&h);
}

static void write_numbered(void *ctx)
{
    (void)ctx;
    struct msg_header h = header(MSG_JOIN, 0);
    h.chunks = 2;
    (void)frame_bytes(&h);
}

static void what_would_be_refused_is_not_written(void **state)
{
    (void)state;
    assert_true(stops(NULL, 0, write_too_long, NULL));
    assert_true(stops(NULL, 0, write_numbered, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_arrives_as_it_was_sent),
        cmocka_unit_test(a_frame_is_the_bytes_that_another_implementation_makes),
        cmocka_unit_test(what_may_not_stand_together_is_refused),
        cmocka_unit_test(any_flipped_bit_of_the_header_is_refused_by_its_name),
        cmocka_unit_test(any_flipped_bit_of_the_body_is_refused),
        cmocka_unit_test(a_frame_cut_or_lengthened_anywhere_is_refused),
        cmocka_unit_test(a_frame_of_another_version_is_named_even_when_it_is_shorter),
        cmocka_unit_test(what_would_be_refused_is_not_written),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
