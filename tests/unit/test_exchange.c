#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "exchange.h"
#include "script_server.h"
/* The Makefile links one file per test. */
#include "script_server.c"

#define JSON       "Content-Type: application/json\r\n"
#define OK_REPLY   "HTTP/1.1 200 OK\r\n" JSON "Content-Length: 2\r\n\r\n{}"
#define NO_BODY    "Content-Length: 0\r\n\r\n"
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define SECRET     "s3cr3t-token"
#define PATH       "/rest/api/3/users/search"
#define NAME_QUERY "?q=jane.doe%40acme.com"

enum { CALLS_MAX = 64, BASE_MS = 2, URL_SIZE = 64 };

static const struct http_limits quick = {.body_max = 100 * 1000,
                                         .header_max = 16 * 1000,
                                         .connect_timeout_ms = 2000,
                                         .stall_seconds = 1,
                                         .total_timeout_ms = 20000};

/* A job with two endpoints, each a scripted server, and one source. */
struct stage {
    struct server *server, *second;
    char url[URL_SIZE], second_url[URL_SIZE];
    struct endpoint endpoints[2];
    struct job job;
    struct source source;
    struct exchange_options options;
    struct exchange *exchange;
    struct exchange_stats stats;
    struct log log;
    char *log_text;
    size_t log_size;
    int64_t began_ms;
    struct error err;
};

/* What `done` was called with, in order. */
struct call {
    struct stage *stage;
    int number;
};

static struct {
    int count;
    int number[CALLS_MAX];
    int status[CALLS_MAX];
    int64_t at_ms[CALLS_MAX];
    int fail_at; /* call number that returns -1; 0: none */
} calls;

static const struct script_step ok_steps[] = {{.bytes = OK_REPLY}};
static const char *const scopes[] = {"read:user:jira", "read:jira-user", NULL};

static volatile sig_atomic_t stop;

static int64_t wall_fixed(void *context)
{
    (void)context;
    return 784111777000; /* Sun, 06 Nov 1994 08:49:37 GMT */
}

static struct clock half_fixed_clock(void)
{
    struct clock clock = clock_system();

    clock.wall_ms = wall_fixed;
    return clock;
}

static int64_t elapsed(const struct stage *stage)
{
    return clock_mono(&stage->options.clock) - stage->began_ms;
}

static void set_endpoint(struct endpoint *endpoint, const char *name,
                         const char *url)
{
    endpoint->name = name;
    endpoint->url = url;
    endpoint->auth = AUTH_BASIC;
    endpoint->user = "jane.doe@acme.com";
    endpoint->secret.kind = SECRET_ENV;
    endpoint->secret.name = "RC_TOKEN";
}

static struct stage *stage_new(const struct script_step *steps, size_t count)
{
    struct stage *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    memset(&calls, 0, sizeof(calls));
    stop = 0;
    setenv("RC_TOKEN", SECRET, 1);
    s->server = server_start(steps, count);
    s->second = server_start(ok_steps, 1);
    snprintf(s->url, URL_SIZE, "http://127.0.0.1:%d", s->server->port);
    snprintf(s->second_url, URL_SIZE, "http://127.0.0.1:%d", s->second->port);
    set_endpoint(&s->endpoints[0], "jira", s->url);
    set_endpoint(&s->endpoints[1], "admin", s->second_url);
    s->job.endpoints = s->endpoints;
    s->job.endpoint_count = 2;
    s->job.limits.concurrency = 2;
    s->job.limits.retry_for_ms = 15 * 60 * 1000;
    s->job.limits.run_for_ms = 6 * 3600 * 1000;
    s->source.name = "jira_users";
    s->source.path = "mappings/sources/jira_users.json";
    s->source.needs_permission = "Browse users and groups";
    s->source.needs_scopes = scopes;
    s->source.needs_how = "ask a Jira administrator";
    s->log = (struct log){.out = open_memstream(&s->log_text, &s->log_size),
                          .level = LOG_DEBUG,
                          .clock = clock_system()};
    s->options = (struct exchange_options){.job = &s->job,
                                           .log = &s->log,
                                           .clock = half_fixed_clock(),
                                           .stop = &stop,
                                           .seed = 42,
                                           .limits = &quick,
                                           .retry_base_ms = BASE_MS};
    return s;
}

/* Frees all but what the assertions look at. */
static void close_down(struct stage *stage)
{
    exchange_free(stage->exchange);
    stage->exchange = NULL;
    server_stop(stage->server);
    server_stop(stage->second);
    fflush(stage->log.out);
}

