#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/store/blob.h"
#include "proto/store/store_inside.h"

/* A row of the table leg. */
struct leg {
    struct ring shape; /* its word stays NULL */
    uint32_t counted;
    struct digest blob;
};

static size_t bitmap_bytes(size_t sites)
{
    return (sites + 7) / 8;
}

static bool bit(const uint8_t *bitmap, size_t at)
{
    return (bitmap[at / 8] >> (at % 8) & 1) != 0;
}

enum status store_names(bool *named, const struct store *s, const struct digest *d)
{
    sqlite3_stmt *q = NULL;
    enum status st = db_prepare(&q, s->db, "SELECT 1 FROM leg WHERE blob = ?1");
    if (st == ST_OK) {
        db_bind_bytes(q, 1, d->byte, DIGEST_BYTES);
        st = db_step(named, s->db, q);
    }
    sqlite3_finalize(q);
    return st;
}

/* The row of a leg, and its bitmap[bitmap_bytes(sites)], judged. */
static enum status read_leg(struct leg *l, uint8_t *bitmap, const struct store *s, sqlite3_stmt *q)
{
    size_t bytes = bitmap_bytes(s->sites), counted = 0;
    int64_t bits = sqlite3_column_int64(q, 0), words = sqlite3_column_int64(q, 1);
    const void *in_sum = sqlite3_column_blob(q, 3), *blob = sqlite3_column_blob(q, 4);
    bool sound = (bits == 32 || bits == 64) && words >= 1 && words <= INT64_MAX / 8 &&
                 in_sum != NULL && (size_t)sqlite3_column_bytes(q, 3) == bytes && blob != NULL &&
                 sqlite3_column_bytes(q, 4) == DIGEST_BYTES;
    if (sound) {
        memcpy(bitmap, in_sum, bytes);
        memcpy(l->blob.byte, blob, DIGEST_BYTES);
        for (size_t i = 0; i < 8 * bytes; i++)
            counted += bit(bitmap, i) ? 1 : 0;
        sound = sqlite3_column_int64(q, 2) == (int64_t)counted;
    }
    if (!sound)
        return fault(EC_STORE_DAMAGED, s->db->path, "the row of a leg makes no sense");
    l->shape = (struct ring){(unsigned)bits, (size_t)words, NULL};
    l->counted = (uint32_t)counted;
    return ST_OK;
}

static enum status find_leg(struct leg *l, uint8_t *bitmap, const struct store *s, uint64_t leg)
{
    sqlite3_stmt *q = NULL;
    bool row = false;
    enum status st = db_prepare(
        &q, s->db, "SELECT bits, words, counted, in_sum, blob FROM leg WHERE number = ?1");
    if (st != ST_OK)
        return st;
    db_bind_number(q, 1, leg);
    st = db_step(&row, s->db, q);
    if (st == ST_OK && !row)
        st = fault(EC_STORE_DAMAGED, s->db->path, "the row of a leg is gone");
    if (st == ST_OK)
        st = read_leg(l, bitmap, s, q);
    sqlite3_finalize(q);
    return st;
}

static enum status insert_leg(struct store *s, uint64_t leg, const struct leg *l,
                              const uint8_t *bitmap)
{
    sqlite3_stmt *q = NULL;
    enum status st = db_prepare(&q, s->db,
                                "INSERT INTO leg (number, bits, words, counted, in_sum, blob)"
                                " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    if (st != ST_OK)
        return st;
    db_bind_number(q, 1, leg);
    db_bind_number(q, 2, l->shape.bits);
    db_bind_number(q, 3, l->shape.words);
    db_bind_number(q, 4, l->counted);
    db_bind_bytes(q, 5, bitmap, bitmap_bytes(s->sites));
    db_bind_bytes(q, 6, l->blob.byte, DIGEST_BYTES);
    return db_finish(s->db, q);
}

static enum status same_leg(const struct store *s, uint64_t leg, const struct leg *l,
                            const uint8_t *bitmap)
{
    struct leg kept;
    uint8_t *kept_bitmap = must_alloc(bitmap_bytes(s->sites), 1);
    enum status st = find_leg(&kept, kept_bitmap, s, leg);
    if (st == ST_OK && (kept.shape.bits != l->shape.bits || kept.shape.words != l->shape.words ||
                        !digest_equal(&kept.blob, &l->blob)))
        st = fault(EC_STORE_CONFLICT, s->db->path, "leg %" PRIu64 " has another sum", leg);
    if (st == ST_OK && memcmp(kept_bitmap, bitmap, bitmap_bytes(s->sites)) != 0)
        st = fault(EC_STORE_CONFLICT, s->db->path, "leg %" PRIu64 " is of other sites", leg);
    free(kept_bitmap);
    return st;
}

enum status store_keep_sum(struct store *s, uint64_t leg, uint32_t counted, const bool *in_sum,
                           size_t sites, const struct ring *sum)
{
    must(leg >= 1);
    must(leg <= s->sums + 1);
    must(sites > 0);
    must(sites == s->sites);
    must(sum->words > 0);

    size_t bytes = ring_bytes(sum->bits, sum->words);
    struct leg l = {{sum->bits, sum->words, NULL}, 0, blob_digest(sum->word, bytes)};
    uint8_t *bitmap = must_alloc(bitmap_bytes(sites), 1);
    for (size_t i = 0; i < sites; i++) {
        bitmap[i / 8] |= (uint8_t)(in_sum[i] ? 1u << (i % 8) : 0);
        l.counted += in_sum[i] ? 1 : 0;
    }
    must(l.counted == counted);

    enum status st;
    if (leg <= s->sums) {
        st = same_leg(s, leg, &l, bitmap);
    } else {
        st = blob_write(s->blobs, &l.blob, sum->word, bytes);
        /* If the row fails, the blob stays: a row that could not be synced may yet be found. */
        if (st == ST_OK)
            st = insert_leg(s, leg, &l, bitmap);
        if (st == ST_OK)
            s->sums = leg;
    }
    free(bitmap);
    return st;
}

enum status store_read_sum(struct ring *sum, uint32_t *counted, bool *in_sum, const struct store *s,
                           uint64_t leg, size_t sites)
{
    must(leg >= 1);
    must(leg <= s->sums);
    must(sites == s->sites);

    struct leg l;
    sum->word = NULL;
    uint8_t *bitmap = must_alloc(bitmap_bytes(sites), 1);
    enum status st = find_leg(&l, bitmap, s, leg);
    if (st == ST_OK)
        st = blob_read(&l.shape.word, s->blobs, &l.blob, ring_bytes(l.shape.bits, l.shape.words));
    if (st == ST_OK) {
        *sum = l.shape;
        *counted = l.counted;
        for (size_t i = 0; i < sites && in_sum != NULL; i++)
            in_sum[i] = bit(bitmap, i);
    }
    free(bitmap);
    return st;
}

uint64_t store_sums(const struct store *s)
{
    return s->sums;
}
