#include "models/core/vec.h"

#include "proto/base/must.h"

double vec_dot(const real *a, const real *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

double vec_norm(const real *a, size_t n)
{
    return sqrt(vec_dot(a, a, n));
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

double vec_clip(real *v, size_t n, double limit)
{
    must(limit >= 0);

    double norm = vec_norm(v, n);
    if (limit > 0 && norm > limit)
        vec_scale(v, limit / norm, n);
    return norm;
}

bool vec_finite(const real *v, size_t n)
{
    bool finite = true; /* no early way out: almost every vector is, and whole ones vectorise */
    for (size_t i = 0; i < n; i++)
        finite &= isfinite(v[i]) != 0;
    return finite;
}
