#include <math.h>
#include <string.h>

#include "coordinator/report/facts.h"
#include "coordinator/report/html.h"
#include "coordinator/report/page.h"

#define COURSES_MAX 512
#define LINE_WIDTH  120 /* user units of the drawing */
#define LINE_HEIGHT 24
#define LINE_MARGIN 2
#define POINTS_MAX  240 /* that a line draws: more cannot be seen */

/* Every so many points is drawn, the last one always. The numbers beside it are over all points. */
static size_t stride_of(size_t points)
{
    return (points + POINTS_MAX - 1) / POINTS_MAX;
}

static void tell_point(FILE *to, const struct course *course, size_t at, double value)
{
    double span = course->highest - course->lowest;
    double high = span > 0 ? (value - course->lowest) / span : 0.5;
    double far = (double)at / (double)(course->points - 1);
    fprintf(to, "%s%.1f,%.1f", at == 0 ? "" : " ",
            LINE_MARGIN + far * (LINE_WIDTH - 2 * LINE_MARGIN),
            LINE_MARGIN + (1 - high) * (LINE_HEIGHT - 2 * LINE_MARGIN));
}

/* Hidden from screen readers: the row's numbers say what it draws. */
static void tell_line(FILE *to, const struct json *history, const struct course *course)
{
    size_t at = 0, stride = stride_of(course->points);
    if (course->points < 2)
        return;
    fprintf(to,
            "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" aria-hidden=\"true\">"
            "<polyline points=\"",
            LINE_WIDTH, LINE_HEIGHT, LINE_WIDTH, LINE_HEIGHT);
    for (size_t i = 0; i < json_count(history); i++) {
        const struct json *point = json_at(history, i);
        double value = json_real(json_get(point, "value"), (double)NAN);
        if (isnan(value) || strcmp(facts_text(point, "metric"), course->metric) != 0)
            continue;
        if (at % stride == 0 || at + 1 == course->points)
            tell_point(to, course, at, value);
        at++;
    }
    fputs("\"/></svg>", to);
}

static void tell_course(FILE *to, const struct json *history, const struct course *course)
{
    const double values[] = {course->first, course->lowest, course->highest, course->last};
    char text[64];
    fputs("<tr>", to);
    html_head(to, "row", NULL, course->metric);
    snprintf(text, sizeof(text), "%lld to %lld", (long long)course->first_round,
             (long long)course->last_round);
    html_element(to, "td", "number", course->points == 0 ? "-" : text);
    for (size_t i = 0; i < COUNT(values); i++) {
        words_figure(text, values[i]);
        html_element(to, "td", "number", text);
    }
    fputs("<td>", to);
    tell_line(to, history, course);
    fputs("</td></tr>\n", to);
}

/* Not what page_trend draws, which has tables of its own. Moved to the front; returns how many. */
static size_t select_courses(struct course *course, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!page_is_trend(course[i].metric))
            course[kept++] = course[i];
    return kept;
}

bool page_has_history(const struct json *report)
{
    struct course course[COURSES_MAX];
    return select_courses(course, facts_courses(course, COUNT(course), report)) > 0;
}

void page_history(FILE *to, const struct json *report)
{
    static const char *const heads[] = {"rounds", "first", "lowest", "highest", "last"};
    struct course course[COURSES_MAX];
    size_t count = select_courses(course, facts_courses(course, COUNT(course), report));
    html_table(to, "What training measured, over the rounds", NULL);
    fputs("<thead><tr>", to);
    html_head(to, "col", NULL, "metric");
    for (size_t i = 0; i < COUNT(heads); i++)
        html_head(to, "col", "number", heads[i]);
    html_head(to, "col", NULL, "course");
    fputs("</tr></thead>\n<tbody>\n", to);
    for (size_t i = 0; i < count; i++)
        tell_course(to, json_get(report, "history"), &course[i]);
    fputs("</tbody>\n", to);
    html_table_end(to);
}
