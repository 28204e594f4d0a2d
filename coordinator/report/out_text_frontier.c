#include <math.h>

#include "coordinator/report/out_text.h"
#include "coordinator/report/search.h"
#include "coordinator/report/words.h"

/* "   3  -.018     .610  " and behind it what it is. */
static void print_line(FILE *to, const char *number, const struct json *numbers, const char *what,
                       size_t width)
{
    char utility[WORDS_FIGURE_MAX], leakage[WORDS_FIGURE_MAX], before[3 * WORDS_FIGURE_MAX];
    words_figure(utility, json_real(json_get(numbers, "utility"), (double)NAN));
    words_figure(leakage, json_real(json_get(numbers, "leakage"), (double)NAN));
    snprintf(before, sizeof(before), "  %5.5s  %7.7s  %7.7s  ", number, utility, leakage);
    words_hang(to, before, what, words_columns(before), width);
}

static void print_point(FILE *to, const struct json *point, size_t width)
{
    char number[WORDS_FIGURE_MAX], settings[SEARCH_TEXT_MAX], mark[SEARCH_TEXT_MAX];
    char what[2 * SEARCH_TEXT_MAX + 4];
    words_count(number, json_real(json_get(point, "point"), (double)NAN));
    search_settings(settings, point);
    search_mark(mark, point);
    snprintf(what, sizeof(what), "%s%s%s", settings, mark[0] == '\0' ? "" : ": ", mark);
    print_line(to, number, point, what, width);
}

void text_frontier(FILE *to, const struct json *report, size_t width)
{
    const struct json *search = json_get(report, "search"), *points = json_get(report, "frontier");
    const struct json *references = json_get(search, "references");
    char line[2 * SEARCH_TEXT_MAX];
    search_summary(line, report);
    if (line[0] == '\0')
        return;
    fprintf(to, "\nSearch (validation patients)\n");
    words_wrap(to, line, 2, width);
    fprintf(to, "  %5s  %7s  %7s  %s\n", "point", "utility", "leakage", "settings");
    for (size_t i = 0; i < json_count(points); i++)
        print_point(to, json_at(points, i), width);
    for (size_t i = 0; i < json_count(references); i++)
        print_line(to, "", json_at(references, i),
                   json_string(json_get(json_at(references, i), "representation"), "?"), width);
    snprintf(line, sizeof(line), "The rule: %s.", json_string(json_get(search, "rule"), "-"));
    words_wrap(to, line, 2, width);
    for (size_t i = 0; i < search_reading_count; i++)
        words_wrap(to, search_reading[i], 2, width);
}
