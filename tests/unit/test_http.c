#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "http.h"
#include "script_server.h"
/* The Makefile links one file per test. */
#include "script_server.c"

#define JSON_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define OK_REPLY  JSON_HEAD "Content-Length: 2\r\n\r\n{}"
#define STEPS(s)  (s), sizeof(s) / sizeof((s)[0])

enum { BODY_MAX = 100 * 1000, HEADER_MAX = 8 * 1000, URL_SIZE = 256 };

static const struct http_limits limits = {.body_max = BODY_MAX,
                                          .header_max = HEADER_MAX,
                                          .connect_timeout_ms = 2000,
                                          .stall_seconds = 1,
                                          .total_timeout_ms = 20000};

/* What is left of a reply after `done`. */
struct seen {
    int calls;
    struct http_reply reply;
    char body[256];
    size_t body_len;
};

static void keep(void *context, struct http_reply *reply)
{
    struct seen *seen = context;

    seen->calls++;
    seen->reply = *reply;
    seen->body_len = reply->body.len;
    snprintf(seen->body, sizeof(seen->body), "%s", reply->body.data);
}

static struct http *client(int connections)
{
    struct error err = {0};
    struct http *http = http_new("rollcall/test", connections, &limits, &err);

    assert_non_null(http);
    return http;
}

static void wait_all(struct http *http)
{
    struct error err = {0};

    while (http_running(http) > 0)
        if (http_wait(http, 1000, &err) != 0)
            fail_msg("%s", err.text);
}

static void start(struct http *http, const struct http_request *request,
                  struct seen *seen)
{
    struct error err = {0};

    memset(seen, 0, sizeof(*seen));
    if (http_start(http, request, keep, seen, &err) != 0)
        fail_msg("%s", err.text);
}

static const char *url_of(const struct server *server, const char *path)
{
    static char url[URL_SIZE];

    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", server->port, path);
    return url;
}

static void get(struct http *http, const char *url, struct seen *seen)
{
    const struct http_request request = {.method = "GET", .url = url};

    start(http, &request, seen);
    wait_all(http);
    assert_int_equal(seen->calls, 1);
}

/* One request to a server that answers with this step. */
static struct seen get_step(struct script_step step)
{
    struct server *server = server_start(&step, 1);
    struct http *http = client(2);
    struct seen seen;

    get(http, url_of(server, "/"), &seen);
    http_free(http);
    server_free(server);
    return seen;
}

static struct seen get_bytes(const char *bytes)
{
    return get_step((struct script_step){.bytes = bytes, .end = SCRIPT_CLOSE});
}

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
        if (!http_url_allowed(good[i]))
            fail_msg("refused: %s", good[i]);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (http_url_allowed(bad[i]))
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

static void assert_failed(struct seen seen, const char *cause, bool transient)
{
    assert_int_equal(seen.calls, 1);
    if (seen.reply.answered)
        fail_msg("answered, wanted: %s", cause);
    assert_string_equal(seen.reply.cause, cause);
    assert_int_equal(seen.reply.transient, transient);
    assert_int_equal(strncmp(seen.reply.detail, cause, strlen(cause)), 0);
}

static void cut_answers_are_no_answers(void **state)
{
    (void)state;
    assert_failed(get_bytes(JSON_HEAD "Content-Length: 9\r\n\r\n{}"),
                  "answer cut short", true);
    assert_failed(get_bytes(JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n"
                                      "2\r\n{}\r\n"),
                  "answer cut short", true);
    assert_failed(get_bytes(""), "empty answer", true);
    assert_failed(get_step((struct script_step){.bytes = JSON_HEAD
                                                "Content-Length: 9\r\n\r\n{}",
                                                .end = SCRIPT_RESET}),
                  "connection broken off", true);
    assert_failed(get_step((struct script_step){.bytes = JSON_HEAD
                                                "Content-Length: 9\r\n\r\n{}",
                                                .end = SCRIPT_STALL}),
                  "timed out", true);
    assert_failed(get_bytes(JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n"
                                      "zz\r\n{}\r\n"),
                  "connection broken off", true);
    assert_failed(get_bytes("what is HTTP\r\n\r\n"), "no HTTP answer", false);
    assert_failed(get_bytes(JSON_HEAD "Content-Encoding: gzip\r\n"
                                      "Content-Length: 9\r\n\r\nnot gzip!"),
                  "damaged compression", true);
}

