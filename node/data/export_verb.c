#include <stdio.h>

#include "node/data/export.h"
#include "node/data/verbs.h"

static enum status run(const struct opt_verb *verb, struct json **data)
{
    struct ckpt c = {0};
    const char *out = opt_value("out", NULL);

    (void)verb;
    if (out == NULL)
        return fault(EC_USAGE, "export", "--out MODEL.h5 says where the file goes");
    enum status st = ckpt_read(&c, opt_argument(0));
    if (st != ST_OK)
        return st;
    st = export_model(&c, out);
    if (st == ST_OK) {
        *data = json_object();
        json_put_text(*data, "h5", out);
        json_put_text(*data, "model", c.model);
        json_put_text(*data, "model_digest", c.model_digest);
        json_put_int(*data, "weights", (int64_t)c.map.end);
        json_put_int(*data, "tensors", (int64_t)c.map.count);
        if (!opt_json())
            printf("%s: %zu weights in %zu tensors, in %s\n", c.model, c.map.end, c.map.count, out);
    }
    ckpt_close(&c);
    return st;
}

static const struct opt_row rows[] = {
    {"out", "MODEL.h5", "the file to write"},
};

const struct opt_verb export_verb = {
    .name = "export",
    .arguments = "MODEL.evh",
    .least = 1,
    .most = 1,
    .about =
        "a trained model as HDF5: /theta, /tensor/<name>, the moments of the features, the plan",
    .rows = rows,
    .row_count = COUNT(rows),
    .run = run,
};
