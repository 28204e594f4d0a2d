#include <stdio.h>
#include <stdlib.h>

#include "models/core/score.h"
#include "node/data/import.h"
#include "node/data/verbs.h"

static void summarise(const struct json *data, const char *folder)
{
    const struct json *counts = json_get(data, "counts");
    size_t sites = json_count(json_get(data, "sites"));
    bool scores = json_bool(json_get(data, "scores"), false);
    int64_t width = json_int(json_get(data, "width"), 0);

    printf(
        "%s: %lld rows of %zu site%s, %lld %s, in %s\n", json_string(json_get(data, "recipe"), ""),
        (long long)json_int(json_get(data, "rows"), 0), sites, sites == 1 ? "" : "s",
        (long long)(scores ? width / SCORE_PARTS : width), scores ? "scores" : "features", folder);
    for (size_t i = 0; i < json_count(counts); i++) {
        const char *key = json_key_at(counts, i);
        int64_t n = json_int(json_get(counts, key), 0);
        if (n > 0)
            printf("  %-26s %lld\n", key, (long long)n);
    }
}

static enum status run(const struct opt_verb *verb, struct json **data)
{
    struct recipe *recipe;
    const char *pairs[OPT_REPEAT_MAX];
    size_t pair_count = opt_repeats("set");

    (void)verb;
    if (!opt_given("out"))
        return fault(EC_USAGE, "import", "--out DIR says where the files go");
    for (size_t i = 0; i < pair_count; i++)
        pairs[i] = opt_repeat("set", i);
    enum status st = recipe_open(&recipe, opt_argument(0), pairs, pair_count);
    if (st != ST_OK)
        return st;
    struct import_order order = {.recipe = recipe,
                                 .root = opt_value("root", "."),
                                 .out = opt_value("out", NULL),
                                 .flat = !opt_given("no-flat"),
                                 .quiet = opt_json()};
    st = import_run(data, &order);
    recipe_close(&recipe);
    if (st == ST_OK && !opt_json())
        summarise(*data, order.out);
    return st;
}

static const struct opt_row rows[] = {
    {"root", "DIR", "the folder that the recipe's files are in; default the current one"},
    {"out", "DIR", "where <site>.h5, <site>.flat and import.json go"},
    {"set", "KEY=VALUE", "another value for a key of the recipe; may be repeated"},
    {"no-flat", NULL, "HDF5 only"},
};

const struct opt_verb import_verb = {
    .name = "import",
    .arguments = "RECIPE.cfg",
    .least = 1,
    .most = 1,
    .about = "CSV tables, by a recipe, into one HDF5 file and one flat file a site",
    .rows = rows,
    .row_count = COUNT(rows),
    .run = run,
};

static enum status run_settings(const struct opt_verb *verb, struct json **data)
{
    char *manual = settings_manual(&recipe_settings, 1);
    const char *front =
        "# The keys of a recipe\n\n"
        "Made by `evenhand data settings` from the table that checks a recipe; a test compares the "
        "two.\nA recipe is a libconfig file. A column is named as its file's header has it, or, "
        "where two files\nhave it, as `\"file:column\"`. `tables[].file` is the key `file` of each "
        "record of the list `tables`.\n\n";

    (void)verb;
    if (opt_json()) {
        *data = json_object();
        json_put_text(*data, "markdown", manual);
    } else {
        printf("%s%s", front, manual);
    }
    free(manual);
    return ST_OK;
}

const struct opt_verb recipe_settings_verb = {
    .name = "settings",
    .arguments = "",
    .about = "the keys of a recipe, as Markdown",
    .run = run_settings,
};
