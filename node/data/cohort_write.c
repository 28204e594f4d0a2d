/*
 * A cohort into a folder: site-1.h5 ... site-H.h5, then plan.cfg, so that a folder with a plan is
 * complete. Rows are made and written a patient at a time: what is in memory is the people and the
 * columns of one site, not the embeddings.
 */
#include "node/data/cohort_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/h5/write.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/must.h"

#define PATH_BYTES 4096
#define OLD        65

static const char *const sex_names[] = {"male", "female"};
static const char *const race_names[RACE_COUNT] = {"White", "Black", "Asian", "Other"};
static const char *const old_names[] = {"under 65", "65 and over"};

/* Everything of one site but x. */
struct columns {
    int64_t *patient;
    const char **split;
    int8_t *cancer_2y, *cancer_1y;
    int32_t *sex, *race, *old;
    float *age;
};

static void columns_open(struct columns *k, size_t rows)
{
    *k = (struct columns){.patient = must_alloc(rows, sizeof(*k->patient)),
                          .split = must_alloc(rows, sizeof(*k->split)),
                          .cancer_2y = must_alloc(rows, sizeof(*k->cancer_2y)),
                          .cancer_1y = must_alloc(rows, sizeof(*k->cancer_1y)),
                          .sex = must_alloc(rows, sizeof(*k->sex)),
                          .race = must_alloc(rows, sizeof(*k->race)),
                          .old = must_alloc(rows, sizeof(*k->old)),
                          .age = must_alloc(rows, sizeof(*k->age))};
}

static void columns_close(struct columns *k)
{
    free(k->patient);
    free(k->split);
    free(k->cancer_2y);
    free(k->cancer_1y);
    free(k->sex);
    free(k->race);
    free(k->old);
    free(k->age);
    *k = (struct columns){0};
}

static void columns_fill(struct columns *k, const struct cohort *c, size_t site)
{
    size_t row = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct person *p = &c->person[i];
        if (p->site != site)
            continue;
        for (unsigned image = 0; image < p->images; image++, row++) {
            k->patient[row] = (int64_t)i + 1;
            k->split[row] = p->test ? "test" : "train";
            k->cancer_2y[row] = (int8_t)(p->cancer_2y >> image & 1);
            k->cancer_1y[row] = (int8_t)(p->cancer_1y >> image & 1);
            k->sex[row] = p->female ? 1 : 0;
            k->race[row] = cohort_site_knows_race(c, site) ? p->race : -1;
            k->old[row] = p->age >= OLD ? 1 : 0;
            k->age[row] = (float)p->age;
        }
    }
}

static enum status put_group(struct h5_writer *w, const char *path, const int32_t *v, size_t rows,
                             const char *const *names, size_t name_count)
{
    enum status st = h5_put_i32(w, path, v, rows);
    return st == ST_OK ? h5_note_texts(w, path, "names", names, name_count) : st;
}

static enum status put_columns(struct h5_writer *w, const struct columns *k, size_t rows)
{
    enum status st = h5_put_i64(w, "/patient", k->patient, rows);
    if (st == ST_OK)
        st = h5_put_texts(w, "/split", k->split, rows);
    if (st == ST_OK)
        st = h5_put_i8(w, "/label/cancer_2y", k->cancer_2y, rows);
    if (st == ST_OK)
        st = h5_put_i8(w, "/label/cancer_1y", k->cancer_1y, rows);
    if (st == ST_OK)
        st = put_group(w, "/group/sex", k->sex, rows, sex_names, COUNT(sex_names));
    if (st == ST_OK)
        st = put_group(w, "/group/race", k->race, rows, race_names, COUNT(race_names));
    if (st == ST_OK)
        st = put_group(w, "/group/age>=65", k->old, rows, old_names, COUNT(old_names));
    if (st == ST_OK)
        st = h5_put_f32(w, "/group/age", k->age, rows);
    return st;
}

static enum status put_embeddings(struct h5_writer *w, const struct cohort *c, size_t site,
                                  size_t rows)
{
    enum status st = h5_make_matrix(w, "/x", rows, c->width);
    float *x = must_alloc(COHORT_IMAGES_MAX * c->width, sizeof(*x));
    float *scratch = must_alloc(c->width, sizeof(*scratch));
    size_t at = 0;
    for (size_t i = 0; i < c->count && st == ST_OK; i++) {
        const struct person *p = &c->person[i];
        if (p->site != site)
            continue;
        cohort_embed(x, c, i, scratch);
        st = h5_put_rows(w, "/x", x, at, p->images);
        at += p->images;
    }
    free(scratch);
    free(x);
    return st;
}

/* What made the file, so that it can be made again. */
static enum status put_origin(struct h5_writer *w, const struct cohort *c, size_t site)
{
    const struct cohort_spec *s = &c->spec;
    char made[512];
    snprintf(made, sizeof(made),
             "evenhand-data cohort --preset nlst --scale %.17g --sites %zu --seed %" PRIu64
             " --rho-sex %.17g --rho-age %.17g --rms %.17g --alpha %.17g --zipf %.17g: site %zu",
             s->scale, s->sites, s->seed, s->rho_sex, s->rho_age, s->rms, s->alpha, s->zipf,
             site + 1);
    return h5_note_text(w, "/", "made", made);
}

