#include "coordinator/assess_inside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/eval/notes.h"
#include "coordinator/eval/release.h"
#include "proto/base/must.h"

#define LEVEL .95
#define CELLS 4
/* Eight counts by label and score, and eight numbers that need no threshold: rows, positives, AUC,
 * mean score, Brier score, log loss, calibration's intercept and slope. */
#define FEW_SCORES 4
/* Whoever has fewer positives makes the largest gap by luck (methods.md 1.11, 12). */
#define FEWEST_OF_A_CLASS 10

/* One table on its way to a panel. */
struct assessment {
    const struct course *c;
    const struct census_table *t;
    const struct census_reader *reader;
    struct release_rules rules;
    uint32_t *site; /* [sites] */
    size_t sites;
    struct group_sums *sums;            /* [groups + 1], the last of everybody */
    struct group_clusters *patient;     /* likewise */
    size_t order[GROUPS_OF_A_KIND_MAX]; /* who is given up last, first */
    bool nothing, shown[GROUPS_OF_A_KIND_MAX];
    bool drawn[GROUPS_OF_A_KIND_MAX]; /* shown, and at every threshold of the predictor */
    bool *cells, *cells_of_all;       /* [thresholds * groups], [thresholds] */
};

/* The trial of an attack whose labels the table's predictor learnt, or NULL. */
static const struct attack_trial *trial_of(const struct course *c, const struct census_table *t)
{
    const struct exam *e = &c->exam;
    size_t trial = e->unit[e->row[c->census.reader[t->reader].row].unit].trial;
    return trial > 0 ? &e->attack.trial[trial - 1] : NULL;
}

/* --- who may be shown ---------------------------------------------------------------------- */

void assess_order(size_t *order, const struct course *c, const struct census *census,
                  size_t parting)
{
    for (size_t g = 0; g < census->parting[parting].groups; g++) {
        size_t at = g;
        for (;
             at > 0 && !c->model->ops->fixed &&
             census_expected(census, parting, order[at - 1]) < census_expected(census, parting, g);
             at--)
            order[at] = order[at - 1];
        order[at] = g;
    }
}

void assess_count_classes(int64_t *count, const size_t *order, const struct group_clusters *patient,
                          size_t groups)
{
    for (size_t i = 0; i < groups; i++) {
        count[2 * i] = (int64_t)patient[order[i]].with_positive;
        count[2 * i + 1] = (int64_t)patient[order[i]].with_negative;
    }
}

struct release_rules assess_rules(const struct settings *plan)
{
    return (struct release_rules){.min_cell = settings_int(plan, "privacy.min_cell"),
                                  .min_sites = settings_size(plan, "privacy.min_sites")};
}

/* Patients by cell, each in one of those it has rows in: the one of the fewest. */
static void part_patients(int64_t cell[CELLS], const double with[CELLS], double patients)
{
    bool parted[CELLS] = {false};
    double left = patients;
    for (size_t i = 0; i < CELLS; i++) {
        size_t least = CELLS;
        for (size_t k = 0; k < CELLS; k++)
            if (!parted[k] && (least == CELLS || with[k] < with[least]))
                least = k;
        parted[least] = true;
        double here = fmin(with[least], left);
        cell[least] = (int64_t)here;
        left -= here;
    }
}

static void judge_release(struct release *r, const struct assessment *a, const int64_t *count,
                          size_t columns)
{
    struct release_table table = {.groups = a->t->groups.count,
                                  .columns = columns,
                                  .count = count,
                                  .site = a->site,
                                  .sites = a->sites};
    release_once(r, &table, &a->rules);
}

static void judge_groups(struct assessment *a)
{
    int64_t count[GROUPS_OF_A_KIND_MAX * 2];
    size_t groups = a->t->groups.count;
    assess_count_classes(count, a->order, a->patient, groups);
    struct release *r = must_alloc(1, sizeof *r);
    judge_release(r, a, count, 2);
    a->nothing = r->number == 0 || r->shape.level != RELEASE_CELLS;
    for (size_t i = 0; i < groups; i++)
        a->shown[a->order[i]] = !a->nothing && !r->shape.withheld[i];
    free(r);
}

