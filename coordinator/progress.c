#include "coordinator/progress.h"

#include "proto/base/log.h"

/* Rounds of the model's training that are over, or the one that a leg of it belongs to. */
static uint64_t train_round(const struct coord_loop *l)
{
    if (l->closed.kind < LEG_TRAIN)
        return 0;
    if (l->closed.kind <= LEG_TRACE)
        return l->closed.index + 1;
    return (uint64_t)settings_int(l->plan->set, "rounds");
}

/* Training and evaluation are taken to last as long as they have so far, a leg alike. */
static double done_share(const struct coord_loop *l)
{
    const struct settings *plan = l->plan->set;
    double rounds = (double)settings_int(plan, "rounds");
    double probes =
        l->course.exam.probes != NULL ? (double)settings_int(plan, "evaluate.rounds") : 0;
    double train_done = (double)train_round(l);
    double probes_done = l->closed.kind < LEG_SCALE    ? 0
                         : l->closed.kind <= LEG_VALID ? (double)l->closed.index + 1
                                                       : probes;
    double train_weight = 1;
    double probe_weight = 1;
    if (train_done > 0 && probes_done > 0 && l->times.train_s > 0)
        probe_weight = (l->times.evaluate_s / probes_done) / (l->times.train_s / train_done);
    double all = rounds * train_weight + probes * probe_weight;
    if (all == 0) /* nothing is trained: a few legs, one like the other */
        return l->closed.kind < LEG_TEST ? 0 : l->closed.kind == LEG_TEST ? 0.5 : 1;
    return (train_done * train_weight + probes_done * probe_weight) / all;
}

struct coord_progress coord_progress(const struct coord_loop *l, double seconds)
{
    struct coord_progress p = {.round = (size_t)l->rounds_done,
                               .train_round = (size_t)train_round(l),
                               .train_rounds = settings_size(l->plan->set, "rounds"),
                               .stage = leg_name(l->closed.kind),
                               .seconds = seconds};
    p.done = done_share(l);
    p.seconds_left = p.done > 0 ? p.seconds * (1 - p.done) / p.done : 0;
    if (l->closed.kind == LEG_TRAIN) {
        p.loss_count = l->course.model->loss_count;
        p.loss_name = l->course.model->loss_name;
        p.loss = l->course.loss;
    }
    return p;
}

void coord_progress_log(const struct coord_progress *p)
{
    struct log_field fields[4 + MODEL_LOSSES_MAX] = {
        LOG_TEXT("stage", p->stage), LOG_NUM("round", p->train_round), LOG_NUM("leg", p->round),
        LOG_NUM("seconds", p->seconds)};
    for (size_t i = 0; i < p->loss_count; i++)
        fields[4 + i] = LOG_NUM(p->loss_name[i], p->loss[i]);
    log_event(LOG_INFO, "round", fields, 4 + p->loss_count);
}
