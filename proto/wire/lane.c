#include "proto/wire/lane.h"

#include <inttypes.h>
#include <stdlib.h>

#include "proto/base/must.h"
#include "proto/wire/codec.h"

#define ACK_EVERY 4 /* messages or pieces: half of either window */

_Static_assert(2 * ACK_EVERY <= LANE_WINDOW, "a sender never waits for a lazy acknowledgement");
_Static_assert(2 * ACK_EVERY <= WIRE_WINDOW, "nor for one of pieces");

void lane_open(struct lane *l, bool polite, size_t room)
{
    *l = (struct lane){.polite = polite,
                       .room = room,
                       .base = 1,
                       .expected = 1,
                       .patience_ms = WIRE_RESEND_MS,
                       .ack_ms = LANE_NEVER};
}

/* --- out ------------------------------------------------------------------------------------ */

static void drop_first(struct lane *l, size_t count)
{
    must(count <= l->count);
    for (size_t i = 0; i < count; i++)
        cargo_drop(&l->queue[i]);
    l->count -= count;
    for (size_t i = 0; i < l->count; i++)
        l->queue[i] = l->queue[i + count];
    l->base += count;
    l->said -= count < l->said ? count : l->said;
    if (l->out_of < l->base)
        l->out_of = 0;
}

void lane_send(struct lane *l, struct cargo *c)
{
    if (l->count == l->cap) {
        l->cap = l->cap > 0 ? 2 * l->cap : 8;
        struct cargo **grown = realloc(l->queue, l->cap * sizeof(struct cargo *));
        must(grown != NULL);
        l->queue = grown;
    }
    l->queue[l->count++] = c;
}

/* The last message said is announced, and its pieces are on their way. */
static bool in_pieces(const struct lane *l)
{
    return l->said > 0 && l->queue[l->said - 1]->pieces > 0;
}

static bool may_send_pieces(const struct lane *l)
{
    const struct cargo *c = l->queue[l->said - 1];
    if (l->polite && !l->wished && c->pieces > 1)
        return false;
    /* While the program still writes pieces, only those that are ready exist. */
    uint32_t ready = atomic_load_explicit(&c->ready, memory_order_acquire);
    return l->out.next < ready || ready == c->pieces;
}

static bool next_piece(struct lane_out *o, struct lane *l, uint64_t now_ms)
{
    if (!in_pieces(l) || !may_send_pieces(l) || !chunk_out_next(&o->at, &l->out, now_ms))
        return false;
    o->cargo = l->queue[l->said - 1];
    return true;
}

static void say(struct lane_out *o, struct lane *l, uint64_t now_ms)
{
    struct cargo *c = l->queue[l->said];
    o->cargo = c;
    o->sequence = l->base + l->said;
    if (l->said++ == 0)
        l->due_ms = now_ms + l->patience_ms;
    if (c->pieces == 0)
        return;
    if (l->out_of == o->sequence) {
        chunk_out_rewind(&l->out, now_ms);
    } else {
        chunk_out_open(&l->out, c->frames, c->bytes, now_ms);
        l->out_of = o->sequence;
    }
    l->wished = false;
}

/* Nothing was acknowledged for a long time: say it all again, and wait longer for the next time. */
static bool lost_patience(const struct lane *l, uint64_t now_ms)
{
    return l->said > 0 && now_ms >= l->due_ms;
}

static void say_again(struct lane *l)
{
    l->said = 0;
    l->patience_ms *= 2;
    if (l->patience_ms > WIRE_RESEND_MAX_MS)
        l->patience_ms = WIRE_RESEND_MAX_MS;
}

static bool may_say(const struct lane *l)
{
    return l->said < l->count && l->said < LANE_WINDOW && !in_pieces(l);
}

static void acknowledge(struct lane_out *o, struct lane *l)
{
    o->sequence = l->expected;
    if (l->place != NULL) {
        o->at = l->pieces.below;
        o->wish = l->missed ? LANE_WISH_AGAIN : LANE_WISH_PIECES;
        l->missed = false;
    }
    l->ack_ms = LANE_NEVER;
    l->silent = 0;
}

