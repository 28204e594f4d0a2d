#include "models/core/blas.h"

#include <cblas.h>
#include <limits.h>

#include "proto/base/must.h"

#ifdef EVENHAND_F64
#define GEMM cblas_dgemm
#else
#define GEMM cblas_sgemm
#endif

void blas_threads(int count)
{
    must(count > 0);
    openblas_set_num_threads(count);
}

static int narrow(size_t n)
{
    must(n <= INT_MAX);
    return (int)n;
}

/* An empty sum: BLAS insists on strides of at least 1, which an empty matrix need not have. */
static void scale_rows(real *c, size_t m, size_t n, real beta, size_t stride)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            c[i * stride + j] = beta == 0 ? 0 : beta * c[i * stride + j];
}

void blas_nn(real *c, const real *a, const real *b, size_t m, size_t n, size_t k, real beta,
             const size_t stride[static 3])
{
    if (m == 0 || n == 0 || k == 0) {
        scale_rows(c, m, n, beta, stride[0]);
        return;
    }
    must(stride[0] >= n);
    must(stride[1] >= k);
    must(stride[2] >= n);
    GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, narrow(m), narrow(n), narrow(k), 1, a,
         narrow(stride[1]), b, narrow(stride[2]), beta, c, narrow(stride[0]));
}

void blas_nt(real *c, const real *a, const real *b, size_t m, size_t n, size_t k, real beta,
             const size_t stride[static 3])
{
    if (m == 0 || n == 0 || k == 0) {
        scale_rows(c, m, n, beta, stride[0]);
        return;
    }
    must(stride[0] >= n);
    must(stride[1] >= k);
    must(stride[2] >= k);
    GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, narrow(m), narrow(n), narrow(k), 1, a,
         narrow(stride[1]), b, narrow(stride[2]), beta, c, narrow(stride[0]));
}

void blas_tn(real *c, const real *a, const real *b, size_t m, size_t n, size_t k, real beta,
             const size_t stride[static 3])
{
    if (m == 0 || n == 0 || k == 0) {
        scale_rows(c, m, n, beta, stride[0]);
        return;
    }
    must(stride[0] >= n);
    must(stride[1] >= m);
    must(stride[2] >= n);
    GEMM(CblasRowMajor, CblasTrans, CblasNoTrans, narrow(m), narrow(n), narrow(k), 1, a,
         narrow(stride[1]), b, narrow(stride[2]), beta, c, narrow(stride[0]));
}
