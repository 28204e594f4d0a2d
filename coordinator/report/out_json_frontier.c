/* The lists `frontier` and `search` of report.json: what the run's settings were chosen from. */
#include <math.h>

#include "coordinator/report/out_json.h"
#include "proto/base/text.h"

#define SPLIT "valid" /* nothing is ever chosen on another */

static void put_standing(struct json *object, const struct standing *s)
{
    json_put_real(object, "utility", s->utility);
    out_words(object, "task", s->task);
    json_put_real(object, "leakage", s->leakage);
    out_words(object, "attribute", s->attribute);
    out_count(object, "patients", s->patients);
}

static struct json *point_of(const struct frontier_point *p, size_t number)
{
    struct json *point = json_object(), *settings = json_object();
    json_put_int(point, "point", (int64_t)number);
    for (size_t i = 0; i < p->setting_count; i++)
        json_put_text(settings, p->setting[i].key, p->setting[i].value);
    json_put(point, "settings", settings);
    put_standing(point, &p->standing);
    json_put_bool(point, "checks_held", p->checks_held);
    json_put_bool(point, "on_frontier", p->on_frontier);
    json_put_bool(point, "chosen", p->chosen);
    json_put_text(point, "split", SPLIT);
    out_words(point, "why", p->why);
    return point;
}

struct json *out_frontier(const struct frontier *f)
{
    struct json *points = json_array();
    for (size_t i = 0; i < f->count; i++)
        json_add(points, point_of(&f->point[i], i + 1));
    return points;
}

struct json *out_search(const struct frontier *f)
{
    char least[TEXT_FIGURE_MAX], rule[512];
    struct json *search = json_object(), *references = json_array();
    text_figure(least, f->least);
    snprintf(rule, sizeof(rule),
             "of the points whose checks held (of all, where none did), the one with the least "
             "leakage among those whose utility is at least %s; where there is none, the one with "
             "the most utility",
             least);
    json_put_text(search, "rule", rule);
    json_put_real(search, "least_utility", f->least);
    json_put_text(search, "split", SPLIT);
    for (size_t i = 0; i < f->reference_count; i++) {
        struct json *reference = json_object();
        json_put_text(reference, "representation", f->reference[i].representation);
        put_standing(reference, &f->reference[i].standing);
        json_add(references, reference);
    }
    json_put(search, "references", references);
    return search;
}
