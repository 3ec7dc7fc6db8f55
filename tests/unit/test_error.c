#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "error.h"

static void exit_codes_are_the_documented_ones(void **state)
{
    static const int codes[ERROR_KIND_COUNT] = {
        [ERROR_NONE] = 0,         [ERROR_USAGE] = 64,
        [ERROR_DATA] = 65,        [ERROR_NO_INPUT] = 66,
        [ERROR_UNAVAILABLE] = 69, [ERROR_BUG] = 70,
        [ERROR_CANT_CREATE] = 73, [ERROR_IO] = 74,
        [ERROR_TRY_LATER] = 75,   [ERROR_AUTH] = 77,
        [ERROR_CONFIG] = 78,      [ERROR_INTERRUPTED] = 130,
    };

    (void)state;
    for (int i = 0; i < ERROR_KIND_COUNT; i++) {
        struct error err = {.kind = (enum error_kind)i};

        assert_int_equal(error_exit_code(&err), codes[i]);
        assert_non_null(error_kind_name(err.kind));
    }
    assert_string_equal(error_kind_name(ERROR_TRY_LATER), "try_later");
}

static void the_first_error_wins_with_its_hint(void **state)
{
    struct error err = {0};

    (void)state;
    assert_int_equal(error_set(&err, ERROR_IO, "disk: %s", "full"), -1);
    assert_int_equal(error_set(&err, ERROR_BUG, "clean-up failed"), -1);
    assert_int_equal(error_hint(&err, "cure for the clean-up"), -1);
    assert_int_equal(err.kind, ERROR_IO);
    assert_string_equal(err.text, "disk: full");
    assert_string_equal(err.hint, "");
}

static void the_first_hint_wins(void **state)
{
    struct error err = {0};

    (void)state;
    error_set(&err, ERROR_AUTH, "no");
    error_hint(&err, "renew the token in %s", "JIRA_API_TOKEN");
    error_hint(&err, "something vaguer");
    assert_string_equal(err.hint, "renew the token in JIRA_API_TOKEN");
}

static void a_failed_call_brings_the_usual_cure(void **state)
{
    struct error err = {0};

    (void)state;
    assert_int_equal(
        error_system(&err, ERROR_IO, ENOSPC, "%s: cannot write", "a.csv"), -1);
    assert_int_equal(err.kind, ERROR_IO);
    assert_string_equal(err.text,
                        "a.csv: cannot write: No space left on device");
    assert_string_equal(err.hint, "make room on that disk, then run again");
    error_system(&err, ERROR_IO, EACCES, "clean-up failed");
    error_hint(&err, "cure for the clean-up");
    assert_string_equal(err.hint, "make room on that disk, then run again");
}

static void a_better_cure_replaces_the_usual_one(void **state)
{
    struct error err = {0};

    (void)state;
    error_system(&err, ERROR_NO_INPUT, ENOENT, "job.json: cannot open");
    error_hint(&err, "name the job with -c");
    error_hint(&err, "something vaguer");
    assert_string_equal(err.hint, "name the job with -c");
    error_clear(&err);
    error_system(&err, ERROR_IO, EDOM, "job.json");
    assert_string_equal(err.hint, "");
}

static void a_usual_hint_gives_way_to_any_other(void **state)
{
    struct error err = {0};

    (void)state;
    error_set(&err, ERROR_IO, "a");
    error_usual(&err, "make %s", "room");
    error_usual(&err, "something vaguer");
    assert_string_equal(err.hint, "make room");
    error_hint(&err, "the run is published");
    error_usual(&err, "make room");
    assert_string_equal(err.hint, "the run is published");
    error_set(&err, ERROR_IO, "clean-up failed");
    error_usual(&err, "cure for the clean-up");
    assert_string_equal(err.hint, "the run is published");
}

static void an_error_is_passed_on_whole(void **state)
{
    struct error first = {0}, err = {0};

    (void)state;
    error_set(&first, ERROR_AUTH, "no");
    error_hint(&first, "renew it");
    error_prefix(&first, "100%%");
    assert_int_equal(error_pass(&err, &first), -1);
    assert_int_equal(err.kind, ERROR_AUTH);
    assert_string_equal(err.text, "100%: no");
    assert_string_equal(err.hint, "renew it");
    error_clear(&err);
    error_set(&err, ERROR_IO, "before");
    error_pass(&err, &first);
    assert_string_equal(err.text, "before");
    assert_string_equal(err.hint, "");
    error_clear(&first);
    error_clear(&err);
    error_system(&first, ERROR_IO, EIO, "a");
    error_pass(&err, &first);
    error_hint(&err, "a better one");
    assert_string_equal(err.hint, "a better one");
}

static void a_cleared_error_can_be_set_again(void **state)
{
    struct error err = {0};

    (void)state;
    error_set(&err, ERROR_IO, "a");
    error_set(&err, ERROR_IO, "b");
    error_clear(&err);
    assert_int_equal(err.kind, ERROR_NONE);
    error_set(&err, ERROR_DATA, "c");
    error_hint(&err, "d");
    assert_string_equal(err.text, "c");
    assert_string_equal(err.hint, "d");
}

static void prefixes_pile_up_in_front(void **state)
{
    struct error err = {0};

    (void)state;
    error_set(&err, ERROR_DATA, "wrong 100%%");
    assert_int_equal(error_prefix(&err, "page %d", 3), -1);
    assert_int_equal(error_prefix(&err, "jira_users"), -1);
    assert_string_equal(err.text, "jira_users: page 3: wrong 100%");
    assert_int_equal(err.kind, ERROR_DATA);
}

static void long_texts_are_cut(void **state)
{
    struct error err = {0};
    char longest[3 * ERROR_TEXT_MAX];

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    error_set(&err, ERROR_DATA, "%s", longest);
    assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
    error_prefix(&err, "subject");
    assert_ptr_equal(strstr(err.text, "subject: xxx"), err.text);
    assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
    error_prefix(&err, "%s", longest);
    assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
    error_hint(&err, "%s", longest);
    assert_int_equal(strlen(err.hint), ERROR_HINT_MAX - 1);
}

static void lack_of_memory_is_a_bug(void **state)
{
    struct error err = {0};

    (void)state;
    assert_int_equal(error_no_memory(&err), -1);
    assert_int_equal(err.kind, ERROR_BUG);
    assert_string_equal(err.text, "out of memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_codes_are_the_documented_ones),
        cmocka_unit_test(the_first_error_wins_with_its_hint),
        cmocka_unit_test(the_first_hint_wins),
        cmocka_unit_test(a_failed_call_brings_the_usual_cure),
        cmocka_unit_test(a_better_cure_replaces_the_usual_one),
        cmocka_unit_test(a_usual_hint_gives_way_to_any_other),
        cmocka_unit_test(an_error_is_passed_on_whole),
        cmocka_unit_test(a_cleared_error_can_be_set_again),
        cmocka_unit_test(prefixes_pile_up_in_front),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(lack_of_memory_is_a_bug),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
