#include "node/h5/read_inside.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/h5/library.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define DEFLATE_RATIO_MAX 1100 /* zlib's best is 1032 to 1; the rest is slack */

enum status h5_damaged(const struct h5_reader *r, const char *path)
{
    char words[256];

    h5_library_says(words, sizeof words);
    return fault(EC_DATA_H5, r->path, "%s: %s", path, words);
}

enum status h5_misshapen(const struct h5_reader *r, const char *path, const char *found,
                         const char *wanted)
{
    return fault(EC_DATA_SHAPE, r->path, "%s: %s found, %s wanted", path, found, wanted);
}

enum status h5_open(struct h5_reader **out, const char *path)
{
    *out = NULL;
    h5_library_start();
    if (strlen(path) >= PATH_MAX || access(path, R_OK) != 0)
        return fault(EC_IO_OPEN, path, "%s", strerror(errno));

    struct h5_reader *r = must_alloc(1, sizeof *r);
    snprintf(r->path, sizeof r->path, "%s", path);
    r->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (r->file < 0) {
        char words[256];
        h5_library_says(words, sizeof words);
        h5_close(&r);
        return fault(EC_DATA_H5, path, "%s", words);
    }
    *out = r;
    return ST_OK;
}

void h5_close(struct h5_reader **r)
{
    if (*r == NULL)
        return;
    if ((*r)->file >= 0)
        (void)H5Fclose((*r)->file);
    free(*r);
    *r = NULL;
}

/* Is each link on the way there, and does each stay inside the file? */
static bool reachable(const struct h5_reader *r, const char *path)
{
    char part[PATH_BYTES_MAX];

    if (path[0] != '/' || strlen(path) >= sizeof part)
        return false;
    if (strcmp(path, "/") == 0)
        return true;
    snprintf(part, sizeof part, "%s", path);
    for (char *end = part; end != NULL;) {
        H5L_info_t link;
        end = strchr(end + 1, '/');
        if (end != NULL)
            *end = '\0';
        if (H5Lexists(r->file, part, H5P_DEFAULT) <= 0 ||
            H5Lget_info(r->file, part, &link, H5P_DEFAULT) < 0 ||
            (link.type != H5L_TYPE_HARD && link.type != H5L_TYPE_SOFT))
            return false;
        if (end != NULL)
            *end = '/';
    }
    return H5Oexists_by_name(r->file, path, H5P_DEFAULT) > 0;
}

bool h5_has(const struct h5_reader *r, const char *path)
{
    bool yes = reachable(r, path);

    (void)H5Eclear2(H5E_DEFAULT);
    return yes;
}

bool h5_is_group(const struct h5_reader *r, const char *path)
{
    H5G_info_t info;
    bool yes = reachable(r, path) && H5Gget_info_by_name(r->file, path, &info, H5P_DEFAULT) >= 0;

    (void)H5Eclear2(H5E_DEFAULT);
    return yes;
}

/* Only data that lie in this file, behind no filter but deflate and shuffle. */
static enum status judge_storage(bool *packed, const struct h5_reader *r, const char *path,
                                 hid_t set)
{
    hid_t made = H5Dget_create_plist(set);
    if (made < 0)
        return h5_damaged(r, path);

    bool foreign = H5Pget_layout(made) == H5D_VIRTUAL || H5Pget_external_count(made) != 0;
    int filters = H5Pget_nfilters(made);
    H5Z_filter_t strange = 0;
    *packed = filters > 0;
    for (int i = 0; i < filters; i++) {
        unsigned flags;
        size_t values = 0;
        H5Z_filter_t f = H5Pget_filter2(made, (unsigned)i, &flags, &values, NULL, 0, NULL, NULL);
        if (f != H5Z_FILTER_DEFLATE && f != H5Z_FILTER_SHUFFLE)
            strange = f;
    }
    (void)H5Pclose(made);
    if (foreign)
        return fault(EC_DATA_H5, r->path, "%s keeps its data in another file", path);
    if (strange != 0)
        return fault(EC_DATA_H5, r->path, "%s is behind filter %d; deflate and shuffle are read",
                     path, (int)strange);
    return ST_OK;
}

/* An enum is welcome as h5py's way to write a bool. */
static bool kind_of(enum h5_kind *kind, hid_t type)
{
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
    case H5T_ENUM:
        *kind = H5_KIND_INT;
        return true;
    case H5T_FLOAT:
        *kind = H5_KIND_REAL;
        return true;
    case H5T_STRING:
        *kind = H5_KIND_TEXT;
        return true;
    default:
        return false;
    }
}

/* Kind and dimensions of a dataset or attribute; false when it has a form we do not read. */
bool h5_shape_of(struct h5_shape *s, hid_t type, hid_t space)
{
    hsize_t dims[H5S_MAX_RANK];

    *s = (struct h5_shape){.count = 1, .element_bytes = H5Tget_size(type)};
    int rank = H5Sget_simple_extent_ndims(space);
    if (!kind_of(&s->kind, type) || rank < 0 || rank > H5_RANK_MAX || s->element_bytes == 0 ||
        H5Sget_simple_extent_type(space) == H5S_NULL)
        return false;
    s->rank = (size_t)rank;
    must(H5Sget_simple_extent_dims(space, dims, NULL) == rank);
    for (size_t i = 0; i < s->rank; i++) {
        if (dims[i] != 0 && s->count > H5_BYTES_MAX / dims[i])
            return false;
        s->dim[i] = dims[i];
        s->count *= dims[i];
    }
    return s->count <= H5_BYTES_MAX / s->element_bytes;
}

