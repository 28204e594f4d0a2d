#include "coordinator/report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/report/facts.h"
#include "coordinator/report/figure.h"
#include "coordinator/report/html.h"
#include "proto/base/arena.h"

#define ABOUT_MAX 512

static const double none = (double)NAN;
static const struct figure_axis rate_axis = {NULL, 0, 1};

const char *page_group(const struct json *row)
{
    const char *group = json_string(json_get(row, "group"), "");
    return group[0] == '\0' ? "everybody" : group;
}

/* "stage by sex, debiased embeddings, linear probe; 3,000 rows, 692 positives" */
static void subject_of(char out[static ABOUT_MAX], const struct panel_view *v)
{
    const struct json *whole = panel_row(v, "auc", none);
    char rows[WORDS_FIGURE_MAX], positives[WORDS_FIGURE_MAX];
    words_count(rows, rows_value(whole, "rows"));
    words_count(positives, rows_value(whole, "positives"));
    snprintf(out, ABOUT_MAX, "%.80s by %.80s, %.40s embeddings, %.40s probe; %s rows, %s positives",
             v->task, v->attribute, v->representation, v->probe, rows, positives);
}

/* Ascending, the worst first; what has no number last. */
static int by_value(const void *a, const void *b)
{
    double va = rows_value(*(const struct json *const *)a, "value");
    double vb = rows_value(*(const struct json *const *)b, "value");
    if (isnan(va) || isnan(vb))
        return (isnan(va) ? 1 : 0) - (isnan(vb) ? 1 : 0);
    return (va > vb) - (va < vb);
}

static void label_group(struct json *chart, const struct json *group)
{
    char rows[WORDS_FIGURE_MAX], positives[WORDS_FIGURE_MAX], counts[2 * WORDS_FIGURE_MAX + 16];
    words_count(rows, rows_value(group, "rows"));
    words_count(positives, rows_value(group, "positives"));
    snprintf(counts, sizeof(counts), "%s, %s pos.", rows, positives);
    figure_label(chart, page_group(group), counts);
}

static void draw_forest(struct figure *f, const struct json *whole, const struct json *const *group,
                        size_t count)
{
    struct json *chart = figure_chart(
        f, "AUC of each group with its interval, beside that of everybody; the table says the same",
        (struct figure_axis){"AUC", none, none}, (struct figure_axis){NULL, none, none});
    struct json *groups = figure_series(chart, "group, 95 % interval", FIGURE_GROUP);
    for (size_t i = 0; i < count; i++) {
        double at = (double)i, value = rows_value(group[i], "value");
        label_group(chart, group[i]);
        figure_point(groups, "dots", (const double[]){value, at}, 2);
        figure_point(
            groups, "bars",
            (const double[]){rows_value(group[i], "lo"), at, rows_value(group[i], "hi"), at}, 4);
    }
    double all = rows_value(whole, "value");
    struct json *line = figure_series(chart, "everybody", FIGURE_EVERYBODY);
    figure_point(line, "points", (const double[]){all, -1}, 2);
    figure_point(line, "points", (const double[]){all, (double)count}, 2);
}

static void tell_group(FILE *to, const struct json *row)
{
    struct cell_words words = rows_words(row);
    const char *why = json_string(json_get(row, "why"), "");
    fputs("<tr>", to);
    html_head(to, "row", NULL, page_group(row));
    html_count(to, rows_value(row, "rows"));
    html_count(to, rows_value(row, "positives"));
    html_number(to, words.value, words.interval);
    html_element(to, "td", NULL, why[0] != '\0' ? why : facts_text(row, "interval"));
    fputs("</tr>\n", to);
}

static void tell_suppressed(FILE *to, const struct panel_view *v)
{
    const struct json *groups = panel_groups(panel_row(v, "n", none));
    for (size_t i = 0; i < json_count(groups); i++)
        if (json_bool(json_get(json_at(groups, i), "suppressed"), false))
            tell_group(to, json_at(groups, i));
}

