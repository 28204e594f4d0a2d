#include "proto/wire/frame.h"

#include <inttypes.h>
#include <string.h>

#include "proto/base/must.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "proto/wire/limits.h"

#define DIGEST_AT     (FRAME_HEADER_BYTES - DIGEST_BYTES)
#define VERSION_KNOWN 6 /* bytes of magic and version: enough to say whose version it is */

_Static_assert(FRAME_HEADER_BYTES == 4 + 2 + 1 + 1 + 2 * PARTY_BYTES + 3 * DIGEST_BYTES + 8 + 4 +
                                         2 * PARTY_BYTES + 8 + 2 * 4 + 8 + DIGEST_BYTES,
               "the fields of struct msg_header, without gaps");
_Static_assert(FRAME_HEADER_BYTES + WIRE_CHUNK_BYTES <= WIRE_FRAME_MAX, "a piece fits");
_Static_assert(WIRE_BODY_MAX <= WIRE_CHUNK_BYTES, "and so does everything else");

/* NULL when these fields may stand together, else what is wrong with them. */
static const char *wrong(const struct msg_header *h)
{
    if (h->type >= MSG_KINDS)
        return "of a kind that does not exist";
    if (h->type != MSG_CHUNK) {
        if (h->chunk != 0 || h->chunks != 0)
            return "numbered like a piece";
        return h->body_len > WIRE_BODY_MAX ? "longer than a message may be" : NULL;
    }
    if (h->chunks > WIRE_CHUNKS_MAX || h->chunk >= h->chunks)
        return "a piece without a place";
    if (h->body_len == 0 || h->body_len > WIRE_CHUNK_BYTES)
        return "a piece of a wrong length";
    bool last = h->chunk == h->chunks - 1;
    return last || h->body_len == WIRE_CHUNK_BYTES ? NULL : "a piece that is too short";
}

size_t frame_bytes(const struct msg_header *head)
{
    must(wrong(head) == NULL);
    return FRAME_HEADER_BYTES + (size_t)head->body_len;
}

/* Of the header before its digest, zeros in its place, and the body. */
static struct digest digest_all(const uint8_t *header, const uint8_t *body, size_t len)
{
    static const struct digest zero;
    struct digest_state s;

    digest_begin(&s, "evh-frame");
    digest_add(&s, header, DIGEST_AT);
    digest_add(&s, zero.byte, DIGEST_BYTES);
    digest_add(&s, body, len);
    return digest_end(&s);
}

static void write_header(struct writer *w, const struct msg_header *h)
{
    write_u32le(w, FRAME_MAGIC);
    write_u16le(w, WIRE_VERSION);
    write_u8(w, h->type);
    write_u8(w, h->phase);
    write_bytes(w, h->consortium.byte, PARTY_BYTES);
    write_bytes(w, h->session.byte, PARTY_BYTES);
    write_bytes(w, h->roster.byte, DIGEST_BYTES);
    write_bytes(w, h->config.byte, DIGEST_BYTES);
    write_bytes(w, h->model.byte, DIGEST_BYTES);
    write_u64le(w, h->round);
    write_u32le(w, h->attempt);
    write_bytes(w, h->sender.byte, PARTY_BYTES);
    write_bytes(w, h->recipient.byte, PARTY_BYTES);
    write_u64le(w, h->sequence);
    write_u32le(w, h->chunk);
    write_u32le(w, h->chunks);
    write_u64le(w, h->body_len);
}

void frame_write(uint8_t *out, const struct msg_header *head, const uint8_t *body)
{
    struct writer w = {.at = out, .left = frame_bytes(head)};
    size_t len = (size_t)head->body_len;
    must(body != NULL || len == 0);

    write_header(&w, head);
    must(w.done == DIGEST_AT);
    struct digest d = digest_all(out, body, len);
    write_bytes(&w, d.byte, DIGEST_BYTES);
    write_bytes(&w, body, len);
    must(!w.spent);
    must(w.left == 0);
}

static struct party read_party(struct reader *r)
{
    struct party p = {{0}};
    const uint8_t *bytes = read_bytes(r, PARTY_BYTES);
    if (bytes != NULL)
        memcpy(p.byte, bytes, PARTY_BYTES);
    return p;
}

static struct digest read_digest(struct reader *r)
{
    struct digest d = {{0}};
    const uint8_t *bytes = read_bytes(r, DIGEST_BYTES);
    if (bytes != NULL)
        memcpy(d.byte, bytes, DIGEST_BYTES);
    return d;
}

static void read_header(struct msg_header *h, struct reader *r)
{
    h->magic = read_u32le(r);
    h->version = read_u16le(r);
    h->type = read_u8(r);
    h->phase = read_u8(r);
    h->consortium = read_party(r);
    h->session = read_party(r);
    h->roster = read_digest(r);
    h->config = read_digest(r);
    h->model = read_digest(r);
    h->round = read_u64le(r);
    h->attempt = read_u32le(r);
    h->sender = read_party(r);
    h->recipient = read_party(r);
    h->sequence = read_u64le(r);
    h->chunk = read_u32le(r);
    h->chunks = read_u32le(r);
    h->body_len = read_u64le(r);
    h->body = read_digest(r);
}

enum status frame_parse(struct frame *f, const uint8_t *bytes, size_t len)
{
    struct reader r = {.at = bytes, .left = len};
    struct msg_header h;
    read_header(&h, &r);

    if (len < VERSION_KNOWN || h.magic != FRAME_MAGIC)
        return fault(EC_WIRE_FRAME, "frame", "%zu bytes that are not ours", len);
    if (h.version != WIRE_VERSION)
        return fault(EC_WIRE_VERSION, "frame", "version %u came, ours is %d", (unsigned)h.version,
                     WIRE_VERSION);
    if (r.spent)
        return fault(EC_WIRE_FRAME, "frame", "%zu bytes hold no header", len);
    const char *why = wrong(&h);
    if (why != NULL)
        return fault(EC_WIRE_FRAME, "frame",
                     "it is %s: kind %u, piece %" PRIu32 " of %" PRIu32 ", %" PRIu64 " bytes", why,
                     (unsigned)h.type, h.chunk, h.chunks, h.body_len);
    if (h.body_len != r.left)
        return fault(EC_WIRE_FRAME, "frame", "a body of %" PRIu64 " bytes is announced, %zu came",
                     h.body_len, r.left);
    struct digest d = digest_all(bytes, r.at, r.left);
    if (!digest_equal(&d, &h.body))
        return fault(EC_WIRE_DIGEST, "frame", "%s of %zu bytes", msg_kind_name(h.type), len);

    *f = (struct frame){.head = h, .body = r.at};
    return ST_OK;
}
