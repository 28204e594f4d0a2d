#include <limits.h>
#include <stdio.h>

#include "models/core/blas.h"
#include "node/data/transform.h"
#include "node/data/verbs.h"

static void tell(struct json *to, const struct transformed *done, const struct trained *t,
                 const char *out)
{
    const char *layer = trained_says(t, "model.release.layer");
    const char *z = trained_says(t, "model.release.z");
    json_put_text(to, "h5", out);
    json_put_text(to, "site", done->site);
    json_put_int(to, "rows", (int64_t)done->rows);
    json_put_int(to, "width", (int64_t)done->width);
    json_put_int(to, "released", (int64_t)done->released);
    json_put_text(to, "release_layer", layer);
    json_put_text(to, "release_z", z);
    json_put_text(to, "model", t->file.model);
    json_put_text(to, "model_digest", t->file.model_digest);
    json_put_text(to, "plan_digest", t->file.plan_digest);
    if (!opt_json())
        printf("%s: %zu rows of %zu features, %zu numbers of each released (%s, %s), in %s\n",
               done->site, done->rows, done->width, done->released, layer, z, out);
}

static enum status run(const struct opt_verb *verb, struct json **data)
{
    char path[PATH_MAX];
    struct trained t;
    struct transformed done;
    const char *in = opt_value("in", NULL);
    const char *out = opt_value("out", NULL);
    struct site_paths where = {.x = opt_value("x", site_paths_ours.x),
                               .patient = opt_value("patient", site_paths_ours.patient),
                               .split = opt_value("split", site_paths_ours.split)};

    if (in == NULL || out == NULL)
        return fault(EC_USAGE, verb->name, "--in X.h5 and --out Z.h5 are wanted");
    blas_threads(1); /* as in a run: another number may round otherwise */
    enum status st = transform_model_path(path, sizeof path, opt_argument(0));
    if (st == ST_OK)
        st = trained_open(&t, path);
    if (st != ST_OK)
        return st;
    st = transform(&done, &t, in, out, &where);
    if (st == ST_OK) {
        *data = json_object();
        tell(*data, &done, &t, out);
    }
    trained_close(&t);
    return st;
}

static const struct opt_row rows[] = {
    {"in", "X.h5", "a site's file: /x, /patient, /split, and labels and groups if it has them"},
    {"out", "Z.h5", "the same with the released rows as /x; a file that is there is kept"},
    {"x", "PATH", "where X.h5 keeps the features, default /x"},
    {"patient", "PATH", "where it keeps the patients, default /patient"},
    {"split", "PATH", "where it keeps the splits, default /split"},
};

const struct opt_verb transform_verb = {
    .name = "transform",
    .arguments = "MODEL",
    .least = 1,
    .most = 1,
    .about = "what a trained debiaser releases of embeddings; MODEL is a run's folder or its "
             "model.evh",
    .rows = rows,
    .row_count = COUNT(rows),
    .run = run,
};
