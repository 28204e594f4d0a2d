#include "node/flat.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "models/core/score.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/must.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "flat files are mapped as they are");

#define FLAT_VERSION 1
#define FLAT_ALIGN   64
#define FLAT_SCORES  1u
#define HEADER_BYTES 96
#define NAME_WANTED  "1 to 63 bytes of UTF-8"
#define CHECKSUM_AT  (HEADER_BYTES - 8)

static const uint8_t flat_magic[8] = "EVHFLAT1";

struct header {
    uint32_t flags;
    uint64_t rows, width;
    uint32_t tasks, groups;
    uint64_t names_at, patient_at, split_at, values_at, x_at, end;
    uint64_t checksum;
};

uint64_t flat_patient(const void *id, size_t len)
{
    struct digest d = digest_of("evh-patient", id, len);

    return digest_u64(&d);
}

static uint64_t round_up(uint64_t v)
{
    return (v + FLAT_ALIGN - 1) / FLAT_ALIGN * FLAT_ALIGN;
}

/* Where everything stands once the length of the names is known: there is one layout, no other. */
static void lay_out(struct header *h, const struct flat *f, size_t names_bytes)
{
    uint64_t values = (uint64_t)(f->task_count + f->group_count) * f->rows * sizeof(float);

    *h = (struct header){.flags = f->scores ? FLAT_SCORES : 0,
                         .rows = f->rows,
                         .width = f->width,
                         .tasks = (uint32_t)f->task_count,
                         .groups = (uint32_t)f->group_count,
                         .names_at = round_up(HEADER_BYTES)};
    h->patient_at = round_up(h->names_at + names_bytes);
    h->split_at = round_up(h->patient_at + f->rows * sizeof(uint64_t));
    h->values_at = round_up(h->split_at + f->rows);
    h->x_at = round_up(h->values_at + values);
    h->end = round_up(h->x_at + (uint64_t)f->rows * f->width * sizeof(float));
}

/* FNV-1a, a 64-bit word at a time, over all but the checksum. */
static uint64_t checksum_of(const uint8_t *bytes, size_t len)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
        uint64_t word;
        if (at == CHECKSUM_AT)
            continue;
        memcpy(&word, bytes + at, sizeof word);
        h = (h ^ word) * UINT64_C(0x100000001b3);
    }
    return h;
}

static const struct target *target_at(const struct flat *f, size_t i)
{
    return i < f->task_count ? &f->task[i] : &f->group[i - f->task_count];
}

/* Judgement. */

/* The bytes of the UTF-8 character at `at`; 0: a control character, or no UTF-8. */
static size_t character(const char *at)
{
    const unsigned char *c = (const unsigned char *)at;
    size_t len = c[0] < 0x80 ? 1 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
    uint32_t point = len == 1 ? c[0] : c[0] & (0x7fu >> len);
    static const uint32_t least[] = {0, 0x20, 0x80, 0x800, 0x10000};

    if ((c[0] >= 0x80 && c[0] < 0xc2) || c[0] > 0xf4 || c[0] == 0x7f)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (c[i] & 0x3f);
    }
    bool surrogate = point >= 0xd800 && point <= 0xdfff;
    return point < least[len] || surrogate || point > 0x10ffff ? 0 : len;
}

bool flat_can_name(const char *name)
{
    size_t len = strnlen(name, TARGET_NAME_MAX);
    size_t at = 0;
    size_t step = 1;

    while (at < len && len < TARGET_NAME_MAX && step > 0) {
        step = character(name + at);
        at += step;
    }
    return len > 0 && len < TARGET_NAME_MAX && step > 0;
}

static enum status judge_target(const struct target *t, const char *where)
{
    static const size_t least[] = {2, 2, 0};
    static const size_t most[] = {2, TARGET_LEVELS_MAX, 0};

    if (!flat_can_name(t->name))
        return fault(EC_DATA_VALUE, where, "a target whose name is not " NAME_WANTED);
    if (t->kind > TARGET_REGRESSION || t->levels < least[t->kind] || t->levels > most[t->kind])
        return fault(EC_DATA_VALUE, where, "%s has %zu levels", t->name, t->levels);
    for (size_t i = 0; i < t->levels; i++)
        if (!flat_can_name(t->level[i]))
            return fault(EC_DATA_VALUE, where, "level %zu of %s: its name is not " NAME_WANTED, i,
                         t->name);
    return ST_OK;
}

