#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "instant.h"

enum { REFUSED = INT32_MIN };

struct instant_case {
    const char *text;
    int64_t instant;
};

static void check_all(const struct instant_case *cases, size_t count,
                      enum instant_format format)
{
    for (size_t i = 0; i < count; i++) {
        int64_t instant = REFUSED;
        int status = instant_parse(cases[i].text, format, &instant);

        if (instant != cases[i].instant ||
            (status == 0) != (cases[i].instant != REFUSED))
            fail_msg("%s: %lld", cases[i].text, (long long)instant);
    }
}

#define CHECK_ALL(cases, format)                                               \
    check_all(cases, sizeof(cases) / sizeof((cases)[0]), format)

static void iso8601(void **state)
{
    static const struct instant_case cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-23T02:00:00Z", 1795399200000},
        {"2026-11-23T02:00:00.000+0000", 1795399200000},
        {"2026-11-23T02:00:00.1Z", 1795399200100},
        {"2026-11-23T02:00:00.123456789Z", 1795399200123},
        {"2026-11-23t02:00:00z", 1795399200000},
        {"2026-11-23 02:00Z", 1795399200000},
        {"2026-11-23T04:30:00+02:30", 1795399200000},
        {"2026-11-22T18:00:00-08", 1795399200000},
        {"2026-11-23T02:00:00-00:00", 1795399200000},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"2016-12-31T23:59:60Z", 1483228799999},
        {"0001-01-01T00:00:00Z", -62135596800000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
        {"9999-12-31T23:59:59-01:00", REFUSED},
        {"0001-01-01T00:00:00+01:00", REFUSED},
        {"0000-01-01T00:00:00Z", REFUSED},
        {"2023-02-29T00:00:00Z", REFUSED},
        {"1900-02-29T00:00:00Z", REFUSED},
        {"2026-04-31T00:00:00Z", REFUSED},
        {"2026-13-01T00:00:00Z", REFUSED},
        {"2026-00-01T00:00:00Z", REFUSED},
        {"2026-01-00T00:00:00Z", REFUSED},
        {"2026-01-01T24:00:00Z", REFUSED},
        {"2026-01-01T00:60:00Z", REFUSED},
        {"2026-01-01T00:00:61Z", REFUSED},
        {"2026-01-01T00:00:00", REFUSED},
        {"2026-01-01", REFUSED},
        {"2026-01-01T00:00:00.Z", REFUSED},
        {"2026-01-01T00:00:00.1234567890Z", REFUSED},
        {"2026-01-01T00:00:00+24:00", REFUSED},
        {"2026-01-01T00:00:00+01:60", REFUSED},
        {"2026-01-01T00:00:00+1", REFUSED},
        {"2026-01-01T00:00:00Z ", REFUSED},
        {" 2026-01-01T00:00:00Z", REFUSED},
        {"26-01-01T00:00:00Z", REFUSED},
        {"", REFUSED},
    };

    (void)state;
    CHECK_ALL(cases, INSTANT_ISO8601);
}

static void epoch_ms(void **state)
{
    static const struct instant_case cases[] = {
        {"0", 0},
        {"1795399200123", 1795399200123},
        {"-1", -1},
        {"-62135596800000", -62135596800000},
        {"-62135596800001", REFUSED},
        {"253402300799999", 253402300799999},
        {"253402300800000", REFUSED},
        {"99999999999999999999999999", REFUSED},
        {"1.5", REFUSED},
        {"1e3", REFUSED},
        {"-", REFUSED},
        {"", REFUSED},
    };

    (void)state;
    CHECK_ALL(cases, INSTANT_EPOCH_MS);
}

static void day_month_year(void **state)
{
    static const struct instant_case cases[] = {
        {"3 Jan 2024", 1704240000000},  {"03 Jan 2024 15:31:57", 1704295917000},
        {"29 Feb 2024", 1709164800000}, {"29 Feb 2023", REFUSED},
        {"3 Foo 2024", REFUSED},        {"3 Ja", REFUSED},
        {"3 Jan 24", REFUSED},          {"3 Jan 2024 15", REFUSED},
        {"3 Jan 2024 ", REFUSED},       {"", REFUSED},
    };

    (void)state;
    CHECK_ALL(cases, INSTANT_DAY_MON_YEAR);
}