static void no_server_is_transient(void **state)
{
    static const struct script_step steps[] = {{.bytes = OK_REPLY}};
    struct server *server = server_start(STEPS(steps));
    struct http *http = client(1);
    char url[URL_SIZE];
    struct seen seen;

    (void)state;
    strcpy(url, url_of(server, "/"));
    server_stop(server);
    get(http, url, &seen);
    assert_failed(seen, "cannot connect", true);
    http_free(http);
    server_free(server);
}

static void tls_to_a_plain_port_is_transient(void **state)
{
    static const struct script_step steps[] = {
        {.bytes = OK_REPLY, .end = SCRIPT_CLOSE, .unasked = true}};
    struct server *server = server_start(STEPS(steps));
    struct http *http = client(1);
    char url[URL_SIZE];
    struct seen seen;

    (void)state;
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", server->port);
    get(http, url, &seen);
    assert_failed(seen, "TLS handshake failed", true);
    http_free(http);
    server_free(server);
}

static void ceilings_hold(void **state)
{
    static char long_line[120 * 1000];
    struct seen seen;

    (void)state;
    seen = get_step((struct script_step){
        .bytes = JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n",
        .end = SCRIPT_REPEAT,
        .again = "10\r\n0123456789abcdef\r\n"});
    assert_failed(seen, "body above its ceiling", false);
    assert_true(seen.body_len <= BODY_MAX);
    seen = get_step((struct script_step){.bytes = JSON_HEAD
                                         "Content-Length: 99999999999\r\n\r\n",
                                         .end = SCRIPT_REPEAT,
                                         .again = "0123456789"});
    assert_failed(seen, "body above its ceiling", false);
    seen = get_step((struct script_step){.bytes = JSON_HEAD,
                                         .end = SCRIPT_REPEAT,
                                         .again = "X-More: and more\r\n"});
    assert_failed(seen, "headers above their ceiling", false);
    seen = get_step(
        (struct script_step){.bytes = "",
                             .end = SCRIPT_REPEAT,
                             .again = "HTTP/1.1 100 Continue\r\n\r\n"});
    assert_failed(seen, "headers above their ceiling", false);
    seen = get_step((struct script_step){
        .bytes = JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n",
        .end = SCRIPT_REPEAT,
        .again = "X-Trailer: and more\r\n"});
    assert_failed(seen, "headers above their ceiling", false);
    memset(long_line, 'x', sizeof(long_line) - 1);
    seen = get_step((struct script_step){
        .bytes = JSON_HEAD, .end = SCRIPT_REPEAT, .again = long_line});
    assert_false(seen.reply.answered);
    assert_false(seen.reply.transient);
}

/* gzip of `len` times 'x' behind a head with the right length. */
static size_t gzip_answer(char *out, size_t size, size_t len)
{
    z_stream z = {0};
    char *plain = malloc(len);
    size_t head, packed;

    assert_non_null(plain);
    memset(plain, 'x', len);
    assert_int_equal(
        deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)plain;
    z.avail_in = (uInt)len;
    z.next_out = (Bytef *)out + 200;
    z.avail_out = (uInt)(size - 200);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed = z.total_out;
    deflateEnd(&z);
    free(plain);
    head = (size_t)snprintf(out, 200,
                            JSON_HEAD "Content-Encoding: gzip\r\n"
                                      "Content-Length: %zu\r\n\r\n",
                            packed);
    memmove(out + head, out + 200, packed);
    return head + packed;
}

