#include "node/data/import.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/core/score.h"
#include "node/data/describe.h"
#include "node/data/features.h"
#include "node/data/site.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/must.h"

#define SLUG_MAX (TARGET_NAME_MAX + 24)

struct importing {
    const struct import_order *order;
    struct frame frame;
    struct derived derived;
    struct features features;
    struct json *sites;
    char (*slug)[SLUG_MAX]; /* [site_count] */
};

/* A name for files: letters and digits, everything else one dash. */
static void make_slug(char out[static SLUG_MAX], const char *name)
{
    size_t len = 0;

    for (; *name != '\0' && len < SLUG_MAX - 1; name++) {
        if (isascii(*name) && isalnum((unsigned char)*name))
            out[len++] = (char)tolower((unsigned char)*name);
        else if (len > 0 && out[len - 1] != '-')
            out[len++] = '-';
    }
    while (len > 0 && out[len - 1] == '-')
        len--;
    out[len] = '\0';
    if (len == 0)
        snprintf(out, SLUG_MAX, "site");
}

/* Two sites whose names differ in signs only get a number. */
static void name_files(struct importing *m)
{
    size_t count = m->derived.site_count;

    m->slug = must_alloc(count, sizeof *m->slug);
    for (size_t i = 0; i < count; i++) {
        char plain[SLUG_MAX];
        size_t number = 1;
        make_slug(plain, m->derived.site_name[i]);
        snprintf(m->slug[i], SLUG_MAX, "%s", plain);
        for (size_t k = 0; k < i; k++)
            if (strcmp(m->slug[k], m->slug[i]) == 0) {
                snprintf(m->slug[i], SLUG_MAX, "%.*s-%zu", TARGET_NAME_MAX, plain, ++number);
                k = SIZE_MAX; /* once more from the first */
            }
    }
}

static size_t rows_of(const struct derived *d, size_t site)
{
    size_t n = 0;

    for (size_t row = 0; row < d->rows; row++)
        n += d->site[row] == site;
    return n;
}

static size_t width_of(const struct importing *m)
{
    return m->derived.score == NULL ? m->features.width : m->derived.task_count * SCORE_PARTS;
}

/* The numbers of a row in x: its features, or the scores of its tasks. */
static void put_row(float *x, struct importing *m, size_t row)
{
    const struct derived *d = &m->derived;

    if (d->score == NULL)
        features_row(x, &m->features, &m->frame, row);
    for (size_t t = 0; d->score != NULL && t < d->task_count; t++)
        score_split(x + t * SCORE_PARTS, d->score[t * d->rows + row]);
}

/* Everything of one site, out of the pooled rows. */
static void gather(struct site *s, struct importing *m, size_t site, size_t rows)
{
    const struct derived *d = &m->derived;
    size_t targets = d->task_count + d->group_count;
    size_t width = width_of(m);
    size_t at = 0;

    site_alloc(s, rows, width, targets, true);
    s->flat.scores = d->score != NULL;
    for (size_t row = 0; row < d->rows; row++) {
        if (d->site[row] != site)
            continue;
        const char *patient = pool_text(&m->frame.pool, d->patient[row]);
        s->patient_text[at] = patient;
        s->patient[at] = flat_patient(patient, strlen(patient));
        s->split[at] = d->split[row];
        for (size_t t = 0; t < targets; t++)
            s->value[t * rows + at] = d->value[t * d->rows + row];
        put_row(s->x + at * width, m, row);
        at++;
    }
    must(at == rows);
    memcpy(s->flat.site, d->site_name[site], sizeof s->flat.site);
    s->flat.task_count = d->task_count;
    s->flat.group_count = d->group_count;
    memcpy(s->flat.task, d->task, sizeof s->flat.task);
    memcpy(s->flat.group, d->group, sizeof s->flat.group);
    if (d->score == NULL)
        s->feature = (const char *const *)(void *)m->features.name;
}

static enum status write_files(const struct site *s, const struct importing *m, size_t site)
{
    char name[SLUG_MAX + 8];
    char path[PATH_MAX];

    snprintf(name, sizeof name, "%s.h5", m->slug[site]);
    enum status st = file_join(path, sizeof path, m->order->out, name);
    if (st == ST_OK)
        st = site_write(s, path, m->order->recipe->name);
    if (st != ST_OK || !m->order->flat)
        return st;
    snprintf(name, sizeof name, "%s.flat", m->slug[site]);
    st = file_join(path, sizeof path, m->order->out, name);
    return st == ST_OK ? flat_write(&s->flat, path) : st;
}

static void tell(const struct site *s, const struct json *notes, const size_t split[static 3])
{
    fprintf(stderr, "%-34s %7zu rows  train %zu, valid %zu, test %zu", s->flat.site, s->flat.rows,
            split[0], split[1], split[2]);
    for (size_t i = 0; i < json_count(notes); i++)
        fprintf(stderr, "%s%s", i == 0 ? "  - " : "; ", json_string(json_at(notes, i), ""));
    fputc('\n', stderr);
}

