/*
 * Where things lie in a synthetic embedding, and the rows themselves.
 */
#include <math.h>
#include <stdlib.h>

#include "node/data/cohort_inside.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define WIDTH_FULL   1408
#define PATIENT_PART 0.7 /* of the noise variance; the rest is the image's own */
#define SEX_APART    6.5 /* all in units of the noise SD of one coordinate */
#define AGE_SLOPE    1.02
#define BLACK_APART  2.2
#define ASIAN_APART  3.2
#define CANCER_APART 1.3
#define CANCER_2Y    0.93
#define CANCER_1Y    0.25
#define CANCERS      (COHORT_PLANTED - AT_CANCER)
#define SHIFT_APART  0.3
#define SHIFT_COUNT  20

/* Ranks of the planted coordinates among WIDTH_FULL. */
static const double rank_full[COHORT_PLANTED] = {
    [AT_SEX] = 2, [AT_AGE] = 20, [AT_BLACK] = 40, [AT_ASIAN] = 60, 80, 120, 160, 200, 240, 280, 320,
    360};

/* A sum in sixteen lanes: the compiler may use its vectors, and every one gives the same bytes. */
static float dot(const float *a, const float *b, size_t n)
{
    float lane[16] = {0}, rest = 0;
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (size_t l = 0; l < 16; l++)
            lane[l] += a[i + l] * b[i + l];
    for (; i < n; i++)
        rest += a[i] * b[i];
    for (size_t l = 0; l < 16; l++)
        rest += lane[l];
    return rest;
}

static void unit_normal(float *v, size_t n, struct rng *rng)
{
    rng_normals(v, n, rng);
    double square = 0;
    for (size_t i = 0; i < n; i++)
        square += (double)v[i] * (double)v[i];
    for (size_t i = 0; i < n; i++)
        v[i] = (float)((double)v[i] / sqrt(square));
}

/* Planted coordinates take their ranks, or the next one that is free; the others fill the gaps. */
static void rank_spread(float *spread, size_t width)
{
    bool taken[COHORT_PLANTED + 4 * WIDTH_FULL + 1] = {0};
    must(width >= COHORT_PLANTED);
    must(width < COUNT(taken));
    for (size_t i = 0; i < COHORT_PLANTED; i++) {
        size_t rank = (size_t)lround(rank_full[i] * (double)width / WIDTH_FULL);
        for (rank += rank == 0; taken[rank]; rank++)
            ;
        taken[rank] = true;
        spread[i] = (float)(1 / sqrt((double)rank));
    }
    size_t rank = 1;
    for (size_t i = COHORT_PLANTED; i < width; i++, rank++) {
        for (; taken[rank]; rank++)
            ;
        spread[i] = (float)(1 / sqrt((double)rank));
    }
}

static void cancer_direction(double *cancer, const struct cohort_spec *s)
{
    cancer[AT_SEX] = s->rho_sex;
    cancer[AT_AGE] = s->rho_age;
    double left = sqrt(1 - s->rho_sex * s->rho_sex - s->rho_age * s->rho_age);
    for (size_t i = AT_CANCER; i < COHORT_PLANTED; i++)
        cancer[i] = left / sqrt((double)CANCERS);
}

/* What the patient's attributes and this image's outcome add to f[0..COHORT_PLANTED). */
static void plant(double *f, const struct cohort *c, const struct person *p, unsigned image)
{
    bool embedded_female = p->female != p->swapped;
    double y2 = p->cancer_2y >> image & 1, y1 = p->cancer_1y >> image & 1;
    double cancer = CANCER_APART * (CANCER_2Y * y2 + CANCER_1Y * y1);
    for (size_t i = 0; i < COHORT_PLANTED; i++)
        f[i] = cancer * c->cancer[i];
    f[AT_SEX] += SEX_APART * ((embedded_female ? 1 : 0) - FEMALE);
    f[AT_AGE] += AGE_SLOPE * (p->age - AGE_MEAN) / AGE_SD;
    f[AT_BLACK] += p->race == RACE_BLACK ? BLACK_APART : 0;
    f[AT_ASIAN] += p->race == RACE_ASIAN ? ASIAN_APART : 0;
}

