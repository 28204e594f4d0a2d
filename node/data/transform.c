#include "node/data/transform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/data/probe.h"
#include "node/h5/write.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/opt_help.h"

/* Of x at a time: large, because a packed file is unpacked chunk by chunk for each stretch. */
#define STRETCH_BYTES (16u << 20)

/* One pass over a file: with a writer to release, without to see whether all of it can be read. */
struct pass {
    struct trained *model;
    const char *in;
    const struct site_paths *where;
    struct h5_reader *from;
    struct h5_writer *to; /* NULL: nothing is released */
    struct site site;
};

static enum status open_source(struct pass *p)
{
    enum status st = h5_open(&p->from, p->in);
    if (st == ST_OK)
        st = site_read_columns(&p->site, p->from, p->in, p->where);
    if (st == ST_OK)
        st = flat_judge_columns(&p->site.flat, p->in);
    size_t width = p->site.flat.width;
    if (st == ST_OK && width != p->model->width)
        st = fault(EC_DATA_SHAPE, p->in,
                   "%s: rows of %zu numbers found, %zu wanted: the model was trained on as many",
                   p->where->x, width, p->model->width);
    return st;
}

static void close_source(struct pass *p)
{
    site_free(&p->site);
    h5_close(&p->from);
}

static size_t stretch_rows(size_t width)
{
    size_t pieces = STRETCH_BYTES / (RELEASE_ROWS * width * sizeof(float));
    return (pieces > 0 ? pieces : 1) * RELEASE_ROWS;
}

static enum status each_stretch(const struct pass *p)
{
    const struct flat *f = &p->site.flat;
    size_t most = stretch_rows(f->width);
    if (most > f->rows)
        most = f->rows;
    float *x = must_alloc(most * f->width, sizeof *x);
    real *z = must_alloc(most * p->model->released, sizeof *z);
    enum status st = ST_OK;
    for (size_t at = 0; st == ST_OK && at < f->rows; at += most) {
        size_t rows = f->rows - at < most ? f->rows - at : most;
        st = h5_read_rows(x, at, rows, f->width, p->from, p->where->x);
        if (st == ST_OK)
            st = flat_judge_rows(x, at, rows, f->width, p->in);
        if (st != ST_OK || p->to == NULL)
            continue;
        st = trained_release(z, p->model, x, f->patient + at, f->split + at, rows, at, p->in);
        if (st == ST_OK)
            st = h5_put_rows(p->to, "/x", z, at, rows);
    }
    free(x);
    free(z);
    return st;
}

static enum status read_in_vain(void *ctx)
{
    struct pass p = *(const struct pass *)ctx;
    enum status st = open_source(&p);
    if (st == ST_OK)
        st = each_stretch(&p);
    close_source(&p);
    return st;
}

/* As they stand there: the site knows digests of them only. */
static enum status copy_patients(const struct pass *p)
{
    struct h5_shape s;
    enum status st = h5_look(&s, p->from, p->where->patient);
    if (st != ST_OK)
        return st;
    if (s.kind == H5_KIND_TEXT) {
        struct h5_texts t;
        st = h5_read_texts(&t, p->from, p->where->patient);
        if (st == ST_OK)
            st = h5_put_texts(p->to, "/patient", (const char *const *)(void *)t.text, t.count);
        h5_texts_free(&t);
        return st;
    }
    int64_t *id = must_alloc(p->site.flat.rows, sizeof *id);
    st = h5_read_i64(id, p->site.flat.rows, p->from, p->where->patient);
    if (st == ST_OK)
        st = h5_put_i64(p->to, "/patient", id, p->site.flat.rows);
    free(id);
    return st;
}

static enum status put_notes(const struct pass *p)
{
    const struct trained *t = p->model;
    const struct {
        const char *name, *text;
    } notes[] = {
        {"site", p->site.flat.site},
        {"model_digest", t->file.model_digest},
        {"plan_digest", t->file.plan_digest},
        {"release.layer", trained_says(t, "model.release.layer")},
        {"release.z", trained_says(t, "model.release.z")},
        {"release.draw", trained_says(t, "model.release.draw")},
        {"evenhand_version", EVENHAND_VERSION},
    };
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < COUNT(notes); i++)
        st = h5_note_text(p->to, "/", notes[i].name, notes[i].text);
    return st;
}

static enum status put_all(struct pass *p)
{
    size_t released = p->model->released;
    bool by_feature = strcmp(trained_says(p->model, "model.release.layer"), "decoder") == 0;
    enum status st = put_notes(p);
    if (st == ST_OK)
        st = h5_make_matrix(p->to, "/x", p->site.flat.rows, released);
    if (st == ST_OK)
        st = copy_patients(p);
    if (!by_feature)
        p->site.feature = NULL;
    if (st == ST_OK)
        st = site_put_columns(p->to, &p->site);
    return st == ST_OK ? each_stretch(p) : st;
}

enum status transform(struct transformed *done, struct trained *t, const char *in, const char *out,
                      const struct site_paths *where)
{
    struct pass p = {.model = t, .in = in, .where = where};
    if (access(out, F_OK) == 0)
        return fault(EC_IO_CREATE, out, "there is such a file already, and it is kept");
    enum status st = probe(in, read_in_vain, &p);
    if (st == ST_OK)
        st = open_source(&p);
    if (st == ST_OK)
        st = h5_create(&p.to, out);
    if (st == ST_OK)
        st = put_all(&p);
    if (st == ST_OK)
        st = h5_finish(&p.to);
    h5_abandon(&p.to);
    if (st == ST_OK) {
        *done = (struct transformed){
            .rows = p.site.flat.rows, .width = p.site.flat.width, .released = t->released};
        memcpy(done->site, p.site.flat.site, sizeof done->site);
    }
    close_source(&p);
    return st;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t len = strlen(text);
    size_t more = strlen(ending);
    return len > more && strcmp(text + len - more, ending) == 0;
}

enum status transform_model_path(char *path, size_t cap, const char *named)
{
    struct stat is;
    if (stat(named, &is) != 0)
        return fault(EC_IO_OPEN, named, "%s", strerror(errno));
    if (S_ISDIR(is.st_mode))
        return file_join(path, cap, named, "model.evh");
    bool copy = ends_with(named, ".h5");
    size_t len = strlen(named) - (copy ? strlen(".h5") : 0);
    if ((size_t)snprintf(path, cap, "%.*s%s", (int)len, named, copy ? ".evh" : "") >= cap)
        return fault(EC_IO_OPEN, named, "the path is too long");
    if (copy && access(path, F_OK) != 0)
        return fault(EC_MODEL_FILE, named,
                     "this is the copy for h5py; `%s` of the same run is wanted", path);
    return ST_OK;
}
