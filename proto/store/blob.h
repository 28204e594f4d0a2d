/*
 * blob.h - big vectors as files of one folder, each named by the digest of what is in it.
 *
 *     folder/0f3a...c1            a blob: 64 hexadecimal digits, in lower case
 *     folder/0f3a...c1.31-0.tmp   one that was being written when its process died
 *
 * A blob is whole or not there, before and after a crash, and never changes. Equal bytes are one
 * blob: whoever removes it must know that nobody else names it. A file with any other name is not
 * ours and is left alone.
 */
#ifndef EVENHAND_BLOB_H
#define EVENHAND_BLOB_H

#include <stddef.h>

#include "crypto/hash.h"
#include "proto/base/status.h"

struct digest blob_digest(const void *bytes, size_t len);

/*
 * Durable when it returns, and written from where the bytes lie: there is no second copy of them.
 * d is blob_digest(bytes, len). Writing a blob that is there writes it again, and so mends it.
 * EC_IO_CREATE, EC_IO_WRITE: the folder is as before, or holds the whole blob.
 */
MUST_CHECK enum status blob_write(const char *folder, const struct digest *d, const void *bytes,
                                  size_t len);
/*
 * The `len` bytes of a blob (malloc, yours). EC_STORE_DAMAGED when it is missing, shorter, longer
 * or not what its name says; nothing is allocated before the length was judged.
 */
MUST_CHECK enum status blob_read(void **bytes, const char *folder, const struct digest *d,
                                 size_t len);
/* One that is not there is fine. */
MUST_CHECK enum status blob_remove(const char *folder, const struct digest *d);

/* All blobs of the folder, in no order (malloc, yours; NULL when there is none). */
MUST_CHECK enum status blob_list(struct digest **d, size_t *count, const char *folder);
/* Removes what was being written when its process died. Nobody may be writing. */
MUST_CHECK enum status blob_sweep(const char *folder);

#endif
