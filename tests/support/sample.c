#include "tests/support/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

#define MEASURES (4 * 2 * 5)

static const struct {
    const char *target, *metric;
    bool leakage;
    double value[4]; /* original, debiased, noise, erasure */
} targets[] = {
    {"sex", "auc", true, {.893, .612, .498, .502}},
    {"age", "r2", true, {.445, -.012, -.0004, .01}},
    {"race=Asian/White", "auc", true, {.9, .7, .5, .5}},
    {"cancer_2y", "auc", false, {.778, .761, .495, .77}},
    {"cancer_1y", "auc", false, {.801, .79, .51, .8}},
};

/* From the originals, half as unsure as either. */
static struct measure_change change_of(double value)
{
    return (struct measure_change){.from = "original",
                                   .value = value,
                                   .lo = value - .015,
                                   .hi = value + .015,
                                   .interval = "clustered"};
}

static struct measure measure_of(size_t target, size_t rep, bool mlp)
{
    static const char *const reps[] = {"original", "debiased", "noise", "erasure"};
    struct measure m = {.leakage = targets[target].leakage,
                        .representation = reps[rep],
                        .probe = mlp ? "mlp" : "linear",
                        .metric = targets[target].metric,
                        .value = targets[target].value[rep] - (mlp ? .02 : 0),
                        .interval = "clustered",
                        .rows = 11250,
                        .patients = 2199,
                        .seeds = 3,
                        .split = "test"};
    m.lo = m.value - .03;
    m.hi = m.value + .03;
    if (strcmp(m.representation, reps[0]) != 0)
        m.change = change_of(targets[target].value[rep] - targets[target].value[0]);
    snprintf(m.target, sizeof(m.target), "%s", targets[target].target);
    if (strcmp(m.target, "race=Asian/White") == 0) {
        m.withheld = true;
        snprintf(m.why, sizeof(m.why), "%s", "fewer than 11 patients in a class");
    }
    if (strcmp(m.target, "cancer_1y") == 0 && rep == 1) {
        m.value = m.lo = m.hi = (double)NAN;
        m.change.value = m.change.lo = m.change.hi = (double)NAN;
        snprintf(m.why, sizeof(m.why), "%s", "all scores are equal");
    }
    return m;
}

static void fill_sites(struct report *r)
{
    static const struct report_site sites[] = {
        {"north", "done", 40, 0, NULL, 0},
        {"east", "done", 40, 0, NULL, 0},
        {"west", "lost", 12, 28, NULL, 0},
        {"south", "done", 40, 0, NULL, 0},
    };
    r->site = must_alloc(COUNT(sites), sizeof(*r->site));
    memcpy(r->site, sites, sizeof(sites));
    r->site[2].missed = must_alloc(2, sizeof(*r->site[2].missed));
    r->site[2].missed[0] = (struct report_span){7, 7};
    r->site[2].missed[1] = (struct report_span){14, 40};
    r->site[2].missed_count = 2;
    r->site_count = COUNT(sites);
}

static void fill_rest(struct report *r, bool check_fails)
{
    static const struct report_point points[] = {
        {1, "train.recon", .92},
        {40, "train.recon", .413},
        {1, "train.kl", .02},
        {40, "train.kl", 1.3},
    };
    r->history = must_alloc(COUNT(points), sizeof(*r->history));
    memcpy(r->history, points, sizeof(points));
    r->history_count = COUNT(points);
    r->check = must_alloc(2, sizeof(*r->check));
    r->check_count = 2;
    r->check[0] = (struct report_check){"collapse guard: active units", true, "61 of 64"};
    r->check[1] = (struct report_check){"noise control", !check_fails, "reads something"};
    r->override = must_alloc(1, sizeof(*r->override));
    r->override_count = 1;
    snprintf(r->override[0].key, sizeof(r->override[0].key), "%s", "model.beta");
    snprintf(r->override[0].value, sizeof(r->override[0].value), "%s", "0.5");
}

struct report sample_report(size_t representations, bool check_fails)
{
    must(representations >= 1);
    must(representations <= 4);
    struct report r = {.run = {.id = "8f3a",
                               .plan = "demo",
                               .model = "debias-vae",
                               .seed = 7,
                               .rounds_planned = 40,
                               .rounds_done = 40,
                               .aggregation = "plain",
                               .engine = "local",
                               .version = "0.1.0"},
                       .min_cell = 11,
                       .traffic = {1.2e9, 1.3e9, 345678},
                       .time = {41.23, 30.1, 0, .04, 10}};
    memset(r.run.plan_digest, 'a', 64);
    memset(r.run.model_digest, 'b', 64);
    fill_sites(&r);
    fill_rest(&r, check_fails);
    r.measure = must_alloc(MEASURES, sizeof(*r.measure));
    for (size_t mlp = 0; mlp < 2; mlp++) /* one probe's rows after the other's: tables sort them */
        for (size_t rep = 0; rep < representations; rep++)
            for (size_t t = 0; t < COUNT(targets); t++)
                r.measure[r.measure_count++] = measure_of(t, rep, mlp == 1);
    return r;
}

struct json *sample_json(const char *text)
{
    struct json *tree = NULL;
    must(json_parse(&tree, text, strlen(text), "sample") == ST_OK);
    return tree;
}

/* What is made of the report's file; width 0: the page. */
static char *rendered(const struct report *r, size_t width)
{
    struct json *made = report_json(r);
    char *file = json_text(made, 2), *text = NULL;
    json_close(&made);
    struct json *read = sample_json(file);
    free(file);
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    must(to != NULL);
    must((width == 0 ? report_html(to, read) : report_text(to, read, width)) == ST_OK);
    must(fclose(to) == 0);
    json_close(&read);
    return text;
}

char *sample_text(const struct report *r, size_t width)
{
    must(width > 0);
    return rendered(r, width);
}

char *sample_html(const struct report *r)
{
    return rendered(r, 0);
}
