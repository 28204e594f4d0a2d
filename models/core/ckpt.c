#include "models/core/ckpt.h"

#include <stdlib.h>
#include <string.h>

#include "models/core/schema.h"
#include "models/core/vec.h"
#include "proto/base/file.h"
#include "proto/base/must.h"

#define SUM_BYTES 8

static const char magic[8] = "EVHMODEL";

/* FNV-1a, 64 bits. A step maps states one to one, so one changed byte always changes the sum. */
uint64_t ckpt_checksum(const uint8_t *bytes, size_t len)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3); /* modulo 2^64, as published */
    return sum;
}

static void write_moments(struct writer *w, const struct target *t)
{
    write_f64le(w, t->known);
    write_f64le(w, t->mean);
    write_f64le(w, t->sd);
    for (size_t i = 0; i < t->levels; i++)
        write_f64le(w, t->share[i]);
}

static void write_population(struct writer *w, const struct population *who)
{
    struct writer count = {0};
    schema_write(&count, who);
    must(count.done <= SCHEMA_BYTES_MAX);
    write_u32le(w, (uint32_t)count.done);
    schema_write(w, who);
    write_f64le(w, who->rows);
    for (size_t i = 0; i < who->task_count; i++)
        write_moments(w, &who->task[i]);
    for (size_t i = 0; i < who->group_count; i++)
        write_moments(w, &who->group[i]);
}

static void write_weight(struct writer *w, real weight)
{
    float narrow = (float)weight;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    write_u32le(w, bits);
}

static void write_doubles(struct writer *w, const double *v, size_t count)
{
    for (size_t i = 0; i < count; i++)
        write_f64le(w, v[i]);
}

static void write_all(struct writer *w, const struct ckpt *c)
{
    write_bytes(w, magic, sizeof magic);
    write_u32le(w, CKPT_VERSION);
    write_u32le(w, 0);
    write_text(w, c->model);
    write_text(w, c->plan_digest);
    write_text(w, c->model_digest);
    write_u32le(w, (uint32_t)strlen(c->plan));
    write_bytes(w, c->plan, strlen(c->plan));
    write_population(w, &c->who);
    write_doubles(w, c->mean, c->who.width);
    write_doubles(w, c->scale, c->who.width);
    write_u32le(w, (uint32_t)c->erase_columns);
    if (c->erase_columns > 0) {
        write_doubles(w, c->erase_mean, c->who.width);
        write_doubles(w, c->erase_u, c->erase_columns * c->who.width);
        write_doubles(w, c->erase_v, c->erase_columns * c->who.width);
    }
    map_write(w, &c->map);
    write_u64le(w, c->map.end);
    for (size_t i = 0; i < c->map.end; i++)
        write_weight(w, c->theta[i]);
}

enum status ckpt_write(const char *path, const struct ckpt *c)
{
    must(strlen(c->plan) <= CKPT_PLAN_MAX);
    must(c->who.width > 0);

    struct writer count = {0};
    write_all(&count, c);
    size_t len = count.done + SUM_BYTES;
    uint8_t *bytes = must_alloc(len, 1);
    struct writer w = {.at = bytes, .left = len};
    write_all(&w, c);
    write_u64le(&w, ckpt_checksum(bytes, w.done));
    must(!w.spent);
    must(w.done == len);

    enum status st = file_write(path, bytes, len);
    free(bytes);
    return st;
}

static bool is_digest(const char *text)
{
    return strlen(text) == CKPT_HEX_MAX - 1 && strspn(text, "0123456789abcdef") == CKPT_HEX_MAX - 1;
}

static enum status read_head(struct ckpt *c, struct reader *r, const char *name)
{
    const uint8_t *first = read_bytes(r, sizeof magic);
    uint32_t version = read_u32le(r);
    uint32_t zero = read_u32le(r);
    read_text(c->model, r, sizeof c->model);
    read_text(c->plan_digest, r, sizeof c->plan_digest);
    read_text(c->model_digest, r, sizeof c->model_digest);
    uint32_t plan_len = read_u32le(r);
    const uint8_t *plan = plan_len <= CKPT_PLAN_MAX ? read_bytes(r, plan_len) : NULL;

    if (first == NULL || memcmp(first, magic, sizeof magic) != 0)
        return fault(EC_MODEL_FILE, name, "not a model of Evenhand");
    if (version != CKPT_VERSION || zero != 0)
        return fault(EC_MODEL_FILE, name, "version %u, not %d", version, CKPT_VERSION);
    if (plan == NULL || r->spent)
        return fault(EC_MODEL_FILE, name, "its head is cut short");
    if (c->model[0] == '\0' || !is_digest(c->plan_digest) || !is_digest(c->model_digest))
        return fault(EC_MODEL_FILE, name, "no model name, or a digest that is none");
    if (memchr(plan, '\0', plan_len) != NULL)
        return fault(EC_MODEL_FILE, name, "its plan is no text");
    c->plan = must_alloc(plan_len + 1, 1);
    memcpy(c->plan, plan, plan_len);
    return ST_OK;
}

static bool is_count(double v)
{
    return isfinite(v) && v >= 0;
}

static bool read_moments(struct target *t, struct reader *r)
{
    t->known = read_f64le(r);
    t->mean = read_f64le(r);
    t->sd = read_f64le(r);
    bool good = is_count(t->known) && isfinite(t->mean) && is_count(t->sd);
    good &= t->kind != TARGET_REGRESSION || t->sd > 0;
    for (size_t i = 0; i < t->levels; i++) {
        t->share[i] = read_f64le(r);
        good &= is_count(t->share[i]) && t->share[i] <= 1;
    }
    return good;
}

