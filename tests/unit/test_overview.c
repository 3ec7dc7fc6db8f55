#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output_fixture.h"
#include "overview.h"

enum { PAGE_MAX = 8 * 1024 * 1024 };

struct stage {
    struct fixture fixture;
    struct overview_options options;
    struct html html;
    struct buf page;
    size_t fail_at; /* bytes of the page; 0: never */
    volatile sig_atomic_t stop;
    struct error err;
};

static int take(void *context, const void *data, size_t len,
                struct error *err)
{
    struct stage *stage = context;

    if (stage->fail_at != 0 && stage->page.len >= stage->fail_at)
        return error_set(err, ERROR_IO, "no room");
    return buf_append(&stage->page, data, len);
}

static int setup(void **state)
{
    struct stage *stage = test_calloc(1, sizeof(*stage));

    fixture_init(&stage->fixture);
    buf_init(&stage->page, PAGE_MAX);
    stage->options = (struct overview_options){
        .path = stage->fixture.out,
        .rows_max = UINT64_MAX,
        .stop = &stage->stop};
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    fixture_release(&stage->fixture);
    buf_release(&stage->page);
    test_free(stage);
    return 0;
}

static int make(struct stage *stage)
{
    struct overview *o = overview_open(&stage->options, &stage->err);
    int result = -1;

    buf_reset(&stage->page);
    html_init(&stage->html, take, stage, &stage->err);
    if (o != NULL && overview_read(o, &stage->err) == 0) {
        assert_string_equal(overview_run_id(o), FIXTURE_RUN);
        result = overview_write(o, &stage->html, NULL, &stage->err);
    }
    overview_free(o);
    return result;
}

static void expect(const struct stage *stage, const char *text)
{
    if (strstr(stage->page.data, text) == NULL)
        fail_msg("\"%s\" is not in the page", text);
}

static void expect_none(const struct stage *stage, const char *text)
{
    if (strstr(stage->page.data, text) != NULL)
        fail_msg("\"%s\" is in the page", text);
}

static size_t occurs(const char *where, const char *what)
{
    size_t count = 0;

    for (; (where = strstr(where, what)) != NULL; where++)
        count++;
    return count;
}

static void made(struct stage *stage)
{
    if (make(stage) != 0)
        fail_msg("%s", stage->err.text);
}

static void rows_of_every_type(void **state)
{
    struct stage *stage = *state;

    fixture_publish(&stage->fixture);
    made(stage);
    /* Row 1 was seen 777 ms before the run; born a day into 1970. */
    expect(stage, "[\"acc-00000001\",null,0,1795399199.223,86400,\"-0.5\",1]");
    expect(stage, "\"name\":\"born\",\"title\":\"Born\",\"type\":\"date\"");
    expect(stage, "\"values\":[\"hidden\",\"known\"]");
    expect(stage, "two\\u000d\\u000alines");
    expect(stage, "<title>People");
    expect(stage, "E-mail address</caption>");
    expect(stage, "of the run");
    assert_int_equal(occurs(stage->page.data, "\n[\"acc-"), 40);
}

static void same_run_same_bytes(void **state)
{
    struct stage *stage = *state;
    char *before;

    stage->fixture.rows = 300;
    stage->fixture.part_size = 1;
    fixture_publish(&stage->fixture);
    made(stage);
    before = strdup(stage->page.data);
    made(stage);
    assert_string_equal(stage->page.data, before);
    free(before);
}

static void masks(void **state)
{
    struct stage *stage = *state;

    stage->options.mask = true;
    fixture_publish(&stage->fixture);
    made(stage);
    expect_none(stage, "acc-0");
    expect_none(stage, "Zo\xc3\xab");
    expect_none(stage, "Ann");
    expect_none(stage, "'=quoted");
    expect_none(stage, "12.5e-3");
    expect(stage, ",\"masked\",");
    expect(stage, "\"id-");
    expect(stage, "\"Person ");
    expect(stage, "\"hidden\"");
}

static void limits_rows_and_says_so(void **state)
{
    struct stage *stage = *state;

    stage->options.rows_max = 7;
    fixture_publish(&stage->fixture);
    made(stage);
    assert_int_equal(occurs(stage->page.data, "\n[\"acc-"), 7);
    expect(stage, "first <strong>7</strong> of <strong>40</strong> rows");
}

static void no_rows(void **state)
{
    struct stage *stage = *state;

    stage->fixture.rows = 0;
    fixture_publish(&stage->fixture);
    made(stage);
    expect(stage, "\"rows\":[]}");
}

static void picks_a_dataset(void **state)
{
    struct stage *stage = *state;

    fixture_publish(&stage->fixture);
    stage->options.dataset = "people";
    made(stage);
    stage->options.dataset = "pets";
    assert_int_equal(make(stage), -1);
    assert_int_equal(stage->err.kind, ERROR_USAGE);
}

static void ends_when_told(void **state)
{
    struct stage *stage = *state;

    fixture_publish(&stage->fixture);
    stage->stop = 1;
    assert_int_equal(make(stage), -1);
    assert_int_equal(stage->err.kind, ERROR_INTERRUPTED);
}

static void tells_of_a_full_disk(void **state)
{
    struct stage *stage = *state;

    stage->fixture.rows = 2000;
    stage->fail_at = 1;
    fixture_publish(&stage->fixture);
    assert_int_equal(make(stage), -1);
    assert_int_equal(stage->err.kind, ERROR_IO);
    assert_string_equal(stage->err.text, "no room");
}

/* The dataset says 41 rows, its parts agree with themselves. */
static void counts_what_the_manifest_counts(void **state)
{
    struct stage *stage = *state;
    struct fixture_run run;
    int fd;

    fixture_publish(&stage->fixture);
    fd = fixture_run_fd(&stage->fixture);
    unlinkat(fd, "people-00001.csv.gz", 0);
    unlinkat(fd, "people-00001.jsonl.gz", 0);
    unlinkat(fd, "rejects.jsonl.gz", 0);
    fixture_report(&stage->fixture, fd, &run);
    run.dataset.rows++;
    fixture_manifest(&run, fd);
    fixture_run_release(&run);
    close(fd);
    assert_int_equal(make(stage), -1);
    assert_int_equal(stage->err.kind, ERROR_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_of_every_type, setup, teardown),
        cmocka_unit_test_setup_teardown(same_run_same_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(masks, setup, teardown),
        cmocka_unit_test_setup_teardown(limits_rows_and_says_so, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(no_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(picks_a_dataset, setup, teardown),
        cmocka_unit_test_setup_teardown(ends_when_told, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_of_a_full_disk, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(counts_what_the_manifest_counts, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
