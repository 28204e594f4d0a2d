/*
 * Who comes to which hospital. A stratum is (sex, age bin, race). Each stratum spreads over the
 * sites by a draw from a Dirichlet distribution; then the whole table is balanced, rows to 1 and
 * columns to the sites' shares, so that sites differ in whom they see and follow Zipf in size.
 */
#include <math.h>

#include "node/data/cohort_inside.h"

#define STRATA   (2 * AGE_BINS * RACE_COUNT)
#define BALANCES 200

struct mixture {
    size_t sites;
    double weight[STRATA];                  /* share of the stratum among all patients */
    double share[STRATA][COHORT_SITES_MAX]; /* P(site | stratum) */
};

static size_t stratum_of(bool female, size_t bin, size_t race)
{
    return ((size_t)female * AGE_BINS + bin) * RACE_COUNT + race;
}

/* Marsaglia and Tsang 2000; below 1 by their section 6. Never 0. */
static double gamma_draw(double shape, struct rng *rng)
{
    if (shape < 1) {
        double lift = pow(rng_uniform(rng), 1 / shape);
        return fmax(gamma_draw(shape + 1, rng) * lift, 1e-100);
    }
    double d = shape - 1.0 / 3, k = 1 / sqrt(9 * d);
    for (;;) {
        double n = rng_normal(rng), v = 1 + k * n;
        if (v <= 0)
            continue;
        v = v * v * v;
        if (log(rng_uniform(rng)) < n * n / 2 + d * (1 - v + log(v)))
            return d * v;
    }
}

static void rows_to_one(struct mixture *m)
{
    for (size_t s = 0; s < STRATA; s++) {
        double sum = 0;
        for (size_t h = 0; h < m->sites; h++)
            sum += m->share[s][h];
        for (size_t h = 0; h < m->sites; h++)
            m->share[s][h] /= sum;
    }
}

static void columns_to(struct mixture *m, const double *size)
{
    for (size_t h = 0; h < m->sites; h++) {
        double sum = 0;
        for (size_t s = 0; s < STRATA; s++)
            sum += m->weight[s] * m->share[s][h];
        for (size_t s = 0; s < STRATA; s++)
            m->share[s][h] *= size[h] / sum;
    }
}

static void mix(struct mixture *m, const struct cohort *c)
{
    m->sites = c->spec.sites;
    double size[COHORT_SITES_MAX], sum = 0;
    for (size_t h = 0; h < m->sites; h++)
        sum += size[h] = pow((double)(h + 1), -c->spec.zipf);
    for (size_t h = 0; h < m->sites; h++)
        size[h] /= sum;
    for (size_t sex = 0; sex < 2; sex++)
        for (size_t bin = 0; bin < AGE_BINS; bin++)
            for (size_t race = 0; race < RACE_COUNT; race++)
                m->weight[stratum_of(sex == 1, bin, race)] = (sex == 1 ? FEMALE : 1 - FEMALE) *
                                                             cohort_age_share[bin] *
                                                             cohort_race_share[race];
    for (size_t s = 0; s < STRATA; s++)
        for (size_t h = 0; h < m->sites; h++) {
            struct rng rng = cohort_rng(c, STREAM_MIXTURE, s, h);
            m->share[s][h] = gamma_draw(c->spec.alpha, &rng);
        }
    rows_to_one(m);
    for (size_t i = 0; i < BALANCES; i++) {
        columns_to(m, size);
        rows_to_one(m);
    }
}

bool cohort_site_has_few_positives(const struct cohort *c, size_t site)
{
    return c->spec.sites >= 2 && site == c->spec.sites - 1;
}

bool cohort_site_knows_race(const struct cohort *c, size_t site)
{
    return !(c->spec.sites >= 3 && site == c->spec.sites - 2);
}

/* A site for the patient among the first `sites` of the stratum's shares. */
static uint8_t draw_site(const double *share, size_t sites, struct rng *rng)
{
    double among[COHORT_SITES_MAX], sum = 0;
    for (size_t h = 0; h < sites; h++)
        sum += share[h];
    for (size_t h = 0; h < sites; h++)
        among[h] = share[h] / sum;
    return (uint8_t)cohort_pick(among, sites, rng_uniform(rng));
}

/*
 * The last site sees few cancers: a training patient whose positive images would be too many there
 * goes to one of the others. Test patients stay where they were drawn.
 */
enum status cohort_assign(struct cohort *c)
{
    struct mixture m;
    mix(&m, c);
    size_t train[COHORT_SITES_MAX] = {0}, positives = 0;
    for (size_t i = 0; i < c->count; i++) {
        struct person *p = &c->person[i];
        struct rng rng = cohort_rng(c, STREAM_SITE, i, 0);
        const double *share = m.share[stratum_of(p->female, (size_t)(p->age - 55) / 5, p->race)];
        p->site = draw_site(share, m.sites, &rng);
        size_t ill = (size_t)__builtin_popcount(p->cancer_2y);
        if (!p->test && ill > 0 && cohort_site_has_few_positives(c, p->site)) {
            if (positives + ill > COHORT_POSITIVES_MAX)
                p->site = draw_site(share, m.sites - 1, &rng);
            else
                positives += ill;
        }
        train[p->site] += !p->test;
    }
    for (size_t h = 0; h < m.sites; h++)
        if (train[h] == 0)
            return fault(EC_DATA_EMPTY, "--sites",
                         "site %zu of %zu got none of the %zu training patients: take fewer sites, "
                         "a larger scale or a smaller --zipf",
                         h + 1, m.sites, c->train);
    return ST_OK;
}
