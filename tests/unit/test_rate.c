#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rate.h"

/* Requests a caller gets through in span_ms that asks again when told. */
static int drive(struct rate *rate, int64_t from_ms, int64_t span_ms)
{
    int64_t now = from_ms;
    int taken = 0;

    while (now < from_ms + span_ms) {
        int64_t wait = rate_take(rate, now);

        taken += wait == 0;
        now += wait;
    }
    return taken;
}

static void holds_the_rate(void **state)
{
    struct rate rate;

    (void)state;
    rate_init(&rate, 10, 1000, 5000);
    assert_int_equal(drive(&rate, 5000, 10000), 10 + 99);
    rate_init(&rate, 50, 60000, 0);
    assert_int_equal(drive(&rate, 0, 600000), 500);
    rate_init(&rate, 10, 60000, 0);
    assert_int_equal(drive(&rate, 0, 60000), 10);
    rate_init(&rate, 3, 1000, 0); /* 333.3 ms: no drift from rounding */
    assert_int_equal(drive(&rate, 0, 100000), 3 + 299);
}

static void the_wait_is_exact(void **state)
{
    struct rate rate;

    (void)state;
    rate_init(&rate, 10, 60000, 0);
    assert_int_equal(rate_take(&rate, 0), 0);
    assert_int_equal(rate_take(&rate, 0), 6000);
    assert_int_equal(rate_take(&rate, 5999), 1);
    assert_int_equal(rate_take(&rate, 6000), 0);
    assert_int_equal(rate_take(&rate, 5000), 6000); /* time went back */
}

static void idling_saves_no_more_than_a_second(void **state)
{
    struct rate rate;
    int i;

    (void)state;
    rate_init(&rate, 10, 1000, 0);
    for (i = 0; i < 10; i++)
        assert_int_equal(rate_take(&rate, INT64_MAX / 4), 0);
    assert_int_equal(rate_take(&rate, INT64_MAX / 4), 100);
}

static void no_limit_still_pauses(void **state)
{
    struct rate rate;
    int i;

    (void)state;
    rate_init(&rate, 0, 0, 0);
    for (i = 0; i < 1000; i++)
        assert_int_equal(rate_take(&rate, 0), 0);
    rate_pause(&rate, 3000);
    assert_int_equal(rate_take(&rate, 1000), 2000);
    assert_int_equal(rate_take(&rate, 3000), 0);
}

static void a_pause_ends_without_a_burst(void **state)
{
    struct rate rate;

    (void)state;
    rate_init(&rate, 10, 1000, 0);
    rate_pause(&rate, 60000);
    rate_pause(&rate, 1000); /* a shorter one does not cut it */
    assert_int_equal(rate_take(&rate, 0), 60000);
    assert_int_equal(rate_take(&rate, 59999), 1);
    assert_int_equal(rate_take(&rate, 60000), 0);
    assert_int_equal(rate_take(&rate, 60000), 100);
    rate_pause(&rate, 60001); /* a short one wins no token */
    assert_int_equal(rate_take(&rate, 60001), 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_the_rate),
        cmocka_unit_test(the_wait_is_exact),
        cmocka_unit_test(idling_saves_no_more_than_a_second),
        cmocka_unit_test(no_limit_still_pauses),
        cmocka_unit_test(a_pause_ends_without_a_burst),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
