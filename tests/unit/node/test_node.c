#include "tests/support/check.h"

#include "node/node.h"

/* The picture of node.h, written down a second time. */
static const struct {
    enum node_phase in;
    enum heard what;
    enum node_phase next;
    enum order todo;
} drawn[] = {
    {PH_OFFLINE, HE_START, PH_CONNECTING, OR_CONNECT},
    {PH_CONNECTING, HE_LINK_UP, PH_AUTH, OR_JOIN},
    {PH_AUTH, HE_WELCOME, PH_IDLE, OR_WAIT},
    {PH_AUTH, HE_BEHIND, PH_CATCHING_UP, OR_ASK},
    {PH_AUTH, HE_END, PH_OFFLINE, OR_STOP},
    {PH_CATCHING_UP, HE_PAST, PH_CATCHING_UP, OR_FOLD},
    {PH_CATCHING_UP, HE_LEVEL, PH_AUTH, OR_JOIN},
    {PH_CATCHING_UP, HE_END, PH_OFFLINE, OR_STOP},
    {PH_AUTH, HE_LINK_UP, PH_AUTH, OR_JOIN},
    {PH_CATCHING_UP, HE_LINK_UP, PH_AUTH, OR_JOIN},
    {PH_IDLE, HE_LINK_UP, PH_AUTH, OR_JOIN},
    {PH_TRAINING, HE_LINK_UP, PH_AUTH, OR_JOIN},
    {PH_UPLOADING, HE_LINK_UP, PH_AUTH, OR_JOIN},
    {PH_UPLOADED, HE_LINK_UP, PH_AUTH, OR_JOIN},
    {PH_APPLIED, HE_LINK_UP, PH_AUTH, OR_JOIN},
    {PH_IDLE, HE_WELCOME, PH_IDLE, OR_WAIT},
    {PH_IDLE, HE_BEHIND, PH_CATCHING_UP, OR_ASK},
    {PH_IDLE, HE_ROUND_OPEN, PH_TRAINING, OR_TRAIN},
    {PH_IDLE, HE_END, PH_OFFLINE, OR_STOP},
    {PH_TRAINING, HE_TRAINED, PH_UPLOADING, OR_UPLOAD},
    {PH_TRAINING, HE_BURN, PH_IDLE, OR_FORGET},
    {PH_UPLOADING, HE_UPLOADED, PH_UPLOADED, OR_WAIT},
    {PH_UPLOADING, HE_BURN, PH_IDLE, OR_FORGET},
    {PH_UPLOADED, HE_RESULT, PH_APPLIED, OR_ADOPT},
    {PH_UPLOADED, HE_BURN, PH_IDLE, OR_FORGET},
    {PH_APPLIED, HE_COMMIT, PH_IDLE, OR_WAIT},
    {PH_APPLIED, HE_DIFFERS, PH_HALT, OR_HALT},
};

static void every_pair_of_phase_and_message_is_as_drawn(void **state)
{
    (void)state;
    size_t pairs = 0;
    size_t allowed = 0;
    for (int in = 0; in < PH_COUNT; in++)
        for (int what = 0; what < HE_COUNT; what++) {
            struct node n = {.phase = (enum node_phase)in, .round = 7};
            uint64_t round = what == HE_ROUND_OPEN ? 8 : 7;
            enum order todo = OR_HALT;
            enum status st = node_hear(&n, (enum heard)what, round, &todo);
            size_t row = 0;
            while (row < COUNT(drawn) && ((int)drawn[row].in != in || (int)drawn[row].what != what))
                row++;
            pairs++;
            if (row == COUNT(drawn)) {
                assert_int_equal(st, ST_STATE);
                assert_int_equal(n.phase, in);
                assert_int_equal(n.round, 7);
                continue;
            }
            allowed++;
            assert_int_equal(st, ST_OK);
            assert_int_equal(n.phase, drawn[row].next);
            assert_int_equal(todo, drawn[row].todo);
        }
    assert_int_equal(pairs, (size_t)PH_COUNT * HE_COUNT);
    assert_int_equal(allowed, COUNT(drawn));
}

static void a_round_is_never_reused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum node_phase in;
        enum heard heard;
        uint64_t round;
        enum status want;
    } rows[] = {
        {"the next round opens", PH_IDLE, HE_ROUND_OPEN, 8, ST_OK},
        {"a later round opens", PH_IDLE, HE_ROUND_OPEN, 19, ST_OK},
        {"the same round opens twice", PH_IDLE, HE_ROUND_OPEN, 7, ST_STATE},
        {"an old round opens", PH_IDLE, HE_ROUND_OPEN, 6, ST_STATE},
        {"the result of another round", PH_UPLOADED, HE_RESULT, 6, ST_STATE},
        {"the result of a round to come", PH_UPLOADED, HE_RESULT, 8, ST_STATE},
        {"the commit of another round", PH_APPLIED, HE_COMMIT, 8, ST_STATE},
        {"an old round burns", PH_TRAINING, HE_BURN, 6, ST_STATE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct node n = {.phase = rows[i].in, .round = 7};
        enum order todo = OR_WAIT;
        if (node_hear(&n, rows[i].heard, rows[i].round, &todo) != rows[i].want)
            fail_msg("%s: %s", rows[i].what, fault_text());
    }
}

/* A coordinator that was started again counts its rounds from the beginning. */
static void a_welcome_says_where_rounds_are_counted_from(void **state)
{
    (void)state;
    static const enum heard welcomes[] = {HE_WELCOME, HE_BEHIND};
    for (size_t i = 0; i < COUNT(welcomes); i++) {
        struct node n = {.phase = PH_AUTH, .round = 19};
        enum order todo = OR_HALT;
        check_ok(node_hear(&n, welcomes[i], 2, &todo));
        assert_int_equal(n.round, 2);
    }
    struct node n = {.phase = PH_IDLE, .round = 2};
    enum order todo = OR_HALT;
    check_fault(node_hear(&n, HE_ROUND_OPEN, 2, &todo), EC_RUN_STATE);
    check_ok(node_hear(&n, HE_ROUND_OPEN, 3, &todo));
}

static void a_refusal_says_what_was_heard_and_where(void **state)
{
    (void)state;
    struct node n = {.phase = PH_IDLE};
    enum order todo = OR_WAIT;
    check_fault(node_hear(&n, HE_RESULT, 0, &todo), EC_RUN_STATE);
    assert_non_null(strstr(fault_text(), "result"));
    assert_non_null(strstr(fault_text(), "IDLE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_phase_and_message_is_as_drawn),
        cmocka_unit_test(a_round_is_never_reused),
        cmocka_unit_test(a_welcome_says_where_rounds_are_counted_from),
        cmocka_unit_test(a_refusal_says_what_was_heard_and_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
