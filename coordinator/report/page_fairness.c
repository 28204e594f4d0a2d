#include "coordinator/report/page.h"

#include <math.h>
#include <string.h>

#include "coordinator/eval/gate.h"
#include "coordinator/report/facts.h"
#include "coordinator/report/html.h"
#include "proto/base/text.h"

#define THRESHOLDS_MAX 8

static const double none = (double)NAN;

/* "at most .100", "at least .800", both. */
static void limit_text(char out[static 96], const struct json *gate)
{
    static const char *const ends[][2] = {{"most", "at most"}, {"least", "at least"}};
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < COUNT(ends); i++) {
        double limit = json_real(json_get(gate, ends[i][0]), none);
        char figure[WORDS_FIGURE_MAX];
        words_figure(figure, limit);
        if (!isnan(limit))
            at += (size_t)snprintf(out + at, 96 - at, "%s%s %s", at > 0 ? ", " : "", ends[i][1],
                                   figure);
    }
}

static const char *gate_class(const struct json *gate)
{
    bool unsure = strcmp(facts_text(gate, "verdict"), gate_verdict_text(GATE_NOT_ENOUGH)) == 0;
    return gates_met(gate) ? "held" : unsure ? "unsure" : "failed";
}

void page_gate_list(FILE *to, const struct gates *gates)
{
    char text[GATES_TEXT_MAX];
    if (gates->count == 0)
        return;
    gates_summary(text, gates);
    html_element(to, "p", "opening", text);
    fputs("\n<ul>\n", to);
    for (size_t i = 0; i < gates->count; i++) {
        fputs("<li>", to);
        html_element(to, "b", gate_class(gates->gate[i]), facts_text(gates->gate[i], "verdict"));
        fputs(": ", to);
        gates_text(text, gates->gate[i]);
        html_text(to, text);
        fputs("</li>\n", to);
    }
    fputs("</ul>\n", to);
}

void page_group_list(FILE *to, const struct panels *panels)
{
    bool any = false;
    for (size_t i = 0; i < panels->count; i++) {
        const struct panel_view *v = &panels->view[i];
        struct panel_words w = panel_words(v);
        char title[PANEL_WORDS_MAX], text[4 * PANEL_WORDS_MAX];
        if (!v->drawn || w.worst_group[0] == '\0')
            continue;
        if (!any)
            fputs("<p class=\"opening\">For whom it works least, by group (a gap at its floor is "
                  "what "
                  "luck alone makes of equal groups):</p>\n<ul>\n",
                  to);
        any = true;
        panel_title(title, v);
        snprintf(text, sizeof(text), " (%s): AUC %s; gap %s", w.predictor, w.worst, w.gap);
        fputs("<li>", to);
        html_element(to, "b", NULL, title);
        html_text(to, text);
        fputs("</li>\n", to);
    }
    if (any)
        fputs("</ul>\n", to);
}

static void tell_threshold_of(FILE *to, double threshold)
{
    char figure[TEXT_FIGURE_MAX];
    text_threshold(figure, threshold);
    html_number(to, figure, "");
}

/* The metric, its threshold and whom it is of, each in a cell. */
static void tell_gate(FILE *to, const struct json *gate)
{
    char limit[96], of[PANEL_WORDS_MAX];
    struct cell_words words = rows_words(gate);
    const char *group = json_string(json_get(gate, "group"), "");
    snprintf(of, sizeof(of), "%.60s by %.60s%s%.60s", facts_text(gate, "task"),
             facts_text(gate, "attribute"), group[0] == '\0' ? "" : ", ", group);
    limit_text(limit, gate);
    fputs("<tr>", to);
    html_element(to, "td", gate_class(gate), facts_text(gate, "verdict"));
    html_head(to, "row", NULL, facts_text(gate, "metric"));
    html_element(to, "td", NULL, of);
    tell_threshold_of(to, json_real(json_get(gate, "threshold"), none));
    html_number(to, words.value, words.interval);
    html_element(to, "td", "number", limit);
    fputs("</tr>\n", to);
}

static void tell_gates(FILE *to, const struct gates *gates)
{
    static const char *const heads[] = {"verdict", "metric", "of", "threshold", "value", "limit"};
    if (gates->count == 0)
        return;
    html_table(to, "Tolerances that the plan stated before the run", NULL);
    html_heads(to, heads, "tttnnn");
    for (size_t i = 0; i < gates->count; i++)
        tell_gate(to, gates->gate[i]);
    fputs("</tbody>\n", to);
    html_table_end(to);
}

