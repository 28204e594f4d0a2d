#include "coordinator/report/html.h"
#include "coordinator/report/page.h"
#include "proto/base/status.h"

/*
 * Which part answers what a guideline asks for. TRIPOD+AI by item; CLAIM 2024 and FUTURE-AI by the
 * names of their topics.
 */
static const struct {
    const char *section, *title, *tripod, *claim, *future;
} rows[] = {
    {"verdict", "Verdict", "25 interpretation", "Results: model performance",
     "Usability: intended use and what the tool can do"},
    {"sites", "Who took part", "5 data; 20 participants", "Data: data sources",
     "Universality: several sites"},
    {"utility", "Utility", "12 analytical methods; 23 model performance",
     "Evaluation: metrics of performance with their uncertainty",
     "Robustness: evaluation on held-out patients"},
    {"fairness", "Fairness", "14 fairness; 23 model performance, by subgroup, with intervals",
     "Results: performance by subgroup", "Fairness 1 to 3: sources, attributes, evaluation"},
    {"leakage", "Leakage", "14 fairness", "Evaluation: analysis of what the model uses",
     "Fairness: sources of bias"},
    {"calibration", "Calibration", "12 analytical methods; 23 model performance",
     "Evaluation: metrics of performance", "Fairness: evaluation"},
    {"attack", "Attack", "-", "-", "Robustness; general: privacy and security"},
    {"privacy", "Privacy", "17 ethical approval (not in this report)", "Data: de-identification",
     "General: privacy and security"},
    {"left", "What left each site", "5 data", "Data: de-identification",
     "Traceability: documentation"},
    {"limits", "Limits found in the data", "11 missing data; 26 limitations",
     "Data: missing data; Discussion: limitations", "Fairness: attributes; Robustness: variation"},
    {"provenance", "Provenance", "12 analytical methods; 18 open science; 22 model specification",
     "Model: details that let it be made again; versions",
     "Traceability: documentation, versions, logs"},
};

void page_appendix(FILE *to, const struct page *page)
{
    static const char *const heads[] = {"part", "TRIPOD+AI", "CLAIM 2024", "FUTURE-AI"};
    fputs(
        "<p>Where in this report stands what reporting guidelines ask for. What a run cannot know "
        "(purpose, recruitment, reference standard, ethics, funding) its authors must add.</p>\n",
        to);
    html_table(to, "Parts of this report and items of guidelines", NULL);
    html_heads(to, heads, "tttt");
    for (size_t i = 0; i < COUNT(rows); i++) {
        fputs("<tr><th scope=\"row\">", to);
        if (page_has(page, rows[i].section))
            fprintf(to, "<a href=\"#%s\">%s</a>", rows[i].section, rows[i].title);
        else
            fprintf(to, "%s (not in this run)", rows[i].title);
        fputs("</th>", to);
        html_element(to, "td", NULL, rows[i].tripod);
        html_element(to, "td", NULL, rows[i].claim);
        html_element(to, "td", NULL, rows[i].future);
        fputs("</tr>\n", to);
    }
    fputs("</tbody>\n", to);
    html_table_end(to);
}
