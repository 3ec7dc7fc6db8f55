#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "http_stage.h"
/* The Makefile links one file per test. */
#include "http_stage.c"

static void endpoints_must_be_safe(void **state)
{
    static const char *const good[] = {
        "https://acme.atlassian.net",
        "https://api.atlassian.com/ex/jira/1",
        "http://127.0.0.1:8080",
        "http://127.8.9.1",
        "http://localhost:1/x",
        "http://LOCALHOST",
        "http://[::1]:80",
        "https://10.0.0.1",
    };
    static const char *const bad[] = {
        "http://acme.atlassian.net",
        "http://10.0.0.1",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://evil.example#127.0.0.1",
        "http://128.0.0.1",
        "http://[::2]",
        "http://0.0.0.0",
        "https://user@acme.example",
        "https://user:pass@acme.example",
        "https://@acme.example",
        "https://acme.example?x=1",
        "https://acme.example?",
        "https://acme.example/#f",
        "https://acme.example\\@e.net",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "127.0.0.1",
        "https://",
        "https://acme example",
        "https://acme.example/\r\nX: 1",
        "",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (http_url_allowed(good[i]) != 1)
            fail_msg("refused: %s", good[i]);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (http_url_allowed(bad[i]) != 0)
            fail_msg("allowed: %s", bad[i]);
}

static void requests_keep_the_same_rule(void **state)
{
    static const char *const bad[] = {"http://192.0.2.1/", "http://a@127.0.0.1",
                                      "ftp://127.0.0.1/", "http://127.0.0.1/#x",
                                      "https://u:p@192.0.2.1/"};
    struct http_request request = {.method = "GET"};
    struct http *http = client(1);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error err = {0};

        request.url = bad[i];
        assert_int_equal(http_start(http, &request, keep, NULL, &err), -1);
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_null(strstr(err.text, "u:p"));
    }
    assert_int_equal(http_running(http), 0);
    http_free(http);
}

static void encodes_all_but_unreserved(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    http_encode(&out, "aZ09-._~ 557058:a/b?c&d=e+%\xc3\xa9");
    assert_string_equal(out.data,
                        "aZ09-._~%20557058%3Aa%2Fb%3Fc%26d%3De%2B%25%C3%A9");
    buf_release(&out);
}

static void reuses_its_connection(void **state)
{
    static const struct script_step steps[] = {{.bytes = OK_REPLY}};
    struct server *server = server_start(STEPS(steps));
    struct http *http = client(2);
    struct seen seen;
    int i;

    (void)state;
    for (i = 0; i < 5; i++) {
        get(http, url_of(server, "/a?b=c%20d"), &seen);
        assert_true(seen.reply.answered);
        assert_int_equal(seen.reply.status, 200);
        assert_true(seen.reply.json);
        assert_string_equal(seen.body, "{}");
    }
    http_free(http);
    server_stop(server);
    assert_int_equal(server->request_count, 5);
    assert_int_equal(server->connection_count, 1);
    assert_non_null(strstr(server->request[0], "GET /a?b=c%20d HTTP/1.1\r\n"));
    assert_non_null(
        strstr(server->request[0], "User-Agent: rollcall/test\r\n"));
    assert_non_null(strstr(server->request[0], "Accept-Encoding: "));
    assert_non_null(strstr(server->request[0], "gzip"));
    assert_non_null(strstr(server->request[0], "Accept: application/json\r\n"));
    server_free(server);
}

/* Each request is built from nothing: neither credentials, nor cookies a
 * server set, nor a body go with the next one. */
