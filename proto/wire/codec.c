#include "proto/wire/codec.h"

#include <stdlib.h>
#include <string.h>

#include <evenhand.pb-c.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/wire/chunk.h"

#define SMALL_MAX 512 /* bytes of any body without a schema or a plan */
#define ROOM      256 /* what unpacking may take beyond the bytes of the body: the struct itself */

_Static_assert(SMALL_MAX <= WIRE_BODY_MAX, "a small message fits in a frame");
_Static_assert(WIRE_SCHEMA_MAX + sizeof(((struct msg_join *)0)->site) + 32 <= WIRE_PARCEL_MAX,
               "every JOIN fits in a parcel");
_Static_assert(WIRE_PLAN_MAX + 16 <= WIRE_PARCEL_MAX, "and every PLAN");

/* A message as protobuf-c has it, and room for what it points at. */
struct letter {
    union {
        ProtobufCMessage base;
        Evenhand__Join join;
        Evenhand__Welcome welcome;
        Evenhand__RoundOpen open;
        Evenhand__Masked masked;
        Evenhand__Result result;
        Evenhand__ChunkAck chunk_ack;
        Evenhand__Parcel parcel;
        Evenhand__Refused refused;
        Evenhand__Plan plan;
        Evenhand__Ask ask;
        Evenhand__Past past;
    } as;
    char site[sizeof(((struct msg_join *)0)->site)];
    struct msg_refused refused;
    struct digest digest;
};

/* Printable ASCII of 1..cap-1 bytes: it ends up in logs and on terminals. */
static bool plain(const char *text, size_t cap)
{
    size_t len = strnlen(text, cap);
    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return len > 0 && len < cap;
}

static bool is_digest(const ProtobufCBinaryData *b)
{
    return b->len == DIGEST_BYTES;
}

static bool is_vector(uint32_t bits, uint64_t words)
{
    return (bits == 32 || bits == 64) && words > 0 && words <= WIRE_VECTOR_MAX / (bits / 8);
}

/* What a message owns of the bytes of a letter; none: NULL. */
static uint8_t *copy_of(const ProtobufCBinaryData *b)
{
    if (b->len == 0)
        return NULL;
    uint8_t *copy = must_alloc(1, b->len);
    memcpy(copy, b->data, b->len);
    return copy;
}

/* From here, two by two: write_x fills a letter from a message, read_x judges a letter and then
 * publishes it in a message. Answers NULL, or what is wrong. */
static void write_join(struct letter *l, const struct msg *m)
{
    const struct msg_join *j = &m->as.join;
    must(plain(j->site, sizeof j->site));
    must(j->schema_len <= WIRE_SCHEMA_MAX);
    must(j->schema != NULL || j->schema_len == 0);

    memcpy(l->site, j->site, sizeof l->site);
    l->as.join.site = l->site;
    l->as.join.schema = (ProtobufCBinaryData){j->schema_len, j->schema};
    l->as.join.done = j->done;
}

static const char *read_join(struct msg *m, const struct letter *l)
{
    const Evenhand__Join *j = &l->as.join;
    if (!plain(j->site, sizeof m->as.join.site))
        return "site";
    if (j->schema.len > WIRE_SCHEMA_MAX)
        return "schema";
    memcpy(m->as.join.site, j->site, strlen(j->site) + 1);
    m->as.join.schema_len = j->schema.len;
    m->as.join.schema = copy_of(&j->schema);
    m->as.join.done = j->done;
    return NULL;
}

static void write_welcome(struct letter *l, const struct msg *m)
{
    must(m->as.welcome.site < m->as.welcome.sites);
    l->as.welcome.site = m->as.welcome.site;
    l->as.welcome.sites = m->as.welcome.sites;
    l->as.welcome.done = m->as.welcome.done;
}

static const char *read_welcome(struct msg *m, const struct letter *l)
{
    const Evenhand__Welcome *w = &l->as.welcome;
    if (w->site >= w->sites)
        return "site";
    m->as.welcome = (struct msg_welcome){w->site, w->sites, w->done};
    return NULL;
}

static void write_round_open(struct letter *l, const struct msg *m)
{
    must(m->as.open.values <= WIRE_VECTOR_MAX / 4);
    l->as.open.leg = m->as.open.leg;
    l->as.open.values = m->as.open.values;
}

