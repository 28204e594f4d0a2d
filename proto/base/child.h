/*
 * child.h - the other programs of ours, which stand in the same folder as this one.
 *
 * A child never outlives its parent: the kernel ends it (SIGTERM) when the thread that started it
 * is gone, however that happened.
 */
#ifndef EVENHAND_CHILD_H
#define EVENHAND_CHILD_H

#include <sys/types.h>

#include "proto/base/json.h"

/* folder of this program + name into out. EC_IO_PROGRAM. */
MUST_CHECK enum status child_path(char *out, size_t cap, const char *name);

/*
 * Runs path with argv (NULL-terminated, --json among it) and waits. *envelope is what it said on
 * stdout, the caller's to close; NULL on failure. Its words on stderr pass through as they come.
 *
 * A complaint of the child becomes ours, with its code and so its exit status, and is said once:
 * by whoever prints ours. EC_IO_PROGRAM when it cannot start, dies, or cannot be understood.
 */
MUST_CHECK enum status child_run(struct json **envelope, const char *path, const char *const *argv);

/* A program that runs beside this one. */
struct child {
    pid_t pid; /* 0: none, or it has ended and was waited for */
    int out;   /* its stdout, for reading; -1 when that goes to the log too */
};

/*
 * Starts path; its stderr goes to the end of the file `log`, its stdout there too unless `listen`.
 * EC_IO_PROGRAM, EC_IO_CREATE.
 */
MUST_CHECK enum status child_start(struct child *c, const char *path, const char *const *argv,
                                   const char *log, bool listen);
/* Has it ended? Then *how is its exit status, 128 + n when signal n ended it. Does not wait. */
bool child_ended(int *how, struct child *c);
/* Asks it to end (SIGTERM), waits at most ms, then makes it (SIGKILL). Closes out. */
void child_stop(struct child *c, unsigned ms);
/* The complaint in an envelope's "error" becomes ours; EC_IO_PROGRAM when it holds none we know. */
MUST_CHECK enum status child_complaint(const struct json *envelope, const char *path);

/* From here on an interrupt ends a running child, then this process, by the signal (128 + n). */
void child_watch_interrupts(void);

#endif