/* Opens the dataset and judges all of it but its values. */
enum status h5_open_set(hid_t *out, struct h5_shape *s, const struct h5_reader *r, const char *path)
{
    bool packed = false;

    *out = -1;
    if (!h5_has(r, path))
        return h5_misshapen(r, path, "nothing", "a dataset");
    hid_t set = H5Dopen2(r->file, path, H5P_DEFAULT);
    if (set < 0)
        return h5_damaged(r, path);

    enum status st = judge_storage(&packed, r, path, set);
    hid_t type = H5Dget_type(set);
    hid_t space = H5Dget_space(set);
    if (st == ST_OK && (type < 0 || space < 0))
        st = h5_damaged(r, path);
    if (st == ST_OK && !h5_shape_of(s, type, space))
        st = h5_misshapen(r, path, "another type, more dimensions or more bytes",
                          "integers, reals or texts of at most 3 dimensions");
    if (st == ST_OK) {
        uint64_t stored = H5Dget_storage_size(set);
        uint64_t claimed = (uint64_t)s->count * s->element_bytes;
        if (claimed / (packed ? DEFLATE_RATIO_MAX : 1) > stored)
            st = fault(EC_DATA_H5, r->path, "%s claims %llu bytes and the file holds %llu of them",
                       path, (unsigned long long)claimed, (unsigned long long)stored);
    }
    if (type >= 0)
        (void)H5Tclose(type);
    if (space >= 0)
        (void)H5Sclose(space);
    if (st == ST_OK)
        *out = set;
    else
        (void)H5Dclose(set);
    return st;
}

enum status h5_look(struct h5_shape *s, const struct h5_reader *r, const char *path)
{
    hid_t set;
    enum status st = h5_open_set(&set, s, r, path);

    if (st == ST_OK)
        (void)H5Dclose(set);
    return st;
}

void h5_shape_text(char *out, size_t cap, const struct h5_shape *s)
{
    static const char *const kind[] = {"int", "float", "text"};
    char bits[16] = "";
    char dims[64] = "";
    size_t at = 0;

    if (s->kind != H5_KIND_TEXT)
        snprintf(bits, sizeof bits, "%zu", 8 * s->element_bytes);
    for (size_t i = 0; i < s->rank; i++)
        at += (size_t)snprintf(dims + at, sizeof dims - at, "%s%zu", i == 0 ? "" : ",", s->dim[i]);
    snprintf(out, cap, "%s%s [%s]", kind[s->kind], bits, dims);
}

/* Reads all of it as numbers of the memory type `given`. */
static enum status numbers(void *out, size_t count, const struct h5_reader *r, const char *path,
                           hid_t given, bool reals_too)
{
    struct h5_shape s;
    char found[96];
    char wanted[64];
    hid_t set;
    enum status st = h5_open_set(&set, &s, r, path);

    if (st != ST_OK)
        return st;
    h5_shape_text(found, sizeof found, &s);
    snprintf(wanted, sizeof wanted, "%zu %s", count, reals_too ? "numbers" : "integers");
    if (s.kind == H5_KIND_TEXT || (s.kind == H5_KIND_REAL && !reals_too) || s.count != count)
        st = h5_misshapen(r, path, found, wanted);
    else if (count > 0 && H5Dread(set, given, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
        st = h5_damaged(r, path);
    (void)H5Dclose(set);
    return st;
}

enum status h5_read_f32(float *out, size_t count, const struct h5_reader *r, const char *path)
{
    return numbers(out, count, r, path, H5T_NATIVE_FLOAT, true);
}

static bool some_rows(float *out, hid_t set, const struct h5_shape *s, size_t at, size_t count)
{
    hsize_t from[H5_RANK_MAX] = {at}, piece[H5_RANK_MAX] = {count, s->dim[1], s->dim[2]};
    hid_t all = H5Dget_space(set);
    if (all < 0)
        return false;
    hid_t here = H5Screate_simple((int)s->rank, piece, NULL);
    must(here >= 0);
    bool done = H5Sselect_hyperslab(all, H5S_SELECT_SET, from, NULL, piece, NULL) >= 0 &&
                H5Dread(set, H5T_NATIVE_FLOAT, here, all, H5P_DEFAULT, out) >= 0;
    (void)H5Sclose(here);
    (void)H5Sclose(all);
    return done;
}

enum status h5_read_rows(float *out, size_t at, size_t count, size_t width,
                         const struct h5_reader *r, const char *path)
{
    struct h5_shape s;
    hid_t set;
    enum status st = h5_open_set(&set, &s, r, path);
    if (st != ST_OK)
        return st;
    if (s.kind == H5_KIND_TEXT || s.rank == 0 || s.dim[0] < count || at > s.dim[0] - count ||
        s.count != s.dim[0] * width)
        st = h5_misshapen(r, path, "something else", "the rows that stood there a moment ago");
    else if (count > 0 && !some_rows(out, set, &s, at, count))
        st = h5_damaged(r, path);
    (void)H5Dclose(set);
    return st;
}

enum status h5_read_f64(double *out, size_t count, const struct h5_reader *r, const char *path)
{
    return numbers(out, count, r, path, H5T_NATIVE_DOUBLE, true);
}

enum status h5_read_i64(int64_t *out, size_t count, const struct h5_reader *r, const char *path)
{
    enum status st = numbers(out, count, r, path, H5T_NATIVE_INT64, false);

    /* HDF5 answers what does not fit with the nearest value, which would join two patients. */
    for (size_t i = 0; st == ST_OK && i < count; i++)
        if (out[i] == INT64_MAX)
            st = h5_misshapen(r, path, "an integer of 64 bits", "at most 63 bits");
    return st;
}
