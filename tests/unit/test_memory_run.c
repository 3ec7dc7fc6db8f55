/* What is done with published runs, without memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>

#include "clean.h"
#include "deliver.h"
#include "html.h"
#include "merge.h"
#include "no_memory.h"
#include "observed.h"
#include "output_fixture.h"
#include "overview.h"
#include "runs.h"
#include "verify.h"

#define BEFORE_RUN "20261122T020000Z"

enum { DAY_MS = 86400 * 1000, PAGE_MAX = 1 << 20, ROWS = 12 };

/* An output directory in the Hive layout with two runs, one to merge it with,
 * and a folder to write to; for all tests, which change nothing of it. */
struct stage {
    struct fixture fixture, second;
    char to[64];
    struct log log;
    char *page; /* of an undisturbed run, PAGE_MAX bytes */
};

static void publish(const struct fixture *f, const char *id, int64_t as_of,
                    const char *supersedes)
{
    const struct publish_options options = {.out_dir = f->out,
                                            .run_id = id,
                                            .file_mode = 0600,
                                            .dir_mode = 0700};
    struct error err = {0};
    struct publish *p = publish_open(&options, &err);
    struct fixture_run run;

    if (p == NULL)
        fail_msg("%s", err.text);
    fixture_report(f, publish_dir_fd(p), &run);
    run.report.run_id = id;
    run.report.as_of = as_of;
    run.report.supersedes = supersedes;
    run.report.hive = true;
    run.report.companions = 
        (struct companions){.lst = true, .par = true, .section = "people"};
    fixture_manifest(&run, publish_dir_fd(p));
    if (publish_commit(p, &err) != 0)
        fail_msg("%s", err.text);
    fixture_run_release(&run);
}

static int setup(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));

    fixture_init(&s->fixture);
    fixture_init(&s->second);
    s->fixture.rows = s->second.rows = ROWS;
    publish(&s->second, FIXTURE_RUN, fixture_as_of, NULL);
    publish(&s->fixture, BEFORE_RUN, fixture_as_of - DAY_MS, NULL);
    publish(&s->fixture, FIXTURE_RUN, fixture_as_of, BEFORE_RUN);
    /* In memory, where there is such a folder: every trial syncs its files. */
    strcpy(s->to, "/dev/shm/test_memory.XXXXXX");
    if (mkdtemp(s->to) == NULL) {
        strcpy(s->to, "/tmp/test_memory.XXXXXX");
        assert_non_null(mkdtemp(s->to));
    }
    s->log = (struct log){.out = fopen("/dev/null", "w"),
                          .level = LOG_ERROR,
                          .clock = clock_system()};
    s->page = calloc(1, PAGE_MAX);
    assert_non_null(s->page);
    *state = s;
    return 0;
}

static void empty(const struct stage *s)
{
    char command[256];

    snprintf(command, sizeof(command), "rm -rf %s/* %s/.tmp-* %s/.rollcall.lock",
             s->to, s->to, s->to);
    assert_int_equal(system(command), 0);
}

static int teardown(void **state)
{
    struct stage *s = *state;

    fixture_release(&s->fixture);
    fixture_release(&s->second);
    empty(s);
    assert_int_equal(rmdir(s->to), 0);
    fclose(s->log.out);
    free(s->page);
    free(s);
    return 0;
}

/* Names in the folder but for the lock: as many as expected. */
static void holds(const char *path, size_t expected)
{
    DIR *list = opendir(path);
    const struct dirent *entry;
    size_t count = 0;

    assert_non_null(list);
    while ((entry = readdir(list)) != NULL)
        count += strcmp(entry->d_name, ".") != 0 &&
                 strcmp(entry->d_name, "..") != 0 &&
                 strcmp(entry->d_name, ".rollcall.lock") != 0;
    closedir(list);
    if (count != expected)
        fail_msg("%s: %zu names, expected %zu", path, count, expected);
}

static void no_finding(void *context, const char *file, const char *text)
{
    (void)context;
    fail_msg("%s: %s", file, text);
}

static int try_verify(void *context, struct error *err)
{
    const struct stage *s = context;
    struct verify_summary summary;

    if (verify_run(s->fixture.out, NULL, no_finding, NULL, &summary, err) != 0)
        return -1;
    assert_int_equal(summary.rows, ROWS);
    return 0;
}

static void a_run_is_verified_or_not(void **state)
{
    no_memory_try(try_verify, *state, 1, 20);
}

static int try_cat(void *context, struct error *err)
{
    const struct stage *s = context;
    const struct cat_options options = {.format = "jsonl"};
    FILE *file = tmpfile();
    int result = cat_run(s->fixture.out, &options, fileno(file), err);
    long end;

    fseek(file, 0, SEEK_END);
    end = ftell(file);
    fclose(file);
    if (result == 0)
        assert_true(end > 100);
    return result;
}

static void its_rows_are_told_or_not(void **state)
{
    no_memory_try(try_cat, *state, 1, 5);
}

