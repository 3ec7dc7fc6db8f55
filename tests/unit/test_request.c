#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "request.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct stage {
    struct source source;
    struct endpoint endpoint;
    struct request_window window;
    struct request_parts parts;
    struct buf out;
    struct error err;
};

static int setup(void **state)
{
    static struct stage stage;

    stage = (struct stage){
        .source = {.name = "log",
                   .request_path = "/log",
                   .paging = {.style = PAGING_OFFSET,
                              .offset_parameter = "startAt",
                              .limit_parameter = "maxResults"}},
        .endpoint = {.name = "admin",
                     .url = "https://x",
                     .organisation = "o-1",
                     .directory = "-"},
        .window = {.from = 0, .to = 1795399200000},
    };
    buf_init(&stage.out, REQUEST_BYTES_MAX);
    *state = &stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    buf_release(&stage->out);
    return 0;
}

static const char *path(struct stage *stage)
{
    buf_reset(&stage->out);
    error_clear(&stage->err);
    if (request_path(&stage->source, &stage->endpoint, &stage->parts,
                     &stage->out, &stage->err) != 0)
        return NULL;
    return stage->out.data;
}

static void placeholders(void **state)
{
    struct stage *stage = *state;
    static const struct name_value query[] = {
        {"org", "{organisation}"}, {"q", "a{directory}b"}, {NULL, NULL}};

    stage->source.request_path = "/orgs/{organisation}/d/{directory}/users";
    stage->source.query = query;
    assert_string_equal(path(stage), "/orgs/o-1/d/-/users?org=o-1&q=a-b");
}

static void values_are_encoded_in_paths(void **state)
{
    struct stage *stage = *state;

    stage->endpoint.organisation = "a/../b?c#d";
    stage->source.request_path = "/orgs/{organisation}/users";
    assert_string_equal(path(stage), "/orgs/a%2F..%2Fb%3Fc%23d/users");
}

static void missing_value(void **state)
{
    struct stage *stage = *state;

    stage->source.request_path = "/sites/{site}/users";
    assert_null(path(stage));
    assert_int_equal(stage->err.kind, ERROR_CONFIG);
    assert_non_null(strstr(stage->err.text, "\"admin\" has no site"));
    assert_string_not_equal(stage->err.hint, "");
}

static void braces_that_name_nothing(void **state)
{
    struct stage *stage = *state;

    stage->source.request_path = "/a/{unclosed";
    assert_string_equal(path(stage), "/a/{unclosed");
    stage->source.request_path = "/a/{organisatio}";
    assert_null(path(stage));
    stage->source.request_path = "/a/{organisations}";
    assert_null(path(stage));
    stage->source.request_path = "/a/{}";
    assert_null(path(stage));
}

static const struct name_value span[] = {
    {"from", "{from}"}, {"to", "{to}"}, {NULL, NULL}};

static void times_are_encoded(void **state)
{
    struct stage *stage = *state;

    stage->source.query = span;
    stage->parts.window = &stage->window;
    assert_string_equal(path(stage), "/log?from=1970-01-01T00%3A00%3A00.000Z"
                                     "&to=2026-11-23T02%3A00%3A00.000Z");
}

static void inclusive_end(void **state)
{
    struct stage *stage = *state;

    stage->source.query = span;
    stage->source.to_inclusive = true;
    stage->parts.window = &stage->window;
    assert_string_equal(path(stage), "/log?from=1970-01-01T00%3A00%3A00.000Z"
                                     "&to=2026-11-23T01%3A59%3A59.999Z");
}

static void epoch_milliseconds(void **state)
{
    struct stage *stage = *state;

    stage->source.query = span;
    stage->source.time = REQUEST_EPOCH_MS;
    stage->parts.window = &stage->window;
    assert_string_equal(path(stage), "/log?from=0&to=1795399200000");
    stage->source.to_inclusive = true;
    assert_string_equal(path(stage), "/log?from=0&to=1795399199999");
}

static void times_without_a_window(void **state)
{
    struct stage *stage = *state;

    stage->source.query = span;
    assert_null(path(stage));
    assert_int_equal(stage->err.kind, ERROR_CONFIG);
}

