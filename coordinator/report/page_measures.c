#include <string.h>

#include "coordinator/report/html.h"
#include "coordinator/report/page.h"

/* A table that is being told. */
struct telling {
    FILE *to;
    const struct measure_rows *rows;
    bool in_sample;
    enum rows_what what;
};

static bool has_column(const struct telling *t, size_t rep)
{
    return rows_have(t->rows, (enum representation)rep, t->in_sample, t->what);
}

static void tell_head(const struct telling *t, const char *target_title)
{
    fputs("<thead><tr>", t->to);
    html_head(t->to, "col", NULL, target_title);
    html_head(t->to, "col", NULL, "probe");
    for (size_t rep = 0; rep < REP_COUNT; rep++)
        if (has_column(t, rep))
            html_head(t->to, "col", NULL, rows_representation((enum representation)rep));
    html_head(t->to, "col", "number", "patients");
    fputs("</tr></thead>\n", t->to);
}

static void tell_cell(const struct telling *t, const struct json *cell, enum representation rep)
{
    struct cell_words words = t->what == ROWS_VALUES ? rows_words(cell) : rows_change_words(cell);
    fprintf(t->to, "<td class=\"%s\">", rows_representation(rep));
    html_element(t->to, "span", "value", words.value);
    if (words.interval[0] != '\0') {
        fputc(' ', t->to);
        html_element(t->to, "span", "interval", words.interval);
    }
    fputs("</td>", t->to);
}

/* The numbers of a row, behind the name of its target. */
static void tell_row(const struct telling *t, const struct measure_row *row)
{
    char patients[WORDS_FIGURE_MAX];
    words_count(patients, rows_patients(row));
    fputs("<th scope=\"row\">", t->to);
    html_element(t->to, "span", "metric", rows_metric(row->metric));
    fputc(' ', t->to);
    html_text(t->to, row->probe);
    fputs("</th>", t->to);
    for (size_t rep = 0; rep < REP_COUNT; rep++)
        if (has_column(t, rep))
            tell_cell(t, row->cell[rep], (enum representation)rep);
    html_element(t->to, "td", "number", patients);
    fputs("</tr>\n", t->to);
}

static bool belongs(const struct telling *t, const struct measure_row *row, const char *target)
{
    return row->in_sample == t->in_sample && rows_tell(row, t->what) &&
           strcmp(row->target, target) == 0;
}

/* All rows of the target of row `at`, whose name spans them; returns the first row behind them. */
static size_t tell_target(const struct telling *t, size_t at)
{
    const struct measure_rows *rows = t->rows;
    const char *target = rows->row[at].target;
    size_t count = 0, end = at;
    for (; end < rows->count && strcmp(rows->row[end].target, target) == 0; end++)
        count += belongs(t, &rows->row[end], target) ? 1 : 0;
    if (count == 0)
        return end;
    fprintf(t->to, "<tbody><tr><th scope=\"rowgroup\" rowspan=\"%zu\">", count);
    html_name(t->to, target);
    fputs("</th>", t->to);
    const char *opening = "";
    for (size_t i = at; i < end; i++) {
        if (!belongs(t, &rows->row[i], target))
            continue;
        fputs(opening, t->to);
        tell_row(t, &rows->row[i]);
        opening = "<tr>";
    }
    fputs("</tbody>\n", t->to);
    return end;
}

static void tell_table(const struct telling *t, const char *target_title, const char *caption,
                       const char *class)
{
    html_table(t->to, caption, class);
    tell_head(t, target_title);
    for (size_t at = 0; at < t->rows->count;)
        at = tell_target(t, at);
    html_table_end(t->to);
}

static void tell_reasons(FILE *to, const struct measure_rows *rows, bool in_sample)
{
    bool any = false;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t rep = 0; rep < REP_COUNT; rep++) {
            const char *why = rows_reason(rows, i, (enum representation)rep);
            if (rows->row[i].in_sample != in_sample || why[0] == '\0')
                continue;
            fputs(any ? "<li>" : "<ul class=\"notes\">\n<li>", to);
            any = true;
            html_element(to, "b", NULL, rows->row[i].target);
            fputs(": ", to);
            html_text(to, why);
            fputs("</li>\n", to);
        }
    if (any)
        fputs("</ul>\n", to);
}

void page_measures(FILE *to, const struct measure_rows *rows, bool in_sample,
                   const char *target_title, const char *caption)
{
    struct telling t = {to, rows, in_sample, ROWS_VALUES};
    if (!rows_any(rows, in_sample, t.what))
        return;
    tell_table(&t, target_title, caption, "measures");
    struct fact majority = facts_majority(rows, in_sample);
    if (majority.text[0] != '\0')
        html_element(to, "p", NULL, majority.text);
    tell_reasons(to, rows, in_sample);
    t.what = ROWS_CHANGES;
    if (!rows_any(rows, in_sample, t.what))
        return;
    struct fact changes = facts_changes();
    char title[2 * FACT_TEXT_MAX];
    snprintf(title, sizeof(title), "%s: %s", changes.name, changes.text);
    tell_table(&t, target_title, title, "measures changes");
}
