/* Whom the door lets in, and what a site is told when it stays outside. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "crypto/hash.h"
#include "proto/base/clock.h"
#include "proto/base/must.h"
#include "proto/wire/limits.h"
#include "proto/wire/link_zmq.h"
#include "tests/support/capture.h"
#include "tests/support/check.h"
#include "tests/support/federation.h"

/* --- somebody else on the port --------------------------------------------------------------- */

/* Listens; says its words to whoever comes, as soon as that one spoke, and hangs up or does not. */
struct stranger {
    int fd;
    unsigned port;
    const char *says; /* NULL: nothing, ever */
    bool hangs_up;
    pthread_t thread;
};

static void *be_strange(void *of)
{
    struct stranger *s = of;
    int kept[64];
    size_t count = 0;
    for (int c = accept(s->fd, NULL, NULL); c >= 0; c = accept(s->fd, NULL, NULL)) {
        char heard[512];
        if (s->says != NULL) {
            (void)!read(c, heard, sizeof heard);
            (void)!send(c, s->says, strlen(s->says), MSG_NOSIGNAL);
        }
        if (s->hangs_up || count == COUNT(kept))
            close(c);
        else
            kept[count++] = c;
    }
    while (count > 0)
        close(kept[--count]);
    return NULL;
}

static void stranger_open(struct stranger *s, const char *says, bool hangs_up)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof here;
    *s = (struct stranger){
        .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .says = says, .hangs_up = hangs_up};
    must(bind(s->fd, (struct sockaddr *)&here, sizeof here) == 0);
    must(listen(s->fd, 16) == 0);
    must(getsockname(s->fd, (struct sockaddr *)&here, &len) == 0);
    s->port = ntohs(here.sin_port);
    must(pthread_create(&s->thread, NULL, be_strange, s) == 0);
}

static void stranger_close(struct stranger *s)
{
    must(shutdown(s->fd, SHUT_RDWR) == 0); /* ends accept */
    must(pthread_join(s->thread, NULL) == 0);
    close(s->fd);
}

static unsigned closed_port(void)
{
    struct stranger s;
    stranger_open(&s, NULL, true);
    stranger_close(&s);
    return s.port;
}

static void what_is_wrong_with_a_line_is_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *what, *says;
        bool open, hangs_up;
        enum line_state want;
        enum complaint told;
    } rows[] = {
        {"nobody listens", NULL, false, false, LINE_REFUSED, EC_NET_REFUSED},
        {"a web server", "HTTP/1.1 400 Bad Request\r\n\r\n<html>", true, true, LINE_NOT_OURS,
         EC_NET_NOT_OURS},
        {"a login", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", true, false, LINE_NOT_OURS,
         EC_NET_NOT_OURS},
        {"a captive page that waits", NULL, true, false, LINE_NOT_OURS, EC_NET_NOT_OURS},
    };
    static struct fed f;
    fed_open(&f, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stranger s = {.port = closed_port()};
        if (rows[i].open)
            stranger_open(&s, rows[i].says, rows[i].hangs_up);
        fed_start_site(&f, 0, s.port);
        if (!fed_line(&f, 0, rows[i].want))
            fail_msg("%s: line state %d", rows[i].what, (int)net_line(f.site[0]));
        check_fault(net_line_fault(net_line(f.site[0]), "tcp://x:1"), rows[i].told);
        net_close(&f.site[0], 0);
        if (rows[i].open)
            stranger_close(&s);
    }
    fed_close(&f);
}

static void another_coordinators_key_is_not_taken(void **state)
{
    (void)state;
    static struct fed f;
    fed_open(&f, 2);
    fed_start_coord(&f);
    struct public_key right = f.coord_id.pub;
    f.coord_id.pub = f.site_id[1].pub; /* what the site pins */
    fed_start_site(&f, 0, 0);
    assert_true(fed_line(&f, 0, LINE_WRONG_KEY));
    check_fault(net_line_fault(net_line(f.site[0]), "tcp://x:1"), EC_NET_WRONG_KEY);
    f.coord_id.pub = right;
    fed_close(&f);
}

