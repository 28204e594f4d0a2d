#include "proto/wire/codec.h"

#include "proto/base/rng.h"
#include "tests/support/check.h"
#include "tests/support/stops.h"

/* Hex, with spaces, to bytes in room of exactly their length. malloc, yours. */
static uint8_t *bytes_of(size_t *len, const char *hex)
{
    uint8_t *out = malloc(strlen(hex) / 2 + 1);
    assert_non_null(out);
    *len = 0;
    for (const char *c = hex; *c != '\0'; c++) {
        if (*c == ' ')
            continue;
        char two[3] = {c[0], c[1], '\0'};
        out[(*len)++] = (uint8_t)strtoul(two, NULL, 16);
        c++;
    }
    uint8_t *tight = malloc(*len + (*len == 0));
    assert_non_null(tight);
    memcpy(tight, out, *len);
    free(out);
    return tight;
}

#define D32 "00010203 04050607 08090a0b 0c0d0e0f 10111213 14151617 18191a1b 1c1d1e1f"

static struct digest counting(void)
{
    struct digest d;
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        d.byte[i] = (uint8_t)i;
    return d;
}

static struct msg of_kind(enum msg_kind kind)
{
    return (struct msg){.head = {.type = (uint8_t)kind, .round = 9}};
}

static uint8_t two_bytes[2] = {0xca, 0xfe};

/* One message of every kind with words, with its body as protobuf's encoding page has it. */
static size_t samples(struct msg *out, const char **hex)
{
    size_t n = 0;
    out[n] = of_kind(MSG_JOIN);
    strcpy(out[n].as.join.site, "north");
    out[n].as.join.schema = two_bytes;
    out[n].as.join.schema_len = sizeof two_bytes;
    out[n].as.join.done = 300;
    hex[n++] = "0a 05 6e6f727468  12 02 cafe  18 ac02";
    out[n] = of_kind(MSG_WELCOME);
    out[n].as.welcome = (struct msg_welcome){3, 300, UINT64_MAX};
    hex[n++] = "08 03  10 ac02  18 ffffffffffffffffff01";
    out[n] = of_kind(MSG_WELCOME); /* the first site: a zero is left out */
    out[n].as.welcome = (struct msg_welcome){0, 1, 0};
    hex[n++] = "10 01";
    out[n] = of_kind(MSG_ROUND_OPEN);
    out[n].as.open = (struct msg_open){2, 1u << 28};
    hex[n++] = "08 02  10 8080808001";
    out[n] = of_kind(MSG_MASKED);
    out[n].vector = (struct ring){.bits = 32, .words = 150};
    out[n].vector_digest = counting();
    hex[n++] = "08 20  10 9601  1a 20 " D32;
    out[n] = of_kind(MSG_RESULT);
    out[n].as.result.sites = 4;
    out[n].vector = (struct ring){.bits = 64, .words = 1u << 27};
    out[n].vector_digest = counting();
    hex[n++] = "08 04  10 40  18 80808040  22 20 " D32;
    out[n] = of_kind(MSG_CHUNK_ACK);
    out[n].as.chunk_ack = (struct msg_chunk_ack){UINT64_MAX, WIRE_CHUNKS_MAX};
    hex[n++] = "08 ffffffffffffffffff01  10 8020";
    out[n] = of_kind(MSG_PARCEL);
    out[n].as.parcel = (struct msg_parcel){MSG_JOIN, WIRE_BODY_MAX + 1, counting()};
    hex[n++] = "10 818004  1a 20 " D32;
    out[n] = of_kind(MSG_REFUSED);
    msg_refuse(&out[n], EC_NET_NOT_ENROLLED, "no");
    hex[n++] = "0a 09 452d4e45542d303037  12 02 6e6f";
    out[n] = of_kind(MSG_PLAN);
    out[n].as.plan = (struct msg_plan){two_bytes, sizeof two_bytes};
    hex[n++] = "0a 02 cafe";
    out[n] = of_kind(MSG_ASK);
    out[n].as.ask.leg = 300;
    hex[n++] = "08 ac02";
    out[n] = of_kind(MSG_PAST);
    out[n].as.past = (struct msg_past){UINT64_MAX, 300};
    out[n].vector = (struct ring){.bits = 64, .words = 1u << 27};
    out[n].vector_digest = counting();
    hex[n++] = "08 ffffffffffffffffff01  10 ac02  18 40  20 80808040  2a 20 " D32;
    return n;
}
enum { SAMPLES = 12 };