static void authorises_and_forgets(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = JSON_HEAD "Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\n"
                            "Content-Length: 2\r\n\r\n{}"}};
    const struct http_auth basic = {HTTP_BASIC, "me@acme.com", NULL, "t:o k"};
    const struct http_auth bearer = {HTTP_BEARER, NULL, NULL, "key.abc"};
    const struct http_auth cookie = {HTTP_COOKIE, NULL, "cloud.session.token",
                                     "eyJ.x-y"};
    struct server *server = server_start(STEPS(steps));
    struct http *http = client(1);
    struct http_request request = {.method = "GET"};
    struct seen seen;

    (void)state;
    request.url = url_of(server, "/");
    request.auth = &basic;
    start(http, &request, &seen);
    wait_all(http);
    request.auth = &bearer;
    request.method = "POST";
    request.body = "{\"q\":\"\xc3\xa9\"}";
    start(http, &request, &seen);
    wait_all(http);
    request.auth = &cookie;
    request.method = "GET";
    request.body = NULL;
    start(http, &request, &seen);
    wait_all(http);
    request.auth = NULL;
    start(http, &request, &seen);
    wait_all(http);
    http_free(http);
    server_stop(server);
    assert_int_equal(server->request_count, 4);
    /* printf 'me@acme.com:t:o k' | base64 */
    assert_non_null(strstr(server->request[0], "\r\nAuthorization: Basic "
                                               "bWVAYWNtZS5jb206dDpvIGs=\r\n"));
    assert_non_null(
        strstr(server->request[1], "\r\nAuthorization: Bearer key.abc\r\n"));
    assert_non_null(strstr(server->request[1], "POST / HTTP/1.1\r\n"));
    assert_non_null(strstr(server->request[1], "\r\n\r\n{\"q\":\"\xc3\xa9\"}"));
    assert_non_null(
        strstr(server->request[1], "Content-Type: application/json\r\n"));
    assert_non_null(strstr(server->request[2],
                           "\r\nCookie: cloud.session.token=eyJ.x-y\r\n"));
    assert_null(strstr(server->request[2], "Authorization:"));
    assert_non_null(strstr(server->request[3], "GET / HTTP/1.1\r\n"));
    assert_null(strstr(server->request[3], "Authorization:"));
    assert_null(strstr(server->request[3], "Cookie:"));
    assert_null(strstr(server->request[3], "Content-Type:"));
    server_free(server);
}

static void never_follows_a_redirect(void **state)
{
    static const struct script_step trap[] = {{.bytes = OK_REPLY}};
    const struct http_auth basic = {HTTP_BASIC, "u", NULL, "p"};
    struct server *other = server_start(STEPS(trap));
    char answer[URL_SIZE];
    struct script_step step = {.bytes = answer};
    struct server *server = server_start(&step, 1);
    struct http *http = client(2);
    struct http_request request = {.method = "GET", .auth = &basic};
    struct seen seen;

    (void)state;
    snprintf(answer, sizeof(answer),
             "HTTP/1.1 302 Found\r\nLocation: http://localhost:%d/login?u=x\r\n"
             "Content-Length: 0\r\n\r\n",
             other->port);
    request.url = url_of(server, "/");
    start(http, &request, &seen);
    wait_all(http);
    assert_true(seen.reply.answered);
    assert_int_equal(seen.reply.status, 302);
    assert_false(seen.reply.json);
    assert_string_equal(seen.reply.location_host, "localhost");
    http_free(http);
    server_stop(other);
    assert_int_equal(other->connection_count, 0);
    server_free(other);
    server_free(server);
}

static void tells_json_from_the_rest(void **state)
{
    static const struct {
        const char *type;
        bool json;
    } cases[] = {
        {"application/json", true},
        {"Application/JSON;charset=UTF-8", true},
        {"application/json ; x=y", true},
        {"application/problem+json", true},
        {"text/html", false},
        {"text/json+json", false},
        {"application/jsonp", false},
        {"application/xml; x=+json", false},
        {"", false},
    };
    char bytes[URL_SIZE];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct seen seen;

        snprintf(bytes, sizeof(bytes),
                 "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 0\r\n"
                 "\r\n",
                 cases[i].type);
        seen = get_bytes(bytes);
        assert_true(seen.reply.answered);
        if (seen.reply.json != cases[i].json)
            fail_msg("%s", cases[i].type);
    }
}

static void reads_only_the_plain_retry_after(void **state)
{
    struct seen seen;

    (void)state;
    seen = get_bytes("HTTP/1.1 429 Slow\r\nretry-AFTER:   0  \r\n"
                     "Content-Length: 0\r\n\r\n");
    assert_true(seen.reply.has_retry_after);
    assert_string_equal(seen.reply.retry_after, "0");
    seen = get_bytes("HTTP/1.1 429 Slow\r\nBeta-Retry-After: 60\r\n"
                     "X-Beta-Retry-After: 60\r\nContent-Length: 0\r\n\r\n");
    assert_true(seen.reply.answered);
    assert_false(seen.reply.has_retry_after);
}

