#include "models/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/erasure/erasure.h"
#include "proto/base/must.h"

#define COUNTS(t) (2 * (t)->exam->axis.bins)

/* --- whose scores -------------------------------------------------------------------------- */

static const struct target *target_of(const struct exam *e, const struct exam_unit *u)
{
    return u->group ? &e->who->group[u->target] : &e->who->task[u->target];
}

static double rows_of_level(const struct target *t, size_t level)
{
    return t->share[level] * t->known;
}

/* The sums of a level of few training rows would show their mean. */
static bool is_rare(const struct trace *t, const struct exam_row *row)
{
    const struct target *target = target_of(t->exam, &t->exam->unit[row->unit]);
    double fewest = (double)settings_int(t->exam->plan, "privacy.min_cell");
    return rows_of_level(target, row->level) < fewest || rows_of_level(target, row->base) < fewest;
}

static void add_reader(struct trace *t, size_t row, size_t target)
{
    struct trace_reader *r = &t->reader[t->reader_count];
    *r = (struct trace_reader){
        .row = row, .target = target, .column = t->reader_count, .at = t->values};
    t->reader_count++;
    t->values += COUNTS(t) + 1;
}

/* A target of what is released, and a reader for each of its rows. */
static void add_target(struct trace *t, const struct exam_unit *u)
{
    const struct exam *e = t->exam;
    size_t at = t->who.group_count, before = t->reader_count;
    struct target *target = &t->who.group[at];
    *target = *target_of(e, u);
    for (size_t w = u->row; w < u->row + u->row_count; w++) {
        if (is_rare(t, &e->row[w]))
            target->share[e->row[w].level] = 0;
        else
            add_reader(t, w, at);
    }
    if (t->reader_count == before)
        return;
    t->who_task[at] = u->group ? SIZE_MAX : u->target;
    t->who_group[at] = u->group ? u->target : SIZE_MAX;
    t->who.group_count++;
}

/* What fresh probes read from what is released, each target once. */
static void pick_released(struct trace *t)
{
    const struct exam *e = t->exam;
    enum probe_kind kind = PROBE_LINEAR;
    bool found = false;
    for (size_t i = 0; i < e->unit_count; i++) {
        const struct exam_unit *u = &e->unit[i];
        bool released = !u->own && u->representation == REP_DEBIASED;
        if (!released || u->trial > 0 || e->row[u->row].r2)
            continue;
        if (!found)
            kind = u->kind;
        found = true;
        if (u->kind == kind && t->who.group_count < GROUPS_MAX)
            add_target(t, u);
    }
}

static void pick_own(struct trace *t)
{
    const struct exam *e = t->exam;
    for (size_t w = 0; w < e->row_count; w++)
        if (e->unit[e->row[w].unit].own && !e->row[w].r2)
            add_reader(t, w, 0);
}

static enum status open_census(struct trace *t)
{
    size_t *row = must_alloc(t->reader_count + 1, sizeof *row);
    for (size_t i = 0; i < t->reader_count; i++)
        row[i] = t->reader[i].row;
    enum status st = census_open(&t->census, t->exam, row, t->reader_count);
    free(row);
    if (st != ST_OK)
        return st;
    census_plain(&t->census);
    t->census_at = t->values;
    t->values += t->census.values;
    return ST_OK;
}

enum status trace_open(struct trace *t, const struct exam *e)
{
    *t = (struct trace){.exam = e, .who = {.width = e->subject->release_width}};
    if (!settings_bool(e->plan, "evaluate.trace") || e->subject->ops->fixed ||
        t->who.width > ERASURE_WIDTH_MAX)
        return ST_OK;
    t->reader = must_alloc(e->row_count + 1, sizeof *t->reader);
    t->fits = t->who.width > 0;
    if (t->fits)
        pick_released(t);
    else
        pick_own(t);
    if (t->reader_count == 0)
        return ST_OK;
    enum status st = open_census(t);
    if (st != ST_OK) {
        trace_close(t);
        return st;
    }
    if (t->fits) {
        t->fit_values = erasure_values(&t->who);
        t->direction = must_alloc(t->reader_count * (t->who.width + 1), sizeof *t->direction);
    }
    t->sums = must_alloc(t->values, sizeof *t->sums);
    return ST_OK;
}

void trace_close(struct trace *t)
{
    census_close(&t->census);
    free(t->reader);
    free(t->direction);
    free(t->sums);
    *t = (struct trace){0};
}

/* --- readers of what is released ----------------------------------------------------------- */

void trace_fit_add(double *values, const struct trace *t, const struct batch *b)
{
    erasure_add(values, &t->who, b);
}

