/*
 * score.h - a predicted probability in a row of x, exact to the last bit.
 *
 *     "0.7" -> double -> SCORE_PARTS floats, large to small -> double, the same
 *
 * Rows hold float32, and 0.7 as one float32 is below 0.7: a patient on a threshold would change
 * sides. So a score takes as many floats as a double has digits; their sum is the double again
 * (any p >= 2^-96, and 0; what is smaller stays below 2^-96). Task t of a file of scores has the
 * columns t * SCORE_PARTS and on.
 */
#ifndef EVENHAND_SCORE_H
#define EVENHAND_SCORE_H

#include "models/core/real.h"

#define SCORE_PARTS 3 /* of 24 binary digits each; a double has 53 */

void score_split(float part[static SCORE_PARTS], double p);
double score_join(const real part[static SCORE_PARTS]);

/*
 * The probability that a float32 stands for: the shortest decimal number that rounds to it, as
 * its maker saw it printed; 0.7f is 0.7. Its order among float32 is kept, and whoever compares in
 * float32 (score >= 0.7f) decides the same for thresholds of up to six digits.
 */
double score_of_float(float p);

#endif