static const char *read_round_open(struct msg *m, const struct letter *l)
{
    if (l->as.open.values > WIRE_VECTOR_MAX / 4)
        return "values";
    m->as.open = (struct msg_open){l->as.open.leg, l->as.open.values};
    return NULL;
}

/* Points at the letter's own copy of a digest. */
static ProtobufCBinaryData enclosed(struct letter *l, const struct digest *d)
{
    l->digest = *d;
    return (ProtobufCBinaryData){DIGEST_BYTES, l->digest.byte};
}

static const char *read_vector(struct msg *m, uint32_t bits, uint64_t words,
                               const ProtobufCBinaryData *digest)
{
    if (!is_vector(bits, words))
        return "vector";
    if (!is_digest(digest))
        return "digest";
    m->vector = (struct ring){.bits = bits, .words = (size_t)words};
    memcpy(m->vector_digest.byte, digest->data, DIGEST_BYTES);
    return NULL;
}

static void write_masked(struct letter *l, const struct msg *m)
{
    must(is_vector(m->vector.bits, m->vector.words));
    l->as.masked.bits = m->vector.bits;
    l->as.masked.words = m->vector.words;
    l->as.masked.digest = enclosed(l, &m->vector_digest);
}

static const char *read_masked(struct msg *m, const struct letter *l)
{
    const Evenhand__Masked *v = &l->as.masked;
    return read_vector(m, v->bits, v->words, &v->digest);
}

static void write_result(struct letter *l, const struct msg *m)
{
    must(is_vector(m->vector.bits, m->vector.words));
    must(m->as.result.sites > 0);
    l->as.result.sites = m->as.result.sites;
    l->as.result.bits = m->vector.bits;
    l->as.result.words = m->vector.words;
    l->as.result.digest = enclosed(l, &m->vector_digest);
}

static const char *read_result(struct msg *m, const struct letter *l)
{
    const Evenhand__Result *v = &l->as.result;
    if (v->sites == 0)
        return "sites";
    m->as.result.sites = v->sites;
    return read_vector(m, v->bits, v->words, &v->digest);
}

static void write_chunk_ack(struct letter *l, const struct msg *m)
{
    must(m->as.chunk_ack.below <= WIRE_CHUNKS_MAX);
    l->as.chunk_ack.sequence = m->as.chunk_ack.sequence;
    l->as.chunk_ack.below = m->as.chunk_ack.below;
}

static const char *read_chunk_ack(struct msg *m, const struct letter *l)
{
    if (l->as.chunk_ack.below > WIRE_CHUNKS_MAX)
        return "below";
    m->as.chunk_ack = (struct msg_chunk_ack){l->as.chunk_ack.sequence, l->as.chunk_ack.below};
    return NULL;
}

/* Is a body of this kind and length too long for a frame, and not for its kind? */
static bool is_parcel(uint64_t kind, uint64_t bytes);

static void write_parcel(struct letter *l, const struct msg *m)
{
    must(is_parcel(m->as.parcel.kind, m->as.parcel.bytes));
    l->as.parcel.kind = m->as.parcel.kind;
    l->as.parcel.bytes = m->as.parcel.bytes;
    l->as.parcel.digest = enclosed(l, &m->as.parcel.digest);
}

static const char *read_parcel(struct msg *m, const struct letter *l)
{
    const Evenhand__Parcel *p = &l->as.parcel;
    if (!is_parcel(p->kind, p->bytes))
        return "kind or length";
    if (!is_digest(&p->digest))
        return "digest";
    m->as.parcel = (struct msg_parcel){.kind = (uint8_t)p->kind, .bytes = p->bytes};
    memcpy(m->as.parcel.digest.byte, p->digest.data, DIGEST_BYTES);
    return NULL;
}

static void write_refused(struct letter *l, const struct msg *m)
{
    l->refused = m->as.refused;
    must(plain(l->refused.code, sizeof l->refused.code));
    must(plain(l->refused.text, sizeof l->refused.text));
    l->as.refused.code = l->refused.code;
    l->as.refused.text = l->refused.text;
}

static const char *read_refused(struct msg *m, const struct letter *l)
{
    const Evenhand__Refused *r = &l->as.refused;
    if (!plain(r->code, sizeof m->as.refused.code))
        return "code";
    if (!plain(r->text, sizeof m->as.refused.text))
        return "text";
    memcpy(m->as.refused.code, r->code, strlen(r->code) + 1);
    memcpy(m->as.refused.text, r->text, strlen(r->text) + 1);
    return NULL;
}

