#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "exchange_stage.h"
/* The Makefile links one file per test. */
#include "exchange_stage.c"

/* What was seen of each way to wait, the first time. */
struct seen {
    struct stage *stage;
    int ticks;
    struct exchange_wait waits[EXCHANGE_BACKOFF + 1];
    int times[EXCHANGE_BACKOFF + 1];
    int64_t at_ms[EXCHANGE_BACKOFF + 1];
};

static void look(void *context)
{
    struct seen *seen = context;
    struct stage *stage = seen->stage;
    struct exchange_wait wait;

    seen->ticks++;
    exchange_wait(stage->exchange, &stage->endpoints[0], &stage->source,
                  &wait);
    if (seen->times[wait.hold]++ > 0)
        return;
    seen->waits[wait.hold] = wait;
    seen->at_ms[wait.hold] = clock_mono(&stage->log.clock);
    exchange_wait(stage->exchange, &stage->endpoints[1], &stage->source,
                  &wait);
    assert_int_equal(wait.hold, EXCHANGE_FREE); /* another endpoint */
}

static struct seen watched(struct stage *stage, int requests)
{
    struct seen seen = {.stage = stage};

    stage->options.tick = look;
    stage->options.tick_context = &seen;
    submit(stage, requests);
    assert_ran(stage);
    assert_true(seen.ticks > 0);
    return seen;
}

static void a_backoff_has_its_cause(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 503 Down\r\n" NO_BODY},
        {.bytes = "HTTP/1.1 503 Down\r\n" NO_BODY},
        {.bytes = OK_REPLY},
    };
    struct stage *stage = stage_new(steps, COUNT(steps));
    struct seen seen;

    (void)state;
    stage->options.retry_base_ms = 400;
    stage->options.seed = 3;
    seen = watched(stage, 1);
    assert_true(seen.times[EXCHANGE_BACKOFF] > 0);
    assert_string_equal(seen.waits[EXCHANGE_BACKOFF].cause,
                        "503 Service Unavailable");
    assert_in_range(seen.waits[EXCHANGE_BACKOFF].attempt, 2, 3);
    assert_in_range(seen.waits[EXCHANGE_BACKOFF].until_ms,
                    seen.at_ms[EXCHANGE_BACKOFF],
                    seen.at_ms[EXCHANGE_BACKOFF] + 800);
    assert_int_equal(seen.times[EXCHANGE_ASKED], 0);
    assert_int_equal(seen.times[EXCHANGE_RATE], 0);
    stage_free(stage);
}

static void a_pause_is_the_servers(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\n" NO_BODY},
        {.bytes = OK_REPLY},
    };
    struct stage *stage = stage_new(steps, COUNT(steps));
    struct seen seen = watched(stage, 1);

    (void)state;
    assert_true(seen.times[EXCHANGE_ASKED] > 3);
    assert_string_equal(seen.waits[EXCHANGE_ASKED].cause,
                        "429 Too Many Requests");
    assert_in_range(seen.waits[EXCHANGE_ASKED].until_ms,
                    seen.at_ms[EXCHANGE_ASKED] + 500,
                    seen.at_ms[EXCHANGE_ASKED] + 1000);
    assert_int_equal(seen.times[EXCHANGE_BACKOFF], 0);
    stage_free(stage);
}

static void a_rate_is_the_jobs(void **state)
{
    struct stage *stage = stage_new(ok_steps, 1);
    struct seen seen;

    (void)state;
    stage->endpoints[0].rate_count = 1;
    stage->endpoints[0].rate_per_ms = 400;
    seen = watched(stage, 4); /* the burst is two */
    assert_true(seen.times[EXCHANGE_RATE] > 0);
    assert_in_range(seen.waits[EXCHANGE_RATE].until_ms,
                    seen.at_ms[EXCHANGE_RATE],
                    seen.at_ms[EXCHANGE_RATE] + 400);
    assert_string_equal(seen.waits[EXCHANGE_RATE].cause, "");
    assert_int_equal(seen.times[EXCHANGE_ASKED], 0);
    stage_free(stage);
}

static void who_is_served_does_not_wait(void **state)
{
    struct stage *stage = stage_new(ok_steps, 1);
    struct seen seen = watched(stage, 4);

    (void)state;
    assert_int_equal(seen.times[EXCHANGE_FREE], seen.ticks);
    stage_free(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backoff_has_its_cause),
        cmocka_unit_test(a_pause_is_the_servers),
        cmocka_unit_test(a_rate_is_the_jobs),
        cmocka_unit_test(who_is_served_does_not_wait),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
