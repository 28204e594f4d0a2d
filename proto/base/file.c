#include "proto/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

#define FILE_FIRST_BYTES 4096 /* for pipes and other files that do not tell their size */
#define FILE_NAMES_MAX   100  /* temporary names tried before we give up */
#define FILE_DEPTH_MAX   16   /* folders that a removal holds open at a time */

static enum status open_to_read(int *fd, struct stat *st, const char *path)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        return fault(EC_IO_OPEN, path, "%s", strerror(errno));
    if (fstat(*fd, st) == 0 && !S_ISDIR(st->st_mode))
        return ST_OK;
    close(*fd);
    *fd = -1;
    return fault(EC_IO_OPEN, path, "is a folder, or cannot be looked at");
}

static enum status read_all(uint8_t **bytes, size_t *len, int fd, size_t cap, const char *path,
                            size_t max)
{
    *bytes = must_alloc(cap, 1);
    *len = 0;
    for (;;) {
        ssize_t got = read(fd, *bytes + *len, cap - *len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fault(EC_IO_OPEN, path, "%s", strerror(errno));
        *len += (size_t)got;
        if (*len > max)
            return fault(EC_IO_LIMIT, path, "more than %zu bytes", max);
        if (got == 0)
            break;
        if (*len == cap) {
            must(cap <= SIZE_MAX / 2);
            cap *= 2;
            *bytes = realloc(*bytes, cap);
            must(*bytes != NULL);
        }
    }
    (*bytes)[*len] = '\0'; /* the end was seen by a read into at least one free byte */
    return ST_OK;
}

enum status file_read(uint8_t **bytes, size_t *len, const char *path, size_t max)
{
    int fd = -1;
    struct stat about = {0};
    uint8_t *all = NULL;
    *bytes = NULL;
    *len = 0;
    enum status st = open_to_read(&fd, &about, path);
    if (st != ST_OK)
        return st;
    bool sized = S_ISREG(about.st_mode) && about.st_size > 0;
    size_t cap = sized ? (size_t)about.st_size + 1 : FILE_FIRST_BYTES;
    if (sized && (uintmax_t)about.st_size > max) {
        st = fault(EC_IO_LIMIT, path, "%jd bytes, at most %zu", (intmax_t)about.st_size, max);
        goto out;
    }
    st = read_all(&all, len, fd, cap, path, max);
    if (st != ST_OK)
        goto out;
    *bytes = all;
    all = NULL;
out:
    if (st != ST_OK)
        *len = 0;
    free(all);
    close(fd);
    return st;
}

/* A new file beside path, with the rights of the one it will replace. */
static enum status open_beside(int *fd, char *temporary, size_t cap, const char *path)
{
    for (unsigned i = 0; i < FILE_NAMES_MAX; i++) {
        int len = snprintf(temporary, cap, "%s.%ld-%u.tmp", path, (long)getpid(), i);
        if (len < 0 || (size_t)len >= cap)
            return fault(EC_IO_CREATE, path, "%s", strerror(ENAMETOOLONG));
        *fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (*fd < 0 && errno == EEXIST)
            continue;
        if (*fd < 0)
            return fault(EC_IO_CREATE, path, "%s", strerror(errno));
        struct stat old;
        if (stat(path, &old) == 0 && fchmod(*fd, old.st_mode & 0777) != 0)
            return fault(EC_IO_CREATE, path, "%s", strerror(errno));
        return ST_OK;
    }
    return fault(EC_IO_CREATE, path, "%u temporary files are in the way, the last is %s",
                 FILE_NAMES_MAX, temporary);
}

static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        bytes += put;
        len -= (size_t)put;
    }
    return true;
}

static bool sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    must(len < sizeof(folder));
    memcpy(folder, path, len);
    folder[len] = '\0';
    const char *name = slash == NULL ? "." : len == 0 ? "/" : folder;

    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool done = fsync(fd) == 0 || errno == EINVAL; /* file systems that cannot, need not */
    close(fd);
    return done;
}

