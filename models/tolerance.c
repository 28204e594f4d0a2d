#include "models/tolerance.h"

#include <stdio.h>
#include <string.h>

#include "models/metrics/catalogue.h"
#include "proto/base/text.h"

#define WORDS_MAX 512

/* "a, b, c" of the names of a list of records, for a message. */
static void names_of(char out[static WORDS_MAX], const struct settings *plan, const char *list)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < settings_count(plan, "%s", list) && used < WORDS_MAX; i++)
        used += (size_t)snprintf(out + used, WORDS_MAX - used, "%s%s", i > 0 ? ", " : "",
                                 settings_text(plan, "%s[%zu].name", list, i));
}

static bool is_named(const struct settings *plan, const char *list, const char *name, size_t len)
{
    for (size_t i = 0; i < settings_count(plan, "%s", list); i++) {
        const char *own = settings_text(plan, "%s[%zu].name", list, i);
        if (strlen(own) == len && memcmp(own, name, len) == 0)
            return true;
    }
    return false;
}

/* Is the part that starts here, `len` letters of it, also in what comes before it? */
static bool comes_again(const char *whole, const char *part, size_t len)
{
    for (const char *at = whole; at < part; at += strcspn(at, (char[]){TOLERANCE_TIMES, '\0'}) + 1)
        if (strcspn(at, (char[]){TOLERANCE_TIMES, '\0'}) == len && memcmp(at, part, len) == 0)
            return true;
    return false;
}

static enum status judge_intersection(const struct settings *plan, const char *whole)
{
    const char *where = settings_origin(plan, "evaluate.intersections");
    char known[WORDS_MAX];
    size_t parts = 0;
    for (const char *part = whole;; parts++) {
        size_t len = strcspn(part, (char[]){TOLERANCE_TIMES, '\0'});
        names_of(known, plan, "groups");
        if (!is_named(plan, "groups", part, len))
            return fault(EC_CFG_CHOICE, where,
                         "`%.*s` of `evaluate.intersections` is no group of the plan: %s", (int)len,
                         part, known);
        if (comes_again(whole, part, len))
            return fault(EC_CFG_CONFLICT, where,
                         "`%s` of `evaluate.intersections` names a group twice", whole);
        if (part[len] == '\0')
            break;
        part += len + 1;
    }
    if (parts == 0)
        return fault(EC_CFG_CONFLICT, where,
                     "`%s` of `evaluate.intersections` is one group alone; join two with `*`",
                     whole);
    return ST_OK;
}

/* The metric that was probably meant, or NULL. */
static const char *nearest_metric(const char *name)
{
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; fairness_metric_at(i) != NULL; i++) {
        size_t distance = text_distance(name, fairness_metric_at(i)->name);
        if (distance < least) {
            least = distance;
            nearest = fairness_metric_at(i)->name;
        }
    }
    return text_near(least, strlen(name)) ? nearest : NULL;
}

static enum status judge_metric(const struct settings *plan, size_t i)
{
    const char *name = settings_text(plan, "tolerances[%zu].metric", i);
    const char *where = settings_origin(plan, "tolerances[%zu].metric", i);
    if (fairness_metric_find(name) != NULL)
        return ST_OK;
    const char *nearest = nearest_metric(name);
    if (nearest != NULL)
        return fault(
            EC_CFG_CHOICE, where,
            "`tolerances[%zu].metric` is `%s`, which is no number of a fairness report; did "
            "you mean `%s`?",
            i, name, nearest);
    return fault(EC_CFG_CHOICE, where,
                 "`tolerances[%zu].metric` is `%s`, which is no number of a fairness report: "
                 "tpr_gap, fpr_gap, selection_gap, selection_ratio, eqodds_max, auc_gap, auc_min, "
                 "ece_gap, tpr, fpr, auc and the others that models/metrics/fairness.h explains",
                 i, name);
}

