#include "node/data/site_scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

const struct site_paths site_paths_ours = {"/x", "/patient", "/split"};
const char *const site_split_word[3] = {"train", "valid", "test"};
const char *const site_kind_word[3] = {"binary", "categorical", "regression"};

void site_alloc(struct site *s, size_t rows, size_t width, size_t targets, bool whole)
{
    *s = (struct site){.flat = {.rows = rows, .width = width}};
    s->patient = must_alloc(rows + 1, sizeof *s->patient);
    s->split = must_alloc(rows + 1, sizeof *s->split);
    s->value = must_alloc(targets * rows + 1, sizeof *s->value);
    if (whole) {
        s->x = must_alloc(rows * width + 1, sizeof *s->x);
        s->patient_text = must_alloc(rows + 1, sizeof *s->patient_text);
    }
    s->flat.patient = s->patient;
    s->flat.split = s->split;
    s->flat.value = s->value;
    s->flat.x = s->x;
}

void site_free(struct site *s)
{
    flat_close(&s->flat);
    free(s->patient);
    free(s->split);
    free(s->value);
    free(s->x);
    free(s->patient_text);
    h5_texts_free(&s->names);
    *s = (struct site){0};
}

static enum status write_label(struct h5_writer *w, const struct target *t, const float *value,
                               size_t rows)
{
    char path[TARGET_NAME_MAX + 16];
    const char *names[TARGET_LEVELS_MAX];
    int8_t *v = must_alloc(rows, sizeof *v);

    for (size_t i = 0; i < rows; i++)
        v[i] = isnan(value[i]) ? -1 : (int8_t)value[i];
    for (size_t i = 0; i < t->levels; i++)
        names[i] = t->level[i];
    snprintf(path, sizeof path, "/label/%s", t->name);
    enum status st = h5_put_i8(w, path, v, rows);
    if (st == ST_OK)
        st = h5_note_texts(w, path, "names", names, t->levels);
    if (st == ST_OK && t->kind == TARGET_CATEGORICAL && t->levels == 2)
        st = h5_note_text(w, path, "kind", site_kind_word[t->kind]);
    free(v);
    return st;
}

static enum status write_levels(struct h5_writer *w, const char *path, const struct target *t,
                                const float *value, size_t rows)
{
    const char *names[TARGET_LEVELS_MAX];
    int32_t *v = must_alloc(rows, sizeof *v);

    for (size_t i = 0; i < rows; i++)
        v[i] = isnan(value[i]) ? -1 : (int32_t)value[i];
    for (size_t i = 0; i < t->levels; i++)
        names[i] = t->level[i];
    enum status st = h5_put_i32(w, path, v, rows);
    if (st == ST_OK)
        st = h5_note_texts(w, path, "names", names, t->levels);
    free(v);
    return st;
}

static enum status write_group(struct h5_writer *w, const struct target *t, const float *value,
                               size_t rows)
{
    char path[TARGET_NAME_MAX + 16];

    snprintf(path, sizeof path, "/group/%s", t->name);
    enum status st = t->kind == TARGET_REGRESSION ? h5_put_f32(w, path, value, rows)
                                                  : write_levels(w, path, t, value, rows);
    return st == ST_OK ? h5_note_text(w, path, "kind", site_kind_word[t->kind]) : st;
}

static enum status write_splits(struct h5_writer *w, const struct flat *f)
{
    const char **word = must_alloc(f->rows, sizeof *word);

    for (size_t i = 0; i < f->rows; i++)
        word[i] = site_split_word[f->split[i]];
    enum status st = h5_put_texts(w, "/split", word, f->rows);
    free(word);
    return st;
}

enum status site_put_columns(struct h5_writer *w, const struct site *s)
{
    const struct flat *f = &s->flat;
    enum status st = write_splits(w, f);

    if (st == ST_OK && s->feature != NULL)
        st = h5_put_texts(w, "/feature_names", s->feature, f->width);
    if (st == ST_OK && s->feature != NULL)
        st = h5_note_text(w, "/", "features", "/feature_names");
    for (size_t i = 0; st == ST_OK && i < f->task_count; i++)
        st = write_label(w, &f->task[i], f->value + i * f->rows, f->rows);
    for (size_t i = 0; st == ST_OK && i < f->group_count; i++)
        st = write_group(w, &f->group[i], f->value + (f->task_count + i) * f->rows, f->rows);
    return st;
}

static enum status write_all(struct h5_writer *w, const struct site *s, const char *recipe)
{
    const struct flat *f = &s->flat;
    enum status st = h5_note_text(w, "/", "site", f->site);

    if (st == ST_OK && recipe[0] != '\0')
        st = h5_note_text(w, "/", "recipe", recipe);
    if (st == ST_OK)
        st = f->scores ? site_scores_put(w, f)
                       : h5_put_tensor(w, "/x", f->x, (size_t[]){f->rows, f->width}, 2);
    if (st == ST_OK)
        st = h5_put_texts(w, "/patient", s->patient_text, f->rows);
    return st == ST_OK ? site_put_columns(w, s) : st;
}

enum status site_write(const struct site *s, const char *path, const char *recipe)
{
    struct h5_writer *w;

    must(s->patient_text != NULL);
    enum status st = h5_create(&w, path);
    if (st != ST_OK)
        return st;
    st = write_all(w, s, recipe);
    if (st == ST_OK)
        st = h5_finish(&w);
    h5_abandon(&w);
    return st;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *p = a;
    const uint64_t *q = b;

    return (*p > *q) - (*p < *q);
}

size_t site_patients(const struct flat *f, enum split split)
{
    uint64_t *id = must_alloc(f->rows + 1, sizeof *id);
    size_t n = 0;
    size_t patients = 0;

    for (size_t i = 0; i < f->rows; i++)
        if (split == SPLIT_NONE || f->split[i] == split)
            id[n++] = f->patient[i];
    qsort(id, n, sizeof *id, by_number);
    for (size_t i = 0; i < n; i++)
        patients += i == 0 || id[i] != id[i - 1];
    free(id);
    return patients;
}
