#include "coordinator/report/gates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/eval/gate.h"
#include "coordinator/report/words.h"
#include "proto/base/arena.h"
#include "proto/base/status.h"
#include "proto/base/text.h"

/* Any other word stands before them, where it cannot be overlooked. */
#define VERDICTS (GATE_NOT_MET + 1)

static const char *word(const struct json *gate, const char *key)
{
    return json_string(json_get(gate, key), "");
}

/* The place of its verdict in the order of badness, from 1; 0 for a word we do not know. */
static size_t place_of(const struct json *gate)
{
    for (size_t place = 1; place <= VERDICTS; place++)
        if (strcmp(word(gate, "verdict"),
                   gate_verdict_text((enum gate_verdict)(VERDICTS - place))) == 0)
            return place;
    return 0;
}

void gates_open(struct gates *g, const struct json *report)
{
    const struct json *list = json_get(report, "gate");
    *g = (struct gates){.gate = must_alloc(json_count(list) + 1, sizeof(const struct json *))};
    for (size_t place = 0; place <= VERDICTS; place++)
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
    return place_of(gate) == VERDICTS;
}

void gates_summary(char out[static GATES_TEXT_MAX], const struct gates *g)
{
    size_t count[VERDICTS + 1] = {0};
    for (size_t i = 0; i < g->count; i++)
        count[place_of(g->gate[i])]++;
    out[0] = '\0';
    if (g->count == 0)
        return;
    text_add(out, GATES_TEXT_MAX,
             "Of %zu tolerance%s that the plan stated: %zu met, %zu not met, %zu without enough "
             "evidence.",
             g->count, g->count == 1 ? "" : "s", count[3], count[1], count[2]);
}

void gates_text(char out[static GATES_TEXT_MAX], const struct json *gate)
{
    double threshold = json_real(json_get(gate, "threshold"), (double)NAN);
    const char *group = word(gate, "group"), *task = word(gate, "task");
    out[0] = '\0';
    text_add(out, GATES_TEXT_MAX, "%.100s", word(gate, "metric"));
    if (!isnan(threshold)) {
        char figure[WORDS_FIGURE_MAX];
        text_threshold(figure, threshold);
        text_add(out, GATES_TEXT_MAX, " at %s", figure);
    }
    if (task[0] != '\0')
        text_add(out, GATES_TEXT_MAX, " of %.100s by %.100s", task, word(gate, "attribute"));
    if (group[0] != '\0')
        text_add(out, GATES_TEXT_MAX, ", group %.100s", group);
    if (word(gate, "representation")[0] != '\0')
        text_add(out, GATES_TEXT_MAX, " (%.60s, %.60s)", word(gate, "representation"),
                 word(gate, "probe"));
    text_add(out, GATES_TEXT_MAX, ": %.330s", word(gate, "why"));
}
