#include <math.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "models/core/score.h"
#include "node/flat.h"
#include "proto/base/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

#define ROWS  5
#define WIDTH 3

static struct scratch scratch;

struct made {
    struct flat flat;
    uint64_t patient[ROWS];
    uint8_t split[ROWS];
    float value[3 * ROWS];
    float x[ROWS * WIDTH];
};

static void name_target(struct target *t, const char *name, enum target_kind kind, size_t levels)
{
    snprintf(t->name, sizeof t->name, "%s", name);
    t->kind = kind;
    t->levels = levels;
    for (size_t i = 0; i < levels; i++)
        snprintf(t->level[i], sizeof t->level[i], "%s-%zu", name, i);
}

static void make(struct made *m)
{
    /* clang-format off */
    *m = (struct made){.patient = {11, 12, 11, 14, 15},
                       .split = {SPLIT_TRAIN, SPLIT_TEST, SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST},
                       .value = {0, 1, NAN, 1, 0, 0, 2, 1, NAN, 2, 61.5f, 40, 50, NAN, 70}};
    /* clang-format on */
    for (size_t i = 0; i < COUNT(m->x); i++)
        m->x[i] = (float)i / 4;
    struct flat *f = &m->flat;
    snprintf(f->site, sizeof f->site, "north");
    f->rows = ROWS, f->width = WIDTH;
    f->task_count = 1, f->group_count = 2;
    name_target(&f->task[0], "disease", TARGET_BINARY, 2);
    name_target(&f->group[0], "race", TARGET_CATEGORICAL, 3);
    name_target(&f->group[1], "age", TARGET_REGRESSION, 0);
    f->patient = m->patient, f->split = m->split, f->value = m->value, f->x = m->x;
}

static const char *path_of(const char *name)
{
    static char path[SCRATCH_MAX];

    return scratch_file(path, &scratch, name);
}

static int open_scratch(void **state)
{
    (void)state;
    crypto_start();
    scratch = scratch_open();
    return 0;
}

static int close_scratch(void **state)
{
    (void)state;
    scratch_close(&scratch);
    return 0;
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    struct made m;
    struct flat f;
    make(&m);
    check_ok(flat_write(&m.flat, path_of("a.flat")));
    check_ok(flat_open(&f, path_of("a.flat")));

    assert_string_equal(f.site, "north");
    assert_int_equal(f.rows, ROWS);
    assert_int_equal(f.width, WIDTH);
    assert_string_equal(f.task[0].name, "disease");
    assert_int_equal(f.group[0].kind, TARGET_CATEGORICAL);
    assert_int_equal(f.group[0].levels, 3);
    assert_string_equal(f.group[0].level[2], "race-2");
    assert_string_equal(f.group[1].name, "age");
    assert_memory_equal(f.patient, m.patient, sizeof m.patient);
    assert_memory_equal(f.split, m.split, sizeof m.split);
    assert_memory_equal(f.value, m.value, sizeof m.value);
    assert_memory_equal(f.x, m.x, sizeof m.x);
    assert_int_equal((uintptr_t)f.x % 64, 0);
    flat_forget(&f);
    assert_memory_equal(f.x, m.x, sizeof m.x);
    flat_close(&f);
    assert_null(f.x);
}

/* In the way that row `how` of the table below says. */
static void spoil(struct made *m, size_t how)
{
    switch (how) {
    case 0:
        m->x[7] = NAN;
        break;
    case 1:
        m->x[0] = -INFINITY;
        break;
    case 2:
        m->value[ROWS + 1] = 3;
        break;
    case 3:
        m->value[1] = 0.5f;
        break;
    case 4:
        m->value[2 * ROWS] = INFINITY;
        break;
    case 5:
        m->split[4] = SPLIT_NONE;
        break;
    case 6:
        m->split[2] = SPLIT_TEST;
        break;
    case 7:
        m->flat.task[0].name[0] = '\0';
        break;
    case 8:
        m->flat.rows = 0;
        break;
    case 9:
        m->flat.width = 0;
        break;
    case 10:
        m->flat.site[0] = '\0';
        break;
    case 11:
        m->flat.task[0].levels = 3;
        break;
    default:
        fail();
    }
}

static void every_broken_promise_is_refused_before_a_file_is_made(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum complaint want;
    } rows[] = {
        {"a NaN in a feature", EC_DATA_NAN},
        {"an infinite feature", EC_DATA_NAN},
        {"a level too far", EC_DATA_VALUE},
        {"half a level", EC_DATA_VALUE},
        {"an infinite age", EC_DATA_VALUE},
        {"a split that does not exist", EC_DATA_VALUE},
        {"one patient in two splits", EC_DATA_SPLIT},
        {"a task without a name", EC_DATA_VALUE},
        {"no rows", EC_DATA_EMPTY},
        {"no features", EC_DATA_SHAPE},
        {"a site without a name", EC_DATA_VALUE},
        {"a binary task of three levels", EC_DATA_VALUE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct made m;
        make(&m);
        spoil(&m, i);
        print_message("%s\n", rows[i].what);
        check_fault(flat_write(&m.flat, path_of("never.flat")), rows[i].want);
        assert_int_equal(access(path_of("never.flat"), F_OK), -1);
    }
    struct made m;
    make(&m);
    m.x[7] = NAN;
    check_fault(flat_judge(&m.flat, "north.h5"), EC_DATA_NAN);
    assert_string_equal(fault_text(), "x[2,1] is nan");
}

