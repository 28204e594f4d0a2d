#include "coordinator/report/panels.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/text.h"

/* So that a page stays below 2 MB: a point is about 300 bytes of table and drawing. */
#define DRAWN_MAX        24
#define CURVES_MAX       120
#define POINTS_MAX       3000
#define CURVE_POINTS_MAX 40

static const char *word(const struct json *object, const char *key)
{
    return json_string(json_get(object, key), "?");
}

static bool is_of(const struct panel_view *v, const struct json *object)
{
    return strcmp(v->task, word(object, "task")) == 0 &&
           strcmp(v->attribute, word(object, "attribute")) == 0 &&
           strcmp(v->representation, word(object, "representation")) == 0 &&
           strcmp(v->probe, word(object, "probe")) == 0 &&
           strcmp(v->split, word(object, "split")) == 0;
}

/* Rows of one panel stand together, so the last view is asked first. */
static struct panel_view *view_for(struct panels *p, const struct json *object)
{
    for (size_t i = p->count; i-- > 0;)
        if (is_of(&p->view[i], object))
            return &p->view[i];
    struct panel_view *v = &p->view[p->count++];
    *v = (struct panel_view){.task = word(object, "task"),
                             .attribute = word(object, "attribute"),
                             .representation = word(object, "representation"),
                             .probe = word(object, "probe"),
                             .split = word(object, "split")};
    return v;
}

static void add_row(struct panel_view *v, const struct json *row)
{
    const struct json **grown = realloc(v->row, (v->rows + 1) * sizeof(*grown));
    must(grown != NULL);
    v->row = grown;
    v->row[v->rows++] = row;
}

/* Chooses what is drawn: heads, while there is room for their curves. */
static void choose_drawn(struct panels *p)
{
    size_t curves = 0;
    for (size_t i = 0; i < p->count; i++) {
        struct panel_view *v = &p->view[i];
        if (!panels_head(p, i))
            continue;
        size_t more = json_count(json_get(v->figure, "curves"));
        p->heads++;
        v->drawn = p->drawn < DRAWN_MAX && curves + more <= CURVES_MAX;
        curves += v->drawn ? more : 0;
        p->drawn += v->drawn ? 1 : 0;
    }
    size_t fair = curves == 0 ? CURVE_POINTS_MAX : POINTS_MAX / curves;
    p->points_max = fair < CURVE_POINTS_MAX ? fair : CURVE_POINTS_MAX;
}

void panels_open(struct panels *p, const struct json *report)
{
    const struct json *rows = json_get(report, "fairness"), *figures = json_get(report, "figures");
    size_t most = json_count(rows) + json_count(figures);
    *p = (struct panels){.view = must_alloc(most + 1, sizeof(*p->view))};
    for (size_t i = 0; i < json_count(rows); i++)
        add_row(view_for(p, json_at(rows, i)), json_at(rows, i));
    for (size_t i = 0; i < json_count(figures); i++)
        view_for(p, json_at(figures, i))->figure = json_at(figures, i);
    choose_drawn(p);
}

void panels_close(struct panels *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->view[i].row);
    free(p->view);
    *p = (struct panels){0};
}

/* How near a predictor is to what the run releases. */
static int rank_of(const struct panel_view *v)
{
    if (strcmp(v->probe, "given") == 0)
        return 3;
    if (strcmp(v->representation, "debiased") == 0)
        return 2;
    return strcmp(v->representation, "original") == 0 ? 1 : 0;
}

static bool before(const struct panel_view *a, const struct panel_view *b)
{
    if (rank_of(a) != rank_of(b))
        return rank_of(a) > rank_of(b);
    double reads_a = rows_value(panel_row(a, "auc", (double)NAN), "value");
    double reads_b = rows_value(panel_row(b, "auc", (double)NAN), "value");
    return reads_a > reads_b || (!isnan(reads_a) && isnan(reads_b));
}

