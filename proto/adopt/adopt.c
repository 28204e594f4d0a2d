#include "proto/adopt/adopt.h"

#include <stdlib.h>

#include "crypto/fixed.h"
#include "proto/base/must.h"

_Static_assert(sizeof(real) == sizeof(float), "the federation carries single precision");

static unsigned mean_bits(const struct course *c)
{
    return (unsigned)settings_int(c->plan, "update.bits");
}

enum status adopt_quant(struct quant *q, const struct course *c, uint32_t sites)
{
    must(c->leg.mean);
    return quant_open(q, mean_bits(c), sites, settings_real(c->plan, "update.clip"),
                      course_weight_cap(c));
}

void adopt_shape(unsigned *bits, size_t *words, const struct course *c)
{
    struct quant q = {.bits = mean_bits(c)};
    *bits = c->leg.mean ? q.bits : 64;
    *words = c->leg.mean ? quant_words(&q, c->leg.values) : fixed_words(c->leg.values);
}

/* It may have come from outside: nothing is promised about it yet. */
static enum status judge_shape(const struct course *c, const struct ring *sum)
{
    unsigned bits = 0;
    size_t words = 0;
    adopt_shape(&bits, &words, c);
    if (sum->word != NULL && sum->bits == bits && sum->words == words)
        return ST_OK;
    return fault(EC_RUN_SUM, "", "a sum of %zu words of %u bits, %zu of %u are due",
                 sum->word == NULL ? 0 : sum->words, sum->bits, words, bits);
}

static enum status decode(double *values, double *weight, const struct course *c,
                          const struct ring *sum, uint32_t sites, uint32_t counted)
{
    *weight = 0;
    enum status shaped = judge_shape(c, sum);
    if (shaped != ST_OK)
        return shaped;
    if (!c->leg.mean)
        return fixed_decode(values, sum, c->leg.values, c->leg.shift, counted);
    struct quant q;
    struct quant_tail tail;
    enum status st = adopt_quant(&q, c, sites);
    if (st == ST_OK)
        st = quant_decode(values, &tail, sum, &q, c->leg.values, counted);
    if (st == ST_OK)
        *weight = tail.weight;
    return st;
}

/* A leg of means is known by the vector it moved, a leg of sums by the sums. */
static struct digest fingerprint_of(const struct ring *sum, const real *vector, size_t count,
                                    uint64_t round)
{
    struct digest_state s;
    digest_begin(&s, "evh-leg");
    digest_add(&s, &round, sizeof round);
    if (vector != NULL)
        digest_add(&s, vector, count * sizeof *vector);
    else
        digest_add(&s, sum->word, ring_bytes(sum->bits, sum->words));
    return digest_end(&s);
}

enum status adopt_sum(struct course *c, struct digest *fingerprint, const struct ring *sum,
                      uint32_t sites, uint32_t counted)
{
    double *values = must_alloc(c->leg.values, sizeof *values);
    double weight = 0;
    struct leg leg = c->leg;
    const real *vector = leg.mean ? course_vector(c) : NULL;
    size_t count = leg.mean ? course_learner(c)->params : 0;
    enum status st = decode(values, &weight, c, sum, sites, counted);
    if (st == ST_OK)
        st = course_fold(c, values, weight);
    if (st == ST_OK)
        *fingerprint = fingerprint_of(sum, vector, count, leg.round);
    free(values);
    return st;
}

struct digest adopt_theta_digest(const real *theta, size_t params)
{
    return digest_of("evh-model", theta, params * sizeof *theta);
}

struct digest adopt_model_digest(const struct course *c)
{
    return adopt_theta_digest(c->theta, c->model == NULL ? 0 : c->model->params);
}
