#include "proto/wire/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/conf.h"
#include "proto/base/must.h"

/* What messages call a plan that came over the wire. */
#define FROM_WIRE "the coordinator's plan"

/* clang-format off */
static const struct setting rows[] = {
    {"plan", SET_TEXT, 0, 0, "", NULL, NULL, false, "The plan's name."},
    {"seed", SET_INT, 0, 9e15, "", "1", NULL, false, "Seed of every random number of the run."},
    {"rounds", SET_INT, 1, 1e6, "rounds", NULL, NULL, false, "Training rounds of the model."},

    {"data.root", SET_TEXT, 0, 0, "", "\".\"", NULL, true,
     "Folder of the data: relative to the plan's file, or to the current folder with --set."},
    {"data.prepare", SET_TEXT, 0, 0, "", "\"\"", NULL, true,
     "Recipe (a name under data/ beside the plan, or a path) that makes one file a site; empty: "
     "every *.h5 in data.root is a site."},
    {"data.sites", SET_TEXT, 0, 0, "", "\"\"", NULL, true,
     "Column that says which site a row belongs to; empty: the recipe's; *: all are one site."},
    {"data.fold", SET_INT, -1, 999, "", "-1", NULL, true,
     "Which of the recipe's folds is for the test, from 0; -1: as the recipe says."},
    {"data.features", SET_TEXT, 0, 0, "", "\"/x\"", NULL, true,
     "Path of the embeddings in an HDF5 file, or of the folder of its scores."},
    {"data.standardise", SET_TEXT, 0, 0, "", "\"global\"", "global|site|none", false,
     "Whose training rows give mean and deviation of the features."},
    {"data.standardise_test", SET_TEXT, 0, 0, "", "\"same\"", "same|global", false,
     "The same for test rows: as data.standardise says, or always global (FLamby's pooled test)."},
    {"data.validation", SET_REAL, 0, 0.5, "of the training patients", "0.2", NULL, false,
     "Patients set aside to choose on, where the files have none; 0: nobody."},
    {"data.sum_bits", SET_INT, 8, 40, "bits", "24", NULL, false,
     "Binary places of the fixed-point sums of features and their squares."},

    {"tasks[].name", SET_TEXT, 0, 0, "", NULL, NULL, false, "A label that should stay readable."},
    {"tasks[].kind", SET_TEXT, 0, 0, "", "\"binary\"", "binary|categorical|regression", false,
     "What its values are."},
    {"tasks[].train", SET_BOOL, 0, 0, "", "true", NULL, false,
     "May the model learn it? A task that it may not is only evaluated."},
    {"groups[].name", SET_TEXT, 0, 0, "", NULL, NULL, false,
     "An attribute that should not be readable."},
    {"groups[].kind", SET_TEXT, 0, 0, "", "\"binary\"", "binary|categorical|regression", false,
     "What its values are."},
    {"groups[].weight", SET_REAL, -1, 1e6, "", "-1", NULL, false,
     "Weight of its adversaries; -1: model.adversary.weight."},
    {"groups[].ramp", SET_REAL, -1, 1, "of the run", "-1", NULL, false,
     "Share of the rounds over which that weight grows to its value; -1: model.adversary.ramp."},

    {"model.name", SET_TEXT, 0, 0, "", NULL, NULL, false, "Which model is trained."},

    {"model.erase_first", SET_BOOL, 0, 0, "", "false", NULL, false,
     "Does the model see rows with the groups erased in closed form (all that is linear)?"},
    {"model.erase_shrinkage", SET_REAL, 0, 1, "", "0.1", NULL, false,
     "How far the covariance is shrunk towards its mean before it is inverted for erasing."},

    {"local.epochs", SET_INT, 1, 10000, "passes", "1", NULL, false,
     "Passes over a site's training rows in a round."},
    {"local.steps", SET_INT, 0, 1e6, "steps", "0", NULL, false,
     "Training steps in a round instead of passes; 0: passes."},
    {"local.batch", SET_INT, 1, 1e6, "rows", "256", NULL, false, "Rows of a training batch."},
    {"local.rest", SET_TEXT, 0, 0, "", "\"joined\"", "joined|alone", false,
     "What becomes of the last rows of a pass that are less than half a batch: they join the one "
     "before, or are a batch of their own."},
    {"local.first_rows", SET_INT, 0, 1e9, "rows", "0", NULL, false,
     "Training rows of a site that the model learns from, the first of its file; 0: all."},
    {"local.optimiser", SET_TEXT, 0, 0, "", "\"adam\"", "adam|sgd", false, "How a site steps."},
    {"local.lr", SET_REAL, 1e-9, 10, "", "5e-4", NULL, false, "Learning rate of the model."},
    {"local.momentum", SET_REAL, 0, 0.999, "", "0", NULL, false, "Momentum of sgd."},
    {"local.clip_l2", SET_REAL, 0, 1e9, "", "5.0", NULL, false,
     "Longest gradient of a step (L2 norm); 0: no limit."},

    {"merge.rule", SET_TEXT, 0, 0, "", "\"fedavg\"", NULL, false,
     "How the mean difference becomes the next model."},
    {"update.clip", SET_REAL, 1e-6, 1e6, "", "1.0", NULL, false,
     "Largest change of one weight in a round, before it is made an integer."},
    {"update.bits", SET_INT, 32, 64, "bits", "32", NULL, false,
     "Bits of the integers that updates are summed in: 32 or 64."},

    {"round.quorum", SET_REAL, 0.01, 1, "of the sites", "0.7", NULL, false,
     "Smallest share of the sites that makes a round count."},
    {"round.patience_s", SET_INT, 1, 604800, "s", "600", NULL, false,
     "How long a round waits for a site."},
    {"round.required", SET_LIST_TEXT, 0, 0, "", "[]", NULL, false,
     "Sites without which no round counts."},

    {"privacy.min_cell", SET_INT, 1, 1000, "patients", "11", NULL, false,
     "Counts below this (and above 0) are withheld from the report."},
    {"privacy.min_sites", SET_INT, 1, 4096, "sites", "1", NULL, false,
     "Fewer contributing sites than this, and no number by group is shown."},

    {"tolerances[].metric", SET_TEXT, 0, 0, "", NULL, NULL, false,
     "The number that must keep the limit: an id of models/metrics/fairness.h, as tpr_gap."},
    {"tolerances[].task", SET_TEXT, 0, 0, "", "\"\"", NULL, false,
     "Of this task; empty: of every task."},
    {"tolerances[].attribute", SET_TEXT, 0, 0, "", "\"\"", NULL, false,
     "By this group of the plan or one of evaluate.intersections; empty: by each."},
    {"tolerances[].representation", SET_TEXT, 0, 0, "", "\"\"",
     "|original|erasure|debiased|noise", false, "As read from this; empty: from each."},
    {"tolerances[].probe", SET_TEXT, 0, 0, "", "\"\"", "|linear|mlp|given", false,
     "By this probe, given: by the model's own head; empty: by each."},
    {"tolerances[].group", SET_TEXT, 0, 0, "", "\"\"", NULL, false,
     "Of this level of the attribute; empty: between the groups, or of everybody."},
    {"tolerances[].threshold", SET_REAL, -1, 1, "", "-1", NULL, false,
     "At this one of evaluate.thresholds; -1: at each."},
    {"tolerances[].most", SET_REAL, -1e6, 1e6, "", "-1e6", NULL, false,
     "Largest value within tolerance, of a gap; -1e6: not asked."},
    {"tolerances[].least", SET_REAL, -1e6, 1e6, "", "-1e6", NULL, false,
     "Smallest value within tolerance, of a ratio or a minimum; -1e6: not asked."},
    {"tolerances[].rule", SET_TEXT, 0, 0, "", "\"interval\"", "interval|value", false,
     "Who must keep the limit: the whole interval, or the value alone."},

    {"attacks[].task", SET_TEXT, 0, 0, "", NULL, NULL, false,
     "An attack on what fresh probes learn: positives of a group become negatives in training rows, "
     "and held-out rows say what came of it. Of this binary task."},
    {"attacks[].group", SET_TEXT, 0, 0, "", NULL, NULL, false,
     "The attribute that tells whose labels are poisoned."},
    {"attacks[].level", SET_TEXT, 0, 0, "", NULL, NULL, false, "Its level: the target."},
    {"attacks[].rates", SET_LIST_REAL, 0, 1, "of the target's patients",
     "[0.05, 0.1, 0.25, 0.5, 0.75, 1.0]", NULL, false,
     "Shares that are poisoned, each a trial of its own; 0, that is not, is always tried."},
    {"attacks[].flagged", SET_REAL, 0.001, 0.999, "of all rows", "0.25", NULL, false,
     "Threshold by rank, beside the fixed one of 0.5: the highest at which so many clean "
     "validation rows are selected."},

    {"evaluate.every", SET_INT, 1, 1e6, "rounds", "10", NULL, false,
     "How often validation rows are looked at while the model trains: collapse guard, trace."},
    {"evaluate.representations", SET_LIST_TEXT, 0, 0, "",
     "[\"original\", \"erasure\", \"debiased\", \"noise\"]", "original|erasure|debiased|noise", false,
     "What fresh probes read; what is not there (debiased of a plain head) is left out."},
    {"evaluate.probes", SET_LIST_TEXT, 0, 0, "", "[\"linear\", \"mlp\"]", "linear|mlp", false,
     "Which fresh probes; an empty list: the model's own head alone."},
    {"evaluate.seeds", SET_INT, 1, 32, "", "3", NULL, false, "Fresh probes of each kind."},
    {"evaluate.thresholds", SET_LIST_REAL, 1e-6, 1, "", "[0.5]", NULL, false,
     "Operating thresholds: exact edges of the histograms."},
    {"evaluate.trace", SET_BOOL, 0, 0, "", "true", NULL, false,
     "Every evaluate.every rounds, do validation rows say how the model stands: leakage, utility, "
     "gaps? No decision looks at it."},
    {"evaluate.fairness", SET_BOOL, 0, 0, "", "true", NULL, false, "Evaluate by group?"},
    {"evaluate.intersections", SET_LIST_TEXT, 0, 0, "", "[]", NULL, false,
     "Intersections of groups to evaluate as attributes, as \"sex*race\"."},
    {"evaluate.margin", SET_REAL, -1, 1, "of AUC or R2", "-1", NULL, false,
     "Most that a task may lose from the originals to what is released, or the check of utility "
     "fails; -1: not asked."},
    {"evaluate.sensitivity", SET_REAL, 0, 1, "", "0", NULL, false,
     "Threshold chosen on validation rows: the highest with at least this sensitivity; 0: none."},
    {"evaluate.specificity", SET_REAL, 0, 1, "", "0", NULL, false,
     "Threshold chosen on validation rows: the lowest with at least this specificity; 0: none."},
    {"evaluate.replicates", SET_INT, 100, 100000, "", "1000", NULL, false,
     "How often groups are drawn again for intervals and noise floors between them."},
    {"evaluate.rounds", SET_INT, 1, 10000, "rounds", "60", NULL, false,
     "Most training rounds of the probes."},
    {"evaluate.patience", SET_INT, 1, 1000, "rounds", "8", NULL, false,
     "Probe rounds without a better validation score before a probe is finished."},
    {"evaluate.epochs", SET_INT, 1, 1000, "passes", "1", NULL, false,
     "Passes of the linear probes over a site's training rows in a round."},
    {"evaluate.batch", SET_INT, 1, 1e6, "rows", "256", NULL, false,
     "Rows of a linear probe's batch."},
    {"evaluate.mlp_epochs", SET_INT, 1, 1000, "passes", "2", NULL, false,
     "Passes of the mlp probes in a round."},
    {"evaluate.mlp_batch", SET_INT, 1, 1e6, "rows", "32", NULL, false,
     "Rows of an mlp probe's batch."},
    {"evaluate.hidden", SET_INT, 4, 4096, "units", "128", NULL, false,
     "Hidden units of an mlp probe."},
    {"evaluate.dropout", SET_REAL, 0, 0.95, "", "0.2", NULL, false,
     "Share of its inputs that an mlp probe drops while it trains."},
    {"evaluate.lr", SET_REAL, 1e-9, 10, "", "1.5", NULL, false,
     "Step of linear probes, as a share of the longest safe one (momentum over rounds)."},
    {"evaluate.decay", SET_REAL, 0, 100, "", "1e-3", NULL, false,
     "Weight decay of linear probes."},
    {"evaluate.mlp_lr", SET_REAL, 1e-9, 10, "", "1e-3", NULL, false,
     "Learning rate of mlp probes."},
    {"evaluate.mlp_decay", SET_REAL, 0, 100, "", "0.01", NULL, false,
     "Weight decay of mlp probes (AdamW)."},
    {"evaluate.score", SET_TEXT, 0, 0, "", "\"test\"", "test|valid|train", false,
     "Rows that the run is scored on: valid while settings are chosen, test once at the end; train "
     "needs evaluate.mode = \"in-sample\"."},
    {"evaluate.unit", SET_TEXT, 0, 0, "", "\"patient\"", "patient|row", false,
     "What intervals count: patients (the rows of one at one site belong together), or, a labelled "
     "compatibility mode, rows as if each were a patient."},
    {"evaluate.mode", SET_TEXT, 0, 0, "", "\"held-out\"", "held-out|in-sample", false,
     "in-sample: the compatibility mode of published tables. Probes are fitted to the very rows they "
     "are scored on, for all evaluate.rounds, and their numbers, labelled, are no evidence of "
     "utility."},
};
/* clang-format on */

