#include "tests/support/capture.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

struct capture capture_open(int fd)
{
    fflush(NULL);
    struct capture c = {.fd = fd, .saved = dup(fd), .file = memfd_create("capture", 0)};
    must(c.saved >= 0);
    must(c.file >= 0);
    must(dup2(c.file, fd) == fd);
    return c;
}

char *capture_close(struct capture *c)
{
    fflush(NULL);
    must(dup2(c->saved, c->fd) == c->fd);
    close(c->saved);
    off_t len = lseek(c->file, 0, SEEK_END);
    must(len >= 0);
    char *text = must_alloc((size_t)len + 1, 1);
    must(pread(c->file, text, (size_t)len, 0) == len);
    close(c->file);
    return text;
}
