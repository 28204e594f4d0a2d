/*
 * measure.h - one measured number and all that belongs to it: the row of a report.
 */
#ifndef EVENHAND_MEASURE_H
#define EVENHAND_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#define MEASURE_NAME_MAX 128

/* A value less another of the same patients and probe; the interval is of the pairs. */
struct measure_change {
    const char *from; /* the other's representation, "original"; NULL: there is no other */
    double value;     /* NAN: not estimable */
    double lo, hi;    /* 95 % interval, NAN: none */
    const char *interval;
};

/* Its words are constants: a measure outlives what was measured. */
struct measure {
    bool leakage;                  /* about an attribute (leakage) or a task (utility)? */
    char target[MEASURE_NAME_MAX]; /* "stage", "sex", "race=Black/White", "age" */
    const char *representation;    /* "original", "erasure", "debiased", "noise", "majority" */
    /* "linear", "mlp"; none: "given", the predictions themselves, "constant", one for everybody */
    const char *probe;
    const char *metric;    /* "auc", "r2", "accuracy" */
    double value;          /* NAN: not estimable */
    double lo, hi;         /* 95 % interval, NAN: none */
    const char *interval;  /* method: "delong", "clustered", "wilson", "" */
    double rows, patients; /* that the number rests on */
    size_t seeds;          /* fresh probes behind it; value is their mean */
    /* "test"; "valid" while settings are chosen; "in-sample": labelled compatibility mode */
    const char *split;
    struct measure_change change;
    bool withheld; /* a cell below privacy.min_cell: no number is shown, nor a change */
    char why[160]; /* why there is no value, "" when there is one */
};

#endif
