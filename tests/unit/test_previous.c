#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output_fixture.h"
#include "previous.h"

#define RUN_1 "20261121T020000Z"
#define RUN_2 "20261122T020000Z"

enum { LOG_MAX = 4096 };

struct stage {
    struct fixture fixture;
    struct log log;
    char text[LOG_MAX];
    struct previous previous;
    int out_fd;
};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    fixture_init(&stage->fixture);
    stage->fixture.rows = 3;
    stage->log = (struct log){.out = fmemopen(stage->text, LOG_MAX, "w"),
                              .level = LOG_WARN,
                              .clock = clock_system()};
    assert_non_null(stage->log.out);
    stage->out_fd =
        open(stage->fixture.out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(stage->out_fd >= 0);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    previous_close(&stage->previous);
    previous_close(&stage->previous);
    fclose(stage->log.out);
    close(stage->out_fd);
    fixture_release(&stage->fixture);
    free(stage);
    return 0;
}

/* Publishes a run that followed another. */
static void publish(struct stage *stage, const char *run_id, int64_t as_of,
                    const char *supersedes)
{
    const struct publish_options options = {.out_dir = stage->fixture.out,
                                            .run_id = run_id,
                                            .file_mode = 0600,
                                            .dir_mode = 0700,
                                            .replace = true};
    struct error err = {0};
    struct publish *p = publish_open(&options, &err);
    struct fixture_run run;

    if (p == NULL)
        fail_msg("%s", err.text);
    fixture_report(&stage->fixture, publish_dir_fd(p), &run);
    run.report.run_id = run_id;
    run.report.as_of = as_of;
    run.report.supersedes = supersedes;
    fixture_manifest(&run, publish_dir_fd(p));
    if (publish_commit(p, &err) != 0)
        fail_msg("%s", err.text);
    fixture_run_release(&run);
}

static const char *found(struct stage *stage, const char *run_id, int64_t as_of)
{
    struct error err = {0};

    previous_close(&stage->previous);
    if (previous_open(&stage->previous, stage->out_fd, run_id, as_of,
                      &stage->log, &err) != 0)
        fail_msg("%s", err.text);
    fflush(stage->log.out);
    return stage->previous.found ? stage->previous.manifest.run_id : NULL;
}

static void nothing_published(void **state)
{
    struct stage *stage = *state;

    assert_null(found(stage, RUN_2, fixture_as_of));
    assert_string_equal(stage->text, "");
}

static void the_latest(void **state)
{
    struct stage *stage = *state;

    publish(stage, RUN_1, 1000, NULL);
    assert_string_equal(found(stage, RUN_2, 2000), RUN_1);
    assert_true(stage->previous.manifest.as_of == 1000);
    assert_int_equal(faccessat(stage->previous.dir_fd, MANIFEST_NAME, R_OK, 0),
                     0);
    publish(stage, RUN_2, 2000, RUN_1);
    assert_string_equal(found(stage, FIXTURE_RUN, 3000), RUN_2);
}

/* Published again, a run must not see itself. */
static void the_same_run_again(void **state)
{
    struct stage *stage = *state;

    publish(stage, RUN_1, 1000, NULL);
    assert_null(found(stage, RUN_1, 1000));
    publish(stage, RUN_2, 2000, RUN_1);
    assert_string_equal(found(stage, RUN_2, 2000), RUN_1);
}

static void a_superseded_run_that_is_gone(void **state)
{
    struct stage *stage = *state;

    publish(stage, RUN_2, 2000, RUN_1);
    assert_null(found(stage, RUN_2, 2000));
}

static void a_later_run_is_no_predecessor(void **state)
{
    struct stage *stage = *state;

    publish(stage, RUN_2, 2000, NULL);
    assert_null(found(stage, RUN_1, 1000));
    assert_null(found(stage, RUN_1, 2000));
    assert_string_equal(found(stage, RUN_1, 2001), RUN_2);
}

static void a_damaged_manifest(void **state)
{
    struct stage *stage = *state;
    int fd;

    publish(stage, RUN_1, 1000, NULL);
    fd = openat(stage->out_fd, RUN_1 "/" MANIFEST_NAME, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    close(fd);
    assert_null(found(stage, RUN_2, 2000));
    assert_non_null(strstr(stage->text, "the run latest is not used"));
}

static void latest_leads_nowhere(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(symlinkat("gone", stage->out_fd, "latest"), 0);
    assert_null(found(stage, RUN_2, 2000));
    assert_int_equal(unlinkat(stage->out_fd, "latest", 0), 0);
    assert_int_equal(symlinkat("latest", stage->out_fd, "latest"), 0);
    assert_null(found(stage, RUN_2, 2000));
    assert_non_null(strstr(stage->text, "cannot be opened"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_published),
        TEST(the_latest),
        TEST(the_same_run_again),
        TEST(a_superseded_run_that_is_gone),
        TEST(a_later_run_is_no_predecessor),
        TEST(a_damaged_manifest),
        TEST(latest_leads_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