/* A plan from before there was such a key keeps its digest, its draws, and its models readable. */
static const char *const late[] = {"groups[].ramp", "evaluate.margin", "model.task.balanced"};

struct setting_table plan_rows(void)
{
    return (struct setting_table){rows, COUNT(rows)};
}

static const char *initial_of(const char *key)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].key, key) == 0)
            return rows[i].initial == NULL ? "" : rows[i].initial;
    must(!"a part's key has a row");
    return "";
}

/* A text without the quotes it may have been written with. */
static void unquote(char *text)
{
    size_t len = strlen(text);
    if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
        memmove(text, text + 1, len - 2);
        text[len - 2] = '\0';
    }
}

/* Where a key can be looked up before there is a schema. */
struct peek {
    const char *name; /* for messages; a path where text is NULL */
    const char *const *overrides;
    size_t override_count;
    const char *text; /* a normal form, NULL: in the file */
};

/* key="value" at the beginning of a line. */
static void peek_line(char *out, size_t cap, const char *text, const char *key)
{
    size_t len = strlen(key);
    out[0] = '\0';
    for (const char *line = text; *line != '\0'; line += *line != '\0') {
        size_t line_len = strcspn(line, "\n");
        if (line_len > len && line_len - len <= cap && strncmp(line, key, len) == 0 &&
            line[len] == '=')
            snprintf(out, cap, "%.*s", (int)(line_len - len - 1), line + len + 1);
        line += line_len;
    }
    unquote(out);
}

