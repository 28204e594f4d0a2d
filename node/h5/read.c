#include "node/h5/read.h"

#include <errno.h>
#include <hdf5.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/h5/library.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define PATH_BYTES_MAX    1024
#define DEFLATE_RATIO_MAX 1100 /* zlib's best is 1032 to 1; the rest is slack */

struct h5_reader {
    hid_t file;
    char path[PATH_MAX];
};

static enum status damaged(const struct h5_reader *r, const char *path)
{
    char words[256];

    h5_library_says(words, sizeof words);
    return fault(EC_DATA_H5, r->path, "%s: %s", path, words);
}

static enum status misshapen(const struct h5_reader *r, const char *path, const char *found,
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
        return damaged(r, path);

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
static bool shape_of(struct h5_shape *s, hid_t type, hid_t space)
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
static enum status open_set(hid_t *out, struct h5_shape *s, const struct h5_reader *r,
                            const char *path)
{
    bool packed = false;

    *out = -1;
    if (!h5_has(r, path))
        return misshapen(r, path, "nothing", "a dataset");
    hid_t set = H5Dopen2(r->file, path, H5P_DEFAULT);
    if (set < 0)
        return damaged(r, path);

    enum status st = judge_storage(&packed, r, path, set);
    hid_t type = H5Dget_type(set);
    hid_t space = H5Dget_space(set);
    if (st == ST_OK && (type < 0 || space < 0))
        st = damaged(r, path);
    if (st == ST_OK && !shape_of(s, type, space))
        st = misshapen(r, path, "another type, more dimensions or more bytes",
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
    enum status st = open_set(&set, s, r, path);

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
    enum status st = open_set(&set, &s, r, path);

    if (st != ST_OK)
        return st;
    h5_shape_text(found, sizeof found, &s);
    snprintf(wanted, sizeof wanted, "%zu %s", count, reals_too ? "numbers" : "integers");
    if (s.kind == H5_KIND_TEXT || (s.kind == H5_KIND_REAL && !reals_too) || s.count != count)
        st = misshapen(r, path, found, wanted);
    else if (count > 0 && H5Dread(set, given, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
        st = damaged(r, path);
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
    enum status st = open_set(&set, &s, r, path);
    if (st != ST_OK)
        return st;
    if (s.kind == H5_KIND_TEXT || s.rank == 0 || s.dim[0] < count || at > s.dim[0] - count ||
        s.count != s.dim[0] * width)
        st = misshapen(r, path, "something else", "the rows that stood there a moment ago");
    else if (count > 0 && !some_rows(out, set, &s, at, count))
        st = damaged(r, path);
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
            st = misshapen(r, path, "an integer of 64 bits", "at most 63 bits");
    return st;
}

void h5_texts_free(struct h5_texts *t)
{
    free(t->bytes);
    free(t->text);
    *t = (struct h5_texts){0};
}

/* Memory for n texts of together `bytes` bytes, NULs included. */
static void texts_make(struct h5_texts *t, size_t n, size_t bytes)
{
    *t = (struct h5_texts){
        .bytes = must_alloc(bytes + 1, 1), .text = must_alloc(n + 1, sizeof *t->text), .count = n};
}

/* A dataset or an attribute, as far as reading texts goes. */
struct source {
    hid_t id;
    bool is_attribute;
};

static bool read_raw(const struct source *from, hid_t type, void *out)
{
    if (from->is_attribute)
        return H5Aread(from->id, type, out) >= 0;
    return H5Dread(from->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0;
}

static bool texts_fixed(struct h5_texts *t, const struct source *from, hid_t type, size_t n)
{
    size_t each = H5Tget_size(type);
    bool spaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
    char *raw = must_alloc(n + 1, each);

    if (n > 0 && !read_raw(from, type, raw)) {
        free(raw);
        return false;
    }
    texts_make(t, n, n * (each + 1));
    for (size_t i = 0; i < n; i++) {
        size_t len = strnlen(raw + i * each, each);
        while (spaces && len > 0 && raw[i * each + len - 1] == ' ')
            len--;
        t->text[i] = t->bytes + i * (each + 1);
        memcpy(t->text[i], raw + i * each, len);
    }
    free(raw);
    return true;
}

/* Many short references to one long text make a small file ask for all the memory there is. */
static bool bounded(const struct source *from, hid_t type, hid_t space, size_t n)
{
    hsize_t bytes = 0;

    if (from->is_attribute)
        return n <= H5_LIST_MAX;
    return H5Dvlen_get_buf_size(from->id, type, space, &bytes) >= 0 && bytes / n <= H5_TEXT_MAX + 1;
}

static bool texts_variable(struct h5_texts *t, const struct source *from, hid_t type, hid_t space,
                           size_t n)
{
    char **raw = must_alloc(n + 1, sizeof *raw);
    size_t bytes = 0;
    bool done = n == 0 || (bounded(from, type, space, n) && read_raw(from, type, raw));

    for (size_t i = 0; done && i < n; i++) {
        size_t len = raw[i] == NULL ? 0 : strnlen(raw[i], H5_TEXT_MAX + 1);
        done = len <= H5_TEXT_MAX;
        bytes += len + 1;
    }
    if (done) {
        texts_make(t, n, bytes);
        char *at = t->bytes;
        for (size_t i = 0; i < n; i++) {
            t->text[i] = at;
            at = stpcpy(at, raw[i] == NULL ? "" : raw[i]) + 1;
        }
    }
    (void)H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
    free(raw);
    return done;
}

static enum status texts_of(struct h5_texts *t, const struct h5_reader *r, const char *path,
                            const struct source *from, const struct h5_shape *s)
{
    char found[96];
    enum status st = ST_OK;

    h5_shape_text(found, sizeof found, s);
    if (s->kind != H5_KIND_TEXT || s->rank > 1)
        return misshapen(r, path, found, "text [N]");
    hid_t type = from->is_attribute ? H5Aget_type(from->id) : H5Dget_type(from->id);
    hid_t space = from->is_attribute ? H5Aget_space(from->id) : H5Dget_space(from->id);
    if (type < 0 || space < 0)
        st = damaged(r, path);
    else if (H5Tis_variable_str(type) > 0) {
        if (!texts_variable(t, from, type, space, s->count))
            st = damaged(r, path);
    } else if (s->element_bytes > H5_TEXT_MAX) {
        st = misshapen(r, path, "a longer text", "texts of at most 4096 bytes");
    } else if (!texts_fixed(t, from, type, s->count)) {
        st = damaged(r, path);
    }
    if (type >= 0)
        (void)H5Tclose(type);
    if (space >= 0)
        (void)H5Sclose(space);
    return st;
}

enum status h5_read_texts(struct h5_texts *out, const struct h5_reader *r, const char *path)
{
    struct h5_shape s;
    struct source from = {.id = -1};
    *out = (struct h5_texts){0};
    enum status st = open_set(&from.id, &s, r, path);

    if (st != ST_OK)
        return st;
    st = texts_of(out, r, path, &from, &s);
    (void)H5Dclose(from.id);
    return st;
}

enum status h5_list(struct h5_texts *out, const struct h5_reader *r, const char *group)
{
    H5G_info_t info;
    char name[PATH_BYTES_MAX];

    *out = (struct h5_texts){0};
    if (!h5_has(r, group))
        return ST_OK;
    if (H5Gget_info_by_name(r->file, group, &info, H5P_DEFAULT) < 0)
        return misshapen(r, group, "a dataset", "a group");
    if (info.nlinks > H5_LIST_MAX)
        return fault(EC_DATA_H5, r->path, "%s has %llu members, at most %d", group,
                     (unsigned long long)info.nlinks, H5_LIST_MAX);
    texts_make(out, info.nlinks, info.nlinks * sizeof name);
    for (size_t i = 0; i < out->count; i++) {
        ssize_t len = H5Lget_name_by_idx(r->file, group, H5_INDEX_NAME, H5_ITER_INC, i, name,
                                         sizeof name, H5P_DEFAULT);
        if (len < 0 || (size_t)len >= sizeof name) {
            h5_texts_free(out);
            return damaged(r, group);
        }
        out->text[i] = memcpy(out->bytes + i * sizeof name, name, (size_t)len + 1);
    }
    return ST_OK;
}

enum status h5_note_read_texts(struct h5_texts *out, bool *found, const struct h5_reader *r,
                               const char *path, const char *name)
{
    struct h5_shape s;
    enum status st;

    *out = (struct h5_texts){0};
    *found = h5_has(r, path) && H5Aexists_by_name(r->file, path, name, H5P_DEFAULT) > 0;
    if (!*found)
        return ST_OK;
    struct source from = {H5Aopen_by_name(r->file, path, name, H5P_DEFAULT, H5P_DEFAULT), true};
    if (from.id < 0)
        return damaged(r, path);
    hid_t type = H5Aget_type(from.id);
    hid_t space = H5Aget_space(from.id);
    if (type < 0 || space < 0)
        st = damaged(r, path);
    else if (!shape_of(&s, type, space))
        st = misshapen(r, name, "an attribute of another form", "texts");
    else
        st = texts_of(out, r, name, &from, &s);
    if (type >= 0)
        (void)H5Tclose(type);
    if (space >= 0)
        (void)H5Sclose(space);
    (void)H5Aclose(from.id);
    return st;
}

enum status h5_note_read_text(char *out, size_t cap, bool *found, const struct h5_reader *r,
                              const char *path, const char *name)
{
    struct h5_texts t;
    enum status st = h5_note_read_texts(&t, found, r, path, name);

    out[0] = '\0';
    if (st != ST_OK || !*found)
        return st;
    if (t.count != 1 || strlen(t.text[0]) >= cap)
        st = misshapen(r, name, "a list or a longer text", "one text");
    else
        memcpy(out, t.text[0], strlen(t.text[0]) + 1);
    h5_texts_free(&t);
    return st;
}
