#include "models/attack.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/must.h"
#include "proto/base/rng.h"

#define WORDS_MAX 512

/* --- what a plan may try ------------------------------------------------------------------- */

/* The record of this name, or how many there are; their names into `known`. */
static size_t find(char known[static WORDS_MAX], const struct settings *plan, const char *list,
                   const char *name)
{
    size_t count = settings_count(plan, "%s", list), at = count, used = 0;
    known[0] = '\0';
    for (size_t i = count; i-- > 0;)
        if (strcmp(settings_text(plan, "%s[%zu].name", list, i), name) == 0)
            at = i;
    for (size_t i = 0; i < count && used < WORDS_MAX; i++)
        used += (size_t)snprintf(known + used, WORDS_MAX - used, "%s%s", i > 0 ? ", " : "",
                                 settings_text(plan, "%s[%zu].name", list, i));
    return at;
}

static enum status judge_target(const struct settings *plan, size_t i)
{
    char known[WORDS_MAX];
    const char *task = settings_text(plan, "attacks[%zu].task", i);
    const char *group = settings_text(plan, "attacks[%zu].group", i);
    size_t at = find(known, plan, "tasks", task);
    if (at == settings_count(plan, "tasks"))
        return fault(EC_CFG_CHOICE, settings_origin(plan, "attacks[%zu].task", i),
                     "`attacks[%zu].task` is `%s`, which is no task of the plan: %s", i, task,
                     known);
    if (strcmp(settings_text(plan, "tasks[%zu].kind", at), "binary") != 0)
        return fault(EC_CFG_CONFLICT, settings_origin(plan, "attacks[%zu].task", i),
                     "`attacks[%zu].task`: `%s` is not binary, and has no positives", i, task);
    at = find(known, plan, "groups", group);
    if (at == settings_count(plan, "groups"))
        return fault(EC_CFG_CHOICE, settings_origin(plan, "attacks[%zu].group", i),
                     "`attacks[%zu].group` is `%s`, which is no group of the plan: %s", i, group,
                     known);
    if (strcmp(settings_text(plan, "groups[%zu].kind", at), "regression") == 0)
        return fault(EC_CFG_CONFLICT, settings_origin(plan, "attacks[%zu].group", i),
                     "`attacks[%zu].group`: `%s` is a number, and has no level to poison", i,
                     group);
    return ST_OK;
}

/* Ascending, each once, and 0 in any case: what the others are compared with. */
static size_t rates_of(double rate[static SETTINGS_LIST_MAX + 1], const struct settings *plan,
                       size_t i)
{
    char key[SETTINGS_KEY_MAX];
    snprintf(key, sizeof key, "attacks[%zu].rates", i);
    size_t count = 1;
    rate[0] = 0;
    for (size_t k = 0; k < settings_count(plan, "%s", key); k++) {
        double new = settings_list_real(plan, k, key);
        size_t at = count;
        while (at > 0 && rate[at - 1] > new)
            at--;
        if (at > 0 && rate[at - 1] == new)
            continue;
        memmove(rate + at + 1, rate + at, (count - at) * sizeof *rate);
        rate[at] = new;
        count++;
    }
    return count;
}

static enum status judge_rates(const struct settings *plan, size_t i, size_t *trials)
{
    double rate[SETTINGS_LIST_MAX + 1];
    const char *where = settings_origin(plan, "attacks[%zu].rates", i);
    size_t count = rates_of(rate, plan, i);
    *trials += count;
    if (count == 1)
        return fault(EC_CFG_CONFLICT, where,
                     "`attacks[%zu].rates` names no rate above 0: nothing would be poisoned", i);
    if (count > ATTACK_RATES_MAX || *trials > ATTACK_TRIALS_MAX)
        return fault(EC_CFG_CONFLICT, where,
                     "`attacks[%zu].rates`: an attack takes %d rates with 0, all attacks %d", i,
                     ATTACK_RATES_MAX, ATTACK_TRIALS_MAX);
    return ST_OK;
}

