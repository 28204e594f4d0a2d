#include "coordinator/report/page.h"

#include <math.h>
#include <string.h>

#include "coordinator/report/facts.h"
#include "coordinator/report/figure.h"
#include "coordinator/report/html.h"

#define COURSES_MAX 64
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

/* A metric's value in a round; NAN when it has none. */
static double value_in(const struct json *history, const char *metric, int64_t round)
{
    for (size_t i = 0; i < json_count(history); i++) {
        const struct json *point = json_at(history, i);
        if (json_int(json_get(point, "round"), -1) == round &&
            strcmp(facts_text(point, "metric"), metric) == 0)
            return json_real(json_get(point, "value"), none);
    }
    return none;
}

/* What belongs to a course in one of its rounds. */
struct moment {
    int64_t round;
    double value, lo, hi, floor;
};

struct trend {
    const struct json *history;
    const char *metric; /* "gap.stage.sex.auc_gap" */
    const char *rest;   /* "stage.sex.auc_gap" */
    const char *floor;  /* "floor.", or NULL */
    size_t stride;
};

/* "lo." of the whole name or of what is behind its prefix. */
static double band_in(const struct trend *t, const char *prefix, int64_t round)
{
    char name[256];
    snprintf(name, sizeof(name), "%s%.200s", prefix, t->metric);
    double value = value_in(t->history, name, round);
    if (!isnan(value))
        return value;
    snprintf(name, sizeof(name), "%s%.200s", prefix, t->rest);
    return value_in(t->history, name, round);
}

static struct moment moment_of(const struct trend *t, const struct json *point)
{
    struct moment m = {.round = json_int(json_get(point, "round"), 0),
                       .value = json_real(json_get(point, "value"), none),
                       .floor = none};
    m.lo = band_in(t, "lo.", m.round);
    m.hi = band_in(t, "hi.", m.round);
    if (t->floor != NULL)
        m.floor = band_in(t, t->floor, m.round);
    return m;
}

/* The points of a course, thinned; returns the place of the next one from `at` on. */
static size_t next_point(const struct trend *t, size_t at, size_t *seen)
{
    for (; at < json_count(t->history); at++) {
        if (strcmp(facts_text(json_at(t->history, at), "metric"), t->metric) != 0)
            continue;
        if ((*seen)++ % t->stride == 0)
            break;
    }
    return at;
}

static void draw_trend(struct json *chart, const struct trend *t)
{
    struct json *series = figure_series(chart, t->rest, FIGURE_GROUP), *floor = NULL;
    size_t seen = 0;
    for (size_t i = 0; (i = next_point(t, i, &seen)) < json_count(t->history); i++) {
        struct moment m = moment_of(t, json_at(t->history, i));
        double round = (double)m.round;
        figure_point(series, "points", (const double[]){round, m.value}, 2);
        if (!isnan(m.lo) && !isnan(m.hi)) {
            figure_point(series, "low", (const double[]){round, m.lo}, 2);
            figure_point(series, "high", (const double[]){round, m.hi}, 2);
        }
        if (isnan(m.floor))
            continue;
        if (floor == NULL) {
            char name[256];
            snprintf(name, sizeof(name), "floor of %.200s", t->rest);
            floor = figure_series(chart, name, FIGURE_REFERENCE);
        }
        figure_point(floor, "points", (const double[]){round, m.floor}, 2);
    }
}

static void tell_trend(FILE *to, const struct trend *t)
{
    size_t seen = 0;
    for (size_t i = 0; (i = next_point(t, i, &seen)) < json_count(t->history); i++) {
        struct moment m = moment_of(t, json_at(t->history, i));
        fputs("<tr>", to);
        html_head(to, "row", NULL, t->rest);
        html_count(to, (double)m.round);
        html_figure(to, m.value);
        html_figure(to, m.lo);
        html_figure(to, m.hi);
        if (t->floor != NULL)
            html_figure(to, m.floor);
        fputs("</tr>\n", to);
    }
}

static struct trend trend_of(const struct json *report, enum page_trend which,
                             const struct course *course)
{
    return (struct trend){.history = json_get(report, "history"),
                          .metric = course->metric,
                          .rest = course->metric + strlen(trends[which].prefix),
                          .floor = trends[which].floor,
                          .stride = (course->points + POINTS_MAX - 1) / POINTS_MAX};
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

void page_trend(FILE *to, const struct json *report, enum page_trend which)
{
    static const char *const heads[] = {"what", "round", "value", "lo", "hi", "floor"};
    struct course course[COURSES_MAX];
    size_t count = facts_courses(course, COUNT(course), report);
    count = select_courses(course, count, which);
    if (count == 0)
        return;
    struct figure f = {.title = trends[which].title, .about = trends[which].about};
    figure_open(&f, to);
    struct json *chart =
        figure_chart(&f, trends[which].title, (struct figure_axis){"round", none, none},
                     (struct figure_axis){trends[which].unit, trends[which].least, none});
    for (size_t i = 0; i < count; i++) {
        struct trend t = trend_of(report, which, &course[i]);
        draw_trend(chart, &t);
    }
    draw_chance(chart, &course[0], trends[which].chance);
    figure_draw(&f, "Table: values by round");
    html_table(to, trends[which].title, NULL);
    html_heads(to, heads, trends[which].floor != NULL ? "tnnnnn" : "tnnnn");
    for (size_t i = 0; i < count; i++) {
        struct trend t = trend_of(report, which, &course[i]);
        tell_trend(to, &t);
    }
    fputs("</tbody>\n", to);
    html_table_end(to);
    figure_close(&f);
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
