#include "models/census.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/metrics/fairness.h"
#include "proto/base/must.h"

#define KEY "evaluate.intersections"

static const struct target *attribute_of(const struct census *c, size_t at)
{
    return &c->exam->who->group[at];
}

/* --- who is asked for whom ----------------------------------------------------------------- */

/* The attribute's index, or GROUPS_MAX. */
static size_t find_attribute(const struct population *who, const char *name, size_t len)
{
    for (size_t i = 0; i < who->group_count; i++)
        if (strlen(who->group[i].name) == len && strncmp(who->group[i].name, name, len) == 0)
            return i;
    return GROUPS_MAX;
}

static void add_attribute(struct census_parting *p, const struct population *who, size_t at)
{
    p->attribute[p->crossed++] = at;
    p->groups = (p->groups == 0 ? 1 : p->groups) * who->group[at].levels;
}

static enum status cross(struct census_parting *p, const struct population *who, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, "*");
        size_t found = find_attribute(who, at, len);
        if (found == GROUPS_MAX || who->group[found].levels == 0)
            return fault(EC_CFG_CHOICE, KEY, "`%.*s` of `%s` is no group attribute with levels",
                         (int)len, at, text);
        if (p->crossed == CENSUS_CROSSED_MAX)
            return fault(EC_CFG_CONFLICT, KEY, "`%s` crosses more than %d attributes", text,
                         CENSUS_CROSSED_MAX);
        add_attribute(p, who, found);
        at += len + (at[len] == '*');
    }
    if (p->crossed < 2)
        return fault(EC_CFG_CHOICE, KEY, "`%s` crosses fewer than two attributes", text);
    if (p->groups > GROUPS_OF_A_KIND_MAX)
        return fault(EC_CFG_CONFLICT, KEY, "`%s` makes %zu groups, at most %d can be counted", text,
                     p->groups, GROUPS_OF_A_KIND_MAX);
    return ST_OK;
}