static void proxies_are_for_others_only(void **state)
{
    static const struct script_step refusal[] = {
        {.bytes = "HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic\r\n"
                  "Content-Length: 0\r\n\r\n",
         .end = SCRIPT_CLOSE}};
    static const struct script_step steps[] = {{.bytes = OK_REPLY}};
    const struct http_auth bearer = {HTTP_BEARER, NULL, NULL, "key.abc"};
    const struct http_request outside = {
        .method = "GET", .url = "https://rollcall.invalid/x", .auth = &bearer};
    struct server *proxy = server_start(STEPS(refusal));
    struct server *server = server_start(STEPS(steps));
    struct http *http = client(2);
    struct seen seen;

    (void)state;
    setenv("http_proxy", url_of(proxy, ""), 1);
    setenv("https_proxy", url_of(proxy, ""), 1);
    setenv("no_proxy", "", 1);
    get(http, url_of(server, "/"), &seen);
    assert_int_equal(seen.reply.status, 200);
    start(http, &outside, &seen);
    wait_all(http);
    assert_failed(seen, "refused by the proxy", false);
    assert_int_equal(seen.reply.failure, HTTP_FAILED_PROXY);
    assert_int_equal(seen.reply.proxy_status, 407);
    unsetenv("http_proxy");
    unsetenv("https_proxy");
    unsetenv("no_proxy");
    http_free(http);
    server_stop(proxy);
    assert_int_equal(proxy->request_count, 1);
    assert_non_null(
        strstr(proxy->request[0], "CONNECT rollcall.invalid:443 HTTP/1.1"));
    assert_null(strstr(proxy->request[0], "key.abc"));
    server_free(proxy);
    server_free(server);
}

static void runs_several_and_abandons_the_rest(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = OK_REPLY, .delay_ms = 50}};
    static const struct script_step stalled[] = {
        {.bytes = "", .end = SCRIPT_STALL}};
    struct server *server = server_start(STEPS(steps));
    struct server *silent = server_start(STEPS(stalled));
    struct http_request request = {.method = "GET"};
    struct http *http = client(8);
    struct seen seen[8], abandoned;
    int i;

    (void)state;
    request.url = url_of(server, "/");
    for (i = 0; i < 8; i++)
        start(http, &request, &seen[i]);
    assert_int_equal(http_running(http), 8);
    wait_all(http);
    for (i = 0; i < 8; i++)
        assert_int_equal(seen[i].reply.status, 200);
    request.url = url_of(silent, "/");
    start(http, &request, &abandoned);
    http_wait(http, 50, &(struct error){0});
    http_free(http);
    assert_int_equal(abandoned.calls, 0);
    server_stop(server);
    assert_true(server->most > 1);
    server_free(server);
    server_free(silent);
}

struct chain {
    struct http *http;
    const char *url;
    int left;
};

static void start_next(void *context, struct http_reply *reply)
{
    struct chain *chain = context;
    const struct http_request request = {.method = "GET", .url = chain->url};
    struct error err = {0};

    assert_int_equal(reply->status, 200);
    if (--chain->left > 0)
        assert_int_equal(
            http_start(chain->http, &request, start_next, chain, &err), 0);
    assert_string_equal(reply->body.data, "{}");
}

static void done_may_start_the_next(void **state)
{
    static const struct script_step steps[] = {{.bytes = OK_REPLY}};
    struct server *server = server_start(STEPS(steps));
    struct chain chain = {client(1), url_of(server, "/"), 20};
    const struct http_request request = {.method = "GET", .url = chain.url};
    struct error err = {0};

    (void)state;
    assert_int_equal(http_start(chain.http, &request, start_next, &chain, &err),
                     0);
    wait_all(chain.http);
    assert_int_equal(chain.left, 0);
    http_free(chain.http);
    server_free(server);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void waits_with_nothing_to_do(void **state)
{
    struct http *http = client(1);
    int64_t before = now_ms();
    struct error err = {0};

    (void)state;
    assert_int_equal(http_wait(http, 60, &err), 0);
    assert_true(now_ms() - before >= 59);
    http_free(http);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_must_be_safe),
        cmocka_unit_test(requests_keep_the_same_rule),
        cmocka_unit_test(encodes_all_but_unreserved),
        cmocka_unit_test(reuses_its_connection),
        cmocka_unit_test(authorises_and_forgets),
        cmocka_unit_test(never_follows_a_redirect),
        cmocka_unit_test(tells_json_from_the_rest),
        cmocka_unit_test(reads_only_the_plain_retry_after),
        cmocka_unit_test(proxies_are_for_others_only),
        cmocka_unit_test(runs_several_and_abandons_the_rest),
        cmocka_unit_test(done_may_start_the_next),
        cmocka_unit_test(waits_with_nothing_to_do),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