static void every_flipped_byte_is_noticed(void **state)
{
    (void)state;
    struct made m;
    uint8_t *bytes;
    size_t len;
    size_t flips = 0;
    make(&m);
    check_ok(flat_write(&m.flat, path_of("b.flat")));
    check_ok(file_read(&bytes, &len, path_of("b.flat"), 1 << 20));
    uint8_t *copy = aligned_alloc(64, len);
    assert_non_null(copy);
    for (size_t i = 0; i < len; i++)
        for (unsigned bit = 0; bit < 8; bit++, flips++) {
            struct flat f;
            memcpy(copy, bytes, len);
            copy[i] ^= (uint8_t)(1u << bit);
            check_fault(flat_parse(&f, copy, len, "b.flat"), EC_DATA_FLAT);
        }
    assert_int_equal(flips, 8 * len);
    free(copy);
    free(bytes);
}

static void every_truncation_is_noticed(void **state)
{
    (void)state;
    struct made m;
    uint8_t *bytes;
    size_t len;
    make(&m);
    check_ok(flat_write(&m.flat, path_of("c.flat")));
    check_ok(file_read(&bytes, &len, path_of("c.flat"), 1 << 20));
    uint8_t *copy = aligned_alloc(64, len + 64);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    memset(copy + len, 0, 64);
    for (size_t cut = 0; cut < len; cut++) {
        struct flat f;
        check_fault(flat_parse(&f, copy, cut, "c.flat"), EC_DATA_FLAT);
    }
    struct flat f;
    check_fault(flat_parse(&f, copy, len + 64, "c.flat"), EC_DATA_FLAT);
    check_ok(flat_parse(&f, copy, len, "c.flat"));
    free(copy);
    free(bytes);
    check_fault(flat_open(&f, path_of("absent.flat")), EC_IO_OPEN);
}

static void names_are_short_and_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool fits;
    } rows[] = {
        {"north", true},
        {"age>=65", true},
        {"caf\xc3\xa9", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x8f\xa5", true},
        {"123456789012345678901234567890123456789012345678901234567890123", true},
        {"1234567890123456789012345678901234567890123456789012345678901234", false},
        {"", false},
        {"two\nlines", false},
        {"\x7f", false},
        {"caf\xe9", false},
        {"cut\xc3", false},
        {"cut\xe2\x82", false},
        {"\x80", false},
        {"long\xc0\xaf", false},
        {"long\xe0\x80\xaf", false},
        {"half\xed\xa0\x80", false},
        {"far\xf4\x90\x80\x80", false},
        {"\xff", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (flat_can_name(rows[i].name) != rows[i].fits)
            fail_msg("row %zu, `%s`", i, rows[i].name);
}

static void a_patient_has_one_id_and_another_has_another(void **state)
{
    (void)state;
    assert_true(flat_patient("17", 2) == flat_patient("17", 2));
    assert_true(flat_patient("17", 2) != flat_patient("18", 2));
}

/* The scores of one task take the three columns that there are. */
static void make_scores(struct made *m)
{
    make(m);
    assert_int_equal(WIDTH, SCORE_PARTS);
    m->flat.scores = true;
    for (size_t i = 0; i < ROWS; i++)
        score_split(m->x + i * WIDTH, (double)i / 7);
}

static void a_file_says_that_it_holds_scores(void **state)
{
    (void)state;
    struct made m;
    struct flat f;
    const char *path = path_of("scores.flat");
    make_scores(&m);
    check_ok(flat_write(&m.flat, path));
    check_ok(flat_open(&f, path));
    assert_true(f.scores);
    assert_memory_equal(f.x, m.x, sizeof m.x);
    flat_close(&f);
    make(&m);
    check_ok(flat_write(&m.flat, path));
    check_ok(flat_open(&f, path));
    assert_false(f.scores);
    flat_close(&f);
}

static void what_is_no_probability_is_no_score(void **state)
{
    (void)state;
    static const float parts[][SCORE_PARTS] = {
        {1.5F, 0, 0}, {-.5F, 0, 0}, {1, 1e-9F, 0}, {0, -1e-9F, 0}};
    for (size_t i = 0; i < COUNT(parts); i++) {
        struct made m;
        make_scores(&m);
        memcpy(m.x + WIDTH, parts[i], sizeof parts[i]);
        check_fault(flat_judge(&m.flat, "north"), EC_DATA_VALUE);
        assert_non_null(strstr(fault_text(), "disease, row 1"));
    }
    struct made m;
    make_scores(&m);
    m.flat.width = 2;
    check_fault(flat_judge(&m.flat, "north"), EC_DATA_SHAPE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(every_broken_promise_is_refused_before_a_file_is_made),
        cmocka_unit_test(every_flipped_byte_is_noticed),
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(names_are_short_and_utf8),
        cmocka_unit_test(a_patient_has_one_id_and_another_has_another),
        cmocka_unit_test(a_file_says_that_it_holds_scores),
        cmocka_unit_test(what_is_no_probability_is_no_score),
    };
    return cmocka_run_group_tests(tests, open_scratch, close_scratch);
}