/* Variance of the planted part over the training rows, coordinate by coordinate. */
static void planted_variance(double *variance, const struct cohort *c)
{
    double sum[COHORT_PLANTED] = {0}, square[COHORT_PLANTED] = {0}, rows = 0;
    for (size_t patient = 0; patient < c->train; patient++)
        for (unsigned image = 0; image < c->person[patient].images; image++) {
            double f[COHORT_PLANTED];
            plant(f, c, &c->person[patient], image);
            rows++;
            for (size_t i = 0; i < COHORT_PLANTED; i++) {
                sum[i] += f[i];
                square[i] += f[i] * f[i];
            }
        }
    for (size_t i = 0; i < COHORT_PLANTED; i++)
        variance[i] = square[i] / rows - sum[i] / rows * (sum[i] / rows);
}

/* One factor brings the mean variance of a feature to rms^2: turning by Q keeps the total. */
static double scaling(const struct cohort *c)
{
    double planted[COHORT_PLANTED], total = 0;
    planted_variance(planted, c);
    for (size_t i = 0; i < c->width; i++)
        total += (double)c->spread[i] * (double)c->spread[i] *
                 (1 + (i < COHORT_PLANTED ? planted[i] : 0));
    return c->spec.rms / sqrt(total / (double)c->width);
}

static void shift_sites(struct cohort *c)
{
    for (size_t h = 0; h < c->spec.sites; h++) {
        float *shift = c->shift + h * c->width;
        float *direction = must_alloc(c->width, sizeof(*direction));
        for (size_t k = 0; k < SHIFT_COUNT; k++) {
            struct rng rng = cohort_rng(c, STREAM_SHIFT, h, k);
            unit_normal(direction, c->width, &rng);
            for (size_t i = 0; i < c->width; i++)
                shift[i] += (float)SHIFT_APART * direction[i];
        }
        free(direction);
    }
}

void cohort_shape(struct cohort *c)
{
    rank_spread(c->spread, c->width);
    cancer_direction(c->cancer, &c->spec);
    double factor = scaling(c);
    for (size_t i = 0; i < c->width; i++)
        c->spread[i] = (float)((double)c->spread[i] * factor);
    for (size_t k = 0; k < MIRRORS; k++) {
        struct rng rng = cohort_rng(c, STREAM_MIRROR, k, 0);
        unit_normal(c->mirror + k * c->width, c->width, &rng);
    }
    shift_sites(c);
}

void cohort_turn(float *f, const struct cohort *c)
{
    for (size_t i = 0; i < c->width; i++)
        f[i] *= c->spread[i];
    for (size_t k = 0; k < MIRRORS; k++) {
        const float *mirror = c->mirror + k * c->width;
        float twice = 2 * dot(f, mirror, c->width);
        for (size_t i = 0; i < c->width; i++)
            f[i] -= twice * mirror[i];
    }
}

void cohort_embed(float *x, const struct cohort *c, size_t patient, float *scratch)
{
    must(patient < c->count);
    const struct person *p = &c->person[patient];
    const float *shift = c->shift + p->site * c->width;
    const float common = (float)sqrt(PATIENT_PART), own = (float)sqrt(1 - PATIENT_PART);
    struct rng rng = cohort_rng(c, STREAM_PATIENT, patient, 0);
    rng_normals(scratch, c->width, &rng);
    for (unsigned image = 0; image < p->images; image++) {
        float *f = x + image * c->width;
        rng = cohort_rng(c, STREAM_IMAGE, patient, image);
        rng_normals(f, c->width, &rng);
        for (size_t i = 0; i < c->width; i++)
            f[i] = own * f[i] + common * scratch[i] + shift[i];
        double planted[COHORT_PLANTED];
        plant(planted, c, p, image);
        for (size_t i = 0; i < COHORT_PLANTED; i++)
            f[i] += (float)planted[i];
        cohort_turn(f, c);
    }
}
