/* What a site counts of its rows: the two passes of census.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/census.h"
#include "proto/base/must.h"

#define NOBODY SIZE_MAX

/* The rows of one table that have a label and a group, patient after patient. */
struct rows {
    size_t count;
    double *logit;
    int *label;
    size_t *group;
    uint64_t *patient;
};

static void open_rows(struct rows *r, size_t room)
{
    *r = (struct rows){.logit = must_alloc(room + 1, sizeof *r->logit),
                       .label = must_alloc(room + 1, sizeof *r->label),
                       .group = must_alloc(room + 1, sizeof *r->group),
                       .patient = must_alloc(room + 1, sizeof *r->patient)};
}

static void close_rows(struct rows *r)
{
    free(r->logit);
    free(r->label);
    free(r->group);
    free(r->patient);
}

static size_t group_of(const struct census *c, const struct census_parting *p, const real *value_of,
                       size_t rows, size_t row)
{
    size_t group = 0;
    for (size_t i = 0; i < p->crossed; i++) {
        real value = value_of[p->attribute[i] * rows + row];
        if (isnan(value))
            return NOBODY;
        group = group * c->exam->who->group[p->attribute[i]].levels + (size_t)value;
    }
    return group;
}

static void pick_rows(struct rows *to, const struct census *c, const struct census_table *t,
                      const struct exam_scores *scores, const real *group_values,
                      const uint64_t *patient)
{
    to->count = 0;
    for (size_t i = 0; i < scores->rows; i++) {
        int label = exam_score_class(scores, i);
        size_t group = group_of(c, &c->parting[t->parting], group_values, scores->rows, i);
        if (label < 0 || group == NOBODY)
            continue;
        size_t at = to->count++;
        to->logit[at] = exam_score(scores, i);
        to->label[at] = label;
        to->group[at] = group;
        to->patient[at] = patient[i];
    }
}

/* Rows of one group among those of one patient, put side by side. */
struct bunch {
    double *logit;
    int *label;
};

typedef void bunch_done(void *ctx, size_t group, const double *logit, const int *label, size_t n);

/* A patient's rows first..end: each of its groups, then all as `everybody`. */
static void tell_patient(const struct rows *r, size_t first, size_t end, size_t everybody,
                         const struct bunch *room, bunch_done *done, void *ctx)
{
    for (size_t i = first; i < end; i++) {
        bool told = false;
        for (size_t k = first; k < i; k++)
            told = told || r->group[k] == r->group[i];
        size_t n = 0;
        for (size_t k = i; k < end && !told; k++) {
            if (r->group[k] != r->group[i])
                continue;
            room->logit[n] = r->logit[k];
            room->label[n++] = r->label[k];
        }
        if (!told)
            done(ctx, r->group[i], room->logit, room->label, n);
    }
    done(ctx, everybody, r->logit + first, r->label + first, end - first);
}

static void tell_patients(const struct rows *r, size_t everybody, bunch_done *done, void *ctx)
{
    struct bunch room = {.logit = must_alloc(r->count + 1, sizeof(double)),
                         .label = must_alloc(r->count + 1, sizeof(int))};
    for (size_t first = 0, end = 0; first < r->count; first = end) {
        for (end = first + 1; end < r->count && r->patient[end] == r->patient[first];)
            end++;
        tell_patient(r, first, end, everybody, &room, done, ctx);
    }
    free(room.logit);
    free(room.label);
}

struct first_pass {
    double *values;
    const struct clusters *clusters;
};

static void tally_bunch(void *ctx, size_t group, const double *logit, const int *label, size_t n)
{
    const struct first_pass *pass = ctx;
    clusters_tally(pass->values, pass->clusters, group, logit, label, n);
}

void census_tally(double *values, const struct census *c, const struct exam_scores *scores,
                  const real *group, const uint64_t *patient)
{
    struct rows rows;
    open_rows(&rows, c->reader_count > 0 ? scores[0].rows : 0);
    memset(values, 0, c->values * sizeof *values);
    for (size_t i = 0; i < c->table_count; i++) {
        const struct census_table *t = &c->table[i];
        pick_rows(&rows, c, t, &scores[t->reader], group, patient);
        for (size_t k = 0; k < rows.count; k++)
            groups_tally(values + t->groups_at, &t->groups, rows.group[k], rows.logit[k],
                         rows.label[k]);
        struct first_pass pass = {values + t->clusters_at, &t->clusters};
        tell_patients(&rows, t->groups.count, tally_bunch, &pass);
    }
    close_rows(&rows);
}

/* Placements of one slot: a group, or everybody. */
struct slot {
    double *of_positive, *of_negative; /* [bins] */
    double auc;
};

struct second_pass {
    double *values;
    const struct clusters *clusters;
    struct slot *slot; /* [groups + 1] */
};

static void place_bunch(void *ctx, size_t group, const double *logit, const int *label, size_t n)
{
    const struct second_pass *pass = ctx;
    const struct slot *s = &pass->slot[group];
    if (!isnan(s->auc))
        clusters_place(pass->values, pass->clusters, group, s->of_positive, s->of_negative, s->auc,
                       logit, label, n);
}

static void open_slot(struct slot *s, const struct group_sums *sums, size_t bins)
{
    *s = (struct slot){.of_positive = must_alloc(bins, sizeof(double)),
                       .of_negative = must_alloc(bins, sizeof(double)),
                       .auc = hist_auc(sums->count[1], sums->count[0], bins)};
    hist_placements(s->of_positive, s->of_negative, sums->count[1], sums->count[0], bins);
}

static struct slot *open_slots(const struct census *c, const struct census_table *t)
{
    size_t groups = t->groups.count, bins = c->exam->axis.bins;
    struct group_sums *sums = must_alloc(groups + 1, sizeof *sums);
    struct slot *slot = must_alloc(groups + 1, sizeof *slot);
    groups_read(sums, &t->groups, c->sums + t->groups_at);
    groups_pool(&sums[groups], &t->groups, sums);
    for (size_t i = 0; i <= groups; i++)
        open_slot(&slot[i], &sums[i], bins);
    free(sums);
    return slot;
}

static void close_slots(struct slot *slot, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(slot[i].of_positive);
        free(slot[i].of_negative);
    }
    free(slot);
}

void census_place(double *values, const struct census *c, const struct exam_scores *scores,
                  const real *group, const uint64_t *patient)
{
    struct rows rows;
    open_rows(&rows, c->reader_count > 0 ? scores[0].rows : 0);
    memset(values, 0, c->place_values * sizeof *values);
    for (size_t i = 0; i < c->table_count; i++) {
        const struct census_table *t = &c->table[i];
        struct second_pass pass = {values + t->place_at, &t->clusters, open_slots(c, t)};
        pick_rows(&rows, c, t, &scores[t->reader], group, patient);
        tell_patients(&rows, t->groups.count, place_bunch, &pass);
        close_slots(pass.slot, t->groups.count + 1);
    }
    close_rows(&rows);
}
