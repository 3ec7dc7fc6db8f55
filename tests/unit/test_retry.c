#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "retry.h"

enum { NOVEMBER_6 = 784111777 }; /* Sun, 06 Nov 1994 08:49:37 GMT */

static struct retry_input failure(int status)
{
    return (struct retry_input){.status = status,
                                .attempt = 1,
                                .budget_ms = 15 * 60 * 1000,
                                .random = UINT64_MAX};
}

static void retries_what_may_pass(void **state)
{
    static const int again[] = {408, 409, 425, 429, 500, 501,
                                502, 503, 504, 529, 599};
    static const int never[] = {200, 204, 301, 302, 400, 401, 403,
                                404, 405, 407, 410, 413, 422, 600};
    struct retry_input in;
    int64_t delay;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(again) / sizeof(int); i++) {
        in = failure(again[i]);
        assert_int_equal(retry_decide(&in, &delay), RETRY_AGAIN);
    }
    for (i = 0; i < sizeof(never) / sizeof(int); i++) {
        in = failure(never[i]);
        assert_int_equal(retry_decide(&in, &delay), RETRY_NEVER);
    }
    in = failure(503); /* a status left over from nowhere does not count */
    in.transport_failed = true;
    assert_int_equal(retry_decide(&in, &delay), RETRY_NEVER);
    in.transport_transient = true;
    in.status = 0;
    assert_int_equal(retry_decide(&in, &delay), RETRY_AGAIN);
}

static void jitter_doubles_up_to_the_cap(void **state)
{
    static const int64_t ceilings[] = {500,   1000,  2000,  4000,  8000,
                                       16000, 32000, 60000, 60000, 60000};
    struct retry_input in = failure(500);
    uint64_t random;
    int64_t delay;
    int i;

    (void)state;
    for (i = 0; i < 10; i++) {
        in.attempt = i + 1;
        for (random = 0; random < 200000; random += 777) {
            in.random = random;
            retry_decide(&in, &delay);
            assert_in_range(delay, 0, ceilings[i]);
        }
        in.random = (uint64_t)ceilings[i];
        retry_decide(&in, &delay);
        assert_int_equal(delay, ceilings[i]);
        in.random = (uint64_t)ceilings[i] + 1;
        retry_decide(&in, &delay);
        assert_int_equal(delay, 0);
    }
    in.attempt = INT32_MAX;
    assert_int_equal(retry_decide(&in, &delay), RETRY_AGAIN);
    assert_in_range(delay, 0, RETRY_CAP_MS);
}

static void retry_after_is_a_floor(void **state)
{
    struct retry_input in = failure(429);
    int64_t delay;

    (void)state;
    in.has_retry_after = true;
    in.retry_after_ms = 7000;
    assert_int_equal(retry_decide(&in, &delay), RETRY_AGAIN);
    assert_int_equal(delay, 7000);
    in.retry_after_ms = -506146134;
    assert_int_equal(retry_decide(&in, &delay), RETRY_AGAIN);
    assert_in_range(delay, 0, 500);
    in.retry_after_ms = 7000;
    in.has_retry_after = false;
    retry_decide(&in, &delay);
    assert_in_range(delay, 0, 500);
}

static void gives_up_instead_of_a_useless_wait(void **state)
{
    struct retry_input in = failure(429);
    int64_t delay;

    (void)state;
    in.has_retry_after = true;
    in.retry_after_ms = INT64_MAX; /* clamped to an hour: above 15 minutes */
    assert_int_equal(retry_decide(&in, &delay), RETRY_GIVE_UP);
    in.budget_ms = RETRY_AFTER_MAX_MS;
    assert_int_equal(retry_decide(&in, &delay), RETRY_AGAIN);
    assert_int_equal(delay, RETRY_AFTER_MAX_MS);
    in.spent_ms = 1;
    assert_int_equal(retry_decide(&in, &delay), RETRY_GIVE_UP);
}

static void assert_after(const char *text, int64_t now_ms, int64_t want)
{
    int64_t delay = -1;

    assert_int_equal(retry_after_parse(text, now_ms, &delay), 0);
    assert_int_equal(delay, want);
}

static void reads_retry_after(void **state)
{
    const int64_t now = (int64_t)NOVEMBER_6 * 1000 - 5000;

    (void)state;
    assert_after("0", now, 0);
    assert_after("7", now, 7000);
    assert_after("1.5", now, 2000);
    assert_after("1.0", now, 1000);
    assert_after("0.001", now, 1000);
    assert_after("Sun, 06 Nov 1994 08:49:37 GMT", now, 5000);
    assert_after("Sunday, 06-Nov-94 08:49:37 GMT", now, 5000);
    assert_after("Sun Nov  6 08:49:37 1994", now, 5000);
    assert_after("Sun, 06 Nov 1994 08:49:37 GMT", now + 6000, 0);
    assert_after("Monday, 23-Nov-26 00:00:01 GMT", 1795392000000, 1000);
    assert_after("99999999999999999999999999999999999", now,
                 100LL * 365 * 24 * 3600 * 1000);
}

static void refuses_other_retry_after(void **state)
{
    static const char *const garbage[] = {"",
                                          " ",
                                          "-1",
                                          "+1",
                                          "1e3",
                                          "soon",
                                          "5 s",
                                          "0x10",
                                          "1.",
                                          ".5",
                                          "1,5",
                                          "2026-03-26T16:00Z",
                                          "Sun, 06 Nov 1994 08:49:37",
                                          "Sun, 06 Nov 1994 08:49:37 PST",
                                          "Sun, 32 Nov 1994 08:49:37 GMT",
                                          "Sun, 06 Foo 1994 08:49:37 GMT",
                                          "Sun, 06 Nov 1994 25:49:37 GMT",
                                          "Sun, 06 Nov 1994 08:49:37 GMT x",
                                          "Sun Nov  6 08:49:37 1994 GMT"};
    int64_t delay;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
        if (retry_after_parse(garbage[i], 0, &delay) == 0)
            fail_msg("accepted: %s", garbage[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retries_what_may_pass),
        cmocka_unit_test(jitter_doubles_up_to_the_cap),
        cmocka_unit_test(retry_after_is_a_floor),
        cmocka_unit_test(gives_up_instead_of_a_useless_wait),
        cmocka_unit_test(reads_retry_after),
        cmocka_unit_test(refuses_other_retry_after),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
