#include "models/erasure/cholesky.h"

#include <math.h>
#include <string.h>

#include "models/erasure/erasure_inside.h"

/* Rows from at on, columns at..at+few: subtracts what the columns first..first+count say. */
CLONES static void subtract_columns(double *a, size_t n, size_t at, size_t few, size_t first,
                                    size_t count)
{
    struct tile other;
    double minus[TILE_ROWS];
    for (size_t k = 0; k < count; k++)
        for (size_t j = 0; j < TILE; j++)
            other.row[k][j] = j < few ? a[(at + j) * n + first + k] : 0;
    for (size_t i = at; i < n; i++) {
        size_t own = i - at < few ? i - at + 1 : few; /* the triangle ends on its diagonal */
        double sum[TILE] = {0};
        memcpy(sum, a + i * n + at, own * sizeof *sum);
        for (size_t k = 0; k < count; k++)
            minus[k] = -a[i * n + first + k];
        tile_add(sum, minus, &other, count);
        memcpy(a + i * n + at, sum, own * sizeof *sum);
    }
}

/* The triangle on the diagonal: row[k][j] = L_(at+j)(at+k) for j >= k, 0 elsewhere. */
static size_t factor_corner(struct tile *corner, double *a, size_t n, size_t at, size_t few)
{
    for (size_t i = 0; i < few; i++) {
        double *row = a + (at + i) * n + at;
        for (size_t j = 0; j <= i; j++) {
            double sum = row[j];
            for (size_t k = 0; k < j; k++)
                sum -= corner->row[k][i] * corner->row[k][j];
            if (i == j && !(sum > 0))
                return at + i;
            row[j] = i == j ? sqrt(sum) : sum / corner->row[j][j];
            corner->row[j][i] = row[j];
        }
    }
    return n;
}

/* The rows below the corner, of which all that stands left of it is subtracted already. */
CLONES static void solve_below(const struct tile *corner, double *a, size_t n, size_t at,
                               size_t few)
{
    for (size_t i = at + few; i < n; i++) {
        double sum[TILE] = {0}, solved[TILE] = {0};
        memcpy(sum, a + i * n + at, few * sizeof *sum);
        for (size_t k = 0; k < few; k++) {
            solved[k] = sum[k] / corner->row[k][k];
            for (size_t j = 0; j < TILE; j++)
                sum[j] -= solved[k] * corner->row[k][j];
        }
        memcpy(a + i * n + at, solved, few * sizeof *solved);
    }
}

size_t cholesky_factor(double *a, size_t n)
{
    for (size_t at = 0; at < n; at += TILE) {
        size_t few = n - at < TILE ? n - at : TILE;
        for (size_t first = 0; first < at; first += TILE_ROWS)
            subtract_columns(a, n, at, few, first, at - first < TILE_ROWS ? at - first : TILE_ROWS);
        struct tile corner = {{{0}}};
        size_t done = factor_corner(&corner, a, n, at, few);
        if (done < n)
            return done;
        solve_below(&corner, a, n, at, few);
    }
    return n;
}

void cholesky_solve(double *y, const double *l, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            y[i] -= l[i * n + k] * y[k];
        y[i] /= l[i * n + i];
    }
}

void cholesky_solve_transposed(double *y, const double *l, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        y[i] /= l[i * n + i];
        for (size_t k = 0; k < i; k++) /* by rows of L: columns would miss the caches */
            y[k] -= l[i * n + k] * y[i];
    }
}

void cholesky_times(double *y, const double *l, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        double sum = 0;
        for (size_t k = 0; k <= i; k++)
            sum += l[i * n + k] * y[k];
        y[i] = sum;
    }
}
