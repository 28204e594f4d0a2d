/*
 * Any run as a liar in the coordinator's place could tell it: sums of any words for one leg after
 * the other. Each is refused and changes nothing, ends the run, or leaves a model that is finite.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "proto/adopt/adopt.h"
#include "proto/base/arena.h"
#include "proto/base/conf.h"
#include "proto/base/must.h"
#include "proto/base/reader.h"
#include "proto/wire/plan.h"

#define SITES     3
#define TAIL      5 /* count and guards; a sum of means has its weight behind the count */
#define LEGS_MAX  24
#define WORDS_MAX 16 /* single words of a sum that are unlike the others */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * One with erasure, a head of its own and every kind of probe; one with adversaries and a collapse
 * guard. Few heads: a histogram has a thousand bins.
 */
#define HEAD "plan = \"fuzz\"; seed = 7; rounds = 2; tasks = ( { name = \"disease\"; } );\n"
static const struct {
    const char *model, *text;
} plans[] = {
    {"linear", HEAD "groups = ( { name = \"age\"; kind = \"regression\"; } );\n"
                    "model = { name = \"linear\"; erase_first = true; };\n"
                    "evaluate = { seeds = 1; rounds = 2; patience = 1; hidden = 4;\n"
                    "  representations = [\"original\"]; };\n"},
    {"debias-vae", HEAD "groups = ( { name = \"race\"; kind = \"categorical\"; } );\n"
                        "model = { name = \"debias-vae\"; latent = 2; hidden = 0;\n"
                        "  adversary = { hidden = [4]; count = 1; steps = 1; }; };\n"
                        "update = { bits = 64; };\n"
                        "evaluate = { every = 1; seeds = 1; rounds = 2; patience = 1;\n"
                        "  probes = [\"linear\"]; representations = [\"debiased\"]; };\n"},
};
static const struct target disease = {.name = "disease", .levels = 2, .train = true},
                           age = {.name = "age", .kind = TARGET_REGRESSION},
                           race = {.name = "race", .kind = TARGET_CATEGORICAL, .levels = 3};
static struct settings *set[COUNT(plans)];
static struct population who[COUNT(plans)];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < COUNT(plans); i++) {
        const struct setting_table tables[] = {plan_rows(), model_find(plans[i].model)->settings,
                                               merge_find("fedavg")->settings};
        set[i] = settings_open(tables, tables[2].count > 0 ? 3 : 2);
        must(conf_parse(set[i], plans[i].text, "fuzz") == ST_OK);
        must(settings_finish(set[i]) == ST_OK);
        who[i] = (struct population){.width = 3, .task_count = 1, .group_count = 1};
        who[i].task[0] = disease;
        who[i].group[0] = i == 0 ? age : race;
    }
    return 0;
}

static void put(struct ring *sum, size_t at, uint64_t word)
{
    int64_t narrow = (int64_t)(word & UINT32_MAX) - (word & 0x80000000u ? INT64_C(1) << 32 : 0);
    ring_put(sum, at, sum->bits == 32 ? narrow : (int64_t)word);
}

/* A small number at any height of the word. */
static uint64_t shifted(struct reader *r)
{
    unsigned shift = read_u8(r) % 56;
    uint16_t number = read_u16le(r);
    uint64_t wide = number | (number >= 0x8000 ? ~UINT64_C(0xFFFF) : 0);
    return wide << shift;
}

/* All words alike, some not; the tail as it should be, or one word of it not. */
static struct ring sum_of(const struct course *c, struct reader *r, uint32_t counted)
{
    struct ring sum = {0};
    adopt_shape(&sum.bits, &sum.words, c);
    sum.word = must_alloc(sum.words, sum.bits / 8);
    put(&sum, 0, shifted(r));
    for (size_t done = 1; done < sum.words; done *= 2) { /* by doubling: there are thousands */
        size_t more = done < sum.words - done ? done : sum.words - done;
        memcpy((uint8_t *)sum.word + done * (sum.bits / 8), sum.word, more * (sum.bits / 8));
    }
    unsigned others = read_u8(r) % WORDS_MAX;
    for (unsigned i = 0; i < others; i++) {
        size_t at = read_u16le(r) % c->leg.values;
        put(&sum, at, shifted(r));
    }
    size_t tail = c->leg.values, weights = sum.words - tail - TAIL;
    put(&sum, tail, counted);
    for (size_t i = tail + 1 + weights; i < sum.words; i++)
        put(&sum, i, 0);
    for (size_t i = 0; i < weights; i++)
        put(&sum, tail + 1 + i, read_u16le(r));
    unsigned wrong = read_u8(r);
    if (wrong < sum.words - tail)
        put(&sum, tail + wrong, read_u64le(r));
    return sum;
}

static void must_be_finite(const real *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        must(isfinite(v[i]));
}

static void check_course(const struct course *c, const struct leg *before)
{
    must(c->leg.round == before->round + 1);
    must((c->leg.kind == LEG_END) == (c->leg.values == 0));
    must(isfinite(course_weight_cap(c)));
    must_be_finite(c->theta, c->model->params);
    if (c->exam.probes != NULL)
        must_be_finite(c->exam.theta, c->exam.probes->params);
}

static void check_measures(const struct course *c)
{
    size_t count = exam_measure_count(&c->exam);
    struct measure *m = must_alloc(count + 1, sizeof *m);
    exam_measures(m, &c->exam, 11);
    for (size_t i = 0; i < count; i++) {
        must(m[i].metric != NULL);
        must(memchr(m[i].why, '\0', sizeof m[i].why) != NULL);
        must(!m[i].withheld || m[i].why[0] != '\0');
    }
    free(m);
}

/* false: the run is over. */
static bool adopt(struct course *c, struct reader *r)
{
    uint32_t counted = 1 + read_u8(r) % SITES;
    struct ring sum = sum_of(c, r, counted);
    struct digest fingerprint, model = adopt_model_digest(c), same;
    struct leg before = c->leg;
    enum status st = adopt_sum(c, &fingerprint, &sum, SITES, counted);
    free(sum.word);
    if (st == ST_OK) {
        check_course(c, &before);
        return c->leg.kind != LEG_END;
    }
    same = adopt_model_digest(c);
    bool refused = fault_kept()->what == EC_RUN_SUM;
    must(!refused || c->leg.round == before.round);
    must(!refused || digest_equal(&model, &same));
    return refused;
}

/* The first byte chooses the plan. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct reader r = {.at = data, .left = len};
    struct course c;
    size_t plan = read_u8(&r) % COUNT(plans);
    must(course_open(&c, set[plan], &who[plan]) == ST_OK);
    bool on = true;
    for (size_t i = 0; i < LEGS_MAX && on; i++)
        on = !r.spent && adopt(&c, &r);
    if (c.leg.kind == LEG_END)
        check_measures(&c);
    course_close(&c);
    return 0;
}
