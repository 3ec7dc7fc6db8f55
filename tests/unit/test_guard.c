#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "guard.h"

enum { PERCENT = 10000 };

static void minimum(void **state)
{
    struct run_report report = {0};
    struct error err = {0};

    (void)state;
    assert_int_equal(guard_minimum(&report, "min_users", 3, 3, &err), 0);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_int_equal(guard_minimum(&report, "min_users", 2, 3, &err), -1);
    assert_int_equal(err.kind, ERROR_DATA);
    assert_string_equal(err.text, "guard min_users: 2 is below 3");
    assert_non_null(strstr(err.hint, "guards.min_users"));
    assert_int_equal(report.guard_count, 2);
    assert_string_equal(report.guards[1].name, "min_users");
    assert_true(report.guards[1].value == 2);
    assert_true(report.guards[1].limit == 3);
    assert_false(report.guards[1].ppm);
}

static int share(uint64_t part, uint64_t whole, int64_t limit,
                 struct run_report *report)
{
    struct error err = {0};
    int result = guard_maximum_share(report, "max", part, whole, limit, &err);

    assert_int_equal(err.kind, result == 0 ? ERROR_NONE : ERROR_DATA);
    return result;
}

static void maximum_share(void **state)
{
    struct run_report report = {0};

    (void)state;
    assert_int_equal(share(2, 10, 20 * PERCENT, &report), 0);
    assert_int_equal(share(3, 10, 20 * PERCENT, &report), -1);
    assert_true(report.guards[1].value == 30 * PERCENT);
    assert_true(report.guards[1].limit == 20 * PERCENT);
    assert_true(report.guards[1].ppm);
    assert_int_equal(share(20001, 100000, 20 * PERCENT, &report), -1);
    assert_int_equal(share(10, 10, 100 * PERCENT, &report), 0);
    assert_int_equal(share(1, 10, 0, &report), -1);
    assert_int_equal(share(0, 10, 0, &report), 0);
}

static void share_of_nothing(void **state)
{
    struct run_report report = {0};

    (void)state;
    assert_int_equal(share(0, 0, 0, &report), 0);
    assert_true(report.guards[0].value == 0);
}

static void share_reads_well(void **state)
{
    struct run_report report = {0};
    struct error err = {0};

    (void)state;
    guard_maximum_share(&report, "max", 1, 3, 20 * PERCENT + 500, &err);
    assert_string_equal(err.text, "guard max: 1 of 3 accounts (33.33%) is "
                                  "above 20.05%");
}

static void maximum(void **state)
{
    struct run_report report = {0};
    struct error err = {0};

    (void)state;
    assert_int_equal(guard_maximum(&report, "max_rejects", 10, 10, &err), 0);
    assert_int_equal(guard_maximum(&report, "max_rejects", 11, 10, &err), -1);
    assert_string_equal(err.text, "guard max_rejects: 11 is above 10");
    assert_non_null(strstr(err.hint, "--accept-guard max_rejects"));
}

/* The one named is passed and noted; the others hold. */
static void an_accepted_guard(void **state)
{
    static const char *const names[] = {"max", "min_users", NULL};
    struct run_report report = {.accepted = names};
    struct error err = {0};

    (void)state;
    assert_int_equal(share(3, 10, 0, &report), 0);
    assert_true(report.guards[0].accepted);
    assert_true(report.guards[0].value == 30 * PERCENT);
    assert_int_equal(share(0, 10, 0, &report), 0);
    assert_false(report.guards[1].accepted);
    assert_int_equal(guard_minimum(&report, "min_users", 0, 1, &err), 0);
    assert_true(report.guards[2].accepted);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_int_equal(guard_maximum(&report, "max_rejects", 1, 0, &err), -1);
    assert_false(report.guards[3].accepted);
    assert_true(guard_accepted(&report, "max"));
    assert_false(guard_accepted(&report, "ma"));
}

static void names_of_guards(void **state)
{
    static const char *const all[] = {
        "min_users",        "max_fewer_users", "max_new_inactive",
        "max_placeholders", "max_rejects",     "zero_rows",
        "changes_baseline", NULL};
    static const char *const wrong[] = {"zero_rows", "max_user", NULL};
    static const char *const none[] = {NULL};
    struct error err = {0};

    (void)state;
    assert_int_equal(guard_check_names(none, &err), 0);
    assert_int_equal(guard_check_names(all, &err), 0);
    assert_int_equal(guard_check_names(wrong, &err), -1);
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.text, "\"max_user\""));
    for (size_t i = 0; all[i] != NULL; i++)
        assert_non_null(strstr(err.hint, all[i]));
}

static void more_than_the_report_holds(void **state)
{
    struct run_report report = {0};
    struct error err = {0};

    (void)state;
    for (int i = 0; i < REPORT_GUARDS_MAX + 2; i++)
        assert_int_equal(guard_minimum(&report, "g", 1, 1, &err), 0);
    assert_int_equal(report.guard_count, REPORT_GUARDS_MAX);
    assert_int_equal(guard_minimum(&report, "g", 0, 1, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minimum),
        cmocka_unit_test(maximum_share),
        cmocka_unit_test(share_of_nothing),
        cmocka_unit_test(share_reads_well),
        cmocka_unit_test(maximum),
        cmocka_unit_test(an_accepted_guard),
        cmocka_unit_test(names_of_guards),
        cmocka_unit_test(more_than_the_report_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
