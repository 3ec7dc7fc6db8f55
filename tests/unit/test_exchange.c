#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/time.h>

#include "exchange_stage.h"
/* The Makefile links one file per test. */
#include "exchange_stage.c"

static void keeps_the_order(void **state)
{
    struct stage *stage = stage_new(ok_steps, 1);
    int i;

    (void)state;
    stage->job.limits.concurrency = 1;
    submit(stage, 20);
    assert_ran(stage);
    assert_int_equal(calls.count, 20);
    for (i = 0; i < 20; i++) {
        char want[16];

        assert_int_equal(calls.number[i], i);
        snprintf(want, sizeof(want), "&n=%d ", i);
        assert_has(stage->server->request[i], want);
    }
    assert_int_equal(stage->server->connection_count, 1);
    assert_int_equal(stage->stats.requests, 20);
    assert_int_equal(stage->stats.body_bytes, 40);
    assert_discreet(stage);
    stage_free(stage);
}

static void keeps_the_bound(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = OK_REPLY, .delay_ms = 30}};
    struct stage *stage = stage_new(steps, 1);

    (void)state;
    stage->job.limits.concurrency = 3;
    submit(stage, 20);
    assert_ran(stage);
    assert_int_equal(calls.count, 20);
    assert_int_equal(stage->server->most, 3);
    assert_in_range(stage->server->connection_count, 1, 3);
    stage_free(stage);
}

static void the_bound_is_for_all_endpoints(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = OK_REPLY, .delay_ms = 30}};
    struct stage *stage = stage_new(steps, 1);
    int i;

    (void)state;
    stage->endpoints[1].url = stage->url;
    for (i = 0; i < 12; i++)
        submit_to(stage, i % 2, i, NULL);
    assert_ran(stage);
    assert_int_equal(calls.count, 12);
    assert_int_equal(stage->server->most, 2);
    stage_free(stage);
}

static void the_order_is_for_all_endpoints(void **state)
{
    struct stage *stage = stage_new(ok_steps, 1);
    int i;

    (void)state;
    stage->job.limits.concurrency = 1;
    for (i = 0; i < 12; i++)
        submit_to(stage, i / 3 % 2, i, NULL);
    assert_ran(stage);
    for (i = 0; i < 12; i++)
        assert_int_equal(calls.number[i], i);
    stage_free(stage);
}

static void keeps_the_rate(void **state)
{
    struct stage *stage = stage_new(ok_steps, 1);

    (void)state;
    stage->endpoints[0].rate_count = 10; /* and so a burst of 10 */
    stage->endpoints[0].rate_per_ms = 1000;
    submit(stage, 13);
    assert_ran(stage);
    assert_int_equal(calls.count, 13);
    assert_true(calls.at_ms[12] >= 300);
    assert_true(stage->stats.waited_ms > 0);
    stage_free(stage);
}

static void done_may_end_the_run(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = OK_REPLY, .delay_ms = 50}};
    struct stage *stage = stage_new(steps, COUNT(steps));
    struct error again = {0};

    (void)state;
    stage->job.limits.concurrency = 16;
    calls.fail_at = 3;
    submit(stage, 32);
    assert_int_equal(exchange_run(stage->exchange, &stage->err), -1);
    assert_int_equal(stage->err.kind, ERROR_DATA);
    assert_string_equal(stage->err.text, "done says no");
    assert_int_equal(calls.count, 3);
    assert_int_equal(exchange_run(stage->exchange, &again), -1);
    assert_int_equal(calls.count, 3);
    stage_free(stage);
}

static int submit_more(void *context, const struct exchange_answer *answer,
                       struct error *err)
{
    struct call *call = context;
    const struct exchange_request request = {.endpoint =
                                                 &call->stage->endpoints[0],
                                             .source = &call->stage->source,
                                             .path_query = "/next",
                                             .body = "{\"cursor\":1}",
                                             .method = "POST"};

    assert_int_equal(answer->status, 200);
    if (++call->number == 10)
        return 0;
    return exchange_submit(call->stage->exchange, &request, submit_more, call,
                           err);
}

static void done_may_submit_more(void **state)
{
    struct stage *stage = stage_new(ok_steps, 1);
    struct call call = {stage, 0};
    const struct exchange_answer first = {.status = 200};

    (void)state;
    stage->exchange = exchange_new(&stage->options, &stage->err);
    assert_int_equal(submit_more(&call, &first, &stage->err), 0);
    assert_ran(stage);
    assert_int_equal(call.number, 10);
    assert_has(stage->server->request[8], "POST /next HTTP/1.1\r\n");
    assert_has(stage->server->request[8], "\r\n\r\n{\"cursor\":1}");
    stage_free(stage);
}

static void set_stop(int signal_number)
{
    (void)signal_number;
    stop = 1;
}

