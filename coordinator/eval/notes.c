#include "coordinator/eval/notes.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/must.h"
#include "proto/base/text.h"

#define NONE      ((double)NAN)
#define WIDE      0.2 /* of an interval: what a reader would call a difference fits in it */
#define NAMES_MAX 200

static void note(struct panel *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The less important ones come later, and have no room when there is none. */
static void note(struct panel *p, const char *fmt, ...)
{
    if (p->notes == PANEL_NOTES_MAX)
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(p->note[p->notes++], PANEL_NOTE_MAX, fmt, args);
    va_end(args);
}

/* "Asian, Black and 2 more": whole names, as many as there is room for. */
struct names {
    size_t count, printed;
    char text[NAMES_MAX];
    char last[NAMES_MAX]; /* printed behind "and" */
};

static void names_add(struct names *n, const char *name, const char *why)
{
    char one[NAMES_MAX];
    const char *quote = strchr(name, ',') != NULL ? "\"" : ""; /* of an intersection */
    int len = snprintf(one, sizeof(one), "%s%s%s%s", quote, name, quote, why);
    n->count++;
    bool fits = len > 0 && strlen(n->text) + strlen(n->last) + (size_t)len + 24 < NAMES_MAX;
    if (n->printed + 1 < n->count || !fits)
        return;
    if (n->printed > 0)
        snprintf(n->text + strlen(n->text), NAMES_MAX - strlen(n->text), "%s%s",
                 n->printed > 1 ? ", " : "", n->last);
    memcpy(n->last, one, (size_t)len + 1);
    n->printed++;
}

static const char *names_text(struct names *n)
{
    size_t used = strlen(n->text);
    if (n->count > n->printed)
        snprintf(n->text + used, NAMES_MAX - used, "%s%s and %zu more", n->printed > 1 ? ", " : "",
                 n->last, n->count - n->printed);
    else
        snprintf(n->text + used, NAMES_MAX - used, "%s%s", n->printed > 1 ? " and " : "", n->last);
    return n->text;
}

static const struct fairness_measure *overall(const struct panel *p, const char *metric)
{
    return fairness_find(&p->fairness, metric, "", "", NONE);
}

static bool is_a_group_s(const struct fairness_measure *m, const char *metric)
{
    return m->group[0] != '\0' && strcmp(m->metric, metric) == 0;
}

/* Do all rows, of all groups, lie in one bin? */
static bool is_constant(const struct groups *g, const struct group_sums *sums)
{
    size_t bins_used = 0;
    for (size_t b = 0; b < g->axis->bins; b++) {
        int64_t rows = 0;
        for (size_t i = 0; i < g->count; i++)
            rows += sums[i].count[0][b] + sums[i].count[1][b];
        bins_used += rows > 0;
    }
    return bins_used == 1;
}

/* Does it rank at all? Says why not; false: gaps are not worth a sentence. */
static bool note_ranking(struct panel *p, const struct groups *g, const struct group_sums *sums)
{
    const struct fairness_measure *auc = overall(p, "auc");
    char number[PANEL_NUMBER_MAX];
    if (is_constant(g, sums)) {
        p->degenerate = true;
        note(p, "This predictor is degenerate: it gives everybody the same score and ranks nobody. "
                "Every gap in AUC is 0 by construction, not by fairness.");
        return false;
    }
    if (auc == NULL || isnan(auc->lo) || isnan(auc->hi) || auc->lo > 0.5)
        return true;
    panel_number(number, auc);
    if (auc->hi < 0.5)
        note(p,
             "This predictor ranks worse than chance (AUC %s): it may have been trained for the "
             "other class.",
             number);
    else
        note(p,
             "This predictor is not shown to rank better than chance (AUC %s, which holds .5): "
             "gaps between groups say little of a model that may work for nobody.",
             number);
    return false;
}

static void note_withheld(struct panel *p, int64_t min_cell)
{
    struct names who = {0};
    for (size_t i = 0; i < p->fairness.count; i++) {
        const struct fairness_measure *m = &p->fairness.measure[i];
        if (is_a_group_s(m, "n") && m->withheld)
            names_add(&who, m->group, "");
    }
    if (who.count == 0)
        return;
    const char *text = names_text(&who);
    note(p,
         "%s %s withheld: fewer than %lld patients of a class, or numbers would tell such a "
         "count. Gaps do not speak for %s.",
         text, who.count == 1 ? "is" : "are", (long long)min_cell,
         who.count == 1 ? "this group" : "these groups");
}

/* Is a group's rate withheld where everybody's is not? */
static bool is_withheld_of(const struct panel *p, const struct fairness_measure *m)
{
    const struct fairness_measure *all =
        fairness_find(&p->fairness, m->metric, "", "", m->threshold);
    return is_a_group_s(m, "selection_rate") && m->withheld && (all == NULL || !all->withheld);
}

/* A group's rates are withheld at every threshold or at none; it is named once. */
static bool is_first_of(const struct panel *p, const struct fairness_measure *m)
{
    for (const struct fairness_measure *k = p->fairness.measure; k < m; k++)
        if (is_withheld_of(p, k) && strcmp(k->group, m->group) == 0)
            return false;
    return true;
}

/* Who has numbers, but none at a threshold. */
static void note_rates(struct panel *p)
{
    struct names who = {0};
    for (size_t i = 0; i < p->fairness.count; i++) {
        const struct fairness_measure *m = &p->fairness.measure[i];
        char figure[TEXT_FIGURE_MAX], at[TEXT_FIGURE_MAX + 8];
        text_figure(figure, m->threshold);
        snprintf(at, sizeof(at), " at %s", figure);
        if (strcmp(m->metric, "selection_rate") == 0 && m->group[0] == '\0' && m->withheld)
            names_add(&who, "everybody", at);
        else if (is_withheld_of(p, m) && is_first_of(p, m))
            names_add(&who, m->group, "");
    }
    if (who.count > 0)
        note(p,
             "Rates at thresholds are withheld of %s: they would tell a count of patients that is "
             "withheld.",
             names_text(&who));
}

static const char *lack_of(const struct fairness_measure *m)
{
    if (m->rows == 0)
        return " (nobody)";
    return m->positives == 0 ? " (no positives)" : " (no negatives)";
}

static void note_not_estimable(struct panel *p)
{
    struct names who = {0};
    for (size_t i = 0; i < p->fairness.count; i++) {
        const struct fairness_measure *m = &p->fairness.measure[i];
        bool one_class = m->positives == 0 || m->positives == m->rows;
        if (is_a_group_s(m, "auc") && !m->withheld && isnan(m->value) && one_class)
            names_add(&who, m->group, lack_of(m));
    }
    if (who.count > 0)
        note(p, "There is no AUC of %s: the gap in AUC leaves out %s.", names_text(&who),
             who.count == 1 ? "this group" : "these groups");
}

/* Said of its own rates, and once whatever the threshold. */
static bool has_few_positives(const struct panel *p, const struct fairness_measure *m)
{
    if (!is_a_group_s(m, "tpr") || m->withheld || !isnan(m->value) || m->positives == 0)
        return false;
    for (const struct fairness_measure *k = p->fairness.measure; k < m; k++)
        if (strcmp(k->metric, "tpr") == 0 && strcmp(k->group, m->group) == 0)
            return false;
    return true;
}

static void note_few_positives(struct panel *p)
{
    struct names who = {0};
    for (size_t i = 0; i < p->fairness.count; i++)
        if (has_few_positives(p, &p->fairness.measure[i]))
            names_add(&who, p->fairness.measure[i].group, "");
    if (who.count > 0)
        note(p, "%s %s too few positives for a TPR: gaps in TPR leave out %s.", names_text(&who),
             who.count == 1 ? "has" : "have", who.count == 1 ? "this group" : "these groups");
}

static void note_selection(struct panel *p)
{
    for (size_t i = 0; i < p->fairness.count; i++) {
        const struct fairness_measure *m = &p->fairness.measure[i];
        char threshold[TEXT_FIGURE_MAX];
        if (strcmp(m->metric, "selection_rate") != 0 || m->group[0] != '\0' ||
            (m->value != 0 && m->value != 1))
            continue;
        text_threshold(threshold, m->threshold);
        note(p,
             "At threshold %s this predictor is degenerate: %s is selected, and gaps in selection, "
             "TPR and FPR are 0 by construction, not by fairness.",
             threshold, m->value == 0 ? "nobody" : "everybody");
    }
}

static const struct {
    const char *metric, *name;
    bool high_is_worse;
} gaps[] = {
    {"auc_gap", "AUC", false},
    {"tpr_gap", "TPR", false},
    {"fpr_gap", "FPR", true},
};

/* "The AUC gap", "The TPR gap at threshold .500" */
static void subject_of(char out[static 64], const char *name, double threshold)
{
    char figure[TEXT_FIGURE_MAX];
    text_threshold(figure, threshold);
    if (isnan(threshold))
        snprintf(out, 64, "The %s gap", name);
    else
        snprintf(out, 64, "The %s gap at threshold %s", name, figure);
}

/* More than luck: the whole interval is above what luck makes. */
static void note_real_gap(struct panel *p, size_t gap, const struct fairness_measure *m)
{
    char subject[64], number[PANEL_NUMBER_MAX], noise[TEXT_FIGURE_MAX];
    if (isnan(m->lo) || isnan(m->noise_floor) || !(m->lo > m->noise_floor))
        return;
    subject_of(subject, gaps[gap].name, m->threshold);
    panel_number(number, m);
    text_figure(noise, m->noise_floor);
    bool high = gaps[gap].high_is_worse;
    note(p,
         "%s, %s, is more than luck makes of equal groups of these sizes (noise floor %s): %s "
         "has the %s %s.",
         subject, number, noise, high ? m->highest : m->lowest, high ? "highest" : "lowest",
         gaps[gap].name);
}

/* A gap of 0 may be one by construction, of which note_selection speaks. */
static void note_luck(struct panel *p, size_t gap, const struct fairness_measure *m)
{
    char subject[64], value[TEXT_FIGURE_MAX], noise[TEXT_FIGURE_MAX];
    if (isnan(m->value) || isnan(m->noise_floor) || !(m->noise_floor > 0) ||
        m->value > m->noise_floor)
        return;
    subject_of(subject, gaps[gap].name, m->threshold);
    text_figure(value, m->value);
    text_figure(noise, m->noise_floor);
    note(p,
         "%s of %s is what luck alone makes of equal groups of these sizes (noise floor %s): it "
         "is no evidence of a difference, and none of equality.",
         subject, value, noise);
}

static void note_gaps(struct panel *p,
                      void (*say)(struct panel *p, size_t gap, const struct fairness_measure *m))
{
    for (size_t gap = 0; gap < COUNT(gaps); gap++)
        for (size_t i = 0; i < p->fairness.count; i++) {
            const struct fairness_measure *m = &p->fairness.measure[i];
            if (strcmp(m->metric, gaps[gap].metric) == 0 && !m->withheld)
                say(p, gap, m);
        }
}

/* The widest interval of a group's AUC or TPR. */
static void note_few(struct panel *p)
{
    const struct fairness_measure *widest = NULL;
    for (size_t i = 0; i < p->fairness.count; i++) {
        const struct fairness_measure *m = &p->fairness.measure[i];
        if ((is_a_group_s(m, "auc") || is_a_group_s(m, "tpr")) && !m->withheld &&
            m->hi - m->lo > (widest == NULL ? WIDE : widest->hi - widest->lo))
            widest = m;
    }
    if (widest == NULL)
        return;
    char number[PANEL_NUMBER_MAX];
    panel_number(number, widest);
    note(p, "Of %s there are too few %ss to tell: its %s is %s.", widest->group, p->unit,
         strcmp(widest->metric, "auc") == 0 ? "AUC" : "TPR", number);
}

void notes_fill(struct panel *p, const struct groups *g, const struct group_sums *sums,
                int64_t min_cell)
{
    p->notes = 0;
    p->degenerate = false;
    if (overall(p, "n") == NULL || overall(p, "n")->withheld) {
        note(p,
             "Nothing is shown here: it would rest on fewer than %lld patients of a class, would "
             "tell "
             "such a count, or is of fewer sites than the plan wants.",
             (long long)min_cell);
        return;
    }
    bool ranks = note_ranking(p, g, sums);
    note_withheld(p, min_cell);
    note_rates(p);
    note_not_estimable(p);
    note_few_positives(p);
    note_selection(p);
    if (ranks) {
        note_gaps(p, note_real_gap);
        note_gaps(p, note_luck);
    }
    note_few(p);
}