static enum status pick_partings(struct census *c)
{
    const struct population *who = c->exam->who;
    size_t crossings = settings_count(c->exam->plan, KEY);
    c->parting = must_alloc(who->group_count + crossings + 1, sizeof *c->parting);
    for (size_t i = 0; i < who->group_count; i++)
        if (who->group[i].levels > 0)
            add_attribute(&c->parting[c->parting_count++], who, i);
    for (size_t i = 0; i < crossings; i++) {
        enum status st =
            cross(&c->parting[c->parting_count++], who, settings_list_text(c->exam->plan, i, KEY));
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

/* A reader of poisoned labels: for the target of the attack against the others. */
static void aim(struct census_reader *r, const struct census *c, const struct attack_trial *t)
{
    const struct census_parting *p = c->parting;
    while (p->crossed > 1 || p->attribute[0] != t->group)
        p++;
    r->parting = (size_t)(p - c->parting);
    r->flagged = settings_real(c->exam->plan, "attacks[%zu].flagged", t->attack);
}

static void pick_readers(struct census *c, const size_t *row, size_t rows)
{
    const struct exam *e = c->exam;
    c->reader = must_alloc(rows + 1, sizeof *c->reader);
    for (size_t i = 0; i < rows; i++) {
        const struct exam_unit *u = &e->unit[e->row[row[i]].unit];
        struct census_reader *r = &c->reader[c->reader_count];
        if (u->group || e->row[row[i]].r2 || u->representation == REP_NOISE ||
            (u->trial == 0 && !settings_bool(e->plan, "evaluate.fairness")))
            continue;
        *r = (struct census_reader){.row = row[i], .parting = CENSUS_EVERY, .rank = (double)NAN};
        if (u->trial > 0)
            aim(r, c, &e->attack.trial[u->trial - 1]);
        c->reader_count++;
    }
}

enum status census_open(struct census *c, const struct exam *e, const size_t *row, size_t rows)
{
    *c = (struct census){.exam = e};
    if (!settings_bool(e->plan, "evaluate.fairness") && e->attack.trial_count == 0)
        return ST_OK;
    enum status st = pick_partings(c);
    if (st != ST_OK) {
        census_close(c);
        return st;
    }
    pick_readers(c, row, rows);
    return ST_OK;
}

void census_close(struct census *c)
{
    free(c->parting);
    free(c->reader);
    free(c->table);
    free(c->sums);
    free(c->place);
    *c = (struct census){0};
}

/* --- thresholds, and then the tables ------------------------------------------------------- */

bool census_chooses(const struct census *c)
{
    const struct settings *plan = c->exam->plan;
    for (size_t r = 0; r < c->reader_count; r++)
        if (c->reader[r].flagged > 0)
            return true;
    return c->reader_count > 0 && c->parting_count > 0 &&
           (settings_real(plan, "evaluate.sensitivity") > 0 ||
            settings_real(plan, "evaluate.specificity") > 0);
}

static void add_threshold(struct census_reader *r, double threshold)
{
    for (size_t i = 0; i < r->thresholds; i++)
        if (r->threshold[i] == threshold)
            return;
    must(r->thresholds < CLUSTERS_THRESHOLDS_MAX);
    r->threshold[r->thresholds++] = threshold;
}

/* The histograms of a reader as sums of which only the counts are known. */
static void counts_of(struct group_sums *sums, const struct exam *e, size_t row,
                      const double *valid)
{
    const double *at = valid + e->row[row].valid_at;
    for (size_t b = 0; b < e->axis.bins; b++) {
        sums->count[1][b] = (int64_t)at[b];
        sums->count[0][b] = (int64_t)at[e->axis.bins + b];
    }
}

static void choose(struct census_reader *r, const struct exam *e, const double *valid)
{
    static const struct {
        const char *key;
        enum fairness_aim aim;
    } aims[] = {{NULL, FAIRNESS_SELECTION},
                {"evaluate.sensitivity", FAIRNESS_SENSITIVITY},
                {"evaluate.specificity", FAIRNESS_SPECIFICITY}};
    struct group_sums *sums = must_alloc(1, sizeof *sums);
    counts_of(sums, e, r->row, valid);
    for (size_t i = 0; i < COUNT(aims); i++) {
        bool by_rank = aims[i].key == NULL;
        if (by_rank != (r->flagged > 0))
            continue;
        double wanted = by_rank ? r->flagged : settings_real(e->plan, "%s", aims[i].key);
        double threshold =
            wanted > 0 ? fairness_threshold(&e->axis, sums, aims[i].aim, wanted) : (double)NAN;
        if (!isnan(threshold))
            add_threshold(r, threshold);
        if (by_rank)
            r->rank = threshold;
    }
    free(sums);
}

static void add_table(struct census *c, size_t reader, size_t parting)
{
    struct census_table *t = &c->table[c->table_count++];
    const struct census_reader *r = &c->reader[reader];
    size_t groups = c->parting[parting].groups;
    *t = (struct census_table){.reader = reader, .parting = parting, .groups_at = c->values};
    groups_open(&t->groups, &c->exam->axis, groups);
    clusters_open(&t->clusters, &c->exam->axis, r->threshold, r->thresholds, groups);
    t->clusters_at = t->groups_at + groups_values(&t->groups);
    t->place_at = c->place_values;
    c->values = t->clusters_at + clusters_values(&t->clusters);
    c->place_values += clusters_place_values(&t->clusters);
}

static void open_tables(struct census *c)
{
    must(c->table == NULL);
    c->table = must_alloc(c->reader_count * c->parting_count + 1, sizeof *c->table);
    for (size_t r = 0; r < c->reader_count; r++)
        for (size_t p = 0; p < c->parting_count; p++)
            if (c->reader[r].parting == CENSUS_EVERY || c->reader[r].parting == p)
                add_table(c, r, p);
    c->sums = must_alloc(c->values + 1, sizeof *c->sums);
    c->place = must_alloc(c->place_values + 1, sizeof *c->place);
}

void census_choose(struct census *c, const double *valid)
{
    const struct settings *plan = c->exam->plan;
    for (size_t r = 0; r < c->reader_count; r++) {
        bool attacked = c->reader[r].flagged > 0;
        if (attacked)
            add_threshold(&c->reader[r], CENSUS_FIXED);
        for (size_t i = 0; i < settings_count(plan, "evaluate.thresholds") && !attacked; i++)
            add_threshold(&c->reader[r], settings_list_real(plan, i, "evaluate.thresholds"));
        if (valid != NULL)
            choose(&c->reader[r], c->exam, valid);
    }
    open_tables(c);
}

void census_plain(struct census *c)
{
    open_tables(c);
}

/* --- names --------------------------------------------------------------------------------- */

void census_parting_name(char out[static CENSUS_NAME_MAX], const struct census *c, size_t parting)
{
    const struct census_parting *p = &c->parting[parting];
    size_t used = 0;
    for (size_t i = 0; i < p->crossed; i++)
        used += (size_t)snprintf(out + used, CENSUS_NAME_MAX - used, "%s%s", i > 0 ? "*" : "",
                                 attribute_of(c, p->attribute[i])->name);
}

/* The level of crossed attribute `at` in a group. */
static size_t level_of(const struct census *c, const struct census_parting *p, size_t group,
                       size_t at)
{
    for (size_t i = p->crossed; i-- > at + 1;)
        group /= attribute_of(c, p->attribute[i])->levels;
    return group % attribute_of(c, p->attribute[at])->levels;
}

void census_group_name(char out[static CENSUS_NAME_MAX], const struct census *c, size_t parting,
                       size_t group)
{
    const struct census_parting *p = &c->parting[parting];
    size_t used = 0;
    for (size_t i = 0; i < p->crossed; i++)
        used += (size_t)snprintf(out + used, CENSUS_NAME_MAX - used, "%s%s", i > 0 ? ", " : "",
                                 attribute_of(c, p->attribute[i])->level[level_of(c, p, group, i)]);
}

double census_expected(const struct census *c, size_t parting, size_t group)
{
    const struct census_parting *p = &c->parting[parting];
    double share = 1;
    for (size_t i = 0; i < p->crossed; i++)
        share *= attribute_of(c, p->attribute[i])->share[level_of(c, p, group, i)];
    return share;
}

/* --- sums ---------------------------------------------------------------------------------- */

void census_fold(struct census *c, const double *sums)
{
    memcpy(c->sums, sums, c->values * sizeof *sums);
}

void census_fold_place(struct census *c, const double *sums)
{
    memcpy(c->place, sums, c->place_values * sizeof *sums);
}

/* Histograms and patients that were judged alone: are they of the same rows? */
static enum status match(const struct census_table *t, const double *sums)
{
    size_t slots = t->groups.count + 1;
    struct group_sums *groups = must_alloc(slots, sizeof *groups);
    struct group_clusters *patients = must_alloc(slots, sizeof *patients);
    groups_read(groups, &t->groups, sums + t->groups_at);
    clusters_read(patients, &t->clusters, sums + t->clusters_at, NULL);
    enum status st = clusters_match(patients, &t->clusters, &t->groups, groups);
    free(groups);
    free(patients);
    return st;
}

enum status census_judge(const struct census *c, const double *sums)
{
    for (size_t i = 0; i < c->table_count; i++) {
        const struct census_table *t = &c->table[i];
        enum status st = groups_judge(&t->groups, sums + t->groups_at);
        if (st == ST_OK)
            st = clusters_judge(&t->clusters, sums + t->clusters_at);
        if (st == ST_OK)
            st = match(t, sums);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

enum status census_judge_place(const struct census *c, const double *sums)
{
    for (size_t i = 0; i < c->table_count; i++) {
        const struct census_table *t = &c->table[i];
        enum status st =
            clusters_judge_place(&t->clusters, c->sums + t->clusters_at, sums + t->place_at);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}
