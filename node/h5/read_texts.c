/* Texts, lists of names and notes of read.h. */
#include <stdlib.h>
#include <string.h>

#include "node/h5/read_inside.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

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
        return h5_misshapen(r, path, found, "text [N]");
    hid_t type = from->is_attribute ? H5Aget_type(from->id) : H5Dget_type(from->id);
    hid_t space = from->is_attribute ? H5Aget_space(from->id) : H5Dget_space(from->id);
    if (type < 0 || space < 0)
        st = h5_damaged(r, path);
    else if (H5Tis_variable_str(type) > 0) {
        if (!texts_variable(t, from, type, space, s->count))
            st = h5_damaged(r, path);
    } else if (s->element_bytes > H5_TEXT_MAX) {
        st = h5_misshapen(r, path, "a longer text", "texts of at most 4096 bytes");
    } else if (!texts_fixed(t, from, type, s->count)) {
        st = h5_damaged(r, path);
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
    enum status st = h5_open_set(&from.id, &s, r, path);

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
        return h5_misshapen(r, group, "a dataset", "a group");
    if (info.nlinks > H5_LIST_MAX)
        return fault(EC_DATA_H5, r->path, "%s has %llu members, at most %d", group,
                     (unsigned long long)info.nlinks, H5_LIST_MAX);
    texts_make(out, info.nlinks, info.nlinks * sizeof name);
    for (size_t i = 0; i < out->count; i++) {
        ssize_t len = H5Lget_name_by_idx(r->file, group, H5_INDEX_NAME, H5_ITER_INC, i, name,
                                         sizeof name, H5P_DEFAULT);
        if (len < 0 || (size_t)len >= sizeof name) {
            h5_texts_free(out);
            return h5_damaged(r, group);
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
        return h5_damaged(r, path);
    hid_t type = H5Aget_type(from.id);
    hid_t space = H5Aget_space(from.id);
    if (type < 0 || space < 0)
        st = h5_damaged(r, path);
    else if (!h5_shape_of(&s, type, space))
        st = h5_misshapen(r, name, "an attribute of another form", "texts");
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
        st = h5_misshapen(r, name, "a list or a longer text", "one text");
    else
        memcpy(out, t.text[0], strlen(t.text[0]) + 1);
    h5_texts_free(&t);
    return st;
}
