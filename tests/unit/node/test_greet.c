/* The first words with a coordinator, over a memory link. */
#include "node/greet.h"

#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "proto/wire/link_mem.h"
#include "tests/support/check.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

#define KEY "6a3803d5f059902a1c6dafbc2ba4729212f7caac08634cc9ae76f27529b4ca4f"

struct talk {
    struct scratch scratch;
    struct hub *hub;
    struct node_config c;
    struct plan sent; /* the coordinator's */
};

static void talk_open(struct talk *t, const char *override)
{
    static const char text[] = "name = \"north\"; coordinator = \"tcp://c:1\"; data = \"n.h5\";\n"
                               "coordinator_key = \"" KEY "\";\n";
    char path[SCRATCH_MAX];
    *t = (struct talk){.scratch = scratch_open(), .hub = hub_open(1, 0)};
    check_ok(file_write(scratch_file(path, &t->scratch, "node.cfg"), text, strlen(text)));
    check_ok(node_config_open(&t->c, path, &override, override != NULL));
    check_ok(fixture_plan(path, sizeof path, t->scratch.path,
                          "rounds = 3; model = { name = \"linear\"; };"));
    check_ok(plan_load(&t->sent, path, NULL, 0, adopt_parts, adopt_part_count));
}

static void talk_close(struct talk *t)
{
    plan_close(&t->sent);
    node_config_close(&t->c);
    hub_close(&t->hub);
    scratch_close(&t->scratch);
}

static struct msg plan_message(const struct talk *t)
{
    struct msg m = {.head = {.type = MSG_PLAN, .config = t->sent.digest}};
    char *text = settings_normal(t->sent.set);
    m.as.plan = (struct msg_plan){(uint8_t *)text, strlen(text)};
    return m;
}

/* What the coordinator hears next; type MSG_KINDS: nothing. */
static struct msg heard(const struct talk *t)
{
    struct msg m = {.head = {.type = MSG_KINDS}};
    struct link *l = hub_coordinator(t->hub);
    bool got = false;
    check_ok(l->ops->receive(l, &m, &got));
    if (!got)
        m.head.type = MSG_KINDS;
    return m;
}

static void a_node_asks_and_takes_the_plan_that_is_named(void **state)
{
    (void)state;
    struct talk t;
    struct plan p;
    talk_open(&t, NULL);
    check_ok(greet_hello(hub_site(t.hub, 0)));
    struct msg hello = heard(&t), m = plan_message(&t);
    assert_int_equal(hello.head.type, MSG_HELLO);
    check_ok(greet_judge(&p, &m, &t.c));
    assert_true(digest_equal(&p.digest, &t.sent.digest));
    assert_int_equal(settings_int(p.set, "rounds"), 3);
    assert_int_equal(heard(&t).head.type, MSG_KINDS); /* nothing to say of it */
    plan_close(&p);
    msg_free(&m);
    msg_free(&hello);
    talk_close(&t);
}

enum spoilt { AS_IT_IS, OTHER_DIGEST, OTHER_TEXT, NO_NORMAL_FORM };

static void spoil(struct msg *m, enum spoilt how)
{
    char *text = (char *)m->as.plan.text;
    if (how == OTHER_DIGEST)
        m->head.config.byte[0] ^= 1;
    if (how == OTHER_TEXT)
        *strstr(text, "rounds=3") = 'R';
    if (how == NO_NORMAL_FORM)
        m->as.plan.text_len--;
}

static void what_is_refused_is_told_by_its_code_without_detail(void **state)
{
    (void)state;
    static const struct {
        const char *what, *override;
        enum spoilt how;
        enum complaint want;
        const char *detail; /* of ours, which stays here */
    } rows[] = {
        {"a model that the hospital does not train", "policy.models=[\"mlp\"]", AS_IT_IS,
         EC_POL_PLAN, "policy.models"},
        {"more rounds than it allows", "policy.max_rounds=2", AS_IT_IS, EC_POL_PLAN, "max_rounds"},
        {"another plan than the message names", NULL, OTHER_DIGEST, EC_RUN_PLAN, "names"},
        {"a key that this version does not know", NULL, OTHER_TEXT, EC_CFG_UNKNOWN_KEY, "Rounds"},
        {"a cut text", NULL, NO_NORMAL_FORM, EC_CFG_SYNTAX, "form"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct talk t;
        struct plan p;
        talk_open(&t, rows[i].override);
        struct msg m = plan_message(&t);
        spoil(&m, rows[i].how);
        enum status st = greet_judge(&p, &m, &t.c);
        if (st == ST_OK || fault_kept()->what != rows[i].want ||
            strstr(fault_text(), rows[i].detail) == NULL)
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "accepted" : fault_text());
        assert_null(p.set);
        assert_int_equal(heard(&t).head.type, MSG_KINDS); /* judging tells nobody */
        greet_leave(hub_site(t.hub, 0), &m.head.config);
        assert_int_equal(fault_kept()->what, rows[i].want);
        struct msg no = heard(&t);
        assert_int_equal(no.head.type, MSG_REFUSED);
        assert_string_equal(no.as.refused.code, complaint_row(rows[i].want)->code);
        assert_string_equal(no.as.refused.text, complaint_row(rows[i].want)->cause);
        assert_true(digest_equal(&no.head.config, &m.head.config));
        msg_free(&m);
        talk_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_asks_and_takes_the_plan_that_is_named),
        cmocka_unit_test(what_is_refused_is_told_by_its_code_without_detail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