static enum status read_population(struct population *who, struct reader *r, const char *name)
{
    uint32_t len = read_u32le(r);
    const uint8_t *schema = len <= SCHEMA_BYTES_MAX ? read_bytes(r, len) : NULL;
    struct reader in = {.at = schema, .left = len};
    if (schema == NULL || schema_read(who, &in, name) != ST_OK)
        return fault(EC_MODEL_FILE, name, "its features, tasks and groups do not parse");

    who->rows = read_f64le(r);
    bool good = is_count(who->rows);
    for (size_t i = 0; i < who->task_count; i++)
        good &= read_moments(&who->task[i], r);
    for (size_t i = 0; i < who->group_count; i++)
        good &= read_moments(&who->group[i], r);
    if (!good || r->spent)
        return fault(EC_MODEL_FILE, name, "its shares and means are damaged");
    return ST_OK;
}

static double *read_doubles(struct reader *r, size_t count)
{
    double *v = must_alloc(count, sizeof *v);
    for (size_t i = 0; i < count; i++)
        v[i] = read_f64le(r);
    return v;
}

static enum status read_scales(struct ckpt *c, struct reader *r, const char *name)
{
    size_t width = c->who.width;
    if (r->left / (2 * sizeof(double)) < width)
        return fault(EC_MODEL_FILE, name, "it ends before the means of its features");
    c->mean = read_doubles(r, width);
    c->scale = read_doubles(r, width);
    for (size_t i = 0; i < width; i++)
        if (!isfinite(c->mean[i]) || !is_count(c->scale[i]))
            return fault(EC_MODEL_FILE, name, "the mean or scale of feature %zu is damaged", i);
    return ST_OK;
}

static bool all_finite(const double *v, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(v[i]))
            return false;
    return true;
}

static enum status read_erasure(struct ckpt *c, struct reader *r, const char *name)
{
    size_t width = c->who.width;
    c->erase_columns = read_u32le(r);
    if (r->spent || c->erase_columns > CKPT_ERASE_MAX)
        return fault(EC_MODEL_FILE, name, "its erased columns are damaged");
    if (c->erase_columns == 0)
        return ST_OK;
    size_t many = c->erase_columns * width;
    if (r->left / sizeof(double) < width + 2 * many)
        return fault(EC_MODEL_FILE, name, "it ends before its erasure");
    c->erase_mean = read_doubles(r, width);
    c->erase_u = read_doubles(r, many);
    c->erase_v = read_doubles(r, many);
    if (!all_finite(c->erase_mean, width) || !all_finite(c->erase_u, many) ||
        !all_finite(c->erase_v, many))
        return fault(EC_MODEL_FILE, name, "a number of its erasure is NaN or infinite");
    return ST_OK;
}

static enum status read_weights(struct ckpt *c, struct reader *r, const char *name)
{
    if (!map_read(&c->map, r))
        return fault(EC_MODEL_FILE, name, "its tensors do not parse");
    uint64_t count = read_u64le(r);
    if (r->spent || count != c->map.end || r->left != count * sizeof(float))
        return fault(EC_MODEL_FILE, name, "the weights are not as many as its tensors hold");

    c->theta = must_alloc(c->map.end, sizeof *c->theta);
    for (size_t i = 0; i < c->map.end; i++) {
        uint32_t bits = read_u32le(r);
        float narrow;
        memcpy(&narrow, &bits, sizeof narrow);
        c->theta[i] = (real)narrow;
    }
    if (!vec_finite(c->theta, c->map.end))
        return fault(EC_MODEL_FILE, name, "a weight is NaN or infinite");
    return ST_OK;
}

enum status ckpt_parse(struct ckpt *c, const uint8_t *bytes, size_t len, const char *name)
{
    *c = (struct ckpt){0};
    if (len < sizeof magic + SUM_BYTES)
        return fault(EC_MODEL_FILE, name, "%zu bytes hold no model", len);
    struct reader sum = {.at = bytes + len - SUM_BYTES, .left = SUM_BYTES};
    if (read_u64le(&sum) != ckpt_checksum(bytes, len - SUM_BYTES))
        return fault(EC_MODEL_FILE, name, "its checksum does not fit");

    struct reader r = {.at = bytes, .left = len - SUM_BYTES};
    enum status st = read_head(c, &r, name);
    if (st == ST_OK)
        st = read_population(&c->who, &r, name);
    if (st == ST_OK)
        st = read_scales(c, &r, name);
    if (st == ST_OK)
        st = read_erasure(c, &r, name);
    if (st == ST_OK)
        st = read_weights(c, &r, name);
    if (st != ST_OK)
        ckpt_close(c);
    return st;
}

enum status ckpt_read(struct ckpt *c, const char *path)
{
    *c = (struct ckpt){0};
    uint8_t *bytes = NULL;
    size_t len = 0;
    enum status st = file_read(&bytes, &len, path, CKPT_BYTES_MAX);
    if (st != ST_OK)
        return st;
    st = ckpt_parse(c, bytes, len, path);
    free(bytes);
    return st;
}

void ckpt_close(struct ckpt *c)
{
    free(c->plan);
    free(c->mean);
    free(c->scale);
    free(c->erase_mean);
    free(c->erase_u);
    free(c->erase_v);
    free(c->theta);
    *c = (struct ckpt){0};
}
