/*
 * library.h - what both halves of the door do to HDF5 before they use it. For this room alone.
 */
#ifndef EVENHAND_H5_LIBRARY_H
#define EVENHAND_H5_LIBRARY_H

#include <stddef.h>

/*
 * Once a process; later calls do nothing. No message of HDF5 reaches stderr, no filter is loaded
 * from anywhere, no link leads out of a file, and files are not locked: hospitals keep theirs on
 * network disks where locks fail.
 */
void h5_library_start(void);

/* The innermost complaint of HDF5 in this thread, in its own words; then forgets it. */
void h5_library_says(char *out, size_t cap);

#endif
