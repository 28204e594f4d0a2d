#include "proto/store/beacon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/must.h"

#define LOCK_FILE      "lock"
#define STATUS_FILE    "status.json"
#define STATUS_MAX     (16u << 20)
#define LOCK_FILE_MODE 0600

struct beacon {
    int lock;
    char status[PATH_MAX];
};

/* The whole file; of the open file, so it goes when the last process that has it open does. */
static struct flock whole(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

/* *lock -1: another program holds it. */
static enum status take_lock(int *lock, const char *folder)
{
    char path[PATH_MAX];
    struct flock want = whole(F_WRLCK);
    *lock = -1;
    enum status st = file_join(path, sizeof path, folder, LOCK_FILE);
    if (st != ST_OK)
        return st;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, LOCK_FILE_MODE);
    if (fd < 0)
        return fault(EC_IO_OPEN, path, "%s", strerror(errno));
    if (fcntl(fd, F_OFD_SETLK, &want) == 0) {
        *lock = fd;
        return ST_OK;
    }
    st =
        errno == EAGAIN || errno == EACCES ? ST_OK : fault(EC_IO_OPEN, path, "%s", strerror(errno));
    close(fd);
    return st;
}

enum status beacon_open(struct beacon **out, const char *folder)
{
    int lock = -1;
    char status[PATH_MAX];
    *out = NULL;
    enum status st = file_folder_private(folder);
    if (st == ST_OK)
        st = file_join(status, sizeof status, folder, STATUS_FILE);
    if (st == ST_OK)
        st = take_lock(&lock, folder);
    if (st == ST_OK && lock < 0)
        st = fault(EC_IO_BUSY, folder, "a program with this state folder runs already");
    if (st != ST_OK)
        return st;
    struct beacon *b = must_alloc(1, sizeof *b);
    b->lock = lock;
    memcpy(b->status, status, sizeof status);
    *out = b;
    return ST_OK;
}

void beacon_close(struct beacon **b)
{
    if (*b == NULL)
        return;
    close((*b)->lock);
    free(*b);
    *b = NULL;
}

enum status beacon_say(struct beacon *b, struct json *what)
{
    char *text = json_text(what, 2);
    enum status st = file_write(b->status, text, strlen(text));
    free(text);
    json_close(&what);
    return st;
}

static enum status read_status(struct json **said, const char *folder)
{
    char path[PATH_MAX];
    uint8_t *bytes = NULL;
    size_t len = 0;
    enum status st = file_join(path, sizeof path, folder, STATUS_FILE);
    if (st != ST_OK || (access(path, F_OK) != 0 && errno == ENOENT))
        return st;
    st = file_read(&bytes, &len, path, STATUS_MAX);
    if (st == ST_OK)
        st = json_parse(said, (const char *)bytes, len, path);
    free(bytes);
    return st;
}

/* Asks and takes nothing: a program that starts at this moment must get the lock. */
static enum status is_locked(bool *locked, const char *folder)
{
    char path[PATH_MAX];
    struct flock other = whole(F_WRLCK);
    *locked = false;
    enum status st = file_join(path, sizeof path, folder, LOCK_FILE);
    if (st != ST_OK)
        return st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return ST_OK; /* nothing ever ran here */
    if (fd < 0)
        return fault(EC_IO_OPEN, path, "%s", strerror(errno));
    if (fcntl(fd, F_OFD_GETLK, &other) == 0)
        *locked = other.l_type != F_UNLCK;
    else
        st = fault(EC_IO_OPEN, path, "%s", strerror(errno));
    close(fd);
    return st;
}

enum status beacon_read(struct json **said, bool *alive, const char *folder)
{
    *said = NULL;
    enum status st = is_locked(alive, folder);
    return st == ST_OK ? read_status(said, folder) : st;
}