enum status file_write(const char *path, const void *bytes, size_t len)
{
    int fd = -1;
    char temporary[PATH_MAX];
    enum status st = open_beside(&fd, temporary, sizeof(temporary), path);
    if (st != ST_OK)
        goto out;
    if (!write_all(fd, bytes, len) || fsync(fd) != 0) {
        st = fault(EC_IO_WRITE, path, "%s", strerror(errno));
        goto out;
    }
    int closed = close(fd);
    fd = -1;
    if (closed != 0 || rename(temporary, path) != 0) {
        st = fault(EC_IO_WRITE, path, "%s", strerror(errno));
        unlink(temporary);
        return st;
    }
    if (!sync_folder_of(path))
        return fault(EC_IO_WRITE, path, "its folder: %s", strerror(errno));
    return ST_OK;
out:
    if (fd >= 0) {
        close(fd);
        unlink(temporary);
    }
    return st;
}

/* mode: of the last one, if it is made. durable: the folder above each new one is synced. */
static enum status make_folders(const char *path, mode_t mode, bool durable)
{
    char partial[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(partial))
        return fault(EC_IO_CREATE, path, "not a path");
    while (len > 1 && path[len - 1] == '/')
        len--;
    for (size_t i = 1; i <= len; i++) {
        if (i < len && path[i] != '/')
            continue;
        memcpy(partial, path, i);
        partial[i] = '\0';
        bool made = mkdir(partial, i < len ? 0777 : mode) == 0;
        if ((!made && errno != EEXIST) || (made && durable && !sync_folder_of(partial)))
            return fault(EC_IO_CREATE, partial, "%s", strerror(errno));
    }
    struct stat made;
    if (stat(path, &made) != 0 || !S_ISDIR(made.st_mode))
        return fault(EC_IO_CREATE, path, "something else stands there, not a folder");
    return ST_OK;
}

enum status file_folder(const char *path)
{
    return make_folders(path, 0777, false);
}

enum status file_folder_private(const char *path)
{
    return make_folders(path, 0700, true);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about;
    (void)kind;
    (void)at;
    return remove(path);
}

enum status file_remove_tree(const char *path)
{
    struct stat there;
    if (lstat(path, &there) != 0 && errno == ENOENT)
        return ST_OK;
    if (nftw(path, remove_one, FILE_DEPTH_MAX, FTW_DEPTH | FTW_PHYS) == 0)
        return ST_OK;
    return fault(EC_IO_WRITE, path, "%s", strerror(errno));
}

enum status file_map(const uint8_t **bytes, size_t *len, const char *path)
{
    int fd = -1;
    struct stat about = {0};
    *bytes = NULL;
    *len = 0;
    enum status st = open_to_read(&fd, &about, path);
    if (st != ST_OK)
        return st;
    if (!S_ISREG(about.st_mode) || about.st_size == 0) {
        st = fault(EC_IO_OPEN, path, "is empty, or not a plain file");
        goto out;
    }
    void *view = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (view == MAP_FAILED) {
        st = fault(EC_IO_OPEN, path, "%s", strerror(errno));
        goto out;
    }
    *bytes = view;
    *len = (size_t)about.st_size;
out:
    close(fd);
    return st;
}

void file_unmap(const uint8_t **bytes, size_t len)
{
    if (*bytes != NULL)
        must(munmap((void *)(uintptr_t)*bytes, len) == 0);
    *bytes = NULL;
}

void file_forget(const uint8_t *bytes, size_t len)
{
    must(madvise((void *)(uintptr_t)bytes, len, MADV_DONTNEED) == 0);
}

enum status file_join(char *out, size_t cap, const char *base, const char *name)
{
    bool alone = name[0] == '/' || base[0] == '\0';
    size_t base_len = alone ? 0 : strlen(base);
    bool slash = base_len > 0 && base[base_len - 1] != '/';
    int len = snprintf(out, cap, "%s%s%s", alone ? "" : base, slash ? "/" : "", name);
    if (len < 0 || (size_t)len >= cap)
        return fault(EC_IO_OPEN, name, "its path under %s is longer than %zu bytes", base, cap);
    return ST_OK;
}
