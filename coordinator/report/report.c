#include "coordinator/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"

#define PATH_MAX_BYTES 4096

void report_close(struct report *r)
{
    free(r->site);
    free(r->measure);
    free(r->history);
    free(r->check);
    free(r->override);
    *r = (struct report){0};
}

enum status report_judge(const struct json *report)
{
    const char *schema = json_string(json_get(report, "schema"), "");
    if (strcmp(schema, REPORT_SCHEMA) != 0)
        return fault(EC_IO_JSON, "report.json", "schema is `%s`, %s is wanted", schema,
                     REPORT_SCHEMA);
    return ST_OK;
}

enum status report_write(const struct report *r, const char *folder)
{
    char path[PATH_MAX_BYTES];
    enum status st = file_join(path, sizeof(path), folder, "report.json");
    if (st != ST_OK)
        return st;
    struct json *tree = report_json(r);
    char *text = json_text(tree, 2);
    size_t len = strlen(text);
    text[len] = '\n'; /* in place of the NUL: the file's length is told apart */
    st = file_write(path, text, len + 1);
    free(text);
    json_close(&tree);
    return st;
}