void page_forest(FILE *to, const struct panel_view *v)
{
    static const char *const heads[] = {"group", "rows", "positives", "AUC", "interval"};
    const struct json *whole = panel_row(v, "auc", none), *groups = panel_groups(whole);
    size_t count = json_count(groups);
    if (whole == NULL)
        return;
    const struct json **group = must_alloc(count + 1, sizeof(const struct json *));
    for (size_t i = 0; i < count; i++)
        group[i] = json_at(groups, i);
    qsort(group, count, sizeof(const struct json *), by_value);
    char about[ABOUT_MAX];
    subject_of(about, v);
    struct figure f = {.title = "AUC by group.", .about = about, .unfolded = true};
    figure_open(&f, to);
    if (count > 0)
        draw_forest(&f, whole, group, count);
    figure_draw(&f, NULL);
    html_table(to, "Metric auc, the lowest first; higher is better; [lo hi]: 95 % interval", NULL);
    html_heads(to, heads, "tnnnt");
    for (size_t i = 0; i < count; i++)
        tell_group(to, group[i]);
    tell_group(to, whole);
    tell_suppressed(to, v);
    fputs("</tbody>\n", to);
    html_table_end(to);
    figure_close(&f);
    free(group);
}

enum { THRESHOLD, FPR, TPR, SELECTED, PPV };

static double number_at(const struct json *point, size_t at)
{
    return json_real(json_at(point, at), none);
}

static bool is_asked(double threshold, const double *asked, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (asked[i] == threshold)
            return true;
    return false;
}

struct thinning {
    size_t points_max;
    double asked[8]; /* thresholds of the plan: always kept */
    size_t asked_count;
};

/* Is this one of the points that are shown? The ends, the plan's thresholds, and every so many. */
static bool is_kept(const struct thinning *t, const struct json *roc, size_t at)
{
    size_t count = json_count(roc), stride = (count + t->points_max - 1) / t->points_max;
    return at == 0 || at + 1 == count || at % stride == 0 ||
           is_asked(number_at(json_at(roc, at), THRESHOLD), t->asked, t->asked_count);
}

/* One chart of the curves: column y against column x. */
static void draw_curves(struct figure *f, const struct json *curves, const struct thinning *t,
                        const char *alternative, const char *const name[2], size_t x, size_t y)
{
    struct figure_axis axes[2] = {rate_axis, rate_axis};
    axes[0].title = name[0];
    axes[1].title = name[1];
    struct json *chart = figure_chart(f, alternative, axes[0], axes[1]);
    for (size_t i = 0; i < json_count(curves); i++) {
        const struct json *curve = json_at(curves, i), *roc = json_get(curve, "roc");
        bool whole = json_string(json_get(curve, "group"), "")[0] == '\0';
        struct json *series =
            figure_series(chart, page_group(curve), whole ? FIGURE_EVERYBODY : FIGURE_GROUP);
        for (size_t k = 0; k < json_count(roc); k++) {
            const struct json *point = json_at(roc, k);
            const double xy[] = {number_at(point, x), number_at(point, y)};
            if (!is_kept(t, roc, k))
                continue;
            figure_point(series, "points", xy, 2);
            if (x == FPR && is_asked(number_at(point, THRESHOLD), t->asked, t->asked_count))
                figure_point(series, "dots", xy, 2);
        }
    }
    if (x == FPR) {
        struct json *chance = figure_series(chart, "chance", FIGURE_REFERENCE);
        figure_point(chance, "points", (const double[]){0, 0}, 2);
        figure_point(chance, "points", (const double[]){1, 1}, 2);
    }
}

static void tell_points(FILE *to, const struct json *curve, const struct thinning *t)
{
    static const size_t columns[] = {THRESHOLD, FPR, TPR, PPV, SELECTED};
    const struct json *roc = json_get(curve, "roc");
    for (size_t k = 0; k < json_count(roc); k++) {
        if (!is_kept(t, roc, k))
            continue;
        fputs("<tr>", to);
        html_head(to, "row", NULL, page_group(curve));
        for (size_t c = 0; c < COUNT(columns); c++)
            html_figure(to, number_at(json_at(roc, k), columns[c]));
        fputs("</tr>\n", to);
    }
}

static bool any_points(const struct json *curves, const char *list)
{
    for (size_t i = 0; i < json_count(curves); i++)
        if (json_count(json_get(json_at(curves, i), list)) > 0)
            return true;
    return false;
}

