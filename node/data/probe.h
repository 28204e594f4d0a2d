/*
 * probe.h - tries something in a child first, for it may not come back.
 *
 * HDF5 1.10 can crash, hang or ask for all memory over a damaged file. The
 * child does the whole work under limits and throws the result away; only
 * what it came through is done again here. Its complaint becomes ours.
 */
#ifndef EVENHAND_PROBE_H
#define EVENHAND_PROBE_H

#include "proto/base/status.h"

/*
 * What act(ctx) answers in a child that has time and memory for a file of this size; EC_DATA_H5 at
 * `path` when the child dies of it. EC_IO_PROGRAM when there is no child to be had.
 */
MUST_CHECK enum status probe(const char *path, enum status (*act)(void *ctx), void *ctx);

#endif
