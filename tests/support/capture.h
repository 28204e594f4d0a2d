/*
 * capture.h - what a call prints on stdout or stderr, as text.
 */
#ifndef EVENHAND_CAPTURE_H
#define EVENHAND_CAPTURE_H

struct capture {
    int fd;    /* 1 or 2 */
    int saved; /* where fd led before */
    int file;  /* a file without a name */
};

struct capture capture_open(int fd);
/* Puts fd back. malloc, yours. */
char *capture_close(struct capture *c);

#endif
