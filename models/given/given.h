/*
 * given.h - the model "given": predictions that somebody made before, as the output of a head.
 *
 *     x [B, tasks * SCORE_PARTS] -> probability of each task -> logit [B, tasks]
 *
 * It has no weights and learns nothing (model_ops.fixed), so a run with it is an evaluation. Tasks
 * must be binary (EC_MODEL_SHAPE).
 *
 * Logits are float32, thresholds are not. A logit is therefore the float32 nearest to that of the
 * probability that lies in the same bin of the plan's histogram (hist.h): rounding moves nobody
 * across a threshold, a tenth, or any other edge. Thresholds so close to an edge that no float32
 * is between them are refused (EC_CFG_CONFLICT). The probabilities 0 and 1 become -1000 and 1000.
 */
#ifndef EVENHAND_GIVEN_H
#define EVENHAND_GIVEN_H

#include "models/core/model.h"

extern const struct model_ops given_ops;

#endif