static void stage_free(struct stage *stage)
{
    close_down(stage);
    server_free(stage->server);
    server_free(stage->second);
    fclose(stage->log.out);
    free(stage->log_text);
    free(stage);
}

static int note_call(void *context, const struct exchange_answer *answer,
                     struct error *err)
{
    struct call *call = context;

    assert_true(calls.count < CALLS_MAX);
    calls.number[calls.count] = call->number;
    calls.status[calls.count] = answer->status;
    calls.at_ms[calls.count] = elapsed(call->stage);
    calls.count++;
    assert_int_equal(strlen(answer->body), answer->len);
    if (calls.count == calls.fail_at)
        return error_set(err, ERROR_DATA, "done says no");
    return 0;
}

static struct call *submit_to(struct stage *stage, int endpoint, int number,
                              const int *accept)
{
    static struct call given[CALLS_MAX];
    char path[URL_SIZE];
    const struct exchange_request request = {.endpoint =
                                                 &stage->endpoints[endpoint],
                                             .source = &stage->source,
                                             .path_query = path,
                                             .method = "GET",
                                             .accept = accept,
                                             .stats = &stage->stats};

    if (stage->exchange == NULL) {
        stage->exchange = exchange_new(&stage->options, &stage->err);
        assert_non_null(stage->exchange);
        stage->began_ms = clock_mono(&stage->options.clock);
    }
    snprintf(path, sizeof(path), PATH "%s&n=%d", NAME_QUERY, number);
    given[number] = (struct call){stage, number};
    assert_int_equal(exchange_submit(stage->exchange, &request, note_call,
                                     &given[number], &stage->err),
                     0);
    return &given[number];
}

static void submit(struct stage *stage, int count)
{
    int i;

    for (i = 0; i < count; i++)
        submit_to(stage, 0, i, NULL);
}

static int run(struct stage *stage)
{
    int rc = exchange_run(stage->exchange, &stage->err);

    assert_int_equal(rc, stage->err.kind == ERROR_NONE ? 0 : -1);
    close_down(stage);
    return rc;
}

static void assert_ran(struct stage *stage)
{
    if (run(stage) != 0)
        fail_msg("%s", stage->err.text);
}

/* Neither text, hint nor log tells a secret, a name or a body. */
static void assert_discreet(const struct stage *stage)
{
    static const char *const private_texts[] = {SECRET, "jane.doe", "PRIVATE"};
    size_t i;

    for (i = 0; i < COUNT(private_texts); i++) {
        assert_null(strstr(stage->err.text, private_texts[i]));
        assert_null(strstr(stage->err.hint, private_texts[i]));
        assert_null(strstr(stage->log_text, private_texts[i]));
    }
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no '%s' in '%s'", part, text);
}

static int times_in(const char *text, const char *part)
{
    int count = 0;

    for (; (text = strstr(text, part)) != NULL; text++)
        count++;
    return count;
}

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
    assert_true(stage->stats.waited_ms >= 250);
    stage_free(stage);
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

static void refuses_at_once(void **state)
{
    static const struct {
        const char *bytes;
        enum error_kind kind;
        const char *text, *hint;
    } cases[] = {
        {"HTTP/1.1 400 Bad\r\n" NO_BODY, ERROR_DATA,
         "answered 400 to GET " PATH, "jira_users.json"},
        {"HTTP/1.1 401 No\r\n" NO_BODY, ERROR_AUTH, "answered 401",
         "token of endpoint jira is not accepted"},
        {"HTTP/1.1 401 No\r\n" JSON "\r\n"
         "{\"code\":401,\"m\":\"Unauthorized; Scope Does Not "
         "Match PRIVATE\"}",
         ERROR_AUTH, "answered 401",
         "a new login will not help, make a token that has it; jira_users "
         "needs the permission Browse users and groups; scopes: "
         "read:user:jira, read:jira-user; ask a Jira administrator"},
        {"HTTP/1.1 403 No\r\n" NO_BODY, ERROR_AUTH, "answered 403",
         "Browse users and groups; scopes: read:user:jira, read:jira-user"},
        {"HTTP/1.1 404 No\r\n" NO_BODY, ERROR_DATA, "answered 404 to GET " PATH,
         "edit mappings/sources/jira_users.json"},
        {"HTTP/1.1 410 Gone\r\n" NO_BODY, ERROR_DATA, "answered 410",
         "edit mappings/sources/jira_users.json"},
        {"HTTP/1.1 407 Proxy\r\n" NO_BODY, ERROR_CONFIG, "answered 407",
         "https_proxy"},
        {"HTTP/1.1 302 Found\r\nLocation: https://id.example/login?u="
         "jane.doe\r\n" NO_BODY,
         ERROR_AUTH, "answered 302, a redirect to id.example", "login page"},
        {"HTTP/1.1 200 OK\r\nContent-Type: text/html;x=\"\r\n"
         "Content-Length: 7\r\n\r\nPRIVATE",
         ERROR_AUTH, "answered 200 with text/html instead of JSON",
         "login page"},
        {"HTTP/1.1 200 OK\r\n" NO_BODY, ERROR_AUTH, "no content type",
         "login page"},
        {"HTTP/1.1 204 Nothing\r\n\r\n", ERROR_DATA, "answered 204",
         "jira_users.json"},
        {"HTTP/1.1 206 Part\r\n" JSON "Content-Length: 2\r\n\r\n{}", ERROR_DATA,
         "answered 206", "jira_users.json"},
        {"PRIVATE what is HTTP\r\n\r\n", ERROR_UNAVAILABLE, "no HTTP answer",
         ""},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        const struct script_step step = {.bytes = cases[i].bytes,
                                         .end = SCRIPT_CLOSE};
        struct stage *stage = stage_new(&step, 1);

        submit(stage, 1);
        assert_int_equal(run(stage), -1);
        if (stage->err.kind != cases[i].kind)
            fail_msg("%s: %s", error_kind_name(stage->err.kind),
                     stage->err.text);
        assert_has(stage->err.text, "jira_users: http://127.0.0.1:");
        assert_has(stage->err.text, cases[i].text);
        assert_has(stage->err.hint, cases[i].hint);
        assert_int_equal(calls.count, 0);
        assert_int_equal(stage->server->request_count, 1);
        assert_discreet(stage);
        stage_free(stage);
    }
}

