#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "problems.h"

static void none_is_no_error(void **state)
{
    struct error err = {0};
    struct problems problems;

    (void)state;
    problems_init(&problems);
    assert_int_equal(problems_error(&problems, ERROR_CONFIG, &err), 0);
    assert_int_equal(err.kind, ERROR_NONE);
    problems_release(&problems);
}

static void one_is_its_text(void **state)
{
    struct error err = {0};
    struct problems problems;

    (void)state;
    problems_init(&problems);
    problems_add(&problems, "job.json: /a: %s", "100%s");
    assert_int_equal(problems_error(&problems, ERROR_CONFIG, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_string_equal(err.text, "job.json: /a: 100%s");
    problems_release(&problems);
}

static void several_are_lines(void **state)
{
    struct error err = {0};
    struct problems problems;

    (void)state;
    problems_init(&problems);
    problems_add(&problems, "one");
    problems_add(&problems, "two");
    assert_int_equal(problems_error(&problems, ERROR_DATA, &err), -1);
    assert_string_equal(err.text, "2 mistakes\n  one\n  two");
    problems_release(&problems);
}

static void what_is_not_kept_is_counted(void **state)
{
    struct error err = {0};
    struct problems problems;

    (void)state;
    problems_init(&problems);
    for (int i = 0; i < PROBLEMS_MAX + 10; i++)
        problems_add(&problems, "p");
    assert_int_equal(problems.kept, PROBLEMS_MAX);
    assert_int_equal(problems_error(&problems, ERROR_CONFIG, &err), -1);
    assert_ptr_equal(strstr(err.text, "60 mistakes\n"), err.text);
    assert_non_null(strstr(err.text, "\n  and 10 more"));
    problems_release(&problems);
}

static void lines_are_shown_whole(void **state)
{
    struct error err = {0};
    struct problems problems;
    char text[401];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    problems_init(&problems);
    for (int i = 0; i < 5; i++)
        problems_add(&problems, "%s", text);
    assert_int_equal(problems_error(&problems, ERROR_CONFIG, &err), -1);
    assert_int_equal(strlen(err.text),
                     strlen("5 mistakes") + 2 * 403 + strlen("\n  and 3 more"));
    problems_release(&problems);
}

static void a_very_long_first_line_is_cut_not_hidden(void **state)
{
    struct error err = {0};
    struct problems problems;
    char text[2000];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    problems_init(&problems);
    problems_add(&problems, "%s", text);
    problems_add(&problems, "two");
    assert_int_equal(problems_error(&problems, ERROR_CONFIG, &err), -1);
    assert_non_null(strstr(err.text, "2 mistakes\n  xxx"));
    assert_non_null(strstr(err.text, "\n  and 1 more"));
    problems_release(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_no_error),
        cmocka_unit_test(one_is_its_text),
        cmocka_unit_test(several_are_lines),
        cmocka_unit_test(what_is_not_kept_is_counted),
        cmocka_unit_test(lines_are_shown_whole),
        cmocka_unit_test(a_very_long_first_line_is_cut_not_hidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