/* What `key` will be once file, overrides and default are weighed. */
static enum status value_of(char *out, size_t cap, const struct peek *from, const char *key)
{
    enum status st = ST_OK;
    if (from->text != NULL)
        peek_line(out, cap, from->text, key);
    else
        st = conf_peek(out, cap, from->name, key);
    if (st != ST_OK)
        return st;
    if (out[0] == '\0')
        snprintf(out, cap, "%s", initial_of(key));
    size_t len = strlen(key);
    for (size_t i = 0; i < from->override_count; i++)
        if (strncmp(from->overrides[i], key, len) == 0 && from->overrides[i][len] == '=')
            snprintf(out, cap, "%s", from->overrides[i] + len + 1);
    unquote(out);
    return ST_OK;
}

static enum status unknown_part(const struct plan_parts *part, const char *value, const char *path)
{
    char known[512] = "";
    size_t used = 0;
    for (size_t i = 0; part->known(i) != NULL && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                 part->known(i));
    if (value[0] == '\0')
        return fault(EC_CFG_MISSING_KEY, path, "key `%s` is missing; it is one of: %s", part->key,
                     known);
    return fault(EC_CFG_CHOICE, path, "`%s = \"%s\"` is none of: %s", part->key, value, known);
}

static enum status tables_of(struct setting_table tables[static PLAN_PARTS_MAX + 1], size_t *count,
                             const struct peek *from, const struct plan_parts *parts,
                             size_t part_count)
{
    must(part_count <= PLAN_PARTS_MAX);
    *count = 0; /* parts first: their rows of a plan's key count */
    for (size_t i = 0; i < part_count; i++) {
        char value[SETTINGS_KEY_MAX];
        if (parts[i].key == NULL)
            continue;
        enum status st = value_of(value, sizeof value, from, parts[i].key);
        if (st != ST_OK)
            return st;
        if (!parts[i].table(&tables[*count], value))
            return unknown_part(&parts[i], value, from->name);
        if (tables[*count].count > 0)
            (*count)++;
    }
    tables[(*count)++] = plan_rows();
    return ST_OK;
}

