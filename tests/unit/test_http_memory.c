/* libcurl without memory, one allocation after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <curl/curl.h>
#include <stdlib.h>

#include "http_stage.h"
/* The Makefile links one file per test. */
#include "http_stage.c"

enum { ALLOCATIONS_MAX = 2000 };

/* libcurl's callbacks have no context. 0: none is refused. */
static int until_refused;

static bool refused(void)
{
    return until_refused > 0 && --until_refused == 0;
}

static void *give(size_t size)
{
    return refused() ? NULL : malloc(size);
}

static void *give_more(void *old, size_t size)
{
    return refused() ? NULL : realloc(old, size);
}

static void *give_many(size_t count, size_t size)
{
    return refused() ? NULL : calloc(count, size);
}

static char *give_copy(const char *text)
{
    return refused() ? NULL : strdup(text);
}

static void ask_once(struct http *http, const char *url)
{
    const struct http_request request = {.method = "GET", .url = url};
    struct error err = {0};
    struct seen seen = {0};

    if (http_start(http, &request, keep, &seen, &err) != 0)
        return;
    while (http_running(http) > 0 && http_wait(http, 1000, &err) == 0)
        ;
}

/* False when there was no such allocation any more. */
static bool ask_without(int allocation)
{
    static const char expected[] = "GET /page?startAt=50 HTTP/1.1\r\n";
    static const struct script_step steps[] = {{.bytes = OK_REPLY}};
    struct server *server = server_start(STEPS(steps));
    struct http *http = client(1);
    bool struck;

    until_refused = allocation;
    ask_once(http, url_of(server, "/page?startAt=50"));
    struck = until_refused == 0;
    until_refused = 0;
    http_free(http);
    server_stop(server);
    for (int i = 0; i < server->request_count; i++)
        assert_memory_equal(server->request[i], expected,
                            sizeof(expected) - 1);
    if (!struck)
        assert_int_equal(server->request_count, 1);
    server_free(server);
    return struck;
}

static void a_request_is_sent_whole_or_not_at_all(void **state)
{
    int allocation = 1;

    (void)state;
    while (ask_without(allocation))
        assert_true(++allocation < ALLOCATIONS_MAX);
    assert_true(allocation > 20);
}

static int set_up_memory(void **state)
{
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, give, free, give_more,
                             give_copy, give_many) != CURLE_OK)
        return -1;
    return set_up(state);
}

static int tear_down_memory(void **state)
{
    tear_down(state);
    curl_global_cleanup();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_sent_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, set_up_memory, tear_down_memory);
}