bool panels_head(const struct panels *p, size_t at)
{
    const struct panel_view *v = &p->view[at];
    if (strcmp(v->split, "test") != 0)
        return false;
    for (size_t i = 0; i < p->count; i++) {
        const struct panel_view *other = &p->view[i];
        if (i == at || strcmp(other->split, "test") != 0 || strcmp(other->task, v->task) != 0 ||
            strcmp(other->attribute, v->attribute) != 0)
            continue;
        if (before(other, v) || (i < at && !before(v, other)))
            return false;
    }
    return true;
}

const struct json *panel_row(const struct panel_view *v, const char *metric, double threshold)
{
    for (size_t i = 0; i < v->rows; i++) {
        double at = json_real(json_get(v->row[i], "threshold"), (double)NAN);
        if (strcmp(word(v->row[i], "metric"), metric) == 0 &&
            json_string(json_get(v->row[i], "other"), NULL) == NULL &&
            (isnan(threshold) ? isnan(at) : at == threshold))
            return v->row[i];
    }
    return NULL;
}

size_t panel_thresholds(double *out, size_t max, const struct panel_view *v)
{
    size_t count = 0;
    for (size_t i = 0; i < v->rows && count < max; i++) {
        double at = json_real(json_get(v->row[i], "threshold"), (double)NAN);
        bool known = isnan(at);
        for (size_t k = 0; k < count && !known; k++)
            known = out[k] == at;
        if (!known)
            out[count++] = at;
    }
    return count;
}

double panel_threshold(const struct panel_view *v)
{
    double first = (double)NAN;
    panel_thresholds(&first, 1, v);
    return first;
}

const struct json *panel_groups(const struct json *row)
{
    return json_get(row, "groups");
}

const struct json *panel_group(const struct json *row, const char *group)
{
    const struct json *groups = panel_groups(row);
    for (size_t i = 0; i < json_count(groups); i++)
        if (strcmp(word(json_at(groups, i), "group"), group) == 0)
            return json_at(groups, i);
    return NULL;
}

void panel_row_number(char out[static PANEL_WORDS_MAX], const struct json *row)
{
    struct cell_words words = rows_words(row);
    double floor = rows_value(row, "noise_floor");
    /* Fewer than two groups are left because the others may not be shown. */
    bool hidden =
        isnan(rows_value(row, "value")) && strstr(word(row, "why"), "; withheld: ") != NULL;
    out[0] = '\0';
    text_add(out, PANEL_WORDS_MAX, "%s%s%s", hidden ? "withheld" : words.value,
             words.interval[0] == '\0' ? "" : " ", words.interval);
    if (isnan(floor) || isnan(rows_value(row, "value")))
        return;
    char figure[WORDS_FIGURE_MAX];
    words_figure(figure, floor);
    text_add(out, PANEL_WORDS_MAX, " (floor %s)", figure);
}

/* The group with the lowest number of its own. */
static const struct json *lowest_of(const struct json *row)
{
    const struct json *groups = panel_groups(row), *lowest = NULL;
    for (size_t i = 0; i < json_count(groups); i++) {
        const struct json *group = json_at(groups, i);
        double value = rows_value(group, "value");
        if (!isnan(value) && (lowest == NULL || value < rows_value(lowest, "value")))
            lowest = group;
    }
    return lowest;
}

struct panel_words panel_words(const struct panel_view *v)
{
    struct panel_words w = {.worst_group = "", .worst = "-"};
    const double none = (double)NAN, threshold = panel_threshold(v);
    const struct json *auc = panel_row(v, "auc", none), *worst = lowest_of(auc);
    bool held_out = strcmp(v->split, "test") == 0;
    text_add(w.predictor, PANEL_WORDS_MAX, "%.60s, %.60s%s%.60s", v->representation, v->probe,
             held_out ? "" : ", ", held_out ? "" : v->split);
    panel_row_number(w.auc, auc);
    panel_row_number(w.gap, panel_row(v, "auc_gap", none));
    panel_row_number(w.tpr_gap, isnan(threshold) ? NULL : panel_row(v, "tpr_gap", threshold));
    if (worst != NULL) {
        char number[PANEL_WORDS_MAX];
        panel_row_number(number, worst);
        w.worst_group = word(worst, "group");
        snprintf(w.worst, sizeof(w.worst), "%.100s %.80s", w.worst_group, number);
    }
    return w;
}

