/* What damage towards the coordinator leaves behind there. */
#include <dirent.h>
#include <poll.h>

#include "crypto/hash.h"
#include "proto/base/clock.h"
#include "tests/support/check.h"
#include "tests/support/federation.h"
#include "tests/support/proxy.h"

static size_t open_files(void)
{
    size_t count = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    return count;
}

static void play_round(const struct fed *f, uint64_t round)
{
    struct msg m = fed_message(round, 10);
    check_ok(net_as_link(f->site[0])->ops->send(net_as_link(f->site[0]), &m));
    msg_free(&m);
    assert_true(fed_receive(&m, f->coord, FED_PATIENCE_MS));
    assert_int_equal(m.head.round, round);
    assert_true(fed_intact(&m));
    msg_free(&m);
}

static void a_damaged_connection_is_closed_at_once_and_leaves_no_file_open(void **state)
{
    (void)state;
    enum { FLIPS = 12, SILENCE_MS = 4000 };
    static struct fed f;
    struct clock clock = clock_machine();
    fed_open(&f, 1);
    f.pace.ping_ms = 50;
    f.pace.silence_ms = SILENCE_MS;
    fed_start_coord(&f);
    struct proxy *p = proxy_open(fed_port(&f), 6);
    fed_start_site(&f, 0, proxy_port(p));
    play_round(&f, 1);
    size_t files = open_files();
    uint64_t from = clock_now_ms(&clock);
    for (unsigned i = 1; i <= FLIPS; i++) {
        unsigned connections = proxy_connections(p);
        proxy_flip(p, PROXY_UP);
        while (proxy_connections(p) == connections)
            poll(NULL, 0, 5);
        play_round(&f, 1 + i);
    }
    assert_true(clock_now_ms(&clock) - from < (uint64_t)FLIPS * SILENCE_MS / 2);
    assert_true(open_files() < files + FLIPS / 2);
    assert_int_equal(net_lives(f.site[0]), 1);
    fed_close(&f);
    proxy_close(&p);
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_connection_is_closed_at_once_and_leaves_no_file_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