void page_curves(FILE *to, const struct panel_view *v, size_t points_max)
{
    static const char *const heads[] = {"group", "threshold", "FPR", "TPR", "PPV", "selected"};
    static const struct {
        const char *name[2], *alternative;
        size_t x, y;
    } charts[] = {
        {{"false positive rate", "true positive rate"},
         "ROC curve of each group, with the plan's thresholds marked",
         FPR,
         TPR},
        {{"threshold", "TPR"}, "true positive rate of each group by threshold", THRESHOLD, TPR},
        {{"threshold", "FPR"}, "false positive rate of each group by threshold", THRESHOLD, FPR},
        {{"threshold", "PPV"},
         "positive predictive value of each group by threshold",
         THRESHOLD,
         PPV},
        {{"threshold", "selected"},
         "selection rate of each group by threshold",
         THRESHOLD,
         SELECTED},
    };
    const struct json *curves = json_get(v->figure, "curves");
    if (!any_points(curves, "roc"))
        return;
    struct thinning t = {.points_max = points_max};
    t.asked_count = panel_thresholds(t.asked, COUNT(t.asked), v);
    char about[ABOUT_MAX], subject[ABOUT_MAX];
    subject_of(subject, v);
    snprintf(about, sizeof(about),
             "%.300s. One threshold for all groups; dots: the plan's. Numbers: AUC by group.",
             subject);
    struct figure f = {.title = "ROC and thresholds by group.",
                       .about = about,
                       .control = "Threshold",
                       .at = t.asked_count > 0 ? t.asked[0] : none};
    figure_open(&f, to);
    for (size_t i = 0; i < COUNT(charts); i++)
        draw_curves(&f, curves, &t, charts[i].alternative, charts[i].name, charts[i].x,
                    charts[i].y);
    figure_draw(&f, "Table: points of the curves");
    html_table(to, "At a threshold, of each group; points are where bins were joined", NULL);
    html_heads(to, heads, "tnnnnn");
    for (size_t i = 0; i < json_count(curves); i++)
        tell_points(to, json_at(curves, i), &t);
    fputs("</tbody>\n", to);
    html_table_end(to);
    figure_close(&f);
}

enum { FROM, UNTIL, SCORE, OBSERVED, LO, HI, ROWS };

static void draw_calibration(struct figure *f, const struct json *curves)
{
    struct json *chart = figure_chart(f, "share of positives against mean score, of each group",
                                      (struct figure_axis){"mean score", 0, 1},
                                      (struct figure_axis){"share of positives", 0, 1});
    for (size_t i = 0; i < json_count(curves); i++) {
        const struct json *curve = json_at(curves, i), *bins = json_get(curve, "calibration");
        bool whole = json_string(json_get(curve, "group"), "")[0] == '\0';
        struct json *series =
            figure_series(chart, page_group(curve), whole ? FIGURE_EVERYBODY : FIGURE_GROUP);
        for (size_t k = 0; k < json_count(bins); k++) {
            const struct json *bin = json_at(bins, k);
            double score = number_at(bin, SCORE), seen = number_at(bin, OBSERVED);
            figure_point(series, "points", (const double[]){score, seen}, 2);
            figure_point(series, "dots", (const double[]){score, seen}, 2);
            figure_point(series, "bars",
                         (const double[]){score, number_at(bin, LO), score, number_at(bin, HI)}, 4);
        }
    }
    struct json *ideal = figure_series(chart, "as scored", FIGURE_REFERENCE);
    figure_point(ideal, "points", (const double[]){0, 0}, 2);
    figure_point(ideal, "points", (const double[]){1, 1}, 2);
}

static void tell_bins(FILE *to, const struct json *curve)
{
    const struct json *bins = json_get(curve, "calibration");
    for (size_t k = 0; k < json_count(bins); k++) {
        fputs("<tr>", to);
        html_head(to, "row", NULL, page_group(curve));
        for (size_t c = FROM; c <= HI; c++)
            html_figure(to, number_at(json_at(bins, k), c));
        html_count(to, number_at(json_at(bins, k), ROWS));
        fputs("</tr>\n", to);
    }
}

void page_calibration_figure(FILE *to, const struct panel_view *v)
{
    static const char *const heads[] = {"group",    "score from", "to", "mean score",
                                        "observed", "lo",         "hi", "rows"};
    const struct json *curves = json_get(v->figure, "curves");
    if (!any_points(curves, "calibration"))
        return;
    char about[ABOUT_MAX], subject[ABOUT_MAX];
    subject_of(subject, v);
    snprintf(about, sizeof(about),
             "%.300s. On the dotted line the share of positives is as scored; bars: Wilson's 95 %% "
             "interval.",
             subject);
    struct figure f = {.title = "Calibration by group.", .about = about};
    figure_open(&f, to);
    draw_calibration(&f, curves);
    figure_draw(&f, "Table: bins");
    html_table(to, "Tenths of the score, joined until each holds enough patients", NULL);
    html_heads(to, heads, "tnnnnnnn");
    for (size_t i = 0; i < json_count(curves); i++)
        tell_bins(to, json_at(curves, i));
    fputs("</tbody>\n", to);
    html_table_end(to);
    figure_close(&f);
}