static void count_cells(int64_t *count, const struct assessment *a, size_t threshold)
{
    for (size_t i = 0; i < a->t->groups.count; i++) {
        const struct group_clusters *p = &a->patient[a->order[i]];
        part_patients(count + CELLS * i, p->table[threshold].with, p->patients);
    }
}

static void judge_cells(struct assessment *a, size_t threshold)
{
    int64_t count[GROUPS_OF_A_KIND_MAX * CELLS];
    size_t groups = a->t->groups.count;
    count_cells(count, a, threshold);
    struct release *r = must_alloc(1, sizeof *r);
    judge_release(r, a, count, CELLS);
    bool any = r->number > 0 && r->shape.level == RELEASE_CELLS;
    a->cells_of_all[threshold] = any;
    for (size_t i = 0; i < groups; i++)
        a->cells[threshold * groups + a->order[i]] = any && !r->shape.withheld[i];
    free(r);
}

/*
 * Counts at two thresholds bound each other: a group that is withheld at one is withheld at all, and
 * has no curve. What is withheld at a threshold is a chain from the last group of the order, so that
 * the longest is one that release.h could have chosen.
 */
static void judge_thresholds(struct assessment *a)
{
    size_t groups = a->t->groups.count, thresholds = a->reader->thresholds;
    for (size_t t = 0; t < thresholds; t++)
        judge_cells(a, t);
    for (size_t g = 0; g < groups; g++) {
        a->drawn[g] = a->shown[g];
        for (size_t t = 0; t < thresholds; t++)
            a->drawn[g] = a->drawn[g] && (a->cells[t * groups + g] || !a->cells_of_all[t]);
        for (size_t t = 0; t < thresholds; t++)
            a->cells[t * groups + g] = a->cells[t * groups + g] && a->drawn[g];
    }
}

/* Patients of a slot that so many of its rows are of, at the mean of rows a patient, rounded up. */
static int64_t patients_of(const struct group_clusters *p, int64_t rows)
{
    if (rows == 0)
        return 0;
    return (int64_t)fmax(1, floor((double)rows / ceil(p->rows / p->patients)));
}

/* Everybody's bins that are not empty, of more than FEW_SCORES the first FEW_SCORES + 1. */
static size_t scores_of(size_t bin[static FEW_SCORES + 1], const struct assessment *a)
{
    const struct group_sums *all = &a->sums[a->t->groups.count];
    size_t found = 0;
    for (size_t b = 0; b < a->c->exam.axis.bins && found <= FEW_SCORES; b++)
        if (all->count[0][b] + all->count[1][b] > 0)
            bin[found++] = b;
    return found;
}

/* The cells of a cut that is no threshold: sums over patients know of none. */
static void count_rows(int64_t *count, const struct assessment *a, size_t cut)
{
    size_t bins = a->c->exam.axis.bins;
    for (size_t i = 0; i < a->t->groups.count; i++) {
        const struct group_clusters *p = &a->patient[a->order[i]];
        const struct group_sums *s = &a->sums[a->order[i]];
        for (size_t label = 0; label < 2; label++) {
            int64_t above = hist_count_from(s->count[label], bins, cut);
            int64_t below = hist_count_from(s->count[label], bins, 0) - above;
            count[CELLS * i + 2 * label] = patients_of(p, above);
            count[CELLS * i + 2 * label + 1] = patients_of(p, below);
        }
    }
}

/* Between two neighbouring scores, by bin. */
static void judge_cut(struct assessment *a, size_t below, size_t above)
{
    int64_t count[GROUPS_OF_A_KIND_MAX * CELLS];
    const struct clusters *clusters = &a->t->clusters;
    count_rows(count, a, above);
    for (size_t t = 0; t < clusters->thresholds; t++)
        if (clusters->bin[t] > below && clusters->bin[t] <= above)
            count_cells(count, a, t);
    struct release *r = must_alloc(1, sizeof *r);
    judge_release(r, a, count, CELLS);
    a->nothing = a->nothing || r->number == 0 || r->shape.level != RELEASE_CELLS;
    for (size_t i = 0; i < a->t->groups.count; i++)
        a->shown[a->order[i]] = a->shown[a->order[i]] && !r->shape.withheld[i];
    free(r);
}