static void same_message(const struct msg *a, const struct msg *b)
{
    assert_memory_equal(&a->head, &b->head, sizeof a->head);
    assert_int_equal(a->vector.bits, b->vector.bits);
    assert_int_equal(a->vector.words, b->vector.words);
    assert_true(digest_equal(&a->vector_digest, &b->vector_digest));
    switch ((enum msg_kind)a->head.type) {
    case MSG_JOIN:
        assert_string_equal(a->as.join.site, b->as.join.site);
        assert_int_equal(a->as.join.schema_len, b->as.join.schema_len);
        assert_memory_equal(a->as.join.schema, b->as.join.schema, a->as.join.schema_len);
        assert_true(a->as.join.done == b->as.join.done);
        break;
    case MSG_PLAN:
        assert_int_equal(a->as.plan.text_len, b->as.plan.text_len);
        assert_memory_equal(a->as.plan.text, b->as.plan.text, a->as.plan.text_len);
        break;
    case MSG_PARCEL:
        assert_int_equal(a->as.parcel.kind, b->as.parcel.kind);
        assert_int_equal(a->as.parcel.bytes, b->as.parcel.bytes);
        assert_true(digest_equal(&a->as.parcel.digest, &b->as.parcel.digest));
        break;
    case MSG_REFUSED:
        assert_string_equal(a->as.refused.code, b->as.refused.code);
        assert_string_equal(a->as.refused.text, b->as.refused.text);
        break;
    default: /* numbers alone, and zeros behind them */
        assert_memory_equal(&a->as, &b->as, sizeof a->as);
    }
}

static void every_kind_has_its_words_and_comes_back_as_it_went(void **state)
{
    (void)state;
    struct msg want[SAMPLES];
    const char *hex[SAMPLES];
    assert_int_equal(samples(want, hex), SAMPLES);
    bool met[MSG_KINDS] = {false};
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t len;
        uint8_t *body = bytes_of(&len, hex[i]), packed[256];
        assert_int_equal(codec_len(&want[i]), len);
        assert_int_equal(codec_pack(packed, sizeof packed, &want[i]), len);
        if (memcmp(packed, body, len) != 0)
            fail_msg("sample %zu, %s: other bytes", i, msg_kind_name(want[i].head.type));
        struct msg got = {.head = want[i].head};
        check_ok(codec_unpack(&got, body, len));
        same_message(&want[i], &got);
        assert_null(got.vector.word);
        met[got.head.type] = true;
        msg_free(&got);
        free(body);
    }
    for (unsigned kind = 0; kind < MSG_KINDS; kind++) {
        if (met[kind] || kind == MSG_CHUNK)
            continue;
        struct msg m = of_kind((enum msg_kind)kind), got = m;
        uint8_t none[1] = {0};
        assert_int_equal(codec_len(&m), 0);
        assert_int_equal(codec_pack(none, 0, &m), 0);
        check_ok(codec_unpack(&got, none, 0));
        assert_memory_equal(&got, &m, sizeof m);
        check_fault(codec_unpack(&got, none, 1), EC_WIRE_BODY);
    }
}

