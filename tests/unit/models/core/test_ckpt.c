#include "tests/support/check.h"

#include <unistd.h>

#include "models/core/ckpt.h"
#include "proto/base/file.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char folder[] = "/tmp/evenhand-ckpt-XXXXXX";
static char path[64], unused[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/model.evh", folder);
    snprintf(unused, sizeof unused, "%s/missing/model.evh", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* A model of 3 features, one task, two groups and 8 weights. */
static struct ckpt *small(void)
{
    static char plan[] = "model.name=\"linear\"\nrounds=3\n";
    static double mean[] = {1, -2.5, 0}, scale[] = {2, 0, 1e-3};
    static double erase_mean[] = {0, .5, 0}, erase_u[] = {1, 0, -1, 2, 3, 4};
    static double erase_v[] = {.1, .2, .3, 0, -1, 1};
    static real theta[] = {1, -2, REAL(0.1), 0, REAL(1e-30), 7, 8, -9};
    static struct ckpt c;
    c = (struct ckpt){
        .model = "linear",
        .plan_digest = HEX,
        .model_digest = HEX,
        .plan = plan,
        .who = {.width = 3,
                .rows = 1234,
                .task_count = 1,
                .group_count = 2,
                .task = {{.name = "ill",
                          .kind = TARGET_BINARY,
                          .train = true,
                          .levels = 2,
                          .level = {"no", "yes"},
                          .share = {.75, .25},
                          .known = 1200,
                          .sd = 1}},
                .group =
                    {{.name = "race",
                      .kind = TARGET_CATEGORICAL,
                      .levels = 3,
                      .level = {"a", "b", "c"},
                      .share = {.5, .5, 0},
                      .known = 1000,
                      .sd = 1},
                     {.name = "age", .kind = TARGET_REGRESSION, .known = 7, .mean = 61, .sd = 9}}},
        .mean = mean,
        .scale = scale,
        .erase_columns = 2,
        .erase_mean = erase_mean,
        .erase_u = erase_u,
        .erase_v = erase_v,
        .theta = theta,
    };
    map_add(&c.map, 2, 3, false, "linear.weight");
    map_add(&c.map, 2, 1, false, "linear.bias");
    return &c;
}

static void same_target(const struct target *a, const struct target *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->train, b->train);
    assert_int_equal(a->levels, b->levels);
    for (size_t i = 0; i < a->levels; i++) {
        assert_string_equal(a->level[i], b->level[i]);
        assert_true(a->share[i] == b->share[i]);
    }
    assert_true(a->known == b->known && a->mean == b->mean && a->sd == b->sd);
}

static void a_model_that_was_written_is_read_again(void **state)
{
    (void)state;
    struct ckpt *had = small();
    static struct ckpt got;
    check_ok(ckpt_write(path, had));
    check_ok(ckpt_read(&got, path));
    assert_string_equal(got.model, had->model);
    assert_string_equal(got.plan_digest, HEX);
    assert_string_equal(got.model_digest, HEX);
    assert_string_equal(got.plan, had->plan);
    assert_int_equal(got.who.width, 3);
    assert_true(got.who.rows == 1234);
    assert_int_equal(got.who.task_count, 1);
    assert_int_equal(got.who.group_count, 2);
    same_target(&got.who.task[0], &had->who.task[0]);
    same_target(&got.who.group[0], &had->who.group[0]);
    same_target(&got.who.group[1], &had->who.group[1]);
    assert_memory_equal(got.mean, had->mean, 3 * sizeof *got.mean);
    assert_memory_equal(got.scale, had->scale, 3 * sizeof *got.scale);
    assert_int_equal(got.erase_columns, 2);
    assert_memory_equal(got.erase_mean, had->erase_mean, 3 * sizeof(double));
    assert_memory_equal(got.erase_u, had->erase_u, 6 * sizeof(double));
    assert_memory_equal(got.erase_v, had->erase_v, 6 * sizeof(double));
    assert_memory_equal(&got.map, &had->map, sizeof got.map);
    assert_memory_equal(got.theta, had->theta, 8 * sizeof *got.theta);
    ckpt_close(&got);
    assert_null(got.theta);
}

static void a_folder_that_is_not_there_and_a_missing_file_are_told(void **state)
{
    (void)state;
    static struct ckpt got;
    check_fault(ckpt_write(unused, small()), EC_IO_CREATE);
    check_fault(ckpt_read(&got, unused), EC_IO_OPEN);
    ckpt_close(&got);
}

static uint8_t *written(size_t *len)
{
    uint8_t *bytes;
    check_ok(ckpt_write(path, small()));
    check_ok(file_read(&bytes, len, path, CKPT_BYTES_MAX));
    return bytes;
}

/* A copy of its own, so that AddressSanitizer sees a read behind its end. */
static enum status parse_copy(const uint8_t *bytes, size_t len)
{
    static struct ckpt c;
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    enum status st = ckpt_parse(&c, copy, len, "copy");
    free(copy);
    ckpt_close(&c);
    return st;
}

static void every_changed_byte_and_every_cut_is_refused(void **state)
{
    (void)state;
    size_t len;
    uint8_t *bytes = written(&len);
    check_ok(parse_copy(bytes, len));
    for (size_t at = 0; at < len; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[at] ^= (uint8_t)(1u << bit);
            check_fault(parse_copy(bytes, len), EC_MODEL_FILE);
            bytes[at] ^= (uint8_t)(1u << bit);
        }
    for (size_t cut = 0; cut < len; cut++)
        check_fault(parse_copy(bytes, cut), EC_MODEL_FILE);
    assert_true(len > 400);
    free(bytes);
}

static void seal(uint8_t *bytes, size_t len)
{
    uint64_t sum = ckpt_checksum(bytes, len - 8);
    for (size_t i = 0; i < 8; i++)
        bytes[len - 8 + i] = (uint8_t)(sum >> (8 * i));
}

/* Whoever can compute the checksum still gets no further than a fault or a model of these sizes. */
static void a_fitting_checksum_opens_no_door(void **state)
{
    (void)state;
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    size_t len, refused = 0, taken = 0;
    uint8_t *bytes = written(&len);
    for (size_t at = 0; at < len - 8; at++)
        for (size_t v = 0; v < COUNT(values); v++) {
            uint8_t was = bytes[at];
            bytes[at] = values[v];
            seal(bytes, len);
            enum status st = parse_copy(bytes, len);
            if (st != ST_OK)
                assert_int_equal(fault_kept()->what, EC_MODEL_FILE);
            if (at < 16 && values[v] != was) /* magic, version, zero */
                assert_int_not_equal(st, ST_OK);
            refused += st != ST_OK;
            taken += st == ST_OK;
            bytes[at] = was;
        }
    for (size_t cut = 8; cut < len; cut++) { /* cuts whose last bytes are a checksum again */
        uint8_t *copy = malloc(cut);
        assert_non_null(copy);
        memcpy(copy, bytes, cut);
        seal(copy, cut);
        check_fault(parse_copy(copy, cut), EC_MODEL_FILE);
        free(copy);
    }
    assert_true(refused > 1000);
    assert_true(taken > 200); /* names, shares, weights: any value will do there */
    free(bytes);
}

static void numbers_that_no_model_has_are_refused(void **state)
{
    (void)state;
    static const char *const what[] = {"NaN weight",    "infinite mean",  "negative scale",
                                       "share above 1", "sd of 0",        "negative rows",
                                       "no digest",     "upper-case hex", "no model name"};
    for (size_t i = 0; i < COUNT(what); i++) {
        static struct ckpt got;
        struct ckpt *c = small();
        real theta[8] = {0};
        double mean[3] = {0}, scale[3] = {1, 1, 1};
        c->theta = theta, c->mean = mean, c->scale = scale;
        if (i == 0)
            theta[7] = (real)NAN;
        if (i == 1)
            mean[2] = (double)INFINITY;
        if (i == 2)
            scale[0] = -1;
        if (i == 3)
            c->who.group[0].share[2] = 1.5;
        if (i == 4)
            c->who.group[1].sd = 0;
        if (i == 5)
            c->who.rows = -1;
        if (i == 6)
            c->plan_digest[0] = '\0';
        if (i == 7)
            c->model_digest[10] = 'A';
        if (i == 8)
            c->model[0] = '\0';
        check_ok(ckpt_write(path, c));
        if (ckpt_read(&got, path) == ST_OK)
            fail_msg("%s was taken", what[i]);
        assert_int_equal(fault_kept()->what, EC_MODEL_FILE);
    }
}

/* Published values of FNV-1a, 64 bits. */
static void the_checksum_is_the_published_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t sum;
    } rows[] = {
        {"", UINT64_C(0xcbf29ce484222325)},
        {"a", UINT64_C(0xaf63dc4c8601ec8c)},
        {"foobar", UINT64_C(0x85944171f73967e8)},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const uint8_t *bytes = (const uint8_t *)rows[i].text;
        assert_true(ckpt_checksum(bytes, strlen(rows[i].text)) == rows[i].sum);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_that_was_written_is_read_again),
        cmocka_unit_test(a_folder_that_is_not_there_and_a_missing_file_are_told),
        cmocka_unit_test(every_changed_byte_and_every_cut_is_refused),
        cmocka_unit_test(a_fitting_checksum_opens_no_door),
        cmocka_unit_test(numbers_that_no_model_has_are_refused),
        cmocka_unit_test(the_checksum_is_the_published_one),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
