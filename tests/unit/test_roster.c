#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "roster.h"

enum { MANY = 100 * 1000 };

static struct user user_of(const char *id, const char *name)
{
    struct user user = {0};

    for (int i = 0; i < USER_FIELD_COUNT; i++)
        user.fields[i] = value_null(user_fields[i].type);
    user.fields[USER_ACCOUNT_ID] = value_text(id);
    user.fields[USER_DISPLAY_NAME] = value_text(name);
    return user;
}

static int setup(void **state)
{
    static struct roster roster;

    roster_init(&roster);
    *state = &roster;
    return 0;
}

static int teardown(void **state)
{
    roster_release(*state);
    return 0;
}

static void again_keeps_and_completes(void **state)
{
    struct roster *roster = *state;
    struct user first = user_of("a", NULL), again = user_of("a", "Ann");
    struct account *account;

    first.fields[USER_ACTIVE] = value_bool(false);
    first.fields[USER_EMAIL] = value_text("");
    account = roster_add(roster, &first, true);
    again.fields[USER_ACTIVE] = value_bool(true);
    again.fields[USER_EMAIL] = value_text("a@b");
    again.fields[USER_LAST_SEEN_AT] = value_instant(-5);
    assert_ptr_equal(roster_add(roster, &again, true), account);
    assert_string_equal(account_value(account, USER_DISPLAY_NAME).text, "Ann");
    assert_true(account_value(account, USER_ACTIVE).present);
    assert_int_equal(account_value(account, USER_ACTIVE).integer, 0);
    assert_string_equal(account_value(account, USER_EMAIL).text, "");
    assert_true(account_value(account, USER_LAST_SEEN_AT).integer == -5);
    assert_int_equal(account_value(account, USER_LAST_SEEN_AT).type,
                     VALUE_TIMESTAMP);
    assert_int_equal(roster->listed, 1);
    assert_int_equal(roster->by_id.count, 1);
}

static void null_fields_have_their_type(void **state)
{
    struct user user = user_of("a", NULL);
    const struct account *account = roster_add(*state, &user, true);

    for (unsigned i = 1; i < USER_FIELD_COUNT; i++) {
        assert_false(account_value(account, i).present);
        assert_int_equal(account_value(account, i).type, user_fields[i].type);
    }
}

static void texts_are_copied(void **state)
{
    char id[] = "a", name[] = "Ann";
    struct user user = user_of(id, name);
    const struct account *account = roster_add(*state, &user, true);

    id[0] = name[0] = 'x';
    assert_string_equal(account_id(account), "a");
    assert_string_equal(account_value(account, USER_DISPLAY_NAME).text, "Ann");
    assert_ptr_equal(roster_find(*state, "a"), account);
    assert_null(roster_find(*state, "x"));
    assert_null(roster_find(*state, "A"));
}

static void each_field_knows_its_source(void **state)
{
    struct user first = user_of("a", NULL), again = user_of("a", "Ann");
    struct user silent = user_of("b", "Bob"), asked = user_of("c", "Cyd");
    const struct account *account;

    first.source = "first";
    again.source = "again";
    roster_take(*state, &first, 0);
    account = roster_take(*state, &again, 1);
    assert_string_equal(account_source(*state, account, USER_ACCOUNT_ID),
                        "first");
    assert_string_equal(account_source(*state, account, USER_DISPLAY_NAME),
                        "again");
    assert_null(account_source(*state, account, USER_STATUS));
    asked.source = "asked";
    account = roster_add(*state, &asked, false);
    assert_string_equal(account_source(*state, account, USER_DISPLAY_NAME),
                        "asked");
    account = roster_add(*state, &silent, true);
    assert_null(account_source(*state, account, USER_DISPLAY_NAME));
}

