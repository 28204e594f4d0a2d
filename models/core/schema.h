/*
 * schema.h - the names, kinds and levels of a population as bytes, and back.
 *
 * What a site says of its data when it joins: the width, and of each target its name, kind, train
 * flag and level names. No counts, no moments. Two sites fit together when their bytes are equal.
 */
#ifndef EVENHAND_SCHEMA_H
#define EVENHAND_SCHEMA_H

#include "models/core/batch.h"
#include "proto/base/reader.h"
#include "proto/base/status.h"
#include "proto/base/writer.h"

#define SCHEMA_BYTES_MAX (64u << 10)

void schema_write(struct writer *w, const struct population *who);
/* Judges every number before use; shares, moments and rows are zero. EC_DATA_DISAGREE. */
MUST_CHECK enum status schema_read(struct population *who, struct reader *r, const char *from);

#endif
