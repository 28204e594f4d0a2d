#include "node/data/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/h5/write.h"
#include "proto/base/arena.h"

#define TENSOR_PATH_MAX (TENSOR_NAME_MAX + 16)

static enum status put_tensor(struct h5_writer *w, const struct tensor *t, const float *theta)
{
    char path[TENSOR_PATH_MAX];
    size_t dims[2] = {t->rows, t->cols};

    snprintf(path, sizeof path, "/tensor/%s", t->name);
    enum status st = h5_put_tensor(w, path, theta + t->at, dims, t->cols == 1 ? 1 : 2);
    if (st == ST_OK)
        st = h5_note_i64(w, path, "at", (int64_t)t->at);
    return st == ST_OK && t->local ? h5_note_text(w, path, "stays", "at its site") : st;
}

/* What a group of targets is called, and its levels. */
static enum status put_target(struct h5_writer *w, const char *folder, const struct target *t)
{
    static const char *const kind[] = {"binary", "categorical", "regression"};
    char path[TARGET_NAME_MAX + 16];
    const char *level[TARGET_LEVELS_MAX];

    for (size_t i = 0; i < t->levels; i++)
        level[i] = t->level[i];
    snprintf(path, sizeof path, "/%s/%s", folder, t->name);
    enum status st = h5_put_texts(w, path, level, t->levels);
    if (st == ST_OK)
        st = h5_note_text(w, path, "kind", kind[t->kind]);
    if (st == ST_OK && t->kind == TARGET_REGRESSION)
        st = h5_note_f64(w, path, "mean", t->mean);
    if (st == ST_OK && t->kind == TARGET_REGRESSION)
        st = h5_note_f64(w, path, "sd", t->sd);
    return st;
}

static enum status put_notes(struct h5_writer *w, const struct ckpt *c)
{
    enum status st = h5_note_text(w, "/", "schema", "evenhand.model/1");

    if (st == ST_OK)
        st = h5_note_text(w, "/", "model", c->model);
    if (st == ST_OK)
        st = h5_note_text(w, "/", "plan_digest", c->plan_digest);
    if (st == ST_OK)
        st = h5_note_text(w, "/", "model_digest", c->model_digest);
    return st;
}

/* theta in float32: what the checkpoint holds, whatever a real is in this build. */
static float *single(const struct ckpt *c)
{
    float *theta = must_alloc(c->map.end + 1, sizeof *theta);

    for (size_t i = 0; i < c->map.end; i++)
        theta[i] = (float)c->theta[i];
    return theta;
}

/* x' = x - sum of v_c (u_c . (x - mean)), c over columns, of standardised x. */
static enum status put_erasure(struct h5_writer *w, const struct ckpt *c)
{
    size_t many = c->erase_columns * c->who.width;
    if (many == 0)
        return ST_OK;
    enum status st = h5_put_f64(w, "/erasure/mean", c->erase_mean, c->who.width);
    if (st == ST_OK)
        st = h5_put_f64(w, "/erasure/u", c->erase_u, many);
    return st == ST_OK ? h5_put_f64(w, "/erasure/v", c->erase_v, many) : st;
}

static enum status put_all(struct h5_writer *w, const struct ckpt *c)
{
    float *theta = single(c);
    const char *plan = c->plan;
    enum status st = put_notes(w, c);

    if (st == ST_OK)
        st = h5_put_texts(w, "/plan", &plan, 1);
    if (st == ST_OK)
        st = h5_put_f32(w, "/theta", theta, c->map.end);
    if (st == ST_OK)
        st = h5_put_f64(w, "/feature_mean", c->mean, c->who.width);
    if (st == ST_OK)
        st = h5_put_f64(w, "/feature_scale", c->scale, c->who.width);
    if (st == ST_OK)
        st = put_erasure(w, c);
    for (size_t i = 0; st == ST_OK && i < c->map.count; i++)
        st = put_tensor(w, &c->map.tensor[i], theta);
    for (size_t i = 0; st == ST_OK && i < c->who.task_count; i++)
        st = put_target(w, "task", &c->who.task[i]);
    for (size_t i = 0; st == ST_OK && i < c->who.group_count; i++)
        st = put_target(w, "group", &c->who.group[i]);
    free(theta);
    return st;
}

enum status export_model(const struct ckpt *c, const char *path)
{
    struct h5_writer *w;
    enum status st = h5_create(&w, path);

    if (st != ST_OK)
        return st;
    st = put_all(w, c);
    if (st == ST_OK)
        st = h5_finish(&w);
    h5_abandon(&w);
    return st;
}
