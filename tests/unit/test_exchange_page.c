#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "exchange_stage.h"
/* The Makefile links one file per test. */
#include "exchange_stage.c"
#include "json_select.h"

enum { PAGES = 24, LARGE = 2 * PAGE_APART_BYTES };

/* A page of more than PAGE_APART_BYTES, of which the end is looked at. */
static char large[LARGE + 256];
static struct script_step steps[2];

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
}

struct seen {
    struct stage *stage;
    unsigned pages, wrong, small;
    struct page *kept;
    unsigned fail_at;
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

    stage->exchange = exchange_new(&stage->options, &stage->err);
    assert_non_null(stage->exchange);
    for (int i = 0; i < PAGES; i++)
        assert_int_equal(exchange_submit(stage->exchange, &request, look, seen,
                                         &stage->err),
                         0);
}

static int read_pages(struct worker *worker, const char *end,
                      struct seen *seen)
{
    struct json_select select = {0};
    struct stage *stage;
    struct arena arena;
    int result;

    arena_init(&arena);
    assert_int_equal(json_select_add(&select, &arena, NULL, "/end"), 0);
    make_steps(end);
    stage = stage_new(steps, 2);
    stage->options.worker = worker;
    submit_pages(stage, seen, &select);
    result = exchange_run(stage->exchange, &stage->err);
    if (seen->kept != NULL)
        exchange_page_back(stage->exchange, seen->kept);
    stage_free(stage);
    arena_release(&arena);
    return result;
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
        cmocka_unit_test_setup_teardown(
            an_error_ends_the_run_whatever_is_being_read, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
