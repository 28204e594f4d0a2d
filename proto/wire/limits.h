/*
 * limits.h - every maximum of the wire, each with its reason.
 */
#ifndef EVENHAND_LIMITS_H
#define EVENHAND_LIMITS_H

#define WIRE_VERSION 1

/* Small enough that an unauthenticated peer cannot make us hold much, large enough that the cost
 * of a frame does not show (security.md 3.4, D11). Vectors and everything over WIRE_BODY_MAX
 * travel in pieces of this size. */
#define WIRE_CHUNK_BYTES (256u << 10)
/* Control messages: flat, read whole, refused before unpacking when longer. */
#define WIRE_BODY_MAX (64u << 10)
/* What a site may say of its data when it joins; models/core/schema.h has the same number. */
#define WIRE_SCHEMA_MAX (64u << 10)
/* The normal form of a plan: every setting with its value, a few kilobytes. A node takes it from a
 * coordinator before it has agreed to anything, so there is no more room than for a schema. */
#define WIRE_PLAN_MAX (64u << 10)
/* The longest body of any message, in pieces when it must be: a JOIN with the longest schema, a
 * PLAN with the longest plan. */
#define WIRE_PARCEL_MAX (WIRE_SCHEMA_MAX + (1u << 10))
/* The longest frame that can be legitimate; ZMQ_MAXMSGSIZE on every socket, before bind. */
#define WIRE_FRAME_MAX (WIRE_CHUNK_BYTES + (8u << 10))
/* Of one vector: 2^28 words of 32 bits. */
#define WIRE_VECTOR_MAX (1u << 30)
#define WIRE_CHUNKS_MAX (WIRE_VECTOR_MAX / WIRE_CHUNK_BYTES)
/* Chunks a sender may have unacknowledged: two megabytes on the way per peer. */
#define WIRE_WINDOW 8
/* Vectors that the coordinator takes in at the same time; other sites wait for their turn, so its
 * memory does not grow with their number. */
#define WIRE_UPLOADS 3

/* The node asks, the coordinator answers: so either knows of the other. Three questions without an
 * answer are a dead line. After damage towards the node nothing else tells (security.md 3.2), and a
 * round should lose a quarter of a minute by it, not a whole one; a chunk passes in that time on a
 * line of 140 kbit/s. 300 idle nodes make 120 frames a second of it. */
#define WIRE_PING_MS      5000
#define WIRE_SILENCE_MS   15000
#define WIRE_CONNECT_MS   15000 /* to be heard at all */
#define WIRE_HANDSHAKE_MS 10000
/* Between attempts to connect, doubled up to the most, with half of it more or less by chance: 300
 * nodes that lost their coordinator come back at ten a second. */
#define WIRE_RETRY_MIN_MS 1000
#define WIRE_RETRY_MAX_MS 30000
/* Messages of one peer that the program has not taken: more are not acknowledged. */
#define WIRE_INBOX_MAX 64
/* Vectors kept for a site that is away: it missed too much and joins again. */
#define WIRE_AWAY_MAX 2
/* Messages of any length kept for a site that does not acknowledge: one that asks and never listens
 * must not fill our memory. A run has three on the way to a site that takes part. */
#define WIRE_QUEUE_MAX 64
/* An unacknowledged chunk is sent again; the next wait is twice as long, up to RESEND_MAX: on a
 * line that needs longer than that for a chunk, sending again only makes it later. */
#define WIRE_RESEND_MS     5000
#define WIRE_RESEND_MAX_MS 60000

#endif
