#include "models/core/vec.h"

#include "proto/base/clones.h"
#include "proto/base/must.h"

double vec_fold(double lane[static VEC_LANES])
{
    for (size_t half = VEC_LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            lane[i] += lane[half + i];
    return lane[0];
}

/* lane += the products of the first `whole` elements, which is a multiple of VEC_LANES. */
CLONES static void add_products(double *lane, const real *a, const real *b, size_t whole)
{
    double sum[VEC_LANES] = {0};
    for (size_t at = 0; at < whole; at += VEC_LANES)
        for (size_t i = 0; i < VEC_LANES; i++)
            sum[i] += (double)a[at + i] * (double)b[at + i];
    for (size_t i = 0; i < VEC_LANES; i++)
        lane[i] += sum[i];
}

double vec_dot(const real *a, const real *b, size_t n)
{
    double lane[VEC_LANES] = {0};
    size_t whole = n - n % VEC_LANES;
    add_products(lane, a, b, whole);
    for (size_t i = whole; i < n; i++)
        lane[i - whole] += (double)a[i] * (double)b[i];
    return vec_fold(lane);
}

/* add_products of a vector with itself, which it reads and widens once. */
CLONES static void add_squares(double *lane, const real *a, size_t whole)
{
    double sum[VEC_LANES] = {0};
    for (size_t at = 0; at < whole; at += VEC_LANES)
        for (size_t i = 0; i < VEC_LANES; i++) {
            double v = (double)a[at + i];
            sum[i] += v * v;
        }
    for (size_t i = 0; i < VEC_LANES; i++)
        lane[i] += sum[i];
}

double vec_norm(const real *a, size_t n)
{
    double lane[VEC_LANES] = {0};
    size_t whole = n - n % VEC_LANES;
    add_squares(lane, a, whole);
    for (size_t i = whole; i < n; i++)
        lane[i - whole] += (double)a[i] * (double)a[i];
    return sqrt(vec_fold(lane));
}

void vec_axpy(real *y, double a, const real *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (real)((double)y[i] + a * (double)x[i]);
}

void vec_scale(real *y, double a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (real)(a * (double)y[i]);
}

double vec_clip(const real *v, size_t n, double limit)
{
    must(limit >= 0);

    if (limit == 0)
        return 1;
    double norm = vec_norm(v, n);
    return norm > limit ? limit / norm : 1;
}

/* 0 * v is 0 or, where v is not finite, NaN, which no sum loses again. */
CLONES static void add_nothing(real *lane, const real *v, size_t whole)
{
    real sum[VEC_LANES] = {0};
    for (size_t at = 0; at < whole; at += VEC_LANES)
        for (size_t i = 0; i < VEC_LANES; i++)
            sum[i] += 0 * v[at + i];
    for (size_t i = 0; i < VEC_LANES; i++)
        lane[i] += sum[i];
}

bool vec_finite(const real *v, size_t n)
{
    real lane[VEC_LANES] = {0};
    size_t whole = n - n % VEC_LANES;
    add_nothing(lane, v, whole); /* no early way out: almost every vector is finite */
    for (size_t i = whole; i < n; i++)
        lane[i - whole] += 0 * v[i];
    bool finite = true;
    for (size_t i = 0; i < VEC_LANES; i++)
        finite &= lane[i] == 0;
    return finite;
}