/* Of few different scores, numbers without a threshold tell the tables between them. */
static void judge_few_scores(struct assessment *a)
{
    size_t bin[FEW_SCORES + 1], scores = scores_of(bin, a);
    for (size_t i = 1; i < scores && scores <= FEW_SCORES; i++)
        judge_cut(a, bin[i - 1], bin[i]);
    for (size_t g = 0; g < a->t->groups.count; g++)
        a->shown[g] = a->shown[g] && !a->nothing;
}

/* --- the panel ----------------------------------------------------------------------------- */

/* Rows that are surely min_cell patients: as many to each as all have on average, rounded up. */
static double fewest_of(const struct assessment *a, size_t slot)
{
    const struct group_clusters *p = &a->patient[slot];
    double rows = 0;
    for (int label = 0; label < 2; label++)
        rows += (double)hist_count_from(a->sums[slot].count[label], a->c->exam.axis.bins, 0);
    return (double)a->rules.min_cell * (p->patients > 0 ? ceil(rows / p->patients) : 1);
}

/* The share of the scored rows that are of no group; NAN where they are so few that this tells them. */
static double unknown_share(const struct assessment *a)
{
    const struct exam *e = &a->c->exam;
    size_t bins = e->axis.bins, everybody = a->t->groups.count;
    const double *scored = e->test + e->row[a->reader->row].valid_at;
    double rows = 0, unknown = 0;
    for (int label = 1; label >= 0; label--, scored += bins) {
        double all = 0;
        for (size_t b = 0; b < bins; b++)
            all += scored[b];
        double left = all - (double)hist_count_from(a->sums[everybody].count[label], bins, 0);
        if (left != 0 && left < fewest_of(a, everybody))
            return (double)NAN;
        rows += all;
        unknown += left;
    }
    return rows > 0 && !a->nothing ? unknown / rows : (double)NAN;
}

static bool counts_rows(const struct assessment *a)
{
    return strcmp(settings_text(a->c->plan, "evaluate.unit"), "row") == 0;
}

static void name_panel(struct panel *p, const struct assessment *a)
{
    const struct census *census = &a->c->census;
    struct measure m = exam_row_measure(&a->c->exam, a->reader->row);
    char name[CENSUS_NAME_MAX];
    census_parting_name(name, census, a->t->parting);
    *p = (struct panel){.representation = m.representation,
                        .probe = m.probe,
                        .split = m.split,
                        .unit = counts_rows(a) ? "row" : "patient",
                        .unknown = unknown_share(a),
                        .groups = a->t->groups.count};
    snprintf(p->task, sizeof p->task, "%s", m.target);
    snprintf(p->attribute, sizeof p->attribute, "%.*s", PANEL_NAME_MAX - 1, name);
    p->group = must_alloc(p->groups, sizeof *p->group);
    for (size_t g = 0; g < p->groups; g++) {
        census_group_name(name, census, a->t->parting, g);
        snprintf(p->group[g], sizeof p->group[g], "%.*s", PANEL_NAME_MAX - 1, name);
    }
}

static void number_panel(struct panel *p, const struct assessment *a, const char *const *name,
                         uint64_t seed)
{
    const struct settings *plan = a->c->plan;
    struct fairness_shown shown = {.nothing = a->nothing,
                                   .group = a->shown,
                                   .cells = a->cells,
                                   .cells_of_all = a->cells_of_all};
    struct fairness_question q = {.groups = &a->t->groups,
                                  .name = name,
                                  .threshold = a->reader->threshold,
                                  .thresholds = a->reader->thresholds,
                                  .privileged = a->order[0],
                                  .clusters = counts_rows(a) ? NULL : a->patient,
                                  .shown = &shown,
                                  .min_cell = (double)a->rules.min_cell,
                                  .fewest = FEWEST_OF_A_CLASS,
                                  .level = LEVEL,
                                  .replicates = settings_size(plan, "evaluate.replicates"),
                                  .seed = seed};
    fairness_open(&p->fairness, &q, a->sums);
}

