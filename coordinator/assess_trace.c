/* What validation rows said while the model trained, as points of the report's history. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "coordinator/assess_inside.h"
#include "models/metrics/delong.h"
#include "models/metrics/fairness.h"
#include "proto/base/must.h"

#define LEVEL      .95
#define REPLICATES 200

struct teller {
    assess_point *tell;
    void *ctx;
};

static void tell_number(const struct teller *to, const char *kind, const char *name, double value,
                        double lo, double hi)
{
    char bound[32];
    to->tell(to->ctx, kind, name, value);
    if (isnan(lo))
        return;
    snprintf(bound, sizeof bound, "lo.%s", kind);
    to->tell(to->ctx, bound, name, lo);
    snprintf(bound, sizeof bound, "hi.%s", kind);
    to->tell(to->ctx, bound, name, hi);
}

/* --- readers ------------------------------------------------------------------------------- */

static void tell_reader(const struct teller *to, const struct course *c,
                        const struct trace_reader *r)
{
    const struct trace *t = &c->trace;
    size_t bins = c->exam.axis.bins;
    const double *sums = t->sums + r->at;
    int64_t *count = must_alloc(2 * bins, sizeof *count);
    for (size_t b = 0; b < 2 * bins; b++)
        count[b] = (int64_t)sums[b];
    double positives = (double)hist_count_from(count, bins, 0);
    double negatives = (double)hist_count_from(count + bins, bins, 0);
    double auc = hist_auc(count, count + bins, bins);
    double fewest = (double)settings_int(c->plan, "privacy.min_cell");
    struct interval i = {.lo = (double)NAN, .hi = (double)NAN};
    /* Rows of one patient are alike: without a second pass nobody knows how alike. */
    if (sums[2 * bins] == positives + negatives) {
        struct cluster_sums rows = delong_sums(auc, count, count + bins, bins);
        i = interval_auc(auc, &rows, LEVEL);
    }
    struct measure m = exam_row_measure(&c->exam, r->row);
    if (positives >= fewest && negatives >= fewest && sums[2 * bins] >= fewest)
        tell_number(to, m.leakage ? "leakage" : "utility", m.target, auc, i.lo, i.hi);
    free(count);
}

/* --- gaps ---------------------------------------------------------------------------------- */

struct gap {
    const struct census_table *t;
    struct group_sums *sums;
    struct group_clusters *patient;
    bool shown[GROUPS_OF_A_KIND_MAX];
};

/* False: nothing new may be shown of this table. */
static bool may_show(struct gap *g, struct release_memory *memory, const struct course *c,
                     const uint32_t *site, size_t sites)
{
    int64_t count[2 * GROUPS_OF_A_KIND_MAX];
    size_t groups = g->t->groups.count;
    size_t order[GROUPS_OF_A_KIND_MAX];
    assess_order(order, c, &c->trace.census, g->t->parting);
    assess_count_classes(count, order, g->patient, groups);
    struct release_table table = {
        .groups = groups, .columns = 2, .count = count, .site = site, .sites = sites};
    struct release_rules rules = assess_rules(c->plan);
    struct release *r = must_alloc(1, sizeof *r);
    release_next(r, memory, &table, &rules);
    bool fresh = r->news == RELEASE_FRESH && r->shape.level == RELEASE_CELLS;
    for (size_t i = 0; i < groups; i++)
        g->shown[order[i]] = fresh && !r->shape.withheld[i];
    free(r);
    return fresh;
}

static void tell_gap(const struct teller *to, const struct course *c, const struct gap *g)
{
    const char *name[GROUPS_OF_A_KIND_MAX];
    for (size_t i = 0; i < g->t->groups.count; i++)
        name[i] = "-"; /* nobody reads them */
    struct fairness_shown shown = {.group = g->shown};
    struct fairness_question q = {.groups = &g->t->groups,
                                  .name = name,
                                  .privileged = FAIRNESS_NOBODY,
                                  .clusters = g->patient,
                                  .shown = &shown,
                                  .min_cell = (double)settings_int(c->plan, "privacy.min_cell"),
                                  .level = LEVEL,
                                  .replicates = REPLICATES,
                                  .seed = (uint64_t)settings_int(c->plan, "seed")};
    struct fairness f;
    fairness_open(&f, &q, g->sums);
    const struct fairness_measure *m = fairness_find(&f, "auc_gap", "", "", (double)NAN);
    if (m != NULL && !isnan(m->value)) {
        char name_of[MEASURE_NAME_MAX], attribute[CENSUS_NAME_MAX];
        struct measure of = exam_row_measure(&c->exam, c->trace.census.reader[g->t->reader].row);
        census_parting_name(attribute, &c->trace.census, g->t->parting);
        snprintf(name_of, sizeof name_of, "%.48s.%.48s.auc_gap", of.target, attribute);
        tell_number(to, "gap", name_of, m->value, m->lo, m->hi);
        to->tell(to->ctx, "floor", name_of, m->noise_floor);
    }
    fairness_close(&f);
}

static void tell_table(const struct teller *to, struct release_memory *memory,
                       const struct course *c, const struct census_table *t, const uint32_t *site,
                       size_t sites)
{
    const struct census *census = &c->trace.census;
    size_t groups = t->groups.count;
    struct gap g = {.t = t,
                    .sums = must_alloc(groups, sizeof *g.sums),
                    .patient = must_alloc(groups + 1, sizeof *g.patient)};
    groups_read(g.sums, &t->groups, census->sums + t->groups_at);
    clusters_read(g.patient, &t->clusters, census->sums + t->clusters_at, NULL);
    if (may_show(&g, memory, c, site, sites))
        tell_gap(to, c, &g);
    free(g.sums);
    free(g.patient);
}

void assess_trace(assess_point *tell, void *ctx, struct release_memory *memory,
                  const struct course *c, const uint32_t *site, size_t sites)
{
    const struct trace *t = &c->trace;
    struct teller to = {tell, ctx};
    for (size_t i = 0; i < t->reader_count; i++)
        tell_reader(&to, c, &t->reader[i]);
    for (size_t i = 0; i < t->census.table_count; i++)
        tell_table(&to, &memory[i], c, &t->census.table[i], site, sites);
}