static void fixed_texts_are_encoded(void **state)
{
    struct stage *stage = *state;
    static const struct name_value query[] = {
        {"a b", "1+1:50% & \xc3\xa4=~-_."}, {"empty", ""}, {NULL, NULL}};

    stage->source.query = query;
    assert_string_equal(path(stage), "/log?a%20b=1%2B1%3A50%25%20%26%20"
                                     "%C3%A4%3D~-_.&empty=");
}

static void batches(void **state)
{
    struct stage *stage = *state;
    static const char *const names[] = {"ug:1", "qm:a:b", "x&key=y",
                                        "\xe2\x82\xac"};
    const struct page_ask page = {.size = 4};

    stage->source.batch_parameter = "key";
    stage->source.paging.style = PAGING_SINGLE;
    stage->parts.batch = names;
    stage->parts.batch_count = 4;
    stage->parts.page = &page;
    assert_string_equal(path(stage),
                        "/log?key=ug%3A1&key=qm%3Aa%3Ab&key=x%26key%3Dy"
                        "&key=%E2%82%AC&maxResults=4");
}

static void offsets(void **state)
{
    struct stage *stage = *state;
    struct page_ask page = {.start = 980, .size = 1000};
    static const struct name_value query[] = {{"a", "b"}, {NULL, NULL}};

    stage->parts.page = &page;
    assert_string_equal(path(stage), "/log?startAt=980&maxResults=1000");
    stage->source.query = query;
    page.start = 0;
    assert_string_equal(path(stage), "/log?a=b&startAt=0&maxResults=1000");
    stage->source.paging.limit_parameter = NULL;
    assert_string_equal(path(stage), "/log?a=b&startAt=0");
}

static void cursors(void **state)
{
    struct stage *stage = *state;
    struct page_ask page = {.size = 200};

    stage->source.query = span;
    stage->source.time = REQUEST_EPOCH_MS;
    stage->source.paging.style = PAGING_CURSOR;
    stage->source.paging.cursor_parameter = "cursor";
    stage->source.paging.limit_parameter = "limit";
    stage->parts.window = &stage->window;
    stage->parts.page = &page;
    assert_string_equal(path(stage), "/log?from=0&to=1795399200000&limit=200");
    page.cursor = "a+b/c=";
    assert_string_equal(path(stage), "/log?from=0&to=1795399200000"
                                     "&cursor=a%2Bb%2Fc%3D&limit=200");
    stage->source.paging.only_cursor = true;
    assert_string_equal(path(stage), "/log?cursor=a%2Bb%2Fc%3D&limit=200");
    page.cursor = NULL;
    assert_string_equal(path(stage), "/log?from=0&to=1795399200000&limit=200");
}

static void too_long(void **state)
{
    struct stage *stage = *state;
    static char name[REQUEST_BYTES_MAX + 1];
    const char *names[] = {name};

    memset(name, 'x', sizeof(name) - 1);
    stage->source.batch_parameter = "key";
    stage->parts.batch = names;
    stage->parts.batch_count = 1;
    assert_null(path(stage));
    assert_int_equal(stage->err.kind, ERROR_CONFIG);
    assert_non_null(strstr(stage->err.text, "8000 bytes"));
    name[REQUEST_BYTES_MAX - strlen("/log?key=")] = '\0';
    assert_int_equal(strlen(path(stage)), REQUEST_BYTES_MAX);
}

static void appends(void **state)
{
    struct stage *stage = *state;

    buf_puts(&stage->out, "https://x");
    assert_int_equal(request_path(&stage->source, &stage->endpoint,
                                  &stage->parts, &stage->out, &stage->err),
                     0);
    assert_string_equal(stage->out.data, "https://x/log");
}