enum lane_due lane_next(struct lane_out *o, struct lane *l, uint64_t now_ms)
{
    *o = (struct lane_out){.cargo = NULL};
    if (now_ms >= l->ack_ms) {
        acknowledge(o, l);
        return LANE_ACK;
    }
    if (lost_patience(l, now_ms))
        say_again(l);
    if (next_piece(o, l, now_ms))
        return LANE_PIECE;
    if (!may_say(l))
        return LANE_NOTHING;
    say(o, l, now_ms);
    return LANE_MESSAGE;
}

bool lane_has(const struct lane *l, uint64_t now_ms)
{
    if (now_ms >= l->ack_ms || lost_patience(l, now_ms) || may_say(l))
        return true;
    struct chunk_out trial = l->out; /* asking must not count as sending */
    uint32_t at = 0;
    return in_pieces(l) && may_send_pieces(l) && chunk_out_next(&at, &trial, now_ms);
}

uint64_t lane_wake_ms(const struct lane *l)
{
    uint64_t wake = l->ack_ms;
    if (l->said > 0 && l->due_ms < wake)
        wake = l->due_ms;
    return wake;
}

void lane_acked(struct lane *l, uint64_t sequence, uint32_t below, enum lane_wish wish,
                uint64_t now_ms)
{
    if (sequence < l->base || sequence > l->base + l->said)
        return;
    bool news = sequence > l->base;
    drop_first(l, (size_t)(sequence - l->base));
    if (l->out_of == sequence && in_pieces(l)) {
        uint32_t before = l->out.acked;
        if (wish == LANE_WISH_AGAIN)
            chunk_out_rewind(&l->out, now_ms);
        chunk_out_ack(&l->out, below, now_ms);
        news = news || l->out.acked != before || (wish != LANE_WISH_NONE && !l->wished);
        l->wished = l->wished || wish != LANE_WISH_NONE;
    }
    if (news) {
        l->patience_ms = WIRE_RESEND_MS;
        l->due_ms = now_ms + l->patience_ms;
    }
}

/* --- in ------------------------------------------------------------------------------------- */

static void ack_by(struct lane *l, uint64_t when_ms)
{
    if (when_ms < l->ack_ms)
        l->ack_ms = when_ms;
}

/* One thing more came that must be acknowledged: soon, or at once when there are several. */
static void note(struct lane *l, uint64_t now_ms)
{
    l->silent++;
    ack_by(l, l->silent >= ACK_EVERY ? now_ms : now_ms + LANE_ACK_MS);
}

void lane_hurry(struct lane *l)
{
    if (l->ack_ms != LANE_NEVER)
        l->ack_ms = 0;
}

static void forget_announced(struct lane *l)
{
    free(l->place);
    l->place = NULL;
    l->missed = false;
    l->bytes = 0;
    l->in.vector.word = NULL;
    msg_free(&l->in);
}

static void delivered(struct lane *l, uint64_t now_ms)
{
    l->bytes = 0;
    l->expected++;
    note(l, now_ms);
}

static enum status announce(struct msg *m, bool *got, struct lane *l, const struct frame *f,
                            uint64_t now_ms)
{
    struct msg said = {.head = f->head};
    enum status st = codec_unpack(&said, f->body, (size_t)f->head.body_len);
    struct pieces follow = {0, {{0}}};
    if (st == ST_OK)
        follow = codec_pieces(&said);
    if (st == ST_OK && follow.bytes > l->room && said.head.type != MSG_PARCEL) {
        msg_free(&said);
        st = fault(EC_WIRE_BODY, "lane", "a vector of %zu bytes; at most %zu are due", follow.bytes,
                   l->room);
    }
    if (st != ST_OK || follow.bytes == 0) {
        *m = said;
        *got = st == ST_OK;
        delivered(l, now_ms);
        return st;
    }
    l->in = said;
    l->bytes = follow.bytes;
    l->name = digest_u64(&follow.digest);
    if (follow.bytes <= WIRE_PARCEL_MAX)
        (void)lane_seat(l, now_ms); /* no room for so little: it is announced again */
    return ST_OK;
}

