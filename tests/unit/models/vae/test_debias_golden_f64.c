/* The same comparison in the double build, where it is much sharper. */
#include "tests/unit/models/vae/test_debias_golden.c"
