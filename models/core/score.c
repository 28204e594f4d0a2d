#include "models/core/score.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/must.h"

#define FLOAT_DIGITS_MAX 9 /* so many tell all float32 apart */

void score_split(float part[static SCORE_PARTS], double p)
{
    for (size_t i = 0; i < SCORE_PARTS; i++) {
        part[i] = (float)p;
        p -= (double)part[i]; /* exact: what rounding to 24 digits left over */
    }
}

double score_join(const real part[static SCORE_PARTS])
{
    double p = 0;
    for (size_t i = SCORE_PARTS; i > 0; i--)
        p += (double)part[i - 1];
    return p;
}

double score_of_float(float p)
{
    char text[32];
    for (int digits = 1; digits <= FLOAT_DIGITS_MAX; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)p);
        if (strtof(text, NULL) == p)
            return strtod(text, NULL);
    }
    must(!"nine digits are enough");
    return 0;
}
