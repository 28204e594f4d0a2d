#include "tests/support/products.h"

#include <stdlib.h>

#include "models/core/blas.h"
#include "proto/base/must.h"

static void add(struct products *p, enum product_form form, size_t m, size_t n, size_t k,
                size_t times)
{
    must(p->count < PRODUCTS_MAX);
    p->row[p->count++] = (struct product){form, m, n, k, times};
}

void products_add_forward(struct products *p, const size_t *widths, size_t layers, size_t batch,
                          size_t times)
{
    for (size_t i = 0; i < layers; i++)
        add(p, PRODUCT_NT, batch, widths[i + 1], widths[i], times);
}

void products_add_weights(struct products *p, const size_t *widths, size_t layers, size_t batch,
                          size_t times)
{
    for (size_t i = layers; i-- > 0;)
        add(p, PRODUCT_TN, widths[i + 1], widths[i], batch, times);
}

void products_add_inputs(struct products *p, const size_t *widths, size_t layers, size_t from,
                         size_t batch, size_t times)
{
    for (size_t i = layers; i-- > from;)
        add(p, PRODUCT_NN, batch, widths[i], widths[i + 1], times);
}

/* The players' layers; the first ones of all players are one product. */
static void add_players(struct products *p, const struct settings *plan,
                        const struct population *who, size_t batch, bool train, size_t times)
{
    size_t copies = settings_size(plan, "model.adversary.count");
    size_t hidden = settings_count(plan, "model.adversary.hidden");
    size_t latent = settings_size(plan, "model.latent"), widths[8] = {0};
    must(hidden > 0);
    must(hidden + 1 < COUNT(widths));
    for (size_t i = 0; i < hidden; i++)
        widths[i] = settings_list_size(plan, i, "model.adversary.hidden");
    size_t stacked[] = {latent, widths[0] * copies * who->group_count};
    products_add_forward(p, stacked, 1, batch, times);
    for (size_t g = 0; g < who->group_count; g++) {
        widths[hidden] = target_outputs(&who->group[g]);
        products_add_forward(p, widths, hidden, batch, times * copies);
        products_add_inputs(p, widths, hidden, 0, batch, times * copies);
        if (train)
            products_add_weights(p, widths, hidden, batch, times * copies);
    }
    if (train)
        products_add_weights(p, stacked, 1, batch, times);
    else
        products_add_inputs(p, stacked, 1, 0, batch, times);
}

/* Phases of the adversaries, each behind the encoder; then encoder, decoder, head and players. */
struct products products_of_debias(const struct settings *plan, const struct population *who,
                                   size_t batch)
{
    struct products p = {0};
    size_t latent = settings_size(plan, "model.latent");
    size_t hidden = settings_size(plan, "model.hidden");
    size_t steps = settings_size(plan, "model.adversary.steps");
    size_t layers = hidden > 0 ? 2 : 1;
    size_t down[] = {who->width, hidden > 0 ? hidden : 2 * latent, 2 * latent};
    size_t up[] = {latent, hidden > 0 ? hidden : who->width, who->width};
    size_t head[] = {latent, target_outputs(&who->task[0])};
    must(settings_size(plan, "model.task.hidden") == 0);

    products_add_forward(&p, down, layers, batch, steps);
    add_players(&p, plan, who, batch, true, steps);
    products_add_forward(&p, down, layers, batch, 1);
    products_add_forward(&p, up, layers, batch, 1);
    products_add_inputs(&p, up, layers, 0, batch, 1);
    products_add_weights(&p, up, layers, batch, 1);
    products_add_forward(&p, head, 1, batch, 1);
    products_add_inputs(&p, head, 1, 0, batch, 1);
    products_add_weights(&p, head, 1, batch, 1);
    add_players(&p, plan, who, batch, false, 1);
    products_add_inputs(&p, down, layers, 1, batch, 1);
    products_add_weights(&p, down, layers, batch, 1);
    return p;
}

double products_flops(const struct products *p)
{
    double flops = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct product *r = &p->row[i];
        flops += 2.0 * (double)r->m * (double)r->n * (double)r->k * (double)r->times;
    }
    return flops;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static real *filled(size_t count, size_t period)
{
    real *v = must_alloc(count, sizeof *v);
    for (size_t i = 0; i < count; i++)
        v[i] = (real)(i % period) / (real)period;
    return v;
}

void products_open(struct products *p)
{
    size_t a = 0, b = 0, c = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct product *r = &p->row[i];
        a = larger(a, r->m * r->k);
        b = larger(b, r->k * r->n);
        c = larger(c, r->m * r->n);
    }
    p->a = filled(a, 17);
    p->b = filled(b, 13);
    p->c = must_alloc(c, sizeof(real));
}

void products_close(struct products *p)
{
    free(p->a);
    free(p->b);
    free(p->c);
    p->a = p->b = p->c = NULL;
}

static void multiply(const struct products *p, const struct product *r)
{
    switch (r->form) {
    case PRODUCT_NN:
        blas_nn(p->c, p->a, p->b, r->m, r->n, r->k, 0, (size_t[]){r->n, r->k, r->n});
        return;
    case PRODUCT_NT:
        blas_nt(p->c, p->a, p->b, r->m, r->n, r->k, 0, (size_t[]){r->n, r->k, r->k});
        return;
    case PRODUCT_TN:
        blas_tn(p->c, p->a, p->b, r->m, r->n, r->k, 0, (size_t[]){r->n, r->m, r->n});
        return;
    }
}

void products_run(const struct products *p)
{
    for (size_t i = 0; i < p->count; i++)
        for (size_t k = 0; k < p->row[i].times; k++)
            multiply(p, &p->row[i]);
}
