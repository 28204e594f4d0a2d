/*
 * work.h - what a hospital computes for each leg of a run: its data, its copy of the course, its
 * optimisers. No messages, no phases: node.h decides when, loop.h carries.
 */
#ifndef EVENHAND_WORK_H
#define EVENHAND_WORK_H

#include "node/evaluate.h"
#include "node/train.h"
#include "node/update.h"
#include "proto/wire/plan.h"

struct work {
    const struct plan *plan; /* keeps */
    struct dataset data;
    struct course course;
    uint32_t site, sites;
    bool begun;
    struct trainer subject, probes; /* theta NULL before they are opened */
    struct evaluation evaluation;   /* scored NULL before it is opened */
    struct ring out;                /* the contribution to leg number `made` */
    uint64_t made;                  /* leg.round; 0: none yet */
    size_t out_bytes;               /* room behind out.word */
    double *values;                 /* of a leg of sums */
    float *scratch;                 /* of a leg of means */
    size_t room;                    /* of values and scratch, in numbers */
    size_t clipped;                 /* weights cut so far */
    double seconds[LEG_END];        /* spent on each kind of leg */
};

/* Opens the site's flat file under the plan. */
MUST_CHECK enum status work_open(struct work *w, const struct plan *plan, const char *flat_path);
void work_close(struct work *w);
/* Site number `site` of `sites`, as the coordinator said: starts the course. */
MUST_CHECK enum status work_begin(struct work *w, uint32_t site, uint32_t sites);
/* Computes w->out for the due leg, once: a leg that is tried again gets the same bytes. */
MUST_CHECK enum status work_contribute(struct work *w);
/* Folds the published sum of the due leg. */
MUST_CHECK enum status work_adopt(struct work *w, struct digest *fingerprint,
                                  const struct ring *sum, uint32_t counted);

#endif
