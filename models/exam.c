#include "models/exam.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/must.h"

#define R2_TEST_VALUES   4
#define R2_PLACE_VALUES  4
#define AUC_PLACE_VALUES 6

const char *const exam_representations[REP_COUNT] = {"original", "erasure", "debiased", "noise"};

size_t exam_width(const struct exam *e, enum representation r)
{
    bool released = e->subject->release_width > 0;
    if (r == REP_ORIGINAL || r == REP_ERASURE || !released)
        return e->who->width;
    return e->subject->release_width;
}

static void pick_slices(struct exam *e)
{
    bool released = e->subject->release_width > 0;
    for (size_t r = 0; r < REP_COUNT; r++) {
        bool wanted = settings_has(e->plan, "evaluate.representations", exam_representations[r]);
        if (!wanted || (r == REP_DEBIASED && !released))
            continue;
        size_t at = e->spec.slice_count++;
        e->slice_of[at] = (enum representation)r;
        e->spec.slice[at] = (struct probe_slice){.at = e->spec.width,
                                                 .width = exam_width(e, (enum representation)r)};
        e->spec.width += e->spec.slice[at].width;
    }
}

static const struct target *target_of(const struct exam *e, bool group, size_t at)
{
    return group ? &e->who->group[at] : &e->who->task[at];
}

/* Can anything be learnt about it: are two of its levels (or its value) known at all? */
static bool learnable(const struct target *t)
{
    if (t->kind == TARGET_REGRESSION)
        return t->known > 0;
    size_t seen = 0;
    for (size_t i = 0; i < t->levels; i++)
        seen += t->share[i] > 0;
    return seen >= 2;
}

static void add_row(struct exam *e, struct exam_row row)
{
    row.valid_at = e->test_values;
    row.place_at = e->place_values;
    size_t seeds = e->unit[row.unit].seeds;
    e->test_values += seeds * (row.r2 ? R2_TEST_VALUES : 2 * e->axis.bins);
    e->place_values += row.r2 ? R2_PLACE_VALUES : AUC_PLACE_VALUES;
    e->row[e->row_count++] = row;
}

static void add_rows(struct exam *e, size_t unit)
{
    struct exam_unit *u = &e->unit[unit];
    const struct target *t = target_of(e, u->group, u->target);
    u->row = e->row_count;
    if (t->kind == TARGET_REGRESSION) {
        add_row(e, (struct exam_row){.unit = unit, .r2 = true});
    } else if (t->kind == TARGET_BINARY) {
        add_row(e, (struct exam_row){.unit = unit, .level = 1, .base = 0});
    } else {
        size_t base = target_largest(t);
        for (size_t l = 0; l < t->levels; l++)
            if (l != base && t->share[l] > 0)
                add_row(e, (struct exam_row){.unit = unit, .level = l, .base = base});
    }
    u->row_count = e->row_count - u->row;
}

static void add_unit(struct exam *e, struct exam_unit u)
{
    for (size_t s = 0; s < u.seeds && !u.own; s++)
        e->spec.head[e->spec.head_count++] = (struct probe_head){.slice = u.slice,
                                                                 .kind = u.kind,
                                                                 .group = u.group,
                                                                 .target = u.target,
                                                                 .labels = u.trial,
                                                                 .seed = s};
    e->unit[e->unit_count] = u;
    add_rows(e, e->unit_count++);
}

/* Every target read by one kind of probe from one slice. */
static void add_slice(struct exam *e, size_t slice, enum probe_kind kind, size_t seeds)
{
    for (size_t g = 0; g < 2; g++) {
        size_t count = g == 1 ? e->who->group_count : e->who->task_count;
        for (size_t i = 0; i < count; i++)
            if (learnable(target_of(e, g == 1, i)))
                add_unit(e, (struct exam_unit){.slice = slice,
                                               .representation = e->slice_of[slice],
                                               .kind = kind,
                                               .group = g == 1,
                                               .target = i,
                                               .head = e->spec.head_count,
                                               .seeds = seeds});
    }
}

/* A head of its own is measured where it stands for the run's result: nothing is released. */
static void add_own(struct exam *e)
{
    if (e->subject->outputs == 0 || e->subject->release_width > 0)
        return;
    enum probe_kind kind = strcmp(e->subject->ops->name, "mlp") == 0 ? PROBE_MLP : PROBE_LINEAR;
    for (size_t i = 0; i < e->who->task_count; i++)
        if (e->subject->task_at[i] != SIZE_MAX && learnable(&e->who->task[i]))
            add_unit(e, (struct exam_unit){.own = true,
                                           .representation = REP_ORIGINAL,
                                           .kind = kind,
                                           .target = i,
                                           .seeds = 1});
}

