#include "node/data/derive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/writer.h"

static enum status refuse(enum complaint what, const struct frame *f, size_t row, size_t text,
                          const char *why)
{
    char where[CSV_WHERE_MAX];

    frame_where(where, f, row, &f->text[text]);
    return fault(what, where, "column %s: `%.60s` %s", f->text[text].name, frame_word(f, row, text),
                 why);
}

static enum status derive_patients(struct derived *d, struct frame *f)
{
    for (size_t row = 0; row < d->rows; row++) {
        char line[16];
        if (f->patient == FRAME_NONE) {
            snprintf(line, sizeof line, "%u", f->line[0][row]);
            d->patient[row] = pool_put(&f->pool, line);
            continue;
        }
        d->patient[row] = f->word[f->patient][row];
        if (frame_missing(f, frame_word(f, row, f->patient)))
            return refuse(EC_DATA_VALUE, f, row, f->patient, "names no patient");
    }
    return ST_OK;
}

/* Uniform in [0,1), the same for all rows of a patient, on every machine. */
static double share_of(const char *purpose, uint64_t seed, const char *patient)
{
    uint8_t front[8];
    struct writer w = {.at = front, .left = sizeof front};
    struct digest_state s;

    write_u64le(&w, seed);
    digest_begin(&s, purpose);
    digest_add(&s, front, sizeof front);
    digest_add(&s, patient, strlen(patient));
    struct digest digest = digest_end(&s);
    return (double)(digest_u64(&digest) >> 11) * 0x1p-53;
}

static enum status one_split(const struct derived *d, const struct frame *f)
{
    enum status st = ST_OK;
    uint32_t *first = must_alloc(f->pool.count, sizeof *first); /* row + 1 */

    for (size_t row = 0; st == ST_OK && row < d->rows; row++) {
        uint32_t *seen = &first[d->patient[row]];
        if (*seen == 0)
            *seen = (uint32_t)row + 1;
        else if (d->split[*seen - 1] != d->split[row]) {
            char where[CSV_WHERE_MAX];
            frame_where(where, f, row, &f->text[f->split]);
            st = fault(EC_DATA_SPLIT, where, "patient %.60s is in `%s` here and in `%s` in line %u",
                       pool_text(&f->pool, d->patient[row]), frame_word(f, row, f->split),
                       frame_word(f, *seen - 1, f->split),
                       f->line[f->text[f->split].table][*seen - 1]);
        }
    }
    free(first);
    return st;
}

/* Where no column says it. */
static uint8_t split_of(const struct recipe *r, const char *patient)
{
    double u = share_of("evh-split", r->split_seed, patient);

    if (r->folds > 0)
        return (size_t)(u * (double)r->folds) == r->fold ? SPLIT_TEST : SPLIT_TRAIN;
    if (r->scores && r->test_share + r->valid_share == 0)
        return SPLIT_TEST;
    return u < r->test_share                    ? SPLIT_TEST
           : u < r->test_share + r->valid_share ? SPLIT_VALID
                                                : SPLIT_TRAIN;
}

static enum status derive_splits(struct derived *d, const struct frame *f)
{
    const struct recipe *r = f->recipe;

    for (size_t row = 0; row < d->rows; row++) {
        uint8_t split = SPLIT_TRAIN;
        if (f->split == FRAME_NONE) {
            split = split_of(r, pool_text(&f->pool, d->patient[row]));
        } else {
            while (split < SPLIT_NONE &&
                   !words_have(&r->split_words[split], frame_word(f, row, f->split)))
                split++;
            if (split == SPLIT_NONE)
                return refuse(EC_DATA_VALUE, f, row, f->split, "is no split the recipe knows");
        }
        d->split[row] = split;
    }
    return f->split == FRAME_NONE ? ST_OK : one_split(d, f);
}

static int by_text(const void *a, const void *b, void *pool)
{
    const uint32_t *p = a;
    const uint32_t *q = b;

    return strcmp(pool_text(pool, *p), pool_text(pool, *q));
}

static int by_value(const void *a, const void *b, void *pool)
{
    const uint32_t *p = a;
    const uint32_t *q = b;
    double x = 0;
    double y = 0;

    (void)csv_number(&x, pool_text(pool, *p));
    (void)csv_number(&y, pool_text(pool, *q));
    return x == y ? by_text(a, b, pool) : (x > y) - (x < y);
}

