#include <string.h>

#include "coordinator/report/facts.h"
#include "coordinator/report/figure.h"
#include "coordinator/report/html.h"
#include "coordinator/report/page.h"
#include "coordinator/report/report.h"

#define DIGEST_DIGITS 64 /* a page has room for the whole of it */

static void tell_finding(FILE *to, const struct verdict_line *line)
{
    fputs("<li>", to);
    html_element(to, "b", NULL, line->subject);
    html_text(to, line->text);
    fputs("</li>\n", to);
}

static const char *class_of(enum verdict_part part)
{
    return part == VERDICT_OPENING ? "opening" : part == VERDICT_COUNT ? "count" : NULL;
}

static void tell_verdict(FILE *to, const struct page *page)
{
    const struct verdict *v = &page->verdict;
    bool listing = false;
    for (size_t i = 0; i < v->count; i++) {
        const struct verdict_line *line = &v->line[i];
        bool finding = line->part == VERDICT_FINDING;
        if (finding != listing)
            fputs(finding ? "<ul>\n" : "</ul>\n", to);
        listing = finding;
        if (finding)
            tell_finding(to, line);
        else if (line->part != VERDICT_WARNING) {
            html_element(to, "p", class_of(line->part), line->text);
            fputc('\n', to);
        }
    }
    if (listing)
        fputs("</ul>\n", to);
    page_gate_list(to, &page->gates);
    page_group_list(to, &page->panels);
}

static void tell_check(FILE *to, const struct json *check)
{
    bool ok = json_bool(json_get(check, "ok"), false);
    fputs("<tr>", to);
    html_element(to, "td", ok ? "held" : "failed", ok ? "ok" : "FAIL");
    html_head(to, "row", NULL, facts_text(check, "name"));
    html_element(to, "td", NULL, json_string(json_get(check, "why"), ""));
    fputs("</tr>\n", to);
}

static void tell_checks(FILE *to, const struct page *page)
{
    const struct json *checks = json_get(page->report, "checks");
    html_table(to, facts_checks(page->report).text, NULL);
    fputs("<thead><tr>", to);
    html_head(to, "col", NULL, "result");
    html_head(to, "col", NULL, "check");
    html_head(to, "col", NULL, "what was found");
    fputs("</tr></thead>\n<tbody>\n", to);
    for (size_t i = 0; i < json_count(checks); i++)
        tell_check(to, json_at(checks, i));
    fputs("</tbody>\n", to);
    html_table_end(to);
}

static void tell_site(FILE *to, const struct json *site)
{
    static const char *const counts[] = {"rounds_joined", "rounds_missed"};
    fputs("<tr>", to);
    html_head(to, "row", NULL, facts_text(site, "name"));
    html_element(to, "td", facts_whole(site) ? NULL : "failed", facts_text(site, "state"));
    for (size_t i = 0; i < COUNT(counts); i++) {
        char figure[WORDS_FIGURE_MAX];
        words_count(figure, json_real(json_get(site, counts[i]), 0));
        html_element(to, "td", "number", figure);
    }
    html_element(to, "td", NULL, facts_missed(site).text);
    fputs("</tr>\n", to);
}

static void tell_sites(FILE *to, const struct page *page)
{
    static const char *const heads[] = {"site", "state", "rounds joined", "rounds missed", "which"};
    const struct json *sites = json_get(page->report, "sites");
    char caption[FACT_TEXT_MAX + 64];
    struct figure figure;
    snprintf(caption, sizeof(caption), "%s, of training and of evaluation",
             facts_sites(page->report).text);
    page_rounds(to, &figure, page->report);
    html_table(to, caption, NULL);
    html_heads(to, heads, "ttnnt");
    for (size_t i = 0; i < json_count(sites); i++)
        tell_site(to, json_at(sites, i));
    fputs("</tbody>\n", to);
    html_table_end(to);
    figure_close(&figure);
}

static void tell_leakage(FILE *to, const struct page *page)
{
    page_measures(to, &page->leakage, false, "attribute", facts_leakage(&page->leakage).text);
    page_trend(to, page->report, PAGE_LEAKAGE);
}

static void tell_utility(FILE *to, const struct page *page)
{
    page_measures(to, &page->utility, false, "task", facts_utility(&page->utility).text);
    page_trend(to, page->report, PAGE_UTILITY);
}