/* Every trial of the plan's attacks, read by one kind of probe from one slice. */
static void add_trials(struct exam *e, size_t slice, enum probe_kind kind)
{
    for (size_t i = 0; i < e->attack.trial_count; i++)
        if (e->slice_of[slice] != REP_NOISE && learnable(&e->who->task[e->attack.trial[i].task]))
            add_unit(e, (struct exam_unit){.slice = slice,
                                           .representation = e->slice_of[slice],
                                           .kind = kind,
                                           .target = e->attack.trial[i].task,
                                           .trial = i + 1,
                                           .head = e->spec.head_count,
                                           .seeds = 1});
}

static void lay_out(struct exam *e)
{
    static const char *const kinds[] = {[PROBE_LINEAR] = "linear", [PROBE_MLP] = "mlp"};
    size_t seeds = settings_size(e->plan, "evaluate.seeds");
    size_t targets = TASKS_MAX + GROUPS_MAX;
    size_t units = targets * (2 * REP_COUNT + 1) + e->attack.trial_count * 2 * REP_COUNT;
    e->unit = must_alloc(units, sizeof *e->unit);
    e->row = must_alloc(units * TARGET_LEVELS_MAX, sizeof *e->row);
    e->spec.head = must_alloc(units * seeds, sizeof *e->spec.head);
    pick_slices(e);
    for (size_t k = 0; k < COUNT(kinds); k++)
        for (size_t s = 0; s < e->spec.slice_count; s++)
            if (settings_has(e->plan, "evaluate.probes", kinds[k]))
                add_slice(e, s, (enum probe_kind)k, seeds);
    add_own(e);
    for (size_t k = 0; k < COUNT(kinds); k++)
        for (size_t s = 0; s < e->spec.slice_count; s++)
            if (settings_has(e->plan, "evaluate.probes", kinds[k]))
                add_trials(e, s, (enum probe_kind)k);
}

static enum status open_probes(struct exam *e)
{
    const struct settings *plan = e->plan;
    e->spec.hidden = settings_size(plan, "evaluate.hidden");
    e->spec.dropout = settings_real(plan, "evaluate.dropout");
    /* Adam would fit another, worse line here: its steps ignore how much a feature varies. */
    e->spec.plain = true;
    e->spec.lr = settings_real(plan, "evaluate.lr");
    e->spec.decay = settings_real(plan, "evaluate.decay");
    e->spec.mlp_lr = settings_real(plan, "evaluate.mlp_lr");
    e->spec.mlp_decay = settings_real(plan, "evaluate.mlp_decay");
    if (e->spec.head_count > PROBE_HEADS_MAX)
        return fault(EC_CFG_CONFLICT, "evaluate", "%zu probes are asked for, at most %d fit",
                     e->spec.head_count, PROBE_HEADS_MAX);
    enum status st = probes_open(&e->probes, &e->spec, e->who);
    if (st != ST_OK)
        return st;
    e->theta = must_alloc(e->probes->params, sizeof(real));
    e->best = must_alloc(e->probes->params, sizeof(real));
    e->velocity = must_alloc(e->probes->params, sizeof(double));
    e->head = must_alloc(e->spec.head_count, sizeof *e->head);
    e->mean = must_alloc(e->spec.width, sizeof(double));
    e->scale = must_alloc(e->spec.width, sizeof(double));
    e->probes->ops->init(e->theta, e->probes, (uint64_t)settings_int(plan, "seed"));
    memcpy(e->best, e->theta, e->probes->params * sizeof(real));
    for (size_t h = 0; h < e->spec.head_count; h++)
        e->head[h].best = -(double)INFINITY;
    return ST_OK;
}

enum status exam_open(struct exam *e, const struct settings *plan, const struct population *who,
                      const struct model *subject)
{
    *e = (struct exam){.plan = plan, .who = who, .subject = subject};
    enum status st = attack_open(&e->attack, plan, who);
    if (st != ST_OK)
        return st;
    double thresholds[SETTINGS_LIST_MAX];
    size_t count = settings_count(plan, "evaluate.thresholds");
    for (size_t i = 0; i < count; i++)
        thresholds[i] = settings_list_real(plan, i, "evaluate.thresholds");
    hist_axis_open(&e->axis, thresholds, count);
    lay_out(e);
    if (e->row_count == 0)
        st = fault(EC_EVAL_TOO_FEW, "evaluate", "no task or group has two levels among the %s",
                   subject->ops->fixed ? "rows" : "training rows");
    if (st == ST_OK && e->spec.head_count > 0)
        st = open_probes(e);
    if (st != ST_OK) {
        exam_close(e);
        return st;
    }
    e->test = must_alloc(e->test_values, sizeof(double));
    e->place = must_alloc(e->place_values, sizeof(double));
    return ST_OK;
}