static void write_plan(struct letter *l, const struct msg *m)
{
    const struct msg_plan *p = &m->as.plan;
    must(p->text != NULL);
    must(p->text_len > 0);
    must(p->text_len <= WIRE_PLAN_MAX);
    l->as.plan.text = (ProtobufCBinaryData){p->text_len, p->text};
}

static const char *read_plan(struct msg *m, const struct letter *l)
{
    const ProtobufCBinaryData *text = &l->as.plan.text;
    if (text->len == 0 || text->len > WIRE_PLAN_MAX)
        return "text";
    m->as.plan = (struct msg_plan){copy_of(text), text->len};
    return NULL;
}

static void write_ask(struct letter *l, const struct msg *m)
{
    must(m->as.ask.leg > 0);
    l->as.ask.leg = m->as.ask.leg;
}

static const char *read_ask(struct msg *m, const struct letter *l)
{
    m->as.ask.leg = l->as.ask.leg;
    return m->as.ask.leg > 0 ? NULL : "leg";
}

static void write_past(struct letter *l, const struct msg *m)
{
    must(is_vector(m->vector.bits, m->vector.words));
    must(m->as.past.leg > 0);
    must(m->as.past.sites > 0);
    l->as.past.leg = m->as.past.leg;
    l->as.past.sites = m->as.past.sites;
    l->as.past.bits = m->vector.bits;
    l->as.past.words = m->vector.words;
    l->as.past.digest = enclosed(l, &m->vector_digest);
}

static const char *read_past(struct msg *m, const struct letter *l)
{
    const Evenhand__Past *v = &l->as.past;
    if (v->leg == 0)
        return "leg";
    if (v->sites == 0)
        return "sites";
    m->as.past = (struct msg_past){v->leg, v->sites};
    return read_vector(m, v->bits, v->words, &v->digest);
}

#define WORD(name, longest)                                                                        \
    {                                                                                              \
        &evenhand__##name##__descriptor, write_##name, read_##name, longest                        \
    }

/* A kind without a row says all it has to say in its header, and its body is empty. */
static const struct word {
    const ProtobufCMessageDescriptor *form;
    void (*write)(struct letter *l, const struct msg *m);
    const char *(*read)(struct msg *m, const struct letter *l);
    size_t max;
} words[MSG_KINDS] = {
    [MSG_JOIN] = WORD(join, WIRE_PARCEL_MAX),
    [MSG_WELCOME] = WORD(welcome, SMALL_MAX),
    [MSG_ROUND_OPEN] = WORD(round_open, SMALL_MAX),
    [MSG_MASKED] = WORD(masked, SMALL_MAX),
    [MSG_RESULT] = WORD(result, SMALL_MAX),
    [MSG_CHUNK_ACK] = WORD(chunk_ack, SMALL_MAX),
    [MSG_PARCEL] = WORD(parcel, SMALL_MAX),
    [MSG_REFUSED] = WORD(refused, SMALL_MAX),
    [MSG_PLAN] = WORD(plan, WIRE_PARCEL_MAX),
    [MSG_ASK] = WORD(ask, SMALL_MAX),
    [MSG_PAST] = WORD(past, SMALL_MAX),
};

static bool is_parcel(uint64_t kind, uint64_t bytes)
{
    return kind < MSG_KINDS && bytes > WIRE_BODY_MAX && bytes <= words[kind].max;
}

/* The letter of m. Of a kind whose body is empty: NULL. */
static const ProtobufCMessage *compose(struct letter *l, const struct msg *m)
{
    must(m->head.type < MSG_KINDS);
    must(m->head.type != MSG_CHUNK); /* its body is a piece, not a message */
    const struct word *w = &words[m->head.type];
    if (w->form == NULL)
        return NULL;
    protobuf_c_message_init(w->form, &l->as);
    w->write(l, m);
    return &l->as.base;
}

size_t codec_len(const struct msg *m)
{
    struct letter l;
    const ProtobufCMessage *base = compose(&l, m);
    return base != NULL ? protobuf_c_message_get_packed_size(base) : 0;
}

size_t codec_pack(uint8_t *out, size_t cap, const struct msg *m)
{
    struct letter l;
    const ProtobufCMessage *base = compose(&l, m);
    if (base == NULL)
        return 0;
    if (m->vector.word != NULL)
        l.digest = codec_pieces(m).digest;
    size_t len = protobuf_c_message_get_packed_size(base);
    must(len <= cap);
    must(protobuf_c_message_pack(base, out) == len);
    return len;
}

