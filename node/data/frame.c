#include "node/data/frame.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/flat.h"
#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/must.h"

/* One pass over one table. */
struct pass {
    struct frame *f;
    size_t table;
    struct csv *csv;
    float *value;      /* [number_count]: this row's numbers */
    uint32_t *word;    /* [text_count]: this row's words */
    bool suspect[256]; /* first bytes of the words that mean missing */
    double told;       /* when progress was last shown, seconds */
};

const char *frame_word(const struct frame *f, size_t row, size_t text)
{
    return pool_text(&f->pool, f->word[text][row]);
}

bool frame_missing(const struct frame *f, const char *word)
{
    return words_have(&f->recipe->missing, word);
}

void frame_where(char out[static CSV_WHERE_MAX], const struct frame *f, size_t row,
                 const struct frame_column *column)
{
    char line[24];

    snprintf(line, sizeof line, ":%u", f->line[column->table][row]);
    snprintf(out, CSV_WHERE_MAX, "%.*s%s", (int)(CSV_WHERE_MAX - sizeof line),
             f->path[column->table], line);
}

static void *grown(void *old, size_t count, size_t size)
{
    must(count <= SIZE_MAX / size);
    void *new = realloc(old, count > 0 ? count * size : size);
    must(new != NULL);
    return new;
}

static void make_room(struct frame *f)
{
    if (f->rows < f->room)
        return;
    f->room = f->room == 0 ? 1024 : f->room + f->room / 2;
    for (size_t i = 0; i < f->text_count; i++)
        f->word[i] = grown(f->word[i], f->room, sizeof *f->word[i]);
    for (size_t i = 0; i < f->recipe->table_count; i++)
        f->line[i] = grown(f->line[i], f->room, sizeof *f->line[i]);
    if (f->number_count > 0)
        f->value = grown(f->value, f->room, f->number_count * sizeof *f->value);
}

/* The words of this row, of the columns that this table has. */
static void read_words(struct pass *p)
{
    for (size_t i = 0; i < p->f->text_count; i++)
        if (p->f->text[i].table == p->table)
            p->word[i] = pool_put(&p->f->pool, csv_field(p->csv, p->f->text[i].at));
}

static enum status bad_number(const struct pass *p, const struct frame_column *c,
                              enum csv_number what)
{
    char where[CSV_WHERE_MAX];
    const char *text = csv_field(p->csv, c->at);

    csv_where(where, p->csv);
    if (what == CSV_NOT_FINITE)
        return fault(EC_DATA_NAN, where, "column %s: `%.40s`", c->name, text);
    return fault(EC_DATA_VALUE, where, "column %s: `%.40s` is not a number", c->name, text);
}

static enum status read_numbers(struct pass *p)
{
    for (size_t i = 0; i < p->f->number_count; i++) {
        const struct frame_column *c = &p->f->number[i];
        double v;
        if (c->table != p->table)
            continue;
        const char *text = csv_field(p->csv, c->at);
        p->value[i] = NAN;
        if (p->suspect[(unsigned char)text[0]] && frame_missing(p->f, text))
            continue;
        enum csv_number got = csv_number(&v, text);
        if (got == CSV_NUMBER && fabs(v) > (double)FLT_MAX)
            got = CSV_NOT_FINITE;
        if (got != CSV_NUMBER)
            return bad_number(p, c, got);
        p->value[i] = (float)v;
    }
    return ST_OK;
}

/* The count of rows that this one joins by not being taken, as far as this table can say. */
static size_t *leaves(struct pass *p)
{
    struct frame *f = p->f;

    for (size_t i = 0; i < f->recipe->select_count; i++) {
        size_t at = f->select[i];
        if (f->text[at].table == p->table &&
            !words_have(&f->recipe->select[i].words, pool_text(&f->pool, p->word[at])))
            return &f->counts.unselected;
    }
    for (size_t i = 0; i < f->recipe->drop_missing.count; i++) {
        size_t at = f->drop[i];
        if (f->text[at].table == p->table && frame_missing(f, pool_text(&f->pool, p->word[at])))
            return &f->counts.missing;
    }
    return NULL;
}

