/*
 * figure.h - a figure of the page: charts that a script draws, and a table that says the same.
 *
 *     struct figure f = {.title = "ROC by group", .about = "n, intervals, what is better"};
 *     figure_open(&f, to);
 *     struct json *chart = figure_chart(&f, "text alternative", x, y);
 *     struct json *series = figure_series(chart, "Black", FIGURE_GROUP);
 *     figure_point(series, "points", (double[]){.1, .4}, 2);
 *     figure_draw(&f, "Points of the curves");   <- writes canvases and data; the table follows
 *     html_table(to, ...); ... html_table_end(to);
 *     figure_close(&f);
 *
 * Data stand in the page as JSON that no browser executes; "<" is escaped in it, so that no name
 * can end it. page.js draws; without it, on paper and for a screen reader, there is the table.
 */
#ifndef EVENHAND_FIGURE_H
#define EVENHAND_FIGURE_H

#include <stdbool.h>
#include <stdio.h>

#include "proto/base/json.h"

struct figure {
    const char *title;
    const char *about;   /* one line: n, method of the intervals, direction of better */
    const char *control; /* a threshold that the reader moves: its label; NULL for none */
    double at;           /* where that threshold stands first */
    bool unfolded;       /* the table stays in sight beside the drawing */
    FILE *to;
    struct json *charts;
};

struct figure_axis {
    const char *title;
    double min, max; /* that it reaches at least; NAN: as the data are */
};

/* What a series is: drawn in a colour and dash of its own, as everybody, or as a line to compare
 * with. */
enum figure_role { FIGURE_GROUP, FIGURE_EVERYBODY, FIGURE_REFERENCE };

void figure_open(struct figure *f, FILE *to);
/* alternative: what a screen reader says in place of the drawing. Borrowed, as below. */
struct json *figure_chart(struct figure *f, const char *alternative, struct figure_axis x,
                          struct figure_axis y);
/* Names of the places 0, 1, ... of a chart's upright axis, from the top down; below: a second line,
 * or "". */
void figure_label(struct json *chart, const char *name, const char *below);
struct json *figure_series(struct json *chart, const char *name, enum figure_role role);
/*
 * To a list of a series: "points" [x, y], joined by a line; "dots" [x, y], not joined; "bars"
 * [x0, y0, x1, y1], intervals; "arrows" likewise; "low" and "high" [x, y], the ends of a band. Not
 * a number: left out.
 */
void figure_point(struct json *series, const char *list, const double *number, size_t count);
void figure_draw(struct figure *f, const char *table_title);
void figure_close(struct figure *f);

#endif
