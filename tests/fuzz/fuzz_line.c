/*
 * Any story of two lanes and the line between them, which loses, doubles, cuts and waits: every
 * message arrives once and in order, and no end holds more than the limits say.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/reader.h"
#include "proto/wire/lane.h"

#define MESSAGES   12
#define FLIGHT_MAX 24 /* frames on the way to one end */
#define VERBS_MAX  64 /* longer stories only do more of the same */
#define ROOM       (3 * (size_t)WIRE_CHUNK_BYTES)
#define TURNS_MAX  64

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct flight {
    enum lane_due what;
    struct lane_out out;
};

struct end {
    struct lane lane;
    struct flight flight[FLIGHT_MAX]; /* on the way to this end, in order */
    size_t count;
    size_t sent;     /* messages that it was given */
    uint64_t number; /* of the next message to arrive */
    bool seats;      /* gives room when asked */
};

struct world {
    struct end end[2];
    uint64_t now_ms;
};

/* The messages of either end. Those in two pieces are few and not the first: they take long. */
static struct cargo *cargo[2][MESSAGES];
enum { PARCEL = 1 << 20 }; /* in the place of words: a message that is too long for a frame */
static const size_t words[2][MESSAGES] = {
    {0, 1, 0, 20000, 0, 7, 0, 65537, 0, PARCEL, 0, 0},
    {0, 7, 0, 20000, 0, 0, 0, 1, 0, PARCEL, 0, 65537},
};

static uint32_t word_of(size_t message, size_t at)
{
    return (uint32_t)(2654435761u * (message + 1) + at);
}

static struct cargo *load(size_t from, size_t message)
{
    struct msg m = {.head = {.type = MSG_ACCEPT, .round = message + 1}};
    size_t count = words[from][message];
    if (count > 0 && count != PARCEL) {
        uint32_t *word = must_alloc(count, sizeof *word);
        for (size_t i = 0; i < count; i++)
            word[i] = word_of(message, i);
        m.head.type = MSG_MASKED;
        m.vector = (struct ring){.bits = 32, .words = count, .word = word};
    } else if (count == PARCEL) {
        m.head.type = MSG_JOIN;
        m.as.join = (struct msg_join){.site = "north",
                                      .schema = must_alloc(1, WIRE_SCHEMA_MAX),
                                      .schema_len = WIRE_SCHEMA_MAX};
    }
    struct cargo *c = cargo_open(&m, from * MESSAGES + message + 1);
    for (uint32_t i = 0; i < c->pieces; i++)
        cargo_write(c, &m, i);
    msg_free(&m);
    return c;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < MESSAGES; k++)
            cargo[i][k] = load(i, k);
    return 0;
}

/* How much of a message the program has written; the pieces themselves are always there. */
static void write_on(struct cargo *c, uint32_t pieces)
{
    atomic_store(&c->ready, pieces < c->pieces ? pieces : c->pieces);
}

/* The message in two pieces: what is written of it is never unwritten once it is sent. */
static void write_some(const struct world *w, size_t at, uint32_t pieces)
{
    size_t message = at == 0 ? 7 : 11;
    struct cargo *c = cargo[at][message];
    must(c->pieces == 2);
    if (w->end[at].sent <= message || pieces > atomic_load(&c->ready))
        write_on(c, pieces);
}

static void send_one(struct world *w, size_t at)
{
    struct end *e = &w->end[at];
    if (e->sent < MESSAGES)
        lane_send(&e->lane, cargo_keep(cargo[at][e->sent++]));
}

static void check_end(const struct world *w, size_t at)
{
    const struct lane *l = &w->end[at].lane;
    must(l->said <= l->count);
    must(l->said <= LANE_WINDOW);
    must(l->base + l->count == w->end[at].sent + 1);
    must(l->expected == w->end[at].number);
    must(l->bytes <= ROOM);
    must(l->bytes > 0 || l->place == NULL);
    if (l->out_of != 0)
        must(l->out.next - l->out.acked <= WIRE_WINDOW);
}

/* The next frame of one end goes on its way; false: there is none, or the line is full. */
static bool depart(struct world *w, size_t from)
{
    struct end *to = &w->end[1 - from];
    struct lane *l = &w->end[from].lane;
    if (to->count == FLIGHT_MAX)
        return false;
    bool has = lane_has(l, w->now_ms);
    struct flight f;
    f.what = lane_next(&f.out, l, w->now_ms);
    must(has || f.what == LANE_NOTHING);
    check_end(w, from);
    if (f.what == LANE_NOTHING)
        return false;
    must(f.what != LANE_PIECE || f.out.at < atomic_load(&f.out.cargo->ready));
    to->flight[to->count++] = f;
    return true;
}

static void check_message(size_t message, size_t count, struct msg *m)
{
    const size_t step = WIRE_CHUNK_BYTES / sizeof(uint32_t);
    must(m->head.round == message + 1);
    must((m->head.type == MSG_JOIN) == (count == PARCEL));
    must(count != PARCEL || m->as.join.schema_len == WIRE_SCHEMA_MAX);
    must(m->vector.words == (count == PARCEL ? 0 : count));
    must((m->vector.word != NULL) == (m->vector.words > 0));
    for (size_t at = 0; at < m->vector.words; at += step) { /* both ends of every piece */
        size_t last = at + step < count ? at + step - 1 : count - 1;
        must((uint32_t)ring_get(&m->vector, at) == word_of(message, at));
        must((uint32_t)ring_get(&m->vector, last) == word_of(message, last));
    }
    msg_free(m);
}