static struct settings *open_settings(const struct setting_table *tables, size_t count)
{
    struct settings *s = settings_open(tables, count);
    settings_late(s, late, COUNT(late));
    return s;
}

/* A model that trains nothing has no round, and nobody else has one for it. */
static enum status judge_rounds(const struct settings *s, const char *path)
{
    const char *model = settings_text(s, "model.name");
    if (settings_int(s, "rounds") > 0)
        return ST_OK;
    if (settings_count(s, "tasks") == 0)
        return fault(EC_CFG_MISSING_KEY, path,
                     "the plan names no task that model \"%s\" has scores of", model);
    if (settings_count(s, "evaluate.probes") > 0)
        return fault(EC_CFG_CONFLICT, path,
                     "nothing is trained with model \"%s\", and probes would have to be: "
                     "`evaluate.probes` can only be []",
                     model);
    if (settings_bool(s, "model.erase_first"))
        return fault(
            EC_CFG_CONFLICT, path,
            "model \"%s\" reads no features: `model.erase_first` has nothing to erase from", model);
    return ST_OK;
}

/* A probe is scored on rows that it has not seen, or the plan calls it in-sample. */
static enum status judge_scoring(const struct settings *s, const char *path)
{
    bool in_sample = strcmp(settings_text(s, "evaluate.mode"), "in-sample") == 0;
    const char *score = settings_text(s, "evaluate.score");
    if (strcmp(score, "train") == 0 && !in_sample)
        return fault(EC_EVAL_IN_SAMPLE, path,
                     "`evaluate.score = \"train\"` scores probes on the patients they were fitted "
                     "to");
    if (strcmp(score, "valid") == 0 && in_sample)
        return fault(EC_CFG_CONFLICT, path,
                     "`evaluate.mode = \"in-sample\"` says nothing of validation rows: settings "
                     "cannot be chosen by the rows that probes were fitted to");
    size_t promises = settings_count(s, "attacks") + settings_count(s, "tolerances");
    if (in_sample && promises > 0)
        return fault(
            EC_CFG_CONFLICT, path,
            "`attacks` and `tolerances` are judged on patients that no probe was fitted to; "
            "with `evaluate.mode = \"in-sample\"` there are none");
    return ST_OK;
}

