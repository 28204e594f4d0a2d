#include "coordinator/report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/report/facts.h"
#include "coordinator/report/html.h"
#include "proto/base/arena.h"

void page_left(FILE *to, const struct page *page)
{
    static const char *const rows[][2] = {
        {"before training", "sums of features and of their squares, counts of rows by group"},
        {"training rounds", "trained weights minus those of the round before, and summed losses"},
        {"guard rounds", "sums over validation rows that tell a collapsed model"},
        {"probe rounds", "the same of the probes' weights; their summed scales"},
        {"evaluation rounds", "counts of scores by bin, label and group, and sums over patients"},
    };
    static const char *const heads[] = {"when", "what"};
    struct facts traffic = facts_traffic(page->report);
    const char *plain = facts_plain(page->report);
    fputs("<p>Rows, identifiers of patients and single scores are in none of these", to);
    if (plain != NULL) {
        fputs("; ", to);
        html_text(to, plain);
    }
    fputs(".</p>\n", to);
    html_table(to, "What leaves a site", "facts");
    html_heads(to, heads, "tt");
    for (size_t i = 0; i < COUNT(rows); i++) {
        fputs("<tr>", to);
        html_head(to, "row", NULL, rows[i][0]);
        html_element(to, "td", NULL, rows[i][1]);
        fputs("</tr>\n", to);
    }
    fputs("</tbody>\n", to);
    html_table_end(to);
    page_facts(to, "How much: all sites together, and one model", &traffic);
}

/* One limit: whom it is about ("": all), and what. */
static void tell_limit(FILE *to, size_t *told, const char *of, const char *text)
{
    fputs((*told)++ == 0 ? "<ul>\n<li>" : "<li>", to);
    if (of[0] != '\0') {
        html_element(to, "b", NULL, of);
        fputs(": ", to);
    }
    html_text(to, text);
    fputs("</li>\n", to);
}

static void tell_remarks(FILE *to, size_t *told, const struct panels *panels)
{
    struct shared_remark *remark =
        must_alloc(panels->count * PANEL_REMARKS_MAX + 1, sizeof(*remark));
    size_t count = panels_remarks(remark, panels);
    for (size_t i = 0; i < count; i++)
        tell_limit(to, told, remark[i].of, remark[i].text);
    free(remark);
}

/* Of what is drawn: groups whose AUC cannot be estimated, and gaps that leave a group out. */
static void tell_reasons(FILE *to, size_t *told, const struct panel_view *v)
{
    const struct json *row = panel_row(v, "auc", (double)NAN);
    const struct json *gap = panel_row(v, "auc_gap", (double)NAN), *groups = panel_groups(row);
    char of[2 * PANEL_WORDS_MAX], title[PANEL_WORDS_MAX];
    panel_title(title, v);
    for (size_t i = 0; i < json_count(groups); i++) {
        const char *why = json_string(json_get(json_at(groups, i), "why"), "");
        snprintf(of, sizeof(of), "%s, AUC of %.100s", title, page_group(json_at(groups, i)));
        if (why[0] != '\0')
            tell_limit(to, told, of, why);
    }
    const char *why = json_string(json_get(gap, "why"), "");
    snprintf(of, sizeof(of), "%s, AUC gap", title);
    if (why[0] != '\0')
        tell_limit(to, told, of, why);
}

static void tell_measures(FILE *to, size_t *told, const struct measure_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        for (size_t rep = 0; rep < REP_COUNT; rep++) {
            const char *why = rows_reason(rows, i, (enum representation)rep);
            if (why[0] != '\0')
                tell_limit(to, told, rows->row[i].target, why);
        }
}

static void tell_absent(FILE *to, size_t *told, const struct json *sites)
{
    for (size_t i = 0; i < json_count(sites); i++) {
        struct fact missed = facts_missed(json_at(sites, i));
        char text[FACT_TEXT_MAX + 64];
        snprintf(text, sizeof(text), "its patients count for nothing in rounds %s", missed.text);
        if (missed.text[0] != '\0')
            tell_limit(to, told, facts_text(json_at(sites, i), "name"), text);
    }
}

void page_limits(FILE *to, const struct page *page)
{
    size_t told = 0;
    tell_remarks(to, &told, &page->panels);
    for (size_t i = 0; i < page->panels.count; i++)
        if (page->panels.view[i].drawn)
            tell_reasons(to, &told, &page->panels.view[i]);
    tell_measures(to, &told, &page->utility);
    tell_measures(to, &told, &page->leakage);
    tell_absent(to, &told, json_get(page->report, "sites"));
    fputs(told > 0 ? "</ul>\n" : "<p>None was found.</p>\n", to);
    html_element(to, "p", NULL,
                 "These are found by counting. Who never came to these hospitals, how labels were "
                 "made and how groups were recorded, no report of a run can know.");
    fputc('\n', to);
}
