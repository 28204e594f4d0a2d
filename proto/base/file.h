/*
 * file.h - whole files: read with a limit, written atomically.
 */
#ifndef EVENHAND_FILE_H
#define EVENHAND_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/status.h"

/* Reads all of path into *bytes (malloc, yours; one NUL more than *len says). At most max bytes. */
MUST_CHECK enum status file_read(uint8_t **bytes, size_t *len, const char *path, size_t max);
/*
 * Writes a temporary file beside path, fsyncs, renames, fsyncs the folder; keeps the rights of an
 * older file. On failure path is as before (or new, when only the folder could not be synced).
 */
MUST_CHECK enum status file_write(const char *path, const void *bytes, size_t len);
/* mkdir -p; an existing folder is fine. */
MUST_CHECK enum status file_folder(const char *path);
/*
 * The same for what others must not read: the last folder is made for this user alone (0700; one
 * that exists keeps its rights), and what was made survives a power cut.
 */
MUST_CHECK enum status file_folder_private(const char *path);
/* Removes a folder and all that is in it; one that is not there is fine. Links are removed, not
 * followed. EC_IO_WRITE. */
MUST_CHECK enum status file_remove_tree(const char *path);
/* Maps a whole file read-only. An empty file is a fault. */
MUST_CHECK enum status file_map(const uint8_t **bytes, size_t *len, const char *path);
void file_unmap(const uint8_t **bytes, size_t len);
/* Gives a map's memory back; what is read of it again comes from the file again. */
void file_forget(const uint8_t *bytes, size_t len);
/* base/name into out[cap]; name alone when it is absolute. Faults when it does not fit. */
MUST_CHECK enum status file_join(char *out, size_t cap, const char *base, const char *name);

#endif