static void accepted_statuses_go_to_done(void **state)
{
    static const int accept[] = {409, 404, 204, 0};
    static const struct script_step steps[] = {
        {.bytes = "HTTP/1.1 409 Busy\r\n" NO_BODY},
        {.bytes = "HTTP/1.1 404 No\r\n" NO_BODY},
        {.bytes = "HTTP/1.1 204 Done\r\n\r\n"},
        {.bytes = OK_REPLY},
    };
    struct stage *stage = stage_new(steps, COUNT(steps));
    int i;

    (void)state;
    stage->job.limits.concurrency = 1;
    for (i = 0; i < 4; i++)
        submit_to(stage, 0, i, accept);
    assert_ran(stage);
    assert_int_equal(calls.count, 4);
    assert_int_equal(calls.status[0], 409);
    assert_int_equal(calls.status[1], 404);
    assert_int_equal(calls.status[2], 204);
    assert_int_equal(calls.status[3], 200);
    assert_int_equal(stage->server->request_count, 4);
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
    stage->job.limits.concurrency = 1;
    submit(stage, 3);
    submit_to(stage, 1, 3, NULL);
    assert_ran(stage);
    assert_int_equal(calls.count, 4);
    assert_int_equal(calls.number[0], 3);
    for (i = 1; i < 4; i++) {
        assert_int_equal(calls.number[i], i - 1);
        assert_true(calls.at_ms[i] >= 1000);
    }
    stage_free(stage);
}

static void done_may_end_the_run(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = OK_REPLY}, {.bytes = OK_REPLY, .delay_ms = 5}};
    struct stage *stage = stage_new(steps, COUNT(steps));

    (void)state;
    calls.fail_at = 3;
    submit(stage, 20);
    assert_int_equal(run(stage), -1);
    assert_int_equal(stage->err.kind, ERROR_DATA);
    assert_string_equal(stage->err.text, "done says no");
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
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(waits); i++) {
        struct stage *stage = stage_new(&waits[i], 1);

        stage->job.limits.run_for_ms = i == 0 ? 200 : 50 * 1000;
        stage->job.limits.concurrency = 1;
        submit(stage, 3);
        assert_int_equal(run(stage), -1);
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

static int set_up(void **state)
{
    struct error err = {0};

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return http_global_init(&err);
}

static int tear_down(void **state)
{
    (void)state;
    http_global_cleanup();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(keeps_the_bound),
        cmocka_unit_test(keeps_the_rate),
        cmocka_unit_test(retries_what_may_pass),
        cmocka_unit_test(stalls_are_retried),
        cmocka_unit_test(refuses_at_once),
        cmocka_unit_test(accepted_statuses_go_to_done),
        cmocka_unit_test(gives_up_when_the_budget_is_spent),
        cmocka_unit_test(begins_no_more_in_trouble),
        cmocka_unit_test(too_long_a_wait_ends_at_once),
        cmocka_unit_test(waits_as_long_as_asked),
        cmocka_unit_test(a_429_holds_back_its_endpoint_only),
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
