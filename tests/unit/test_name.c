#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "name.h"

enum { SIZE = 32 };

static void forms_are_apart(void **state)
{
    char email[SIZE], app[SIZE];

    (void)state;
    assert_int_equal(name_from_email("Ann@X.test", email, SIZE), 12);
    assert_int_equal(name_from_app("google", app, SIZE), 8);
    assert_true(name_is_email(email) && !name_is_app(email));
    assert_true(name_is_app(app) && !name_is_email(app));
    assert_null(name_id(email));
    assert_string_equal(name_id(app), "google");
    assert_string_equal(email + 1, "ann@x.test");
}

/* The first byte cannot begin a character, so no text of a log collides. */
static void no_text_is_a_form(void **state)
{
    static const char *const texts[] = {
        "ann@x.test", "ug:1", "", "\x7f", "\xf4\x8f\xbf\xbf", "\xc3\xbf"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(name_is_email(texts[i]) || name_is_app(texts[i]));
        assert_ptr_equal(name_id(texts[i]), texts[i]);
    }
}

static void too_long_is_none(void **state)
{
    char out[SIZE];

    (void)state;
    assert_int_equal(name_from_email("a@b", out, 4), 0);
    assert_int_equal(name_from_email("a@b", out, 5), 5);
    assert_int_equal(name_from_app("a", out, 0), 0);
}

static void addresses(void **state)
{
    (void)state;
    assert_true(name_is_address("ann@x.test"));
    assert_false(name_is_address("Atlassian app"));
    assert_false(name_is_address(""));
    assert_false(name_is_address("@x.test"));
    assert_false(name_is_address("ann@"));
}

static void account_ids(void **state)
{
    static const char *const ids[] = {"5b10a2844c20165700ede002", "712020:a",
                                      "qm:1:2",
                                      "b3a1c5d2-0000-4000-8000-00000000acee"};
    static const char *const apps[] = {"confluence",
                                       "google",
                                       "",
                                       "5b10a2844c20165700ede00",
                                       "5b10a2844c20165700ede00g",
                                       "b3a1c5d2-0000-4000-8000-00000000acex",
                                       "b3a1c5d2a0000-4000-8000-00000000acee"};

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        assert_true(name_is_account_shaped(ids[i]));
    for (size_t i = 0; i < sizeof(apps) / sizeof(apps[0]); i++)
        assert_false(name_is_account_shaped(apps[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_apart),  cmocka_unit_test(no_text_is_a_form),
        cmocka_unit_test(too_long_is_none), cmocka_unit_test(addresses),
        cmocka_unit_test(account_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
