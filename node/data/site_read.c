/* A site out of HDF5, judged on the way. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/core/score.h"
#include "node/data/probe.h"
#include "node/data/site_scores.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define MEMBER_PATH_MAX 1100

/* What is being read, and from where. */
struct reading {
    struct site *s;
    struct h5_reader *from;
    const char *path;
    const char *scores; /* their folder; NULL: the file has features */
    size_t rows;
};

static enum status misshapen(const struct reading *r, const char *path, const struct h5_shape *s,
                             const char *wanted)
{
    char found[96];

    h5_shape_text(found, sizeof found, s);
    return fault(EC_DATA_SHAPE, r->path, "%s: %s found, %s wanted", path, found, wanted);
}

/* A vector with one element for each row. */
static enum status look_column(struct h5_shape *s, const struct reading *r, const char *path)
{
    char wanted[64];
    enum status st = h5_look(s, r->from, path);

    snprintf(wanted, sizeof wanted, "[%zu], one for each row of x,", r->rows);
    if (st == ST_OK && (s->rank != 1 || s->count != r->rows))
        st = misshapen(r, path, s, wanted);
    return st;
}

static enum status judge_x_shape(const struct reading *r, const char *path,
                                 const struct h5_shape *s)
{
    if (s->kind == H5_KIND_TEXT || (s->rank != 2 && s->rank != 3))
        return misshapen(r, path, s, "float32 [N,D]");
    if (s->dim[0] == 0)
        return fault(EC_DATA_EMPTY, r->path, "%s has no rows", path);
    if (s->dim[0] > FLAT_ROWS_MAX || s->count / s->dim[0] > FLAT_WIDTH_MAX || s->count == 0)
        return misshapen(r, path, s, "1 to 67108864 rows of 1 to 1048576 numbers");
    return ST_OK;
}

static enum status read_patients(const struct reading *r, const char *path)
{
    struct h5_shape s;
    enum status st = look_column(&s, r, path);

    if (st != ST_OK)
        return st;
    if (s.kind == H5_KIND_TEXT) {
        struct h5_texts t;
        st = h5_read_texts(&t, r->from, path);
        for (size_t i = 0; st == ST_OK && i < r->rows; i++) {
            if (t.text[i][0] == '\0')
                st = fault(EC_DATA_VALUE, r->path, "%s: row %zu names no patient", path, i);
            r->s->patient[i] = flat_patient(t.text[i], strlen(t.text[i]));
        }
        h5_texts_free(&t);
        return st;
    }
    int64_t *id = must_alloc(r->rows, sizeof *id);
    st = h5_read_i64(id, r->rows, r->from, path);
    for (size_t i = 0; st == ST_OK && i < r->rows; i++) {
        char text[24];
        int len = snprintf(text, sizeof text, "%" PRId64, id[i]);
        r->s->patient[i] = flat_patient(text, (size_t)len);
    }
    free(id);
    return st;
}

static enum status read_splits(const struct reading *r, const char *path)
{
    struct h5_shape s;
    struct h5_texts t;
    if (r->scores != NULL && !h5_has(r->from, path)) { /* predictions are there to be tested */
        memset(r->s->split, SPLIT_TEST, r->rows);
        return ST_OK;
    }
    enum status st = look_column(&s, r, path);

    if (st != ST_OK)
        return st;
    if (s.kind != H5_KIND_TEXT)
        return misshapen(r, path, &s, "text [N]");
    st = h5_read_texts(&t, r->from, path);
    for (size_t i = 0; st == ST_OK && i < r->rows; i++) {
        uint8_t split = 0;
        while (split < SPLIT_NONE && strcmp(t.text[i], site_split_word[split]) != 0)
            split++;
        r->s->split[i] = split;
        if (split == SPLIT_NONE)
            st = fault(EC_DATA_VALUE, r->path,
                       "%s: row %zu is `%.40s`; train, valid or test wanted", path, i, t.text[i]);
    }
    h5_texts_free(&t);
    return st;
}

static enum status take_name(char out[static TARGET_NAME_MAX], const struct reading *r,
                             const char *path, const char *name)
{
    if (!flat_can_name(name))
        return fault(EC_DATA_VALUE, r->path,
                     "%s: `%.70s` is no name; 1 to %d bytes of UTF-8 wanted", path, name,
                     TARGET_NAME_MAX - 1);
    memcpy(out, name, strlen(name) + 1);
    return ST_OK;
}

