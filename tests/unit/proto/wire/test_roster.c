#include "proto/wire/roster.h"

#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "proto/base/file.h"
#include "tests/support/capture.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

/* Public halves of three pairs (scripts/golden/keys.py). */
static const char *const hex[] = {
    "30df257899ed4495857d3345ecbe21fa492a0a8dbc52ca59f2bd4e181039144b",
    "06ac9ed81e6f8afd0aba26e8b10fab8fe57773db6d6c3c49acd6073cda5c730c",
    "012bf414eec247da18856f5e9fba92dfe9f07b021f8b0de2681483af46bc8733"};

/* In place, as an editor or a copying program may do it: not by renaming. */
static void put_text(const struct scratch *s, const char *file, const char *text)
{
    char path[SCRATCH_MAX];
    FILE *out = fopen(scratch_file(path, s, file), "we");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static void put(const struct scratch *s, const char *file, const char *name, size_t key)
{
    char line[256];
    snprintf(line, sizeof line, "evenhand-public-key 1 %s %s\n", name, hex[key]);
    put_text(s, file, line);
}

static void take_away(const struct scratch *s, const char *file)
{
    char path[SCRATCH_MAX];
    assert_int_equal(unlink(scratch_file(path, s, file)), 0);
}

static bool finds(struct pass *p, const struct roster *r, size_t key)
{
    struct public_key k;
    check_ok(public_key_parse(&k, hex[key]));
    return roster_find(p, r, k.curve);
}

static void assert_site(const struct roster *r, uint32_t site, const char *want)
{
    char name[KEY_NAME_MAX];
    assert_true(roster_name(name, r, site));
    assert_string_equal(name, want);
}

/* Reads the folder so often and returns what the log said; yours. */
static char *told(struct roster *r, size_t times)
{
    struct capture c = capture_open(2);
    for (size_t i = 0; i < times; i++)
        roster_read(r);
    return capture_close(&c);
}

static void sites_are_numbered_by_name_and_keep_their_numbers(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct roster *r = NULL;
    struct pass p;
    put(&s, "west.pub", "west", 0);
    put(&s, "north.pub", "north", 1);
    put_text(&s, "README", "not a key");
    put_text(&s, ".hidden.pub", "not a key");
    check_ok(roster_open(&r, s.path));
    assert_int_equal(roster_sites(r), 2);
    assert_site(r, 0, "north");
    assert_site(r, 1, "west");
    assert_true(finds(&p, r, 0));
    assert_int_equal(p.site, 1);
    assert_true(roster_holds(r, p));
    assert_false(finds(&p, r, 2));

    put(&s, "east.pub", "east", 2); /* before the others by name, behind them by number */
    roster_read(r);
    assert_int_equal(roster_sites(r), 3);
    assert_site(r, 2, "east");
    assert_true(finds(&p, r, 2));
    assert_int_equal(p.site, 2);
    char name[KEY_NAME_MAX];
    assert_false(roster_name(name, r, 3));
    assert_int_equal(roster_revoked(r), 0);
    roster_close(&r);
    roster_close(&r); /* harmless */
    scratch_close(&s);
}

static void a_file_taken_away_takes_the_pass(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct roster *r = NULL;
    struct pass before, after;
    put(&s, "a.pub", "a", 0);
    check_ok(roster_open(&r, s.path));
    assert_true(finds(&before, r, 0));
    take_away(&s, "a.pub");
    roster_read(r);
    assert_false(finds(&after, r, 0));
    assert_false(roster_holds(r, before));
    assert_int_equal(roster_revoked(r), 1);
    assert_int_equal(roster_sites(r), 1); /* its number stays its own */

    put(&s, "a.pub", "a", 0);
    roster_read(r);
    assert_true(finds(&after, r, 0));
    assert_int_equal(after.site, before.site);
    assert_false(roster_holds(r, before)); /* what was revoked stays revoked */
    assert_true(roster_holds(r, after));
    roster_close(&r);
    scratch_close(&s);
}

static void an_edit_of_the_same_second_and_size_is_seen(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct roster *r = NULL;
    struct pass p, q;
    put(&s, "a.pub", "a", 0);
    check_ok(roster_open(&r, s.path));
    assert_true(finds(&p, r, 0));
    put(&s, "a.pub", "a", 1);
    roster_read(r);
    assert_false(finds(&q, r, 0));
    assert_true(finds(&q, r, 1));
    assert_int_equal(q.site, p.site);
    assert_false(roster_holds(r, p));
    assert_true(roster_holds(r, q));
    assert_int_equal(roster_revoked(r), 1);
    roster_close(&r);
    scratch_close(&s);
}

static void a_file_that_is_being_written_costs_nobody_the_pass(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct roster *r = NULL;
    struct pass p;
    put(&s, "a.pub", "a", 0);
    check_ok(roster_open(&r, s.path));
    put_text(&s, "a.pub", "evenhand-public-key 1 a 30df25");
    char *said = told(r, 1);
    assert_string_equal(said, "");
    assert_true(finds(&p, r, 0));
    free(said);
    put(&s, "a.pub", "a", 0); /* now it is whole again */
    said = told(r, 2);
    assert_string_equal(said, "");
    assert_int_equal(roster_revoked(r), 0);
    free(said);

    put_text(&s, "a.pub", "evenhand-public-key 1 a 30df25"); /* and now it stays as it is */
    said = told(r, 5);
    assert_false(finds(&p, r, 0));
    assert_int_equal(roster_revoked(r), 1);
    char *line = strstr(said, "key file refused");
    assert_non_null(line);
    assert_null(strstr(line + 1, "key file refused")); /* told once */
    free(said);
    roster_close(&r);
    scratch_close(&s);
}

static void files_that_could_mislead_are_refused_with_a_line_each(void **state)
{
    (void)state;
    static const struct {
        const char *what, *file, *name;
        size_t key;
    } rows[] = {
        {"another's name", "b.pub", "a", 1},
        {"another's key", "c.pub", "c", 0},
        {"a name with a path in it", "d.pub", "../d", 2},
    };
    struct scratch s = scratch_open();
    struct roster *r = NULL;
    struct pass p;
    put(&s, "a.pub", "a", 0);
    check_ok(roster_open(&r, s.path));
    for (size_t i = 0; i < COUNT(rows); i++) {
        put(&s, rows[i].file, rows[i].name, rows[i].key);
        char *said = told(r, 3);
        if (roster_sites(r) != 1 || strstr(said, rows[i].file) == NULL)
            fail_msg("%s: %s", rows[i].what, said);
        free(said);
    }
    assert_true(finds(&p, r, 0));
    assert_int_equal(p.site, 0);
    char path[SCRATCH_MAX];
    assert_int_equal(mkfifo(scratch_file(path, &s, "e.pub"), 0600), 0); /* would block a reader */
    put_text(&s, "f.pub", "");
    char *said = told(r, 2);
    assert_non_null(strstr(said, "e.pub"));
    assert_non_null(strstr(said, "f.pub"));
    free(said);
    assert_int_equal(roster_sites(r), 1);
    roster_close(&r);
    scratch_close(&s);
}

static void a_key_that_changed_its_name_belongs_to_one_site(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct roster *r = NULL;
    struct pass p;
    put(&s, "b.pub", "b", 0);
    check_ok(roster_open(&r, s.path));
    put(&s, "a.pub", "a", 0); /* both claim it: the first by name has it, as after a restart */
    roster_read(r);
    assert_true(finds(&p, r, 0));
    assert_int_equal(p.site, 1);
    assert_int_equal(roster_revoked(r), 1);
    take_away(&s, "a.pub");
    roster_read(r);
    assert_true(finds(&p, r, 0));
    assert_int_equal(p.site, 0);
    put(&s, "c.pub", "c", 0);
    take_away(&s, "b.pub");
    roster_read(r);
    assert_true(finds(&p, r, 0));
    assert_site(r, p.site, "c");
    roster_close(&r);
    scratch_close(&s);
}

static void a_key_that_moved_is_not_kept_for_a_file_in_doubt(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct roster *r = NULL;
    struct pass old, p;
    put(&s, "b.pub", "b", 0);
    check_ok(roster_open(&r, s.path));
    assert_true(finds(&old, r, 0));
    put(&s, "a.pub", "a", 0);
    put_text(&s, "b.pub", "evenhand-public-key 1 b 06ac");
    roster_read(r);
    assert_true(finds(&p, r, 0));
    assert_site(r, p.site, "a");
    assert_false(roster_holds(r, old)); /* else two sites would speak under one key */
    roster_close(&r);
    scratch_close(&s);
}

static void a_revoked_site_keeps_no_key_from_others(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct roster *r = NULL;
    struct pass p;
    put(&s, "a.pub", "a", 0);
    check_ok(roster_open(&r, s.path));
    take_away(&s, "a.pub");
    roster_read(r);
    put_text(&s, "a.pub", "");
    put(&s, "b.pub", "b", 0);
    roster_read(r);
    assert_true(finds(&p, r, 0));
    assert_site(r, p.site, "b");
    roster_close(&r);
    scratch_close(&s);
}

static void a_folder_that_vanishes_revokes_nobody(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char folder[SCRATCH_MAX], aside[SCRATCH_MAX];
    struct roster *r = NULL;
    struct pass p;
    check_ok(file_folder(scratch_file(folder, &s, "sites")));
    put(&s, "sites/a.pub", "a", 0);
    check_ok(roster_open(&r, folder));
    assert_int_equal(rename(folder, scratch_file(aside, &s, "aside")), 0);
    char *said = told(r, 3);
    assert_non_null(strstr(said, "cannot be read"));
    assert_true(finds(&p, r, 0));
    free(said);
    assert_int_equal(rename(aside, folder), 0);
    take_away(&s, "sites/a.pub");
    roster_read(r);
    assert_false(finds(&p, r, 0));
    roster_close(&r);
    check_fault(roster_open(&r, aside), EC_IO_OPEN);
    assert_null(r);
    scratch_close(&s);
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sites_are_numbered_by_name_and_keep_their_numbers),
        cmocka_unit_test(a_file_taken_away_takes_the_pass),
        cmocka_unit_test(an_edit_of_the_same_second_and_size_is_seen),
        cmocka_unit_test(a_file_that_is_being_written_costs_nobody_the_pass),
        cmocka_unit_test(files_that_could_mislead_are_refused_with_a_line_each),
        cmocka_unit_test(a_key_that_changed_its_name_belongs_to_one_site),
        cmocka_unit_test(a_key_that_moved_is_not_kept_for_a_file_in_doubt),
        cmocka_unit_test(a_revoked_site_keeps_no_key_from_others),
        cmocka_unit_test(a_folder_that_vanishes_revokes_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