void panel_title(char out[static PANEL_WORDS_MAX], const struct panel_view *v)
{
    snprintf(out, PANEL_WORDS_MAX, "%.90s by %.90s", v->task, v->attribute);
}

__attribute__((format(printf, 2, 3))) static void remark(struct panel_remarks *r, const char *fmt,
                                                         ...)
{
    if (r->count == PANEL_REMARKS_MAX)
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(r->text[r->count], sizeof(r->text[0]), fmt, args);
    va_end(args);
    r->count++;
}

struct panel_remarks panel_remarks(const struct panel_view *v)
{
    struct panel_remarks r = {0};
    const struct json *notes = json_get(v->figure, "notes");
    for (size_t i = 0; i < json_count(notes) && r.count + 2 < PANEL_REMARKS_MAX; i++)
        remark(&r, "%s", json_string(json_at(notes, i), "?"));
    if (strcmp(word(v->figure, "unit"), "row") == 0)
        remark(&r, "Every row counts as a patient (compatibility): where patients have several, "
                   "intervals are too narrow.");
    double unknown = rows_value(v->figure, "unknown");
    if (unknown > 0)
        remark(&r, "The group of %.1f %% of the scored rows is not known; they are in no group.",
               100 * unknown);
    return r;
}

/* What all panels of a remark have in common. */
struct common {
    bool attribute, task, predictor;
};

/* Of which panels is it, besides the first? */
static struct common common_of(const struct panels *p, size_t first, const char *text)
{
    struct common c = {true, true, true};
    const struct panel_view *v = &p->view[first];
    for (size_t i = first + 1; i < p->count; i++) {
        const struct panel_view *other = &p->view[i];
        struct panel_remarks remarks = panel_remarks(other);
        for (size_t k = 0; k < remarks.count; k++) {
            if (strcmp(remarks.text[k], text) != 0)
                continue;
            c.attribute = c.attribute && strcmp(other->attribute, v->attribute) == 0;
            c.task = c.task && strcmp(other->task, v->task) == 0;
            c.predictor = c.predictor && strcmp(other->representation, v->representation) == 0 &&
                          strcmp(other->probe, v->probe) == 0;
        }
    }
    return c;
}

static bool said_before(const struct panels *p, size_t panel, const char *text)
{
    for (size_t i = 0; i < panel; i++) {
        struct panel_remarks remarks = panel_remarks(&p->view[i]);
        for (size_t k = 0; k < remarks.count; k++)
            if (strcmp(remarks.text[k], text) == 0)
                return true;
    }
    return false;
}

static void name_common(char out[static PANEL_WORDS_MAX], const struct panel_view *v,
                        struct common c)
{
    out[0] = '\0';
    if (c.task)
        text_add(out, PANEL_WORDS_MAX, "%.60s", v->task);
    if (c.attribute)
        text_add(out, PANEL_WORDS_MAX, "%s%.60s", c.task ? " by " : "", v->attribute);
    if (c.predictor && (c.task || c.attribute))
        text_add(out, PANEL_WORDS_MAX, " (%.20s, %.20s)", v->representation, v->probe);
}

size_t panels_remarks(struct shared_remark *out, const struct panels *p)
{
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct panel_view *v = &p->view[i];
        struct panel_remarks remarks = panel_remarks(v);
        for (size_t k = 0; k < remarks.count; k++) {
            if (said_before(p, i, remarks.text[k]))
                continue;
            struct shared_remark *r = &out[count++];
            snprintf(r->text, sizeof(r->text), "%s", remarks.text[k]);
            name_common(r->of, v, common_of(p, i, remarks.text[k]));
        }
    }
    return count;
}
