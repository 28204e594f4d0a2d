#include "coordinator/report/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/report/html.h"
#include "proto/base/must.h"
#include "proto/base/text.h"

#define GRAIN                                                                                      \
    1e5 /* of a drawing's numbers; the table and report.json have the numbers themselves */

void figure_open(struct figure *f, FILE *to)
{
    f->to = to;
    f->charts = json_array();
}

static struct json *axis_of(struct figure_axis a)
{
    struct json *axis = json_object();
    json_put_text(axis, "title", a.title);
    json_put_real(axis, "min", a.min);
    json_put_real(axis, "max", a.max);
    return axis;
}

struct json *figure_chart(struct figure *f, const char *alternative, struct figure_axis x,
                          struct figure_axis y)
{
    struct json *chart = json_object();
    json_put_text(chart, "alternative", alternative);
    json_put(chart, "x", axis_of(x));
    json_put(chart, "y", axis_of(y));
    json_put(chart, "labels", json_array());
    json_put(chart, "series", json_array());
    json_add(f->charts, chart);
    return chart;
}

/* A list within an object of ours, to be written to. */
static struct json *list_of(struct json *object, const char *key)
{
    const struct json *list = json_get(object, key);
    must(list != NULL);
    return (struct json *)(uintptr_t)list;
}

/* As html_text writes names, but for what JSON escapes by itself. malloc, the caller's. */
static char *cleaned(const char *name)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    must(to != NULL);
    text_clean(to, name, strlen(name));
    must(fclose(to) == 0);
    return text;
}

void figure_label(struct json *chart, const char *name, const char *below)
{
    char *first = cleaned(name), *second = cleaned(below);
    char label[512];
    snprintf(label, sizeof(label), "%.200s%s%.200s", first, below[0] == '\0' ? "" : "\n", second);
    json_add_text(list_of(chart, "labels"), label);
    free(first);
    free(second);
}

struct json *figure_series(struct json *chart, const char *name, enum figure_role role)
{
    static const char *const roles[] = {"group", "everybody", "reference"};
    struct json *series = json_object();
    char *clean = cleaned(name);
    json_put_text(series, "name", clean);
    free(clean);
    json_put_text(series, "role", roles[role]);
    json_add(list_of(chart, "series"), series);
    return series;
}

void figure_point(struct json *series, const char *list, const double *number, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(number[i]))
            return;
    if (json_get(series, list) == NULL)
        json_put(series, list, json_array());
    struct json *point = json_array();
    for (size_t i = 0; i < count; i++)
        json_add_real(point, round(number[i] * GRAIN) / GRAIN);
    json_add(list_of(series, list), point);
}

/* JSON within a page: what a "<" begins is never seen by the browser. */
static void write_data(FILE *to, const struct json *charts)
{
    char *text = json_text(charts, 0);
    fputs("<script type=\"application/json\">", to);
    for (const char *c = text; *c != '\0'; c++)
        if (*c == '<')
            fputs("\\u003c", to);
        else
            fputc(*c, to);
    fputs("</script>\n", to);
    free(text);
}

static void write_canvas(FILE *to, const char *alternative)
{
    fputs("<div class=\"canvas\"><canvas role=\"img\" tabindex=\"0\" aria-label=\"", to);
    html_text(to, alternative);
    fputs("\"></canvas></div>\n", to);
}

static void write_control(const struct figure *f)
{
    fputs("<div class=\"control\" hidden>\n<label>", f->to);
    html_text(f->to, f->control);
    fprintf(f->to,
            " <input type=\"range\" min=\"0\" max=\"1\" step=\"0.01\" value=\"%.2f\"></label>\n"
            "<div class=\"wide\" aria-live=\"polite\"></div>\n</div>\n",
            isnan(f->at) ? 0.5 : f->at);
}

void figure_draw(struct figure *f, const char *table_title)
{
    FILE *to = f->to;
    size_t count = json_count(f->charts);
    fputs("<figure>\n<figcaption>", to);
    html_element(to, "b", NULL, f->title);
    fputc(' ', to);
    html_text(to, f->about);
    fprintf(to, "</figcaption>\n<div class=\"charts%s\">\n", count > 1 ? " several" : "");
    for (size_t i = 0; i < count; i++)
        write_canvas(to, json_string(json_get(json_at(f->charts, i), "alternative"), ""));
    fputs("</div>\n", to);
    if (f->control != NULL)
        write_control(f);
    write_data(to, f->charts);
    if (!f->unfolded) {
        fputs("<details open>", to);
        html_element(to, "summary", NULL, table_title);
        fputc('\n', to);
    }
}

void figure_close(struct figure *f)
{
    fprintf(f->to, "%s</figure>\n", f->unfolded ? "" : "</details>\n");
    json_close(&f->charts);
}
