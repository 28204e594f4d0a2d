/* What doctor makes of a running node's status, and of a coordinator that it asks itself. */
#include "node/doctor_line.h"

#include "proto/adopt/parts.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/base/text.h"
#include "tests/support/check.h"
#include "tests/support/federation.h"
#include "tests/support/fixture.h"
#include "tests/support/sample.h"

#include <pthread.h>
#include <stdatomic.h>

static void a_running_node_is_believed(void **state)
{
    (void)state;
    static const struct {
        const char *what, *status;
        bool undecided, unseen;
        enum line_state line;
        const char *plan;
        bool dated;
        int64_t offset_ms;
    } rows[] = {
        {"nothing said yet", NULL, true, true, LINE_CONNECTING, "", false, 0},
        {"reads its data", "{\"phase\":\"READING\"}", true, true, LINE_CONNECTING, "", false, 0},
        {"connects", "{\"line\":\"x\",\"line_code\":\"E-NET-004\"}", true, false, LINE_CONNECTING,
         "", false, 0},
        {"is not enrolled", "{\"line\":\"x\",\"line_code\":\"E-NET-007\"}", false, false,
         LINE_NOT_ENROLLED, "", false, 0},
        {"is refused", "{\"line\":\"x\",\"line_code\":\"E-NET-003\"}", false, false, LINE_REFUSED,
         "", false, 0},
        {"a code of another version", "{\"line\":\"x\",\"line_code\":\"E-NET-999\"}", true, false,
         LINE_CONNECTING, "", false, 0},
        {"waits for a plan", "{\"line\":\"up\",\"clock_offset_s\":-1.25}", false, false, LINE_UP,
         "", true, -1250},
        {"trains", "{\"line\":\"up\",\"plan\":\"p\",\"plan_digest\":\"0123456789abcdef\"}", false,
         false, LINE_UP, "p 0123456789ab", false, 0},
        {"a clock beyond belief", "{\"line\":\"up\",\"clock_offset_s\":1e300}", false, false,
         LINE_UP, "", false, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct visit v;
        struct json *status = rows[i].status != NULL ? sample_json(rows[i].status) : NULL;
        doctor_overhear(&v, status, 7);
        if (doctor_undecided(status) != rows[i].undecided || v.line.unseen != rows[i].unseen ||
            v.line.state != rows[i].line || strcmp(v.plan_name, rows[i].plan) != 0 ||
            v.dated != rows[i].dated || v.offset_ms != rows[i].offset_ms)
            fail_msg("%s: line %d, plan `%s`", rows[i].what, (int)v.line.state, v.plan_name);
        assert_true(v.line.by_node);
        assert_int_equal(v.line.waited_s, 7);
        assert_null(v.plan.set);
        visit_close(&v);
        if (status != NULL)
            json_close(&status);
    }
}

/* --- a coordinator that answers HELLO -------------------------------------------------------- */

struct host {
    struct fed *f;
    const struct plan *plan; /* NULL: says nothing */
    atomic_bool ends;
    unsigned heard[MSG_KINDS]; /* after ends: how often */
    pthread_t thread;
};

static void send_plan(struct host *h, const struct msg *to)
{
    struct link *l = net_as_link(h->f->coord);
    struct msg m = {.head = {.type = MSG_PLAN, .config = h->plan->digest}};
    char *normal = settings_normal(h->plan->set);
    m.head.recipient = to->head.sender;
    m.as.plan = (struct msg_plan){(uint8_t *)normal, strlen(normal)};
    must(l->ops->send(l, &m) == ST_OK);
    free(normal);
}

static void *be_host(void *of)
{
    struct host *h = of;
    while (!atomic_load(&h->ends)) {
        struct msg m;
        if (!fed_receive(&m, h->f->coord, 20))
            continue;
        h->heard[m.head.type]++;
        if (m.head.type == MSG_HELLO && h->plan != NULL)
            send_plan(h, &m);
        msg_free(&m);
    }
    return NULL;
}

static void visit_host(struct visit *v, unsigned heard[static MSG_KINDS], struct fed *f,
                       const struct plan *plan, const char *override, uint64_t wait_ms)
{
    char path[SCRATCH_MAX], text[512], *hex;
    struct node_config c;
    struct host h = {.f = f, .plan = plan, .ends = false};
    hex = text_hex(f->coord_id.pub.curve, KEY_BYTES);
    snprintf(text, sizeof text,
             "name = \"s000\"; coordinator = \"%s\"; coordinator_key = \"%s\"; data = \"x.h5\";",
             f->endpoint, hex);
    free(hex);
    check_ok(file_write(scratch_file(path, &f->scratch, "node.cfg"), text, strlen(text)));
    check_ok(node_config_open(&c, path, &override, override != NULL));
    must(pthread_create(&h.thread, NULL, be_host, &h) == 0);
    doctor_visit(v, &c, &f->site_id[0], wait_ms);
    atomic_store(&h.ends, true);
    must(pthread_join(h.thread, NULL) == 0);
    memcpy(heard, h.heard, sizeof h.heard);
    node_config_close(&c);
}

static void a_visit_asks_for_the_plan_and_for_nothing_else(void **state)
{
    (void)state;
    static struct fed f;
    struct plan p;
    struct visit v;
    char path[SCRATCH_MAX];
    unsigned heard[MSG_KINDS];
    fed_open(&f, 1);
    fed_start_coord(&f);
    check_ok(fixture_plan(path, sizeof path, f.scratch.path,
                          "rounds = 3; model = { name = \"linear\"; };"));
    check_ok(plan_load(&p, path, NULL, 0, adopt_parts, adopt_part_count));

    visit_host(&v, heard, &f, &p, NULL, FED_PATIENCE_MS);
    assert_int_equal(v.line.state, LINE_UP);
    assert_non_null(v.plan.set);
    assert_true(digest_equal(&v.plan.digest, &p.digest));
    assert_true(v.dated);
    assert_int_equal(heard[MSG_HELLO], 1);
    visit_close(&v);

    visit_host(&v, heard, &f, &p, "policy.max_rounds=2", FED_PATIENCE_MS);
    assert_null(v.plan.set);
    assert_int_equal(v.why.what, EC_POL_PLAN);
    assert_int_equal(heard[MSG_HELLO], 1);
    assert_int_equal(heard[MSG_REFUSED], 0);
    assert_int_equal(heard[MSG_JOIN], 0);
    visit_close(&v);

    visit_host(&v, heard, &f, NULL, NULL, 1000);
    assert_int_equal(v.line.state, LINE_UP);
    assert_int_equal(v.why.what, EC_NET_TIMEOUT);
    assert_non_null(strstr(v.why.detail, "no plan in 1 s"));
    visit_close(&v);
    plan_close(&p);
    fed_close(&f);
}

static void no_address_is_told_before_there_is_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *endpoint;
        enum complaint want;
    } rows[] = {
        {"coordinator=tcp://no-such-host.invalid:7443", EC_NET_NAME},
        {"coordinator=tcp://127.0.0.1", EC_NET_ENDPOINT},
        {"coordinator=127.0.0.1:7443", EC_NET_ENDPOINT},
        {"coordinator=tcp://[::1:7443", EC_NET_NAME},
        {"coordinator=tcp://:7443", EC_NET_ENDPOINT},
    };
    static struct fed f;
    fed_open(&f, 1);
    fed_start_coord(&f);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct visit v;
        unsigned heard[MSG_KINDS];
        visit_host(&v, heard, &f, NULL, rows[i].endpoint, 5000);
        if (v.line.trouble.what != rows[i].want)
            fail_msg("%s: %s", rows[i].endpoint, v.line.trouble.detail);
        visit_close(&v);
    }
    fed_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_node_is_believed),
        cmocka_unit_test(a_visit_asks_for_the_plan_and_for_nothing_else),
        cmocka_unit_test(no_address_is_told_before_there_is_a_line),
    };
    crypto_start();
    log_to_stderr(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
