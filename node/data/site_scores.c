#include "node/data/site_scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/core/score.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define MEMBER_PATH_MAX 1100

const char *site_scores_folder(const struct h5_reader *r, const char *x)
{
    if (h5_is_group(r, x))
        return x;
    return !h5_has(r, x) && h5_is_group(r, SITE_SCORES) ? SITE_SCORES : NULL;
}

static enum status look(struct h5_shape *s, const struct h5_reader *r, const char *path,
                        const char *member)
{
    char found[96];
    enum status st = h5_look(s, r, member);

    if (st != ST_OK || (s->rank == 1 && s->kind == H5_KIND_REAL))
        return st;
    h5_shape_text(found, sizeof found, s);
    return fault(EC_DATA_SHAPE, path, "%s: %s found, float32 or float64 [N] wanted", member, found);
}

static void member_of(char out[static MEMBER_PATH_MAX], const char *folder, const char *label)
{
    snprintf(out, MEMBER_PATH_MAX, "%s/%s", folder, label);
}

enum status site_scores_rows(size_t *rows, const struct h5_reader *r, const char *path,
                             const char *folder, const char *label)
{
    char member[MEMBER_PATH_MAX];
    struct h5_shape s;

    member_of(member, folder, label);
    enum status st = look(&s, r, path, member);
    if (st == ST_OK && (s.count == 0 || s.count > FLAT_ROWS_MAX))
        st = fault(EC_DATA_SHAPE, path, "%s: %zu rows found, 1 to %u wanted", member, s.count,
                   FLAT_ROWS_MAX);
    *rows = st == ST_OK ? s.count : 0;
    return st;
}

/* One label's scores into its columns of x; p has room for all rows. */
static enum status read_one(float *x, double *p, const struct flat *f, const struct h5_reader *r,
                            const char *path, const char *member)
{
    struct h5_shape s;
    enum status st = look(&s, r, path, member);

    if (st == ST_OK && s.count != f->rows)
        st = fault(EC_DATA_SHAPE, path, "%s: %zu rows found, %zu wanted", member, s.count, f->rows);
    if (st == ST_OK)
        st = h5_read_f64(p, f->rows, r, member);
    for (size_t row = 0; st == ST_OK && row < f->rows; row++) {
        if (!isfinite(p[row]))
            return fault(EC_DATA_NAN, path, "%s: row %zu is %g", member, row, p[row]);
        if (p[row] < 0 || p[row] > 1)
            return fault(EC_DATA_VALUE, path, "%s: row %zu is %g, no probability from 0 to 1",
                         member, row, p[row]);
        bool narrow = s.element_bytes <= sizeof(float);
        score_split(x + row * f->width, narrow ? score_of_float((float)p[row]) : p[row]);
    }
    return st;
}

enum status site_scores_read(float *x, const struct flat *f, const struct h5_reader *r,
                             const char *path, const char *folder)
{
    enum status st = ST_OK;
    double *p = must_alloc(f->rows, sizeof *p);

    for (size_t t = 0; st == ST_OK && t < f->task_count; t++) {
        char member[MEMBER_PATH_MAX];
        member_of(member, folder, f->task[t].name);
        st = read_one(x + t * SCORE_PARTS, p, f, r, path, member);
    }
    free(p);
    return st;
}

enum status site_scores_put(struct h5_writer *w, const struct flat *f)
{
    enum status st = ST_OK;
    double *p = must_alloc(f->rows, sizeof *p);

    for (size_t t = 0; st == ST_OK && t < f->task_count; t++) {
        char member[MEMBER_PATH_MAX];
        for (size_t row = 0; row < f->rows; row++)
            p[row] = score_join(f->x + row * f->width + t * SCORE_PARTS);
        member_of(member, SITE_SCORES, f->task[t].name);
        st = h5_put_f64(w, member, p, f->rows);
    }
    free(p);
    return st;
}