/* Memory that strangers' bytes may take: protobuf-c keeps unknown fields and counts nothing. */
static void *take_budget(void *left, size_t bytes)
{
    size_t *budget = left;
    if (bytes > *budget)
        return NULL;
    *budget -= bytes;
    return must_alloc(1, bytes);
}

static void give_back(void *left, void *bytes)
{
    (void)left;
    free(bytes);
}

/* A buffer for protobuf-c that compares what is written into it. */
struct comparison {
    ProtobufCBuffer buffer; /* first: a ProtobufCBuffer * is a struct comparison * */
    const uint8_t *with;
    size_t left;
    bool differs;
};

static void compare(ProtobufCBuffer *buffer, size_t len, const uint8_t *bytes)
{
    struct comparison *c = (struct comparison *)(void *)buffer;
    if (c->differs || len > c->left || (len > 0 && memcmp(c->with, bytes, len) != 0)) {
        c->differs = true;
        return;
    }
    c->with += len;
    c->left -= len;
}

/* Is this the body that codec_pack makes of m? Then nothing was unknown, doubled or padded. */
static bool is_body_of(const struct msg *m, const uint8_t *body, size_t len)
{
    struct letter l;
    struct comparison c = {.buffer = {.append = compare}, .with = body, .left = len};
    protobuf_c_message_pack_to_buffer(compose(&l, m), &c.buffer);
    return !c.differs && c.left == 0;
}

static enum status unpack(struct msg *out, const struct word *w, const uint8_t *body, size_t len)
{
    size_t budget = len + ROOM;
    ProtobufCAllocator memory = {take_budget, give_back, &budget};
    ProtobufCMessage *base = protobuf_c_message_unpack(w->form, &memory, len, body);
    const char *why = "form";
    struct letter l;
    if (base != NULL) {
        memcpy(&l.as, base, w->form->sizeof_message);
        why = w->read(out, &l);
        protobuf_c_message_free_unpacked(base, &memory);
        if (why == NULL && !is_body_of(out, body, len))
            why = "encoding";
    }
    if (why == NULL)
        return ST_OK;
    return fault(EC_WIRE_BODY, msg_kind_name(out->head.type), "%zu bytes: wrong %s", len, why);
}

enum status codec_unpack(struct msg *m, const uint8_t *body, size_t len)
{
    const unsigned kind = m->head.type;
    struct msg out = {.head = m->head};
    *m = out;
    if (kind >= MSG_KINDS || kind == MSG_CHUNK)
        return fault(EC_WIRE_BODY, msg_kind_name(kind), "no message has kind %u", kind);
    const struct word *w = &words[kind];
    if (len > w->max)
        return fault(EC_WIRE_BODY, msg_kind_name(kind), "%zu bytes, at most %zu", len, w->max);
    if (w->form == NULL)
        return ST_OK;
    enum status st = unpack(&out, w, body, len);
    if (st == ST_OK)
        *m = out;
    else
        msg_free(&out);
    return st;
}

static bool announces_vector(unsigned kind)
{
    return kind == MSG_MASKED || kind == MSG_RESULT || kind == MSG_PAST;
}

struct pieces codec_pieces(const struct msg *m)
{
    if (m->head.type == MSG_PARCEL)
        return (struct pieces){(size_t)m->as.parcel.bytes, m->as.parcel.digest};
    if (!announces_vector(m->head.type))
        return (struct pieces){0};
    size_t bytes = ring_bytes(m->vector.bits, m->vector.words);
    if (m->vector.word == NULL)
        return (struct pieces){bytes, m->vector_digest};
    return (struct pieces){bytes, chunk_digest(m->vector.word, bytes)};
}

struct msg codec_parcel(const struct msg_header *head, const uint8_t *body, size_t len)
{
    must(is_parcel(head->type, len));
    struct msg m = {.head = *head};
    m.head.type = MSG_PARCEL;
    m.as.parcel = (struct msg_parcel){head->type, len, chunk_digest(body, len)};
    return m;
}

enum status codec_unparcel(struct msg *m, const struct msg *parcel, const uint8_t *body)
{
    must(parcel->head.type == MSG_PARCEL);
    const struct msg_parcel p = parcel->as.parcel;
    *m = (struct msg){.head = parcel->head};
    m->head.type = p.kind;
    m->head.body_len = p.bytes;
    return codec_unpack(m, body, (size_t)p.bytes);
}