/* All pieces are there. */
static enum status complete(struct msg *m, bool *got, struct lane *l, uint64_t now_ms)
{
    enum status st = ST_OK;
    if (l->in.head.type == MSG_PARCEL) {
        st = chunk_in_judge(&l->pieces, &l->in.as.parcel.digest);
        if (st == ST_OK)
            st = codec_unparcel(m, &l->in, l->place);
        forget_announced(l);
    } else {
        *m = l->in;
        m->vector.word = l->place;
        l->place = NULL;
        l->in = (struct msg){.head = {.type = 0}};
    }
    *got = st == ST_OK;
    delivered(l, now_ms);
    ack_by(l, now_ms); /* the sender waits for it before it says more */
    return st;
}

static enum status piece(struct msg *m, bool *got, struct lane *l, const struct frame *f,
                         uint64_t now_ms)
{
    if (l->bytes == 0 || f->head.sequence != l->name)
        return ST_OK; /* a copy of what is delivered */
    l->missed = l->missed || l->place == NULL;
    if (l->place == NULL)
        return ST_OK;
    if (f->head.chunks != l->pieces.count)
        return fault(EC_WIRE_BODY, "lane", "a piece of %" PRIu32 ", %" PRIu32 " were announced",
                     f->head.chunks, l->pieces.count);
    uint32_t below = l->pieces.below;
    enum status st = chunk_in_take(&l->pieces, f->head.chunk, f->body, (size_t)f->head.body_len);
    if (st != ST_OK)
        return st;
    if (chunk_in_whole(&l->pieces))
        return complete(m, got, l, now_ms);
    note(l, now_ms);
    if (l->pieces.below == below)
        ack_by(l, now_ms); /* a copy: an acknowledgement was lost */
    return ST_OK;
}

enum status lane_hear(struct msg *m, bool *got, struct lane *l, const struct frame *f,
                      uint64_t now_ms)
{
    *got = false;
    if (f->head.type == MSG_CHUNK)
        return piece(m, got, l, f, now_ms);
    if (f->head.sequence == l->expected && l->bytes == 0)
        return announce(m, got, l, f, now_ms);
    if (f->head.sequence < l->expected || l->place != NULL)
        ack_by(l, now_ms); /* said again: tell where we are */
    return ST_OK;
}

size_t lane_waits(const struct lane *l)
{
    return l->place == NULL ? l->bytes : 0;
}

bool lane_seat(struct lane *l, uint64_t now_ms)
{
    must(l->bytes > 0);
    must(l->place == NULL);
    l->place = malloc(l->bytes); /* a peer asked for it: no room is no reason to stop */
    if (l->place == NULL)
        return false;
    chunk_in_open(&l->pieces, l->place, l->bytes);
    if (l->pieces.count > 1 || l->missed) /* a single one comes unasked, but once */
        ack_by(l, now_ms);
    return true;
}

bool lane_seated(const struct lane *l)
{
    return l->place != NULL;
}

void lane_unseat(struct lane *l)
{
    free(l->place);
    l->place = NULL;
    l->missed = true;
}

/* --- lines and lives ------------------------------------------------------------------------ */

void lane_cut(struct lane *l, uint64_t now_ms)
{
    l->said = 0;
    l->patience_ms = WIRE_RESEND_MS;
    l->due_ms = now_ms + l->patience_ms;
}

bool lane_begin(struct lane *l, uint64_t first)
{
    if (first <= l->expected)
        return false;
    lane_meet(l, first);
    return true;
}

void lane_meet(struct lane *l, uint64_t first)
{
    forget_announced(l);
    l->expected = first;
    l->ack_ms = LANE_NEVER;
    l->silent = 0;
}

void lane_forget(struct lane *l)
{
    drop_first(l, l->count);
    l->patience_ms = WIRE_RESEND_MS;
}

bool lane_idle(const struct lane *l)
{
    return l->count == 0 && l->ack_ms == LANE_NEVER;
}

void lane_close(struct lane *l)
{
    forget_announced(l);
    drop_first(l, l->count);
    free(l->queue);
    l->queue = NULL;
    l->count = l->cap = 0;
}
