/*
 * golden_rates.h - the lines of tests/golden/rates.txt, which says how they were made.
 */
#ifndef EVENHAND_TEST_GOLDEN_RATES_H
#define EVENHAND_TEST_GOLDEN_RATES_H

#include "tests/support/check.h"

#define GOLDEN_NUMBERS 8

static inline FILE *golden_open(void)
{
    FILE *f = fopen("tests/golden/rates.txt", "r");
    if (f == NULL)
        fail_msg("tests/golden/rates.txt cannot be read; tests run in the project's root");
    return f;
}

/* Is this a line of `word`? Then v has its numbers. */
static inline bool golden_row(double v[static GOLDEN_NUMBERS], const char *line, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(line, word, len) != 0 || line[len] != ' ')
        return false;
    char *at = NULL;
    line += len;
    for (size_t i = 0; i < GOLDEN_NUMBERS; i++, line = at) {
        double number = strtod(line, &at);
        if (at == line)
            break;
        v[i] = number;
    }
    return true;
}

#endif
