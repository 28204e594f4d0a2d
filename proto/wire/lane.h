/*
 * lane.h - two parties exchange messages, each delivered once and in order, over connections that
 * break. Pure: no sockets, no clock but the milliseconds it is told.
 *
 *     lane_send -> queue -> lane_next -> frames ~~~~~~> lane_hear -> message
 *                    ^                                      |
 *                    +-- lane_acked <~~~~~~ acknowledgements
 *
 * Messages of a direction are numbered from 1 (head.sequence). An acknowledgement says that all
 * below a number are delivered, and how many pieces of that next message are there. A connection
 * delivers in order or not at all, so what is unacknowledged is said again on the next one
 * (lane_cut); on the same one only after WIRE_RESEND_MS, in case somebody dropped a frame.
 *
 * Pieces need room at the receiver. It gives room when it can (lane_waits, lane_seat) and wishes for
 * them; a polite sender waits for that, unless there is but one piece.
 *
 * A process that starts anew is another life. Each side says on every new connection with which
 * number its messages begin (base): what lies before was given up and never comes (lane_begin).
 */
#ifndef EVENHAND_LANE_H
#define EVENHAND_LANE_H

#include "proto/wire/cargo.h"
#include "proto/wire/chunk.h"

#define LANE_WINDOW 8  /* messages said and not acknowledged */
#define LANE_ACK_MS 20 /* an acknowledgement waits so long for company */
#define LANE_NEVER  UINT64_MAX

/* What an acknowledgement wishes of the pieces of the message it names. */
enum lane_wish {
    LANE_WISH_NONE,   /* nothing: there is no room yet, or there are no pieces */
    LANE_WISH_PIECES, /* send them */
    LANE_WISH_AGAIN   /* send all from `below` on: those that came had no room */
};

struct lane {
    bool polite; /* set before use: wait until pieces are wished for */
    size_t room; /* the longest vector we would take, in bytes; may change */

    struct cargo **queue; /* unacknowledged, oldest first */
    size_t count, cap;
    uint64_t base;   /* number of queue[0] */
    size_t said;     /* of the queue, on this connection */
    uint64_t due_ms; /* when what was said is said again */
    uint64_t patience_ms;
    struct chunk_out out; /* the pieces of message out_of; 0: of none */
    uint64_t out_of;
    bool wished; /* they may be sent */

    uint64_t expected; /* number of the next message to deliver */
    struct msg in;     /* announced; in.vector.word, or parcel, is being filled */
    struct chunk_in pieces;
    size_t bytes;    /* that follow it; 0: nothing is announced */
    uint64_t name;   /* of its pieces */
    uint8_t *place;  /* where they go; NULL: no room yet */
    bool missed;     /* some came when there was none */
    unsigned silent; /* messages and pieces since the last acknowledgement */
    uint64_t ack_ms; /* when the next one is due, LANE_NEVER: none */
};

void lane_open(struct lane *l, bool polite, size_t room);
void lane_close(struct lane *l); /* forgets everything */

/* Queues it; consumes the reference. */
void lane_send(struct lane *l, struct cargo *c);
bool lane_idle(const struct lane *l); /* all is acknowledged, and nothing waits to be */

enum lane_due {
    LANE_NOTHING,
    LANE_MESSAGE, /* cargo's header and body, with this sequence */
    LANE_PIECE,   /* cargo's piece `at` */
    LANE_ACK      /* all below sequence; `at` pieces of it, and what we wish */
};

struct lane_out {
    struct cargo *cargo; /* borrowed */
    uint64_t sequence;
    uint32_t at;
    enum lane_wish wish;
};

/* What to send now: it counts as sent. */
enum lane_due lane_next(struct lane_out *o, struct lane *l, uint64_t now_ms);
/* Is there something for lane_next? */
bool lane_has(const struct lane *l, uint64_t now_ms);
uint64_t lane_wake_ms(const struct lane *l); /* when time alone makes something due */

void lane_acked(struct lane *l, uint64_t sequence, uint32_t below, enum lane_wish wish,
                uint64_t now_ms);
/*
 * A frame of a message or of a piece. got: m is the next message, complete and yours. A number
 * that is not due is no fault: it will come again. EC_WIRE_BODY: a message that does not parse or
 * is larger than our room; it is acknowledged and forgotten, or the line would stand still.
 */
MUST_CHECK enum status lane_hear(struct msg *m, bool *got, struct lane *l, const struct frame *f,
                                 uint64_t now_ms);
/* Acknowledges now what would be acknowledged in a moment. */
void lane_hurry(struct lane *l);

/* A vector waits for room of so many bytes; 0: none does. Short ones get room unasked. */
size_t lane_waits(const struct lane *l);
/* Room for it, by malloc; false: there is none. */
bool lane_seat(struct lane *l, uint64_t now_ms);
/* Room is given, and not all pieces are there yet. */
bool lane_seated(const struct lane *l);
/* Takes the room back: it will be asked for again. */
void lane_unseat(struct lane *l);

void lane_cut(struct lane *l, uint64_t now_ms); /* there is a new connection */
/* The other side's messages begin with this number; true when that was news: what came in part of
 * those before is forgotten. */
bool lane_begin(struct lane *l, uint64_t first);
/* The other side is another life than before: nothing came of it yet. */
void lane_meet(struct lane *l, uint64_t first);
/* Gives up all that is not acknowledged: it was for another life. */
void lane_forget(struct lane *l);

#endif