/* clang-format off */
static const struct {
    const char *what;
    unsigned kind;
    const char *hex;
    const char *names; /* in the complaint */
} refused[] = {
    {"an empty join", MSG_JOIN, "", "site"},
    {"a join without a name", MSG_JOIN, "12 02 cafe", "site"},
    {"a name with a NUL in it", MSG_JOIN, "0a 05 6e6f007468", "encoding"},
    {"a name with an escape", MSG_JOIN, "0a 05 6e6f1b5b6d", "site"},
    {"a name beyond ASCII", MSG_JOIN, "0a 05 6e6fc3bc72", "site"},
    {"a name with a DEL", MSG_JOIN, "0a 05 6e6f7f7468", "site"},
    {"a name with a newline", MSG_JOIN, "0a 05 6e6f0a7468", "site"},
    {"a text longer than the body", MSG_JOIN, "0a 06 6e6f727468", "form"},
    {"a length of 2^32 - 1", MSG_JOIN, "0a ffffffff0f 6e6f727468", "form"},
    {"a length that never ends", MSG_JOIN, "0a ffffffffffffffffffffffff", "form"},
    {"a field cut in two", MSG_JOIN, "0a", "form"},
    {"the name twice", MSG_JOIN, "0a 01 61  0a 01 62", "encoding"},
    {"fields in another order", MSG_JOIN, "12 01 ca  0a 01 61", "encoding"},
    {"an unknown number", MSG_JOIN, "0a 01 61  20 05", "encoding"},
    {"no legs, spelled out", MSG_JOIN, "0a 01 61  18 00", "encoding"},
    {"a schema after the legs", MSG_JOIN, "0a 01 61  18 05  12 01 ca", "encoding"},
    {"an unknown text", MSG_JOIN, "0a 01 61  22 03 616263", "encoding"},
    {"a group", MSG_JOIN, "0a 01 61  1b 1c", "form"},
    {"an empty text spelled out", MSG_JOIN, "0a 01 61  12 00", "encoding"},
    {"a number where a text is due", MSG_JOIN, "08 01", "form"},
    {"field 0", MSG_JOIN, "02 01 61", "form"},
    {"site 3 of 3", MSG_WELCOME, "08 03  10 03", "site"},
    {"site 0 of none", MSG_WELCOME, "", "site"},
    {"a zero spelled out", MSG_WELCOME, "08 00  10 03", "encoding"},
    {"a padded number", MSG_WELCOME, "08 8100  10 03", "encoding"},
    {"a number above 32 bits", MSG_WELCOME, "08 818080808010  10 03", "encoding"},
    {"a number of 11 bytes", MSG_WELCOME, "08 ffffffffffffffffffff01", "form"},
    {"a fixed number", MSG_WELCOME, "0d 01000000  10 03", "form"},
    {"more values than a vector has", MSG_ROUND_OPEN, "08 02  10 8180808001", "values"},
    {"words of 33 bits", MSG_MASKED, "08 21  10 01  1a 20 " D32, "vector"},
    {"words of no bits", MSG_MASKED, "10 01  1a 20 " D32, "vector"},
    {"no words", MSG_MASKED, "08 20  1a 20 " D32, "vector"},
    {"2^28 + 1 words", MSG_MASKED, "08 20  10 8180808001  1a 20 " D32, "vector"},
    {"2^27 + 1 long words", MSG_MASKED, "08 40  10 81808040  1a 20 " D32, "vector"},
    {"words beyond counting", MSG_MASKED, "08 20  10 ffffffffffffffffff01  1a 20 " D32,
     "vector"},
    {"2^62 + 1 words", MSG_MASKED, "08 20  10 818080808080808040  1a 20 " D32, "vector"},
    {"no digest", MSG_MASKED, "08 20  10 01", "digest"},
    {"a short digest", MSG_MASKED, "08 20  10 01  1a 02 cafe", "digest"},
    {"a long digest", MSG_MASKED, "08 20  10 01  1a 21 00 " D32, "digest"},
    {"a sum of no sites", MSG_RESULT, "10 40  18 01  22 20 " D32, "sites"},
    {"a sum without words", MSG_RESULT, "08 01  10 40  22 20 " D32, "vector"},
    {"a sum without a digest", MSG_RESULT, "08 01  10 40  18 01", "digest"},
    {"more pieces than there are", MSG_CHUNK_ACK, "08 01  10 8120", "below"},
    {"a parcel of a sum", MSG_PARCEL, "08 12  10 818004  1a 20 " D32, "kind"},
    {"a parcel of a question", MSG_PARCEL, "08 0f  10 818004  1a 20 " D32, "kind"},
    {"a plan longer than a parcel", MSG_PARCEL, "08 10  10 818804  1a 20 " D32, "kind"},
    {"a parcel of another kind", MSG_PARCEL, "08 01  10 818004  1a 20 " D32, "kind"},
    {"a parcel of kind 256", MSG_PARCEL, "08 8002  10 818004  1a 20 " D32, "kind"},
    {"a parcel of kind 2^32 - 1", MSG_PARCEL, "08 ffffffff0f  10 818004  1a 20 " D32, "kind"},
    {"a parcel of what fits a frame", MSG_PARCEL, "10 808004  1a 20 " D32, "kind"},
    {"a parcel of everything", MSG_PARCEL, "10 ffffffffffffffffff01  1a 20 " D32, "kind"},
    {"a parcel with a short digest", MSG_PARCEL, "10 818004  1a 01 00", "digest"},
    {"a refusal without a code", MSG_REFUSED, "12 02 6e6f", "code"},
    {"a code of 16 bytes", MSG_REFUSED, "0a 10 41414141414141414141414141414141  12 01 61",
     "code"},
    {"a refusal without a text", MSG_REFUSED, "0a 01 45", "text"},
    {"a refusal that clears the screen", MSG_REFUSED, "0a 01 45  12 03 1b5b4a", "text"},
    {"no plan", MSG_PLAN, "", "text"},
    {"an empty plan spelled out", MSG_PLAN, "0a 00", "text"},
    {"two plans", MSG_PLAN, "0a 01 61  0a 01 62", "encoding"},
    {"a plan and something else", MSG_PLAN, "0a 01 61  10 01", "encoding"},
    {"an ask for nothing", MSG_ASK, "", "leg"},
    {"an ask for leg 0", MSG_ASK, "08 00", "leg"},
    {"an ask for two legs", MSG_ASK, "08 01  08 02", "encoding"},
    {"a past without a leg", MSG_PAST, "10 01  18 40  20 01  2a 20 " D32, "leg"},
    {"a past sum of no sites", MSG_PAST, "08 01  18 40  20 01  2a 20 " D32, "sites"},
    {"a past sum without words", MSG_PAST, "08 01  10 01  18 40  2a 20 " D32, "vector"},
    {"a past sum of 2^27 + 1 long words", MSG_PAST,
     "08 01  10 01  18 40  20 81808040  2a 20 " D32, "vector"},
    {"a past sum without a digest", MSG_PAST, "08 01  10 01  18 40  20 01", "digest"},
    {"a body where none is due", MSG_END, "08 01", "most"},
    {"a question with a body", MSG_HELLO, "08 01", "most"},
    {"a piece", MSG_CHUNK, "08 01", "kind"},
    {"a kind that does not exist", MSG_KINDS, "", "kind"},
};
/* clang-format on */

