#include "exchange_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script_server.c"

struct calls calls;
volatile sig_atomic_t stop;

const struct http_limits quick = {.body_max = 100 * 1000,
                                  .header_max = 16 * 1000,
                                  .connect_timeout_ms = 20000,
                                  .stall_seconds = 1,
                                  .total_timeout_ms = 20000};

const struct script_step ok_steps[1] = {{.bytes = OK_REPLY}};

static const char *const scopes[] = {"read:user:jira", "read:jira-user", NULL};

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

int64_t elapsed(const struct stage *stage)
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

struct stage *stage_new(const struct script_step *steps, size_t count)
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
void close_down(struct stage *stage)
{
    exchange_free(stage->exchange);
    stage->exchange = NULL;
    server_stop(stage->server);
    server_stop(stage->second);
    fflush(stage->log.out);
}

void stage_free(struct stage *stage)
{
    close_down(stage);
    server_free(stage->server);
    server_free(stage->second);
    fclose(stage->log.out);
    free(stage->log_text);
    free(stage);
}

int note_call(void *context, const struct exchange_answer *answer,
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

struct call *submit_to(struct stage *stage, int endpoint, int number,
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

void submit(struct stage *stage, int count)
{
    int i;

    for (i = 0; i < count; i++)
        submit_to(stage, 0, i, NULL);
}

int run(struct stage *stage)
{
    int rc = exchange_run(stage->exchange, &stage->err);

    assert_int_equal(rc, stage->err.kind == ERROR_NONE ? 0 : -1);
    close_down(stage);
    return rc;
}

void assert_ran(struct stage *stage)
{
    if (run(stage) != 0)
        fail_msg("%s", stage->err.text);
}

/* Neither text, hint nor log tells a secret, a name or a body. */
void assert_discreet(const struct stage *stage)
{
    static const char *const private_texts[] = {SECRET, "jane.doe", "PRIVATE"};
    size_t i;

    for (i = 0; i < COUNT(private_texts); i++) {
        assert_null(strstr(stage->err.text, private_texts[i]));
        assert_null(strstr(stage->err.hint, private_texts[i]));
        assert_null(strstr(stage->log_text, private_texts[i]));
    }
}

void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no '%s' in '%s'", part, text);
}

int set_up(void **state)
{
    struct error err = {0};

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return http_global_init(&err);
}

int tear_down(void **state)
{
    (void)state;
    http_global_cleanup();
    return 0;
}
