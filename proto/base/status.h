/*
 * status.h - outcomes of fallible calls, and the sentence that explains them.
 *
 * The world is wrong (a file, a peer, an operator): a function returns an enum
 * status and has left, by fault(), one complaint for this thread: a row of
 * errors.def (code, cause, remedy, exit status) with the place and the detail.
 * A status is passed up unchanged; only main prints the complaint and exits.
 */
#ifndef EVENHAND_STATUS_H
#define EVENHAND_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#define MUST_CHECK   __attribute__((warn_unused_result))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define STATUS_LIST(X)                                                                             \
    X(OK, "success")                                                                               \
    X(IO, "the system refused a read or a write")                                                  \
    X(FORMAT, "bytes that do not parse")                                                           \
    X(LIMIT, "larger than we agreed to accept")                                                    \
    X(AUTH, "a key, tag or signature that does not verify")                                        \
    X(STATE, "a message that is not due now")                                                      \
    X(CONFIG, "settings that contradict each other")                                               \
    X(DATA, "records that cannot be used as they are")                                             \
    X(USAGE, "a command line that does not make sense")                                            \
    X(TIMEOUT, "a peer that did not answer in time")

enum status {
#define X(name, sentence) ST_##name,
    STATUS_LIST(X)
#undef X
};

enum retry { RETRY_NO, RETRY_LATER, RETRY_AFTER_REPAIR };

/* One row a complaint: see errors.def. */
enum complaint {
#define X(id, code, status, exit_status, retry, cause, fix) EC_##id,
#include "proto/base/errors.def"
#undef X
    EC_COUNT
};

struct complaint_row {
    const char *code; /* "E-CFG-012" */
    enum status status;
    int exit_status; /* interface.md 1.5 */
    enum retry retry;
    const char *cause; /* what this code means, a sentence without a dot */
    const char *fix;   /* what to do about it */
};

/* What fault() kept for this thread; empty strings before the first fault. */
struct complaint_kept {
    enum complaint what;
    char where[256]; /* file:line, path, site: "" where there is no better place */
    char detail[768];
};

/* Keeps the complaint (one per thread, the last one wins), returns its row's status. */
MUST_CHECK enum status fault(enum complaint what, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

const struct complaint_row *complaint_row(enum complaint what);
/* The complaint with this code ("E-CFG-012", any case), EC_NONE when there is none. */
enum complaint complaint_find(const char *code);
const struct complaint_kept *fault_kept(void);
/* The detail of the last fault, for tests and logs. */
const char *fault_text(void);
/* Replaces the kept complaint: how a worker thread hands its fault to the main thread. */
void fault_restore(const struct complaint_kept *kept);
const char *status_name(enum status st);
const char *retry_name(enum retry r);

#endif
