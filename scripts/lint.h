/*
 * lint.h - what clang's analyser, which sees one source at a time, cannot know.
 *
 * Included by `make lint` before each source but status.c; no build includes it.
 */
#ifndef EVENHAND_LINT_H
#define EVENHAND_LINT_H

#include "proto/base/status.h"

/* fault() never answers ST_OK: every row of errors.def has a status of its own. */
#define fault(...) ((void)!fault(__VA_ARGS__), ST_IO)

#endif
