#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "exchange_stage.h"
/* The Makefile links one file per test. */
#include "exchange_stage.c"

static const int accepted[] = {204, 403, 0};

/* One request that changes something. */
static void submit_once(struct stage *stage)
{
    static struct call call;
    const struct exchange_request request = {.endpoint = &stage->endpoints[0],
                                             .source = &stage->source,
                                             .path_query = "/change",
                                             .method = "POST",
                                             .accept = accepted,
                                             .once = true,
                                             .stats = &stage->stats};

    if (stage->exchange == NULL) {
        stage->exchange = exchange_new(&stage->options, &stage->err);
        assert_non_null(stage->exchange);
    }
    call = (struct call){stage, 7};
    assert_int_equal(exchange_submit(stage->exchange, &request, note_call,
                                     &call, &stage->err),
                     0);
}

static void unknown_outcomes_are_delivered(void **state)
{
    static const struct {
        struct script_step step;
        int status;
    } cases[] = {
        {{.bytes = "HTTP/1.1 500 Oops\r\n" NO_BODY}, 500},
        {{.bytes = "HTTP/1.1 503 Down\r\nRetry-After: 0\r\n" NO_BODY}, 503},
        {{.bytes = "HTTP/1.1 504 Late\r\n" NO_BODY}, 504},
        {{.bytes = "HTTP/1.1 409 Busy\r\n" NO_BODY}, 409},
        {{.bytes = "", .end = SCRIPT_CLOSE}, 0},
        {{.bytes = "HTTP/1.1 200 OK\r\n" JSON "Content-Length: 9\r\n\r\n{}",
          .end = SCRIPT_RESET}, 0},
        {{.bytes = "HTTP/1.1 200 OK\r\n" JSON "\r\n{\"a\":",
          .end = SCRIPT_CLOSE}, 0},
        {{.bytes = "HTTP/1.1 200 OK\r\n" JSON "Content-Length: 9\r\n\r\n{}",
          .end = SCRIPT_STALL}, 0},
        {{.bytes = "HTTP/1.1 204 Done\r\n\r\n"}, 204},
        {{.bytes = "HTTP/1.1 403 No\r\n" NO_BODY}, 403},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stage *stage = stage_new(&cases[i].step, 1);

        submit_once(stage);
        assert_ran(stage);
        assert_int_equal(calls.count, 1);
        assert_int_equal(calls.status[0], cases[i].status);
        assert_int_equal(stage->server->request_count, 1);
        assert_int_equal(stage->stats.retries, 0);
        stage_free(stage);
    }
}

/* 429 says that nothing was done, so it may be asked again. */
static void a_429_is_waited_for(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 429 Slow\r\nRetry-After: 0\r\n" NO_BODY},
        {.bytes = "HTTP/1.1 429 Slow\r\n" NO_BODY},
        {.bytes = "HTTP/1.1 502 Oops\r\n" NO_BODY}};
    struct stage *stage = stage_new(steps, COUNT(steps));

    (void)state;
    submit_once(stage);
    assert_ran(stage);
    assert_int_equal(calls.status[0], 502);
    assert_int_equal(stage->server->request_count, 3);
    stage_free(stage);
}

/* A reused connection that closes without an answer makes libcurl send the
 * request again on its own: that may be the second time. */
static void libcurl_does_not_repeat_it(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = OK_REPLY},
        {.bytes = "", .end = SCRIPT_CLOSE},
        {.bytes = "HTTP/1.1 204 Done\r\n\r\n"}};
    struct stage *stage = stage_new(steps, COUNT(steps));

    (void)state;
    submit(stage, 1);
    assert_int_equal(exchange_run(stage->exchange, &stage->err), 0);
    submit_once(stage);
    assert_ran(stage);
    assert_int_equal(calls.count, 2);
    assert_int_equal(calls.status[1], 0);
    assert_int_equal(stage->server->request_count, 2);
    stage_free(stage);
}

static void a_refused_login_ends_the_run(void **state)
{
    static const char *const heads[] = {
        "HTTP/1.1 401 No\r\n" NO_BODY,
        "HTTP/1.1 302 There\r\nLocation: https://id.test/\r\n" NO_BODY,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" NO_BODY};

    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        const struct script_step step = {.bytes = heads[i]};
        struct stage *stage = stage_new(&step, 1);

        submit_once(stage);
        assert_int_equal(run(stage), -1);
        assert_int_equal(stage->err.kind, ERROR_AUTH);
        assert_int_equal(calls.count, 0);
        assert_int_equal(stage->server->request_count, 1);
        stage_free(stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_outcomes_are_delivered),
        cmocka_unit_test(a_429_is_waited_for),
        cmocka_unit_test(libcurl_does_not_repeat_it),
        cmocka_unit_test(a_refused_login_ends_the_run),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
