/*
 * panels.h - the fairness lists of a parsed report, sorted into panels again.
 *
 *     fairness[] + figures[]  ->  (task, attribute, representation, probe, split)
 *
 * A panel is one task as one predictor reads it, by the groups of one attribute. A report may hold
 * dozens: one of each task and attribute, the head, is drawn; of all there is a line in one table.
 */
#ifndef EVENHAND_PANELS_H
#define EVENHAND_PANELS_H

#include "coordinator/report/rows.h"

#define PANEL_WORDS_MAX 192

struct panel_view {
    const char *task, *attribute, *representation, *probe, *split; /* borrowed from the report */
    const struct json *figure; /* notes, withheld, unknown, curves; NULL without */
    const struct json **row;   /* [rows] of "fairness" */
    size_t rows;
    bool drawn; /* a head, and there was room for its figures */
};

struct panels {
    struct panel_view *view;
    size_t count;
    size_t heads, drawn;
    size_t points_max; /* of a curve that is drawn, so that a page keeps its size */
};

/* In the order in which they first occur. */
void panels_open(struct panels *p, const struct json *report);
void panels_close(struct panels *p);

/*
 * Is it the one that is drawn of its task and attribute? The task's own head ("given") before the
 * debiased, the original and the rest; of these the probe that reads most. Held-out rows alone.
 */
bool panels_head(const struct panels *p, size_t at);

/* The row of this metric and threshold (NAN: of none) that is of no pair; NULL without. */
const struct json *panel_row(const struct panel_view *v, const char *metric, double threshold);
/* The first threshold that any row depends on; NAN without. */
double panel_threshold(const struct panel_view *v);
/* All of them, in the order of the rows; at most max. */
size_t panel_thresholds(double *out, size_t max, const struct panel_view *v);
/* What the groups have of a row, or one of them by name; NULL without. */
const struct json *panel_groups(const struct json *row);
const struct json *panel_group(const struct json *row, const char *group);

/* The same as a table shows it; "-" where there is none. */
struct panel_words {
    char predictor[PANEL_WORDS_MAX]; /* "debiased, linear"; "debiased, linear, in-sample" */
    char auc[PANEL_WORDS_MAX];       /* of everybody: ".781 [.743 .812]" */
    const char *worst_group;         /* "" for none */
    char worst[PANEL_WORDS_MAX];     /* group with the lowest AUC: "Black .699 [.601 .779]" */
    char gap[PANEL_WORDS_MAX];       /* of AUC: ".082 [.011 .170] (floor .031)" */
    char tpr_gap[PANEL_WORDS_MAX];   /* at the first threshold, likewise */
};
struct panel_words panel_words(const struct panel_view *v);
/* ".082 [.011 .170]", ".082 [.011 .170] (floor .031)", "withheld", "not estimable", "-". */
void panel_row_number(char out[static PANEL_WORDS_MAX], const struct json *row);
/* "stage by sex". */
void panel_title(char out[static PANEL_WORDS_MAX], const struct panel_view *v);

/* Sentences that a reader needs first: the panel's notes, who counts, who is in no group. */
#define PANEL_REMARKS_MAX 8 /* six notes and two of ours */
#define PANEL_REMARK_MAX  512
struct panel_remarks {
    char text[PANEL_REMARKS_MAX][PANEL_REMARK_MAX];
    size_t count;
};
struct panel_remarks panel_remarks(const struct panel_view *v);

/* A remark of all the panels that share it. */
struct shared_remark {
    char of[PANEL_WORDS_MAX]; /* "stage by sex (debiased, mlp)", "stage by sex", "sex"; "": all */
    char text[PANEL_REMARK_MAX];
};
/* Each once, in the order of the panels; out [count of panels * PANEL_REMARKS_MAX]. */
size_t panels_remarks(struct shared_remark *out, const struct panels *p);

#endif