uint32_t *derive_levels(size_t *count, const struct frame *f, size_t text,
                        const struct words *unknown)
{
    uint8_t *seen = must_alloc(f->pool.count, 1);
    uint32_t *level = must_alloc(f->pool.count, sizeof *level);
    bool numbers = true;

    *count = 0;
    for (size_t row = 0; row < f->rows; row++) {
        uint32_t word = f->word[text][row];
        const char *spelt = pool_text(&f->pool, word);
        double v;
        if (seen[word]++ != 0) {
            seen[word] = 1;
            continue;
        }
        if (frame_missing(f, spelt) || (unknown != NULL && words_have(unknown, spelt)))
            continue;
        numbers = numbers && csv_number(&v, spelt) == CSV_NUMBER;
        level[(*count)++] = word;
    }
    struct pool pool = f->pool; /* qsort_r's context is not const */
    qsort_r(level, *count, sizeof *level, numbers ? by_value : by_text, &pool);
    free(seen);
    return level;
}

static enum status name_site(struct derived *d, const char *name, const char *where)
{
    if (!flat_can_name(name))
        return fault(EC_DATA_VALUE, where, "the site's name `%.70s` is not 1 to %d bytes of UTF-8",
                     name, TARGET_NAME_MAX - 1);
    memcpy(d->site_name[d->site_count++], name, strlen(name) + 1);
    return ST_OK;
}

static enum status sites_by_column(struct derived *d, const struct frame *f)
{
    size_t count;
    enum status st = ST_OK;
    uint32_t *number = must_alloc(f->pool.count, sizeof *number);
    uint32_t *level = derive_levels(&count, f, f->site, NULL);

    if (count > RECIPE_SITES_MAX)
        st = fault(EC_DATA_VALUE, f->path[f->text[f->site].table],
                   "column %s names %zu sites, at most %d", f->text[f->site].name, count,
                   RECIPE_SITES_MAX);
    else
        d->site_name = must_alloc(count + 1, sizeof *d->site_name);
    for (size_t i = 0; st == ST_OK && i < count; i++) {
        number[level[i]] = (uint32_t)i;
        st = name_site(d, pool_text(&f->pool, level[i]), f->path[f->text[f->site].table]);
    }
    for (size_t row = 0; st == ST_OK && row < d->rows; row++) {
        d->site[row] = number[f->word[f->site][row]];
        if (frame_missing(f, frame_word(f, row, f->site)))
            st = refuse(EC_DATA_VALUE, f, row, f->site, "names no site");
    }
    free(level);
    free(number);
    return st;
}

static void sites_by_hash(struct derived *d, const struct frame *f)
{
    size_t count = f->recipe->artificial_sites;

    d->site_name = must_alloc(count, sizeof *d->site_name);
    for (; d->site_count < count; d->site_count++)
        snprintf(d->site_name[d->site_count], sizeof *d->site_name, "artificial-%0*zu",
                 count > 99 ? 4 : 2, d->site_count + 1);
    for (size_t row = 0; row < d->rows; row++) {
        double u = share_of("evh-site", f->recipe->site_seed, pool_text(&f->pool, d->patient[row]));
        d->site[row] = (uint32_t)(u * (double)count);
    }
}

static enum status derive_sites(struct derived *d, const struct frame *f)
{
    if (f->site != FRAME_NONE)
        return sites_by_column(d, f);
    if (f->recipe->artificial_sites > 0) {
        sites_by_hash(d, f);
        return ST_OK;
    }
    d->site_name = must_alloc(1, sizeof *d->site_name);
    return name_site(d, f->recipe->name, settings_origin(f->recipe->settings, "name"));
}

static void count_roaming(struct derived *d, const struct frame *f)
{
    uint32_t *first = must_alloc(f->pool.count, sizeof *first); /* site + 1 */
    uint8_t *roams = must_alloc(f->pool.count, 1);

    for (size_t row = 0; row < d->rows; row++) {
        uint32_t patient = d->patient[row];
        if (first[patient] == 0)
            first[patient] = d->site[row] + 1;
        else if (first[patient] != d->site[row] + 1 && roams[patient] == 0) {
            roams[patient] = 1;
            d->roaming++;
        }
    }
    free(first);
    free(roams);
}

enum status derive(struct derived *d, struct frame *f)
{
    *d = (struct derived){.rows = f->rows};
    d->patient = must_alloc(d->rows, sizeof *d->patient);
    d->site = must_alloc(d->rows, sizeof *d->site);
    d->split = must_alloc(d->rows, sizeof *d->split);
    d->task_count = f->recipe->label_count;
    d->group_count = f->recipe->group_count;
    d->value = must_alloc((d->task_count + d->group_count) * d->rows + 1, sizeof *d->value);

    enum status st = derive_patients(d, f);
    if (st == ST_OK)
        st = derive_sites(d, f);
    if (st == ST_OK)
        st = derive_splits(d, f);
    if (st == ST_OK)
        st = derive_targets(d, f);
    if (st == ST_OK)
        count_roaming(d, f);
    else
        derive_free(d);
    return st;
}

void derive_free(struct derived *d)
{
    free(d->patient);
    free(d->site);
    free(d->split);
    free(d->site_name);
    free(d->value);
    free(d->score);
    *d = (struct derived){0};
}
