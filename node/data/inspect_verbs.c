/* pack, check, describe: a site's file read, judged, and said. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "node/data/agree.h"
#include "node/data/describe.h"
#include "node/data/verbs.h"

static struct site_paths paths_given(void)
{
    return (struct site_paths){.x = opt_value("x", site_paths_ours.x),
                               .patient = opt_value("patient", site_paths_ours.patient),
                               .split = opt_value("split", site_paths_ours.split)};
}

/* One row an option; each verb has a stretch of them. */
static const struct opt_row rows[] = {
    {"label", "NAME", "a label every file must have and know; may be repeated"},
    {"group", "NAME", "an attribute every file must have and know; may be repeated"},
    {"x", "PATH", "where an HDF5 file keeps the features, default /x, or the folder of its scores"},
    {"patient", "PATH", "where it keeps the patients, default /patient"},
    {"split", "PATH", "where it keeps the splits, default /split"},
    {"out", "FILE.flat", "default: beside it, with the ending .flat"},
};

/* What people count of a row: features, or scores, of which each has several columns. */
static size_t columns_of(const struct flat *f)
{
    return f->scores ? f->task_count : f->width;
}

/* X.h5 -> X.flat */
static enum status flat_name(char *out, size_t cap, const char *path)
{
    size_t len = strlen(path);
    const char *dot = strrchr(path, '.');

    if (dot != NULL && strchr(dot, '/') == NULL && dot > path)
        len = (size_t)(dot - path);
    if ((size_t)snprintf(out, cap, "%.*s.flat", (int)len, path) >= cap)
        return fault(EC_IO_CREATE, path, "the path is too long");
    return ST_OK;
}

static enum status run_pack(const struct opt_verb *verb, struct json **data)
{
    char beside[PATH_MAX];
    struct site s;
    const char *path = opt_argument(0);
    const char *out = opt_value("out", beside);
    struct site_paths where = paths_given();
    enum status st = flat_name(beside, sizeof beside, path);

    (void)verb;
    if (st == ST_OK)
        st = site_read(&s, path, &where);
    if (st != ST_OK)
        return st;
    st = flat_judge(&s.flat, path);
    if (st == ST_OK)
        st = flat_write(&s.flat, out);
    if (st == ST_OK) {
        *data = json_object();
        json_put_text(*data, "site", s.flat.site);
        json_put_text(*data, "flat", out);
        json_put_int(*data, "rows", (int64_t)s.flat.rows);
        json_put_int(*data, "width", (int64_t)s.flat.width);
        if (!opt_json())
            printf("%s: %zu rows, %zu %s, in %s\n", s.flat.site, s.flat.rows, columns_of(&s.flat),
                   s.flat.scores ? "scores" : "features", out);
    }
    site_free(&s);
    return st;
}

/* A label or group that the command line demands: there, and known in at least one row. */
static enum status demand(const struct flat *f, const char *path, const char *what,
                          const struct target *targets, size_t count, const float *value)
{
    for (size_t i = 0; i < opt_repeats(what); i++) {
        const char *name = opt_repeat(what, i);
        size_t at = 0;
        size_t known = 0;
        while (at < count && strcmp(targets[at].name, name) != 0)
            at++;
        for (size_t row = 0; at < count && row < f->rows; row++)
            known += isnan(value[at * f->rows + row]) ? 0 : 1;
        if (at == count)
            return fault(EC_DATA_LABEL, path, "the site %s has no %s %s", f->site, what, name);
        if (known == 0)
            return fault(EC_DATA_LABEL, path, "the site %s knows %s %s of no row", f->site, what,
                         name);
    }
    return ST_OK;
}

static enum status judge(struct agreement *a, const struct site *s, const char *path)
{
    const struct flat *f = &s->flat;
    enum status st = flat_judge(f, path);

    if (st == ST_OK)
        st = demand(f, path, "label", f->task, f->task_count, f->value);
    if (st == ST_OK)
        st = demand(f, path, "group", f->group, f->group_count, f->value + f->task_count * f->rows);
    return st == ST_OK ? agree(a, s, path) : st;
}

static struct json *checked(const struct site *s, const char *path, bool flat)
{
    struct json *one = json_object();
    struct json *notes = describe_notes(&s->flat, s->feature);

    if (!opt_json()) {
        printf("%s: ok, %s, site %s, %zu rows, %zu %s\n", path, flat ? "flat" : "HDF5",
               s->flat.site, s->flat.rows, columns_of(&s->flat),
               s->flat.scores ? "scores" : "features");
        for (size_t i = 0; i < json_count(notes); i++)
            printf("  note: %s\n", json_string(json_at(notes, i), ""));
    }
    json_put_text(one, "file", path);
    json_put_text(one, "form", flat ? "flat" : "hdf5");
    json_put_text(one, "site", s->flat.site);
    json_put_int(one, "rows", (int64_t)s->flat.rows);
    json_put_int(one, "width", (int64_t)s->flat.width);
    json_put_bool(one, "ok", true);
    json_put(one, "notes", notes);
    return one;
}

static enum status run_check(const struct opt_verb *verb, struct json **data)
{
    struct agreement a = {0};
    struct json *files = json_array();
    struct site_paths where = paths_given();
    enum status st = ST_OK;

    (void)verb;
    for (size_t i = 0; st == ST_OK && i < opt_arguments(); i++) {
        struct site s;
        bool flat;
        const char *path = opt_argument(i);
        st = site_read_any(&s, &flat, path, &where);
        if (st != ST_OK)
            break;
        st = judge(&a, &s, path);
        if (st == ST_OK)
            json_add(files, checked(&s, path, flat));
        site_free(&s);
    }
    agree_free(&a);
    if (st != ST_OK) {
        json_close(&files);
        return st;
    }
    *data = json_object();
    json_put(*data, "files", files);
    return ST_OK;
}

static enum status run_describe(const struct opt_verb *verb, struct json **data)
{
    struct json *files = json_array();
    struct site_paths where = paths_given();

    (void)verb;
    for (size_t i = 0; i < opt_arguments(); i++) {
        struct site s;
        bool flat;
        const char *path = opt_argument(i);
        enum status st = site_read_any(&s, &flat, path, &where);
        if (st != ST_OK) {
            json_close(&files);
            return st;
        }
        struct json *about = describe(&s.flat, s.feature);
        json_put_text(about, "file", path);
        json_put_text(about, "form", flat ? "flat" : "hdf5");
        if (!opt_json()) {
            fputs(i == 0 ? "" : "\n\n", stdout);
            describe_print(about);
        }
        json_add(files, about);
        site_free(&s);
    }
    *data = json_object();
    json_put(*data, "files", files);
    return ST_OK;
}

const struct opt_verb pack_verb = {
    .name = "pack",
    .arguments = "FILE.h5",
    .least = 1,
    .most = 1,
    .about = "an HDF5 file of a site, judged, into the flat file that nodes map",
    .rows = rows + 2, /* x ... out */
    .row_count = 4,
    .run = run_pack,
};

const struct opt_verb check_verb = {
    .name = "check",
    .arguments = "FILE...",
    .least = 1,
    .most = 4096,
    .about = "can these files (HDF5 or flat) be used, and together? Exit status 0 or 65",
    .rows = rows, /* label ... split */
    .row_count = 5,
    .run = run_check,
};

const struct opt_verb describe_verb = {
    .name = "describe",
    .arguments = "FILE...",
    .least = 1,
    .most = 4096,
    .about =
        "what is in these files: rows, splits, labels, groups. Small counts: do not pass it on",
    .rows = rows + 2, /* x ... split */
    .row_count = 3,
    .run = run_describe,
};