static int try_runs(void *context, struct error *err)
{
    const struct stage *s = context;
    int fd = runs_open_out(s->fixture.out, err), result;
    struct runs runs;

    assert_true(fd >= 0);
    result = runs_load(&runs, fd, err);
    close(fd);
    if (result != 0)
        return -1;
    assert_int_equal(runs.count, 2);
    assert_null(runs.entries[0].problem);
    assert_non_null(runs_before(&runs, &runs.entries[0]));
    runs_free(&runs);
    return 0;
}

static void runs_are_listed_or_not(void **state)
{
    no_memory_try(try_runs, *state, 1, 10);
}

static int try_clean(void *context, struct error *err)
{
    const struct stage *s = context;
    const struct clean_options options = {.out_dir = s->fixture.out,
                                          .keep = 1,
                                          .now = fixture_as_of,
                                          .dry_run = true,
                                          .log = &s->log};
    struct clean clean;
    int result = clean_plan(&clean, &options, err);

    if (result == 0) {
        assert_int_equal(clean.kept, 2); /* the newest needs the other */
        assert_int_equal(clean.count, 0);
    }
    clean_release(&clean);
    return result;
}

static void cleaning_is_planned_or_not(void **state)
{
    no_memory_try(try_clean, *state, 1, 10);
}

static int try_observed(void *context, struct error *err)
{
    const struct stage *s = context;
    struct manifest manifest;
    struct observed observed;
    int fd = fixture_run_fd(&s->fixture), result;

    observed_init(&observed);
    result = manifest_load(&manifest, fd, err);
    if (result == 0) {
        result = observed_load(&observed, &manifest, fd, "people",
                               "account_id", "seen_at", err);
        manifest_free(&manifest);
    }
    if (result == 0)
        assert_int_equal(observed.by_id.count, ROWS * 2 / 3);
    observed_release(&observed);
    close(fd);
    return result;
}

/* One that is not known is not one that never was. */
static void first_observations_are_read_or_not(void **state)
{
    no_memory_try(try_observed, *state, 1, 10);
}

static int take(void *context, const void *data, size_t len, struct error *err)
{
    return buf_append(context, data, len) == 0 ? 0 : error_no_memory(err);
}

static int try_overview(void *context, struct error *err)
{
    struct stage *s = context;
    const struct overview_options options = {
        .path = s->fixture.out, .rows_max = UINT64_MAX, .mask = true};
    struct overview *o = overview_open(&options, err);
    struct html *html = calloc(1, sizeof(*html));
    struct buf page;
    int result = -1;

    buf_init(&page, PAGE_MAX);
    if (o != NULL && html == NULL)
        error_no_memory(err);
    if (o != NULL && html != NULL && overview_read(o, err) == 0) {
        html_init(html, take, &page, err);
        result = overview_write(o, html, NULL, err);
    }
    if (result == 0 && s->page[0] == '\0')
        memcpy(s->page, page.data, page.len);
    if (result == 0)
        assert_string_equal(page.data, s->page);
    buf_release(&page);
    free(html);
    overview_free(o);
    return result;
}

static void a_page_is_whole_or_not_there(void **state)
{
    no_memory_try(try_overview, *state, 1, 30);
}

static int try_deliver(void *context, struct error *err)
{
    const struct stage *s = context;
    struct job_target target = {
        .type = TARGET_DIR, .name = "deliver[0]", .path = s->to};
    struct job job = {.targets = &target, .target_count = 1};
    const struct deliver_options options = {.job = &job,
                                            .out_dir = s->fixture.out,
                                            .run_id = FIXTURE_RUN,
                                            .log = &s->log};
    struct deliver_result delivered;
    int result;

    empty(s);
    job.output.file_mode = 0600;
    job.output.dir_mode = 0700;
    result = deliver_run(&options, &delivered, err);
    deliver_release(&delivered);
    if (result == 0)
        holds(s->to, 5); /* run, Hive folder, done file, two companions */
    return result;
}

static void a_run_is_delivered_or_not(void **state)
{
    no_memory_try(try_deliver, *state, 1, 20);
}

static int try_merge(void *context, struct error *err)
{
    const struct stage *s = context;
    const struct merge_input inputs[] = {{s->fixture.out, "acme"},
                                         {s->second.out, "beta"}};
    const struct merge_options options = {.inputs = inputs,
                                          .input_count = 2,
                                          .out_dir = s->to,
                                          .log = &s->log};
    struct merge_result merged;
    int result;

    empty(s);
    result = merge_runs(&options, &merged, err);
    if (result == 0)
        assert_int_equal(merged.datasets[0].rows, 2 * ROWS);
    merge_result_release(&merged);
    if (access(merged.dir, F_OK) == 0 && result != 0)
        fail_msg("%s is there", merged.dir);
    if (result == 0)
        holds(s->to, 6); /* and the link to the latest */
    return result;
}

static void runs_are_merged_or_not(void **state)
{
    no_memory_try(try_merge, *state, 1, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_verified_or_not),
        cmocka_unit_test(its_rows_are_told_or_not),
        cmocka_unit_test(runs_are_listed_or_not),
        cmocka_unit_test(cleaning_is_planned_or_not),
        cmocka_unit_test(first_observations_are_read_or_not),
        cmocka_unit_test(a_page_is_whole_or_not_there),
        cmocka_unit_test(a_run_is_delivered_or_not),
        cmocka_unit_test(runs_are_merged_or_not),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
