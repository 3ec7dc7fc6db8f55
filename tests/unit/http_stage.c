#include "http_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "script_server.c"

static const struct http_limits limits = {.body_max = BODY_MAX,
                                          .header_max = HEADER_MAX,
                                          .connect_timeout_ms = 20000,
                                          .stall_seconds = 1,
                                          .total_timeout_ms = 20000};

void keep(void *context, struct http_reply *reply)
{
    struct seen *seen = context;

    seen->calls++;
    seen->reply = *reply;
    seen->body_len = reply->body.len;
    snprintf(seen->body, sizeof(seen->body), "%s", reply->body.data);
}

struct http *client(int connections)
{
    struct error err = {0};
    struct http *http = http_new("rollcall/test", connections, &limits, &err);

    assert_non_null(http);
    return http;
}

void wait_all(struct http *http)
{
    struct error err = {0};

    while (http_running(http) > 0)
        if (http_wait(http, 1000, &err) != 0)
            fail_msg("%s", err.text);
}

void start(struct http *http, const struct http_request *request,
           struct seen *seen)
{
    struct error err = {0};

    memset(seen, 0, sizeof(*seen));
    if (http_start(http, request, keep, seen, &err) != 0)
        fail_msg("%s", err.text);
}

const char *url_of(const struct server *server, const char *path)
{
    static char url[URL_SIZE];

    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", server->port, path);
    return url;
}

void get(struct http *http, const char *url, struct seen *seen)
{
    const struct http_request request = {.method = "GET", .url = url};

    start(http, &request, seen);
    wait_all(http);
    assert_int_equal(seen->calls, 1);
}

/* One request to a server that answers with this step. */
struct seen get_step(struct script_step step)
{
    struct server *server = server_start(&step, 1);
    struct http *http = client(2);
    struct seen seen;

    get(http, url_of(server, "/"), &seen);
    http_free(http);
    server_free(server);
    return seen;
}

struct seen get_bytes(const char *bytes)
{
    return get_step((struct script_step){.bytes = bytes, .end = SCRIPT_CLOSE});
}

void assert_failed(struct seen seen, const char *cause, bool transient)
{
    assert_int_equal(seen.calls, 1);
    if (seen.reply.answered)
        fail_msg("answered, wanted: %s", cause);
    assert_string_equal(seen.reply.cause, cause);
    assert_int_equal(seen.reply.transient, transient);
    assert_int_equal(strncmp(seen.reply.detail, cause, strlen(cause)), 0);
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
