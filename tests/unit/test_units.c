#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "units.h"

struct unit_case {
    const char *text;
    int status;
    int64_t value;
};

static void durations(void **state)
{
    static const struct unit_case cases[] = {
        {"500ms", 0, 500},
        {"30s", 0, 30000},
        {"5m", 0, 300000},
        {"24h", 0, 86400000},
        {"180d", 0, INT64_C(15552000000)},
        {"2w", 0, 1209600000},
        {"0s", 0, 0},
        {"9223372036854775807ms", 0, INT64_MAX},
        {"9223372036854775808ms", -1, 0},
        {"9223372036854776s", -1, 0},
        {"15250284453w", -1, 0},
        {"", -1, 0},
        {"5", -1, 0},
        {"m", -1, 0},
        {"-5m", -1, 0},
        {"+5m", -1, 0},
        {" 5m", -1, 0},
        {"5 m", -1, 0},
        {"5m ", -1, 0},
        {"5M", -1, 0},
        {"1.5h", -1, 0},
        {"5min", -1, 0},
        {"1h30m", -1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = 0;

        assert_int_equal(units_duration(cases[i].text, &ms), cases[i].status);
        assert_true(ms == cases[i].value);
    }
}

static void sizes(void **state)
{
    static const struct unit_case cases[] = {
        {"4096", 0, 4096},
        {"7B", 0, 7},
        {"64KiB", 0, 65536},
        {"200MiB", 0, 209715200},
        {"1GiB", 0, 1073741824},
        {"200MB", 0, 200000000},
        {"3TB", 0, INT64_C(3000000000000)},
        {"8388607TiB", 0, INT64_C(8388607) << 40},
        {"8388608TiB", -1, 0},
        {"18446744073709551617", -1, 0},
        {"200mb", -1, 0},
        {"200M", -1, 0},
        {"-1", -1, 0},
        {"0x10", -1, 0},
        {"", -1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t bytes = 0;

        assert_int_equal(units_size(cases[i].text, &bytes), cases[i].status);
        assert_true(bytes == (uint64_t)cases[i].value);
    }
}

static void rates(void **state)
{
    static const struct {
        const char *text;
        int status;
        int64_t count, per_ms;
    } cases[] = {
        {"10/s", 0, 10, 1000},
        {"50/min", 0, 50, 60000},
        {"3600/h", 0, 3600, 3600000},
        {"0/s", -1, 0, 0},
        {"10", -1, 0, 0},
        {"10/m", -1, 0, 0},
        {"/s", -1, 0, 0},
        {"10/s ", -1, 0, 0},
        {"0.5/s", -1, 0, 0},
        {"99999999999999999999/s", -1, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t count = 0, per_ms = 0;

        assert_int_equal(units_rate(cases[i].text, &count, &per_ms),
                         cases[i].status);
        assert_true(count == cases[i].count);
        assert_true(per_ms == cases[i].per_ms);
    }
}

static void percents(void **state)
{
    static const struct unit_case cases[] = {
        {"20%", 0, 200000},  {"0.5%", 0, 5000},
        {"0%", 0, 0},        {"100%", 0, 1000000},
        {"0.0001%", 0, 1},   {"12.34%", 0, 123400},
        {"0.00001%", -1, 0}, {"20", -1, 0},
        {"%", -1, 0},        {".5%", -1, 0},
        {"5.%", -1, 0},      {"-5%", -1, 0},
        {"20%%", -1, 0},     {"20 %", -1, 0},
        {"0,5%", -1, 0},     {"922337203685477.9999%", -1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ppm = 0;

        assert_int_equal(units_percent(cases[i].text, &ppm), cases[i].status);
        assert_true(ppm == cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(sizes),
        cmocka_unit_test(rates),
        cmocka_unit_test(percents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