static void ceiling_counts_decoded_bytes(void **state)
{
    static char bytes[64 * 1024];
    struct script_step step = {.bytes = bytes, .end = SCRIPT_CLOSE};
    struct seen seen;

    (void)state;
    step.len = gzip_answer(bytes, sizeof(bytes), BODY_MAX);
    seen = get_step(step);
    assert_true(seen.reply.answered);
    assert_int_equal(seen.body_len, BODY_MAX);
    assert_in_range(seen.reply.wire_bytes, 10, 1000);
    step.len = gzip_answer(bytes, sizeof(bytes), BODY_MAX + 1);
    assert_failed(get_step(step), "body above its ceiling", false);
    step.len = gzip_answer(bytes, sizeof(bytes), 20 * 1000 * 1000);
    seen = get_step(step);
    assert_failed(seen, "body above its ceiling", false);
    assert_true(seen.body_len <= BODY_MAX);
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

static char tls_folder[] = "/tmp/rollcall-tls-XXXXXX";

/* openssl s_server with a certificate of its own; the port, or 0. */
static int tls_start(pid_t *pid)
{
    char command[1024], line[256] = "";
    int ends[2], port = 0;
    FILE *out;

    assert_non_null(mkdtemp(tls_folder));
    snprintf(command, sizeof(command),
             "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x "
             "-addext subjectAltName=IP:127.0.0.1 -keyout %s/key -out %s/cert "
             ">/dev/null 2>&1",
             tls_folder, tls_folder);
    if (system(command) != 0)
        return 0;
    snprintf(command, sizeof(command),
             "exec openssl s_server -accept 127.0.0.1:0 -key %s/key -cert "
             "%s/cert -www 2>/dev/null",
             tls_folder, tls_folder);
    assert_int_equal(pipe(ends), 0);
    *pid = fork();
    if (*pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    out = fdopen(ends[0], "r");
    while (port == 0 && fgets(line, sizeof(line), out) != NULL)
        sscanf(line, "ACCEPT 127.0.0.1:%d", &port);
    fclose(out);
    return port;
}

static void certificates_are_checked(void **state)
{
    char url[URL_SIZE], file[URL_SIZE], missing[URL_SIZE];
    struct http_request request = {.method = "GET", .url = url};
    struct http *http;
    struct seen seen;
    pid_t pid = 0;
    int port = tls_start(&pid);

    (void)state;
    if (port == 0)
        skip(); /* no openssl command */
    http = client(1);
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
    snprintf(file, sizeof(file), "%s/cert", tls_folder);
    snprintf(missing, sizeof(missing), "%s/missing", tls_folder);
    get(http, url, &seen);
    assert_failed(seen, "certificate not accepted", false);
    assert_int_equal(seen.reply.failure, HTTP_FAILED_CERTIFICATE);
    request.ca_file = file;
    start(http, &request, &seen);
    wait_all(http);
    assert_true(seen.reply.answered);
    assert_int_equal(seen.reply.status, 200);
    request.ca_file = missing;
    start(http, &request, &seen);
    wait_all(http);
    assert_failed(seen, "ca_file not readable", false);
    http_free(http);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    snprintf(file, sizeof(file), "rm -rf %s", tls_folder);
    assert_int_equal(system(file), 0);
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
        cmocka_unit_test(endpoints_must_be_safe),
        cmocka_unit_test(requests_keep_the_same_rule),
        cmocka_unit_test(encodes_all_but_unreserved),
        cmocka_unit_test(reuses_its_connection),
        cmocka_unit_test(authorises_and_forgets),
        cmocka_unit_test(never_follows_a_redirect),
        cmocka_unit_test(tells_json_from_the_rest),
        cmocka_unit_test(reads_only_the_plain_retry_after),
        cmocka_unit_test(cut_answers_are_no_answers),
        cmocka_unit_test(no_server_is_transient),
        cmocka_unit_test(tls_to_a_plain_port_is_transient),
        cmocka_unit_test(ceilings_hold),
        cmocka_unit_test(ceiling_counts_decoded_bytes),
        cmocka_unit_test(proxies_are_for_others_only),
        cmocka_unit_test(runs_several_and_abandons_the_rest),
        cmocka_unit_test(done_may_start_the_next),
        cmocka_unit_test(waits_with_nothing_to_do),
        cmocka_unit_test(certificates_are_checked),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