static enum status judge(const struct settings *s, const char *path)
{
    int64_t bits = settings_int(s, "update.bits");
    if (bits != 32 && bits != 64)
        return fault(EC_CFG_CHOICE, path, "`update.bits = %d` is neither 32 nor 64", (int)bits);
    if (settings_count(s, "tasks") == 0 && settings_count(s, "groups") == 0)
        return fault(EC_CFG_MISSING_KEY, path, "the plan names neither tasks nor groups");
    enum status st = judge_scoring(s, path);
    if (st != ST_OK)
        return st;
    for (size_t i = 0; i < settings_count(s, "evaluate.thresholds"); i++)
        if (settings_list_real(s, i, "evaluate.thresholds") >= 1)
            return fault(EC_CFG_RANGE, path, "a threshold of `evaluate.thresholds` is 1 or more");
    return judge_rounds(s, path);
}

/* Settings that are read: judged, and digested. Closes the plan on failure. */
static enum status finish(struct plan *p, enum status st, const char *where,
                          const struct plan_parts *parts, size_t part_count)
{
    if (st == ST_OK)
        st = settings_finish(p->set);
    if (st == ST_OK)
        st = judge(p->set, where);
    for (size_t i = 0; st == ST_OK && i < part_count; i++)
        if (parts[i].judge != NULL)
            st = parts[i].judge(p->set);
    if (st != ST_OK) {
        plan_close(p);
        return st;
    }
    char *normal = settings_normal(p->set);
    p->digest = digest_of("evh-plan", normal, strlen(normal));
    free(normal);
    return ST_OK;
}

