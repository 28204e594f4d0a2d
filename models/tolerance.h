/*
 * tolerance.h - what a plan states before the run about whom it must work for: judged early.
 *
 *     tolerances = ( { metric = "tpr_gap"; attribute = "sex"; most = 0.1; } );
 *     evaluate = { intersections = ["sex*race"]; };
 *
 * The rows of the keys are the plan's; here is what a row cannot say, because it is about numbers
 * (fairness.h) and about other keys. coordinator/eval/gate.h holds the run against them.
 */
#ifndef EVENHAND_TOLERANCE_H
#define EVENHAND_TOLERANCE_H

#include "proto/base/settings.h"

/* `most` and `least` of a tolerance that does not ask for them; no number of fairness.h is this. */
#define TOLERANCE_NONE (-1e6)
/* Its threshold when it is about every threshold. */
#define TOLERANCE_EVERY (-1.0)
/* Between the groups of an intersection: "sex*race". */
#define TOLERANCE_TIMES '*'

/*
 * A finished plan. EC_CFG_CHOICE for a metric, task, attribute or part of an intersection that there
 * is none of; EC_CFG_CONFLICT for a limit that is not exactly one, a threshold or group that the
 * metric has none of, a threshold that is not evaluated, and tolerances of what is not evaluated.
 */
MUST_CHECK enum status tolerances_judge(const struct settings *plan);

#endif
