#include "node/h5/write.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/h5/library.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

struct h5_writer {
    hid_t file, intermediate; /* intermediate: makes groups on the way */
    char path[PATH_MAX];
    char growing[PATH_MAX + 32]; /* its name until it is finished */
};

static void forget(struct h5_writer **w)
{
    if ((*w)->file >= 0)
        (void)H5Fclose((*w)->file);
    if ((*w)->intermediate >= 0)
        (void)H5Pclose((*w)->intermediate);
    free(*w);
    *w = NULL;
}

static enum status refused(const struct h5_writer *w, const char *path)
{
    char words[256];

    h5_library_says(words, sizeof words);
    return fault(EC_IO_WRITE, w->path, "%s: %s", path, words);
}

enum status h5_create(struct h5_writer **out, const char *path)
{
    *out = NULL;
    h5_library_start();
    if (strlen(path) >= PATH_MAX)
        return fault(EC_IO_CREATE, "", "a path of %zu bytes", strlen(path));

    struct h5_writer *w = must_alloc(1, sizeof *w);
    snprintf(w->path, sizeof w->path, "%s", path);
    snprintf(w->growing, sizeof w->growing, "%s.%ld.part", path, (long)getpid());
    w->file = H5Fcreate(w->growing, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    w->intermediate = H5Pcreate(H5P_LINK_CREATE);
    must(w->intermediate >= 0);
    must(H5Pset_create_intermediate_group(w->intermediate, 1) >= 0);
    must(H5Pset_char_encoding(w->intermediate, H5T_CSET_UTF8) >= 0);
    if (w->file < 0) {
        char words[256];
        h5_library_says(words, sizeof words);
        forget(&w);
        return fault(EC_IO_CREATE, path, "%s", words);
    }
    *out = w;
    return ST_OK;
}

/* Syncs the file or folder of this name. */
static bool sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool done = fsync(fd) == 0;
    return close(fd) == 0 && done;
}

static bool sync_folder_of(const char *path)
{
    char folder[PATH_MAX];

    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        snprintf(folder, sizeof folder, ".");
    else
        slash[slash == folder] = '\0';
    return sync_path(folder, O_RDONLY | O_DIRECTORY);
}

enum status h5_finish(struct h5_writer **out)
{
    struct h5_writer *w = *out;
    enum status st = ST_OK;

    if (H5Fclose(w->file) < 0)
        st = refused(w, "close");
    w->file = -1;
    if (st == ST_OK && !(sync_path(w->growing, O_RDONLY) && rename(w->growing, w->path) == 0 &&
                         sync_folder_of(w->path)))
        st = fault(EC_IO_WRITE, w->path, "%s", strerror(errno));
    if (st != ST_OK)
        (void)unlink(w->growing);
    forget(out);
    return st;
}

void h5_abandon(struct h5_writer **w)
{
    if (*w == NULL)
        return;
    (void)unlink((*w)->growing);
    forget(w);
}

/* A dataset of this shape; negative when HDF5 refuses. */
static hid_t make(const struct h5_writer *w, const char *path, hid_t type, const hsize_t *dims,
                  int rank)
{
    must(path[0] == '/');
    hid_t space = H5Screate_simple(rank, dims, NULL);
    if (space < 0)
        return -1;
    hid_t plain = H5Pcreate(H5P_DATASET_CREATE);
    hid_t set = -1;
    if (plain >= 0 && H5Pset_obj_track_times(plain, false) >= 0) /* same content, same bytes */
        set = H5Dcreate2(w->file, path, type, space, w->intermediate, plain, H5P_DEFAULT);
    (void)H5Pclose(plain);
    (void)H5Sclose(space);
    return set;
}

static enum status put(const struct h5_writer *w, const char *path, hid_t stored, hid_t given,
                       const void *v, const hsize_t *dims, int rank)
{
    hid_t set = make(w, path, stored, dims, rank);
    if (set < 0)
        return refused(w, path);
    bool done = H5Dwrite(set, given, H5S_ALL, H5S_ALL, H5P_DEFAULT, v) >= 0;
    done = H5Dclose(set) >= 0 && done;
    return done ? ST_OK : refused(w, path);
}

enum status h5_put_f32(struct h5_writer *w, const char *path, const float *v, size_t n)
{
    return put(w, path, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, v, &(hsize_t){n}, 1);
}

enum status h5_put_f64(struct h5_writer *w, const char *path, const double *v, size_t n)
{
    return put(w, path, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, v, &(hsize_t){n}, 1);
}

enum status h5_put_i8(struct h5_writer *w, const char *path, const int8_t *v, size_t n)
{
    return put(w, path, H5T_STD_I8LE, H5T_NATIVE_INT8, v, &(hsize_t){n}, 1);
}

enum status h5_put_i32(struct h5_writer *w, const char *path, const int32_t *v, size_t n)
{
    return put(w, path, H5T_STD_I32LE, H5T_NATIVE_INT32, v, &(hsize_t){n}, 1);
}

enum status h5_put_i64(struct h5_writer *w, const char *path, const int64_t *v, size_t n)
{
    return put(w, path, H5T_STD_I64LE, H5T_NATIVE_INT64, v, &(hsize_t){n}, 1);
}

