#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "exchange_stage.h"
/* The Makefile links one file per test. */
#include "exchange_stage.c"

static int times_in(const char *text, const char *part)
{
    int count = 0;

    for (; (text = strstr(text, part)) != NULL; text++)
        count++;
    return count;
}

static void retries_what_may_pass(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 503 Down\r\n" NO_BODY},
        {.bytes = "HTTP/1.1 200 OK\r\n" JSON "Content-Length: 9\r\n\r\n{}",
         .end = SCRIPT_CLOSE},
        {.bytes = "HTTP/1.1 200 OK\r\n" JSON "Content-Length: 9\r\n\r\n{}",
         .end = SCRIPT_RESET},
        {.bytes = "", .end = SCRIPT_CLOSE}, /* on a new connection */
        {.bytes = "HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n"
                  "Content-Length: 14\r\n\r\n<html>PRIVATE<"},
        {.bytes =
             "HTTP/1.1 429 Slow\r\nRetry-After: soon\r\n"
             "Beta-Retry-After: 7200\r\nX-Beta-Retry-After: 7200\r\n" NO_BODY},
        {.bytes = "HTTP/1.1 408 Late\r\n" NO_BODY},
        {.bytes = "HTTP/1.1 200 OK\r\n" JSON "\r\n[{\"a\":\"b\\\"}]",
         .end = SCRIPT_CLOSE}, /* cut, and libcurl cannot know */
        {.bytes = "HTTP/1.1 200 OK\r\n" JSON NO_BODY},
        {.bytes = "HTTP/1.1 429 Slow\r\n"
                  "Retry-After: Sun, 06 Nov 1994 08:49:36 GMT\r\n" NO_BODY},
        {.bytes = "HTTP/1.1 409 Busy\r\nRetry-After: 0\r\n" NO_BODY},
        {.bytes = OK_REPLY},
    };
    struct stage *stage = stage_new(steps, COUNT(steps));

    (void)state;
    submit(stage, 1);
    assert_ran(stage);
    assert_int_equal(calls.count, 1);
    assert_int_equal(calls.status[0], 200);
    assert_int_equal(stage->server->request_count, COUNT(steps));
    assert_int_equal(stage->stats.requests, COUNT(steps));
    assert_int_equal(stage->stats.retries, COUNT(steps) - 1);
    assert_int_equal(times_in(stage->log_text, " warn  retry jira_users: "),
                     COUNT(steps) - 1);
    assert_has(stage->log_text, "503 Service Unavailable; try 2 in 0.00");
    assert_discreet(stage);
    stage_free(stage);
}

static void stalls_are_retried(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 200 OK\r\n" JSON "Content-Length: 9\r\n\r\n{}",
         .end = SCRIPT_STALL},
        {.bytes = OK_REPLY},
    };
    struct stage *stage = stage_new(steps, COUNT(steps));

    (void)state;
    submit(stage, 1);
    assert_ran(stage);
    assert_int_equal(calls.count, 1);
    assert_has(stage->log_text, "timed out");
    stage_free(stage);
}

static void gives_up_when_the_budget_is_spent(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 429 Slow\r\nConnection: close\r\n" NO_BODY},
        {.bytes = "", .end = SCRIPT_CLOSE}, /* on a new connection */
        {.bytes = "HTTP/1.1 503 Down\r\n" NO_BODY},
    };
    struct stage *stage = stage_new(steps, COUNT(steps));
    char want[64];

    (void)state;
    stage->job.limits.retry_for_ms = 300;
    stage->job.limits.concurrency = 1;
    submit(stage, 3);
    assert_int_equal(run(stage), -1);
    assert_int_equal(stage->err.kind, ERROR_UNAVAILABLE);
    assert_true(stage->server->request_count > 3);
    snprintf(want, sizeof(want), ": gave up after %d tries in 0s: ",
             stage->server->request_count);
    assert_has(stage->err.text, want);
    assert_has(stage->err.text, ": 429 Too Many Requests (once), empty answer "
                                "(once), 503 Service Unavailable (");
    assert_has(stage->err.text, " times)");
    assert_has(stage->err.hint, "limits.retry_for");
    assert_int_equal(calls.count, 0);
    /* The endpoint was in trouble: the others were not even begun. */
    assert_null(strstr(stage->server->request[3], "&n=1 "));
    stage_free(stage);
}

static void begins_no_more_in_trouble(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 503 Down\r\n" NO_BODY}};
    struct stage *stage = stage_new(steps, COUNT(steps));
    int i;

    (void)state;
    stage->job.limits.retry_for_ms = 200;
    submit(stage, 10);
    assert_int_equal(run(stage), -1);
    assert_true(stage->server->request_count > 4);
    for (i = 0; i < stage->server->request_count; i++)
        assert_true(strstr(stage->server->request[i], "&n=0 ") != NULL ||
                    strstr(stage->server->request[i], "&n=1 ") != NULL);
    stage_free(stage);
}

static void too_long_a_wait_ends_at_once(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 429 Slow\r\nRetry-After: 172800\r\n" NO_BODY}};
    struct stage *stage = stage_new(steps, COUNT(steps));

    (void)state;
    submit(stage, 1);
    assert_int_equal(run(stage), -1);
    assert_int_equal(stage->err.kind, ERROR_UNAVAILABLE);
    assert_has(stage->err.text, "gave up after 1 try in 0s: 429 Too Many "
                                "Requests (once)");
    assert_has(stage->err.hint, "asked to wait 48h0m0s");
    assert_int_equal(stage->server->request_count, 1);
    stage_free(stage);
}

static void waits_as_long_as_asked(void **state)
{
    static const char *const asked[] = {"1", "0.2",
                                        "Sun, 06 Nov 1994 08:49:38 GMT"};
    char bytes[128];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(asked); i++) {
        const struct script_step steps[] = {{.bytes = bytes},
                                            {.bytes = OK_REPLY}};
        struct stage *stage = stage_new(steps, COUNT(steps));

        snprintf(bytes, sizeof(bytes),
                 "HTTP/1.1 503 Down\r\nRetry-After: %s\r\n" NO_BODY, asked[i]);
        submit(stage, 1);
        assert_ran(stage);
        assert_int_equal(calls.count, 1);
        assert_true(calls.at_ms[0] >= 1000);
        assert_true(stage->stats.waited_ms >= 1000);
        stage_free(stage);
    }
}

static void a_429_holds_back_its_endpoint_only(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\n" NO_BODY},
        {.bytes = OK_REPLY}};
    struct stage *stage = stage_new(steps, COUNT(steps));
    int i;

    (void)state;
    /* One at a time, so that none can be answered beside the 429. */
    stage->job.limits.concurrency = 1;
    submit(stage, 6);
    submit_to(stage, 1, 6, NULL);
    assert_ran(stage);
    assert_int_equal(calls.count, 7);
    assert_int_equal(calls.number[0], 6);
    for (i = 1; i < 7; i++)
        assert_true(calls.at_ms[i] >= 1000);
    stage_free(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retries_what_may_pass),
        cmocka_unit_test(stalls_are_retried),
        cmocka_unit_test(gives_up_when_the_budget_is_spent),
        cmocka_unit_test(begins_no_more_in_trouble),
        cmocka_unit_test(too_long_a_wait_ends_at_once),
        cmocka_unit_test(waits_as_long_as_asked),
        cmocka_unit_test(a_429_holds_back_its_endpoint_only),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