static enum status write_site(const struct cohort *c, size_t site, size_t rows, const char *path)
{
    struct h5_writer *w = NULL;
    struct columns k;
    enum status st = h5_create(&w, path);
    if (st != ST_OK)
        return st;
    columns_open(&k, rows);
    columns_fill(&k, c, site);
    st = put_origin(w, c, site);
    if (st == ST_OK)
        st = put_columns(w, &k, rows);
    if (st == ST_OK)
        st = put_embeddings(w, c, site, rows);
    columns_close(&k);
    if (st == ST_OK)
        return h5_finish(&w);
    h5_abandon(&w);
    return st;
}

void cohort_counts(struct cohort_count *count, const struct cohort *c, size_t site)
{
    *count = (struct cohort_count){0};
    for (size_t i = 0; i < c->count; i++) {
        const struct person *p = &c->person[i];
        if (p->site != site)
            continue;
        count->patients++;
        count->rows += p->images;
        if (p->test)
            continue;
        count->train_patients++;
        count->train_rows += p->images;
        count->train_positives += (size_t)__builtin_popcount(p->cancer_2y);
    }
}

void cohort_site_file(char out[static COHORT_FILE_MAX], size_t site)
{
    snprintf(out, COHORT_FILE_MAX, "site-%zu.h5", site + 1);
}

/* Files of a larger cohort would join this one's federation without a word. */
static enum status refuse_leftovers(const char *folder, size_t sites)
{
    for (size_t site = sites; site < COHORT_SITES_MAX; site++) {
        char file[COHORT_FILE_MAX], path[PATH_BYTES];
        cohort_site_file(file, site);
        enum status st = file_join(path, sizeof(path), folder, file);
        if (st != ST_OK)
            return st;
        if (access(path, F_OK) == 0)
            return fault(EC_IO_LEFTOVER, path, "%s belongs to a cohort with more than %zu sites",
                         file, sites);
    }
    return ST_OK;
}

/* A little below half of D, as 500 is of 1408; a multiple of 4. */
static size_t latent_of(const struct cohort_spec *s)
{
    size_t latent = 4 * (size_t)(500 * s->scale / 4 + 0.5);
    return latent < 16 ? 16 : latent;
}

/* As many steps as at full size: a tenth of the rows is gone over ten times as often. */
static size_t passes_of(const struct cohort_spec *s)
{
    return s->scale >= 1 ? 1 : (size_t)(1 / s->scale + 0.5);
}

/*
 * Erasure takes what is linear, and a linear encoder makes nothing else of the rest; a latent of
 * many units and a small beta keep cancer, which has little variance, and so does a task head of
 * little weight: one of much learns 700 patients by heart.
 */
static enum status write_plan(const struct cohort *c, const char *path)
{
    char text[2048];
    size_t passes = passes_of(&c->spec);
    int len = snprintf(
        text, sizeof(text),
        "# Synthetic cohort, preset nlst: %zu + %zu patients, %zu features, %zu sites.\n"
        "plan = \"cohort-nlst\";  seed = %" PRIu64 "%s;  rounds = 40;\n"
        "data = { root = \".\"; standardise = \"global\"; };\n"
        "tasks = ( { name = \"cancer_2y\"; kind = \"binary\"; train = true; },\n"
        "          { name = \"cancer_1y\"; kind = \"binary\"; train = false; } );\n"
        "groups = ( { name = \"sex\"; kind = \"binary\"; },\n"
        "           { name = \"race\"; kind = \"categorical\"; },\n"
        "           { name = \"age\"; kind = \"regression\"; } );\n"
        "model = { name = \"debias-vae\"; erase_first = true; latent = %zu; hidden = 0;\n"
        "          dropout = 0.0; beta = 0.05; reconstruct = 1.0; task = { weight = 0.05; };\n"
        "          adversary = { hidden = ( 128, 32 ); count = 1; steps = 1; weight = 0.1;\n"
        "                        form = \"reverse\"; lr = 3e-3; }; };\n"
        "local = { epochs = %zu; batch = 256; optimiser = \"adam\"; lr = 2e-3; clip_l2 = 5.0; };\n"
        "evaluate = { probes = ( \"linear\", \"mlp\" ); seeds = 1; mlp_batch = 256; mlp_epochs = "
        "%zu;\n"
        "             thresholds = [ ]; sensitivity = 0.8; };\n",
        c->train, c->count - c->train, c->width, c->spec.sites, c->spec.seed,
        c->spec.seed > INT32_MAX ? "L" : "", latent_of(&c->spec), passes, passes);
    must(len > 0);
    must((size_t)len < sizeof(text));
    return file_write(path, text, (size_t)len);
}

enum status cohort_write(const struct cohort *c, const char *folder)
{
    char path[PATH_BYTES], file[COHORT_FILE_MAX];
    enum status st = file_folder(folder);
    if (st == ST_OK)
        st = refuse_leftovers(folder, c->spec.sites);
    for (size_t site = 0; site < c->spec.sites && st == ST_OK; site++) {
        struct cohort_count count;
        cohort_counts(&count, c, site);
        cohort_site_file(file, site);
        st = file_join(path, sizeof(path), folder, file);
        if (st == ST_OK)
            st = write_site(c, site, count.rows, path);
        if (st == ST_OK)
            log_info("site written", LOG_TEXT("file", file), LOG_NUM("rows", count.rows));
    }
    if (st == ST_OK)
        st = file_join(path, sizeof(path), folder, "plan.cfg");
    return st == ST_OK ? write_plan(c, path) : st;
}
