/*
 * scratch.h - a folder that a test may write in, and that is gone afterwards.
 */
#ifndef EVENHAND_SCRATCH_H
#define EVENHAND_SCRATCH_H

#define SCRATCH_MAX 256

struct scratch {
    char path[SCRATCH_MAX];
};

struct scratch scratch_open(void);
void scratch_close(const struct scratch *s); /* with all that is in it */
/* path/name into out; returns out. */
const char *scratch_file(char out[static SCRATCH_MAX], const struct scratch *s, const char *name);

#endif
