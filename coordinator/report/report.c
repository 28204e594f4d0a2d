#include "coordinator/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/base/must.h"

#define PATH_MAX_BYTES 4096

void report_close(struct report *r)
{
    for (size_t i = 0; i < r->site_count; i++)
        free(r->site[i].missed);
    free(r->site);
    free(r->measure);
    for (size_t i = 0; i < r->panel_count; i++)
        panel_close(&r->panel[i]);
    free(r->panel);
    for (size_t i = 0; i < r->trial_count; i++)
        trial_close(&r->trial[i]);
    free(r->trial);
    free(r->gate);
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

static enum status write_text(const char *folder, const char *name, const char *text, size_t len)
{
    char path[PATH_MAX_BYTES];
    enum status st = file_join(path, sizeof(path), folder, name);
    return st == ST_OK ? file_write(path, text, len) : st;
}

enum status report_write(const struct report *r, const char *folder)
{
    struct json *tree = report_json(r);
    char *text = json_text(tree, 2);
    size_t len = strlen(text);
    text[len] = '\n'; /* in place of the NUL: the file's length is told apart */
    enum status st = write_text(folder, "report.json", text, len + 1);
    if (st == ST_OK)
        st = report_write_html(tree, folder);
    free(text);
    json_close(&tree);
    return st;
}

enum status report_write_html(const struct json *report, const char *folder)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    must(to != NULL);
    enum status st = report_html(to, report);
    must(fclose(to) == 0);
    if (st == ST_OK)
        st = write_text(folder, "report.html", text, len);
    free(text);
    return st;
}