static void a_name_that_nobody_knows_is_no_answer(void **state)
{
    (void)state;
    static struct fed f;
    struct net_link *l = NULL;
    fed_open(&f, 1);
    struct net_node_options o = {.endpoint = "tcp://no-such-host.invalid:7443",
                                 .self = &f.site_id[0],
                                 .server = &f.coord_id.pub,
                                 .pace = f.pace};
    check_ok(net_node_open(&l, &o));
    net_wait(l, 300);
    assert_int_equal(net_line(l), LINE_CONNECTING);
    check_fault(net_line_fault(net_line(l), o.endpoint), EC_NET_TIMEOUT);
    net_close(&l, 0);
    fed_close(&f);
}

/* --- enrolment ------------------------------------------------------------------------------- */

static bool answers(struct fed *f, uint32_t site)
{
    struct msg m = fed_message(1, 0);
    check_ok(net_as_link(f->site[site])->ops->send(net_as_link(f->site[site]), &m));
    struct party p = party_of_site(site);
    bool got = fed_receive(&m, f->coord, FED_PATIENCE_MS);
    return got && party_equal(&m.head.sender, &p);
}

static void a_site_is_enrolled_and_revoked_without_a_restart(void **state)
{
    (void)state;
    static struct fed f;
    struct clock clock = clock_machine();
    struct msg m = fed_message(1, 0);
    fed_open(&f, 2);
    fed_revoke(&f, 1);
    fed_start_coord(&f);
    assert_int_equal(net_coord_sites(f.coord), 1);
    fed_start_site(&f, 0, 0);
    fed_start_site(&f, 1, 0);
    assert_true(fed_line(&f, 1, LINE_NOT_ENROLLED));
    check_fault(net_line_fault(net_line(f.site[1]), "tcp://x:1"), EC_NET_NOT_ENROLLED);
    assert_true(answers(&f, 0));

    fed_enrol(&f, 1);
    assert_true(fed_line(&f, 1, LINE_UP));
    assert_true(answers(&f, 1));
    char name[KEY_NAME_MAX];
    assert_true(net_coord_site_name(name, f.coord, 1));
    assert_string_equal(name, "s001");

    uint64_t from = clock_now_ms(&clock);
    fed_revoke(&f, 1);
    assert_true(fed_line(&f, 1, LINE_NOT_ENROLLED)); /* its live connection is ended */
    assert_true(clock_now_ms(&clock) - from < 10000);
    check_ok(net_as_link(f.site[1])->ops->send(net_as_link(f.site[1]), &m));
    assert_true(answers(&f, 0)); /* the others are back */
    assert_false(fed_receive(&m, f.coord, 0));
    assert_int_equal(net_lives(f.site[0]), 1);
    fed_close(&f);
}

static void a_replaced_key_shuts_out_the_old_one(void **state)
{
    (void)state;
    static struct fed f;
    char folder[SCRATCH_MAX], from[SCRATCH_MAX], to[SCRATCH_MAX];
    fed_open(&f, 2);
    fed_revoke(&f, 1);
    fed_start_coord(&f);
    fed_start_site(&f, 0, 0);
    assert_true(answers(&f, 0));
    identity_close(&f.site_id[1]);
    check_ok(identity_make(&f.site_id[1], scratch_file(folder, &f.scratch, "keys/new"), "s000"));
    scratch_file(from, &f.scratch, "keys/new/s000.pub");
    scratch_file(to, &f.scratch, "sites/s000.pub");
    assert_int_equal(rename(from, to), 0);
    assert_true(fed_line(&f, 0, LINE_NOT_ENROLLED));
    fed_start_site(&f, 1, 0); /* the same site, by its new key */
    assert_true(fed_line(&f, 1, LINE_UP));
    struct msg m = fed_message(2, 0);
    struct party s0 = party_of_site(0);
    check_ok(net_as_link(f.site[1])->ops->send(net_as_link(f.site[1]), &m));
    assert_true(fed_receive(&m, f.coord, FED_PATIENCE_MS));
    assert_true(party_equal(&m.head.sender, &s0));
    fed_close(&f);
}

