/*
 * erasure_inside.h - what the sources of this room share: the columns, where their sums are, and
 * the loop that sums products.
 */
#ifndef EVENHAND_ERASURE_INSIDE_H
#define EVENHAND_ERASURE_INSIDE_H

#include "models/erasure/erasure.h"
#include "proto/base/clones.h"

struct erasure_column {
    size_t group; /* who->group[group] */
    bool graded;  /* regression: z is the value; else 1 where the value is level, 0 elsewhere */
    real level;
};

/* The columns in the order of groups and levels; returns their number. */
size_t erasure_list(struct erasure_column column[static ERASURE_COLUMNS_MAX],
                    const struct population *who);

/* Where in values x x^T has element (row, row); (row, j) is j - row further. */
static inline size_t erasure_product_at(size_t width, size_t row)
{
    return 1 + width + row * width - row * (row - 1) / 2;
}

/* Where column c's sums are; erasure_column_at(width, columns) is the end. */
static inline size_t erasure_column_at(size_t width, size_t c)
{
    return 1 + width + width * (width + 1) / 2 + c * (2 + 2 * width);
}

/*
 * Neighbouring columns of a matrix, so many rows at a time. Every element has its additions in the
 * order of the rows, whatever the processor: vectors go along the columns.
 */
#define TILE      32
#define TILE_ROWS 64
struct tile {
    double row[TILE_ROWS][TILE];
};

/* sum[j] += factor[k] * t->row[k][j], k = 0, 1, ... */
LOOP_BODY void tile_add(double *restrict sum, const double *restrict factor,
                        const struct tile *restrict t, size_t rows)
{
    size_t k = 0;
    for (; k + 4 <= rows; k += 4) /* four rows for one load and store of sum */
        for (size_t j = 0; j < TILE; j++)
            sum[j] = sum[j] + factor[k] * t->row[k][j] + factor[k + 1] * t->row[k + 1][j] +
                     factor[k + 2] * t->row[k + 2][j] + factor[k + 3] * t->row[k + 3][j];
    for (; k < rows; k++)
        for (size_t j = 0; j < TILE; j++)
            sum[j] += factor[k] * t->row[k][j];
}

#endif