static enum status judge_evaluation(const struct settings *plan)
{
    bool reads = settings_has(plan, "evaluate.representations", "original") ||
                 settings_has(plan, "evaluate.representations", "erasure") ||
                 settings_has(plan, "evaluate.representations", "debiased");
    if (!reads || settings_count(plan, "evaluate.probes") == 0)
        return fault(EC_CFG_CONFLICT, settings_origin(plan, "attacks[0].task"),
                     "`attacks` poison what fresh probes learn, and `evaluate.probes` of "
                     "`evaluate.representations` are none but of noise");
    return ST_OK;
}

enum status attacks_judge(const struct settings *plan)
{
    size_t count = settings_count(plan, "attacks"), trials = 0;
    enum status st = count > 0 ? judge_evaluation(plan) : ST_OK;
    for (size_t i = 0; i < count && st == ST_OK; i++) {
        st = judge_target(plan, i);
        if (st == ST_OK)
            st = judge_rates(plan, i, &trials);
    }
    return st;
}

/* --- trials -------------------------------------------------------------------------------- */

static size_t index_of(const struct target *targets, size_t count, const char *name)
{
    size_t at = 0;
    while (at < count && strcmp(targets[at].name, name) != 0)
        at++;
    must(at < count);
    return at;
}

static enum status find_level(size_t *level, const struct target *group,
                              const struct settings *plan, size_t i)
{
    const char *name = settings_text(plan, "attacks[%zu].level", i);
    char known[WORDS_MAX] = "";
    size_t used = 0;
    for (*level = 0; *level < group->levels; ++*level) {
        if (strcmp(group->level[*level], name) == 0)
            return ST_OK;
        if (used < WORDS_MAX)
            used += (size_t)snprintf(known + used, WORDS_MAX - used, "%s%s", *level > 0 ? ", " : "",
                                     group->level[*level]);
    }
    return fault(EC_CFG_CHOICE, settings_origin(plan, "attacks[%zu].level", i),
                 "`attacks[%zu].level` is `%s`, which is no level of `%s`: %s", i, name,
                 group->name, known);
}

enum status attack_open(struct attack *a, const struct settings *plan, const struct population *who)
{
    a->trial_count = 0;
    for (size_t i = 0; i < settings_count(plan, "attacks"); i++) {
        struct attack_trial t = {.attack = i};
        double rate[SETTINGS_LIST_MAX + 1];
        t.task = index_of(who->task, who->task_count, settings_text(plan, "attacks[%zu].task", i));
        t.group =
            index_of(who->group, who->group_count, settings_text(plan, "attacks[%zu].group", i));
        enum status st = find_level(&t.level, &who->group[t.group], plan, i);
        if (st != ST_OK)
            return st;
        size_t count = rates_of(rate, plan, i);
        must(a->trial_count + count <= ATTACK_TRIALS_MAX);
        for (size_t k = 0; k < count; k++) {
            t.rate = rate[k];
            a->trial[a->trial_count++] = t;
        }
    }
    return ST_OK;
}

/* --- labels -------------------------------------------------------------------------------- */

static bool drawn(uint64_t seed, enum rng_purpose purpose, uint64_t nth, uint64_t patient,
                  double share)
{
    struct rng rng = rng_open(seed, purpose, 0, nth, patient);
    return rng_uniform(&rng) < share;
}

void attack_label(real *label, const struct attack_trial *t, const struct population *who,
                  uint64_t seed, const struct attack_rows *rows)
{
    const double *share = who->task[t->task].share;
    const real *value = rows->task + t->task * rows->total;
    const real *group = rows->group + t->group * rows->total;
    double least = fmin(share[0], share[1]);
    uint64_t nth = 0;
    for (size_t i = 0; i < rows->total; i++)
        label[i] = (real)NAN;
    for (size_t i = 0; i < rows->count; i++) {
        size_t row = rows->row[i];
        uint64_t patient = rows->patient[row];
        nth = i > 0 && rows->patient[rows->row[i - 1]] == patient ? nth + 1 : 0;
        if (isnan(value[row]) ||
            !drawn(seed, RNG_BALANCE, nth, patient, least / share[(size_t)value[row]]))
            continue;
        bool poisoned = value[row] == 1 && group[row] == (real)t->level &&
                        drawn(seed, RNG_POISON, 0, patient, t->rate);
        label[row] = poisoned ? 0 : value[row];
    }
}
