#include "node/update.h"

#include "crypto/fixed.h"
#include "proto/base/must.h"

enum status update_mean(struct ring *out, float *scratch, size_t *clipped, const struct course *c,
                        const real *trained, const double *losses, double rows, uint32_t sites)
{
    must(c->leg.mean);
    const struct model *m = course_learner(c);
    const real *global = course_vector(c);
    for (size_t i = 0; i < m->params; i++)
        scratch[i] = trained[i] - global[i];
    for (size_t i = 0; i < m->loss_count; i++)
        scratch[m->params + i] = (float)(losses[i] / COURSE_LOSS_UNIT);
    struct quant q;
    enum status st = adopt_quant(&q, c, sites);
    if (st == ST_OK)
        st = quant_encode(out, &q, scratch, c->leg.values, rows, clipped);
    return st;
}

enum status update_sum(struct ring *out, const struct course *c, const double *values,
                       uint32_t sites)
{
    must(!c->leg.mean);
    return fixed_encode(out, values, c->leg.values, c->leg.shift, sites);
}
