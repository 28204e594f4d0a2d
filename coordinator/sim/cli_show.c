/* The verbs that only show: `report` and `simulate settings`. */
#include <stdio.h>
#include <stdlib.h>

#include "coordinator/config.h"
#include "coordinator/outcome.h"
#include "coordinator/sim/cli.h"
#include "models/merge/merge.h"
#include "models/registry.h"
#include "node/config.h"
#include "proto/base/file.h"
#include "proto/base/must.h"

#define REPORT_BYTES_MAX (64u << 20)

static enum status write_page(const struct json *report, const char *folder)
{
    enum status st = report_write_html(report, folder);
    fflush(stdout);
    if (st == ST_OK)
        fprintf(stderr, "%s/report.html\n", folder);
    return st;
}

static enum status run_report(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    char path[CLI_PATH_MAX];
    uint8_t *bytes = NULL;
    size_t len = 0;
    enum status st = file_join(path, sizeof(path), opt_argument(0), "report.json");
    if (st == ST_OK)
        st = file_read(&bytes, &len, path, REPORT_BYTES_MAX);
    if (st == ST_OK)
        st = json_parse(data, (const char *)bytes, len, path);
    if (st == ST_OK)
        st = opt_json() ? report_judge(*data) : outcome_print(*data);
    if (st == ST_OK && opt_given("html"))
        st = write_page(*data, opt_argument(0));
    free(bytes);
    return st;
}

static const struct opt_row report_rows[] = {
    {"html", NULL, "also writes DIR/report.html again, and says so on stderr"},
};

const struct opt_verb cli_report = {
    .name = "report",
    .arguments = "DIR",
    .least = 1,
    .most = 1,
    .about = "What a run found: DIR is the folder it wrote; --json prints DIR/report.json.",
    .rows = report_rows,
    .row_count = COUNT(report_rows),
    .run = run_report,
};

static void manual_of(FILE *to, struct setting_table table)
{
    char *text = settings_manual(&table, 1);
    fprintf(to, "\n%s", text);
    free(text);
}

static void part(FILE *to, const char *key, const char *name, const char *about,
                 struct setting_table table)
{
    fprintf(to, "\n## `%s = \"%s\"`\n\n%s\n", key, name, about);
    if (table.count == 0)
        fprintf(to, "\nIt has no keys of its own.\n");
    else
        manual_of(to, table);
}

/* Of a file that says how one program runs. */
static void program(FILE *to, const char *title, const char *about, struct setting_table table)
{
    fprintf(to, "\n# %s\n\n%s\n", title, about);
    manual_of(to, table);
}

static void manual(FILE *to)
{
    fprintf(
        to,
        "# The keys of a plan\n\n"
        "Made by `evenhand simulate settings` from the tables that check a plan; a test compares "
        "the two.\nA plan is a libconfig file: `local = { lr = 5e-4; };` sets the key `local.lr`, "
        "and so does\n`--set local.lr=5e-4`. A record of a list is written `tasks[0].name` with "
        "`--set`.\nA key that is not listed here, or a value outside its range, is refused.\n\n"
        "## The plan\n");
    manual_of(to, plan_rows());
    for (size_t i = 0; model_at(i) != NULL; i++)
        part(to, "model.name", model_at(i)->name, model_at(i)->about, model_at(i)->settings);
    for (size_t i = 0; merge_at(i) != NULL; i++)
        part(to, "merge.rule", merge_at(i)->name, merge_at(i)->about, merge_at(i)->settings);
    program(to, "The keys of a node",
            "What a hospital says in its configuration (`node.cfg` is one): also shown by\n"
            "`evenhand-node settings`. Places are relative to the file's folder.",
            node_config_rows());
    program(to, "The keys of a coordinator",
            "What its operator says (`coordinator.cfg` is one): also shown by\n"
            "`evenhand-coordinator settings`. Places are relative to the file's folder.",
            coord_config_rows());
}

static enum status run_settings(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    must(to != NULL);
    manual(to);
    must(fclose(to) == 0);
    *data = json_object();
    json_put_text(*data, "markdown", text);
    if (!opt_json())
        fputs(text, stdout);
    free(text);
    return ST_OK;
}

const struct opt_verb cli_settings = {
    .name = "simulate settings",
    .arguments = "",
    .about = "Every key of a plan with type, range, default and meaning, as Markdown.",
    .run = run_settings,
};
