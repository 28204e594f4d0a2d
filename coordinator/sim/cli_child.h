/*
 * cli_child.h - the other programs of ours, which stand in the same folder as this one.
 */
#ifndef EVENHAND_CLI_CHILD_H
#define EVENHAND_CLI_CHILD_H

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

/* From here on an interrupt ends a running child, then this process, by the signal (128 + n). */
void child_watch_interrupts(void);

#endif
