/* Who belongs to a run, who is waited for, and who is not. */
#include "tests/support/check.h"

#include "coordinator/presence.h"

static void open_sites(struct presence *p, const char *const *names, uint32_t sites)
{
    presence_open(p);
    for (uint32_t i = 0; i < sites; i++) {
        struct party party = party_of_site(10 + i);
        assert_int_equal(presence_enrol(p, names[i], &party), i);
    }
}

static const char *const three[] = {"north", "east", "a hospital with a long name"};

static void sites_are_found_by_their_party_and_by_their_name(void **state)
{
    (void)state;
    struct presence p;
    struct party stranger = party_of_site(3), east = party_of_site(11);
    open_sites(&p, three, 3);
    assert_int_equal(presence_of_party(&p, &east), 1);
    assert_int_equal(presence_of_party(&p, &stranger), 3);
    assert_int_equal(presence_of_name(&p, "north"), 0);
    assert_int_equal(presence_of_name(&p, "west"), 3);
    struct party nobody = {{0}};
    assert_int_equal(presence_enrol(&p, "restored", NULL), 3); /* not enrolled any more */
    assert_int_equal(presence_of_party(&p, &nobody), 4);
    assert_int_equal(presence_of_name(&p, "restored"), 3);
    for (uint32_t i = 4; i < 100; i++)
        assert_int_equal(presence_enrol(&p, NULL, &stranger), i);
    assert_string_equal(p.site[99].name, "site 100");
    assert_string_equal(p.site[1].name, "east");
    presence_close(&p);
}

static void who_is_awaited_is_said_by_name(void **state)
{
    (void)state;
    struct presence p;
    char out[32];
    open_sites(&p, three, 3);
    for (uint32_t i = 0; i < 3; i++)
        presence_join(&p, i);
    assert_true(presence_answer(&p, 1));
    assert_false(presence_answer(&p, 1));
    presence_awaited(out, sizeof out, &p);
    assert_memory_equal(out, "north", 5);
    assert_null(strstr(out, "east"));
    assert_non_null(strstr(out, "..."));
    presence_close(&p);
}

static void only_who_was_level_once_is_waited_for(void **state)
{
    (void)state;
    struct presence p;
    open_sites(&p, three, 3);
    assert_true(presence_complete(&p)); /* nobody is */
    presence_join(&p, 0);
    presence_behind(&p, 1); /* comes late */
    assert_false(presence_complete(&p));
    assert_true(presence_answer(&p, 0));
    assert_true(presence_complete(&p));
    presence_join(&p, 1);
    assert_false(presence_complete(&p));
    presence_behind(&p, 1); /* started anew: it has until the deadline */
    assert_false(presence_complete(&p));
    assert_false(presence_level(&p));
    presence_join(&p, 1);
    assert_true(presence_level(&p));
    presence_close(&p);
}

static void who_let_a_deadline_pass_is_away_until_it_is_heard_of(void **state)
{
    (void)state;
    struct presence p;
    open_sites(&p, three, 2);
    presence_join(&p, 0);
    presence_join(&p, 1);
    assert_true(presence_answer(&p, 0));
    presence_give_up(&p);
    assert_false(p.site[0].away);
    assert_true(p.site[1].away);
    presence_new_round(&p);
    assert_true(presence_answer(&p, 0));
    assert_true(presence_complete(&p));
    assert_true(presence_answer(&p, 1)); /* in time, though nobody waited */
    presence_new_round(&p);
    assert_true(presence_answer(&p, 0));
    assert_false(presence_complete(&p));
    presence_give_up(&p);
    presence_join(&p, 1);
    assert_false(p.site[1].away);
    presence_close(&p);
}

static void which_legs_a_site_missed_is_kept_as_spans(void **state)
{
    (void)state;
    static const bool counted[] = {true, false, false, true, false, true, false, false, false};
    static const struct presence_span want[] = {{2, 3}, {5, 5}, {7, 9}};
    struct presence p;
    open_sites(&p, three, 2);
    for (size_t leg = 1; leg <= COUNT(counted); leg++) {
        p.site[0].counted = true;
        p.site[1].counted = counted[leg - 1];
        presence_account(&p, leg);
    }
    assert_int_equal(p.site[0].missed_count, 0);
    assert_int_equal(p.site[0].rounds_joined, 9);
    assert_int_equal(p.site[1].rounds_missed, 6);
    assert_int_equal(p.site[1].missed_count, COUNT(want));
    assert_memory_equal(p.site[1].missed, want, sizeof want);
    presence_close(&p);
}

static void who_refuses_is_not_waited_for_until_it_joins_again(void **state)
{
    (void)state;
    struct presence p;
    open_sites(&p, three, 2);
    presence_join(&p, 0);
    presence_join(&p, 1);
    assert_true(presence_answer(&p, 0));
    presence_refuse(&p, 1, "E-POL-001");
    assert_true(presence_complete(&p));
    assert_false(p.site[1].level);
    assert_string_equal(p.site[1].why, "E-POL-001");
    presence_join(&p, 1);
    assert_false(p.site[1].refused);
    assert_false(presence_complete(&p));
    presence_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sites_are_found_by_their_party_and_by_their_name),
        cmocka_unit_test(who_is_awaited_is_said_by_name),
        cmocka_unit_test(only_who_was_level_once_is_waited_for),
        cmocka_unit_test(who_let_a_deadline_pass_is_away_until_it_is_heard_of),
        cmocka_unit_test(which_legs_a_site_missed_is_kept_as_spans),
        cmocka_unit_test(who_refuses_is_not_waited_for_until_it_joins_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