/* "male .780", and below it "[.747 .810], floor .024". */
static void tell_number(FILE *to, const char *before, const struct json *row)
{
    struct cell_words words = rows_words(row);
    double floor = rows_value(row, "noise_floor");
    char value[PANEL_WORDS_MAX], rest[PANEL_WORDS_MAX], figure[WORDS_FIGURE_MAX];
    words_figure(figure, floor);
    bool floored = !isnan(floor) && !isnan(rows_value(row, "value"));
    snprintf(value, sizeof(value), "%.100s%s%s", before, before[0] == '\0' ? "" : " ", words.value);
    snprintf(rest, sizeof(rest), "%s%s%s", words.interval,
             floored ? (words.interval[0] == '\0' ? "floor " : ", floor ") : "",
             floored ? figure : "");
    html_number(to, value, rest);
}

static void tell_panel(FILE *to, const struct panel_view *v)
{
    struct panel_words w = panel_words(v);
    double threshold = panel_threshold(v);
    fputs("<tr>", to);
    html_head(to, "row", NULL, v->task);
    html_element(to, "td", NULL, v->attribute);
    html_element(to, "td", NULL, w.predictor);
    tell_number(to, "", panel_row(v, "auc", none));
    tell_number(to, w.worst_group, panel_group(panel_row(v, "auc", none), w.worst_group));
    tell_number(to, "", panel_row(v, "auc_gap", none));
    tell_threshold_of(to, threshold);
    tell_number(to, "", isnan(threshold) ? NULL : panel_row(v, "tpr_gap", threshold));
    char withheld[32];
    snprintf(withheld, sizeof(withheld), "%zu", json_count(json_get(v->figure, "withheld")));
    html_number(to, withheld, "");
    fputs("</tr>\n", to);
}

static void tell_panels(FILE *to, const struct panels *panels)
{
    static const char *const heads[] = {"task",      "attribute",  "predictor",
                                        "AUC",       "lowest AUC", "AUC gap",
                                        "threshold", "TPR gap",    "groups withheld"};
    html_table(to,
               "All predictors; a gap is the largest difference between two groups, its floor "
               "what luck makes of equal groups; [lo hi]: 95 % interval",
               "dense");
    html_heads(to, heads, "tttnnnnnn");
    for (size_t i = 0; i < panels->count; i++)
        tell_panel(to, &panels->view[i]);
    fputs("</tbody>\n", to);
    html_table_end(to);
}

static const struct {
    const char *title, *of_group, *between;
} rates[] = {
    {"selected", "selection_rate", "selection_gap"},
    {"TPR", "tpr", "tpr_gap"},
    {"FPR", "fpr", "fpr_gap"},
    {"PPV", "ppv", "ppv_gap"},
    {"accuracy", "accuracy", "accuracy_gap"},
};

/* A group's rates at a threshold, or everybody's where group is "". */
static void tell_rates(FILE *to, const struct panel_view *v, const char *group, double threshold)
{
    fputs("<tr>", to);
    html_head(to, "row", NULL, group[0] == '\0' ? "everybody" : group);
    for (size_t i = 0; i < COUNT(rates); i++) {
        const struct json *row = panel_row(v, rates[i].of_group, threshold);
        struct cell_words words = rows_words(group[0] == '\0' ? row : panel_group(row, group));
        html_number(to, words.value, words.interval);
    }
    fputs("</tr>\n", to);
}

static void tell_differences(FILE *to, const struct panel_view *v, double threshold)
{
    fputs("<tr>", to);
    html_head(to, "row", NULL, "largest difference");
    for (size_t i = 0; i < COUNT(rates); i++)
        tell_number(to, "", panel_row(v, rates[i].between, threshold));
    fputs("</tr>\n", to);
}