static struct frame frame_of(const struct flight *f)
{
    const struct cargo *c = f->out.cargo;
    struct frame frame = {.head = c->head, .body = c->body};
    frame.head.sequence = f->out.sequence;
    if (f->what == LANE_PIECE) {
        size_t len = 0;
        frame.body = cargo_piece(&len, c, f->out.at) + FRAME_HEADER_BYTES;
        frame.head = (struct msg_header){.type = MSG_CHUNK,
                                         .sequence = c->name,
                                         .chunk = f->out.at,
                                         .chunks = c->pieces,
                                         .body_len = len - FRAME_HEADER_BYTES};
    }
    return frame;
}

static void arrive(struct world *w, size_t at, const struct flight *f)
{
    struct end *e = &w->end[at];
    if (f->what == LANE_ACK) {
        lane_acked(&e->lane, f->out.sequence, f->out.at, f->out.wish, w->now_ms);
    } else {
        struct frame frame = frame_of(f);
        struct msg m;
        bool got = false;
        must(lane_hear(&m, &got, &e->lane, &frame, w->now_ms) == ST_OK);
        if (got) {
            size_t message = (size_t)(e->number++ - 1);
            must(message < w->end[1 - at].sent);
            check_message(message, words[1 - at][message], &m);
        }
    }
    if (e->seats && lane_waits(&e->lane) > 0)
        must(lane_seat(&e->lane, w->now_ms));
    check_end(w, at);
}

/* The first frame on its way arrives, is lost, or arrives and will again. */
static bool land(struct world *w, size_t at, bool heard, bool stays)
{
    struct end *e = &w->end[at];
    if (e->count == 0)
        return false;
    struct flight f = e->flight[0];
    if (!stays)
        memmove(e->flight, e->flight + 1, --e->count * sizeof f);
    if (heard)
        arrive(w, at, &f);
    return true;
}

static void cut(struct world *w)
{
    for (size_t i = 0; i < 2; i++) {
        w->end[i].count = 0;
        lane_cut(&w->end[i].lane, w->now_ms);
        check_end(w, i);
    }
}

static void seat(struct world *w, size_t at)
{
    struct end *e = &w->end[at];
    e->seats = !e->seats;
    if (e->seats && lane_waits(&e->lane) > 0)
        must(lane_seat(&e->lane, w->now_ms));
    if (!e->seats && lane_seated(&e->lane))
        lane_unseat(&e->lane);
}

static void settle(struct world *w)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < 2; i++) {
            while (depart(w, i))
                moved = true;
            while (land(w, i, true, false))
                moved = true;
        }
    }
}

static void tell(struct world *w, struct reader *r)
{
    for (unsigned told = 0; told < VERBS_MAX; told++) {
        unsigned verb = read_u8(r), at = verb & 1;
        if (r->spent)
            return;
        switch (verb / 2 % 16) {
        case 0:
        case 1:
            send_one(w, at);
            break;
        case 2:
        case 3:
            (void)depart(w, at);
            break;
        case 4:
            while (depart(w, at))
                ;
            break;
        case 5:
        case 6:
            (void)land(w, at, true, false);
            break;
        case 7:
            while (land(w, at, true, false))
                ;
            break;
        case 8:
            (void)land(w, at, false, false);
            break;
        case 9:
            (void)land(w, at, true, true);
            break;
        case 10:
            cut(w);
            break;
        case 11:
            w->now_ms += at == 0 ? read_u8(r) : read_u16le(r);
            break;
        case 12:
            seat(w, at);
            break;
        case 13:
            lane_hurry(&w->end[at].lane);
            break;
        case 14:
            write_some(w, at, verb / 32);
            break;
        default:
            settle(w);
        }
        check_end(w, at);
    }
}

static bool all_there(const struct world *w)
{
    for (size_t i = 0; i < 2; i++)
        if (w->end[i].number <= w->end[1 - i].sent || !lane_idle(&w->end[i].lane))
            return false;
    return true;
}

/* Whatever was told: on a good line, and when everybody has room, the rest arrives. */
static void end_well(struct world *w)
{
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < MESSAGES; k++)
            write_on(cargo[i][k], cargo[i][k]->pieces);
        if (!w->end[i].seats)
            seat(w, i);
    }
    settle(w);
    for (size_t turn = 0; !all_there(w); turn++) {
        must(turn < TURNS_MAX);
        uint64_t wake = LANE_NEVER;
        for (size_t i = 0; i < 2; i++)
            if (lane_wake_ms(&w->end[i].lane) < wake)
                wake = lane_wake_ms(&w->end[i].lane);
        must(wake != LANE_NEVER);
        w->now_ms = wake > w->now_ms ? wake : w->now_ms + 1;
        settle(w);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct world w;
    struct reader r = {.at = data, .left = len};
    w.now_ms = 1000;
    for (size_t i = 0; i < 2; i++) {
        struct end *e = &w.end[i];
        lane_open(&e->lane, i == 0, ROOM);
        e->count = e->sent = 0;
        e->number = 1;
        e->seats = true;
    }
    tell(&w, &r);
    end_well(&w);
    for (size_t i = 0; i < 2; i++)
        lane_close(&w.end[i].lane);
    return 0;
}
