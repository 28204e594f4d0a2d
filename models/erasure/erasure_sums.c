#include <math.h>
#include <string.h>

#include "models/erasure/erasure_inside.h"
#include "proto/base/must.h"

static size_t list_levels(struct erasure_column *column, const struct target *t, size_t group)
{
    if (t->kind != TARGET_CATEGORICAL) {
        column[0] = (struct erasure_column){
            .group = group, .graded = t->kind == TARGET_REGRESSION, .level = 1};
        return 1;
    }
    size_t count = 0, largest = target_largest(t);
    for (size_t level = 0; level < t->levels; level++)
        if (level != largest && t->share[level] > 0)
            column[count++] = (struct erasure_column){.group = group, .level = (real)level};
    return count;
}

size_t erasure_list(struct erasure_column column[static ERASURE_COLUMNS_MAX],
                    const struct population *who)
{
    must(who->group_count <= GROUPS_MAX);

    size_t count = 0;
    for (size_t g = 0; g < who->group_count; g++)
        count += list_levels(column + count, &who->group[g], g);
    return count;
}

size_t erasure_columns(const struct population *who)
{
    struct erasure_column column[ERASURE_COLUMNS_MAX];
    return erasure_list(column, who);
}

size_t erasure_values(const struct population *who)
{
    must(who->width > 0);
    must(who->width <= ERASURE_WIDTH_MAX);

    return erasure_column_at(who->width, erasure_columns(who));
}

/* x^T x for the features at..at+few and all before them, from at most TILE_ROWS rows. */
CLONES static void add_products(double *values, const real *x, size_t rows, size_t width, size_t at,
                                size_t few)
{
    struct tile right;
    double left[TILE_ROWS];
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < TILE; j++)
            right.row[r][j] = j < few ? (double)x[r * width + at + j] : 0;
    for (size_t i = 0; i < at + few; i++) {
        size_t from = i > at ? i - at : 0; /* the triangle begins on its diagonal */
        double *into = values + erasure_product_at(width, i) + (at + from - i);
        double sum[TILE] = {0};
        memcpy(sum + from, into, (few - from) * sizeof *into);
        for (size_t r = 0; r < rows; r++)
            left[r] = (double)x[r * width + i];
        tile_add(sum, left, &right, rows);
        memcpy(into, sum + from, (few - from) * sizeof *into);
    }
}

CLONES static void add_row(double *restrict sum, double factor, const real *restrict x,
                           size_t width)
{
    for (size_t j = 0; j < width; j++)
        sum[j] += factor * (double)x[j];
}

static void add_column(double *sums, const struct erasure_column *c, const struct batch *b)
{
    for (size_t r = 0; r < b->rows; r++) {
        real value = b->group[c->group * b->rows + r];
        if (isnan(value))
            continue;
        double z = c->graded ? (double)value : value == c->level;
        sums[0] += 1;
        sums[1] += z;
        add_row(sums + 2, 1, b->x + r * b->width, b->width);
        if (z != 0)
            add_row(sums + 2 + b->width, z, b->x + r * b->width, b->width);
    }
}

void erasure_add(double *values, const struct population *who, const struct batch *b)
{
    must(b->width == who->width);
    must(b->width > 0);
    must(b->width <= ERASURE_WIDTH_MAX);

    struct erasure_column column[ERASURE_COLUMNS_MAX];
    size_t columns = erasure_list(column, who), width = b->width;
    values[0] += (double)b->rows;
    for (size_t r = 0; r < b->rows; r++)
        add_row(values + 1, 1, b->x + r * width, width);
    for (size_t r = 0; r < b->rows; r += TILE_ROWS)
        for (size_t at = 0; at < width; at += TILE)
            add_products(values, b->x + r * width,
                         b->rows - r < TILE_ROWS ? b->rows - r : TILE_ROWS, width, at,
                         width - at < TILE ? width - at : TILE);
    for (size_t c = 0; c < columns; c++)
        add_column(values + erasure_column_at(width, c), &column[c], b);
}
