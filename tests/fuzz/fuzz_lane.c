/*
 * Any story of one lane whose other end is a liar: frames of any kind, number and body,
 * acknowledgements of anything, time, cuts and other lives. What is delivered is whole, each number
 * once, and what is held stays within the room that was given.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/reader.h"
#include "proto/wire/codec.h"
#include "proto/wire/lane.h"

#define ROOM      ((size_t)WIRE_CHUNK_BYTES + 4096)
#define VERBS_MAX 64 /* longer stories only do more of the same */
#define BODIES    8
#define BODY_MAX  256

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What others say well: bodies and the pieces that follow them. */
static struct {
    uint8_t type;
    uint8_t body[BODY_MAX];
    size_t len;
    struct pieces follow;
} well[BODIES];
static struct cargo *cargo[4]; /* what we say: without pieces, in one, in two, a parcel */
static uint8_t filler[WIRE_CHUNK_BYTES];
static uint8_t parcel[WIRE_BODY_MAX + 8]; /* the body of a JOIN */

static void speak(size_t at, const struct msg *m)
{
    well[at].type = m->head.type;
    well[at].len = codec_pack(well[at].body, BODY_MAX, m);
    well[at].follow = codec_pieces(m);
}

static struct msg vector(enum msg_kind kind, size_t words)
{
    return (struct msg){.head = {.type = (uint8_t)kind},
                        .as.result.sites = 1,
                        .vector = {.bits = 32, .words = words},
                        .vector_digest = {{(uint8_t)words, (uint8_t)kind}}};
}

/* A JOIN that is too long for a frame; its schema is the caller's. */
static struct msg long_join(uint8_t *schema, size_t len)
{
    return (struct msg){.head = {.type = MSG_JOIN},
                        .as.join = {.site = "north", .schema = schema, .schema_len = len}};
}

static void load(size_t at, const struct msg *m)
{
    cargo[at] = cargo_open(m, at + 1);
    for (uint32_t i = 0; i < cargo[at]->pieces; i++)
        cargo_write(cargo[at], m, i);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const size_t most = ROOM / 4, schema_len = sizeof parcel - 64;
    struct msg m[] = {
        vector(MSG_MASKED, 1),          vector(MSG_RESULT, 1000),
        vector(MSG_MASKED, most),       vector(MSG_MASKED, most + 1),
        vector(MSG_RESULT, 60000),      vector(MSG_RESULT, WIRE_VECTOR_MAX / 4),
        {.head = {.type = MSG_ACCEPT}},
    };
    for (size_t i = 0; i < COUNT(m); i++)
        speak(i, &m[i]);
    struct msg join = long_join(must_alloc(1, WIRE_SCHEMA_MAX), schema_len);
    while (codec_len(&join) < sizeof parcel)
        join.as.join.schema_len++;
    must(codec_pack(parcel, sizeof parcel, &join) == sizeof parcel);
    struct msg announced = codec_parcel(&join.head, parcel, sizeof parcel);
    speak(COUNT(m), &announced);
    load(0, &m[6]);
    load(3, &join);
    for (size_t i = 1; i < 3; i++) {
        m[i].vector.words = i == 1 ? 3 : WIRE_CHUNK_BYTES / 4 + 1;
        m[i].vector.word = must_alloc(m[i].vector.words, 4);
        load(i, &m[i]);
        msg_free(&m[i]);
    }
    msg_free(&join);
    return 0;
}

static void check(const struct lane *l)
{
    must(l->said <= l->count);
    must(l->said <= LANE_WINDOW);
    must(l->bytes <= (ROOM > WIRE_PARCEL_MAX ? ROOM : WIRE_PARCEL_MAX));
    must(l->bytes > 0 || l->place == NULL);
    must(lane_waits(l) == 0 || !lane_seated(l));
    must(l->out_of == 0 || l->out.next - l->out.acked <= WIRE_WINDOW);
}

/* A frame of ours is a promise. */
static enum lane_due next(struct lane *l, uint64_t now_ms)
{
    struct lane_out o;
    bool has = lane_has(l, now_ms);
    enum lane_due due = lane_next(&o, l, now_ms);
    must(has || due == LANE_NOTHING);
    must(due != LANE_ACK || o.sequence == l->expected);
    must(due != LANE_ACK || o.wish == LANE_WISH_NONE || lane_seated(l));
    if (due == LANE_MESSAGE)
        must(o.sequence - l->base < l->count);
    if (due == LANE_PIECE)
        must(o.at < atomic_load(&o.cargo->ready));
    return due;
}

/* Near a number that is due, or any. */
static uint64_t near(struct reader *r, uint64_t due)
{
    uint8_t how = read_u8(r);
    return how < 240 ? due + how % 16 - (how % 16 < 12 ? 0 : 16) : read_u64le(r);
}