/* Level names from the attribute, or 0, 1, ... up to the largest value. */
static enum status name_levels(struct target *t, const struct reading *r, const char *path,
                               int64_t largest)
{
    struct h5_texts names;
    bool found;
    enum status st = h5_note_read_texts(&names, &found, r->from, path, "names");

    if (st != ST_OK)
        return st;
    t->levels = found ? names.count : largest < 1 ? 2 : (size_t)largest + 1;
    if (t->levels < 2 || t->levels > TARGET_LEVELS_MAX)
        st = fault(EC_DATA_SHAPE, r->path,
                   "%s: integers of %zu levels found; 2 to %d with an attribute `names`, or floats "
                   "for regression wanted",
                   path, t->levels, TARGET_LEVELS_MAX);
    for (size_t i = 0; st == ST_OK && i < t->levels; i++) {
        char digits[24];
        snprintf(digits, sizeof digits, "%zu", i);
        st = take_name(t->level[i], r, path, found ? names.text[i] : digits);
    }
    h5_texts_free(&names);
    return st;
}

/* `kind` where it is written; else what the number of levels says. */
static enum status take_kind(struct target *t, const struct reading *r, const char *path)
{
    char kind[16];
    bool found;
    enum status st = h5_note_read_text(kind, sizeof kind, &found, r->from, path, "kind");

    t->kind = t->levels == 2 ? TARGET_BINARY : TARGET_CATEGORICAL;
    if (st == ST_OK && found && strcmp(kind, site_kind_word[TARGET_CATEGORICAL]) == 0)
        t->kind = TARGET_CATEGORICAL;
    return st;
}

static enum status read_levels(struct target *t, float *value, const struct reading *r,
                               const char *path)
{
    int64_t *v = must_alloc(r->rows, sizeof *v);
    int64_t largest = -1;
    enum status st = h5_read_i64(v, r->rows, r->from, path);

    for (size_t i = 0; st == ST_OK && i < r->rows; i++)
        largest = v[i] > largest ? v[i] : largest;
    if (st == ST_OK)
        st = name_levels(t, r, path, largest);
    for (size_t i = 0; st == ST_OK && i < r->rows; i++) {
        if (v[i] < -1 || v[i] >= (int64_t)t->levels)
            st = fault(EC_DATA_VALUE, r->path, "%s: row %zu is %" PRId64 "; -1 to %zu wanted", path,
                       i, v[i], t->levels - 1);
        value[i] = v[i] == -1 ? NAN : (float)v[i];
    }
    if (st == ST_OK)
        st = take_kind(t, r, path);
    free(v);
    return st;
}

static enum status read_regression(struct target *t, float *value, const struct reading *r,
                                   const char *path)
{
    enum status st = h5_read_f32(value, r->rows, r->from, path);

    t->kind = TARGET_REGRESSION;
    for (size_t i = 0; st == ST_OK && i < r->rows; i++)
        if (isinf(value[i]))
            st = fault(EC_DATA_NAN, r->path, "%s: row %zu is infinite", path, i);
    return st;
}

static enum status read_target(struct target *t, float *value, const struct reading *r,
                               const char *folder, const char *name, bool regression)
{
    struct h5_shape s;
    char path[MEMBER_PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    enum status st = take_name(t->name, r, path, name);
    if (st == ST_OK)
        st = look_column(&s, r, path);
    if (st != ST_OK)
        return st;
    if (s.kind == H5_KIND_TEXT || (s.kind == H5_KIND_REAL && !regression))
        return misshapen(r, path, &s, regression ? "int32 or float32 [N]" : "int8 [N]");
    return s.kind == H5_KIND_REAL ? read_regression(t, value, r, path)
                                  : read_levels(t, value, r, path);
}

static enum status read_targets(struct target *out, float *value, const struct reading *r,
                                const char *folder, const struct h5_texts *members, bool regression)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < members->count; i++)
        st = read_target(&out[i], value + i * r->rows, r, folder, members->text[i], regression);
    return st;
}

/* The attribute `site`, or the file's name without its ending. */
static enum status read_site_name(const struct reading *r)
{
    char name[512];
    bool found;
    enum status st = h5_note_read_text(name, sizeof name, &found, r->from, "/", "site");

    if (st != ST_OK)
        return st;
    if (!found) {
        const char *slash = strrchr(r->path, '/');
        snprintf(name, sizeof name, "%s", slash == NULL ? r->path : slash + 1);
        char *dot = strrchr(name, '.');
        if (dot != NULL)
            *dot = '\0';
    }
    return take_name(r->s->flat.site, r, "site", name);
}

static enum status read_feature_names(const struct reading *r)
{
    char path[256];
    bool found;
    struct site *s = r->s;
    if (r->scores != NULL)
        return ST_OK;
    enum status st = h5_note_read_text(path, sizeof path, &found, r->from, "/", "features");

    if (st != ST_OK || !found)
        return st;
    st = h5_read_texts(&s->names, r->from, path);
    if (st == ST_OK && s->names.count != s->flat.width)
        st = fault(EC_DATA_SHAPE, r->path, "%s: text [%zu] found, text [%zu] wanted", path,
                   s->names.count, s->flat.width);
    if (st == ST_OK)
        s->feature = (const char *const *)(void *)s->names.text;
    return st;
}