/* One site into the list; says it to people too. */
static void report(struct importing *m, const struct site *s, size_t site)
{
    struct json *one = json_object();
    struct json *notes = describe_notes(&s->flat, s->feature);
    size_t split[3] = {0};
    char file[SLUG_MAX + 8];

    for (size_t i = 0; i < s->flat.rows; i++)
        split[s->split[i]]++;
    if (!m->order->quiet)
        tell(s, notes, split);
    json_put_text(one, "site", s->flat.site);
    snprintf(file, sizeof file, "%s.h5", m->slug[site]);
    json_put_text(one, "h5", file);
    snprintf(file, sizeof file, "%s.flat", m->slug[site]);
    json_put_text(one, "flat", m->order->flat ? file : NULL);
    json_put_int(one, "rows", (int64_t)s->flat.rows);
    json_put_int(one, "patients", (int64_t)site_patients(&s->flat, SPLIT_NONE));
    for (size_t i = 0; i < COUNT(split); i++)
        json_put_int(one, site_split_word[i], (int64_t)split[i]);
    json_put(one, "notes", notes);
    json_add(m->sites, one);
}

static enum status make_site(struct importing *m, size_t site)
{
    struct site s;
    size_t rows = rows_of(&m->derived, site);

    if (rows == 0) /* an artificial site that no patient fell to */
        return ST_OK;
    gather(&s, m, site, rows);
    enum status st = flat_judge(&s.flat, s.flat.site);
    if (st == ST_OK)
        st = write_files(&s, m, site);
    if (st == ST_OK)
        report(m, &s, site);
    site_free(&s);
    return st;
}

static struct json *counts_json(const struct importing *m)
{
    const struct frame_counts *c = &m->frame.counts;
    struct json *out = json_object();
    size_t unmatched = 0;
    size_t unused = 0;

    for (size_t i = 0; i < m->order->recipe->table_count; i++) {
        unmatched += c->unmatched[i];
        unused += c->unused[i];
    }
    json_put_int(out, "rows_read", (int64_t)c->read);
    json_put_int(out, "rows_kept", (int64_t)m->derived.rows);
    json_put_int(out, "rows_not_selected", (int64_t)c->unselected);
    json_put_int(out, "rows_dropped_missing", (int64_t)c->missing);
    json_put_int(out, "rows_dropped_unmatched", (int64_t)unmatched);
    json_put_int(out, "joined_rows_unused", (int64_t)unused);
    json_put_int(out, "values_filled", (int64_t)m->features.filled);
    json_put_int(out, "values_clipped", (int64_t)m->features.clipped);
    json_put_int(out, "patients_at_several_sites", (int64_t)m->derived.roaming);
    return out;
}

static struct json *names_json(char **name, size_t count)
{
    struct json *out = json_array();

    for (size_t i = 0; i < count; i++)
        json_add_text(out, name[i]);
    return out;
}

static struct json *result_json(struct importing *m)
{
    struct json *out = json_object();

    json_put_text(out, "recipe", m->order->recipe->name);
    json_put_bool(out, "artificial_sites", m->order->recipe->artificial_sites > 0);
    json_put_int(out, "rows", (int64_t)m->derived.rows);
    json_put_int(out, "width", (int64_t)width_of(m));
    json_put_bool(out, "scores", m->derived.score != NULL);
    json_put(out, "features", names_json(m->features.name, m->features.width));
    json_put(out, "counts", counts_json(m));
    json_put(out, "sites", m->sites);
    m->sites = NULL;
    return out;
}

static enum status write_result(const struct json *data, const char *folder)
{
    char path[PATH_MAX];
    enum status st = file_join(path, sizeof path, folder, "import.json");

    if (st != ST_OK)
        return st;
    char *text = json_text(data, 2);
    st = file_write(path, text, strlen(text));
    free(text);
    return st;
}

static enum status read_all(struct importing *m)
{
    enum status st = frame_open(&m->frame, m->order->recipe, m->order->root);

    if (st == ST_OK)
        st = features_drop(&m->frame);
    if (st == ST_OK)
        st = derive(&m->derived, &m->frame);
    if (st == ST_OK)
        st = features_open(&m->features, &m->frame, &m->derived);
    return st;
}

enum status import_run(struct json **data, const struct import_order *order)
{
    struct importing m = {.order = order, .sites = json_array()};
    enum status st = read_all(&m);

    *data = NULL;
    if (st == ST_OK)
        st = file_folder(order->out);
    if (st == ST_OK)
        name_files(&m);
    for (size_t i = 0; st == ST_OK && i < m.derived.site_count; i++)
        st = make_site(&m, i);
    if (st == ST_OK) {
        *data = result_json(&m);
        st = write_result(*data, order->out);
        if (st != ST_OK)
            json_close(data);
    }
    json_close(&m.sites);
    free(m.slug);
    features_close(&m.features);
    derive_free(&m.derived);
    frame_close(&m.frame);
    return st;
}
