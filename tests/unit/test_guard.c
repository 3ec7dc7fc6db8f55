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
        cmocka_unit_test(more_than_the_report_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
