#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <zlib.h>

#include "exchange_stage.h"
/* The Makefile links one file per test. */
#include "exchange_stage.c"
#include "json_select.h"

enum { PAGES = 24, LARGE = 2 * PAGE_APART_BYTES };

/* A page of more than PAGE_APART_BYTES, of which the end is looked at. */
static char large[LARGE + 256];
static char packed[sizeof(large)];
static struct script_step steps[4];
static size_t step_count;
static size_t body_max; /* instead of the stage's; 0: the stage's */
static struct http_limits limits;

static void make_steps(const char *end)
{
    char body[LARGE + 64];

    memset(body, ' ', LARGE);
    memcpy(body, "{\"filler\": [1,\n2],", 18);
    strcpy(body + LARGE, end);
    snprintf(large, sizeof(large),
             "HTTP/1.1 200 OK\r\n" JSON "Content-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    steps[0] = (struct script_step){.bytes = large};
    steps[1] = ok_steps[0]; /* a small one, read by the caller */
    step_count = 2;
}

/* The page of steps[0] as gzip, less the last `less` bytes of it, their length
 * told right. */
static void make_packed(size_t less)
{
    const char *body = strstr(large, "\r\n\r\n") + 4;
    unsigned char member[1024];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)body,
                  .avail_in = (uInt)strlen(body),
                  .next_out = member,
                  .avail_out = sizeof(member)};
    int head;

    assert_int_equal(
        deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    head = snprintf(packed, sizeof(packed),
                    "HTTP/1.1 200 OK\r\n" JSON "Content-Encoding: gzip\r\n"
                    "Content-Length: %zu\r\n\r\n",
                    (size_t)z.total_out - less);
    memcpy(packed + head, member, z.total_out - less);
    steps[0] = (struct script_step){
        .bytes = packed, .len = (size_t)head + z.total_out - less};
}

struct seen {
    struct stage *stage;
    unsigned pages, wrong, small;
    struct page *kept;
    unsigned fail_at;
    struct exchange_stats stats;
    struct error err;
};

static int look(void *context, const struct exchange_answer *answer,
                struct error *err)
{
    struct seen *seen = context;
    const struct json *end;

    assert_non_null(answer->page);
    assert_null(answer->body);
    if (answer->page->problem.kind != ERROR_NONE) {
        seen->wrong++;
        return 0;
    }
    end = json_at(answer->page->doc.root, "/end");
    assert_null(json_at(answer->page->doc.root, "/filler"));
    if (end != NULL)
        assert_string_equal(json_text(end), "here");
    seen->small += end == NULL;
    if (++seen->pages == seen->fail_at)
        return error_set(err, ERROR_DATA, "done says no");
    if (seen->kept == NULL) {
        answer->page->kept = true;
        seen->kept = answer->page;
    }
    return 0;
}

static void submit_pages(struct stage *stage, struct seen *seen,
                         const struct json_select *select)
{
    const struct exchange_request request = {
        .endpoint = &stage->endpoints[0],
        .source = &stage->source,
        .path_query = PATH,
        .method = "GET",
        .document = true,
        .select = select,
        .stats = &stage->stats,
    };

    if (body_max > 0) {
        limits = *stage->options.limits;
        limits.body_max = body_max;
        stage->options.limits = &limits;
    }
    stage->exchange = exchange_new(&stage->options, &stage->err);
    assert_non_null(stage->exchange);
    for (int i = 0; i < PAGES; i++)
        assert_int_equal(exchange_submit(stage->exchange, &request, look, seen,
                                         &stage->err),
                         0);
}

static int read_steps(struct worker *worker, struct seen *seen)
{
    struct json_select select = {0};
    struct stage *stage;
    struct arena arena;
    int result;

    arena_init(&arena);
    assert_int_equal(json_select_add(&select, &arena, NULL, "/end"), 0);
    stage = stage_new(steps, step_count);
    seen->stage = stage;
    stage->options.worker = worker;
    submit_pages(stage, seen, &select);
    result = exchange_run(stage->exchange, &stage->err);
    if (seen->kept != NULL)
        exchange_page_back(stage->exchange, seen->kept);
    seen->stats = stage->stats;
    seen->err = stage->err;
    stage_free(stage);
    arena_release(&arena);
    return result;
}

static int read_pages(struct worker *worker, const char *end,
                      struct seen *seen)
{
    make_steps(end);
    return read_steps(worker, seen);
}

static void every_page_is_given(struct worker *worker)
{
    struct seen seen = {0};

    assert_int_equal(read_pages(worker, "\"end\": \"here\"}", &seen), 0);
    assert_int_equal(seen.pages, PAGES);
    assert_true(seen.small > 0 && seen.small < PAGES);
    assert_int_equal(seen.wrong, 0);
}