static void people_may_leave_out_time_and_zone(void **state)
{
    static const struct instant_case cases[] = {
        {"2026-11-23", 1795392000000},
        {"2026-11-23T02:00", 1795399200000},
        {"2026-11-23T02:00:00", 1795399200000},
        {"2026-11-23T04:00:00+02:00", 1795399200000},
        {"2026-11-23T02:00+", REFUSED},
        {"2026-11-23T02:00+0", REFUSED},
        {"2026-11-23T02:00+01:", REFUSED},
        {"2026-11-23T02:00+25", REFUSED},
        {"2026-11-23T", REFUSED},
        {"2026-11-23T02", REFUSED},
        {"2026-11-23 x", REFUSED},
        {"yesterday", REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t instant = REFUSED;

        instant_parse_lenient(cases[i].text, &instant);
        if (instant != cases[i].instant)
            fail_msg("%s: %lld", cases[i].text, (long long)instant);
    }
}

static void a_date_alone_is_its_midnight(void **state)
{
    int64_t instant = REFUSED;

    (void)state;
    assert_int_equal(
        instant_parse("2026-11-23", INSTANT_ISO8601_DATE, &instant), 0);
    assert_true(instant == 1795392000000);
    assert_int_equal(instant_parse("2026-11-23T02:00:00Z", INSTANT_ISO8601_DATE,
                                   &instant),
                     0);
    assert_true(instant == 1795399200000);
    /* A time still needs a zone, and a date all of its digits. */
    assert_int_equal(instant_parse("2026-11-23T02:00:00", INSTANT_ISO8601_DATE,
                                   &instant),
                     -1);
    assert_int_equal(
        instant_parse("2026-11-2", INSTANT_ISO8601_DATE, &instant), -1);
    assert_int_equal(
        instant_parse("2026-13-01", INSTANT_ISO8601_DATE, &instant), -1);
}

static void written_forms(void **state)
{
    char text[INSTANT_TEXT_MAX];

    (void)state;
    instant_rfc3339(1795399200000, text);
    assert_string_equal(text, "2026-11-23T02:00:00Z");
    instant_rfc3339(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    instant_rfc3339_ms(1795399200000, text);
    assert_string_equal(text, "2026-11-23T02:00:00.000Z");
    instant_compact(1795399200999, text);
    assert_string_equal(text, "20261123T020000Z");
    instant_rfc3339(-62135596800000, text);
    assert_string_equal(text, "0001-01-01T00:00:00Z");
}

static void formats_check_their_room(void **state)
{
    char text[5];

    (void)state;
    assert_int_equal(instant_format(0, "%Y", 0, text, sizeof(text)), 0);
    assert_string_equal(text, "1970");
    assert_int_equal(instant_format(0, "%Yx", 0, text, sizeof(text)), -1);
    assert_int_equal(instant_format(0, "%d%%", -1, text, sizeof(text)), 0);
    assert_string_equal(text, "31%");
    assert_int_equal(instant_format(0, "%q", 0, text, sizeof(text)), -1);
    assert_int_equal(instant_format(0, "%", 0, text, sizeof(text)), -1);
    assert_int_equal(instant_format(0, "", 0, text, sizeof(text)), 0);
    assert_string_equal(text, "");
}

static void written_forms_are_read_back(void **state)
{
    static const char *const formats[] = {
        "%Y-%m-%d %H:%M:%S.%f+00", "%d.%m.%Y %H%M%S%f", "%%%Y%m%d%H%M%S.%f%%"};
    const int64_t instant = 1795399200123;
    char text[INSTANT_TEXT_MAX];
    int64_t back;

    (void)state;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        back = 0;
        instant_format(instant, formats[i], 0, text, sizeof(text));
        assert_int_equal(instant_parse_format(text, formats[i], &back), 0);
        assert_true(back == instant);
    }
    assert_int_equal(instant_parse_format("31.12.", "%d.%m.", &back), 0);
    assert_true(back == 364 * (int64_t)INSTANT_DAY);
    assert_int_equal(instant_parse_format("2026-1-01", "%Y-%m-%d", &back), -1);
    assert_int_equal(instant_parse_format("2026-02-30", "%Y-%m-%d", &back),
                     -1);
    assert_int_equal(instant_parse_format("2026-01-01x", "%Y-%m-%d", &back),
                     -1);
    assert_int_equal(instant_parse_format("2026", "%Y-%m-%d", &back), -1);
    assert_int_equal(instant_parse_format("2026", "%Y%", &back), -1);
}

static void days_of_four_centuries_go_round(void **state)
{
    char text[INSTANT_TEXT_MAX];

    (void)state;
    for (int64_t day = -146097; day < 0; day += 13) {
        int64_t instant = day * INSTANT_DAY + 1, back = 0;

        instant_rfc3339(instant, text);
        assert_int_equal(instant_parse(text, INSTANT_ISO8601, &back), 0);
        assert_true(back == instant);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iso8601),
        cmocka_unit_test(epoch_ms),
        cmocka_unit_test(day_month_year),
        cmocka_unit_test(people_may_leave_out_time_and_zone),
        cmocka_unit_test(a_date_alone_is_its_midnight),
        cmocka_unit_test(written_forms),
        cmocka_unit_test(formats_check_their_room),
        cmocka_unit_test(written_forms_are_read_back),
        cmocka_unit_test(days_of_four_centuries_go_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