/* Copies what this table has of the current row into row `row` of the frame. */
static void place_row(const struct pass *p, size_t row)
{
    struct frame *f = p->f;

    for (size_t i = 0; i < f->text_count; i++)
        if (f->text[i].table == p->table)
            f->word[i][row] = p->word[i];
    for (size_t i = 0; i < f->number_count; i++)
        if (f->number[i].table == p->table)
            f->value[row * f->number_count + i] = p->value[i];
    f->line[p->table][row] = (uint32_t)csv_line(p->csv);
}

/* A line that overwrites itself, from the second second on, where a person is looking. */
static void tell(struct pass *p, size_t rows, bool last)
{
    double now = clock_seconds();

    if (p->told == 0)
        p->told = now + 1;
    if (now < p->told + 0.5 || !isatty(STDERR_FILENO))
        return;
    fprintf(stderr, last ? "\r\033[K" : "\r%s: %zu rows", p->f->path[p->table], rows);
    fflush(stderr);
    p->told = now;
}

static struct pass begin(struct frame *f, size_t table)
{
    struct pass p = {.f = f, .table = table, .csv = f->csv[table]};

    p.value = must_alloc(f->number_count + 1, sizeof *p.value);
    p.word = must_alloc(f->text_count + 1, sizeof *p.word);
    for (size_t i = 0; i < f->recipe->missing.count; i++)
        p.suspect[(unsigned char)f->recipe->missing.word[i][0]] = true;
    return p;
}

static void end(struct pass *p, size_t rows)
{
    tell(p, rows, true);
    free(p->value);
    free(p->word);
}

static enum status read_first(struct frame *f)
{
    struct pass p = begin(f, 0);
    bool more = false;
    enum status st = csv_next(p.csv, &more);

    for (; st == ST_OK && more; st = csv_next(p.csv, &more)) {
        if (++f->counts.read > FLAT_ROWS_MAX) {
            st = fault(EC_IO_LIMIT, f->path[0], "more than %u rows", FLAT_ROWS_MAX);
            break;
        }
        read_words(&p);
        size_t *left = leaves(&p);
        if (left != NULL) {
            ++*left;
            continue;
        }
        st = read_numbers(&p);
        if (st != ST_OK)
            break;
        make_room(f);
        place_row(&p, f->rows++);
        tell(&p, f->rows, false);
    }
    end(&p, f->rows);
    return st;
}

/* Which rows of the frame ask for a key: a chain of rows for each word of the pool. */
struct asking {
    uint32_t *first; /* [words]: row or POOL_NONE */
    uint32_t *next;  /* [rows] */
    uint8_t *seen;   /* [words]: stands this key in the joined table? */
    uint8_t *keep;   /* [rows]: has a partner, and is taken */
    size_t words, room;
};

static void more_words(struct asking *a, size_t words)
{
    if (words > a->room) {
        size_t room = words + words / 2;
        a->first = grown(a->first, room, sizeof *a->first);
        a->seen = grown(a->seen, room, sizeof *a->seen);
        a->room = room;
    }
    for (; a->words < words; a->words++) {
        a->first[a->words] = POOL_NONE;
        a->seen[a->words] = 0;
    }
}

static struct asking ask(const struct frame *f, size_t table)
{
    struct asking a = {0};
    const uint32_t *key = f->word[f->on[table]];

    more_words(&a, f->pool.count);
    must(a.seen != NULL);
    a.next = must_alloc(f->rows + 1, sizeof *a.next);
    a.keep = must_alloc(f->rows + 1, sizeof *a.keep);
    for (size_t row = f->rows; row-- > 0;) {
        a.next[row] = a.first[key[row]];
        a.first[key[row]] = (uint32_t)row;
    }
    return a;
}

static void ask_end(struct asking *a)
{
    free(a->first);
    free(a->next);
    free(a->seen);
    free(a->keep);
}

/* The current row of a joined table into every row that asks for it. */
static enum status join_row(struct pass *p, struct asking *a)
{
    struct frame *f = p->f;
    char where[CSV_WHERE_MAX];