static enum status judge_values(const struct flat *f, size_t i, const char *where)
{
    const struct target *t = target_at(f, i);
    const float *v = f->value + i * f->rows;

    for (size_t row = 0; row < f->rows; row++) {
        bool fits = t->kind == TARGET_REGRESSION
                        ? isfinite(v[row])
                        : v[row] >= 0 && v[row] < (float)t->levels && floorf(v[row]) == v[row];
        if (!fits && !isnan(v[row]))
            return fault(EC_DATA_VALUE, where, "%s of row %zu is %g, with %zu levels", t->name, row,
                         (double)v[row], t->levels);
    }
    return ST_OK;
}

struct seen {
    uint64_t patient;
    uint8_t split;
    size_t row;
};

static int by_patient(const void *a, const void *b)
{
    const struct seen *p = a;
    const struct seen *q = b;

    if (p->patient != q->patient)
        return p->patient < q->patient ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

static enum status judge_splits(const struct flat *f, const char *where)
{
    static const char *const word[] = {"train", "valid", "test"};
    enum status st = ST_OK;
    struct seen *seen = must_alloc(f->rows, sizeof *seen);

    for (size_t row = 0; st == ST_OK && row < f->rows; row++) {
        seen[row] = (struct seen){f->patient[row], f->split[row], row};
        if (f->split[row] >= SPLIT_NONE)
            st = fault(EC_DATA_VALUE, where, "row %zu is in split %u", row, f->split[row]);
    }
    if (st == ST_OK)
        qsort(seen, f->rows, sizeof *seen, by_patient);
    for (size_t i = 1; st == ST_OK && i < f->rows; i++)
        if (seen[i].patient == seen[i - 1].patient && seen[i].split != seen[i - 1].split)
            st = fault(EC_DATA_SPLIT, where, "rows %zu (%s) and %zu (%s) are one patient",
                       seen[i - 1].row, word[seen[i - 1].split], seen[i].row, word[seen[i].split]);
    free(seen);
    return st;
}

enum status flat_judge_rows(const float *x, size_t first, size_t rows, size_t width,
                            const char *where)
{
    for (size_t row = 0; row < rows; row++, x += width) {
        unsigned bad = 0; /* without a branch, so that the compiler uses vectors */
        for (size_t i = 0; i < width; i++)
            bad |= !(fabsf(x[i]) <= FLT_MAX);
        for (size_t i = 0; bad && i < width; i++)
            if (!isfinite(x[i]))
                return fault(EC_DATA_NAN, where, "x[%zu,%zu] is %g", first + row, i, (double)x[i]);
    }
    return ST_OK;
}

enum status flat_judge_columns(const struct flat *f, const char *where)
{
    enum status st = ST_OK;

    if (f->rows == 0)
        return fault(EC_DATA_EMPTY, where, "the site has no rows");
    if (f->rows > FLAT_ROWS_MAX || f->width == 0 || f->width > FLAT_WIDTH_MAX)
        return fault(EC_DATA_SHAPE, where, "x: [%zu,%zu] found, at most [%u,%u] wanted", f->rows,
                     f->width, FLAT_ROWS_MAX, FLAT_WIDTH_MAX);
    if (f->task_count > TASKS_MAX || f->group_count > GROUPS_MAX)
        return fault(EC_DATA_SHAPE, where, "%zu tasks and %zu groups, at most %d and %d",
                     f->task_count, f->group_count, TASKS_MAX, GROUPS_MAX);
    if (f->scores && f->width != f->task_count * SCORE_PARTS)
        return fault(EC_DATA_SHAPE, where,
                     "x: %zu columns found, %zu wanted for scores of %zu labels", f->width,
                     f->task_count * SCORE_PARTS, f->task_count);
    if (!flat_can_name(f->site))
        return fault(EC_DATA_VALUE, where, "the site's name is not " NAME_WANTED);
    for (size_t i = 0; st == ST_OK && i < f->task_count + f->group_count; i++) {
        st = judge_target(target_at(f, i), where);
        if (st == ST_OK)
            st = judge_values(f, i, where);
    }
    return st == ST_OK ? judge_splits(f, where) : st;
}

static enum status judge_scores(const struct flat *f, const char *where)
{
    for (size_t i = 0; i < f->rows * f->task_count; i++) {
        real part[SCORE_PARTS];
        for (size_t k = 0; k < SCORE_PARTS; k++)
            part[k] = (real)f->x[i * SCORE_PARTS + k];
        double p = score_join(part);
        if (!(p >= 0 && p <= 1))
            return fault(EC_DATA_VALUE, where, "score of %s, row %zu: %g is no probability",
                         f->task[i % f->task_count].name, i / f->task_count, p);
    }
    return ST_OK;
}

enum status flat_judge(const struct flat *f, const char *where)
{
    enum status st = flat_judge_columns(f, where);
    if (st == ST_OK)
        st = flat_judge_rows(f->x, 0, f->rows, f->width, where);
    return st == ST_OK && f->scores ? judge_scores(f, where) : st;
}

/* Writing. */

static void write_header(struct writer *w, const struct header *h)
{
    write_bytes(w, flat_magic, sizeof flat_magic);
    write_u32le(w, FLAT_VERSION);
    write_u32le(w, h->flags);
    write_u64le(w, h->rows);
    write_u64le(w, h->width);
    write_u32le(w, h->tasks);
    write_u32le(w, h->groups);
    write_u64le(w, h->names_at);
    write_u64le(w, h->patient_at);
    write_u64le(w, h->split_at);
    write_u64le(w, h->values_at);
    write_u64le(w, h->x_at);
    write_u64le(w, h->end);
    write_u64le(w, h->checksum);
}

static void write_names(struct writer *w, const struct flat *f)
{
    write_text(w, f->site);
    for (size_t i = 0; i < f->task_count + f->group_count; i++) {
        const struct target *t = target_at(f, i);
        write_text(w, t->name);
        write_u8(w, (uint8_t)t->kind);
        write_u8(w, (uint8_t)t->levels);
        for (size_t k = 0; k < t->levels; k++)
            write_text(w, t->level[k]);
    }
}

enum status flat_write(const struct flat *f, const char *path)
{
    enum status st = flat_judge(f, path);
    if (st != ST_OK)
        return st;

    struct writer names = {.at = NULL};
    struct header h;
    write_names(&names, f);
    lay_out(&h, f, names.done);

    uint8_t *bytes = must_alloc(h.end, 1);
    struct writer w = {.at = bytes + h.names_at, .left = names.done};
    write_names(&w, f);
    must(!w.spent);
    memcpy(bytes + h.patient_at, f->patient, f->rows * sizeof *f->patient);
    memcpy(bytes + h.split_at, f->split, f->rows);
    if (f->task_count + f->group_count > 0)
        memcpy(bytes + h.values_at, f->value,
               (f->task_count + f->group_count) * f->rows * sizeof *f->value);
    memcpy(bytes + h.x_at, f->x, f->rows * f->width * sizeof *f->x);

    for (int pass = 0; pass < 2; pass++) { /* the second time with the checksum of the first */
        w = (struct writer){.at = bytes, .left = HEADER_BYTES};
        write_header(&w, &h);
        must(!w.spent);
        h.checksum = checksum_of(bytes, h.end);
    }
    st = file_write(path, bytes, h.end);
    free(bytes);
    return st;
}

/* Reading. */

static bool read_header(struct header *h, const uint8_t *bytes, size_t len)
{
    struct reader r = {.at = bytes, .left = len};
    const uint8_t *magic = read_bytes(&r, sizeof flat_magic);
    uint32_t version = read_u32le(&r);

    h->flags = read_u32le(&r);
    h->rows = read_u64le(&r);
    h->width = read_u64le(&r);
    h->tasks = read_u32le(&r);
    h->groups = read_u32le(&r);
    h->names_at = read_u64le(&r);
    h->patient_at = read_u64le(&r);
    h->split_at = read_u64le(&r);
    h->values_at = read_u64le(&r);
    h->x_at = read_u64le(&r);
    h->end = read_u64le(&r);
    h->checksum = read_u64le(&r);
    return !r.spent && memcmp(magic, flat_magic, sizeof flat_magic) == 0 &&
           version == FLAT_VERSION && h->flags <= FLAT_SCORES;
}

static void read_names(struct reader *r, struct flat *f)
{
    read_text(f->site, r, sizeof f->site);
    for (size_t i = 0; i < f->task_count + f->group_count; i++) {
        struct target *t = i < f->task_count ? &f->task[i] : &f->group[i - f->task_count];
        read_text(t->name, r, sizeof t->name);
        t->kind = (enum target_kind)read_u8(r);
        t->levels = read_u8(r);
        if (t->levels > TARGET_LEVELS_MAX)
            r->spent = true;
        for (size_t k = 0; !r->spent && k < t->levels; k++)
            read_text(t->level[k], r, sizeof t->level[k]);
    }
}

static bool same_layout(const struct header *a, const struct header *b)
{
    return a->names_at == b->names_at && a->patient_at == b->patient_at &&
           a->split_at == b->split_at && a->values_at == b->values_at && a->x_at == b->x_at &&
           a->end == b->end;
}

/* Counts, names and the layout that follows from them; nothing behind the names is touched. */
static enum status parse_front(struct flat *f, struct header *h, const uint8_t *bytes, size_t len,
                               const char *name)
{
    struct header due;

    if (!read_header(h, bytes, len))
        return fault(EC_DATA_FLAT, name, "%zu bytes without a header of version %d", len,
                     FLAT_VERSION);
    if (h->rows == 0 || h->rows > FLAT_ROWS_MAX || h->width == 0 || h->width > FLAT_WIDTH_MAX ||
        h->tasks > TASKS_MAX || h->groups > GROUPS_MAX || h->end != len ||
        h->names_at != round_up(HEADER_BYTES) || h->names_at > len)
        return fault(EC_DATA_FLAT, name, "the header contradicts itself or the %zu bytes there are",
                     len);

    f->scores = h->flags == FLAT_SCORES;
    f->rows = h->rows, f->width = h->width;
    f->task_count = h->tasks, f->group_count = h->groups;
    struct reader r = {.at = bytes + h->names_at, .left = len - h->names_at};
    read_names(&r, f);
    lay_out(&due, f, (size_t)(r.at - (bytes + h->names_at)));
    if (r.spent || !same_layout(h, &due))
        return fault(EC_DATA_FLAT, name, "names and offsets do not fit together");
    return ST_OK;
}

enum status flat_parse(struct flat *f, const uint8_t *bytes, size_t len, const char *name)
{
    struct header h;

    must((uintptr_t)bytes % FLAT_ALIGN == 0);
    *f = (struct flat){0};
    enum status st = parse_front(f, &h, bytes, len, name);
    if (st != ST_OK)
        return st;
    if (checksum_of(bytes, len) != h.checksum)
        return fault(EC_DATA_FLAT, name, "the checksum does not match");

    /* The parts are aligned to 64 bytes by their layout, which parse_front has held them to. */
    f->patient = (const void *)(bytes + h.patient_at);
    f->split = bytes + h.split_at;
    f->value = (const void *)(bytes + h.values_at);
    f->x = (const void *)(bytes + h.x_at);
    if (flat_judge(f, name) != ST_OK) {
        char why[512];
        snprintf(why, sizeof why, "%s", fault_text());
        return fault(EC_DATA_FLAT, name, "%s", why);
    }
    return ST_OK;
}

enum status flat_open(struct flat *f, const char *path)
{
    const uint8_t *map;
    size_t len;
    *f = (struct flat){0};
    enum status st = file_map(&map, &len, path);

    if (st != ST_OK)
        return st;
    st = flat_parse(f, map, len, path);
    if (st != ST_OK) {
        file_unmap(&map, len);
        *f = (struct flat){0};
        return st;
    }
    f->map = map;
    f->map_len = len;
    return ST_OK;
}

void flat_close(struct flat *f)
{
    if (f->map != NULL)
        file_unmap(&f->map, f->map_len);
    *f = (struct flat){0};
}

void flat_forget(const struct flat *f)
{
    if (f->map != NULL)
        file_forget(f->map, f->map_len);
}
