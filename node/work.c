#include "node/work.h"

#include <stdlib.h>
#include <string.h>

#include "node/watch.h"
#include "proto/base/clock.h"
#include "proto/base/must.h"

/* Probes and the model draw from different streams. */
#define PROBE_STREAM (UINT64_C(1) << 41)

enum status work_open(struct work *w, const struct plan *plan, const char *flat_path)
{
    *w = (struct work){.plan = plan};
    return dataset_open(&w->data, flat_path, plan->set);
}

void work_close(struct work *w)
{
    if (w->subject.theta != NULL)
        trainer_close(&w->subject);
    if (w->probes.theta != NULL)
        trainer_close(&w->probes);
    if (w->evaluation.scored != NULL)
        evaluation_close(&w->evaluation);
    if (w->begun)
        course_close(&w->course);
    dataset_close(&w->data);
    free(w->out.word);
    free(w->values);
    free(w->scratch);
    *w = (struct work){0};
}

enum status work_begin(struct work *w, uint32_t site, uint32_t sites)
{
    must(!w->begun);
    w->site = site;
    w->sites = sites;
    w->begun = true;
    return course_open(&w->course, w->plan->set, &w->data.schema);
}

/* --- what each kind of leg needs first ------------------------------------------------------- */

static void make_room(struct work *w)
{
    adopt_shape(&w->out.bits, &w->out.words, &w->course);
    size_t bytes = ring_bytes(w->out.bits, w->out.words);
    if (bytes > w->out_bytes) {
        free(w->out.word);
        w->out.word = must_alloc(1, bytes);
        w->out_bytes = bytes;
    }
    if (w->course.leg.values > w->room) {
        free(w->values);
        free(w->scratch);
        w->room = w->course.leg.values;
        w->values = must_alloc(w->room, sizeof *w->values);
        w->scratch = must_alloc(w->room, sizeof *w->scratch);
    }
}

static enum status standardised(struct work *w)
{
    if (w->data.x != NULL || w->data.input != NULL)
        return ST_OK;
    const struct course *c = &w->course;
    bool test_global = strcmp(settings_text(w->plan->set, "data.standardise_test"), "global") == 0;
    return dataset_standardise(&w->data, standardise_of(w->plan->set), &c->who, c->mean, c->scale,
                               test_global ? c->mean : NULL, test_global ? c->scale : NULL);
}

/* What the model sees, and the erased rows beside the original ones where the run wants them. */
static void choose_input(struct work *w)
{
    struct dataset *d = &w->data;
    if (d->input != NULL)
        return;
    d->input = d->x;
    flat_forget(&d->flat);
    if (w->course.erasure.width == 0)
        return;
    d->erased = must_alloc(d->rows * d->width, sizeof *d->erased);
    course_erase(d->erased, &w->course, d->x, d->rows);
    if (settings_bool(w->plan->set, "model.erase_first"))
        d->input = d->erased;
}

static struct rows_view training_rows(const struct work *w, const real *x)
{
    const struct dataset *d = &w->data;
    return batches_view(d, x, d->width, d->split_row[SPLIT_TRAIN], d->split_rows[SPLIT_TRAIN]);
}

static struct evaluation *evaluation_of(struct work *w)
{
    if (w->evaluation.scored == NULL)
        evaluation_open(&w->evaluation, &w->data, &w->course);
    return &w->evaluation;
}

static struct release release_of(const struct work *w)
{
    struct digest model = adopt_model_digest(&w->course);
    return (struct release){.model = w->course.model,
                            .theta = w->course.theta,
                            .seed = release_seed(&w->plan->digest, &model)};
}

/* What probes read, as the due leg wants it; a site that comes late makes it later. */
static void features_ready(struct work *w)
{
    const struct course *c = &w->course;
    if (c->leg.kind < LEG_SCALE || c->exam.probes == NULL)
        return;
    struct evaluation *e = evaluation_of(w);
    if (e->features == NULL) {
        struct release release = release_of(w);
        evaluation_features(e, &release, w->site);
        /* Training is over: what it alone needed makes room for the probes. */
        dataset_keep_input(&w->data);
        if (w->subject.theta != NULL)
            trainer_close(&w->subject);
    }
    if (c->leg.kind > LEG_SCALE && !e->rescaled)
        evaluation_rescale(e);
}

static struct trainer *subject_trainer(struct work *w)
{
    if (w->subject.theta == NULL) {
        struct train_spec spec = train_spec_model(w->plan->set);
        struct rows_view rows = training_rows(w, w->data.input);
        size_t first = settings_size(w->plan->set, "local.first_rows");
        if (first > 0 && first < rows.count)
            rows.count = first;
        trainer_open(&w->subject, w->course.model, &spec, &rows);
    }
    return &w->subject;
}

static bool has_linear_probes(const struct work *w)
{
    return settings_has(w->plan->set, "evaluate.probes", "linear");
}

static struct trainer *probe_trainer(struct work *w)
{
    const struct exam *exam = &w->course.exam;
    bool linear = has_linear_probes(w);
    if (w->probes.theta == NULL) {
        struct train_spec spec = train_spec_probes(w->plan->set, linear);
        struct rows_view rows = evaluation_training(&w->evaluation);
        trainer_open(&w->probes, exam->probes, &spec, &rows);
    }
    struct train_pace *pace = w->probes.spec.pace;
    if (linear)
        pace[0].rest = exam_kind_finished(exam, PROBE_LINEAR);
    pace[linear ? 1 : 0].rest = exam_kind_finished(exam, PROBE_MLP);
    return &w->probes;
}

