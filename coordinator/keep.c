#include "coordinator/keep.h"

#include <stdio.h>
#include <stdlib.h>

#include "models/core/ckpt.h"
#include "models/registry.h"
#include "proto/adopt/adopt.h"
#include "proto/base/child.h"
#include "proto/base/file.h"

#define DATA_PROGRAM "evenhand-data"

static enum status keep_model(const struct coord_loop *l, const char *path)
{
    const struct course *c = &l->course;
    struct ckpt k = {.who = c->who, .mean = c->mean, .scale = c->scale, .theta = c->theta};
    struct digest model = adopt_model_digest(c);
    digest_text(k.plan_digest, &l->plan->digest);
    digest_text(k.model_digest, &model);
    snprintf(k.model, sizeof k.model, "%s", c->model->ops->name);
    model_map(&k.map, c->model);
    if (settings_bool(l->plan->set, "model.erase_first")) {
        k.erase_columns = c->erasure.columns;
        k.erase_mean = c->erasure.mean;
        k.erase_u = c->erasure.u;
        k.erase_v = c->erasure.v;
    }
    k.plan = settings_normal(l->plan->set);
    enum status st = ckpt_write(path, &k);
    free(k.plan);
    return st;
}

enum status keep_run(const struct report *report, const struct coord_loop *l, const char *folder)
{
    char path[PLAN_PATH_MAX];
    enum status st = file_folder(folder);
    if (st == ST_OK)
        st = file_join(path, sizeof path, folder, "model.evh");
    if (st == ST_OK && !l->course.model->ops->fixed)
        st = keep_model(l, path);
    return st == ST_OK ? report_write(report, folder) : st;
}

enum status keep_export(const struct report *report, const char *folder)
{
    if (model_find(report->run.model)->fixed)
        return ST_OK;
    char program[PLAN_PATH_MAX], from[PLAN_PATH_MAX], to[PLAN_PATH_MAX];
    enum status st = child_path(program, sizeof program, DATA_PROGRAM);
    if (st == ST_OK)
        st = file_join(from, sizeof from, folder, "model.evh");
    if (st == ST_OK)
        st = file_join(to, sizeof to, folder, "model.h5");
    if (st != ST_OK)
        return st;
    const char *words[] = {DATA_PROGRAM, "export", from, "--out", to, "--json", NULL};
    struct json *said = NULL;
    st = child_run(&said, program, words);
    json_close(&said);
    return st;
}