static enum status judge_subject(const struct settings *plan, size_t i)
{
    char known[WORDS_MAX];
    const char *task = settings_text(plan, "tolerances[%zu].task", i);
    names_of(known, plan, "tasks");
    if (task[0] != '\0' && !is_named(plan, "tasks", task, strlen(task)))
        return fault(EC_CFG_CHOICE, settings_origin(plan, "tolerances[%zu].task", i),
                     "`tolerances[%zu].task` is `%s`, which is no task of the plan: %s", i, task,
                     known);
    const char *attribute = settings_text(plan, "tolerances[%zu].attribute", i);
    names_of(known, plan, "groups");
    if (attribute[0] != '\0' && !is_named(plan, "groups", attribute, strlen(attribute)) &&
        !settings_has(plan, "evaluate.intersections", attribute))
        return fault(EC_CFG_CHOICE, settings_origin(plan, "tolerances[%zu].attribute", i),
                     "`tolerances[%zu].attribute` is `%s`, which is no group of the plan (%s) and "
                     "not among `evaluate.intersections`",
                     i, attribute, known);
    return ST_OK;
}

static bool is_evaluated(const struct settings *plan, double threshold)
{
    for (size_t i = 0; i < settings_count(plan, "evaluate.thresholds"); i++)
        if (settings_list_real(plan, i, "evaluate.thresholds") == threshold)
            return true;
    return false;
}

/* What the metric has: a threshold, groups. */
static enum status judge_fit(const struct settings *plan, size_t i)
{
    const struct fairness_metric *m =
        fairness_metric_find(settings_text(plan, "tolerances[%zu].metric", i));
    double threshold = settings_real(plan, "tolerances[%zu].threshold", i);
    const char *where = settings_origin(plan, "tolerances[%zu].threshold", i);
    if (threshold != TOLERANCE_EVERY && !m->at_threshold)
        return fault(EC_CFG_CONFLICT, where,
                     "`tolerances[%zu].threshold` is given, and `%s` depends on none", i, m->name);
    if (threshold != TOLERANCE_EVERY && !is_evaluated(plan, threshold))
        return fault(EC_CFG_CONFLICT, where,
                     "`tolerances[%zu].threshold = %g` is not among `evaluate.thresholds`", i,
                     threshold);
    if (settings_text(plan, "tolerances[%zu].group", i)[0] != '\0' && m->about == ABOUT_BETWEEN)
        return fault(EC_CFG_CONFLICT, settings_origin(plan, "tolerances[%zu].group", i),
                     "`tolerances[%zu].group` is given, and `%s` is of all groups together", i,
                     m->name);
    return ST_OK;
}

static enum status judge_limit(const struct settings *plan, size_t i)
{
    bool most = settings_real(plan, "tolerances[%zu].most", i) != TOLERANCE_NONE;
    bool least = settings_real(plan, "tolerances[%zu].least", i) != TOLERANCE_NONE;
    if (most != least)
        return ST_OK;
    return fault(EC_CFG_CONFLICT, settings_origin(plan, "tolerances[%zu].metric", i),
                 "`tolerances[%zu]` gives %s `most` and `least`; exactly one of them is wanted", i,
                 most ? "both" : "neither");
}

enum status tolerances_judge(const struct settings *plan)
{
    enum status st = ST_OK;
    for (size_t i = 0; i < settings_count(plan, "evaluate.intersections") && st == ST_OK; i++)
        st = judge_intersection(plan, settings_list_text(plan, i, "evaluate.intersections"));
    size_t count = settings_count(plan, "tolerances");
    if (st == ST_OK && count > 0 && !settings_bool(plan, "evaluate.fairness"))
        return fault(EC_CFG_CONFLICT, settings_origin(plan, "evaluate.fairness"),
                     "`evaluate.fairness = false` leaves the plan's `tolerances` without numbers");
    for (size_t i = 0; i < count && st == ST_OK; i++) {
        st = judge_metric(plan, i);
        if (st == ST_OK)
            st = judge_subject(plan, i);
        if (st == ST_OK)
            st = judge_fit(plan, i);
        if (st == ST_OK)
            st = judge_limit(plan, i);
    }
    return st;
}