    read_words(p);
    more_words(a, f->pool.count);
    uint32_t key = p->word[f->key[p->table]];
    csv_where(where, p->csv);
    must(key < a->words);
    if (a->seen[key]++ != 0)
        return fault(EC_DATA_JOIN, where, "the key `%.60s` stands there twice",
                     pool_text(&f->pool, key));
    uint32_t row = a->first[key];
    if (row == POOL_NONE) {
        f->counts.unused[p->table]++;
        return ST_OK;
    }
    size_t *left = leaves(p);
    enum status st = left == NULL ? read_numbers(p) : ST_OK;
    for (; st == ST_OK && row != POOL_NONE; row = a->next[row]) {
        a->keep[row] = left == NULL;
        if (left != NULL)
            ++*left;
        place_row(p, row);
    }
    return st;
}

/* Rows that found no partner: refused or left out, as the recipe says. */
static enum status judge_join(struct frame *f, const struct asking *a, size_t table)
{
    const struct frame_column *on = &f->text[f->on[table]];

    for (size_t row = 0; row < f->rows; row++) {
        uint32_t key = f->word[f->on[table]][row];
        char where[CSV_WHERE_MAX];
        if (a->seen[key] != 0)
            continue;
        frame_where(where, f, row, on);
        if (!f->recipe->table[table].drop_unmatched)
            return fault(EC_DATA_JOIN, where, "%s `%.60s` has no row in %s", on->name,
                         pool_text(&f->pool, key), f->path[table]);
        f->counts.unmatched[table]++;
    }
    return ST_OK;
}

static enum status join(struct frame *f, size_t table)
{
    struct pass p = begin(f, table);
    struct asking a = ask(f, table);
    bool more = false;
    size_t rows = 0;
    enum status st = csv_next(p.csv, &more);

    while (st == ST_OK && more) {
        st = join_row(&p, &a);
        if (st == ST_OK)
            st = csv_next(p.csv, &more);
        tell(&p, ++rows, false);
    }
    if (st == ST_OK)
        st = judge_join(f, &a, table);
    if (st == ST_OK)
        frame_keep(f, a.keep);
    ask_end(&a);
    end(&p, rows);
    return st;
}

void frame_keep(struct frame *f, const uint8_t *keep)
{
    size_t to = 0;

    for (size_t row = 0; row < f->rows; row++) {
        if (!keep[row])
            continue;
        for (size_t i = 0; i < f->text_count; i++)
            f->word[i][to] = f->word[i][row];
        for (size_t i = 0; i < f->recipe->table_count; i++)
            f->line[i][to] = f->line[i][row];
        if (f->number_count > 0 && to < row)
            memcpy(f->value + to * f->number_count, f->value + row * f->number_count,
                   f->number_count * sizeof *f->value);
        to++;
    }
    f->rows = to;
}

enum status frame_open(struct frame *f, const struct recipe *recipe, const char *root)
{
    *f = (struct frame){.recipe = recipe};
    pool_open(&f->pool);

    enum status st = frame_find_columns(f, root);
    if (st == ST_OK)
        st = read_first(f);
    for (size_t i = 1; st == ST_OK && i < recipe->table_count; i++)
        st = join(f, i);
    for (size_t i = 0; i < recipe->table_count; i++)
        csv_close(&f->csv[i]);
    if (st == ST_OK && f->rows == 0)
        st = fault(EC_DATA_EMPTY, f->path[0], "%zu rows were read, and none stays", f->counts.read);
    if (st != ST_OK)
        frame_close(f);
    return st;
}

void frame_close(struct frame *f)
{
    for (size_t i = 0; i < RECIPE_TABLES_MAX; i++) {
        csv_close(&f->csv[i]);
        free(f->line[i]);
    }
    for (size_t i = 0; i < f->text_count; i++) {
        free(f->text[i].name);
        free(f->word[i]);
    }
    for (size_t i = 0; i < f->number_count; i++)
        free(f->number[i].name);
    free(f->number);
    free(f->feature);
    free(f->value);
    pool_close(&f->pool);
    *f = (struct frame){0};
}