static void hear(struct lane *l, const struct frame *f, uint64_t now_ms)
{
    struct msg m;
    bool got = false;
    uint64_t before = l->expected;
    enum status st = lane_hear(&m, &got, l, f, now_ms);
    must(l->expected - before <= 1);
    must(!got || st == ST_OK);
    must(!got || l->expected == before + 1);
    if (!got)
        return;
    must(m.head.type < MSG_KINDS);
    must(m.head.type != MSG_CHUNK);
    must(m.head.type != MSG_PARCEL);
    struct pieces follow = codec_pieces(&m);
    must((follow.bytes > 0) == (m.vector.word != NULL));
    must(follow.bytes <= ROOM);
    if (m.vector.word != NULL)
        must(ring_get(&m.vector, 0) == ring_get(&m.vector, m.vector.words - 1));
    msg_free(&m);
}

/* A message with a good body, or with any. */
static void hear_message(struct lane *l, struct reader *r, uint64_t now_ms)
{
    struct frame f = {.head = {.sequence = near(r, l->expected)}};
    uint8_t how = read_u8(r);
    if (how < 192) {
        f.head.type = well[how % BODIES].type;
        f.body = well[how % BODIES].body;
        f.head.body_len = well[how % BODIES].len;
    } else {
        f.head.type = read_u8(r) % MSG_KINDS;
        f.head.body_len = read_u8(r);
        f.body = read_bytes(r, (size_t)f.head.body_len);
    }
    if (f.body != NULL && f.head.type != MSG_CHUNK)
        hear(l, &f, now_ms);
}

/* A piece of what is announced, or of anything; of the right length, or of any. */
static void hear_piece(struct lane *l, struct reader *r, uint64_t now_ms)
{
    uint8_t how = read_u8(r);
    size_t bytes = l->bytes > 0 ? l->bytes : 1;
    struct frame f = {.head = {.type = MSG_CHUNK,
                               .sequence = (how & 1) == 0 ? l->name : near(r, l->name),
                               .chunks = (uint32_t)chunk_count(bytes),
                               .chunk = how / 4 % 4}};
    if ((how & 2) != 0) {
        f.head.chunk = read_u16le(r);
        f.head.chunks = read_u16le(r);
    }
    f.head.body_len = f.head.chunk < chunk_count(bytes) ? chunk_len(bytes, f.head.chunk) : 1;
    if (how >= 192)
        f.head.body_len = (uint64_t)read_u8(r) << how % 16 & (WIRE_CHUNK_BYTES - 1);
    bool of_parcel = l->in.head.type == MSG_PARCEL && f.head.body_len <= sizeof parcel;
    f.body = of_parcel ? parcel : filler;
    hear(l, &f, now_ms);
}

static void hear_ack(struct lane *l, struct reader *r, uint64_t now_ms)
{
    uint64_t sequence = near(r, l->base), base = l->base;
    uint32_t below = read_u8(r);
    if (below >= 192)
        below = read_u32le(r);
    size_t said = l->said;
    lane_acked(l, sequence, below, (enum lane_wish)(read_u8(r) % 3), now_ms);
    must(l->base - base <= said); /* nothing is dropped that was not said */
}

static void change_place(struct lane *l, uint64_t now_ms)
{
    if (lane_waits(l) > 0)
        must(lane_seat(l, now_ms));
    else if (lane_seated(l))
        lane_unseat(l);
}

static void change_line(struct lane *l, struct reader *r, uint64_t now_ms)
{
    uint8_t how = read_u8(r);
    uint64_t first = near(r, l->expected), expected = l->expected;
    if (how % 8 < 4)
        lane_cut(l, now_ms);
    else if (how % 8 < 6)
        must(lane_begin(l, first) == (first > expected));
    else
        lane_meet(l, first);
    if (how % 8 == 7)
        lane_forget(l);
}

static void tell(struct lane *l, struct reader *r)
{
    uint64_t now_ms = 1000;
    for (unsigned told = 0; told < VERBS_MAX; told++) {
        uint8_t verb = read_u8(r);
        if (r->spent)
            return;
        switch (verb % 10) {
        case 0:
            lane_send(l, cargo_keep(cargo[verb / 10 % 4]));
            break;
        case 1:
            (void)next(l, now_ms);
            break;
        case 2:
            while (next(l, now_ms) != LANE_NOTHING)
                check(l);
            break;
        case 3:
            hear_ack(l, r, now_ms);
            break;
        case 4:
        case 5:
            hear_message(l, r, now_ms);
            break;
        case 6:
            hear_piece(l, r, now_ms);
            break;
        case 7:
            now_ms += read_u16le(r);
            break;
        case 8:
            change_place(l, now_ms);
            break;
        default:
            change_line(l, r, now_ms);
        }
        check(l);
    }
}

/* The first byte: is this end polite? */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct reader r = {.at = data, .left = len};
    struct lane l;
    lane_open(&l, (read_u8(&r) & 1) != 0, ROOM);
    tell(&l, &r);
    lane_close(&l);
    return 0;
}
