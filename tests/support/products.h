/*
 * products.h - the matrix products of a training step, done alone: what no step can do without.
 *
 * They have the step's shapes and order, but all read the same two matrices and write the same
 * third one, so no product finds its numbers colder than it must.
 */
#ifndef EVENHAND_PRODUCTS_H
#define EVENHAND_PRODUCTS_H

#include "models/core/batch.h"
#include "proto/base/settings.h"

#define PRODUCTS_MAX 64

/* Which of c [m,n] = a b has its factors as they are, and which one turned (models/core/blas.h). */
enum product_form { PRODUCT_NN, PRODUCT_NT, PRODUCT_TN };

/* Summed over k, so many times a step. */
struct product {
    enum product_form form;
    size_t m, n, k, times;
};

struct products {
    size_t count;
    struct product row[PRODUCTS_MAX];
    real *a, *b, *c; /* NULL until products_open */
};

/* What layers of these widths need, widths[0] -> widths[1] -> ...: outputs, gradients of weights. */
void products_add_forward(struct products *p, const size_t *widths, size_t layers, size_t batch,
                          size_t times);
void products_add_weights(struct products *p, const size_t *widths, size_t layers, size_t batch,
                          size_t times);
/* And gradients of the inputs of layers `from` and up. */
void products_add_inputs(struct products *p, const size_t *widths, size_t layers, size_t from,
                         size_t batch, size_t times);

/* Of a whole step of debias-vae under this plan, all its phases. The task head must be linear. */
struct products products_of_debias(const struct settings *plan, const struct population *who,
                                   size_t batch);
double products_flops(const struct products *p); /* of a step; a product and a sum are two */

void products_open(struct products *p); /* when all are added */
void products_close(struct products *p);
void products_run(const struct products *p); /* those of one step */

#endif
