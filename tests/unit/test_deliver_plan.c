#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "deliver_parts.h"
#include "output_fixture.h"

#define INSIDE(name) FIXTURE_RUN "/" name
#define HIVE         "dataset=people/dt=2026-11-23/run=" FIXTURE_RUN "/"

struct stage {
    struct fixture fixture;
    struct deliver_plan plan;
    struct error err;
    int out_fd;
};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    assert_non_null(stage);
    fixture_init(&stage->fixture);
    stage->fixture.rows = 3;
    fixture_publish(&stage->fixture);
    stage->out_fd =
        open(stage->fixture.out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(stage->out_fd >= 0);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    plan_release(&stage->plan);
    close(stage->out_fd);
    fixture_release(&stage->fixture);
    free(stage);
    return 0;
}

static void put(struct stage *stage, const char *name, const char *text)
{
    struct error err = {0};

    if (write_whole_file(stage->out_fd, name, text, strlen(text), 0600, &err) !=
        0)
        fail_msg("%s", err.text);
}

static int load(struct stage *stage)
{
    plan_release(&stage->plan);
    error_clear(&stage->err);
    return plan_load(&stage->plan, stage->out_fd, FIXTURE_RUN, NULL,
                     &stage->err);
}

static void refuses(struct stage *stage, enum error_kind kind,
                    const char *words)
{
    assert_int_equal(load(stage), -1);
    assert_int_equal(stage->err.kind, kind);
    if (strstr(stage->err.text, words) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", words, stage->err.text);
}

#define HIVE_FOLDER "dataset=people/dt=2026-11-23/run=" FIXTURE_RUN

/* With a part, by a link as the output has it. */
static void make_hive(struct stage *stage)
{
    static const char *const folders[] = {
        "dataset=people", "dataset=people/dt=2026-11-23", HIVE_FOLDER};

    for (size_t i = 0; i < 3; i++)
        assert_int_equal(mkdirat(stage->out_fd, folders[i], 0700), 0);
    assert_int_equal(linkat(stage->out_fd, INSIDE("people-00001.csv.gz"),
                            stage->out_fd, HIVE "people-00001.csv.gz", 0),
                     0);
}

/* In the order of sending, whatever the order of the folder. */
static void parts_first_and_done_files_last(void **state)
{
    static const char *const expected[] = {
        INSIDE("people-00001.csv.gz"),
        INSIDE("people-00001.jsonl.gz"),
        INSIDE("rejects.jsonl.gz"),
        HIVE "people-00001.csv.gz",
        INSIDE("_redshift.manifest"),
        INSIDE("manifest.json.sig"),
        HIVE "_manifest.json.sig",
        INSIDE("manifest.json"),
        HIVE "_manifest.json",
        "people_20261123_" FIXTURE_RUN ".csv.manifest",
        "people_20261123_" FIXTURE_RUN ".lst",
        "people_20261123_" FIXTURE_RUN ".par",
        HIVE "_SUCCESS",
        FIXTURE_DONE,
    };
    static const enum plan_rank ranks[] = {
        RANK_PART,   RANK_PART,   RANK_PART,    RANK_PART,     RANK_OTHER,
        RANK_SEAL,   RANK_SEAL,   RANK_MANIFEST, RANK_MANIFEST, RANK_BESIDE,
        RANK_BESIDE, RANK_BESIDE, RANK_SUCCESS, RANK_MARKER};
    struct stage *stage = *state;
    const struct deliver_plan *plan = &stage->plan;

    make_hive(stage);
    put(stage, HIVE "_SUCCESS", "");
    put(stage, HIVE "_manifest.json", "{}");
    put(stage, HIVE "_manifest.json.sig", "s");
    put(stage, INSIDE("manifest.json.sig"), "s");
    put(stage, "people_20261123_" FIXTURE_RUN ".csv.manifest", "{}");
    put(stage, INSIDE("_redshift.manifest"), "{}");
    put(stage, INSIDE(".hidden"), "of the file system");
    put(stage, "people_20261123_" FIXTURE_RUN ".par", "p");
    put(stage, "people_20261123_" FIXTURE_RUN ".lst", "l");
    put(stage, "people_20261123_" FIXTURE_RUN "1.lst", "of another run");
    put(stage, "people_20261122_" FIXTURE_RUN ".lst", "of another day");
    put(stage, "unrelated.done", "");
    if (load(stage) != 0)
        fail_msg("%s", stage->err.text);
    assert_true(plan->as_of == fixture_as_of);
    for (size_t i = 0; i < plan->count; i++) {
        assert_string_equal(plan->files[i].path, expected[i]);
        assert_int_equal(plan->files[i].rank, ranks[i]);
    }
    assert_int_equal(plan->count, sizeof(expected) / sizeof(expected[0]));
}

static void each_file_has_its_sums(void **state)
{
    struct stage *stage = *state;
    const struct deliver_file *file;

    put(stage, INSIDE("abc"), "abc");
    assert_int_equal(load(stage), 0);
    file = &stage->plan.files[3];
    assert_string_equal(file->path, INSIDE("abc"));
    assert_int_equal(file->bytes, 3);
    assert_string_equal(file->sha256, "ba7816bf8f01cfea414140de5dae2223"
                                      "b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(file->md5, "900150983cd24fb0d6963f7d28e17f72");
    assert_string_equal(file->md5_base64, "kAFQmDzST7DWlj99KOF/cg==");
}

static void a_run_that_is_not_whole_is_refused(void **state)
{
    struct stage *stage = *state;

    put(stage, INSIDE("people-00001.csv.gz"), "x");
    refuses(stage, ERROR_DATA, "is not what the manifest says");
    assert_int_equal(unlinkat(stage->out_fd, INSIDE("people-00001.csv.gz"), 0),
                     0);
    refuses(stage, ERROR_DATA, "lacks files");
}

static void names_and_kinds_nobody_gave_are_refused(void **state)
{
    struct stage *stage = *state;

    put(stage, INSIDE("two words"), "x");
    refuses(stage, ERROR_DATA, "no name that rollcall gives");
    assert_int_equal(unlinkat(stage->out_fd, INSIDE("two words"), 0), 0);
    assert_int_equal(
        symlinkat("manifest.json", stage->out_fd, INSIDE("linked")), 0);
    refuses(stage, ERROR_DATA, "is no plain file");
}

static void a_folder_within_a_run_comes_along(void **state)
{
    static const char deep[] = FIXTURE_RUN "/a/b/c/d/e/f/g/h/i";
    struct stage *stage = *state;
    char path[sizeof(deep)];

    assert_int_equal(mkdirat(stage->out_fd, INSIDE("a"), 0700), 0);
    put(stage, INSIDE("a/note"), "x");
    if (load(stage) != 0)
        fail_msg("%s", stage->err.text);
    assert_string_equal(stage->plan.files[3].path, INSIDE("a/note"));
    assert_int_equal(stage->plan.files[3].rank, RANK_OTHER);
    for (size_t len = strlen(FIXTURE_RUN "/a/b"); len < sizeof(deep); len += 2) {
        snprintf(path, len + 1, "%s", deep);
        assert_int_equal(mkdirat(stage->out_fd, path, 0700), 0);
    }
    refuses(stage, ERROR_DATA, "too many folders in one another");
}

static void a_signal_ends_it(void **state)
{
    struct stage *stage = *state;
    volatile sig_atomic_t stop = SIGTERM;

    assert_int_equal(plan_load(&stage->plan, stage->out_fd, FIXTURE_RUN, &stop,
                               &stage->err),
                     -1);
    assert_int_equal(stage->err.kind, ERROR_INTERRUPTED);
}

static void without_done_file_it_is_not_announced(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(unlinkat(stage->out_fd, FIXTURE_DONE, 0), 0);
    refuses(stage, ERROR_DATA, "lacks a done file");
}

static void a_hive_folder_that_differs_is_refused(void **state)
{
    struct stage *stage = *state;

    make_hive(stage);
    put(stage, HIVE "people-00001.csv.gz", "another");
    refuses(stage, ERROR_DATA, "is not what the manifest says");
}

static void another_run(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(
        renameat(stage->out_fd, FIXTURE_RUN, stage->out_fd, "other"), 0);
    refuses(stage, ERROR_NO_INPUT, "no such run");
    assert_int_equal(plan_load(&stage->plan, stage->out_fd, "other", NULL,
                               &(struct error){0}),
                     -1);
    assert_int_equal(
        renameat(stage->out_fd, "other", stage->out_fd, FIXTURE_RUN), 0);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(parts_first_and_done_files_last),
        STAGED(each_file_has_its_sums),
        STAGED(a_run_that_is_not_whole_is_refused),
        STAGED(names_and_kinds_nobody_gave_are_refused),
        STAGED(a_hive_folder_that_differs_is_refused),
        STAGED(a_folder_within_a_run_comes_along),
        STAGED(a_signal_ends_it),
        STAGED(without_done_file_it_is_not_announced),
        STAGED(another_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
