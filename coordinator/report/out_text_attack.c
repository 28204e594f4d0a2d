/* What poisoned labels did, for a terminal: each predictor from the lowest to the highest rate. */
#include "coordinator/report/out_text.h"

#include <string.h>

#include "coordinator/report/trials.h"
#include "proto/base/must.h"

#define CELL_MAX 96

/* What a terminal has room for. */
static const enum trial_column told[] = {TRIAL_FNR, TRIAL_GAP, TRIAL_FNR_RANK, TRIAL_GAP_RANK,
                                         TRIAL_AUC_ALL};

enum { PREDICTOR, COLUMNS = 1 + COUNT(told) };

struct line {
    char cell[COLUMNS][CELL_MAX];
};

/* A terminal has no room for more than one word. */
static const char *word_of(const struct cell_words *w)
{
    return strcmp(w->value, "not estimable") == 0 ? "-" : w->value;
}

static struct line line_of(const struct trials *t, size_t at)
{
    const struct trial_line *last = &t->line[at], *base = &t->line[last->base];
    struct line line;
    char predictor[TRIAL_WORDS_MAX];
    trials_predictor(predictor, last);
    snprintf(line.cell[PREDICTOR], CELL_MAX, "%.*s", CELL_MAX - 1, predictor);
    for (size_t c = 0; c < COUNT(told); c++) {
        struct cell_words from = rows_words(base->cell[told[c]]);
        struct cell_words to = rows_words(last->cell[told[c]]);
        snprintf(line.cell[1 + c], CELL_MAX, "%s > %s", word_of(&from), word_of(&to));
    }
    return line;
}

static void widen(size_t widths[static COLUMNS], const struct line *line)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        size_t wanted = words_columns(line->cell[c]);
        widths[c] = wanted > widths[c] ? wanted : widths[c];
    }
}

static void print_line(FILE *to, const struct line *line, const size_t widths[static COLUMNS])
{
    for (size_t c = 0; c < COLUMNS; c++) {
        fputs(c == 0 ? "  " : " ", to);
        words_cell(to, line->cell[c], c + 1 < COLUMNS ? widths[c] : 0);
    }
    fputc('\n', to);
}

/* Where a table would be wider than the terminal: a sentence. */
static void print_sentence(FILE *to, const struct line *line, size_t width)
{
    char text[COLUMNS * 2 * CELL_MAX];
    size_t used = (size_t)snprintf(text, sizeof(text), "%s:", line->cell[PREDICTOR]);
    for (size_t c = 0; c < COUNT(told); c++) {
        const struct trial_title *title = &trial_titles[told[c]];
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s%s%s %s", c > 0 ? ";" : "",
                                 title->what, title->at[0] != '\0' ? " " : "", title->at,
                                 line->cell[1 + c]);
    }
    words_hang(to, "  ", text, 4, width);
}

/* Is it a line that is printed: the last rate of a predictor of this attack? */
static bool is_printed(const struct trials *t, size_t at, size_t head)
{
    return t->line[at].head == head && trials_last(t, at);
}

static void print_attack(FILE *to, const struct trials *t, size_t head, size_t width)
{
    struct line heads[2] = {{{"", "", ""}}, {{"predictor"}}};
    size_t widths[COLUMNS] = {0}, total = 1 + COLUMNS;
    for (size_t c = 0; c < COUNT(told); c++) {
        snprintf(heads[0].cell[1 + c], CELL_MAX, "%s", trial_titles[told[c]].what);
        snprintf(heads[1].cell[1 + c], CELL_MAX, "%s", trial_titles[told[c]].at);
    }
    widen(widths, &heads[0]);
    widen(widths, &heads[1]);
    for (size_t i = 0; i < t->count; i++) {
        struct line line = line_of(t, i);
        if (is_printed(t, i, head))
            widen(widths, &line);
    }
    for (size_t c = 0; c < COLUMNS; c++)
        total += widths[c];
    for (size_t i = 0; i < COUNT(heads) && total <= width; i++)
        print_line(to, &heads[i], widths);
    for (size_t i = 0; i < t->count; i++) {
        struct line line = line_of(t, i);
        if (is_printed(t, i, head) && total <= width)
            print_line(to, &line, widths);
        else if (is_printed(t, i, head))
            print_sentence(to, &line, width);
    }
}

void text_attack(FILE *to, const struct json *report, size_t width)
{
    struct trials t;
    trials_open(&t, report);
    for (size_t i = 0; i < t.count; i++) {
        char title[TRIAL_WORDS_MAX], text[2 * TRIAL_WORDS_MAX];
        if (t.line[i].head != i)
            continue;
        trials_title(title, &t.line[i]);
        snprintf(text, sizeof(text),
                 "Attack: %s (clean held-out patients; lowest rate > highest rate)", title);
        fputc('\n', to);
        words_wrap(to, text, 0, width);
        print_attack(to, &t, i, width);
        trials_sentence(title, &t, i);
        words_wrap(to, title, 2, width);
    }
    if (t.count > 0)
        words_wrap(to, trials_note, 2, width);
    trials_close(&t);
}