static void draw_panel(struct panel *p, const struct assessment *a, const char *const *name)
{
    double fewest[GROUPS_OF_A_KIND_MAX + 1];
    for (size_t g = 0; g <= p->groups; g++)
        fewest[g] = fewest_of(a, g);
    if (!a->nothing)
        curves_open(&p->curves, &a->t->groups, a->sums, name, a->drawn, fewest,
                    a->reader->threshold, a->reader->thresholds);
}

static void fill_panel(struct panel *p, struct assessment *a, uint64_t seed)
{
    const char *name[GROUPS_OF_A_KIND_MAX];
    assess_order(a->order, a->c, &a->c->census, a->t->parting);
    judge_groups(a);
    judge_few_scores(a);
    judge_thresholds(a);
    name_panel(p, a);
    for (size_t g = 0; g < p->groups; g++)
        name[g] = p->group[g];
    number_panel(p, a, name, seed);
    if (trial_of(a->c, a->t) != NULL)
        return;
    draw_panel(p, a, name);
    notes_fill(p, &a->t->groups, a->sums, a->rules.min_cell);
}

static void open_table(struct assessment *a, const struct census_table *t)
{
    const struct census *census = &a->c->census;
    size_t groups = t->groups.count;
    a->t = t;
    a->reader = &census->reader[t->reader];
    a->sums = must_alloc(groups + 1, sizeof *a->sums);
    a->patient = must_alloc(groups + 1, sizeof *a->patient);
    a->cells = must_alloc(a->reader->thresholds * groups + 1, sizeof *a->cells);
    a->cells_of_all = must_alloc(a->reader->thresholds + 1, sizeof *a->cells_of_all);
    groups_read(a->sums, &t->groups, census->sums + t->groups_at);
    groups_pool(&a->sums[groups], &t->groups, a->sums);
    clusters_read(a->patient, &t->clusters, census->sums + t->clusters_at,
                  census->place + t->place_at);
}

static void close_table(struct assessment *a)
{
    free(a->sums);
    free(a->patient);
    free(a->cells);
    free(a->cells_of_all);
}

static void open_assessment(struct assessment *a, const struct course *c, size_t sites)
{
    *a = (struct assessment){.c = c,
                             .rules = assess_rules(c->plan),
                             .site = must_alloc(sites + 1, sizeof *a->site),
                             .sites = sites};
    for (size_t i = 0; i < sites; i++)
        a->site[i] = (uint32_t)i;
}

static void assess_table(struct panel *p, struct assessment *a, size_t at)
{
    open_table(a, &a->c->census.table[at]);
    fill_panel(p, a, (uint64_t)settings_int(a->c->plan, "seed") + at);
    close_table(a);
}

void assess_open(struct panel **panels, size_t *count, const struct course *c, size_t sites)
{
    struct assessment a;
    open_assessment(&a, c, sites);
    *count = 0;
    *panels = must_alloc(c->census.table_count + 1, sizeof **panels);
    for (size_t i = 0; i < c->census.table_count; i++)
        if (trial_of(c, &c->census.table[i]) == NULL)
            assess_table(&(*panels)[(*count)++], &a, i);
    free(a.site);
}

void assess_attacks(struct trial **trials, size_t *count, const struct course *c, size_t sites)
{
    struct assessment a;
    open_assessment(&a, c, sites);
    *count = 0;
    *trials = must_alloc(c->census.table_count + 1, sizeof **trials);
    for (size_t i = 0; i < c->census.table_count; i++) {
        const struct census_table *table = &c->census.table[i];
        const struct census_reader *r = &c->census.reader[table->reader];
        const struct attack_trial *of = trial_of(c, table);
        if (of == NULL)
            continue;
        struct trial *t = &(*trials)[(*count)++];
        assess_table(&t->panel, &a, i);
        snprintf(t->target, sizeof t->target, "%s", c->who.group[of->group].level[of->level]);
        t->rate = of->rate;
        t->fixed = CENSUS_FIXED;
        t->rank = r->rank;
    }
    free(a.site);
}
