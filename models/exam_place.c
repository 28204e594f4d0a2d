/* The placement sums of exam.h: what patients say about how sure its numbers are. */
#include <math.h>
#include <stdlib.h>

#include "models/exam_inside.h"
#include "proto/base/must.h"

#define SEEDS_MAX 32

/* What one patient adds to the sums of a row: placements averaged over seeds. */
struct patient_sums {
    double x, y, m, n; /* placements of positives and negatives, their numbers */
    double e, t;       /* squared error and distance from the mean */
    double known;
};

/* A row of the exam while patients are read one after the other. */
struct placing {
    const struct exam_row *row;
    const struct target *target;
    size_t bins, seeds;
    struct exam_reading reading[SEEDS_MAX];
    double *of_positive, *of_negative; /* [seeds, bins] */
    double theta;                      /* the row's mean AUC, or the mean of y */
    struct patient_sums patient;
};

static void open_placements(struct placing *r, const struct exam *e)
{
    size_t bins = r->bins;
    r->of_positive = must_alloc(r->seeds * bins, sizeof(double));
    r->of_negative = must_alloc(r->seeds * bins, sizeof(double));
    int64_t *counts = must_alloc(2 * bins, sizeof(int64_t));
    for (size_t s = 0; s < r->seeds; s++) {
        exam_counts(counts, e->test + r->row->valid_at + s * 2 * bins, 2 * bins);
        double auc = hist_auc(counts, counts + bins, bins);
        if (isnan(auc)) /* a class is empty: its patients are counted, nothing is placed */
            continue;
        hist_placements(r->of_positive + s * bins, r->of_negative + s * bins, counts, counts + bins,
                        bins);
        r->theta += auc / (double)r->seeds;
    }
    free(counts);
}

static void open_placing(struct placing *r, const struct exam *e, size_t row,
                         const real *probe_logits, const real *own_logits, const struct batch *b)
{
    const struct exam_unit *u = &e->unit[e->row[row].unit];
    r->row = &e->row[row];
    r->target = exam_target(e, r->row);
    r->bins = e->axis.bins;
    r->seeds = u->seeds;
    r->of_positive = r->of_negative = NULL;
    r->theta = 0;
    r->patient = (struct patient_sums){0};
    must(r->seeds <= SEEDS_MAX);
    for (size_t s = 0; s < r->seeds; s++)
        r->reading[s] = exam_reading_of(e, u, s, probe_logits, own_logits, b);
    if (r->row->r2) {
        const double *sums = e->test + r->row->valid_at;
        r->theta = sums[0] > 0 ? sums[1] / sums[0] : 0;
    } else {
        open_placements(r, e);
    }
}

static void close_placing(struct placing *r)
{
    free(r->of_positive);
    free(r->of_negative);
}

static void add_auc(struct placing *r, const struct hist_axis *axis, size_t seed, size_t i)
{
    struct patient_sums *p = &r->patient;
    int class = exam_class(r->reading[seed].value[i], r->row);
    if (class < 0)
        return;
    size_t at = seed * r->bins +
                hist_bin(axis, exam_reading_score(&r->reading[seed], r->target, r->row, i));
    double share = 1.0 / (double)r->seeds;
    p->known += share;
    if (class == 1) {
        p->x += share * r->of_positive[at];
        p->m += share;
    } else {
        p->y += share * r->of_negative[at];
        p->n += share;
    }
}

static void add_r2(struct placing *r, size_t seed, size_t i)
{
    struct patient_sums *p = &r->patient;
    const struct exam_reading *reading = &r->reading[seed];
    double y = (double)reading->value[i];
    if (isnan(y))
        return;
    double share = 1.0 / (double)r->seeds;
    double error = y - (double)reading->logits[i * reading->stride];
    p->known += share;
    p->e += share * error * error;
    p->t += share * (y - r->theta) * (y - r->theta);
}

/* One row of the patient that is being read. */
static void read_row(struct placing *r, const struct hist_axis *axis, size_t i)
{
    for (size_t s = 0; s < r->seeds; s++) {
        if (r->row->r2)
            add_r2(r, s, i);
        else
            add_auc(r, axis, s, i);
    }
}

static double grain(double v)
{
    return rint(v / EXAM_GRAIN) * EXAM_GRAIN;
}

/* How far the patient's positives and negatives lie from where all lie on average. */
static double above_of(const struct placing *r)
{
    return r->patient.x - r->patient.m * r->theta;
}

static double below_of(const struct placing *r)
{
    return r->patient.y - r->patient.n * r->theta;
}

static void put_patient(double *values, const struct placing *r)
{
    const struct patient_sums *p = &r->patient;
    if (p->known == 0)
        return;
    if (r->row->r2) {
        values[0] += grain(p->e * p->e);
        values[1] += grain(p->t * p->t);
        values[2] += grain(p->e * p->t);
        values[3] += 1;
        return;
    }
    double dx = above_of(r), dy = below_of(r);
    values[0] += grain(dx * dx);
    values[1] += grain(dy * dy);
    values[2] += grain(dx * dy);
    values[3] += 1;
    values[4] += p->m > 0;
    values[5] += p->n > 0;
}

/* The same of what changed since the original, whose labels are the same. */
static void put_change(double *values, const struct placing *now, const struct placing *before)
{
    if (now->row->r2) {
        double error = now->patient.e - before->patient.e;
        values[0] += grain(error * error);
        values[1] += grain(error * now->patient.t);
        return;
    }
    double dx = above_of(now) - above_of(before), dy = below_of(now) - below_of(before);
    values[0] += grain(dx * dx);
    values[1] += grain(dy * dy);
    values[2] += grain(dx * dy);
}

/* Row `original` itself, then those that are changes of it. */
static size_t sides_of(size_t sides[REP_COUNT], const struct exam *e, size_t original)
{
    size_t count = 0;
    sides[count++] = original;
    for (size_t w = original + 1; w < e->row_count; w++)
        if (e->row[w].original == original) {
            must(count < REP_COUNT);
            sides[count++] = w;
        }
    return count;
}

/* The patient that was being read is read to its end. */
static void end_patient(double *values, struct placing *side, size_t sides)
{
    for (size_t k = 0; k < sides; k++) {
        double *own = values + side[k].row->place_at;
        put_patient(own, &side[k]);
        if (k > 0)
            put_change(own + (side[k].row->r2 ? R2_PLACE_VALUES : AUC_PLACE_VALUES), &side[k],
                       &side[0]);
    }
    for (size_t k = 0; k < sides; k++)
        side[k].patient = (struct patient_sums){0};
}

void exam_place(double *values, const struct exam *e, const real *probe_logits,
                const real *own_logits, const struct batch *b, const uint64_t *patient)
{
    for (size_t w = 0; w < e->row_count; w++) {
        size_t of[REP_COUNT];
        struct placing side[REP_COUNT];
        if (e->row[w].original != EXAM_NO_ROW)
            continue;
        size_t sides = sides_of(of, e, w);
        for (size_t k = 0; k < sides; k++)
            open_placing(&side[k], e, of[k], probe_logits, own_logits, b);
        for (size_t i = 0; i < b->rows; i++) {
            for (size_t k = 0; k < sides; k++)
                read_row(&side[k], &e->axis, i);
            if (i + 1 == b->rows || patient[i + 1] != patient[i])
                end_patient(values, side, sides);
        }
        for (size_t k = 0; k < sides; k++)
            close_placing(&side[k]);
    }
}