static void looked_up_is_not_listed(void **state)
{
    struct roster *roster = *state;
    struct user user = user_of("a", "Ann"), other = user_of("b", "Bob");
    struct account *account = roster_add(roster, &user, false);

    assert_false(account->listed);
    assert_int_equal(roster->listed, 0);
    roster_add(roster, &other, true);
    roster_add(roster, &other, false);
    assert_true(roster_find(roster, "b")->listed);
    assert_int_equal(roster->listed, 1);
    roster_add(roster, &user, true);
    assert_true(account->listed);
    assert_int_equal(roster->listed, 2);
}

static void a_hundred_thousand(void **state)
{
    struct roster *roster = *state;
    size_t seen = 0;
    char id[32];

    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < MANY; i++) {
            struct user user = {0};

            snprintf(id, sizeof(id), "712020:%08zx", i * 2654435761u);
            user = user_of(id, round == 0 ? NULL : "name");
            assert_non_null(roster_add(roster, &user, true));
        }
    }
    assert_int_equal(roster->listed, MANY);
    for (const struct account *a = roster->first; a != NULL; a = a->next) {
        snprintf(id, sizeof(id), "712020:%08zx", seen++ * 2654435761u);
        if (strcmp(account_id(a), id) != 0 || roster_find(roster, id) != a ||
            !account_value(a, USER_DISPLAY_NAME).present)
            fail_msg("account %zu is %s", seen, account_id(a));
    }
    assert_int_equal(seen, MANY);
}

static void released_twice_and_used_again(void **state)
{
    struct roster *roster = *state;
    struct user user = user_of("a", "Ann");

    roster_add(roster, &user, true);
    roster_release(roster);
    roster_release(roster);
    assert_null(roster->first);
    assert_int_equal(roster->listed, 0);
    assert_null(roster_find(roster, "a"));
    assert_non_null(roster_add(roster, &user, true));
}

/* Of three sources, in every order of arrival. */
static void the_first_source_wins_whatever_came_first(void **state)
{
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    for (size_t o = 0; o < sizeof(orders) / sizeof(orders[0]); o++) {
        struct user users[3] = {user_of("a", "zero"), user_of("a", "one"),
                                user_of("a", "two")};
        const struct account *account;

        users[0].fields[USER_EMAIL] = value_text("");
        users[1].fields[USER_EMAIL] = value_text("one@x");
        users[2].fields[USER_EMAIL] = value_text("two@x");
        users[2].fields[USER_STATUS] = value_text("two");
        for (int i = 0; i < 3; i++)
            assert_non_null(roster_take(*state, &users[orders[o][i]],
                                        (unsigned)orders[o][i]));
        account = roster_find(*state, "a");
        assert_string_equal(account_value(account, USER_DISPLAY_NAME).text,
                            "zero");
        assert_int_equal(account->origin[USER_DISPLAY_NAME], 0);
        assert_string_equal(account_value(account, USER_EMAIL).text, "one@x");
        assert_int_equal(account->origin[USER_EMAIL], 1);
        assert_int_equal(account->origin[USER_STATUS], 2);
        roster_release(*state);
    }
}

static void only_the_universe_is_listed(void **state)
{
    struct roster *roster = *state;
    struct user user = user_of("a", "Ann");

    assert_false(roster_take(roster, &user, 1)->listed);
    assert_int_equal(roster->listed, 0);
    assert_true(roster_take(roster, &user, 0)->listed);
    assert_int_equal(roster->listed, 1);
}

static struct user addressed(const char *email, int64_t seen)
{
    struct user user = user_of(NULL, "Other");

    user.fields[USER_EMAIL] = value_text(email);
    user.fields[USER_LAST_SEEN_AT] = value_instant(seen);
    return user;
}