/* --- a crowd at the door --------------------------------------------------------------------- */

enum how { UNKNOWN_KEY, WRONG_SERVER, NO_CURVE, PLAIN, WAYS };

static void set_int(void *socket, int option, int value)
{
    assert_int_equal(zmq_setsockopt(socket, option, &value, sizeof value), 0);
}

static void *knock(void *context, const struct fed *f, enum how how)
{
    void *s = zmq_socket(context, ZMQ_DEALER);
    const struct identity *unknown = &f->site_id[1];
    const uint8_t *server = how == WRONG_SERVER ? unknown->pub.curve : f->coord_id.pub.curve;
    assert_non_null(s);
    set_int(s, ZMQ_LINGER, 0);
    set_int(s, ZMQ_RECONNECT_IVL, -1);
    if (how == UNKNOWN_KEY || how == WRONG_SERVER) {
        zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, server, KEY_BYTES);
        zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, unknown->pub.curve, KEY_BYTES);
        zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, unknown->secret, KEY_BYTES);
    } else if (how == PLAIN) {
        zmq_setsockopt(s, ZMQ_PLAIN_USERNAME, "s000", 4);
        zmq_setsockopt(s, ZMQ_PLAIN_PASSWORD, "s000", 4);
    }
    assert_int_equal(zmq_connect(s, f->endpoint), 0);
    (void)zmq_send(s, "let me in", 9,
                   ZMQ_DONTWAIT); /* there is no way when it was refused already */
    return s;
}

static size_t lines_with(const char *text, const char *words)
{
    size_t count = 0;
    for (const char *at = strstr(text, words); at != NULL; at = strstr(at + 1, words))
        count++;
    return count;
}

/* Until so many lines of the log (on stderr, at this file) hold the words. */
static bool logged(int file, const char *words, size_t want)
{
    struct clock clock = clock_machine();
    uint64_t end = clock_now_ms(&clock) + FED_PATIENCE_MS;
    for (size_t have = 0; have < want;) {
        off_t len = lseek(file, 0, SEEK_END);
        char *text = calloc((size_t)len + 1, 1);
        assert_non_null(text);
        assert_int_equal(pread(file, text, (size_t)len, 0), len);
        have = lines_with(text, words);
        free(text);
        if (have < want && clock_now_ms(&clock) > end)
            return false;
        poll(NULL, 0, 5);
    }
    return true;
}

/* A thousand attempts of each kind, while a legitimate round goes on. */
static void strangers_deliver_nothing_and_leave_a_line_each(void **state)
{
    (void)state;
    enum { EACH = 1000, AT_ONCE = 50 };
    static struct fed f;
    struct msg m;
    struct party s0 = party_of_site(0);
    fed_open(&f, 2);
    fed_revoke(&f, 1);
    fed_start_coord(&f);
    fed_start_site(&f, 0, 0);
    assert_true(fed_line(&f, 0, LINE_UP));
    void *context = zmq_ctx_new();
    struct capture c = capture_open(2);
    size_t lines = 0;
    uint64_t rounds = 0;
    for (int how = 0; how < WAYS; how++)
        for (size_t done = 0; done < EACH; done += AT_ONCE) {
            void *crowd[AT_ONCE];
            for (size_t i = 0; i < AT_ONCE; i++)
                crowd[i] = knock(context, &f, (enum how)how);
            m = fed_message(++rounds, 100000);
            check_ok(net_as_link(f.site[0])->ops->send(net_as_link(f.site[0]), &m));
            msg_free(&m);
            assert_true(fed_receive(&m, f.coord, FED_PATIENCE_MS)); /* the round finishes */
            assert_true(party_equal(&m.head.sender, &s0));
            assert_int_equal(m.head.round, rounds);
            msg_free(&m);
            lines += AT_ONCE;
            bool all = logged(c.file, "refused at the door", lines);
            for (size_t i = 0; i < AT_ONCE; i++)
                zmq_close(crowd[i]);
            assert_true(all);
        }
    zmq_ctx_term(context);
    assert_false(fed_receive(&m, f.coord, 100));
    char *said = capture_close(&c);
    assert_int_equal(lines_with(said, "refused at the door"), WAYS * EACH);
    assert_int_equal(lines_with(said, "not enrolled"), EACH);
    /* Who does not speak CURVE may notice first, and hang up. */
    assert_int_equal(lines_with(said, "not speak CURVE") + lines_with(said, "hung up"), 3 * EACH);
    free(said);
    fed_close(&f);
}

