#include "node/trained.h"

#include <stdlib.h>
#include <string.h>

#include "models/core/vec.h"
#include "models/registry.h"
#include "proto/adopt/adopt.h"
#include "proto/adopt/parts.h"
#include "proto/base/must.h"

static bool same_digest(const struct digest *d, const char *text)
{
    char hex[DIGEST_TEXT];
    digest_text(hex, d);
    return strcmp(hex, text) == 0;
}

/* The complaint about the plan, as one about the file that holds it. */
static enum status open_plan(struct trained *t, const char *path)
{
    const char *text = t->file.plan;
    if (plan_parse(&t->plan, (const uint8_t *)text, strlen(text), adopt_parts, adopt_part_count) !=
        ST_OK) {
        struct complaint_kept why = *fault_kept();
        return fault(EC_MODEL_FILE, path, "its plan is none of this version: %.200s", why.detail);
    }
    struct digest model = adopt_theta_digest(t->file.theta, t->file.map.end);
    if (!same_digest(&t->plan.digest, t->file.plan_digest) ||
        !same_digest(&model, t->file.model_digest))
        return fault(EC_MODEL_FILE, path, "the digest of its plan or its weights does not fit");
    t->release.seed = release_seed(&t->plan.digest, &model);
    return ST_OK;
}

static bool same_tensors(const struct map *file, const struct model *m)
{
    struct map *ours = must_alloc(1, sizeof *ours);
    model_map(ours, m);
    bool same = ours->end == file->end && ours->count == file->count;
    for (size_t i = 0; same && i < file->count; i++)
        same = strcmp(ours->tensor[i].name, file->tensor[i].name) == 0 &&
               ours->tensor[i].rows == file->tensor[i].rows &&
               ours->tensor[i].cols == file->tensor[i].cols;
    free(ours);
    return same;
}

static enum status open_model(struct trained *t, const char *path)
{
    const struct settings *plan = t->plan.set;
    const struct model_ops *ops = model_find(settings_text(plan, "model.name"));
    must(ops != NULL);
    if (ops->release == NULL)
        return fault(EC_MODEL_RELEASE, path, "a model `%s` has a head and releases nothing",
                     ops->name);
    if (settings_count(plan, "tasks") != t->file.who.task_count ||
        settings_count(plan, "groups") != t->file.who.group_count)
        return fault(EC_MODEL_FILE, path, "its tasks or groups are not those of its plan");
    enum status st = ops->open(&t->model, plan, &t->file.who);
    if (st != ST_OK)
        return st;
    if (!same_tensors(&t->file.map, t->model))
        return fault(EC_MODEL_FILE, path, "its tensors are not those of its plan");
    t->release.model = t->model;
    t->release.theta = t->file.theta;
    t->width = t->file.who.width;
    t->released = t->model->release_width;
    return ST_OK;
}

static enum status open_moments(struct trained *t, const char *path)
{
    const struct ckpt *c = &t->file;
    enum standardise how = standardise_of(t->plan.set);
    if (how == STANDARDISE_SITE)
        return fault(EC_MODEL_RELEASE, path,
                     "`data.standardise = \"site\"`: each site's moments stayed at the site");
    t->zero = must_alloc(2 * t->width, sizeof *t->zero);
    t->one = t->zero + t->width;
    for (size_t i = 0; i < t->width; i++)
        t->one[i] = 1;
    bool test_global = strcmp(settings_text(t->plan.set, "data.standardise_test"), "global") == 0;
    t->mean = how == STANDARDISE_GLOBAL ? c->mean : t->zero;
    t->scale = how == STANDARDISE_GLOBAL ? c->scale : t->one;
    t->test_mean = test_global ? c->mean : t->mean;
    t->test_scale = test_global ? c->scale : t->scale;
    t->erasure = (struct erasure){.width = t->width,
                                  .columns = c->erase_columns,
                                  .mean = c->erase_mean,
                                  .u = c->erase_u,
                                  .v = c->erase_v};
    return ST_OK;
}

enum status trained_open(struct trained *t, const char *path)
{
    *t = (struct trained){0};
    enum status st = ckpt_read(&t->file, path);
    if (st == ST_OK)
        st = open_plan(t, path);
    if (st == ST_OK)
        st = open_model(t, path);
    if (st == ST_OK)
        st = open_moments(t, path);
    if (st != ST_OK) {
        trained_close(t);
        return st;
    }
    t->input = must_alloc(RELEASE_ROWS * t->width, sizeof *t->input);
    arena_open(&t->arena, release_scratch_bytes(t->model));
    return ST_OK;
}

void trained_close(struct trained *t)
{
    if (t->model != NULL)
        t->model->ops->close(&t->model);
    free(t->zero);
    free(t->input);
    arena_close(&t->arena);
    plan_close(&t->plan);
    ckpt_close(&t->file);
    *t = (struct trained){0};
}

static enum status too_far(const real *v, size_t width, size_t rows, size_t first,
                           const char *where)
{
    for (size_t row = 0; row < rows; row++)
        if (!vec_finite(v + row * width, width))
            return fault(EC_DATA_NAN, where,
                         "row %zu is too far from what the model was trained on", first + row);
    return ST_OK;
}

enum status trained_release(real *z, struct trained *t, const float *raw, const uint64_t *patient,
                            const uint8_t *split, size_t rows, size_t first, const char *where)
{
    must(first % RELEASE_ROWS == 0);
    enum status st = ST_OK;
    for (size_t row = 0; st == ST_OK && row < rows; row += RELEASE_ROWS) {
        size_t count = rows - row < RELEASE_ROWS ? rows - row : RELEASE_ROWS;
        for (size_t i = 0; i < count; i++) {
            bool test = split[row + i] == SPLIT_TEST;
            standardise_row(t->input + i * t->width, raw + (row + i) * t->width,
                            test ? t->test_mean : t->mean, test ? t->test_scale : t->scale,
                            t->width);
        }
        st = too_far(t->input, t->width, count, first + row, where);
        if (st != ST_OK)
            break;
        if (t->erasure.columns > 0)
            erasure_apply(t->input, &t->erasure, t->input, count);
        release_rows(z + row * t->released, t->released, &t->release, t->input, patient + row,
                     count, &t->arena);
        st = too_far(z + row * t->released, t->released, count, first + row, where);
    }
    return st;
}

const char *trained_says(const struct trained *t, const char *key)
{
    struct setting_table keys = t->model->ops->settings;
    for (size_t i = 0; i < keys.count; i++)
        if (strcmp(keys.rows[i].key, key) == 0)
            return settings_text(t->plan.set, "%s", key);
    return "";
}
