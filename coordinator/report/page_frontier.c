#include <math.h>
#include <stdlib.h>

#include "coordinator/report/facts.h"
#include "coordinator/report/figure.h"
#include "coordinator/report/html.h"
#include "coordinator/report/page.h"
#include "coordinator/report/search.h"
#include "proto/base/arena.h"

static const double none = (double)NAN;

bool page_has_frontier(const struct page *page)
{
    return json_count(json_get(page->report, "frontier")) > 0;
}

static double utility_of(const struct json *point)
{
    return json_real(json_get(point, "utility"), none);
}

static double leakage_of(const struct json *point)
{
    return json_real(json_get(point, "leakage"), none);
}

static void draw_point(struct json *series, const char *list, const struct json *point)
{
    figure_point(series, list, (const double[]){utility_of(point), leakage_of(point)}, 2);
}

static bool is(const struct json *point, const char *key)
{
    return json_bool(json_get(point, key), false);
}

static int by_utility(const void *a, const void *b)
{
    double ua = utility_of(*(const struct json *const *)a);
    double ub = utility_of(*(const struct json *const *)b);
    return (ua > ub) - (ua < ub);
}

/* From the least use to the most. */
static void draw_frontier(struct json *chart, const struct json *points)
{
    size_t count = 0;
    const struct json **best = must_alloc(json_count(points) + 1, sizeof(const struct json *));
    for (size_t i = 0; i < json_count(points); i++)
        if (is(json_at(points, i), "on_frontier"))
            best[count++] = json_at(points, i);
    qsort(best, count, sizeof(const struct json *), by_utility);
    struct json *line = figure_series(chart, "frontier", FIGURE_EVERYBODY);
    for (size_t i = 0; i < count; i++)
        draw_point(line, "points", best[i]);
    free(best);
}

/* Two series, so that the chosen one has a colour and a mark of its own. */
static void draw_points(struct json *chart, const struct json *points, bool chosen)
{
    struct json *series = figure_series(chart, chosen ? "chosen" : "points", FIGURE_GROUP);
    for (size_t i = 0; i < json_count(points); i++)
        if (is(json_at(points, i), "chosen") == chosen)
            draw_point(series, "dots", json_at(points, i));
}

/* A mark of its own; of what loses more than every point, as noise, the leakage alone, as a line. */
static void draw_reference(struct json *chart, const struct json *reference, double from)
{
    bool near = utility_of(reference) >= from;
    struct json *series = figure_series(chart, facts_text(reference, "representation"),
                                        near ? FIGURE_GROUP : FIGURE_REFERENCE);
    if (near) {
        draw_point(series, "dots", reference);
        return;
    }
    figure_point(series, "points", (const double[]){from, leakage_of(reference)}, 2);
    figure_point(series, "points", (const double[]){0, leakage_of(reference)}, 2);
}

static void draw(struct figure *f, const struct json *report)
{
    const struct json *points = json_get(report, "frontier"), *search = json_get(report, "search");
    const struct json *references = json_get(search, "references");
    double from = json_real(json_get(search, "least_utility"), none);
    struct json *chart = figure_chart(
        f, "utility against leakage of every point of the search, on validation patients",
        (struct figure_axis){"utility (original: 0)", none, 0},
        (struct figure_axis){"leakage (nothing: .5)", 0.5, none});
    for (size_t i = 0; i < json_count(points); i++)
        from = fmin(from, utility_of(json_at(points, i))); /* fmin passes NAN over */
    draw_points(chart, points, false);
    draw_points(chart, points, true);
    draw_frontier(chart, points);
    for (size_t i = 0; i < json_count(references); i++)
        draw_reference(chart, json_at(references, i), from);
}

/* The four numbers of a row, a point's or a reference's. */
static void tell_numbers(FILE *to, const struct json *row)
{
    html_figure(to, utility_of(row));
    html_element(to, "td", NULL, facts_text(row, "task"));
    html_figure(to, leakage_of(row));
    html_element(to, "td", NULL, facts_text(row, "attribute"));
}

static void tell_point(FILE *to, const struct json *point)
{
    char settings[SEARCH_TEXT_MAX], mark[SEARCH_TEXT_MAX];
    search_settings(settings, point);
    search_mark(mark, point);
    fputs("<tr>", to);
    html_count(to, json_real(json_get(point, "point"), none));
    fputs("<th scope=\"row\">", to);
    html_name(to, settings);
    fputs("</th>", to);
    tell_numbers(to, point);
    html_element(to, "td", NULL, mark);
    fputs("</tr>\n", to);
}

static void tell_reference(FILE *to, const struct json *reference)
{
    fputs("<tr><td></td>", to);
    html_head(to, "row", NULL, facts_text(reference, "representation"));
    tell_numbers(to, reference);
    fputs("<td>to compare with</td></tr>\n", to);
}

void page_frontier(FILE *to, const struct page *page)
{
    static const char *const heads[] = {"point",   "settings",  "utility", "of task",
                                        "leakage", "attribute", "which is"};
    const struct json *points = json_get(page->report, "frontier");
    const struct json *search = json_get(page->report, "search");
    const struct json *references = json_get(search, "references");
    char about[SEARCH_TEXT_MAX];
    search_summary(about, page->report);
    struct figure f = {.title = "Utility against leakage.", .about = about, .unfolded = true};
    figure_open(&f, to);
    draw(&f, page->report);
    figure_draw(&f, NULL);
    html_table(to, "On validation patients; more utility and less leakage is better", NULL);
    html_heads(to, heads, "ntntntt");
    for (size_t i = 0; i < json_count(points); i++)
        tell_point(to, json_at(points, i));
    for (size_t i = 0; i < json_count(references); i++)
        tell_reference(to, json_at(references, i));
    fputs("</tbody>\n", to);
    html_table_end(to);
    figure_close(&f);
    fputs("<p>The rule: ", to);
    html_text(to, facts_text(search, "rule"));
    fputs(".</p>\n", to);
    for (size_t i = 0; i < search_reading_count; i++) {
        html_element(to, "p", NULL, search_reading[i]);
        fputc('\n', to);
    }
}