/* Of one column alone: u of erasure.h has deviation 1 over these rows. */
static enum status fit(real *direction, const struct trace *t, const double *sums, size_t column)
{
    struct population one = {.width = t->who.width};
    size_t shared = erasure_values(&one);
    one.group_count = 1;
    one.group[0] = (struct target){.kind = TARGET_BINARY, .levels = 2};
    size_t all = erasure_values(&one);
    double *values = must_alloc(all, sizeof *values);
    memcpy(values, sums, shared * sizeof *values);
    memcpy(values + shared, sums + shared + column * (all - shared),
           (all - shared) * sizeof *values);

    struct erasure e;
    enum status st =
        erasure_open(&e, &one, values, settings_real(t->exam->plan, "model.erase_shrinkage"));
    free(values);
    if (st != ST_OK)
        return st;
    double add = 0;
    memset(direction, 0, (t->who.width + 1) * sizeof *direction);
    for (size_t j = 0; j < t->who.width && e.columns == 1; j++) {
        direction[j] = (real)(TRACE_SPREAD * e.u[j]);
        add -= TRACE_SPREAD * e.u[j] * e.mean[j];
    }
    direction[t->who.width] = (real)add;
    erasure_close(&e);
    return ST_OK;
}

enum status trace_fold_fit(struct trace *t, const double *sums)
{
    size_t step = t->who.width + 1;
    real *direction = must_alloc(t->reader_count * step, sizeof *direction);
    enum status st = ST_OK;
    for (size_t i = 0; i < t->reader_count && st == ST_OK; i++)
        st = fit(direction + i * step, t, sums, t->reader[i].column);
    if (st == ST_OK)
        memcpy(t->direction, direction, t->reader_count * step * sizeof *direction);
    free(direction);
    return st;
}

void trace_read(real *scores, const struct trace *t, const real *z, size_t rows)
{
    size_t width = t->who.width;
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < t->reader_count; k++) {
            const real *direction = t->direction + k * (width + 1);
            double score = (double)direction[width];
            for (size_t j = 0; j < width; j++)
                score += (double)direction[j] * (double)z[i * width + j];
            scores[i * t->reader_count + k] = (real)score;
        }
}

/* --- sums ---------------------------------------------------------------------------------- */

static void tally(double *values, const struct trace *t, const struct exam_scores *s,
                  const uint64_t *patient)
{
    size_t bins = t->exam->axis.bins;
    bool counted = false;
    for (size_t i = 0; i < s->rows; i++) {
        int class = exam_score_class(s, i);
        if (i > 0 && patient[i] != patient[i - 1])
            counted = false;
        if (class < 0)
            continue;
        values[(class == 1 ? 0 : bins) + hist_bin(&t->exam->axis, exam_score(s, i))] += 1;
        values[2 * bins] += !counted;
        counted = true;
    }
}

/* The census has a reader for each task's; in the order of the trace's. */
static struct exam_scores *of_tasks(const struct trace *t, const struct exam_scores *scores)
{
    struct exam_scores *out = must_alloc(t->census.reader_count + 1, sizeof *out);
    size_t count = 0;
    for (size_t i = 0; i < t->reader_count && count < t->census.reader_count; i++)
        if (t->census.reader[count].row == t->reader[i].row)
            out[count++] = scores[i];
    must(count == t->census.reader_count);
    return out;
}

void trace_tally(double *values, const struct trace *t, const struct exam_scores *scores,
                 const real *group, const uint64_t *patient)
{
    memset(values, 0, t->values * sizeof *values);
    for (size_t i = 0; i < t->reader_count; i++)
        tally(values + t->reader[i].at, t, &scores[i], patient);
    if (t->census.table_count == 0)
        return;
    struct exam_scores *tasks = of_tasks(t, scores);
    census_tally(values + t->census_at, &t->census, tasks, group, patient);
    free(tasks);
}

enum status trace_judge(const struct trace *t, const double *sums)
{
    for (size_t i = 0; i < t->reader_count; i++)
        for (size_t k = 0; k <= COUNTS(t); k++) {
            double count = sums[t->reader[i].at + k];
            if (!(count >= 0 && count <= GROUPS_ROWS_MAX && count == floor(count)))
                return fault(EC_RUN_SUM, "", "a count of validation rows is not of people");
        }
    return census_judge(&t->census, sums + t->census_at);
}

void trace_fold(struct trace *t, const double *sums)
{
    memcpy(t->sums, sums, t->values * sizeof *sums);
    census_fold(&t->census, sums + t->census_at);
}