static void tell_threshold(FILE *to, const struct panel_view *v, double threshold)
{
    const struct json *groups = panel_groups(panel_row(v, rates[0].of_group, threshold));
    const char *heads[COUNT(rates) + 1] = {"group"};
    char figure[WORDS_FIGURE_MAX], caption[128];
    for (size_t i = 0; i < COUNT(rates); i++)
        heads[i + 1] = rates[i].title;
    text_threshold(figure, threshold);
    snprintf(caption, sizeof(caption),
             "Positive is a score of at least %s; [lo hi]: 95 %% interval", figure);
    html_table(to, caption, "dense");
    html_heads(to, heads, "tnnnnn");
    for (size_t i = 0; i < json_count(groups); i++)
        tell_rates(to, v, facts_text(json_at(groups, i), "group"), threshold);
    tell_rates(to, v, "", threshold);
    tell_differences(to, v, threshold);
    fputs("</tbody>\n", to);
    html_table_end(to);
}

static void tell_remarks(FILE *to, const struct panel_view *v)
{
    struct panel_remarks remarks = panel_remarks(v);
    if (remarks.count == 0)
        return;
    fputs("<ul class=\"remarks\">\n", to);
    for (size_t i = 0; i < remarks.count; i++) {
        html_element(to, "li", NULL, remarks.text[i]);
        fputc('\n', to);
    }
    fputs("</ul>\n", to);
}

static void tell_title(FILE *to, const struct panel_view *v)
{
    char title[PANEL_WORDS_MAX];
    panel_title(title, v);
    html_element(to, "h3", NULL, title);
    fputc('\n', to);
}

static void tell_drawn(FILE *to, const struct page *page, const struct panel_view *v)
{
    double thresholds[THRESHOLDS_MAX];
    size_t count = panel_thresholds(thresholds, COUNT(thresholds), v);
    tell_title(to, v);
    tell_remarks(to, v);
    page_forest(to, v);
    for (size_t i = 0; i < count; i++)
        tell_threshold(to, v, thresholds[i]);
    page_curves(to, v, page->panels.points_max);
    page_tradeoff(to, &page->panels, v);
}

void page_fairness(FILE *to, const struct page *page)
{
    const struct panels *panels = &page->panels;
    tell_gates(to, &page->gates);
    fputs("<p>Drawn here, of each task and attribute: the task's own head, or else the strongest "
          "probe of the debiased (without one, of the original) embeddings. All numbers of all "
          "predictors, and more metrics, are in report.json; the most important in a table "
          "below.</p>\n",
          to);
    if (panels->drawn < panels->heads)
        fprintf(
            to,
            "<p>To keep this page small, %zu of %zu pairs of task and attribute are drawn.</p>\n",
            panels->drawn, panels->heads);
    for (size_t i = 0; i < panels->count; i++)
        if (panels->view[i].drawn)
            tell_drawn(to, page, &panels->view[i]);
    page_trend(to, page->report, PAGE_GAPS);
    html_element(to, "h3", NULL, "All predictors");
    fputc('\n', to);
    tell_panels(to, panels);
}

static void tell_calibration(FILE *to, const struct panel_view *v)
{
    static const char *const metrics[] = {
        "ece",      "ece_debiased", "calibration_in_the_large", "calibration_slope",
        "o_over_e", "brier"};
    static const char *const heads[] = {
        "group", "ECE", "ECE less luck", "in the large", "slope", "observed / expected", "Brier"};
    const struct json *groups = panel_groups(panel_row(v, metrics[0], none));
    html_table(to, "Ideal: ECE 0, in the large 0, slope 1, observed / expected 1", "dense");
    html_heads(to, heads, "tnnnnnn");
    for (size_t g = 0; g <= json_count(groups); g++) {
        const char *group = g == 0 ? NULL : facts_text(json_at(groups, g - 1), "group");
        fputs("<tr>", to);
        html_head(to, "row", NULL, group == NULL ? "everybody" : group);
        for (size_t i = 0; i < COUNT(metrics); i++) {
            const struct json *row = panel_row(v, metrics[i], none);
            struct cell_words words = rows_words(group == NULL ? row : panel_group(row, group));
            html_number(to, words.value, words.interval);
        }
        fputs("</tr>\n", to);
    }
    fputs("</tbody>\n", to);
    html_table_end(to);
}

void page_calibration(FILE *to, const struct page *page)
{
    for (size_t i = 0; i < page->panels.count; i++) {
        const struct panel_view *v = &page->panels.view[i];
        if (!v->drawn)
            continue;
        tell_title(to, v);
        tell_calibration(to, v);
        page_calibration_figure(to, v);
    }
}
