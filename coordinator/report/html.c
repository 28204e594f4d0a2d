#include "coordinator/report/html.h"

#include "proto/base/text.h"

#include <stdbool.h>
#include <string.h>

#include "coordinator/report/words.h"

static const char *reference_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* One character, or one byte of it; returns the bytes it took. */
static size_t put(FILE *to, const char *at)
{
    size_t control = text_control(at);
    const char *reference = reference_of(*at);
    if (control > 0)
        fputc('?', to);
    else if (reference != NULL)
        fputs(reference, to);
    else
        fputc(*at, to);
    return control > 0 ? control : 1;
}

void html_text(FILE *to, const char *text)
{
    while (*text != '\0')
        text += put(to, text);
}

void html_name(FILE *to, const char *text)
{
    while (*text != '\0') {
        bool breaks = strchr("=/:,", *text) != NULL;
        text += put(to, text);
        fputs(breaks && *text != '\0' ? "<wbr>" : "", to);
    }
}

/* The rest of an opened tag, the text, and the end. */
static void finish(FILE *to, const char *name, const char *class, const char *text)
{
    if (class != NULL)
        fprintf(to, " class=\"%s\"", class);
    fputc('>', to);
    html_text(to, text);
    fprintf(to, "</%s>", name);
}

void html_element(FILE *to, const char *name, const char *class, const char *text)
{
    fprintf(to, "<%s", name);
    finish(to, name, class, text);
}

void html_head(FILE *to, const char *scope, const char *class, const char *text)
{
    fprintf(to, "<th scope=\"%s\"", scope);
    finish(to, "th", class, text);
}

void html_figure(FILE *to, double v)
{
    char figure[WORDS_FIGURE_MAX];
    words_figure(figure, v);
    html_element(to, "td", "number", figure);
}

void html_count(FILE *to, double v)
{
    char figure[WORDS_FIGURE_MAX];
    words_count(figure, v);
    html_element(to, "td", "number", figure);
}

void html_number(FILE *to, const char *value, const char *interval)
{
    fputs("<td class=\"number\">", to);
    html_text(to, value);
    if (interval[0] != '\0') {
        fputc(' ', to);
        html_element(to, "span", "interval", interval);
    }
    fputs("</td>", to);
}

void html_heads(FILE *to, const char *const *head, const char *kinds)
{
    fputs("<thead><tr>", to);
    for (size_t i = 0; kinds[i] != '\0'; i++)
        html_head(to, "col", kinds[i] == 'n' ? "number" : NULL, head[i]);
    fputs("</tr></thead>\n<tbody>\n", to);
}

void html_section(FILE *to, const char *id, const char *title)
{
    fprintf(to, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">", id, id,
            id);
    html_text(to, title);
    fputs("</h2>\n", to);
}

void html_section_end(FILE *to)
{
    fputs("</section>\n", to);
}

void html_table(FILE *to, const char *caption, const char *class)
{
    fputs("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"", to);
    html_text(to, caption);
    fprintf(to, "\">\n<table%s%s%s>\n", class == NULL ? "" : " class=\"",
            class == NULL ? "" : class, class == NULL ? "" : "\"");
    html_element(to, "caption", NULL, caption);
    fputc('\n', to);
}

void html_table_end(FILE *to)
{
    fputs("</table>\n</div>\n", to);
}
