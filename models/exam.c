#include "models/exam.h"

#include <stdlib.h>
#include <string.h>

#include "models/exam_inside.h"
#include "proto/base/must.h"

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
        bool there = r == REP_DEBIASED ? released : r != REP_ERASURE || e->who->group_count > 0;
        if (!wanted || !there)
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

const struct target *exam_target(const struct exam *e, const struct exam_row *row)
{
    const struct exam_unit *u = &e->unit[row->unit];
    return target_of(e, u->group, u->target);
}

/* The same level of the same target, read from the originals by the same kind of probe. */
static size_t original_of(const struct exam *e, const struct exam_row *row)
{
    const struct exam_unit *mine = &e->unit[row->unit];
    if (mine->own || mine->trial > 0 || mine->representation == REP_ORIGINAL)
        return EXAM_NO_ROW;
    for (size_t w = 0; w < e->row_count; w++) {
        const struct exam_unit *u = &e->unit[e->row[w].unit];
        if (!u->own && u->trial == 0 && u->representation == REP_ORIGINAL &&
            u->kind == mine->kind && u->group == mine->group && u->target == mine->target &&
            e->row[w].level == row->level)
            return w;
    }
    return EXAM_NO_ROW;
}

static void add_row(struct exam *e, struct exam_row row)
{
    row.valid_at = e->test_values;
    row.place_at = e->place_values;
    row.original = original_of(e, &row);
    size_t seeds = e->unit[row.unit].seeds;
    e->test_values += seeds * (row.r2 ? R2_TEST_VALUES : 2 * e->axis.bins);
    e->place_values += row.r2 ? R2_PLACE_VALUES : AUC_PLACE_VALUES;
    if (row.original != EXAM_NO_ROW)
        e->place_values += row.r2 ? R2_CHANGE_VALUES : AUC_CHANGE_VALUES;
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
            if (target_learnable(target_of(e, g == 1, i)))
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
        if (e->subject->task_at[i] != SIZE_MAX && target_learnable(&e->who->task[i]))
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
        if (e->slice_of[slice] != REP_NOISE &&
            target_learnable(&e->who->task[e->attack.trial[i].task]))
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
    e->in_sample = strcmp(settings_text(plan, "evaluate.mode"), "in-sample") == 0;
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

struct exam_reading exam_reading_of(const struct exam *e, const struct exam_unit *u, size_t seed,
                                    const real *probe_logits, const real *own_logits,
                                    const struct batch *b)
{
    struct exam_reading r = {.value = (u->group ? b->group : b->task) + u->target * b->rows};
    if (u->own) {
        r.logits = own_logits + e->subject->task_at[u->target];
        r.stride = e->subject->outputs;
    } else {
        r.logits = probe_logits + probes_spec(e->probes)->head[u->head + seed].out_at;
        r.stride = e->probes->outputs;
    }
    return r;
}

double exam_reading_score(const struct exam_reading *r, const struct target *t,
                          const struct exam_row *row, size_t i)
{
    const real *logit = r->logits + i * r->stride;
    if (t->kind == TARGET_BINARY)
        return (double)logit[0];
    return (double)logit[row->level] - (double)logit[row->base];
}

int exam_class(real value, const struct exam_row *row)
{
    if (isnan(value))
        return -1;
    size_t level = (size_t)value;
    return level == row->level ? 1 : level == row->base ? 0 : -1;
}

static void tally_auc(double *values, const struct exam *e, const struct exam_reading *r,
                      const struct target *t, const struct exam_row *row, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        int class = exam_class(r->value[i], row);
        if (class < 0)
            continue;
        size_t bin = hist_bin(&e->axis, exam_reading_score(r, t, row, i));
        values[(class == 1 ? 0 : e->axis.bins) + bin] += 1;
    }
}

static void tally_r2(double *values, const struct exam_reading *r, size_t rows)
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
            struct exam_reading r = exam_reading_of(e, u, s, probe_logits, own_logits, b);
            if (row->r2)
                tally_r2(values + row->valid_at + s * R2_TEST_VALUES, &r, b->rows);
            else
                tally_auc(values + row->valid_at + s * 2 * e->axis.bins, e, &r, t, row, b->rows);
        }
    }
}

struct exam_scores exam_scores_of(const struct exam *e, size_t row, const real *probe_logits,
                                  const real *own_logits, const struct batch *b)
{
    const struct exam_row *w = &e->row[row];
    const struct exam_unit *u = &e->unit[w->unit];
    struct exam_reading r = exam_reading_of(e, u, 0, probe_logits, own_logits, b);
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
    return exam_class(s->value[i], s->row);
}
