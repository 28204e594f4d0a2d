/* The verb `explain`: errors.def for people. */
#include "proto/base/opt.h"

#include <stdio.h>

static struct json *data_of(const struct complaint_row *row)
{
    struct json *data = json_object();
    json_put_text(data, "code", row->code);
    json_put_text(data, "cause", row->cause);
    json_put_text(data, "fix", row->fix);
    json_put_int(data, "exit", row->exit_status);
    json_put_text(data, "retry", retry_name(row->retry));
    return data;
}

static void list_all(struct json **data)
{
    struct json *codes = json_array();
    for (enum complaint what = EC_NONE + 1; what < EC_COUNT; what++) {
        const struct complaint_row *row = complaint_row(what);
        if (opt_json())
            json_add(codes, data_of(row));
        else
            printf("%s  %s\n", row->code, row->cause);
    }
    *data = json_object();
    json_put(*data, "codes", codes);
}

static enum status explain(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    if (opt_arguments() == 0) {
        list_all(data);
        return ST_OK;
    }
    enum complaint what = complaint_find(opt_argument(0));
    if (what == EC_NONE)
        return fault(EC_USAGE, opt_argument(0), "is no code of ours; explain alone lists them all");
    const struct complaint_row *row = complaint_row(what);
    *data = data_of(row);
    if (!opt_json())
        printf("%s\ncause: %s\nfix:   %s\nexit:  %d\nretry: %s\n", row->code, row->cause, row->fix,
               row->exit_status, retry_name(row->retry));
    return ST_OK;
}

const struct opt_verb opt_explain = {
    .name = "explain",
    .arguments = "[CODE]",
    .most = 1,
    .about = "What an error code means and what to do about it; without CODE: all of them.",
    .run = explain,
};