static void probe(void **state)
{
    struct stage *stage = *state;
    static const struct name_value query[] = {{"limit", "1000"}, {NULL, NULL}};

    stage->source.probe_path = "/orgs/{organisation}";
    stage->source.query = span;
    assert_int_equal(request_probe_path(&stage->source, &stage->endpoint,
                                        &stage->out, &stage->err),
                     0);
    assert_string_equal(stage->out.data, "/orgs/o-1");
    buf_reset(&stage->out);
    stage->source.probe_query = query;
    request_probe_path(&stage->source, &stage->endpoint, &stage->out,
                       &stage->err);
    assert_string_equal(stage->out.data, "/orgs/o-1?limit=1000");
}

static const struct {
    const char *text;
    const char *value; /* NULL: there is none */
} urls[] = {
    {"abc", NULL},
    {"", NULL},
    {"cursor=abc", NULL},
    {"eyJhIjoxfQ==", NULL},
    {"a?cursor=x", NULL}, /* a bare cursor may hold anything */
    {"https://x/log?cursor=abc", "abc"},
    {"https://x/log?limit=2&cursor=abc&q=1", "abc"},
    {"https://x/log?limit=2&cursor=abc#cursor=no", "abc"},
    {"/log?cursor=abc", "abc"},
    {"/log?xcursor=no&cursor=abc", "abc"},
    {"/log?cursors=no&cursor=abc", "abc"},
    {"/log?cursor=first&cursor=second", "first"},
    {"/log?cursor=", ""},
    {"/log?cursor=&limit=2", ""},
    {"/log?cursor", NULL},
    {"/log?limit=2", NULL},
    {"/log?", NULL},
    {"/log", NULL},
    {"/log?a=1#cursor=no", NULL},
    {"/log?Cursor=no", NULL},
    {"/log?cursor=a%2Bb%2fc%3D%3d", "a+b/c=="},
    {"/log?cursor=a+b", "a b"},
    {"/log?cursor=%E2%82%AC", "\xe2\x82\xac"},
    {"/log?cursor=%4", "%4"},
    {"/log?cursor=%", "%"},
    {"/log?cursor=a%&b", "a%"},
    {"/log?cursor=a%4&1", "a%4"},
    {"/log?cursor=%zz%4g%g4", "%zz%4g%g4"},
    {"/log?cursor=%%41", "%A"},
    {"/log?cursor=%2541", "%41"},
    {"/log?cursor=a=b", "a=b"},
};

static void values_of_urls(void **state)
{
    struct stage *stage = *state;

    for (size_t i = 0; i < COUNT(urls); i++) {
        int result;

        buf_reset(&stage->out);
        result = request_query_value(urls[i].text, "cursor", &stage->out);
        if (result != (urls[i].value != NULL ? 0 : -1))
            fail_msg("%s: %d", urls[i].text, result);
        if (urls[i].value != NULL)
            assert_string_equal(stage->out.data, urls[i].value);
        else
            assert_int_equal(stage->out.len, 0);
    }
    assert_int_equal(request_query_value("/log?=x", NULL, &stage->out), -1);
}