static void what_does_not_parse_or_is_out_of_range_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        size_t len;
        uint8_t *body = bytes_of(&len, refused[i].hex);
        struct msg m = {.head = {.type = (uint8_t)refused[i].kind}}, empty = m;
        memset(&m.as, 0x7f, sizeof m.as);
        if (codec_unpack(&m, body, len) == ST_OK)
            fail_msg("%s: taken", refused[i].what);
        if (fault_kept()->what != EC_WIRE_BODY || strstr(fault_text(), refused[i].names) == NULL)
            fail_msg("%s: %s: %s", refused[i].what, fault_kept()->where, fault_text());
        assert_memory_equal(&m, &empty, sizeof m); /* nothing to free, nothing to be misread */
        free(body);
    }
}

static void texts_have_room_for_their_longest_and_no_more(void **state)
{
    (void)state;
    struct msg longest = of_kind(MSG_JOIN), got = longest;
    memset(longest.as.join.site, 'a', sizeof longest.as.join.site - 1);
    uint8_t body[256];
    size_t len = codec_pack(body, sizeof body, &longest);
    check_ok(codec_unpack(&got, body, len));
    assert_string_equal(got.as.join.site, longest.as.join.site);
    assert_null(got.as.join.schema);
    msg_free(&got);
    body[1]++; /* a byte more of name */
    body[len] = 'a';
    got = of_kind(MSG_JOIN);
    check_fault(codec_unpack(&got, body, len + 1), EC_WIRE_BODY);
}