/* --- contributions ------------------------------------------------------------------------- */

static struct step_key key_of(const struct work *w, uint64_t stream)
{
    return (struct step_key){.seed = (uint64_t)settings_int(w->plan->set, "seed"),
                             .site = w->site,
                             .round = w->course.leg.index + stream,
                             .progress = w->course.leg.progress};
}

/* The order of course.c's fold_moments. */
static void put_moments(struct work *w)
{
    size_t width = w->data.width;
    size_t targets = w->data.schema.task_count + w->data.schema.group_count;
    struct moments m = {.sum = w->values, .square = w->values + width};
    dataset_moments(&m, &w->data);
    double *tail = w->values + 2 * width;
    tail[0] = m.rows;
    tail[1] = m.patients;
    for (size_t t = 0; t < targets; t++)
        memcpy(tail + 2 + t * TARGET_LEVELS_MAX, m.level[t], sizeof m.level[t]);
}

#define ERASE_ROWS 64

static void put_erase(struct work *w)
{
    struct population who = course_erasable(&w->course);
    struct rows_view rows = training_rows(w, w->data.x);
    struct arena arena;
    size_t targets = rows.task_count + rows.group_count;
    arena_open(&arena, arena_need(ERASE_ROWS * (rows.width + targets) * sizeof(real), 4));
    memset(w->values, 0, w->course.leg.values * sizeof *w->values);
    for (size_t at = 0; at < rows.count; at += ERASE_ROWS) {
        size_t count = rows.count - at < ERASE_ROWS ? rows.count - at : ERASE_ROWS;
        struct batch b = batches_slice(&rows, at, count, &arena);
        erasure_add(w->values, &who, &b);
        arena_rewind(&arena, 0);
    }
    arena_close(&arena);
}

static enum status contribute_mean(struct work *w, struct trainer *t, uint64_t stream)
{
    struct step_key key = key_of(w, stream);
    double losses[MODEL_LOSSES_MAX];
    enum status st = trainer_round(t, losses, course_vector(&w->course), &key);
    if (st != ST_OK)
        return st;
    size_t clipped = 0;
    st = update_mean(&w->out, w->scratch, &clipped, &w->course, t->theta, losses,
                     (double)t->rows.count, w->sites);
    w->clipped += clipped;
    return st;
}

static void put_sums(struct work *w)
{
    struct step_key key = key_of(w, 0);
    struct release release = release_of(w);
    switch (w->course.leg.kind) {
    case LEG_MOMENTS:
        put_moments(w);
        break;
    case LEG_ERASE:
        put_erase(w);
        break;
    case LEG_GUARD:
        evaluation_guard(w->values, evaluation_of(w), &key);
        break;
    case LEG_FIT:
        watch_fit(w->values, &w->data, &w->course, &release);
        break;
    case LEG_TRACE:
        watch_trace(w->values, &w->data, &w->course, &release);
        break;
    case LEG_SCALE:
        evaluation_scale(w->values, &w->evaluation);
        break;
    case LEG_SPREAD:
        evaluation_spread(w->values, &w->evaluation);
        break;
    case LEG_VALID:
        evaluation_valid(w->values, evaluation_of(w));
        break;
    case LEG_CHOOSE:
        evaluation_choose(w->values, evaluation_of(w));
        break;
    case LEG_TEST:
        evaluation_test(w->values, evaluation_of(w));
        break;
    case LEG_PLACE:
        evaluation_place(w->values, evaluation_of(w));
        break;
    case LEG_GROUPS:
        evaluation_groups(w->values, evaluation_of(w));
        break;
    case LEG_PATIENTS:
        evaluation_patients(w->values, evaluation_of(w));
        break;
    default:
        must(!"a leg of sums");
    }
}

static enum status contribute(struct work *w)
{
    if (w->course.leg.kind != LEG_MOMENTS) {
        enum status st = standardised(w);
        if (st != ST_OK)
            return st;
        if (w->course.leg.kind != LEG_ERASE)
            choose_input(w);
    }
    features_ready(w);
    if (w->course.leg.kind == LEG_TRAIN)
        return contribute_mean(w, subject_trainer(w), 0);
    if (w->course.leg.kind == LEG_PROBE)
        return contribute_mean(w, probe_trainer(w), PROBE_STREAM);
    put_sums(w);
    return update_sum(&w->out, &w->course, w->values, w->sites);
}

enum status work_contribute(struct work *w)
{
    must(w->begun);
    must(w->course.leg.kind != LEG_END);
    /* Its round burnt. The optimisers have moved on since, so a second try would differ. */
    if (w->made == w->course.leg.round)
        return ST_OK;
    double start = clock_seconds();
    make_room(w);
    enum status st = contribute(w);
    if (st == ST_OK)
        w->made = w->course.leg.round;
    w->seconds[w->course.leg.kind] += clock_seconds() - start;
    return st;
}

enum status work_adopt(struct work *w, struct digest *fingerprint, const struct ring *sum,
                       uint32_t counted)
{
    return adopt_sum(&w->course, fingerprint, sum, w->sites, counted);
}