/* What is written is read back, whatever the cursor holds. */
static void there_and_back(void **state)
{
    struct stage *stage = *state;
    struct page_ask page = {.size = 1};
    char cursor[256];
    struct buf back;

    for (int i = 0; i < 255; i++)
        cursor[i] = (char)(i + 1);
    cursor[255] = '\0';
    page.cursor = cursor;
    stage->source.paging.style = PAGING_CURSOR;
    stage->source.paging.cursor_parameter = "cursor";
    stage->parts.page = &page;
    buf_init(&back, REQUEST_BYTES_MAX);
    assert_int_equal(request_query_value(path(stage), "cursor", &back), 0);
    assert_string_equal(back.data, cursor);
    buf_release(&back);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const char *body(struct stage *stage)
{
    buf_reset(&stage->out);
    error_clear(&stage->err);
    if (request_body(&stage->source, &stage->endpoint, &stage->parts,
                     &stage->out, &stage->err) != 0)
        return NULL;
    return stage->out.data;
}

static void bodies_are_filled_and_paged(void **state)
{
    struct stage *stage = *state;
    struct page_ask page = {.start = 20, .size = 10};

    stage->endpoint.organisation = "o\"1";
    stage->source.body = "{\"q\":[\"a{organisation}\",1.50,null],\"{x}\":{}}";
    stage->parts.page = &page;
    assert_string_equal(body(stage),
                        "{\"q\":[\"ao\\\"1\",1.50,null],\"{x}\":{}}");
    assert_string_equal(path(stage), "/log?startAt=20&maxResults=10");
    stage->source.paging.in_body = true;
    assert_string_equal(path(stage), "/log");
    assert_string_equal(body(stage),
                        "{\"q\":[\"ao\\\"1\",1.50,null],\"{x}\":{},"
                        "\"startAt\":20,\"maxResults\":10}");
    stage->source.paging.style = PAGING_CURSOR;
    stage->source.paging.cursor_parameter = "cursor";
    page.cursor = "a\"b&c";
    stage->source.paging.only_cursor = true;
    assert_string_equal(body(stage),
                        "{\"cursor\":\"a\\\"b&c\",\"maxResults\":10}");
    stage->source.body = NULL;
    assert_string_equal(body(stage), "");
}

static void bodies_lack_nothing(void **state)
{
    struct stage *stage = *state;

    stage->source.body = "{\"s\":\"{site}\"}";
    assert_null(body(stage));
    assert_int_equal(stage->err.kind, ERROR_CONFIG);
    assert_non_null(strstr(stage->err.text, "has no site"));
    assert_string_equal(request_lacks(&stage->source, &stage->endpoint),
                        "site");
    stage->endpoint.site = "s-1";
    assert_null(request_lacks(&stage->source, &stage->endpoint));
    stage->source.request_path = "/{organisation}/x";
    assert_null(request_lacks(&stage->source, &stage->endpoint));
    stage->endpoint.organisation = NULL;
    assert_string_equal(request_lacks(&stage->source, &stage->endpoint),
                        "organisation");
}

static void the_account_asked_about(void **state)
{
    struct stage *stage = *state;

    stage->source.request_path = "/users/{account}/seen";
    assert_null(path(stage));
    stage->parts.account = "712020:a/b c";
    assert_string_equal(path(stage), "/users/712020%3Aa%2Fb%20c/seen");
}

static void next_cursors(void **state)
{
    static const char *const pointers[] = {"/meta/next", "/links/next", NULL};
    static const struct {
        const char *answer, *cursor;
    } cases[] = {
        {"{\"links\": {\"next\": \"abc\"}}", "abc"},
        {"{\"meta\": {\"next\": \"a\"}, \"links\": {\"next\": \"b\"}}",
         "a"},
        {"{\"links\": {\"next\": \"https://other/x?cursor=a%3D&b=1\"}}",
         "a="},
        {"{\"links\": {\"next\": null}}", ""},
        {"{}", ""},
    };
    struct stage *stage = *state;

    stage->source.paging = (struct paging){.style = PAGING_CURSOR,
                                           .cursor_parameter = "cursor",
                                           .next = pointers};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_doc doc;

        buf_reset(&stage->out);
        assert_int_equal(json_parse(&doc, cases[i].answer,
                                    strlen(cases[i].answer), JSON_STRICT, "x",
                                    ERROR_DATA, &stage->err),
                         0);
        assert_int_equal(request_next_cursor(&stage->source, doc.root,
                                             &stage->out, &stage->err),
                         0);
        assert_string_equal(stage->out.data, cases[i].cursor);
        json_free(&doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bodies_are_filled_and_paged, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(bodies_lack_nothing, setup, teardown),
        TEST(placeholders),
        TEST(values_are_encoded_in_paths),
        TEST(missing_value),
        TEST(braces_that_name_nothing),
        TEST(times_are_encoded),
        TEST(inclusive_end),
        TEST(epoch_milliseconds),
        TEST(times_without_a_window),
        TEST(fixed_texts_are_encoded),
        TEST(batches),
        TEST(offsets),
        TEST(cursors),
        TEST(too_long),
        TEST(appends),
        TEST(probe),
        TEST(values_of_urls),
        TEST(there_and_back),
        TEST(the_account_asked_about),
        TEST(next_cursors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
