/*
 * watch.h - what a site counts while a model trains (models/trace.h): second moments of what the
 * model releases of training rows, then scores of validation rows.
 */
#ifndef EVENHAND_WATCH_H
#define EVENHAND_WATCH_H

#include "models/course.h"
#include "node/dataset.h"
#include "node/release.h"

/* Contributions [leg.values], cleared first. release: of the model as it is now. */
void watch_fit(double *values, const struct dataset *d, const struct course *c,
               const struct release *release);
void watch_trace(double *values, const struct dataset *d, const struct course *c,
                 const struct release *release);

#endif
