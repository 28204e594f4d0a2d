#include "coordinator/report/trials.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/report/facts.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

const struct trial_title trial_titles[TRIAL_COLUMNS] = {
    {"FNR of target", "at .5"},   {"FNR gap", "at .5"},   {"FPR of all", "at .5"},
    {"FNR of target", "by rank"}, {"FNR gap", "by rank"}, {"AUC of target", ""},
    {"AUC of all", ""},
};

const char trials_note[] = "Labels are poisoned in training rows alone; rows that are scored, and "
                           "validation rows, on which "
                           "probes stop and the threshold by rank is chosen, are clean. Read the "
                           "gap and the AUC together: a "
                           "small gap where the AUC fell is harm that is shared, not harm that was "
                           "averted. Another kind of "
                           "probe, or another attack, may do worse.";

/* Which row of the report is a column's. */
static const struct {
    const char *metric, *rule;
    bool target; /* of the target, else of everybody or between groups */
} columns[TRIAL_COLUMNS] = {
    {"fnr", "fixed", true}, {"fnr_gap", "fixed", false}, {"fpr", "fixed", false},
    {"fnr", "rank", true},  {"fnr_gap", "rank", false},  {"auc", "", true},
    {"auc", "", false},
};

static bool same_attack(const struct trial_line *a, const struct trial_line *b)
{
    return strcmp(a->task, b->task) == 0 && strcmp(a->attribute, b->attribute) == 0 &&
           strcmp(a->target, b->target) == 0;
}

static bool same_predictor(const struct trial_line *a, const struct trial_line *b)
{
    return strcmp(a->representation, b->representation) == 0 && strcmp(a->probe, b->probe) == 0;
}

/* The line of this row; a new one where there is none yet. */
static struct trial_line *line_of(struct trials *t, const struct json *row)
{
    struct trial_line line = {.task = facts_text(row, "task"),
                              .attribute = facts_text(row, "attribute"),
                              .target = facts_text(row, "target"),
                              .representation = facts_text(row, "representation"),
                              .probe = facts_text(row, "probe"),
                              .rate = json_real(json_get(row, "rate"), 0),
                              .head = t->count,
                              .base = t->count};
    for (size_t i = t->count; i-- > 0;) { /* a line's rows stand together: look at the last first */
        if (!same_attack(&t->line[i], &line))
            continue;
        line.head = t->line[i].head;
        if (!same_predictor(&t->line[i], &line))
            continue;
        if (t->line[i].rate == line.rate)
            return &t->line[i];
        line.base = t->line[i].base;
    }
    t->line[t->count] = line;
    return &t->line[t->count++];
}

static void put_cell(struct trial_line *line, const struct json *row)
{
    const char *metric = json_string(json_get(row, "metric"), "");
    const char *rule = json_string(json_get(row, "rule"), "");
    const char *group = json_string(json_get(row, "group"), "");
    for (size_t c = 0; c < TRIAL_COLUMNS; c++) {
        const char *of = columns[c].target ? line->target : "";
        if (strcmp(metric, columns[c].metric) == 0 && strcmp(rule, columns[c].rule) == 0 &&
            strcmp(group, of) == 0)
            line->cell[c] = row;
    }
}

void trials_open(struct trials *t, const struct json *report)
{
    const struct json *rows = json_get(report, "attack");
    *t = (struct trials){.line = must_alloc(json_count(rows) + 1, sizeof(*t->line))};
    for (size_t i = 0; i < json_count(rows); i++) {
        const struct json *row = json_at(rows, i);
        put_cell(line_of(t, row), row);
    }
}

void trials_close(struct trials *t)
{
    free(t->line);
    *t = (struct trials){0};
}

void trials_title(char out[static TRIAL_WORDS_MAX], const struct trial_line *line)
{
    snprintf(out, TRIAL_WORDS_MAX,
             "%.120s, positives of %.120s = %.120s made negatives in training", line->task,
             line->attribute, line->target);
}

void trials_predictor(char out[static TRIAL_WORDS_MAX], const struct trial_line *line)
{
    snprintf(out, TRIAL_WORDS_MAX, "%.60s, %.60s", line->representation, line->probe);
}

bool trials_last(const struct trials *t, size_t at)
{
    for (size_t i = at + 1; i < t->count; i++)
        if (t->line[i].base == t->line[at].base)
            return false;
    return true;
}

/* How far a number is from that at the lowest rate; NAN where one is not told. */
static double moved(const struct trials *t, size_t at, size_t column)
{
    const struct trial_line *line = &t->line[at];
    return rows_value(line->cell[column], "value") -
           rows_value(t->line[line->base].cell[column], "value");
}

static bool is_gap(size_t column)
{
    return column == TRIAL_GAP || column == TRIAL_GAP_RANK;
}

/* A number that is there and not told. */
static bool untold(const struct json *cell)
{
    return json_bool(json_get(cell, "withheld"), false);
}

void trials_sentence(char out[static TRIAL_WORDS_MAX], const struct trials *t, size_t head)
{
    double most = -1;
    size_t at = head, column = 0, hidden = 0;
    for (size_t i = 0; i < t->count; i++)
        for (size_t c = 0; c < TRIAL_COLUMNS && t->line[i].head == head; c++) {
            double far = is_gap(c) ? (double)NAN : fabs(moved(t, i, c));
            hidden += !is_gap(c) && untold(t->line[i].cell[c]);
            if (far > most)
                most = far, at = i, column = c;
        }
    if (most < 0) {
        snprintf(out, TRIAL_WORDS_MAX, "No number of this attack can be told.");
        return;
    }
    const struct trial_line *line = &t->line[at], *base = &t->line[line->base];
    char from[WORDS_FIGURE_MAX], to[WORDS_FIGURE_MAX], predictor[TRIAL_WORDS_MAX];
    words_figure(from, rows_value(base->cell[column], "value"));
    words_figure(to, rows_value(line->cell[column], "value"));
    trials_predictor(predictor, line);
    snprintf(out, TRIAL_WORDS_MAX,
             "The largest change: %s%s%s of %.130s, from %s at rate %g to %s at rate %g%s.",
             trial_titles[column].what, trial_titles[column].at[0] != '\0' ? " " : "",
             trial_titles[column].at, predictor, from, base->rate, to, line->rate,
             hidden > 0 ? "; numbers that are withheld may have changed more" : "");
}
