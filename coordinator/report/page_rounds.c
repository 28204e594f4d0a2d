#include "coordinator/report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/report/facts.h"
#include "coordinator/report/figure.h"
#include "coordinator/report/html.h"
#include "proto/base/arena.h"

#define COURSES_MAX 512
#define DRAWN_MAX   24
#define POINTS_MAX  60 /* of a course, in drawing and table alike */
#define LANES_MAX   60

static const double none = (double)NAN;

static const struct {
    const char *prefix, *floor; /* "gap.x" has its noise floor in "floor.x"; NULL: none */
    const char *title, *about, *unit;
    double least;  /* the axis begins there or below */
    double chance; /* a line to compare with; NAN: none */
} trends[PAGE_TRENDS] = {
    [PAGE_GAPS] =
        {"gap.", "floor.", "Gaps over rounds.",
         "Largest difference between two groups, with its 95 % interval where there is "
         "one; lower is better. Dotted: the noise floor, what luck makes of equal groups.",
         "gap", 0, (double)NAN},
    [PAGE_LEAKAGE] = {"leakage.", NULL, "Leakage over rounds.",
                      "AUC of probes that read an attribute; lower is less to read, .5 is nothing.",
                      "AUC", 0.4, 0.5},
    [PAGE_UTILITY] = {"utility.", NULL, "Utility over rounds.",
                      "AUC of probes that read a task; higher is more to use, .5 is nothing.",
                      "AUC", 0.4, 0.5},
};

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool page_is_trend(const char *metric)
{
    for (size_t i = 0; i < COUNT(trends); i++)
        if (begins_with(metric, trends[i].prefix) ||
            (trends[i].floor != NULL && begins_with(metric, trends[i].floor)))
            return true;
    return false;
}

/* What belongs to a course in one of its rounds; NAN: nothing. */
struct moment {
    int64_t round;
    double value, lo, hi, floor;
};

struct trend {
    const char *metric; /* "gap.stage.sex.auc_gap" */
    const char *rest;   /* "stage.sex.auc_gap" */
    const char *floor;  /* "floor.", or NULL */
    struct moment *moment;
    size_t count;
};

static double value_at(const struct json *history, size_t at)
{
    return json_real(json_get(json_at(history, at), "value"), none);
}

static int64_t round_at(const struct json *history, size_t at)
{
    return json_int(json_get(json_at(history, at), "round"), 0);
}

/* "lo." and such before the whole name, or before what is behind its prefix. */
static bool is_about(const struct trend *t, const char *metric, const char *prefix)
{
    return prefix != NULL && begins_with(metric, prefix) &&
           (strcmp(metric + strlen(prefix), t->metric) == 0 ||
            strcmp(metric + strlen(prefix), t->rest) == 0);
}

/* Where in a moment a point of this metric belongs; NULL for another course's. */
static double *place_in(struct moment *m, const struct trend *t, const char *metric)
{
    if (is_about(t, metric, "lo."))
        return &m->lo;
    if (is_about(t, metric, "hi."))
        return &m->hi;
    return is_about(t, metric, t->floor) ? &m->floor : NULL;
}

/* The course's own points, thinned. */
static void read_values(struct trend *t, const struct json *history, size_t stride)
{
    size_t seen = 0;
    for (size_t i = 0; i < json_count(history); i++) {
        if (strcmp(facts_text(json_at(history, i), "metric"), t->metric) != 0 ||
            isnan(value_at(history, i)) || seen++ % stride != 0)
            continue;
        t->moment[t->count++] =
            (struct moment){round_at(history, i), value_at(history, i), none, none, none};
    }
}

static void trend_open(struct trend *t, const struct json *history, enum page_trend which,
                       const struct course *course)
{
    *t = (struct trend){.metric = course->metric,
                        .rest = course->metric + strlen(trends[which].prefix),
                        .floor = trends[which].floor,
                        .moment = must_alloc(course->points + 1, sizeof(*t->moment))};
    read_values(t, history, (course->points + POINTS_MAX - 1) / POINTS_MAX);
    for (size_t i = 0; i < json_count(history); i++) {
        const char *metric = facts_text(json_at(history, i), "metric");
        for (size_t k = 0; k < t->count && place_in(t->moment, t, metric) != NULL; k++)
            if (t->moment[k].round == round_at(history, i))
                *place_in(&t->moment[k], t, metric) = value_at(history, i);
    }
}

static void trend_close(struct trend *t)
{
    free(t->moment);
    *t = (struct trend){0};
}

/* A line of its own where any moment has a floor. */
static void draw_floor(struct json *chart, const struct trend *t)
{
    struct json *floor = NULL;
    for (size_t i = 0; i < t->count; i++) {
        char name[256];
        if (isnan(t->moment[i].floor))
            continue;
        snprintf(name, sizeof(name), "floor of %.200s", t->rest);
        if (floor == NULL)
            floor = figure_series(chart, name, FIGURE_REFERENCE);
        figure_point(floor, "points",
                     (const double[]){(double)t->moment[i].round, t->moment[i].floor}, 2);
    }
}