static void addresses_match_one_account_or_none(void **state)
{
    struct roster *roster = *state;
    uint64_t unmatched[ROSTER_SOURCES_MAX] = {0};
    struct user ann = user_of("a", "Ann"), bob = user_of("b", "Bob");
    struct user bea = user_of("c", "Bea"), nobody = user_of("d", "Dee");
    struct user rows[] = {addressed("aNN@x", 7), addressed("two@x", 8),
                          addressed("none@x", 9), addressed("Ann@X", 10)};

    ann.fields[USER_EMAIL] = value_text("Ann@X");
    bob.fields[USER_EMAIL] = value_text("two@x");
    bea.fields[USER_EMAIL] = value_text("TWO@x");
    nobody.fields[USER_EMAIL] = value_text("");
    for (int i = 0; i < 4; i++)
        assert_non_null(roster_take(roster, &rows[i], 2));
    roster_take(roster, &ann, 0);
    roster_take(roster, &bob, 0);
    roster_take(roster, &bea, 1);
    roster_take(roster, &nobody, 0);
    assert_int_equal(roster_settle(roster, unmatched), 0);
    assert_int_equal(unmatched[2], 2);
    assert_int_equal(unmatched[1], 0);
    assert_true(account_value(roster_find(roster, "a"), USER_LAST_SEEN_AT)
                    .integer == 7);
    assert_string_equal(
        account_value(roster_find(roster, "a"), USER_DISPLAY_NAME).text,
        "Ann");
    for (const char *id = "bcd"; *id != '\0'; id++) {
        char name[2] = {*id, '\0'};

        assert_false(account_value(roster_find(roster, name),
                                   USER_LAST_SEEN_AT)
                         .present);
    }
}

#define BIT(field) (1u << (field))

static void what_no_source_has_told_is_open(void **state)
{
    struct roster *roster = *state;
    struct user user = user_of("a", NULL);
    struct account *account;

    user.fields[USER_DISPLAY_NAME] = value_text("");
    account = roster_take(roster, &user, 0);
    user = user_of("a", NULL);
    user.fields[USER_ACTIVE] = value_bool(true);
    assert_ptr_equal(roster_take(roster, &user, 2), account);
    assert_int_equal(account_open(account, 0) & BIT(USER_ACCOUNT_ID),
                     BIT(USER_ACCOUNT_ID));
    assert_int_equal(account_open(account, 1) & BIT(USER_ACCOUNT_ID), 0);
    /* An empty text is none, and a later source gives way. */
    assert_int_equal(account_open(account, 1) & BIT(USER_DISPLAY_NAME),
                     BIT(USER_DISPLAY_NAME));
    assert_int_equal(account_open(account, 2) & BIT(USER_ACTIVE),
                     BIT(USER_ACTIVE));
    assert_int_equal(account_open(account, 3) & BIT(USER_ACTIVE), 0);
}

static void never_seen_is_a_value(void **state)
{
    static const uint32_t seen =
        BIT(USER_LAST_SEEN_AT) | BIT(USER_LAST_SEEN_STATUS);
    struct roster *roster = *state;
    struct user user = user_of("never", NULL);
    struct account *account;

    user.fields[USER_LAST_SEEN_STATUS] = value_text(LAST_SEEN_NEVER);
    account = roster_take(roster, &user, 1);
    assert_int_equal(account_open(account, 2) & seen, 0);
    assert_int_equal(account_open(account, 1) & seen, seen);
    user = user_of("seen", NULL);
    user.fields[USER_LAST_SEEN_AT] = value_instant(5);
    account = roster_take(roster, &user, 1);
    assert_int_equal(account_open(account, 2) & seen, 0);
    user = user_of("odd", NULL);
    user.fields[USER_LAST_SEEN_STATUS] = value_text("known");
    account = roster_take(roster, &user, 1);
    assert_int_equal(account_open(account, 2) & seen, BIT(USER_LAST_SEEN_AT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(again_keeps_and_completes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            the_first_source_wins_whatever_came_first, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_universe_is_listed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_no_source_has_told_is_open, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(never_seen_is_a_value, setup, teardown),
        cmocka_unit_test_setup_teardown(addresses_match_one_account_or_none,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(null_fields_have_their_type, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(texts_are_copied, setup, teardown),
        cmocka_unit_test_setup_teardown(each_field_knows_its_source, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(looked_up_is_not_listed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_hundred_thousand, setup, teardown),
        cmocka_unit_test_setup_teardown(released_twice_and_used_again, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
