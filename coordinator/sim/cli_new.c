/* The verb `simulate new`: a plan to start from. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/sim/cli.h"
#include "proto/base/file.h"
#include "proto/base/must.h"

#define NAME_MAX_BYTES 64

static const char before_name[] =
    "# A plan: everything that the parties of a run must agree on. Its digest stands in every "
    "message\n"
    "# and in the report. `evenhand simulate settings` lists every key with its range and its "
    "default.\n"
    "#\n"
    "#   evenhand simulate run THIS.cfg --out DIR                  the whole federation on this "
    "machine\n"
    "#   evenhand simulate run THIS.cfg --out DIR --set rounds=5   any key can be set for one run\n"
    "\n"
    "plan = \"";

static const char after_name[] =
    "\";\n"
    "seed = 1;                # the same plan, seed and data give the same bytes\n"
    "rounds = 40;             # training rounds of the model\n"
    "\n"
    "# Where the sites' data are: every *.h5 in this folder is one site (relative to this file). "
    "To make\n"
    "# the sites from tables, name a recipe instead: prepare = \"NAME\"; reads data/NAME.cfg "
    "beside it.\n"
    "data = {\n"
    "    root = \".\";\n"
    "    features = \"/x\";     # the embeddings in an HDF5 file, [patients or images, length]\n"
    "    standardise = \"global\";\n"
    "};\n"
    "\n"
    "# What should stay readable: /label/<name> of a file. train = false: only evaluated, never "
    "learnt.\n"
    "tasks = (\n"
    "    { name = \"disease\"; kind = \"binary\"; train = true; }\n"
    ");\n"
    "\n"
    "# What should not: /group/<name>; kind is binary, categorical or regression.\n"
    "groups = (\n"
    "    { name = \"sex\"; kind = \"binary\"; },\n"
    "    { name = \"race\"; kind = \"categorical\"; },\n"
    "    { name = \"age\"; kind = \"regression\"; }\n"
    ");\n"
    "\n"
    "# debias-vae makes new embeddings; linear and mlp are plain heads for the tasks.\n"
    "model = { name = \"debias-vae\"; };\n"
    "\n"
    "# What a site does in a round, and how the mean of the sites' changes becomes the next "
    "model.\n"
    "local = { epochs = 1; batch = 256; optimiser = \"adam\"; lr = 5e-4; };\n"
    "merge = { rule = \"fedavg\"; };\n"
    "\n"
    "# Counts below this are withheld from the report.\n"
    "privacy = { min_cell = 11; };\n"
    "\n"
    "# What fresh probes read on held-out patients, before and after, beside linear erasure and "
    "noise.\n"
    "evaluate = {\n"
    "    probes = (\"linear\", \"mlp\");\n"
    "    seeds = 3;\n"
    "    representations = (\"original\", \"erasure\", \"debiased\", \"noise\");\n"
    "    thresholds = [ 0.5 ];             # where a score becomes a prediction\n"
    "    # sensitivity = 0.8;              # and where validation patients say so\n"
    "    # intersections = [ \"sex*race\" ];\n"
    "};\n"
    "\n"
    "# What the run must keep, or its exit status is not 0.\n"
    "# tolerances = ( { metric = \"auc_gap\"; attribute = \"sex\"; most = 0.05; } );\n";

char *cli_new_plan(const char *name)
{
    char *text = NULL;
    must(asprintf(&text, "%s%s%s", before_name, name, after_name) > 0);
    return text;
}

/* A name goes into a file name and, in quotes, into the plan. */
static bool good_name(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > NAME_MAX_BYTES || name[0] == '.' || name[0] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)name[i]) && strchr("-_.", name[i]) == NULL)
            return false;
    return true;
}

static enum status run(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    const char *name = opt_argument(0);
    if (!good_name(name))
        return fault(EC_USAGE, "NAME", "`%s`: a name has 1 to %d letters, digits, '-', '_' or '.'",
                     name, NAME_MAX_BYTES);
    char beside[NAME_MAX_BYTES + sizeof(".cfg")];
    snprintf(beside, sizeof(beside), "%s.cfg", name);
    const char *path = opt_value("out", beside);
    if (access(path, F_OK) == 0)
        return fault(EC_IO_CREATE, path, "is there already, and is not overwritten");

    char *text = cli_new_plan(name);
    enum status st = file_write(path, text, strlen(text));
    free(text);
    if (st != ST_OK)
        return st;
    *data = json_object();
    json_put_text(*data, "plan", path);
    if (!opt_json())
        printf("%s\n", path);
    return ST_OK;
}

static const struct opt_row rows[] = {
    {"out", "FILE", "where the plan goes; default NAME.cfg, never over an existing file"},
};

const struct opt_verb cli_new = {
    .name = "simulate new",
    .arguments = "NAME",
    .least = 1,
    .most = 1,
    .about = "A commented plan to start from.",
    .rows = rows,
    .row_count = COUNT(rows),
    .run = run,
};
