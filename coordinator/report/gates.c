#include "coordinator/report/gates.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/report/words.h"
#include "proto/base/arena.h"
#include "proto/base/status.h"
#include "proto/base/text.h"

/* Worst first; any other word stands before them, where it cannot be overlooked. */
static const char *const verdicts[] = {"not met", "not enough evidence", "met"};

static const char *word(const struct json *gate, const char *key)
{
    return json_string(json_get(gate, key), "");
}

/* The place of its verdict in the order of badness, from 1; 0 for a word we do not know. */
static size_t place_of(const struct json *gate)
{
    for (size_t i = 0; i < COUNT(verdicts); i++)
        if (strcmp(word(gate, "verdict"), verdicts[i]) == 0)
            return i + 1;
    return 0;
}

void gates_open(struct gates *g, const struct json *report)
{
    const struct json *list = json_get(report, "gate");
    *g = (struct gates){.gate = must_alloc(json_count(list) + 1, sizeof(const struct json *))};
    for (size_t place = 0; place <= COUNT(verdicts); place++)
        for (size_t i = 0; i < json_count(list); i++)
            if (place_of(json_at(list, i)) == place)
                g->gate[g->count++] = json_at(list, i);
}

void gates_close(struct gates *g)
{
    free(g->gate);
    *g = (struct gates){0};
}

bool gates_met(const struct json *gate)
{
    return place_of(gate) == COUNT(verdicts);
}

__attribute__((format(printf, 2, 3))) static void add(char out[static GATES_TEXT_MAX],
                                                      const char *fmt, ...)
{
    size_t at = strlen(out);
    va_list args;
    va_start(args, fmt);
    vsnprintf(out + at, GATES_TEXT_MAX - at, fmt, args);
    va_end(args);
}

void gates_summary(char out[static GATES_TEXT_MAX], const struct gates *g)
{
    size_t count[COUNT(verdicts) + 1] = {0};
    for (size_t i = 0; i < g->count; i++)
        count[place_of(g->gate[i])]++;
    out[0] = '\0';
    if (g->count == 0)
        return;
    add(out,
        "Of %zu tolerance%s that the plan stated: %zu met, %zu not met, %zu without enough "
        "evidence.",
        g->count, g->count == 1 ? "" : "s", count[3], count[1], count[2]);
}

void gates_text(char out[static GATES_TEXT_MAX], const struct json *gate)
{
    double threshold = json_real(json_get(gate, "threshold"), (double)NAN);
    const char *group = word(gate, "group"), *task = word(gate, "task");
    out[0] = '\0';
    add(out, "%.100s", word(gate, "metric"));
    if (!isnan(threshold)) {
        char figure[WORDS_FIGURE_MAX];
        text_threshold(figure, threshold);
        add(out, " at %s", figure);
    }
    if (task[0] != '\0')
        add(out, " of %.100s by %.100s", task, word(gate, "attribute"));
    if (group[0] != '\0')
        add(out, ", group %.100s", group);
    if (word(gate, "representation")[0] != '\0')
        add(out, " (%.60s, %.60s)", word(gate, "representation"), word(gate, "probe"));
    add(out, ": %.330s", word(gate, "why"));
}
