#include "coordinator/report/standing.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

/* How often a probe of this value orders two patients rightly; NAN for what does not say. */
static double order_of(const char *metric, double value)
{
    if (strcmp(metric, "auc") == 0)
        return value;
    if (strcmp(metric, "r2") == 0)
        return 0.5 + asin(sqrt(fmin(fmax(value, 0), 1))) / PI;
    return (double)NAN;
}

/* Of one target: the strongest probe's from rep; NAN when none has a number. */
static double strongest(const struct measure_rows *rows, const char *target,
                        enum representation rep, bool either_way)
{
    double most = (double)NAN;
    for (size_t i = 0; i < rows->count; i++) {
        const struct measure_row *row = &rows->row[i];
        double value = rows_value(row->cell[rep], "value");
        if (strcmp(row->target, target) != 0 || isnan(value))
            continue;
        double order = order_of(row->metric, value);
        most = fmax(most, either_way ? fmax(order, 1 - order) : order); /* fmax passes NAN over */
    }
    return most;
}

/* Is it the first row of its target? */
static bool is_first(const struct measure_rows *rows, size_t at)
{
    return at == 0 || strcmp(rows->row[at - 1].target, rows->row[at].target) != 0;
}

static void keep_name(char out[static FRONTIER_TEXT_MAX], const char *name)
{
    snprintf(out, FRONTIER_TEXT_MAX, "%s", name);
}

/*
 * The worst of all targets, of leakage or of utility; NAN, and why, when it is not known. A target
 * without a number that others have must not make a point look better.
 */
static double worst_of(char name[static FRONTIER_TEXT_MAX], char *why, size_t cap,
                       const struct measure_rows *rows, enum representation rep, bool leakage)
{
    double worst = (double)NAN;
    keep_name(name, "");
    for (size_t i = 0; i < rows->count; i++) {
        const char *target = rows->row[i].target;
        double before = strongest(rows, target, REP_ORIGINAL, leakage);
        if (!is_first(rows, i) || isnan(before))
            continue;
        double now = strongest(rows, target, rep, leakage);
        if (isnan(now)) {
            snprintf(why, cap, "%.100s is not estimable", target);
            keep_name(name, target);
            return (double)NAN;
        }
        double value = leakage ? now : now - before;
        if (isnan(worst) || (leakage ? value > worst : value < worst)) {
            worst = value;
            keep_name(name, target);
        }
    }
    if (isnan(worst))
        snprintf(why, cap, "no %s has a number from the originals", leakage ? "attribute" : "task");
    return worst;
}

static double fewest(const struct measure_rows *rows)
{
    double patients = (double)NAN;
    for (size_t i = 0; i < rows->count; i++)
        patients = fmin(patients, rows_patients(&rows->row[i])); /* fmin passes NAN over */
    return patients;
}

static bool measured(const struct measure_rows *rows, enum representation rep)
{
    return rows_have(rows, rep, false, ROWS_VALUES) || rows_have(rows, rep, true, ROWS_VALUES);
}

bool standing_of(struct standing *s, char *why, size_t cap, const struct json *report,
                 enum representation rep)
{
    struct measure_rows leakage, utility;
    rows_open(&leakage, report, "leakage", "attribute");
    rows_open(&utility, report, "utility", "task");
    why[0] = '\0';
    bool any = measured(&leakage, rep) || measured(&utility, rep);
    s->utility = worst_of(s->task, why, cap, &utility, rep, false);
    s->leakage = worst_of(s->attribute, why, cap, &leakage, rep, true);
    s->patients = fmin(fewest(&leakage), fewest(&utility));
    rows_close(&leakage);
    rows_close(&utility);
    return any;
}

bool standing_checks(const struct json *report)
{
    const struct json *checks = json_get(report, "checks");
    for (size_t i = 0; i < json_count(checks); i++) {
        const struct json *check = json_at(checks, i);
        if (strcmp(json_string(json_get(check, "name"), ""), "split") != 0 &&
            !json_bool(json_get(check, "ok"), false))
            return false;
    }
    return true;
}