static void draw_trend(struct json *chart, const struct trend *t)
{
    struct json *series = figure_series(chart, t->rest, FIGURE_GROUP);
    for (size_t i = 0; i < t->count; i++) {
        const struct moment *m = &t->moment[i];
        double round = (double)m->round;
        figure_point(series, "points", (const double[]){round, m->value}, 2);
        if (isnan(m->lo) || isnan(m->hi))
            continue;
        figure_point(series, "low", (const double[]){round, m->lo}, 2);
        figure_point(series, "high", (const double[]){round, m->hi}, 2);
    }
    draw_floor(chart, t);
}

static void tell_trend(FILE *to, const struct trend *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct moment *m = &t->moment[i];
        fputs("<tr>", to);
        html_head(to, "row", NULL, t->rest);
        html_count(to, (double)m->round);
        html_figure(to, m->value);
        html_figure(to, m->lo);
        html_figure(to, m->hi);
        if (t->floor != NULL)
            html_figure(to, m->floor);
        fputs("</tr>\n", to);
    }
}

/* The courses of a trend, moved to the front; returns how many. */
static size_t select_courses(struct course *course, size_t count, enum page_trend which)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (begins_with(course[i].metric, trends[which].prefix) && course[i].points > 0)
            course[kept++] = course[i];
    return kept;
}

/* A line from the first round to the last. */
static void draw_chance(struct json *chart, const struct course *course, double chance)
{
    if (isnan(chance))
        return;
    struct json *line = figure_series(chart, "nothing to read", FIGURE_REFERENCE);
    figure_point(line, "points", (const double[]){(double)course->first_round, chance}, 2);
    figure_point(line, "points", (const double[]){(double)course->last_round, chance}, 2);
}

static void tell_table(FILE *to, const struct trend *trend, size_t count, enum page_trend which)
{
    static const char *const heads[] = {"what", "round", "value", "lo", "hi", "floor"};
    html_table(to, trends[which].title, NULL);
    html_heads(to, heads, trends[which].floor != NULL ? "tnnnnn" : "tnnnn");
    for (size_t i = 0; i < count; i++)
        tell_trend(to, &trend[i]);
    fputs("</tbody>\n", to);
    html_table_end(to);
}

void page_trend(FILE *to, const struct json *report, enum page_trend which)
{
    struct course course[COURSES_MAX];
    struct trend trend[DRAWN_MAX];
    size_t count = select_courses(course, facts_courses(course, COUNT(course), report), which);
    size_t drawn = count < DRAWN_MAX ? count : DRAWN_MAX;
    if (count == 0)
        return;
    struct figure f = {.title = trends[which].title, .about = trends[which].about};
    figure_open(&f, to);
    struct json *chart =
        figure_chart(&f, trends[which].title, (struct figure_axis){"round", none, none},
                     (struct figure_axis){trends[which].unit, trends[which].least, none});
    for (size_t i = 0; i < drawn; i++) {
        trend_open(&trend[i], json_get(report, "history"), which, &course[i]);
        draw_trend(chart, &trend[i]);
    }
    draw_chance(chart, &course[0], trends[which].chance);
    figure_draw(&f, "Table: values by round");
    tell_table(to, trend, drawn, which);
    figure_close(&f);
    if (drawn < count)
        fprintf(to, "<p>%zu of %zu are drawn; the others are in report.json.</p>\n", drawn, count);
    for (size_t i = 0; i < drawn; i++)
        trend_close(&trend[i]);
}

/* From the beginning of round `first` to the end of round `last`, in a site's lane. */
static void draw_span(struct json *series, double lane, double first, double last)
{
    if (first <= last)
        figure_point(series, "bars", (const double[]){first - 1, lane, last, lane}, 4);
}

static double rounds_of(const struct json *site)
{
    return json_real(json_get(site, "rounds_joined"), 0) +
           json_real(json_get(site, "rounds_missed"), 0);
}

static void draw_lane(struct json *joined, struct json *missed, const struct json *site,
                      double lane)
{
    const struct json *spans = json_get(site, "missed");
    double from = 1;
    for (size_t i = 0; i < json_count(spans); i++) {
        double first = json_real(json_at(json_at(spans, i), 0), none);
        double last = json_real(json_at(json_at(spans, i), 1), none);
        draw_span(joined, lane, from, first - 1);
        draw_span(missed, lane, first, last);
        from = last + 1;
    }
    draw_span(joined, lane, from, rounds_of(site));
}

void page_rounds(FILE *to, struct figure *f, const struct json *report)
{
    const struct json *sites = json_get(report, "sites");
    size_t lanes = json_count(sites) < LANES_MAX ? json_count(sites) : LANES_MAX;
    *f = (struct figure){.title = "Rounds by site.",
                         .about = "Of training and of evaluation, in the order of the run.",
                         .unfolded = true};
    figure_open(f, to);
    if (lanes > 0) {
        struct json *chart = figure_chart(f,
                                          "which rounds each site took part in and which it "
                                          "missed; the table says the same",
                                          (struct figure_axis){"rounds", 0, none},
                                          (struct figure_axis){NULL, none, none});
        struct json *joined = figure_series(chart, "took part", FIGURE_GROUP);
        struct json *missed = figure_series(chart, "missed", FIGURE_GROUP);
        for (size_t i = 0; i < lanes; i++) {
            figure_label(chart, facts_text(json_at(sites, i), "name"), "");
            draw_lane(joined, missed, json_at(sites, i), (double)i);
        }
    }
    figure_draw(f, NULL);
}