static void a_refusal_is_what_a_terminal_can_show(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'x', sizeof text - 1);
    text[0] = '\033', text[1] = (char)0xfc, text[2] = '\n', text[3] = '\177';
    text[sizeof text - 1] = '\0';
    struct msg m = of_kind(MSG_PING), got;
    msg_refuse(&m, EC_WIRE_VERSION, text);
    assert_int_equal(m.head.type, MSG_REFUSED);
    assert_int_equal(strlen(m.as.refused.text), 200);
    assert_memory_equal(m.as.refused.text, "????xxx", 7);
    uint8_t body[300];
    size_t len = codec_pack(body, sizeof body, &m);
    got = (struct msg){.head = m.head};
    check_ok(codec_unpack(&got, body, len));
    assert_string_equal(got.as.refused.code, "E-NET-012");
    assert_string_equal(got.as.refused.text, m.as.refused.text);
    msg_refuse(&m, EC_WIRE_VERSION, "");
    assert_string_equal(m.as.refused.text, complaint_row(EC_WIRE_VERSION)->cause);
}

static void a_body_cut_or_lengthened_anywhere_is_refused(void **state)
{
    (void)state;
    struct msg want[SAMPLES];
    const char *hex[SAMPLES];
    size_t cuts = 0, due = 0, taken = 0;
    for (size_t i = 0; i < samples(want, hex); i++) {
        size_t len;
        uint8_t *whole = bytes_of(&len, hex[i]);
        due += len + 3;
        for (size_t cut = 0; cut <= len + 3; cut++) {
            if (cut == len)
                continue;
            uint8_t *part = calloc(1, cut + 1);
            assert_non_null(part);
            memcpy(part + 1, whole, cut < len ? cut : len);
            struct msg got = {.head = want[i].head};
            cuts++;
            if (codec_unpack(&got, part + 1, cut) == ST_OK) {
                /* Whole fields are gone, and zeros stand in their place. */
                assert_true(cut < len);
                assert_int_equal(codec_len(&got), cut);
                taken++;
            }
            msg_free(&got);
            free(part);
        }
        free(whole);
    }
    assert_int_equal(cuts, due);
    /* A join without legs, and without schema too; a welcome without legs; a leg, an ack without one
     * or both numbers. */
    assert_int_equal(taken, 7);
}