static void pages_are_read_beside_the_loop(void **state)
{
    struct worker *worker = worker_new();

    (void)state;
    assert_non_null(worker);
    every_page_is_given(worker);
    worker_free(worker);
}

static void pages_are_read_without_a_worker(void **state)
{
    (void)state;
    every_page_is_given(NULL);
}

static void what_is_no_json_is_told_with_the_page(void **state)
{
    struct worker *worker = worker_new();
    struct seen seen = {0};

    (void)state;
    assert_int_equal(read_pages(worker, "\"end\": here}", &seen), 0);
    assert_true(seen.wrong > 0);
    assert_int_equal(seen.wrong + seen.pages, PAGES);
    worker_free(worker);
}

static void packed_pages_are_unpacked(struct worker *worker)
{
    size_t bytes;
    struct seen seen = {0};

    make_steps("\"end\": \"here\"}");
    bytes = strlen(strstr(large, "\r\n\r\n") + 4);
    make_packed(0);
    step_count = 1;
    if (read_steps(worker, &seen) != 0)
        fail_msg("%s", seen.err.text);
    assert_int_equal(seen.pages, PAGES);
    assert_int_equal(seen.wrong + seen.small, 0);
    assert_int_equal(seen.stats.body_bytes, PAGES * bytes);
    assert_in_range(seen.stats.wire_bytes, PAGES, PAGES * bytes / 10);
}

static void pages_may_come_packed(void **state)
{
    struct worker *worker = worker_new();

    (void)state;
    packed_pages_are_unpacked(worker);
    packed_pages_are_unpacked(NULL);
    worker_free(worker);
}

/* Found by the worker, and yet cured like a connection that broke. */
static void a_cut_page_is_asked_for_again(struct worker *worker)
{
    struct script_step cut;
    struct seen seen = {0};
    static char bytes[sizeof(packed)];

    make_steps("\"end\": \"here\"}");
    make_packed(9);
    memcpy(bytes, packed, sizeof(bytes));
    cut = steps[0];
    cut.bytes = bytes;
    make_packed(0);
    steps[1] = steps[0];
    steps[0] = cut;
    step_count = 2;
    if (read_steps(worker, &seen) != 0)
        fail_msg("%s", seen.err.text);
    assert_int_equal(seen.pages, PAGES);
    assert_true(seen.stats.retries > 0);
    assert_int_equal(seen.stats.requests, PAGES + seen.stats.retries);
}

static void cut_pages_are_asked_for_again(void **state)
{
    struct worker *worker = worker_new();

    (void)state;
    a_cut_page_is_asked_for_again(worker);
    a_cut_page_is_asked_for_again(NULL);
    worker_free(worker);
}

/* JSON without its end, nothing packed. */
static void half_a_page_is_asked_for_again(void **state)
{
    struct worker *worker = worker_new();
    struct seen seen = {0};
    static char half[sizeof(large)];

    (void)state;
    make_steps("\"end\": \"here");
    memcpy(half, large, sizeof(half));
    make_steps("\"end\": \"here\"}");
    steps[1] = steps[0];
    steps[0].bytes = half;
    if (read_steps(worker, &seen) != 0)
        fail_msg("%s", seen.err.text);
    assert_int_equal(seen.pages, PAGES);
    assert_true(seen.stats.retries > 0);
    worker_free(worker);
}

static void a_page_above_the_ceiling_ends_the_run(void **state)
{
    struct worker *worker = worker_new();
    struct seen seen = {0};

    (void)state;
    make_steps("\"end\": \"here\"}");
    make_packed(0);
    step_count = 1;
    body_max = LARGE;
    assert_int_equal(read_steps(worker, &seen), -1);
    body_max = 0;
    assert_int_equal(seen.err.kind, ERROR_DATA);
    assert_non_null(strstr(seen.err.text, "body above its ceiling"));
    assert_int_equal(seen.pages, 0);
    worker_free(worker);
}

/* What the worker still reads is waited for and dropped. */
static void an_error_ends_the_run_whatever_is_being_read(void **state)
{
    struct worker *worker = worker_new();

    (void)state;
    for (unsigned at = 1; at < PAGES; at += 5) {
        struct seen seen = {.fail_at = at};

        assert_int_equal(read_pages(worker, "\"end\": \"here\"}", &seen), -1);
        assert_int_equal(seen.pages, at);
    }
    worker_free(worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_are_read_beside_the_loop, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(pages_are_read_without_a_worker, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_json_is_told_with_the_page,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(pages_may_come_packed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(cut_pages_are_asked_for_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(half_a_page_is_asked_for_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_page_above_the_ceiling_ends_the_run, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            an_error_ends_the_run_whatever_is_being_read, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
