/* The description of a site as text for people. */
#include <math.h>
#include <stdio.h>

#include "node/data/describe.h"

static int64_t whole(const struct json *object, const char *key)
{
    return json_int(json_get(object, key), 0);
}

static double number(const struct json *object, const char *key)
{
    return json_real(json_get(object, key), (double)NAN);
}

static const char *text(const struct json *object, const char *key)
{
    return json_string(json_get(object, key), "");
}

static void print_splits(const struct json *splits)
{
    printf("\n%-24s %9s %9s\n", "split", "rows", "patients");
    for (size_t i = 0; i < json_count(splits); i++) {
        const char *name = json_key_at(splits, i);
        const struct json *one = json_get(splits, name);
        printf("%-24s %9lld %9lld\n", name, (long long)whole(one, "rows"),
               (long long)whole(one, "patients"));
    }
}

static void print_features(const struct json *about)
{
    const struct json *features = json_get(about, "features");
    const struct json *norms = json_get(about, "norms");
    const struct json *constant = json_get(features, "constant_names");

    printf("\nfeatures from %.6g to %.6g, %lld NaN or infinite, %lld constant\n",
           number(features, "smallest"), number(features, "largest"),
           (long long)whole(features, "not_finite"), (long long)whole(features, "constant"));
    for (size_t i = 0; i < json_count(constant); i++)
        printf("  constant: %s\n", json_string(json_at(constant, i), ""));
    printf("norms of rows %.6g, median %.6g, to %.6g; %lld duplicate rows\n",
           number(norms, "smallest"), number(norms, "median"), number(norms, "largest"),
           (long long)whole(about, "duplicates"));
}

static void print_labels(const struct json *labels)
{
    static const char *const splits[] = {"train", "valid", "test"};

    if (json_count(labels) == 0)
        return;
    printf("\n%-24s %9s %9s %9s   rows of each level: train, valid, test\n", "label", "known",
           "unknown", "positive");
    for (size_t i = 0; i < json_count(labels); i++) {
        const struct json *one = json_at(labels, i);
        double share = number(one, "prevalence");
        printf("%-24s %9lld %9lld", text(one, "name"), (long long)whole(one, "known"),
               (long long)whole(one, "unknown"));
        if (isfinite(share))
            printf(" %8.1f%%  ", 100 * share);
        else
            printf(" %9s  ", "-");
        for (size_t k = 0; k < COUNT(splits); k++) {
            const struct json *levels = json_get(one, splits[k]);
            for (size_t j = 0; j < json_count(levels); j++)
                printf("%s%lld", j == 0 ? " " : "/",
                       (long long)whole(levels, json_key_at(levels, j)));
        }
        putchar('\n');
    }
}

static void print_level(const struct json *level)
{
    const struct json *positive = json_get(level, "positive");

    printf("  %-22s %9lld %9lld  ", text(level, "name"), (long long)whole(level, "rows"),
           (long long)whole(level, "patients"));
    for (size_t i = 0; i < json_count(positive); i++)
        printf(" %s %lld", json_key_at(positive, i),
               (long long)whole(positive, json_key_at(positive, i)));
    putchar('\n');
}

static void print_groups(const struct json *groups)
{
    if (json_count(groups) == 0)
        return;
    printf("\n%-24s %9s %9s   rows with a positive label\n", "group", "rows", "patients");
    for (size_t i = 0; i < json_count(groups); i++) {
        const struct json *one = json_at(groups, i);
        const struct json *levels = json_get(one, "levels");
        printf("%s, %s, %lld unknown", text(one, "name"), text(one, "kind"),
               (long long)whole(one, "unknown"));
        if (json_count(levels) == 0)
            printf(", mean %.4g, SD %.4g", number(one, "mean"), number(one, "sd"));
        putchar('\n');
        for (size_t k = 0; k < json_count(levels); k++)
            print_level(json_at(levels, k));
    }
}

void describe_print(const struct json *about)
{
    const struct json *notes = json_get(about, "notes");

    printf("%s: %lld rows of %lld patients, %lld features\n", text(about, "site"),
           (long long)whole(about, "rows"), (long long)whole(about, "patients"),
           (long long)whole(about, "width"));
    print_splits(json_get(about, "splits"));
    print_features(about);
    print_labels(json_get(about, "labels"));
    print_groups(json_get(about, "groups"));
    if (json_count(notes) > 0)
        putchar('\n');
    for (size_t i = 0; i < json_count(notes); i++)
        printf("note: %s\n", json_string(json_at(notes, i), ""));
}