/* Another predictor of the same task, attribute and rows? */
static bool is_rival(const struct panel_view *a, const struct panel_view *b)
{
    return strcmp(a->task, b->task) == 0 && strcmp(a->attribute, b->attribute) == 0 &&
           strcmp(a->split, b->split) == 0;
}

static double value_of(const struct panel_view *v, const char *metric)
{
    return rows_value(panel_row(v, metric, none), "value");
}

/* From the originals to this, by the same probe; nothing where one of them has no number. */
static void draw_arrow(struct json *series, const struct panels *panels,
                       const struct panel_view *to)
{
    if (strcmp(to->representation, "debiased") != 0)
        return;
    for (size_t i = 0; i < panels->count; i++) {
        const struct panel_view *from = &panels->view[i];
        if (is_rival(from, to) && strcmp(from->probe, to->probe) == 0 &&
            strcmp(from->representation, "original") == 0)
            figure_point(series, "arrows",
                         (const double[]){value_of(from, "auc"), value_of(from, "auc_gap"),
                                          value_of(to, "auc"), value_of(to, "auc_gap")},
                         4);
    }
}

/* The intervals of both numbers. */
static void draw_cross(struct json *series, const struct panel_view *v, const double point[2])
{
    const struct json *auc = panel_row(v, "auc", none), *gap = panel_row(v, "auc_gap", none);
    figure_point(series, "bars",
                 (const double[]){rows_value(auc, "lo"), point[1], rows_value(auc, "hi"), point[1]},
                 4);
    figure_point(series, "bars",
                 (const double[]){point[0], rows_value(gap, "lo"), point[0], rows_value(gap, "hi")},
                 4);
}

static void tell_rival(FILE *to, const struct panel_view *v)
{
    struct panel_words w = panel_words(v);
    fputs("<tr>", to);
    html_head(to, "row", NULL, w.predictor);
    html_number(to, w.auc, "");
    html_number(to, w.gap, "");
    fputs("</tr>\n", to);
}

void page_tradeoff(FILE *to, const struct panels *panels, const struct panel_view *v)
{
    static const char *const heads[] = {"predictor", "AUC", "AUC gap"};
    size_t rivals = 0;
    for (size_t i = 0; i < panels->count; i++)
        rivals += is_rival(&panels->view[i], v) ? 1 : 0;
    if (rivals < 2)
        return;
    char about[ABOUT_MAX];
    snprintf(about, sizeof(about),
             "%.100s by %.100s, a point a predictor. To the right is more use, further down is a "
             "smaller difference between groups; bars: 95 %% intervals; arrows: from original to "
             "debiased.",
             v->task, v->attribute);
    struct figure f = {.title = "Use against difference.", .about = about};
    figure_open(&f, to);
    struct json *chart = figure_chart(&f, "AUC of everybody against the AUC gap, by predictor",
                                      (struct figure_axis){"AUC, everybody", none, none},
                                      (struct figure_axis){"AUC gap", 0, none});
    for (size_t i = 0; i < panels->count; i++) {
        const struct panel_view *rival = &panels->view[i];
        if (!is_rival(rival, v))
            continue;
        struct json *series = figure_series(chart, panel_words(rival).predictor, FIGURE_GROUP);
        const double point[] = {value_of(rival, "auc"), value_of(rival, "auc_gap")};
        figure_point(series, "dots", point, 2);
        draw_cross(series, rival, point);
        draw_arrow(series, panels, rival);
    }
    figure_draw(&f, "Table: predictors");
    html_table(to, "AUC and its largest difference between groups; floor: what luck makes", NULL);
    html_heads(to, heads, "tnn");
    for (size_t i = 0; i < panels->count; i++)
        if (is_rival(&panels->view[i], v))
            tell_rival(to, &panels->view[i]);
    fputs("</tbody>\n", to);
    html_table_end(to);
    figure_close(&f);
}