/* The targets of a folder, in the order of their names. */
static enum status list_targets(struct h5_texts *members, const struct reading *r,
                                const char *folder, size_t most)
{
    enum status st = h5_list(members, r->from, folder);

    if (st == ST_OK && members->count > most)
        st = fault(EC_DATA_SHAPE, r->path, "%s: %zu members found, at most %zu wanted", folder,
                   members->count, most);
    return st;
}

static enum status read_columns(const struct reading *r, const struct site_paths *where,
                                const struct h5_texts *labels, const struct h5_texts *groups)
{
    struct flat *f = &r->s->flat;
    enum status st = read_site_name(r);

    if (st == ST_OK)
        st = read_feature_names(r);
    if (st == ST_OK)
        st = read_patients(r, where->patient);
    if (st == ST_OK)
        st = read_splits(r, where->split);
    if (st == ST_OK)
        st = read_targets(f->task, r->s->value, r, "/label", labels, false);
    if (st == ST_OK)
        st = read_targets(f->group, r->s->value + labels->count * r->rows, r, "/group", groups,
                          true);
    f->task_count = labels->count;
    f->group_count = groups->count;
    return st;
}

/* Rows and columns of x, before there is room for any. */
static enum status look_x(size_t *width, struct reading *r, const char *path,
                          const struct h5_texts *labels)
{
    struct h5_shape x;
    enum status st;

    if (r->scores != NULL) {
        *width = labels->count * SCORE_PARTS;
        if (labels->count == 0)
            return fault(EC_DATA_SHAPE, r->path, "/label: nothing found that %s has scores of",
                         r->scores);
        return site_scores_rows(&r->rows, r->from, r->path, r->scores, labels->text[0]);
    }
    st = h5_look(&x, r->from, path);
    if (st == ST_OK)
        st = judge_x_shape(r, path, &x);
    if (st == ST_OK) {
        r->rows = x.dim[0];
        *width = x.count / r->rows;
    }
    return st;
}

enum status site_read_columns(struct site *s, struct h5_reader *from, const char *path,
                              const struct site_paths *where)
{
    struct reading r = {
        .s = s, .from = from, .path = path, .scores = site_scores_folder(from, where->x)};
    struct h5_texts labels = {0};
    struct h5_texts groups = {0};
    size_t width = 0;
    *s = (struct site){0};
    enum status st = list_targets(&labels, &r, "/label", TASKS_MAX);

    if (st == ST_OK)
        st = look_x(&width, &r, where->x, &labels);
    if (st == ST_OK)
        st = list_targets(&groups, &r, "/group", GROUPS_MAX);
    if (st == ST_OK) {
        site_alloc(s, r.rows, width, labels.count + groups.count, false);
        s->flat.scores = r.scores != NULL;
        st = read_columns(&r, where, &labels, &groups);
    }
    h5_texts_free(&labels);
    h5_texts_free(&groups);
    if (st != ST_OK)
        site_free(s);
    return st;
}

/* x last: it is the one that takes time. */
static enum status read_here(struct site *s, const char *path, const struct site_paths *where)
{
    struct h5_reader *from = NULL;
    *s = (struct site){0};
    enum status st = h5_open(&from, path);

    if (st == ST_OK)
        st = site_read_columns(s, from, path, where);
    if (st == ST_OK) {
        size_t count = s->flat.rows * s->flat.width;
        s->flat.x = s->x = must_alloc(count, sizeof *s->x);
        st = s->flat.scores
                 ? site_scores_read(s->x, &s->flat, from, path, site_scores_folder(from, where->x))
                 : h5_read_f32(s->x, count, from, where->x);
    }
    h5_close(&from);
    if (st != ST_OK)
        site_free(s);
    return st;
}

struct attempt {
    const char *path;
    const struct site_paths *where;
};

static enum status read_in_vain(void *ctx)
{
    const struct attempt *a = ctx;
    struct site s;
    enum status st = read_here(&s, a->path, a->where);

    if (st == ST_OK)
        site_free(&s);
    return st;
}

enum status site_read(struct site *s, const char *path, const struct site_paths *where)
{
    *s = (struct site){0};
    enum status st = probe(path, read_in_vain, &(struct attempt){path, where});

    return st == ST_OK ? read_here(s, path, where) : st;
}

enum status site_read_any(struct site *s, bool *flat, const char *path,
                          const struct site_paths *where)
{
    char magic[8] = "";
    FILE *in = fopen(path, "rbe");

    *flat = false;
    if (in != NULL) {
        *flat = fread(magic, 1, sizeof magic, in) == sizeof magic &&
                memcmp(magic, "EVHFLAT1", sizeof magic) == 0;
        (void)fclose(in);
    }
    if (in == NULL || !*flat)
        return site_read(s, path, where);
    *s = (struct site){0};
    return flat_open(&s->flat, path);
}
