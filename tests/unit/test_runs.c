#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output_fixture.h"
#include "runs.h"

struct stage {
    struct fixture fixture;
    struct runs runs;
    int out_fd;
};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    fixture_init(&stage->fixture);
    stage->fixture.rows = 3;
    stage->out_fd =
        open(stage->fixture.out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(stage->out_fd >= 0);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    runs_free(&stage->runs);
    close(stage->out_fd);
    fixture_release(&stage->fixture);
    free(stage);
    return 0;
}

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

static const struct runs *load(struct stage *stage)
{
    struct error err = {0};

    runs_free(&stage->runs);
    if (runs_load(&stage->runs, stage->out_fd, &err) != 0)
        fail_msg("%s", err.text);
    return &stage->runs;
}

static void nothing(void **state)
{
    const struct runs *runs = load(*state);

    assert_int_equal(runs->count, 0);
    assert_int_equal(runs->leftover_count, 0);
    assert_null(runs->latest);
    assert_null(runs->named);
}

static void newest_first(void **state)
{
    const struct runs *runs;

    publish(*state, "b", 1000, NULL);
    publish(*state, "a", 3000, "b");
    publish(*state, "c", 1000, NULL);
    runs = load(*state);
    assert_int_equal(runs->count, 3);
    assert_string_equal(runs->entries[0].name, "a");
    assert_string_equal(runs->entries[1].name, "c");
    assert_string_equal(runs->entries[2].name, "b");
    assert_string_equal(runs->latest, "a");
    assert_ptr_equal(runs->named, &runs->entries[0]);
    assert_ptr_equal(runs_before(runs, runs->named), &runs->entries[2]);
    assert_null(runs_before(runs, &runs->entries[2]));
}

static void what_is_told(void **state)
{
    struct stage *stage = *state;
    const struct runs_entry *entry;

    publish(stage, FIXTURE_RUN, fixture_as_of, "gone");
    entry = &load(stage)->entries[0];
    assert_true(entry->as_of == fixture_as_of);
    assert_true(entry->users == 99);
    assert_true(entry->bytes > 100);
    assert_int_equal(entry->dataset_count, 1);
    assert_string_equal(entry->datasets[0].name, "people");
    assert_true(entry->datasets[0].rows == 3);
    assert_true(entry->marked);
    assert_string_equal(entry->supersedes, "gone");
    assert_null(runs_before(&stage->runs, entry));
    assert_int_equal(unlinkat(stage->out_fd, FIXTURE_DONE, 0), 0);
    assert_false(load(stage)->entries[0].marked);
}

static void what_is_no_run(void **state)
{
    struct stage *stage = *state;
    const struct runs *runs;
    int fd;

    publish(stage, "a", 1000, NULL);
    publish(stage, "b", 2000, "a");
    assert_int_equal(mkdirat(stage->out_fd, "folder", 0700), 0);
    assert_int_equal(mkdirat(stage->out_fd, ".tmp-z", 0700), 0);
    assert_int_equal(symlinkat("a", stage->out_fd, "link"), 0);
    assert_int_equal(symlinkat("gone", stage->out_fd, ".tmp-a"), 0);
    fd = openat(stage->out_fd, "b/" MANIFEST_NAME, O_WRONLY | O_TRUNC);
    close(fd);
    runs = load(stage);
    assert_int_equal(runs->count, 2);
    assert_string_equal(runs->entries[0].name, "a");
    assert_string_equal(runs->entries[1].name, "b");
    assert_non_null(strstr(runs->entries[1].problem, MANIFEST_NAME));
    assert_string_equal(runs->latest, "b");
    assert_null(runs->named);
    assert_int_equal(runs->leftover_count, 2);
    assert_string_equal(runs->leftovers[0], ".tmp-a");
    assert_string_equal(runs->leftovers[1], ".tmp-z");
}

static void a_run_of_another_name(void **state)
{
    struct stage *stage = *state;

    publish(stage, "a", 1000, NULL);
    assert_int_equal(renameat(stage->out_fd, "a", stage->out_fd, "b"), 0);
    assert_string_equal(load(stage)->entries[0].problem,
                        "its manifest is of another run");
}

static void no_directory(void **state)
{
    struct error err = {0};

    (void)state;
    assert_int_equal(runs_open_out("/nowhere/at/all", &err), -1);
    assert_int_equal(err.kind, ERROR_NO_INPUT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing),
        TEST(newest_first),
        TEST(what_is_told),
        TEST(what_is_no_run),
        TEST(a_run_of_another_name),
        TEST(no_directory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
