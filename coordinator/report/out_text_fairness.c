#include "coordinator/report/out_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/report/gates.h"
#include "proto/base/arena.h"
#include "proto/base/text.h"

enum { TASK, ATTRIBUTE, PREDICTOR, WORST, AUC_GAP, TPR_GAP, COLUMNS };

struct line {
    char cell[COLUMNS][PANEL_WORDS_MAX];
};

void text_gates(FILE *to, const struct json *report, size_t width)
{
    struct gates gates;
    char text[GATES_TEXT_MAX];
    gates_open(&gates, report);
    gates_summary(text, &gates);
    if (gates.count > 0) {
        fputc('\n', to);
        words_wrap(to, text, 0, width);
    }
    for (size_t i = 0; i < gates.count; i++) {
        char before[64];
        const char *verdict = json_string(json_get(gates.gate[i], "verdict"), "?");
        snprintf(before, sizeof(before), "  %.30s: ", verdict);
        gates_text(text, gates.gate[i]);
        words_hang(to, before, text, 4, width);
    }
    gates_close(&gates);
}

static struct line line_of(const struct panel_view *v)
{
    struct panel_words w = panel_words(v);
    struct line line;
    snprintf(line.cell[TASK], PANEL_WORDS_MAX, "%.190s", v->task);
    snprintf(line.cell[ATTRIBUTE], PANEL_WORDS_MAX, "%.190s", v->attribute);
    snprintf(line.cell[PREDICTOR], PANEL_WORDS_MAX, "%s", w.predictor);
    snprintf(line.cell[WORST], PANEL_WORDS_MAX, "%s", w.worst);
    snprintf(line.cell[AUC_GAP], PANEL_WORDS_MAX, "%s", w.gap);
    snprintf(line.cell[TPR_GAP], PANEL_WORDS_MAX, "%s", w.tpr_gap);
    return line;
}

/* The column's title names the threshold where all panels that have one have the same. */
static struct line head_of(const struct panels *panels)
{
    struct line head = {{"task", "attribute", "predictor", "lowest AUC", "AUC gap", "TPR gap"}};
    double first = (double)NAN;
    for (size_t i = 0; i < panels->count; i++) {
        double own = panel_threshold(&panels->view[i]);
        if (!isnan(own) && !isnan(first) && own != first)
            return head;
        first = isnan(own) ? first : own;
    }
    char figure[WORDS_FIGURE_MAX];
    text_threshold(figure, first);
    if (!isnan(first))
        snprintf(head.cell[TPR_GAP], PANEL_WORDS_MAX, "TPR gap at %s", figure);
    return head;
}

static void widen(size_t columns[static COLUMNS], const struct line *line)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        size_t wanted = words_columns(line->cell[c]);
        columns[c] = wanted > columns[c] ? wanted : columns[c];
    }
}

static void print_line(FILE *to, const struct line *line, const size_t columns[static COLUMNS])
{
    for (size_t c = 0; c < COLUMNS; c++) {
        fputs(c == 0 ? "  " : " ", to);
        words_cell(to, line->cell[c], c + 1 < COLUMNS ? columns[c] : 0);
    }
    fputc('\n', to);
}

/* Where a table would be wider than the terminal: a sentence. */
static void print_sentence(FILE *to, const struct line *line, const struct line *head, size_t width)
{
    char text[2 * COLUMNS * PANEL_WORDS_MAX];
    snprintf(text, sizeof(text), "%s by %s (%s): %s %s; %s %s; %s %s", line->cell[TASK],
             line->cell[ATTRIBUTE], line->cell[PREDICTOR], head->cell[WORST], line->cell[WORST],
             head->cell[AUC_GAP], line->cell[AUC_GAP], head->cell[TPR_GAP], line->cell[TPR_GAP]);
    words_hang(to, "  ", text, 4, width);
}

static void print_remarks(FILE *to, const struct panels *panels, size_t width)
{
    struct shared_remark *remark = must_alloc(panels->count * PANEL_REMARKS_MAX, sizeof(*remark));
    size_t count = panels_remarks(remark, panels);
    for (size_t i = 0; i < count; i++) {
        char text[sizeof(*remark)];
        snprintf(text, sizeof(text), "%s%s%s", remark[i].of, remark[i].of[0] != '\0' ? ": " : "",
                 remark[i].text);
        words_hang(to, "  ", text, 4, width);
    }
    free(remark);
}

/* What the probe of a debiased head reads from the originals. */
static bool is_before(const struct panels *p, size_t at)
{
    const struct panel_view *v = &p->view[at];
    if (strcmp(v->representation, "original") != 0 || panels_head(p, at))
        return false;
    for (size_t i = 0; i < p->count; i++) {
        const struct panel_view *other = &p->view[i];
        if (strcmp(other->task, v->task) == 0 && strcmp(other->attribute, v->attribute) == 0 &&
            strcmp(other->probe, v->probe) == 0 && panels_head(p, i))
            return true;
    }
    return false;
}

/* Heads, what they were before, and all that is no evidence, which has no head. */
static bool is_told(const struct panels *p, size_t at)
{
    return strcmp(p->view[at].split, "test") != 0 || panels_head(p, at) || is_before(p, at);
}

/* Who is scored. */
static const char *whom_of(const char *split)
{
    if (strcmp(split, "in-sample") == 0)
        return "in-sample, not evidence of utility";
    return strcmp(split, "valid") == 0 ? "validation patients" : "held-out patients";
}

static void tell(FILE *to, const struct panels *panels, const char *split, size_t width)
{
    struct line head = head_of(panels);
    size_t columns[COLUMNS] = {0}, total = 1 + COLUMNS;
    widen(columns, &head);
    for (size_t i = 0; i < panels->count; i++) {
        struct line line = line_of(&panels->view[i]);
        widen(columns, &line);
    }
    for (size_t c = 0; c < COLUMNS; c++)
        total += columns[c];
    char title[256];
    snprintf(
        title, sizeof(title),
        "For whom it works (%s; a gap is the largest difference between two groups; floor: the "
        "gap that luck makes of equal groups)",
        whom_of(split));
    fputc('\n', to);
    words_wrap(to, title, 0, width);
    if (total <= width)
        print_line(to, &head, columns);
    for (size_t i = 0; i < panels->count; i++) {
        struct line line = line_of(&panels->view[i]);
        if (total <= width)
            print_line(to, &line, columns);
        else
            print_sentence(to, &line, &head, width);
    }
}

void text_fairness(FILE *to, const struct panels *panels, size_t width)
{
    if (panels->count == 0)
        return;
    struct panels told = {.view = must_alloc(panels->count, sizeof *told.view)};
    struct panels remarked = {.view = must_alloc(panels->count, sizeof *remarked.view)};
    for (size_t i = 0; i < panels->count; i++) {
        if (is_told(panels, i))
            told.view[told.count++] = panels->view[i];
        if (is_told(panels, i) && !is_before(panels, i))
            remarked.view[remarked.count++] = panels->view[i];
    }
    tell(to, &told, panels->view[0].split, width);
    print_remarks(to, &remarked, width);
    if (told.count < panels->count)
        fprintf(to, "  %zu more predictors of the same are in report.json and on the page.\n",
                panels->count - told.count);
    free(told.view);
    free(remarked.view);
}
