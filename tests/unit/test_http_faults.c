#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <zlib.h>

#include "http_stage.h"
/* The Makefile links one file per test. */
#include "http_stage.c"

static void cut_answers_are_no_answers(void **state)
{
    struct seen stalled;

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
    stalled = get_step((struct script_step){
        .bytes = JSON_HEAD "Content-Length: 9\r\n\r\n{}", .end = SCRIPT_STALL});
    assert_failed(stalled, "timed out", true);
    assert_non_null(strstr(stalled.reply.detail, "too slow"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_answers_are_no_answers),
        cmocka_unit_test(no_server_is_transient),
        cmocka_unit_test(ceilings_hold),
        cmocka_unit_test(ceiling_counts_decoded_bytes),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