static size_t resident_kib(void)
{
    char line[128] = "", *resident = NULL;
    FILE *in = fopen("/proc/self/statm", "re");
    assert_non_null(in);
    assert_non_null(fgets(line, sizeof line, in));
    fclose(in);
    (void)strtoul(line, &resident, 10); /* the size; what is resident stands behind it */
    return strtoul(resident, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

static int dial(const struct fed *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)fed_port(f)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Greets as a CURVE peer and announces a frame of 1 GiB; sends of it what is taken. */
static void an_announced_gigabyte_costs_next_to_nothing(void **state)
{
    (void)state;
    enum { BLOCK = 64 << 10 };
    static char block[BLOCK];
    uint8_t greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'C', 'U', 'R', 'V', 'E'};
    const uint8_t frame[9] = {0x06, 0, 0, 0, 0, 0x40, 0, 0, 0}; /* a long command */
    static struct fed f;
    fed_open(&f, 1);
    fed_start_coord(&f);
    fed_start_site(&f, 0, 0);
    assert_true(answers(&f, 0));
    size_t before = resident_kib(), sent = 0;
    for (size_t i = 0; i < 5; i++) {
        int fd = dial(&f);
        assert_int_equal(send(fd, greeting, sizeof greeting, MSG_NOSIGNAL), sizeof greeting);
        (void)!send(fd, frame, sizeof frame, MSG_NOSIGNAL);
        struct timeval limit = {.tv_sec = 2};
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), 0);
        for (ssize_t put = 1; put > 0 && sent<((size_t)1 << 30); sent += put> 0 ? (size_t)put : 0)
            put = send(fd, block, BLOCK, MSG_NOSIGNAL);
        assert_true(resident_kib() - before < 8 << 10 || resident_kib() < before);
        assert_true(answers(&f, 0));
        close(fd);
    }
    assert_true(sent < 64 << 20); /* it hangs up long before */
    fed_close(&f);
}

static void the_half_open_cost_little_and_keep_nobody_out(void **state)
{
    (void)state;
    enum { HALF_OPEN = 200 };
    static struct fed f;
    int fd[HALF_OPEN];
    fed_open(&f, 1);
    f.pace.handshake_ms = 30000;
    fed_start_coord(&f);
    size_t before = resident_kib();
    for (size_t i = 0; i < HALF_OPEN; i++)
        fd[i] = dial(&f);
    fed_start_site(&f, 0, 0);
    assert_true(answers(&f, 0));
    assert_true(resident_kib() - before < 64 << 10 || resident_kib() < before);
    for (size_t i = 0; i < HALF_OPEN; i++)
        close(fd[i]);
    fed_close(&f);
}

/* --- opening --------------------------------------------------------------------------------- */

