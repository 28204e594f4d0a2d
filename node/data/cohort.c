#include "node/data/cohort.h"

#include <math.h>
#include <stdlib.h>

#include "node/data/cohort_inside.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define TRAIN_PATIENTS 10299
#define TEST_PATIENTS  2199
#define WIDTH          1408
#define SWAPPED        0.002
#define IMAGES_MEAN    4.12 /* beyond the first */
#define LOGIT_2Y       (-4.27)
#define LOGIT_AGE      0.25 /* a standard deviation of age */
#define SHARE_1Y       0.63 /* of the images with cancer in two years */

const double cohort_age_share[AGE_BINS] = {0.428, 0.306, 0.178, 0.088};
const double cohort_race_share[RACE_COUNT] = {
    [RACE_WHITE] = 0.9306, [RACE_BLACK] = 0.0368, [RACE_ASIAN] = 0.0125, [RACE_OTHER] = 0.0201};

size_t cohort_pick(const double *share, size_t count, double u)
{
    size_t at = 0;
    for (; at + 1 < count && u >= share[at]; at++)
        u -= share[at];
    return at;
}

/* Poisson by walking up its distribution function. */
static unsigned poisson(double mean, unsigned most, double u)
{
    double p = exp(-mean);
    unsigned k = 0;
    for (; k < most && u >= p; k++) {
        u -= p;
        p *= mean / (k + 1);
    }
    return k;
}

static void be_born(struct person *p, const struct cohort *c, size_t patient)
{
    struct rng rng = cohort_rng(c, STREAM_PERSON, patient, 0);
    p->test = patient >= c->train;
    p->female = rng_uniform(&rng) < FEMALE;
    p->swapped = rng_uniform(&rng) < SWAPPED;
    size_t bin = cohort_pick(cohort_age_share, AGE_BINS, rng_uniform(&rng));
    p->age = 55 + 5 * (int)bin + (int)rng_below(&rng, 5);
    p->race = (uint8_t)cohort_pick(cohort_race_share, RACE_COUNT, rng_uniform(&rng));
    p->images = (uint8_t)(1 + poisson(IMAGES_MEAN, COHORT_IMAGES_MAX - 1, rng_uniform(&rng)));
    p->risk = rng_normal(&rng);
}

static void fall_ill(struct person *p, const struct cohort *c, size_t patient)
{
    double logit = LOGIT_2Y + p->risk + LOGIT_AGE * (p->age - AGE_MEAN) / AGE_SD;
    double chance = 1 / (1 + exp(-logit));
    for (unsigned i = 0; i < p->images; i++) {
        struct rng rng = cohort_rng(c, STREAM_OUTCOME, patient, i);
        bool two = rng_uniform(&rng) < chance;
        bool one = two && rng_uniform(&rng) < SHARE_1Y;
        p->cancer_2y |= (uint16_t)((unsigned)two << i);
        p->cancer_1y |= (uint16_t)((unsigned)one << i);
    }
}

/* Judges the numbers of a spec, each with its name on the command line. */
static enum status judge(const struct cohort_spec *s)
{
    const struct {
        const char *name;
        double value, least, most;
    } rows[] = {
        {"--scale", s->scale, 1.0 / 64, 4},
        {"--sites", (double)s->sites, 1, COHORT_SITES_MAX},
        {"--rho-sex", s->rho_sex, -0.99, 0.99},
        {"--rho-age", s->rho_age, -0.99, 0.99},
        {"--rms", s->rms, 1e-6, 1e6},
        {"--alpha", s->alpha, 0.05, 1e6},
        {"--zipf", s->zipf, 0, 4},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!(rows[i].value >= rows[i].least && rows[i].value <= rows[i].most))
            return fault(EC_USAGE, rows[i].name, "%g is not between %g and %g", rows[i].value,
                         rows[i].least, rows[i].most);
    if (hypot(s->rho_sex, s->rho_age) > 0.99)
        return fault(EC_USAGE, "--rho-sex",
                     "%g and --rho-age %g leave cancer no direction of its own", s->rho_sex,
                     s->rho_age);
    return ST_OK;
}

enum status cohort_open(struct cohort *c, const struct cohort_spec *spec)
{
    *c = (struct cohort){.spec = *spec};
    enum status st = judge(spec);
    if (st != ST_OK)
        return st;
    c->width = (size_t)lround(WIDTH * spec->scale);
    c->train = (size_t)lround(TRAIN_PATIENTS * spec->scale);
    c->count = c->train + TEST_PATIENTS;
    c->person = must_alloc(c->count, sizeof(*c->person));
    c->spread = must_alloc(c->width, sizeof(*c->spread));
    c->mirror = must_alloc(MIRRORS * c->width, sizeof(*c->mirror));
    c->shift = must_alloc(spec->sites * c->width, sizeof(*c->shift));
    for (size_t i = 0; i < c->count; i++) {
        be_born(&c->person[i], c, i);
        fall_ill(&c->person[i], c, i);
    }
    cohort_shape(c);
    st = cohort_assign(c);
    if (st != ST_OK)
        cohort_close(c);
    return st;
}

void cohort_close(struct cohort *c)
{
    free(c->person);
    free(c->spread);
    free(c->mirror);
    free(c->shift);
    *c = (struct cohort){0};
}