enum status plan_load(struct plan *p, const char *path, const char *const *overrides,
                      size_t override_count, const struct plan_parts *parts, size_t part_count)
{
    *p = (struct plan){0};
    if (strlen(path) >= sizeof p->path)
        return fault(EC_IO_OPEN, path, "the path is longer than %zu bytes", sizeof p->path - 1);
    memcpy(p->path, path, strlen(path) + 1);

    struct setting_table tables[PLAN_PARTS_MAX + 1];
    size_t count = 0;
    const struct peek from_file = {path, overrides, override_count, NULL};
    enum status st = tables_of(tables, &count, &from_file, parts, part_count);
    if (st != ST_OK)
        return st;
    p->set = open_settings(tables, count);
    st = conf_load(p->set, path);
    for (size_t i = 0; st == ST_OK && i < override_count; i++)
        st = settings_put_pair(p->set, overrides[i]);
    return finish(p, st, path, parts, part_count);
}

/* The lines of a normal form, each cut at its '='. */
static enum status put_lines(struct settings *s, char *text)
{
    enum status st = ST_OK;
    for (char *line = text; *line != '\0' && st == ST_OK;) {
        char *end = line + strcspn(line, "\n");
        char *value = memchr(line, '=', (size_t)(end - line));
        if (*end == '\0' || value == NULL)
            return fault(EC_CFG_SYNTAX, FROM_WIRE, "a line is not of the form key=value");
        *end = *value = '\0';
        st = settings_put(s, line, value + 1, FROM_WIRE);
        line = end + 1;
    }
    return st;
}

/* One plan has one normal form, so that one digest means one plan. */
static enum status is_normal(struct plan *p, const char *text)
{
    char *normal = settings_normal(p->set);
    bool same = strcmp(normal, text) == 0;
    free(normal);
    if (same)
        return ST_OK;
    plan_close(p);
    return fault(EC_CFG_SYNTAX, FROM_WIRE, "it is not in its normal form");
}

enum status plan_parse(struct plan *p, const uint8_t *bytes, size_t len,
                       const struct plan_parts *parts, size_t part_count)
{
    *p = (struct plan){0};
    if (memchr(bytes, '\0', len) != NULL)
        return fault(EC_CFG_SYNTAX, FROM_WIRE, "it holds a zero byte");
    char *whole = must_alloc(len + 1, 1);
    char *lines = must_alloc(len + 1, 1);
    memcpy(whole, bytes, len);
    memcpy(lines, bytes, len);

    struct setting_table tables[PLAN_PARTS_MAX + 1];
    size_t count = 0;
    const struct peek from_text = {FROM_WIRE, NULL, 0, whole};
    enum status st = tables_of(tables, &count, &from_text, parts, part_count);
    if (st == ST_OK) {
        p->set = open_settings(tables, count);
        st = finish(p, put_lines(p->set, lines), FROM_WIRE, parts, part_count);
    }
    if (st == ST_OK)
        st = is_normal(p, whole);
    free(whole);
    free(lines);
    return st;
}

void plan_close(struct plan *p)
{
    settings_close(&p->set);
    *p = (struct plan){0};
}

enum status plan_place(char *out, size_t cap, const struct plan *p, const char *key)
{
    return conf_place(out, cap, p->set, p->path, key);
}