static void stop_after_ms(long ms)
{
    const struct itimerval timer = {.it_value = {.tv_usec = ms * 1000}};

    signal(SIGALRM, set_stop);
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void stop_is_seen_in_time(void **state)
{
    static const struct script_step waits[] = {
        {.bytes = "", .end = SCRIPT_STALL},
        {.bytes = "HTTP/1.1 429 Slow\r\nRetry-After: 60\r\n" NO_BODY},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(waits); i++) {
        struct stage *stage = stage_new(&waits[i], 1);

        submit(stage, 3);
        stop_after_ms(150);
        assert_int_equal(exchange_run(stage->exchange, &stage->err), -1);
        assert_true(elapsed(stage) < 900); /* 350 and room for a slow machine */
        assert_int_equal(stage->err.kind, ERROR_INTERRUPTED);
        assert_int_equal(calls.count, 0);
        stage_free(stage);
    }
}

static void the_run_has_a_deadline(void **state)
{
    static const struct script_step waits[] = {
        {.bytes = "", .end = SCRIPT_STALL},
        {.bytes = "HTTP/1.1 429 Slow\r\nRetry-After: 60\r\n" NO_BODY},
    };
    struct http_limits patient = quick;
    size_t i;

    (void)state;
    patient.stall_seconds = 20;
    for (i = 0; i < COUNT(waits); i++) {
        struct stage *stage = stage_new(&waits[i], 1);

        stage->options.limits = &patient;
        stage->job.limits.run_for_ms = i == 0 ? 200 : 50 * 1000;
        stage->job.limits.concurrency = 1;
        submit(stage, 3);
        assert_int_equal(run(stage), -1);
        assert_true(elapsed(stage) < 10 * 1000);
        assert_int_equal(stage->err.kind, ERROR_TRY_LATER);
        assert_has(stage->err.text, "3 requests are left");
        assert_has(stage->err.hint, "limits.run_for");
        assert_int_equal(stage->server->request_count, 1);
        stage_free(stage);
    }
}

static void authorises_each_way(void **state)
{
    static const struct {
        enum auth_type auth;
        const char *header;
    } ways[] = {
        /* printf 'jane.doe@acme.com:s3cr3t-token' | base64 */
        {AUTH_BASIC, "\r\nAuthorization: Basic "
                     "amFuZS5kb2VAYWNtZS5jb206czNjcjN0LXRva2Vu\r\n"},
        {AUTH_BEARER, "\r\nAuthorization: Bearer " SECRET "\r\n"},
        {AUTH_COOKIE, "\r\nCookie: cloud.session.token=" SECRET "\r\n"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(ways); i++) {
        struct stage *stage = stage_new(ok_steps, 1);

        stage->endpoints[0].auth = ways[i].auth;
        stage->endpoints[0].cookie = "cloud.session.token";
        stage->endpoints[1].auth = AUTH_NONE;
        submit(stage, 2);
        submit_to(stage, 1, 2, NULL);
        assert_ran(stage);
        assert_has(stage->server->request[0], ways[i].header);
        assert_has(stage->server->request[1], ways[i].header);
        assert_has(stage->server->request[0], "User-Agent: rollcall/");
        assert_null(strstr(stage->second->request[0], "Authorization"));
        assert_null(strstr(stage->second->request[0], "Cookie"));
        assert_discreet(stage);
        stage_free(stage);
    }
}

static void secrets_are_loaded_on_first_use(void **state)
{
    struct stage *stage = stage_new(ok_steps, 1);

    (void)state;
    stage->endpoints[1].secret.name = "RC_MISSING";
    submit(stage, 1);
    assert_int_equal(exchange_run(stage->exchange, &stage->err), 0);
    unsetenv("RC_TOKEN");
    submit(stage, 1); /* loaded already */
    assert_int_equal(exchange_run(stage->exchange, &stage->err), 0);
    submit_to(stage, 1, 2, NULL);
    assert_int_equal(run(stage), -1);
    assert_int_equal(stage->err.kind, ERROR_CONFIG);
    assert_has(stage->err.text, "endpoint admin: ");
    assert_has(stage->err.text, "RC_MISSING");
    assert_int_equal(stage->second->connection_count, 0);
    stage_free(stage);
}

static void requests_stay_with_their_host(void **state)
{
    static const char *const bad[] = {".evil.example/", "@evil.example/", "",
                                      "x"};
    struct stage *stage = stage_new(ok_steps, 1);
    struct exchange_request request = {.endpoint = &stage->endpoints[0],
                                       .source = &stage->source,
                                       .method = "GET"};
    size_t i;

    (void)state;
    stage->exchange = exchange_new(&stage->options, &stage->err);
    for (i = 0; i < COUNT(bad); i++) {
        struct error err = {0};

        request.path_query = bad[i];
        assert_int_equal(
            exchange_submit(stage->exchange, &request, note_call, NULL, &err),
            -1);
        assert_int_equal(err.kind, ERROR_DATA);
    }
    assert_ran(stage);
    assert_int_equal(stage->server->connection_count, 0);
    stage_free(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(keeps_the_bound),
        cmocka_unit_test(the_bound_is_for_all_endpoints),
        cmocka_unit_test(the_order_is_for_all_endpoints),
        cmocka_unit_test(keeps_the_rate),
        cmocka_unit_test(done_may_end_the_run),
        cmocka_unit_test(done_may_submit_more),
        cmocka_unit_test(stop_is_seen_in_time),
        cmocka_unit_test(the_run_has_a_deadline),
        cmocka_unit_test(authorises_each_way),
        cmocka_unit_test(secrets_are_loaded_on_first_use),
        cmocka_unit_test(requests_stay_with_their_host),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