void exam_close(struct exam *e)
{
    if (e->probes != NULL)
        e->probes->ops->close(&e->probes);
    free(e->unit);
    free(e->row);
    free(e->spec.head);
    free(e->theta);
    free(e->best);
    free(e->velocity);
    free(e->head);
    free(e->mean);
    free(e->scale);
    free(e->test);
    free(e->place);
    *e = (struct exam){0};
}

/* Where the outputs of one seed of a unit stand in its row of logits. */
struct reading {
    const real *logits; /* of row 0 */
    size_t stride;
    const real *value; /* [rows] the truth */
};

static struct reading reading_of(const struct exam *e, const struct exam_unit *u, size_t seed,
                                 const real *probe_logits, const real *own_logits,
                                 const struct batch *b)
{
    struct reading r = {.value = (u->group ? b->group : b->task) + u->target * b->rows};
    if (u->own) {
        r.logits = own_logits + e->subject->task_at[u->target];
        r.stride = e->subject->outputs;
    } else {
        r.logits = probe_logits + probes_spec(e->probes)->head[u->head + seed].out_at;
        r.stride = e->probes->outputs;
    }
    return r;
}

/* The score of row i for an AUC row: log odds of level against base. */
static double score_of(const struct reading *r, const struct target *t, const struct exam_row *row,
                       size_t i)
{
    const real *logit = r->logits + i * r->stride;
    if (t->kind == TARGET_BINARY)
        return (double)logit[0];
    return (double)logit[row->level] - (double)logit[row->base];
}

/* 1 positive, 0 negative, -1 neither. */
static int class_of(real value, const struct exam_row *row)
{
    if (isnan(value))
        return -1;
    size_t level = (size_t)value;
    return level == row->level ? 1 : level == row->base ? 0 : -1;
}

static void tally_auc(double *values, const struct exam *e, const struct reading *r,
                      const struct target *t, const struct exam_row *row, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        int class = class_of(r->value[i], row);
        if (class < 0)
            continue;
        size_t bin = hist_bin(&e->axis, score_of(r, t, row, i));
        values[(class == 1 ? 0 : e->axis.bins) + bin] += 1;
    }
}

static void tally_r2(double *values, const struct reading *r, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        double y = (double)r->value[i];
        if (isnan(y))
            continue;
        double error = y - (double)r->logits[i * r->stride];
        values[0] += 1;
        values[1] += y;
        values[2] += y * y;
        values[3] += error * error;
    }
}

void exam_tally(double *values, const struct exam *e, const real *probe_logits,
                const real *own_logits, const struct batch *b, bool own_too)
{
    for (size_t w = 0; w < e->row_count; w++) {
        const struct exam_row *row = &e->row[w];
        const struct exam_unit *u = &e->unit[row->unit];
        const struct target *t = target_of(e, u->group, u->target);
        if (u->own && !own_too)
            continue;
        for (size_t s = 0; s < u->seeds; s++) {
            struct reading r = reading_of(e, u, s, probe_logits, own_logits, b);
            if (row->r2)
                tally_r2(values + row->valid_at + s * R2_TEST_VALUES, &r, b->rows);
            else
                tally_auc(values + row->valid_at + s * 2 * e->axis.bins, e, &r, t, row, b->rows);
        }
    }
}

/* What one patient adds to the sums of a row: placements averaged over seeds. */
struct patient_sums {
    double x, y, m, n; /* placements of positives and negatives, their numbers */
    double e, t;       /* squared error and distance from the mean */
    double known;
};

static double grain(double v)
{
    return rint(v / EXAM_GRAIN) * EXAM_GRAIN;
}

static void close_patient(double *values, const struct exam_row *row, const struct patient_sums *p,
                          double theta)
{
    if (p->known == 0)
        return;
    if (row->r2) {
        values[0] += grain(p->e * p->e);
        values[1] += grain(p->t * p->t);
        values[2] += grain(p->e * p->t);
        values[3] += 1;
        return;
    }
    double dx = p->x - p->m * theta;
    double dy = p->y - p->n * theta;
    values[0] += grain(dx * dx);
    values[1] += grain(dy * dy);
    values[2] += grain(dx * dy);
    values[3] += 1;
    values[4] += p->m > 0;
    values[5] += p->n > 0;
}

struct row_tables {
    double *of_positive, *of_negative; /* [seeds, bins] */
    double theta;                      /* the row's mean AUC, or the mean of y */
};

