#include <string.h>

#include "coordinator/report/html.h"
#include "coordinator/report/page.h"

static void tell_head(FILE *to, const struct measure_rows *rows, bool in_sample,
                      const char *target_title)
{
    fputs("<thead><tr>", to);
    html_head(to, "col", NULL, target_title);
    html_head(to, "col", NULL, "probe");
    for (size_t rep = 0; rep < REP_COUNT; rep++)
        if (rows_have(rows, (enum representation)rep, in_sample))
            html_head(to, "col", NULL, rows_representation((enum representation)rep));
    html_head(to, "col", "number", "patients");
    fputs("</tr></thead>\n", to);
}

static void tell_cell(FILE *to, const struct json *cell, enum representation rep)
{
    struct cell_words words = rows_words(cell);
    fprintf(to, "<td class=\"%s\">", rows_representation(rep));
    html_element(to, "span", "value", words.value);
    if (words.interval[0] != '\0') {
        fputc(' ', to);
        html_element(to, "span", "interval", words.interval);
    }
    fputs("</td>", to);
}

/* The numbers of a row, behind the name of its target. */
static void tell_row(FILE *to, const struct measure_rows *rows, const struct measure_row *row)
{
    char patients[WORDS_FIGURE_MAX];
    words_count(patients, rows_patients(row));
    fputs("<th scope=\"row\">", to);
    html_element(to, "span", "metric", rows_metric(row->metric));
    fputc(' ', to);
    html_text(to, row->probe);
    fputs("</th>", to);
    for (size_t rep = 0; rep < REP_COUNT; rep++)
        if (rows_have(rows, (enum representation)rep, row->in_sample))
            tell_cell(to, row->cell[rep], (enum representation)rep);
    html_element(to, "td", "number", patients);
    fputs("</tr>\n", to);
}

static bool belongs(const struct measure_row *row, const char *target, bool in_sample)
{
    return row->in_sample == in_sample && strcmp(row->target, target) == 0;
}

/* All rows of the target of row `at`, whose name spans them; returns the first row behind them. */
static size_t tell_target(FILE *to, const struct measure_rows *rows, size_t at, bool in_sample)
{
    const char *target = rows->row[at].target;
    size_t count = 0, end = at;
    for (; end < rows->count && strcmp(rows->row[end].target, target) == 0; end++)
        count += belongs(&rows->row[end], target, in_sample) ? 1 : 0;
    if (count == 0)
        return end;
    fprintf(to, "<tbody><tr><th scope=\"rowgroup\" rowspan=\"%zu\">", count);
    html_name(to, target);
    fputs("</th>", to);
    const char *opening = "";
    for (size_t i = at; i < end; i++) {
        if (!belongs(&rows->row[i], target, in_sample))
            continue;
        fputs(opening, to);
        tell_row(to, rows, &rows->row[i]);
        opening = "<tr>";
    }
    fputs("</tbody>\n", to);
    return end;
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
    if (!rows_any(rows, in_sample))
        return;
    html_table(to, caption, "measures");
    tell_head(to, rows, in_sample, target_title);
    for (size_t at = 0; at < rows->count;)
        at = tell_target(to, rows, at, in_sample);
    html_table_end(to);
    tell_reasons(to, rows, in_sample);
}