static void tell_in_sample(FILE *to, const struct page *page)
{
    struct fact what = facts_in_sample(&page->leakage, &page->utility);
    char caption[FACT_TEXT_MAX + 32];
    snprintf(caption, sizeof(caption), "attributes, %s", what.text);
    page_measures(to, &page->leakage, true, "attribute", caption);
    snprintf(caption, sizeof(caption), "tasks, %s", what.text);
    page_measures(to, &page->utility, true, "task", caption);
}

static void tell_reading(FILE *to, const struct page *page)
{
    struct facts reading = facts_reading(&page->leakage, &page->utility);
    fputs("<ul>\n", to);
    for (size_t i = 0; i < reading.count; i++) {
        html_element(to, "li", NULL, reading.fact[i].text);
        fputc('\n', to);
    }
    fputs("</ul>\n", to);
}

static void tell_history(FILE *to, const struct page *page)
{
    page_history(to, page->report);
}

void page_facts(FILE *to, const char *caption, const struct facts *facts)
{
    html_table(to, caption, "facts");
    fputs("<tbody>\n", to);
    for (size_t i = 0; i < facts->count; i++) {
        fputs("<tr>", to);
        html_head(to, "row", NULL, facts->fact[i].name);
        html_element(to, "td", NULL, facts->fact[i].text);
        fputs("</tr>\n", to);
    }
    fputs("</tbody>\n", to);
    html_table_end(to);
}

static void tell_privacy(FILE *to, const struct page *page)
{
    struct facts privacy = facts_privacy(page->report);
    page_facts(to, "How updates and counts were kept", &privacy);
}

static void tell_time(FILE *to, const struct page *page)
{
    struct facts time = facts_time(page->report);
    page_facts(to, "What the run took", &time);
}

/* Keys and values as they were typed. */
static void tell_overrides(FILE *to, const struct json *overrides)
{
    html_table(to, "Not as in the plan's file", NULL);
    fputs("<tbody>\n", to);
    for (size_t i = 0; i < json_count(overrides); i++) {
        const char *key = json_key_at(overrides, i);
        fputs("<tr><th scope=\"row\">", to);
        html_element(to, "code", NULL, key);
        fputs("</th><td>", to);
        html_element(to, "code", NULL, facts_text(overrides, key));
        fputs("</td></tr>\n", to);
    }
    fputs("</tbody>\n", to);
    html_table_end(to);
}

static void tell_provenance(FILE *to, const struct page *page)
{
    const struct json *overrides = json_get(json_get(page->report, "run"), "overrides");
    struct facts provenance = facts_provenance(page->report, DIGEST_DIGITS);
    page_facts(to, "What it takes to repeat the run", &provenance);
    if (json_count(overrides) > 0)
        tell_overrides(to, overrides);
}

static bool has_checks(const struct page *page)
{
    return json_count(json_get(page->report, "checks")) > 0;
}

static bool has_leakage(const struct page *page)
{
    return rows_any(&page->leakage, false, ROWS_VALUES);
}

static bool has_panels(const struct page *page)
{
    return page->panels.count > 0;
}

static bool has_drawn(const struct page *page)
{
    return page->panels.drawn > 0;
}

static bool has_utility(const struct page *page)
{
    return rows_any(&page->utility, false, ROWS_VALUES);
}

static bool has_in_sample(const struct page *page)
{
    return rows_any(&page->leakage, true, ROWS_VALUES) ||
           rows_any(&page->utility, true, ROWS_VALUES);
}

static bool has_rows(const struct page *page)
{
    return page->leakage.count + page->utility.count > 0;
}

static bool has_history(const struct page *page)
{
    return page_has_history(page->report);
}

static bool always(const struct page *page)
{
    (void)page;
    return true;
}

/* The page, from top to bottom. */
static const struct section {
    const char *id, *title;
    bool (*there)(const struct page *page);
    void (*tell)(FILE *to, const struct page *page);
} sections[] = {
    {"verdict", "Verdict", always, tell_verdict},
    {"checks", "Checks", has_checks, tell_checks},
    {"sites", "Who took part", always, tell_sites},
    {"utility", "Utility", has_utility, tell_utility},
    {"fairness", "Fairness", has_panels, page_fairness},
    {"leakage", "Leakage", has_leakage, tell_leakage},
    {"search", "Search", page_has_frontier, page_frontier},
    {"in-sample", "Not from test patients", has_in_sample, tell_in_sample},
    {"calibration", "Calibration", has_drawn, page_calibration},
    {"reading", "Reading the numbers", has_rows, tell_reading},
    {"attack", "Attack", always, page_attack},
    {"history", "Training", has_history, tell_history},
    {"privacy", "Privacy", always, tell_privacy},
    {"left", "What left each site", always, page_left},
    {"limits", "Limits found in the data", always, page_limits},
    {"time", "Time", always, tell_time},
    {"provenance", "Provenance", always, tell_provenance},
    {"appendix", "Appendix: guidelines", always, page_appendix},
};