static void an_address_must_be_one(void **state)
{
    (void)state;
    static const struct {
        const char *endpoint;
        bool node, coord; /* good for */
    } rows[] = {
        {"tcp://127.0.0.1:17443", true, true},   {"tcp://[::1]:17443", true, true},
        {"tcp://localhost:17443", true, true},   {"tcp://127.0.0.1:0", false, true},
        {"tcp://127.0.0.1:*", false, true},      {"tcp://127.0.0.1:99999", false, false},
        {"tcp://127.0.0.1:65536", false, false}, {"tcp://127.0.0.1:", false, false},
        {"tcp://127.0.0.1:1x", false, false},    {"tcp://127.0.0.1", false, false},
        {"tcp://:17443", false, false},          {"tcp://::1:17443", false, false},
        {"tcp://a b:17443", false, false},       {"tcp://a/b:17443", false, false},
        {"ipc:///tmp/x", false, false},          {"inproc://x", false, false},
        {"127.0.0.1:17443", false, false},       {"", false, false},
    };
    static struct fed f;
    char folder[SCRATCH_MAX];
    fed_open(&f, 1);
    scratch_file(folder, &f.scratch, "sites");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct net_link *l = NULL;
        struct net_node_options n = {
            .endpoint = rows[i].endpoint, .self = &f.site_id[0], .server = &f.coord_id.pub};
        struct net_coord_options c = {
            .endpoint = rows[i].endpoint, .self = &f.coord_id, .sites_folder = folder};
        bool node = net_node_open(&l, &n) == ST_OK;
        net_close(&l, 0);
        bool refused = net_coord_open(&l, &c) != ST_OK && fault_kept()->what == EC_NET_ENDPOINT;
        net_close(&l, 0);
        if (node != rows[i].node || refused == rows[i].coord)
            fail_msg("`%s`: %d, %d", rows[i].endpoint, node, !refused);
    }
    fed_close(&f);
}

static void a_taken_port_or_a_missing_folder_is_told(void **state)
{
    (void)state;
    static struct fed f;
    struct net_link *second = NULL;
    char folder[SCRATCH_MAX];
    fed_open(&f, 1);
    fed_start_coord(&f);
    struct net_coord_options o = {.endpoint = f.endpoint,
                                  .self = &f.coord_id,
                                  .sites_folder = scratch_file(folder, &f.scratch, "sites")};
    check_fault(net_coord_open(&second, &o), EC_NET_BIND);
    assert_null(second);
    o.sites_folder = scratch_file(folder, &f.scratch, "none");
    check_fault(net_coord_open(&second, &o), EC_IO_OPEN);
    assert_null(second);
    net_close(&second, 0);
    fed_close(&f);
}

static void every_state_of_a_line_has_one_complaint(void **state)
{
    (void)state;
    static const struct {
        enum line_state line;
        enum complaint want;
        const char *code;
        int exit_status;
    } rows[] = {
        {LINE_CONNECTING, EC_NET_TIMEOUT, "E-NET-004", 69},
        {LINE_UP, EC_NONE, "E-NON-000", 0},
        {LINE_REFUSED, EC_NET_REFUSED, "E-NET-003", 69},
        {LINE_WRONG_KEY, EC_NET_WRONG_KEY, "E-NET-006", 77},
        {LINE_NOT_ENROLLED, EC_NET_NOT_ENROLLED, "E-NET-007", 77},
        {LINE_NOT_OURS, EC_NET_NOT_OURS, "E-NET-008", 76},
        {LINE_SILENT, EC_NET_SILENT, "E-NET-009", 75},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct complaint_row *row = complaint_row(net_line_complaint(rows[i].line));
        assert_int_equal(net_line_complaint(rows[i].line), rows[i].want);
        assert_string_equal(row->code, rows[i].code);
        assert_int_equal(row->exit_status, rows[i].exit_status);
        if (rows[i].line != LINE_UP)
            check_fault(net_line_fault(rows[i].line, "tcp://x:1"), rows[i].want);
    }
    assert_int_equal(COUNT(rows), LINE_SILENT + 1);
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_of_a_line_has_one_complaint),
        cmocka_unit_test(what_is_wrong_with_a_line_is_told_apart),
        cmocka_unit_test(another_coordinators_key_is_not_taken),
        cmocka_unit_test(a_name_that_nobody_knows_is_no_answer),
        cmocka_unit_test(a_site_is_enrolled_and_revoked_without_a_restart),
        cmocka_unit_test(a_replaced_key_shuts_out_the_old_one),
        cmocka_unit_test(strangers_deliver_nothing_and_leave_a_line_each),
        cmocka_unit_test(an_announced_gigabyte_costs_next_to_nothing),
        cmocka_unit_test(the_half_open_cost_little_and_keep_nobody_out),
        cmocka_unit_test(an_address_must_be_one),
        cmocka_unit_test(a_taken_port_or_a_missing_folder_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
