/* The section on attacks: a table an attack, a row a predictor and rate. */
#include "coordinator/report/html.h"
#include "coordinator/report/page.h"
#include "coordinator/report/trials.h"
#include "proto/base/must.h"

static void tell_heads(FILE *to)
{
    const char *head[2 + TRIAL_COLUMNS] = {"predictor", "rate"};
    char text[TRIAL_COLUMNS][64];
    for (size_t c = 0; c < TRIAL_COLUMNS; c++) {
        const struct trial_title *title = &trial_titles[c];
        snprintf(text[c], sizeof(text[c]), "%s%s%s", title->what, title->at[0] != '\0' ? " " : "",
                 title->at);
        head[2 + c] = text[c];
    }
    html_heads(to, head, "tnnnnnnnn");
}

static void tell_line(FILE *to, const struct trial_line *line)
{
    char predictor[TRIAL_WORDS_MAX];
    trials_predictor(predictor, line);
    fputs("<tr>", to);
    html_head(to, "row", NULL, predictor);
    html_figure(to, line->rate);
    for (size_t c = 0; c < TRIAL_COLUMNS; c++) {
        struct cell_words words = rows_words(line->cell[c]);
        html_number(to, words.value, words.interval);
    }
    fputs("</tr>\n", to);
}

static void tell_attack(FILE *to, const struct trials *t, size_t head)
{
    char text[TRIAL_WORDS_MAX];
    trials_sentence(text, t, head);
    html_element(to, "p", NULL, text);
    fputc('\n', to);
    trials_title(text, &t->line[head]);
    html_table(to, text, NULL);
    tell_heads(to);
    for (size_t i = 0; i < t->count; i++)
        if (t->line[i].head == head)
            tell_line(to, &t->line[i]);
    fputs("</tbody>\n", to);
    html_table_end(to);
}

void page_attack(FILE *to, const struct page *page)
{
    struct trials t;
    trials_open(&t, page->report);
    for (size_t i = 0; i < t.count; i++)
        if (t.line[i].head == i)
            tell_attack(to, &t, i);
    if (t.count > 0) {
        html_element(to, "p", NULL, trials_note);
        fputc('\n', to);
    }
    html_element(to, "p", NULL,
                 t.count > 0 ? "No other attack was tried. Nothing here says what somebody could "
                               "learn of single patients from the model or from what it puts out."
                             : "This run tried no attack. Nothing here says what somebody could "
                               "learn of single patients from the model or from what it puts out.");
    fputc('\n', to);
    trials_close(&t);
}