bool page_has(const struct page *page, const char *id)
{
    for (size_t i = 0; i < COUNT(sections); i++)
        if (strcmp(sections[i].id, id) == 0)
            return sections[i].there(page);
    return false;
}

/* "debias-vae; 30 of 30 rounds; 4 sites, 4 of them in every round; 6 of 6 checks held" */
static void tell_about(FILE *to, const struct json *report)
{
    const struct json *run = json_get(report, "run");
    char rounds[FACT_TEXT_MAX];
    snprintf(rounds, sizeof(rounds), "%lld of %lld rounds",
             (long long)json_int(json_get(run, "rounds_done"), 0),
             (long long)json_int(json_get(run, "rounds_planned"), 0));
    struct fact sites = facts_sites(report), checks = facts_checks(report);
    const char *const parts[] = {facts_text(run, "model"), rounds, sites.text, checks.text};
    fputs("<p class=\"about\">", to);
    for (size_t i = 0; i < COUNT(parts); i++) {
        fputs(i > 0 && parts[i][0] != '\0' ? "; " : "", to);
        html_text(to, parts[i]);
    }
    fputs("</p>\n", to);
}

static void tell_warnings(FILE *to, const struct verdict *v)
{
    if (v->count == 0 || v->line[0].part != VERDICT_WARNING)
        return;
    fputs("<div class=\"warning\">\n", to);
    for (size_t i = 0; i < v->count && v->line[i].part == VERDICT_WARNING; i++) {
        fputs("<p>", to);
        html_element(to, i == 0 ? "strong" : "span", NULL, v->line[i].text);
        fputs("</p>\n", to);
    }
    fputs("</div>\n", to);
}

static void tell_header(FILE *to, const struct page *page)
{
    const char *plain = facts_plain(page->report);
    fputs("<header>\n<p class=\"kind\">Evenhand report</p>\n", to);
    html_element(to, "h1", NULL, facts_text(json_get(page->report, "run"), "plan"));
    fputc('\n', to);
    tell_about(to, page->report);
    tell_warnings(to, &page->verdict);
    if (plain != NULL) {
        fputs("<p class=\"notice\"><strong>Plain aggregation:</strong> ", to);
        html_text(to, plain);
        fputs(".</p>\n", to);
    }
    fputs("<nav aria-label=\"Sections\">\n<ul>\n", to);
    for (size_t i = 0; i < COUNT(sections); i++)
        if (sections[i].there(page))
            fprintf(to, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id, sections[i].title);
    fputs("</ul>\n</nav>\n</header>\n", to);
}

static void tell_footer(FILE *to, const struct json *report)
{
    fputs("<footer>\n<p>Made by Evenhand ", to);
    html_text(to, facts_text(json_get(report, "run"), "version"));
    fputs(" from report.json (schema " REPORT_SCHEMA "), where all numbers stand in full. This "
          "page loads nothing; its policy lets two scripts of its own draw the figures, and no "
          "other run.</p>\n",
          to);
    page_licences(to);
    fputs("</footer>\n", to);
}

static void tell_page(FILE *to, const struct page *page)
{
    page_head(to, facts_text(json_get(page->report, "run"), "plan"));
    fputs("<body>\n", to);
    tell_header(to, page);
    fputs("<main>\n", to);
    for (size_t i = 0; i < COUNT(sections); i++) {
        if (!sections[i].there(page))
            continue;
        html_section(to, sections[i].id, sections[i].title);
        sections[i].tell(to, page);
        html_section_end(to);
    }
    fputs("</main>\n", to);
    tell_footer(to, page->report);
    page_scripts(to);
    fputs("</body>\n</html>\n", to);
}

enum status report_html(FILE *to, const struct json *report)
{
    enum status st = report_judge(report);
    if (st != ST_OK)
        return st;
    struct page page = {.report = report};
    rows_open(&page.leakage, report, "leakage", "attribute");
    rows_open(&page.utility, report, "utility", "task");
    panels_open(&page.panels, report);
    gates_open(&page.gates, report);
    verdict_open(&page.verdict, report, &page.leakage, &page.utility);
    tell_page(to, &page);
    verdict_close(&page.verdict);
    gates_close(&page.gates);
    panels_close(&page.panels);
    rows_close(&page.leakage);
    rows_close(&page.utility);
    return ST_OK;
}
