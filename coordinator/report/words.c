#include "coordinator/report/words.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "proto/base/must.h"
#include "proto/base/text.h"

void words_figure(char out[static WORDS_FIGURE_MAX], double v)
{
    text_figure(out, v);
}

void words_difference(char out[static WORDS_FIGURE_MAX], double v)
{
    char figure[WORDS_FIGURE_MAX - 1];
    text_figure(figure, v);
    bool above = v > 0 && strpbrk(figure, "123456789") != NULL;
    snprintf(out, WORDS_FIGURE_MAX, "%s%s", above ? "+" : "", figure);
}

void words_count(char out[static WORDS_FIGURE_MAX], double v)
{
    if (!isfinite(v) || fabs(v) >= 1e15) {
        snprintf(out, WORDS_FIGURE_MAX, "-");
        return;
    }
    char digits[WORDS_FIGURE_MAX];
    int len = snprintf(digits, sizeof(digits), "%.0f", fabs(v));
    size_t at = 0;
    if (v <= -0.5)
        out[at++] = '-';
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

void words_bytes(char out[static WORDS_FIGURE_MAX], double v)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;
    while (v >= 1000 && unit < sizeof(units) / sizeof(units[0]) - 1) {
        v /= 1000;
        unit++;
    }
    if (isfinite(v))
        snprintf(out, WORDS_FIGURE_MAX, "%.*f %s", unit == 0 || v >= 100 ? 0 : 1, v, units[unit]);
    else
        snprintf(out, WORDS_FIGURE_MAX, "-");
}

void words_seconds(char out[static WORDS_FIGURE_MAX], double v)
{
    if (!isfinite(v) || v < 0 || v >= 1e9) {
        snprintf(out, WORDS_FIGURE_MAX, "-");
        return;
    }
    if (v < 99.95) {
        char digits[16];
        snprintf(digits, sizeof(digits), "%.1f", v);
        snprintf(out, WORDS_FIGURE_MAX, "%s s", digits[0] == '0' ? digits + 1 : digits);
        return;
    }
    unsigned s = (unsigned)llround(v);
    if (s < 3600)
        snprintf(out, WORDS_FIGURE_MAX, "%u min %02u s", s / 60, s % 60);
    else
        snprintf(out, WORDS_FIGURE_MAX, "%u h %02u min", s / 3600, s / 60 % 60);
}

static bool continues(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

size_t words_columns(const char *text)
{
    size_t columns = 0;
    for (; *text != '\0'; text++)
        columns += continues(*text) ? 0 : 1;
    return columns;
}

void words_cell(FILE *to, const char *text, size_t columns)
{
    text_clean(to, text, strlen(text));
    for (size_t at = words_columns(text); at < columns; at++)
        fputc(' ', to);
}

void words_hang(FILE *to, const char *before, const char *text, size_t indent, size_t width)
{
    fputs(before, to);
    size_t column = words_columns(before);
    bool first = true; /* word of its line */
    while (*text != '\0') {
        size_t len = strcspn(text, " "), columns = 0;
        for (size_t i = 0; i < len; i++)
            columns += continues(text[i]) ? 0 : 1;
        if (!first && column + 1 + columns > width) {
            fprintf(to, "\n%*s", (int)indent, "");
            column = indent;
            first = true;
        }
        if (!first) {
            fputc(' ', to);
            column++;
        }
        text_clean(to, text, len);
        column += columns;
        first = false;
        text += len;
        text += strspn(text, " ");
    }
    fputc('\n', to);
}

void words_wrap(FILE *to, const char *text, size_t indent, size_t width)
{
    char before[16];
    must(indent < sizeof(before));
    memset(before, ' ', indent);
    before[indent] = '\0';
    words_hang(to, before, text, indent, width);
}