/* Whatever bytes are taken are those that we would have sent. */
static void a_message_has_one_body(void **state)
{
    (void)state;
    enum { TRIES = 200000 };
    struct rng r = rng_open(5, RNG_TEST, 0, 0, 0);
    struct msg want[SAMPLES];
    const char *hex[SAMPLES];
    size_t taken = 0;
    size_t n = samples(want, hex);
    for (size_t i = 0; i < TRIES; i++) {
        size_t at = rng_below(&r, (uint32_t)n), len;
        uint8_t *body = bytes_of(&len, hex[at]), packed[256];
        for (uint32_t flips = 1 + rng_below(&r, 3); flips > 0; flips--) {
            uint32_t bit = rng_below(&r, (uint32_t)len * 8);
            body[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        }
        struct msg got = {.head = want[at].head};
        if (codec_unpack(&got, body, len) == ST_OK) {
            assert_int_equal(codec_pack(packed, sizeof packed, &got), len);
            assert_memory_equal(packed, body, len);
            msg_free(&got);
            taken++;
        }
        free(body);
    }
    assert_true(taken > TRIES / 5); /* most of a digest's bits, say */
    assert_true(taken < TRIES * 4 / 5);
}

/* 64 KiB of two-byte unknown fields would make protobuf-c keep some 3 MB. */
static void strangers_bytes_do_not_grow_in_memory(void **state)
{
    (void)state;
    static uint8_t body[WIRE_BODY_MAX];
    for (size_t i = 0; i < sizeof body; i += 2)
        body[i] = 0x20, body[i + 1] = 1; /* field 4, number 1 */
    struct msg m = of_kind(MSG_JOIN);
    check_fault(codec_unpack(&m, body, sizeof body), EC_WIRE_BODY);
    assert_non_null(strstr(fault_text(), "form")); /* never unpacked, so never compared */
}

static void a_small_message_is_refused_by_its_length(void **state)
{
    (void)state;
    static uint8_t body[513];
    static const enum msg_kind small[] = {MSG_WELCOME, MSG_ROUND_OPEN, MSG_MASKED,
                                          MSG_RESULT,  MSG_CHUNK_ACK,  MSG_PARCEL,
                                          MSG_REFUSED, MSG_ASK,        MSG_PAST};
    for (size_t i = 0; i < COUNT(small); i++) {
        struct msg m = of_kind(small[i]);
        check_fault(codec_unpack(&m, body, sizeof body), EC_WIRE_BODY);
        assert_non_null(strstr(fault_text(), "at most 512"));
    }
}

static void pack_a_piece(void *ctx)
{
    (void)ctx;
    struct msg m = of_kind(MSG_CHUNK);
    (void)codec_len(&m);
}

static void pack_nobody(void *ctx)
{
    (void)ctx;
    struct msg m = of_kind(MSG_JOIN);
    (void)codec_len(&m);
}

static void pack_no_plan(void *ctx)
{
    (void)ctx;
    struct msg m = of_kind(MSG_PLAN);
    (void)codec_len(&m);
}

static void pack_too_long_a_plan(void *ctx)
{
    struct msg m = of_kind(MSG_PLAN);
    m.as.plan = (struct msg_plan){ctx, WIRE_PLAN_MAX + 1};
    (void)codec_len(&m);
}

static void pack_an_ask_for_nothing(void *ctx)
{
    (void)ctx;
    struct msg m = of_kind(MSG_ASK);
    (void)codec_len(&m);
}

static void pack_a_past(void *ctx)
{
    struct msg m = of_kind(MSG_PAST);
    m.as.past = *(struct msg_past *)ctx;
    m.vector = (struct ring){.bits = 32, .words = 1};
    (void)codec_len(&m);
}

static void pack_into_too_little(void *ctx)
{
    uint8_t out[3];
    struct msg m = of_kind(MSG_WELCOME);
    m.as.welcome = (struct msg_welcome){.site = 3, .sites = 7};
    (void)codec_pack(out, sizeof out, ctx != NULL ? ctx : &m);
}

static void parcel_of_little(void *ctx)
{
    (void)ctx;
    struct msg m = of_kind(MSG_JOIN);
    uint8_t body[4] = {0};
    (void)codec_parcel(&m.head, body, sizeof body);
}

static void what_would_be_refused_is_not_packed(void **state)
{
    (void)state;
    assert_true(stops(NULL, 0, pack_a_piece, NULL));
    assert_true(stops(NULL, 0, pack_nobody, NULL));
    assert_true(stops(NULL, 0, pack_into_too_little, NULL));
    assert_true(stops(NULL, 0, pack_no_plan, NULL));
    assert_true(stops(NULL, 0, pack_too_long_a_plan, two_bytes));
    assert_true(stops(NULL, 0, pack_an_ask_for_nothing, NULL));
    struct msg_past of_no_leg = {0, 1}, of_no_site = {1, 0}, good = {1, 1};
    assert_true(stops(NULL, 0, pack_a_past, &of_no_leg));
    assert_true(stops(NULL, 0, pack_a_past, &of_no_site));
    assert_false(stops(NULL, 0, pack_a_past, &good));
    assert_true(stops(NULL, 0, parcel_of_little, NULL));
}

static void every_kind_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (unsigned a = 0; a < MSG_KINDS; a++) {
        assert_non_null(msg_kind_name(a));
        for (unsigned b = 0; b < a; b++)
            assert_string_not_equal(msg_kind_name(a), msg_kind_name(b));
    }
    assert_string_equal(msg_kind_name(MSG_KINDS), "unknown");
    assert_string_equal(msg_kind_name(255), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_its_words_and_comes_back_as_it_went),
        cmocka_unit_test(what_does_not_parse_or_is_out_of_range_is_refused),
        cmocka_unit_test(texts_have_room_for_their_longest_and_no_more),
        cmocka_unit_test(a_refusal_is_what_a_terminal_can_show),
        cmocka_unit_test(a_body_cut_or_lengthened_anywhere_is_refused),
        cmocka_unit_test(a_message_has_one_body),
        cmocka_unit_test(strangers_bytes_do_not_grow_in_memory),
        cmocka_unit_test(a_small_message_is_refused_by_its_length),
        cmocka_unit_test(what_would_be_refused_is_not_packed),
        cmocka_unit_test(every_kind_has_a_name_of_its_own),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
