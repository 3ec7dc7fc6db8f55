#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>

#include "output_fixture.h"
#include "publish_parts.h"

static int setup(void **state)
{
    struct fixture *f = malloc(sizeof(*f));

    assert_non_null(f);
    fixture_init(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_release(*state);
    free(*state);
    return 0;
}

static int open_out(const struct fixture *f)
{
    int fd = open(f->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static bool there(int fd, const char *name)
{
    return faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void expect_latest(int out, const char *want)
{
    char target[100];
    ssize_t len = readlinkat(out, "latest", target, sizeof(target) - 1);

    assert_true(len > 0);
    target[len] = '\0';
    assert_string_equal(target, want);
}

static mode_t mode_of(int fd, const char *name)
{
    struct stat st;

    assert_int_equal(fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
    return st.st_mode & 07777;
}

static void a_run_appears_whole(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct fixture_run run;
    struct publish *p = fixture_open(f, &err);
    int out = open_out(f);
    char hex[DIGEST_HEX_SIZE], want[300], *text;
    size_t len;

    assert_non_null(p);
    fixture_report(f, publish_dir_fd(p), &run);
    fixture_manifest(&run, publish_dir_fd(p));
    assert_false(publish_exists(p));
    assert_false(there(out, FIXTURE_RUN));
    assert_false(there(out, "latest"));
    assert_int_equal(publish_commit(p, &err), 0);
    assert_true(there(out, FIXTURE_RUN "/" MANIFEST_NAME));
    assert_false(there(out, ".tmp-" FIXTURE_RUN));
    expect_latest(out, FIXTURE_RUN);
    assert_int_equal(mode_of(out, FIXTURE_RUN), 0700);
    assert_int_equal(mode_of(out, FIXTURE_DONE), 0600);
    text = read_whole_file(out, FIXTURE_RUN "/" MANIFEST_NAME, 1 << 20, &len,
                           &err);
    digest_hex(text, len, hex);
    free(text);
    text = read_whole_file(out, FIXTURE_DONE, 1 << 20, &len, &err);
    snprintf(want, sizeof(want),
             "{\"runId\":\"" FIXTURE_RUN "\",\"dataset\":\"people\","
             "\"rows\":40,\"manifestSha256\":\"%s\"}\n",
             hex);
    assert_string_equal(text, want);
    free(text);
    fixture_run_release(&run);
    close(out);
}

static void modes_are_exact_under_any_umask(void **state)
{
    struct fixture *f = *state;
    struct publish_options options = {
        .run_id = "r1", .file_mode = 0640, .dir_mode = 0750};
    mode_t old = umask(077);
    struct error err = {0};
    struct fixture_run run;
    struct publish *p;
    char path[128];
    int out;

    snprintf(path, sizeof(path), "%s/deep/er", f->out);
    options.out_dir = path;
    p = publish_open(&options, &err);
    umask(old);
    if (p == NULL)
        fail_msg("%s", err.text);
    fixture_report(f, publish_dir_fd(p), &run);
    fixture_manifest(&run, publish_dir_fd(p));
    assert_int_equal(publish_commit(p, &err), 0);
    out = open(path, O_RDONLY | O_DIRECTORY);
    assert_int_equal(mode_of(out, "."), 0750);
    assert_int_equal(mode_of(out, ".."), 0750);
    assert_int_equal(mode_of(out, "r1"), 0750);
    assert_int_equal(mode_of(out, "people_20261123_r1.done"), 0640);
    fixture_run_release(&run);
    close(out);
}

#define HIVE_FOLDER "dataset=people/dt=2026-11-23/run=" FIXTURE_RUN

/* users: makes the manifests of two runs differ. */
static void publish_hive_run(const struct fixture *f, uint64_t users)
{
    struct error err = {0};
    struct fixture_run run;
    struct publish *p = fixture_open(f, &err);

    assert_non_null(p);
    fixture_report(f, publish_dir_fd(p), &run);
    run.report.hive = true;
    run.report.users = users;
    fixture_manifest(&run, publish_dir_fd(p));
    if (publish_commit(p, &err) != 0)
        fail_msg("%s", err.text);
    fixture_run_release(&run);
}

static void expect_hive_run(int out)
{
    static const char *const names[] = {"people-00001.csv.gz",
                                        "people-00001.jsonl.gz"};
    struct stat a, b;

    assert_int_equal(mode_of(out, HIVE_FOLDER), 0700);
    assert_int_equal(mode_of(out, HIVE_FOLDER "/" PUBLISH_SUCCESS_NAME), 0600);
    assert_true(there(out, HIVE_FOLDER "/" MANIFEST_PART_NAME));
    assert_false(there(out, HIVE_FOLDER "/rejects.jsonl.gz"));
    for (size_t i = 0; i < 2; i++) {
        char hive[256], flat[128];

        snprintf(hive, sizeof(hive), HIVE_FOLDER "/%s", names[i]);
        snprintf(flat, sizeof(flat), FIXTURE_RUN "/%s", names[i]);
        assert_int_equal(fstatat(out, hive, &a, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(fstatat(out, flat, &b, AT_SYMLINK_NOFOLLOW), 0);
        assert_true(a.st_ino == b.st_ino);
    }
}

static void a_hive_layout_follows_its_run(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int out;

    publish_hive_run(f, 99);
    out = open_out(f);
    expect_hive_run(out);
    f->replace = true;
    publish_hive_run(f, 100);
    expect_hive_run(out);
    assert_false(there(out, ".tmp-_hive"));
    assert_int_equal(publish_retire(out, FIXTURE_RUN, &err), 0);
    assert_false(there(out, "dataset=people"));
    close(out);
}

/* What somebody else put there stays, and the run is not announced. */
static void a_file_in_place_of_a_hive_folder_is_refused(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct fixture_run run;
    struct publish *p = fixture_open(f, &err);
    int out = open_out(f);

    assert_int_equal(mkdirat(out, "dataset=people", 0700), 0);
    assert_int_equal(mkdirat(out, "dataset=people/dt=2026-11-23", 0700), 0);
    assert_int_equal(write_whole_file(out, HIVE_FOLDER, "x", 1, 0600, &err), 0);
    fixture_report(f, publish_dir_fd(p), &run);
    run.report.hive = true;
    fixture_manifest(&run, publish_dir_fd(p));
    assert_int_equal(publish_commit(p, &err), -1);
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    assert_string_equal(err.text, HIVE_FOLDER ": exists and is not a folder");
    assert_non_null(strstr(err.hint, "the run is published"));
    assert_true(there(out, FIXTURE_RUN "/" MANIFEST_NAME));
    assert_false(there(out, FIXTURE_DONE));
    assert_false(there(out, ".tmp-_hive"));
    assert_int_equal(mode_of(out, HIVE_FOLDER), 0600);
    fixture_run_release(&run);
    close(out);
}

static void hive_paths_have_a_limit(void **state)
{
    char path[PUBLISH_HIVE_PATH_MAX], name[PUBLISH_HIVE_PATH_MAX];

    (void)state;
    assert_int_equal(publish_hive_path("people", fixture_as_of, FIXTURE_RUN,
                                       path), 0);
    assert_string_equal(path, HIVE_FOLDER);
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(publish_hive_path(name, fixture_as_of, FIXTURE_RUN, path),
                     -1);
}

static void the_lock_names_its_holder(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct publish *p = fixture_open(f, &err);
    char pid[32];

    assert_non_null(p);
    assert_null(fixture_open(f, &err));
    assert_int_equal(err.kind, ERROR_TRY_LATER);
    snprintf(pid, sizeof(pid), "pid %ld run ", (long)getpid());
    assert_non_null(strstr(err.text, pid));
    assert_non_null(strstr(err.text, FIXTURE_RUN));
    publish_abort(p);
    error_clear(&err);
    p = fixture_open(f, &err);
    assert_non_null(p);
    publish_abort(p);
    publish_abort(NULL);
}

static void leftovers_go_but_links_are_never_followed(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int out = open_out(f);
    struct publish *p;

    assert_int_equal(mkdirat(out, "precious", 0700), 0);
    write_whole_file(out, "precious/file", "x", 1, 0600, &err);
    assert_int_equal(mkdirat(out, ".tmp-dead", 0700), 0);
    write_whole_file(out, ".tmp-dead/a.gz", "x", 1, 0600, &err);
    assert_int_equal(symlinkat("../precious", out, ".tmp-dead/link"), 0);
    assert_int_equal(symlinkat("precious", out, ".tmp-link"), 0);
    write_whole_file(out, ".tmp-1-0-x.done", "x", 1, 0600, &err);
    assert_int_equal(err.kind, ERROR_NONE);
    p = fixture_open(f, &err);
    if (p == NULL)
        fail_msg("%s", err.text);
    assert_false(there(out, ".tmp-dead"));
    assert_false(there(out, ".tmp-link"));
    assert_false(there(out, ".tmp-1-0-x.done"));
    assert_true(there(out, "precious/file"));
    publish_abort(p);
    assert_false(there(out, ".tmp-" FIXTURE_RUN));
    close(out);
}

static void folders_inside_leftovers_are_not_entered(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int out = open_out(f);

    assert_int_equal(mkdirat(out, ".tmp-dead", 0700), 0);
    assert_int_equal(mkdirat(out, ".tmp-dead/sub", 0700), 0);
    write_whole_file(out, ".tmp-dead/sub/keep", "x", 1, 0600, &err);
    assert_null(fixture_open(f, &err));
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    assert_true(there(out, ".tmp-dead/sub/keep"));
    close(out);
}

static void links_in_our_places_are_refused(void **state)
{
    static const char *const names[] = {FIXTURE_RUN, ".tmp-" FIXTURE_RUN};
    struct fixture *f = *state;
    int out = open_out(f);

    mkdirat(out, "elsewhere", 0700);
    for (size_t i = 0; i < 2; i++) {
        struct error err = {0};

        assert_int_equal(symlinkat("elsewhere", out, names[i]), 0);
        assert_null(fixture_open(f, &err));
        assert_int_equal(err.kind, ERROR_CANT_CREATE);
        assert_non_null(strstr(err.text, names[i]));
        assert_true(there(out, names[i]));
        unlinkat(out, names[i], 0);
    }
    {
        struct error err = {0};

        mkdirat(out, "latest", 0700);
        assert_null(fixture_open(f, &err));
        assert_non_null(strstr(err.text, "latest"));
        unlinkat(out, "latest", AT_REMOVEDIR);
        error_clear(&err);
        mkdirat(out, FIXTURE_RUN, 0700);
        assert_null(fixture_open(f, &err));
        assert_non_null(strstr(err.text, "holds no manifest"));
    }
    close(out);
}

static void an_existing_run_is_kept(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct publish *p;
    int out = open_out(f);

    fixture_publish(f);
    p = fixture_open(f, &err);
    assert_non_null(p);
    assert_true(publish_exists(p));
    assert_int_equal(publish_dir_fd(p), -1);
    assert_false(there(out, ".tmp-" FIXTURE_RUN));
    publish_abort(p);
    assert_true(there(out, FIXTURE_DONE));
    close(out);
}

static void a_run_that_appears_meanwhile_is_kept(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct fixture_run run;
    struct publish *p = fixture_open(f, &err);
    int out = open_out(f);

    assert_non_null(p);
    fixture_report(f, publish_dir_fd(p), &run);
    fixture_manifest(&run, publish_dir_fd(p));
    assert_int_equal(mkdirat(out, FIXTURE_RUN, 0700), 0);
    write_whole_file(out, FIXTURE_RUN "/old", "x", 1, 0600, &err);
    assert_int_equal(publish_commit(p, &err), -1);
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    assert_true(there(out, FIXTURE_RUN "/old"));
    assert_false(there(out, ".tmp-" FIXTURE_RUN));
    fixture_run_release(&run);
    close(out);
}

static void an_existing_run_is_exchanged(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int out = open_out(f);

    fixture_publish(f);
    write_whole_file(out, FIXTURE_RUN "/old", "x", 1, 0600, &err);
    write_whole_file(out, "gone_20261123_" FIXTURE_RUN ".done", "x", 1, 0600,
                     &err);
    write_whole_file(out, "people_20261123_other.done", "x", 1, 0600, &err);
    f->replace = true;
    fixture_publish(f);
    assert_false(there(out, FIXTURE_RUN "/old"));
    assert_true(there(out, FIXTURE_RUN "/" MANIFEST_NAME));
    assert_false(there(out, ".tmp-" FIXTURE_RUN));
    assert_false(there(out, "gone_20261123_" FIXTURE_RUN ".done"));
    assert_true(there(out, "people_20261123_other.done"));
    assert_true(there(out, FIXTURE_DONE));
    close(out);
}

static void latest_never_goes_back(void **state)
{
    struct fixture *f = *state;
    int out = open_out(f);

    mkdirat(out, "20271231T000000Z", 0700);
    assert_int_equal(symlinkat("20271231T000000Z", out, "latest"), 0);
    fixture_publish(f);
    expect_latest(out, "20271231T000000Z");
    unlinkat(out, "20271231T000000Z", AT_REMOVEDIR); /* dangling now */
    f->replace = true;
    fixture_publish(f);
    expect_latest(out, FIXTURE_RUN);
    close(out);
}

/* The error names the run that latest points to, not the pointer. */
static void a_latest_run_that_cannot_be_opened_is_named(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct rlimit before, none;
    int out = open_out(f), free_fd, result;

    mkdirat(out, "20271231T000000Z", 0700);
    assert_int_equal(symlinkat("20271231T000000Z", out, "latest"), 0);
    free_fd = dup(out);
    assert_true(free_fd >= 0);
    close(free_fd);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)free_fd;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    result = publish_latest(out, FIXTURE_RUN, 0, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(result, -1);
    assert_int_equal(err.kind, ERROR_IO);
    assert_ptr_equal(strstr(err.text, "20271231T000000Z: "), err.text);
    close(out);
}

static void no_manifest_no_run(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct fixture_run run;
    struct publish *p = fixture_open(f, &err);
    int out = open_out(f);

    fixture_report(f, publish_dir_fd(p), &run);
    assert_int_equal(publish_commit(p, &err), -1);
    assert_false(there(out, FIXTURE_RUN));
    assert_false(there(out, ".tmp-" FIXTURE_RUN));
    assert_false(there(out, "latest"));
    fixture_run_release(&run);
    close(out);
}

/* A kill between the rename and the markers. */
static void missing_markers_can_be_completed(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int out = open_out(f);
    char *before, *after;
    struct publish *p;
    size_t len;

    fixture_publish(f);
    before = read_whole_file(out, FIXTURE_DONE, 4096, &len, &err);
    unlinkat(out, FIXTURE_DONE, 0);
    unlinkat(out, "latest", 0);
    p = fixture_open(f, &err);
    assert_true(publish_exists(p));
    assert_int_equal(publish_complete(p, &err), 0);
    expect_latest(out, FIXTURE_RUN);
    after = read_whole_file(out, FIXTURE_DONE, 4096, &len, &err);
    assert_string_equal(before, after);
    assert_false(there(out, ".tmp-" FIXTURE_RUN));
    free(before);
    free(after);
    close(out);
}

static void places_that_cannot_be_written_are_named(void **state)
{
    struct fixture *f = *state;
    struct publish_options options = {
        .run_id = "r", .file_mode = 0600, .dir_mode = 0700};
    struct error err = {0};
    char path[128];
    int out = open_out(f);

    write_whole_file(out, "file", "x", 1, 0600, &err);
    snprintf(path, sizeof(path), "%s/file/out", f->out);
    options.out_dir = path;
    assert_null(publish_open(&options, &err));
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    assert_non_null(strstr(err.text, path));
    error_clear(&err);
    options.out_dir = "/proc/rollcall";
    assert_null(publish_open(&options, &err));
    assert_int_equal(err.kind, ERROR_CANT_CREATE);
    if (geteuid() != 0) {
        error_clear(&err);
        assert_int_equal(fchmod(out, 0500), 0);
        options.out_dir = f->out;
        assert_null(publish_open(&options, &err));
        assert_int_equal(err.kind, ERROR_CANT_CREATE);
    }
    close(out);
}

static void run_ids_are_plain_names(void **state)
{
    static const char *const bad[] = {"",    ".",   "..", ".x", "-x",
                                      "a/b", "a b", "_x", "é",  "a\n"};
    struct fixture *f = *state;
    struct publish_options options = {.out_dir = f->out, .run_id = "latest"};
    struct error err = {0};
    char longest[66];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(publish_run_id_valid(bad[i]));
    assert_true(publish_run_id_valid("20261123T020000Z"));
    assert_true(publish_run_id_valid("a.b_c-d"));
    memset(longest, 'a', 65);
    longest[65] = '\0';
    assert_false(publish_run_id_valid(longest));
    longest[64] = '\0';
    assert_true(publish_run_id_valid(longest));
    assert_null(publish_open(&options, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_run_appears_whole),
        TEST(modes_are_exact_under_any_umask),
        TEST(a_hive_layout_follows_its_run),
        TEST(a_file_in_place_of_a_hive_folder_is_refused),
        TEST(hive_paths_have_a_limit),
        TEST(the_lock_names_its_holder),
        TEST(leftovers_go_but_links_are_never_followed),
        TEST(folders_inside_leftovers_are_not_entered),
        TEST(links_in_our_places_are_refused),
        TEST(an_existing_run_is_kept),
        TEST(a_run_that_appears_meanwhile_is_kept),
        TEST(an_existing_run_is_exchanged),
        TEST(latest_never_goes_back),
        TEST(a_latest_run_that_cannot_be_opened_is_named),
        TEST(no_manifest_no_run),
        TEST(missing_markers_can_be_completed),
        TEST(places_that_cannot_be_written_are_named),
        TEST(run_ids_are_plain_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
