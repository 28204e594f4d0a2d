/*
 * link.h - how messages travel: one of the five seams.
 *
 * A link belongs to one party and is used by one thread. send borrows the message and returns
 * without waiting for the other side; receive gives the next message, which the caller frees, or
 * says that there is none now. Neither blocks: waiting is the loop's business, with a clock.
 */
#ifndef EVENHAND_LINK_H
#define EVENHAND_LINK_H

#include "proto/base/status.h"
#include "proto/wire/msg.h"

struct link;

struct link_ops {
    MUST_CHECK enum status (*send)(struct link *l, const struct msg *m);
    MUST_CHECK enum status (*receive)(struct link *l, struct msg *m, bool *got);
    /* The same message to several parties, as if sent to each in turn; m->head.recipient is not
     * looked at. A vector is then kept once for all of them. */
    MUST_CHECK enum status (*send_all)(struct link *l, const struct msg *m, const struct party *to,
                                       size_t count);
};

struct link {
    const struct link_ops *ops;
    uint64_t bytes_out; /* bodies sent so far */
};

#endif