enum status h5_put_tensor(struct h5_writer *w, const char *path, const float *v, const size_t *dims,
                          size_t rank)
{
    hsize_t given[3] = {0};

    must(rank >= 1);
    must(rank <= COUNT(given));
    for (size_t i = 0; i < rank; i++)
        given[i] = dims[i];
    return put(w, path, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, v, given, (int)rank);
}

/* Texts side by side, each in `*each` bytes, padded with zeros; and their type. */
static char *side_by_side(hid_t *type, size_t *each, const char *const *texts, size_t n)
{
    *each = 1;
    for (size_t i = 0; i < n; i++)
        if (strlen(texts[i]) > *each)
            *each = strlen(texts[i]);
    char *block = must_alloc(n > 0 ? n : 1, *each);
    for (size_t i = 0; i < n; i++)
        memcpy(block + i * *each, texts[i], strlen(texts[i]));

    *type = H5Tcopy(H5T_C_S1);
    must(*type >= 0);
    must(H5Tset_size(*type, *each) >= 0);
    must(H5Tset_strpad(*type, H5T_STR_NULLPAD) >= 0);
    must(H5Tset_cset(*type, H5T_CSET_UTF8) >= 0);
    return block;
}

enum status h5_put_texts(struct h5_writer *w, const char *path, const char *const *texts, size_t n)
{
    hid_t type;
    size_t each;
    char *block = side_by_side(&type, &each, texts, n);
    enum status st = put(w, path, type, type, block, &(hsize_t){n}, 1);

    (void)H5Tclose(type);
    free(block);
    return st;
}

enum status h5_make_matrix(struct h5_writer *w, const char *path, size_t rows, size_t width)
{
    hid_t set = make(w, path, H5T_IEEE_F32LE, (hsize_t[]){rows, width}, 2);
    if (set < 0 || H5Dclose(set) < 0)
        return refused(w, path);
    return ST_OK;
}

/* Copies v into rows at..at+count of the open dataset. */
static bool fill(hid_t set, const float *v, size_t at, size_t count)
{
    hsize_t dims[2] = {0};
    hid_t all = H5Dget_space(set);
    if (all < 0)
        return false;
    must(H5Sget_simple_extent_dims(all, dims, NULL) == 2);
    must(at <= dims[0] && count <= dims[0] - at);

    hsize_t piece[2] = {count, dims[1]};
    hid_t here = H5Screate_simple(2, piece, NULL);
    bool done =
        here >= 0 &&
        H5Sselect_hyperslab(all, H5S_SELECT_SET, (hsize_t[]){at, 0}, NULL, piece, NULL) >= 0 &&
        H5Dwrite(set, H5T_NATIVE_FLOAT, here, all, H5P_DEFAULT, v) >= 0;
    if (here >= 0)
        (void)H5Sclose(here);
    (void)H5Sclose(all);
    return done;
}

enum status h5_put_rows(struct h5_writer *w, const char *path, const float *v, size_t at,
                        size_t count)
{
    hid_t set = H5Dopen2(w->file, path, H5P_DEFAULT);
    if (set < 0)
        return refused(w, path);
    bool done = fill(set, v, at, count);
    done = H5Dclose(set) >= 0 && done;
    return done ? ST_OK : refused(w, path);
}

/* n == SIZE_MAX: one value, not a list of one. */
static enum status note(const struct h5_writer *w, const char *object, const char *name, hid_t type,
                        const void *v, size_t n)
{
    hid_t space = n == SIZE_MAX ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &(hsize_t){n}, NULL);
    must(space >= 0);
    hid_t at = H5Acreate_by_name(w->file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT,
                                 H5P_DEFAULT);
    bool done = at >= 0 && H5Awrite(at, type, v) >= 0;
    if (at >= 0)
        done = H5Aclose(at) >= 0 && done;
    (void)H5Sclose(space);
    return done ? ST_OK : refused(w, name);
}

/* Of variable length: h5py gives such a text to Python as a str. */
static enum status note_texts(const struct h5_writer *w, const char *object, const char *name,
                              const char *const *texts, size_t n)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    must(type >= 0);
    must(H5Tset_size(type, H5T_VARIABLE) >= 0);
    must(H5Tset_cset(type, H5T_CSET_UTF8) >= 0);
    enum status st = note(w, object, name, type, texts, n);
    (void)H5Tclose(type);
    return st;
}

enum status h5_note_text(struct h5_writer *w, const char *object, const char *name,
                         const char *text)
{
    return note_texts(w, object, name, &text, SIZE_MAX);
}

enum status h5_note_texts(struct h5_writer *w, const char *object, const char *name,
                          const char *const *texts, size_t n)
{
    return note_texts(w, object, name, texts, n);
}

enum status h5_note_i64(struct h5_writer *w, const char *object, const char *name, int64_t v)
{
    return note(w, object, name, H5T_NATIVE_INT64, &v, SIZE_MAX);
}

enum status h5_note_f64(struct h5_writer *w, const char *object, const char *name, double v)
{
    return note(w, object, name, H5T_NATIVE_DOUBLE, &v, SIZE_MAX);
}