static void add_auc(struct patient_sums *p, const struct exam *e, const struct exam_row *row,
                    const struct reading *r, const struct target *t, const struct row_tables *tab,
                    size_t seed, size_t i)
{
    const struct exam_unit *u = &e->unit[row->unit];
    int class = class_of(r->value[i], row);
    if (class < 0)
        return;
    size_t at = seed * e->axis.bins + hist_bin(&e->axis, score_of(r, t, row, i));
    double share = 1.0 / (double)u->seeds;
    p->known += share;
    if (class == 1) {
        p->x += share * tab->of_positive[at];
        p->m += share;
    } else {
        p->y += share * tab->of_negative[at];
        p->n += share;
    }
}

static void add_r2(struct patient_sums *p, const struct exam_unit *u, const struct reading *r,
                   double mean, size_t i)
{
    double y = (double)r->value[i];
    if (isnan(y))
        return;
    double share = 1.0 / (double)u->seeds;
    double error = y - (double)r->logits[i * r->stride];
    p->known += share;
    p->e += share * error * error;
    p->t += share * (y - mean) * (y - mean);
}

static void counts_of(int64_t *counts, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        counts[i] = (int64_t)values[i];
}

static void open_tables(struct row_tables *tab, const struct exam *e, const struct exam_row *row)
{
    size_t bins = e->axis.bins;
    size_t seeds = e->unit[row->unit].seeds;
    *tab = (struct row_tables){0};
    if (row->r2) {
        const double *sums = e->test + row->valid_at;
        tab->theta = sums[0] > 0 ? sums[1] / sums[0] : 0;
        return;
    }
    tab->of_positive = must_alloc(seeds * bins, sizeof(double));
    tab->of_negative = must_alloc(seeds * bins, sizeof(double));
    int64_t *counts = must_alloc(2 * bins, sizeof(int64_t));
    for (size_t s = 0; s < seeds; s++) {
        counts_of(counts, e->test + row->valid_at + s * 2 * bins, 2 * bins);
        double auc = hist_auc(counts, counts + bins, bins);
        if (isnan(auc)) /* a class is empty: its patients are counted, nothing is placed */
            continue;
        hist_placements(tab->of_positive + s * bins, tab->of_negative + s * bins, counts,
                        counts + bins, bins);
        tab->theta += auc / (double)seeds;
    }
    free(counts);
}

static void close_tables(struct row_tables *tab)
{
    free(tab->of_positive);
    free(tab->of_negative);
}

void exam_place(double *values, const struct exam *e, const real *probe_logits,
                const real *own_logits, const struct batch *b, const uint64_t *patient)
{
    for (size_t w = 0; w < e->row_count; w++) {
        const struct exam_row *row = &e->row[w];
        const struct exam_unit *u = &e->unit[row->unit];
        const struct target *t = target_of(e, u->group, u->target);
        struct row_tables tab;
        open_tables(&tab, e, row);
        struct reading r[32];
        must(u->seeds <= COUNT(r));
        for (size_t s = 0; s < u->seeds; s++)
            r[s] = reading_of(e, u, s, probe_logits, own_logits, b);
        struct patient_sums p = {0};
        for (size_t i = 0; i < b->rows; i++) {
            for (size_t s = 0; s < u->seeds; s++) {
                if (row->r2)
                    add_r2(&p, u, &r[s], tab.theta, i);
                else
                    add_auc(&p, e, row, &r[s], t, &tab, s, i);
            }
            if (i + 1 == b->rows || patient[i + 1] != patient[i]) {
                close_patient(values + row->place_at, row, &p, tab.theta);
                p = (struct patient_sums){0};
            }
        }
        close_tables(&tab);
    }
}

struct exam_scores exam_scores_of(const struct exam *e, size_t row, const real *probe_logits,
                                  const real *own_logits, const struct batch *b)
{
    const struct exam_row *w = &e->row[row];
    const struct exam_unit *u = &e->unit[w->unit];
    struct reading r = reading_of(e, u, 0, probe_logits, own_logits, b);
    must(!w->r2);
    bool binary = target_of(e, u->group, u->target)->kind == TARGET_BINARY;
    return (struct exam_scores){.row = w,
                                .rows = b->rows,
                                .value = r.value,
                                .level = r.logits + (binary ? 0 : w->level),
                                .base = binary ? NULL : r.logits + w->base,
                                .stride = r.stride};
}

double exam_score(const struct exam_scores *s, size_t i)
{
    double base = s->base == NULL ? 0 : (double)s->base[i * s->stride];
    return (double)s->level[i * s->stride] - base;
}

int exam_score_class(const struct exam_scores *s, size_t i)
{
    return class_of(s->value[i], s->row);
}
