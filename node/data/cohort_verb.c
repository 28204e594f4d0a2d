/*
 * The command line of the cohort.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/data/cohort.h"
#include "node/data/cohort_write.h"

static enum status wants(const char *option, const char *what, const char *text)
{
    return fault(EC_USAGE, cohort_verb.name, "--%s wants %s, not `%s`", option, what, text);
}

/* "0.125" or "1/8"; its range is judged with the rest of the spec. */
static enum status real_option(double *out, const char *name)
{
    const char *text = opt_value(name, NULL);
    if (text == NULL)
        return ST_OK;
    char *end = NULL;
    double v = strtod(text, &end);
    if (end != text && *end == '/') {
        const char *below = end + 1;
        v /= strtod(below, &end);
        if (end == below)
            end = NULL;
    }
    if (end == NULL || end == text || *end != '\0')
        return wants(name, "a number", text);
    *out = v;
    return ST_OK;
}

static enum status whole_option(uint64_t *out, const char *name)
{
    const char *text = opt_value(name, NULL);
    if (text == NULL)
        return ST_OK;
    char *end = NULL;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || v > INT64_MAX)
        return wants(name, "a whole number", text);
    *out = v;
    return ST_OK;
}

static enum status read_spec(struct cohort_spec *s, const struct opt_verb *verb)
{
    uint64_t sites = 4;
    *s = (struct cohort_spec){.scale = 1, .seed = 1, .rms = 1, .alpha = 0.5, .zipf = 1.1};
    const struct {
        const char *name;
        double *to;
    } reals[] = {
        {"scale", &s->scale}, {"rho-sex", &s->rho_sex}, {"rho-age", &s->rho_age},
        {"rms", &s->rms},     {"alpha", &s->alpha},     {"zipf", &s->zipf},
    };
    const char *preset = opt_value("preset", "nlst");
    if (strcmp(preset, "nlst") != 0)
        return wants("preset", "nlst", preset);
    if (!opt_given("out"))
        return fault(EC_USAGE, verb->name, "--out DIR is wanted: where the files go");
    enum status st = whole_option(&sites, "sites");
    if (st == ST_OK)
        st = whole_option(&s->seed, "seed");
    for (size_t i = 0; i < COUNT(reals) && st == ST_OK; i++)
        st = real_option(reals[i].to, reals[i].name);
    s->sites = (size_t)sites;
    return st;
}

static struct json *site_json(const struct cohort_count *count, const char *file)
{
    struct json *site = json_object();
    json_put_text(site, "file", file);
    json_put_int(site, "patients", (int64_t)count->patients);
    json_put_int(site, "rows", (int64_t)count->rows);
    json_put_int(site, "train_patients", (int64_t)count->train_patients);
    json_put_int(site, "train_rows", (int64_t)count->train_rows);
    json_put_int(site, "train_positives_2y", (int64_t)count->train_positives);
    return site;
}

static struct json *tell(const struct cohort *c, const char *folder)
{
    struct json *data = json_object(), *sites = json_array();
    json_put_text(data, "out", folder);
    json_put_text(data, "plan", "plan.cfg");
    json_put_int(data, "features", (int64_t)c->width);
    json_put_int(data, "train_patients", (int64_t)c->train);
    json_put_int(data, "test_patients", (int64_t)(c->count - c->train));
    if (!opt_json())
        printf("%s/plan.cfg: %zu features, %zu patients to train on, %zu to test on\n"
               "%-12s %9s %9s %16s %12s\n",
               folder, c->width, c->train, c->count - c->train, "file", "patients", "images",
               "training images", "with cancer");
    for (size_t h = 0; h < c->spec.sites; h++) {
        struct cohort_count count;
        char file[COHORT_FILE_MAX];
        cohort_counts(&count, c, h);
        cohort_site_file(file, h);
        json_add(sites, site_json(&count, file));
        if (!opt_json())
            printf("%-12s %9zu %9zu %16zu %12zu%s\n", file, count.patients, count.rows,
                   count.train_rows, count.train_positives,
                   cohort_site_knows_race(c, h) ? "" : "  race unknown");
    }
    json_put(data, "sites", sites);
    return data;
}

static enum status run(const struct opt_verb *verb, struct json **data)
{
    struct cohort_spec spec;
    struct cohort c;
    enum status st = read_spec(&spec, verb);
    if (st == ST_OK)
        st = cohort_open(&c, &spec);
    if (st != ST_OK)
        return st;
    st = cohort_write(&c, opt_value("out", NULL));
    if (st == ST_OK)
        *data = tell(&c, opt_value("out", NULL));
    cohort_close(&c);
    return st;
}

static const struct opt_row rows[] = {
    {"preset", "NAME", "what it looks like: nlst, a lung-screening trial, is all there is"},
    {"scale", "S", "of training patients and features: 1 (default) is 10,299 and 1408"},
    {"sites", "H", "hospitals, 4; of 3 or more one has few cancers, one knows no race"},
    {"seed", "N", "default 1; the same seed gives the same bytes"},
    {"out", "DIR", "where the files go: site-1.h5 ... and plan.cfg"},
    {"rho-sex", "R", "cosine of the cancer direction with that of sex, default 0"},
    {"rho-age", "R", "the same with age, default 0: what fairness has to cost"},
    {"rms", "S", "root mean square of a centred feature, default 1"},
    {"alpha", "A", "sites see like patients when large, other ones when small; .5"},
    {"zipf", "A", "site h has a share of about h^-A of the patients; 1.1"},
};

const struct opt_verb cohort_verb = {
    .name = "cohort",
    .arguments = "",
    .about =
        "a synthetic cohort with known truth: one HDF5 file a site, and a plan that runs on it",
    .rows = rows,
    .row_count = COUNT(rows),
    .run = run,
};
